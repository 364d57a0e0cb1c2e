"""Precision, recall, density, coverage, and the nearest neighbours under them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import prdc as reference
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from sparring.metrics import coverage, neighbours
from sparring.metrics.coverage import Coverage


def normal(count: int, width: int, seed: int = 0) -> Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed))


def by_definition(real: Tensor, fake: Tensor, k: int) -> Coverage:
    """All distances at once, each as the sum of squared differences in float64."""
    x, y = real.double(), fake.double()
    to_reals, to_fakes, across = ((a[:, None] - b).square().sum(2) for a, b in ((x, x), (y, y), (x, y)))
    real_reach, fake_reach = (d.sort(1).values[:, k] for d in (to_reals, to_fakes))  # the 0th is itself
    in_real, in_fake = across < real_reach[:, None], across < fake_reach
    return Coverage(
        float(in_real.any(0).double().mean()),
        float(in_fake.any(1).double().mean()),
        float(in_real.sum()) / (k * len(y)),
        float(in_real.any(1).double().mean()),
    )


def clusters(count: int, seed: int) -> Tensor:
    """Four heaps, thousands of times further apart than wide: float32 cannot tell their vectors apart."""
    centres = 1000.0 * torch.eye(4, 8)
    return centres.repeat_interleave(count // 4, 0) + 0.01 * normal(count, 8, seed)


def lattice(count: int, seed: int) -> Tensor:
    """Whole numbers: copies and equal distances everywhere."""
    return torch.randint(0, 3, (count, 4), generator=torch.Generator().manual_seed(seed)).float()


SETS: dict[str, tuple[Tensor, Tensor]] = {
    "one law": (normal(300, 16), normal(200, 16, 1)),
    "another law": (normal(300, 16), 1.3 * normal(200, 16, 1) + 0.2),
    "far from the origin": (normal(200, 16) + 1000, normal(200, 16, 1) + 1000),
    "heaps": (clusters(200, 0), clusters(160, 1)),
    "a lattice": (lattice(300, 0), lattice(200, 1)),
    "one point": (normal(100, 4), normal(1, 4, 1).repeat(60, 1)),
    "huge": (1e12 * normal(100, 4), 1e12 * normal(60, 4, 1)),
    "tiny": (1e-12 * normal(100, 4), 1e-12 * normal(60, 4, 1)),
}


@pytest.mark.parametrize("k", [1, 5])
@pytest.mark.parametrize("name", SETS)
def test_the_definition(name: str, k: int) -> None:
    real, fake = SETS[name]
    assert tuple(coverage.prdc(real, fake, k)) == pytest.approx(tuple(by_definition(real, fake, k)), abs=1e-12)
    assert tuple(coverage.prdc(fake, real, k)) == pytest.approx(tuple(by_definition(fake, real, k)), abs=1e-12)


@pytest.mark.parametrize("name", ["one law", "another law", "a lattice"])
def test_agrees_with_the_package_prdc(name: str) -> None:
    real, fake = SETS[name]
    expected = reference.compute_prdc(real.double().numpy(), fake.double().numpy(), 5)
    assert coverage.prdc(real, fake)._asdict() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", ["another law", "heaps", "a lattice"])
def test_blocks_of_64(name: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "BLOCK", 64)
        test_the_definition(name, 5)


def test_equal_sets_have_a_density_of_exactly_one() -> None:
    for width in (2, 64):
        features = normal(1500, width)
        assert coverage.prdc(features, features.clone()) == Coverage(1, 1, 1, 1)
        assert coverage.prdc(features, features.flip(0), k=1) == Coverage(1, 1, 1, 1)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_two_sets_of_one_law(k: int) -> None:
    """E coverage = 1 - prod_i (N - i) / (2 N - i), i = 1 ... k, about 1 - 2^-k; E density = 1 up to 1/N."""
    n = 1500
    found = [coverage.prdc(normal(n, 4, 2 * seed), normal(n, 4, 2 * seed + 1), k) for seed in range(3)]
    expected = 1 - np.prod([(n - i) / (2 * n - i) for i in range(1, k + 1)])
    assert expected == pytest.approx(1 - 2.0**-k, abs=1e-3)
    assert np.mean([f.coverage for f in found]) == pytest.approx(expected, abs=0.02)
    assert np.mean([f.density for f in found]) == pytest.approx(1, abs=0.03)


def test_a_lost_mode_costs_recall_and_coverage_alone() -> None:
    modes = torch.tensor([[0.0, 0.0], [50.0, 0.0]])
    real = normal(400, 2) + modes.repeat_interleave(200, 0)
    found = coverage.prdc(real, normal(400, 2, 1))
    assert found.precision > 0.95
    assert 0.4 < found.coverage <= 0.5
    assert 0.4 < found.recall <= 0.5
    assert found.density > 0.8


def test_apart_is_nought() -> None:
    assert coverage.prdc(normal(50, 3), normal(50, 3, 1) + 100) == Coverage(0, 0, 0, 0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_precisions(dtype: torch.dtype) -> None:
    real, fake = (part.to(dtype) for part in SETS["another law"])
    assert tuple(coverage.prdc(real, fake)) == pytest.approx(tuple(by_definition(real, fake, 5)), abs=1e-12)


def test_matrix_products_that_round_further_are_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert neighbours.search_dtype() == torch.float32
    monkeypatch.setattr(torch, "get_float32_matmul_precision", lambda: "high")
    assert neighbours.search_dtype() == torch.float64
    test_the_definition("another law", 5)


class Largest(TorchDispatchMode):
    """How many numbers the largest tensor made inside holds."""

    numbers = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for tensor in out if isinstance(out, tuple | list) else [out]:
            if isinstance(tensor, Tensor) and not tensor._is_view():
                self.numbers = max(self.numbers, tensor.numel())
        return out


def test_the_whole_matrix_is_never_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "BLOCK", 128)
    monkeypatch.setattr(neighbours, "MEASURED", 128**2)
    with Largest() as largest:
        coverage.prdc(normal(1000, 8), normal(900, 8, 1))
    assert largest.numbers == 128**2


@settings(max_examples=25, report_multiple_bugs=False)
@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(1, 4))
def test_turning_moving_and_shuffling_both_changes_nothing(seed: int, width: int, k: int) -> None:
    real, fake = (normal(count, width, seed + count).double() for count in (30, 20))
    turn = torch.linalg.qr(normal(width, width, seed).double()).Q
    before = coverage.prdc(real, fake, k)
    moved = coverage.prdc(3 * real @ turn + 7, 3 * fake @ turn + 7, k)
    assert tuple(moved) == pytest.approx(tuple(before), abs=1e-12)
    assert coverage.prdc(real.flip(0), fake.flip(0), k) == before


NEAREST: dict[str, Callable[[], tuple[Tensor, Tensor]]] = {
    "one law": lambda: (normal(200, 16, 1), normal(300, 16)),
    "heaps": lambda: (clusters(160, 1), clusters(200, 0)),
    "far from the origin": lambda: (normal(200, 16, 1) + 1e4, normal(300, 16) + 1e4),
    "more than a block": lambda: (normal(1100, 2, 1), normal(1200, 2)),
    "copies": lambda: (normal(20, 16), normal(300, 16).repeat(2, 1)),
}


@pytest.mark.parametrize("name", NEAREST)
def test_nearest_neighbours_are_the_nearest(name: str) -> None:
    queries, points = NEAREST[name]()
    for left in (queries, points):  # against others, and a set against itself
        everything = (left.double()[:, None] - points.double()).square().sum(2).sqrt()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(neighbours, "BLOCK", 64)
            found = neighbours.nearest(left, points, 3)
        expected = everything.sort(1).values[:, :3]
        torch.testing.assert_close(found.distances, expected, rtol=1e-12, atol=0)
        torch.testing.assert_close(everything.gather(1, found.indices), expected, rtol=1e-12, atol=0)


def test_a_copy_is_at_distance_nought() -> None:
    points = normal(500, 32) + 100
    found = neighbours.nearest(points[:7].clone(), points)
    assert found.distances.tolist() == [[0]] * 7
    assert found.indices.tolist() == [[i] for i in range(7)]


def test_all_points_may_be_asked_for() -> None:
    found = neighbours.nearest(torch.tensor([[0.9]]), torch.tensor([[0.0], [1.0], [3.0]]), 3)
    assert found.indices.tolist() == [[1, 0, 2]]
    assert found.distances[0].tolist() == pytest.approx([0.1, 0.9, 2.1], abs=1e-6)


@pytest.mark.parametrize(
    ("real", "fake", "message"),
    [
        (normal(9, 3), normal(9, 4), "same feature network"),
        (normal(5, 3), normal(9, 3), "at least 6 vectors each"),
        (normal(9, 3), normal(5, 3), "at least 6 vectors each"),
        (normal(9, 3), normal(9, 3) / 0, "not finite"),
        (normal(9, 3) * torch.nan, normal(9, 3), "not finite"),
    ],
)
def test_features_without_an_answer_are_refused(real: Tensor, fake: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        coverage.prdc(real, fake)


def test_no_neighbours_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 neighbour"):
        coverage.prdc(normal(9, 3), normal(9, 3), 0)
