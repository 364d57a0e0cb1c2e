"""Extractors against closed forms, and what they refuse."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from sparring.errors import DataError
from sparring.metrics import features
from sparring.metrics.features import Extractor


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def bytes_of(*shape: int, seed: int = 0) -> Tensor:
    return torch.randint(0, 256, shape, generator=rng(seed)).to(torch.uint8)


def test_only_the_published_network_gives_the_fid() -> None:
    assert Extractor("inception-2015", nn.Identity()).label == "FID"
    for name in ("digits", "inception-2016", "Inception-2015", "pca-64"):
        assert Extractor(name, nn.Identity()).label == f"FD-{name}"


def test_batches_change_nothing_and_features_are_float32_without_gradient() -> None:
    seen: list[int] = []
    weight = torch.ones(2, dtype=torch.float64, requires_grad=True)

    def function(batch: Tensor) -> Tensor:
        seen.append(len(batch))
        return batch.double() * weight

    found = Extractor("mine", function, dimension=2, batch=4)(points := torch.randn(10, 2, generator=rng()))
    assert seen == [4, 4, 2]
    torch.testing.assert_close(found, points, rtol=0, atol=0)
    assert found.dtype == torch.float32
    assert not found.requires_grad


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: x[:, 0], r"mine features of 4 samples have shape (4,); expected (4, D)"),
        (lambda x: x[None], r"mine features of 4 samples have shape (1, 4, 3)"),
        (lambda x: x[1:], r"mine features of 4 samples have shape (3, 3)"),
        (lambda x: x / 0, "mine features contain NaN or infinite values"),
        (lambda x: x.double() * 1e300, "mine features contain NaN or infinite values"),
        (lambda x: x[:, :1], "mine features have lengths [1, 3]; expected one length"),
    ],
)  # fmt: skip
def test_features_that_are_not_one_finite_vector_a_sample_are_refused(function, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DataError, match=re.escape(message)):
        Extractor("mine", function, dimension=3)(torch.ones(4, 3))


def test_lengths_may_not_change_from_batch_to_batch_and_nothing_has_no_features() -> None:
    with pytest.raises(DataError, match=r"lengths \[1, 3\]"):
        Extractor("mine", lambda x: x[:, : len(x)], batch=3)(torch.ones(4, 3))
    with pytest.raises(DataError, match="at least one sample"):
        Extractor("mine", lambda x: x)(torch.ones(0, 3))
    from_numpy = Extractor("mine", lambda x: np.ones((len(x), 2)))  # type: ignore[arg-type, return-value]
    assert from_numpy(torch.ones(4, 3)).tolist() == [[1.0, 1.0]] * 4


def test_pixels_are_shares_of_255_and_points_themselves() -> None:
    pictures = torch.tensor([0, 51, 255, 102], dtype=torch.uint8).view(1, 1, 2, 2)
    pixels = features.raw("pixels", (1, 2, 2), pictures=True)
    assert pixels(pictures).tolist() == [pytest.approx([0, 0.2, 1, 0.4])]
    assert (pixels.dimension, pixels.resizer) == (4, "")
    assert features.raw("points", (2,))(torch.tensor([[3.0, -7]])).tolist() == [[3, -7]]
    with pytest.raises(DataError, match=r"uint8 pictures .* got torch.float32 of shape \(1, 1, 2, 2\)"):
        pixels(pictures.float())


def test_pca_of_an_axis_aligned_cross() -> None:
    """Points at +-3 on the second axis and +-1 on the first, around (5, -2, 7): variances 18/3 and 2/3."""
    cross = torch.tensor([[1.0, 0, 0], [-1, 0, 0], [0, 3, 0], [0, -3, 0]]) + torch.tensor([5.0, -2, 7])
    pca = features.fit_pca(cross, 2)
    torch.testing.assert_close(pca.mean, torch.tensor([5.0, -2, 7]).double())
    torch.testing.assert_close(pca.components, torch.tensor([[0.0, 1, 0], [1, 0, 0]]).double())
    torch.testing.assert_close(pca.variances, torch.tensor([6, 2 / 3]).double())
    torch.testing.assert_close(pca.project(cross[2:3]), torch.tensor([[3.0, 0]]).double())


@settings(max_examples=25)
@given(seed=st.integers(0, 1000), count=st.integers(2, 12), size=st.integers(1, 12))
def test_all_components_rebuild_the_data_and_are_orthonormal(seed: int, count: int, size: int) -> None:
    data = torch.randn(count, size, generator=rng(seed), dtype=torch.float64) + 3
    pca = features.fit_pca(data, 100)
    assert len(pca.components) == len(pca.variances) == min(count - 1, size)
    eye = torch.eye(len(pca.components), dtype=torch.float64)
    torch.testing.assert_close(pca.components @ pca.components.T, eye)
    torch.testing.assert_close(pca.project(data) @ pca.components + pca.mean, data)
    torch.testing.assert_close(pca.project(data).var(0), pca.variances)
    torch.testing.assert_close(pca.variances.sum(), data.var(0).sum())
    assert (pca.components.gather(1, pca.components.abs().argmax(1, keepdim=True)) > 0).all()


def test_the_sign_of_a_component_does_not_depend_on_the_datas_side() -> None:
    data = torch.randn(50, 6, generator=rng(), dtype=torch.float64)
    torch.testing.assert_close(features.fit_pca(-data, 3).components, features.fit_pca(data, 3).components)


def test_pca_of_one_sample_is_refused() -> None:
    with pytest.raises(DataError, match="at least 2 samples, but there are 1"):
        features.fit_pca(torch.ones(1, 3), 2)


def test_components_of_features_are_fitted_to_the_reals_that_are_compared_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    points = torch.randn(50, 3, generator=rng()) * torch.tensor([1.0, 5.0, 1000.0])
    monkeypatch.setattr(features, "FITTED", 20)
    last = points[torch.randperm(50, generator=rng())[-20:]]
    found = features.in_components(features.raw("points", (3,)), points, count=2)
    expected = features.fit_pca(last, 2)
    torch.testing.assert_close(found(points), expected.project(points).float(), rtol=1e-4, atol=1e-2)
    assert (found.name, found.dimension, found.own_units) == ("points", 2, False)
    alike = features.in_components(features.raw("points", (3,)), points, standardised=True)(last)
    assert float(alike.double().var(0).sum()) == pytest.approx(3, rel=1e-4)  # a unit for each
    other = features.in_components(replace(features.raw("points", (3,)), version=None), points)
    assert other.version is None


def test_principal_features_of_pictures_and_points() -> None:
    pictures = bytes_of(80, 3, 40, 30)
    extractor = features.principal(pictures, pictures=True)
    assert (extractor.name, extractor.label, extractor.dimension) == ("pca-64", "FD-pca-64", 64)
    assert extractor.resizer == "antialiased bicubic to 32 x 30"
    found = extractor(pictures)
    assert found.shape == (80, 64)
    variances = found.double().var(0)
    assert (variances[:-1] >= variances[1:] * (1 - 1e-5)).all()
    torch.testing.assert_close(found.mean(0), torch.zeros(64), rtol=0, atol=1e-4)
    torch.testing.assert_close(features.principal(pictures, pictures=True)(pictures), found, rtol=0, atol=0)
    assert features.principal(pictures, pictures=True).version == extractor.version
    assert features.principal(bytes_of(80, 3, 40, 30, seed=1), pictures=True).version != extractor.version
    points = torch.randn(100, 3, generator=rng())
    assert features.principal(points)(points).shape == (100, 3)
    rolls = bytes_of(80, 3, 40, 30)  # numbers, whatever they look like
    assert features.principal(points).resizer == features.principal(rolls).resizer == ""


def test_grey_is_repeated_and_alpha_lies_over_black() -> None:
    assert features.rgb(torch.full((1, 1, 1, 1), 7).to(torch.uint8)).flatten().tolist() == [7, 7, 7]
    assert features.rgb(torch.tensor([10, 20, 30]).view(1, 3, 1, 1)).flatten().tolist() == [10, 20, 30]
    half = features.rgb(torch.tensor([10, 20, 30, 51]).view(1, 4, 1, 1))
    assert half.flatten().tolist() == pytest.approx([2, 4, 6])


def test_encoded_pictures_to_bytes() -> None:
    values = torch.tensor([-2.0, -1, 0, 1, 2, 1 / 255])
    assert features.to_uint8(values).tolist() == [0, 0, 128, 255, 255, 128]


def test_resizing_keeps_constants_and_range_and_smooths_before_it_halves() -> None:
    flat = torch.full((1, 1, 8, 6), 40.0)
    torch.testing.assert_close(features.resize(flat, 5, 9), torch.full((1, 1, 5, 9), 40.0))
    stripes = torch.tensor([255.0, 0, 0, 0]).repeat(8).expand(1, 1, 32, 32)
    halved = features.resize(stripes, 8, 8)[..., 1:-1]
    torch.testing.assert_close(halved, torch.full_like(halved, 255 / 4), rtol=0, atol=6)
    edge = torch.tensor([0.0] * 8 + [255.0] * 8).expand(1, 1, 16, 16)
    assert features.resize(edge, 40, 40).min() == 0
    assert features.resize(edge, 40, 40).max() == 255
    assert features.resize(flat, 8, 6) is flat


def test_the_hash_sees_bytes_shape_and_type() -> None:
    base = torch.arange(6, dtype=torch.int32)
    others = [base.view(2, 3), base.to(torch.int64), base + 1, base.flip(0), base.view(torch.float32)]
    hashes = {features.content_hash(tensor) for tensor in [base, *others]}
    assert len(hashes) == 6
    assert features.content_hash(base.clone()) == features.content_hash(base)
    assert features.content_hash(base.view(2, 3).T) == features.content_hash(base.view(2, 3).T.contiguous())
    assert features.content_hash(base[:3], base[3:]) != features.content_hash(base)
    assert features.content_hash(torch.ones(2, dtype=torch.bfloat16)) != features.content_hash(torch.ones(2))
