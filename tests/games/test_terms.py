"""The terms of a translation: closed forms, and the published objectives in float64."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, normalize

from sparring.errors import ConfigError
from sparring.games import terms
from sparring.games.terms import RECONSTRUCTIONS, TEMPERATURE, bce, contrast, l1, l2


def pictures(seed: int, count: int = 3) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.rand(count, 2, 4, 5, generator=rng, dtype=torch.float64) * 2 - 1


def test_distances_of_constant_pictures() -> None:
    a, b = torch.full((2, 1, 3, 3), 0.5), torch.full((2, 1, 3, 3), -1.0)
    assert l1(a, b).tolist() == pytest.approx([1.5, 1.5])
    assert l2(a, b).tolist() == pytest.approx([2.25, 2.25])
    assert bce(torch.zeros(2, 1, 3, 3), b).tolist() == pytest.approx([math.log(2)] * 2, abs=1e-3)
    assert bce(b, b).tolist() == pytest.approx([0, 0], abs=1e-3)


@pytest.mark.parametrize("term", RECONSTRUCTIONS.values())
def test_each_picture_has_its_own_value(term: Callable[[Tensor, Tensor], Tensor]) -> None:
    a, b = pictures(0), pictures(1)
    whole = term(a, b)
    assert whole.shape == (3,)
    assert torch.allclose(whole[1:2], term(a[1:2], b[1:2]))
    with pytest.raises(ConfigError, match="expected one shape"):
        term(a, b[:, :1])


@pytest.mark.parametrize(("term", "best"), [(l1, 0.0), (l2, 0.25), (bce, 0.25)])
def test_of_one_target_white_in_a_quarter_of_cases(term: Callable[..., Tensor], best: float) -> None:
    """The median of black, black, black, white is black; their mean is a quarter white."""
    targets = torch.tensor([-1.0, -1.0, -1.0, 1.0])[:, None, None, None]
    shares = torch.linspace(0.01, 0.99, 99)
    costs = [float(term(torch.full((4, 1, 1, 1), 2 * float(s) - 1), targets).mean()) for s in shares]
    assert float(shares[costs.index(min(costs))]) == pytest.approx(best, abs=0.02)


def test_bce_is_that_on_logits() -> None:
    logits, target = pictures(0) * 2, pictures(1)
    expected = binary_cross_entropy_with_logits(2 * logits, (1 + target) / 2, reduction="none")
    assert torch.allclose(bce(logits.tanh(), target), expected.flatten(1).mean(1), atol=2e-3)


def test_contrast_of_equal_and_of_orthogonal_patches() -> None:
    alike = torch.ones(2, 8, 5)
    assert contrast(alike, alike).tolist() == pytest.approx([math.log(8)] * 2)
    apart = torch.eye(6).expand(3, -1, -1)
    own = math.log(1 + 5 * math.exp(-1 / TEMPERATURE))
    assert contrast(apart, 4 * apart).tolist() == pytest.approx([own] * 3, abs=1e-6)
    assert float(contrast(apart, apart.roll(1, 1)).mean()) > 10


def test_contrast_as_published() -> None:
    """Park et al. 2020, eq. 3, place by place, with the place's own patch first."""
    rng = torch.Generator().manual_seed(0)
    queries, keys = (torch.randn(2, 6, 4, generator=rng, dtype=torch.float64) for _ in range(2))
    expected = []
    for v, others in zip(normalize(queries, dim=2), normalize(keys, dim=2), strict=True):
        costs = []
        for place in range(6):
            rest = [k for k in range(6) if k != place]
            logits = torch.cat([others[[place]] @ v[place], others[rest] @ v[place]]) / 0.07
            costs.append(cross_entropy(logits[None], torch.tensor([0])))
        expected.append(torch.stack(costs).mean())
    assert torch.allclose(contrast(queries, keys), torch.stack(expected))


def test_every_reconstruction_is_in_the_table() -> None:
    assert list(RECONSTRUCTIONS.values()) == [terms.l1, terms.l2, terms.bce]
