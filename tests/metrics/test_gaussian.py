"""The shrunk Gaussian against scikit-learn and closed forms."""

import pytest
import torch
from sklearn.covariance import ledoit_wolf as reference

from sparring.metrics.gaussian import Gaussian, ledoit_wolf


@pytest.mark.parametrize("count", [8, 40, 400])
def test_the_shrinkage_is_that_of_scikit_learn(count: int) -> None:
    generator = torch.Generator().manual_seed(count)
    mixing = torch.randn(12, 12, generator=generator)
    vectors = 3 + torch.randn(count, 12, generator=generator) @ mixing
    covariance, share = ledoit_wolf(vectors)
    theirs, their_share = reference(vectors.double().numpy())
    assert share == pytest.approx(their_share)
    assert torch.allclose(covariance, torch.from_numpy(theirs))
    assert 0 < share < 1


def test_distances_of_a_gaussian_are_as_many_as_its_dimensions_and_have_the_right_slope() -> None:
    generator = torch.Generator().manual_seed(0)
    mixing = torch.eye(6) + 0.3 * torch.randn(6, 6, generator=generator)  # far from singular: hardly shrunk
    vectors = torch.randn(5000, 6, generator=generator) @ mixing + 5
    law = Gaussian.fit(vectors)
    assert float(law.squared(vectors).mean()) == pytest.approx(6, rel=0.02)
    point = vectors[:3].clone().requires_grad_()
    (slope,) = torch.autograd.grad(law.squared(point).sum() / 2, point)
    assert torch.allclose(slope, law.toward(vectors[:3]), rtol=1e-3, atol=1e-4)


def test_vectors_that_are_all_alike_have_a_finite_distance() -> None:
    law = Gaussian.fit(torch.ones(10, 4))
    assert bool(law.squared(torch.tensor([[1.0, 1, 1, 1], [2, 2, 2, 2]])).isfinite().all())
