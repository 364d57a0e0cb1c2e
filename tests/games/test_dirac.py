"""The Dirac-GAN: losses and penalties together move as theory says (Mescheder et al. 2018)."""

import importlib.util
import math
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def load() -> ModuleType:
    """benchmarks/dirac.py, which is no part of the package."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        spec = importlib.util.spec_from_file_location("dirac", BENCHMARKS / "dirac.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["dirac"] = module
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(BENCHMARKS))
    return module


dirac = load()
GAMES = {game.name: game for game in dirac.GAMES}


@pytest.mark.parametrize("name", [name for name, game in GAMES.items() if game.damping is not None])
def test_the_eigenvalues_at_the_equilibrium(name: str) -> None:
    """The field's Jacobian by automatic differentiation against the closed form."""
    found = torch.linalg.eigvals(dirac.jacobian(GAMES[name])).tolist()
    expected = GAMES[name].eigenvalues()
    assert expected is not None
    key = lambda v: (round(v.real, 6), round(v.imag, 6))  # noqa: E731
    # A double eigenvalue is computed to the root of the rounding only.
    assert sorted(found, key=key) == pytest.approx(sorted(expected, key=key), abs=1e-7)


@pytest.mark.parametrize("name", ["non-saturating", "minimax", "relativistic", "Wasserstein"])
def test_without_a_cure_the_eigenvalues_are_imaginary(name: str) -> None:
    expected = GAMES[name].eigenvalues()
    assert expected is not None
    assert all(value.real == 0 and abs(value.imag) >= 0.5 for value in expected)


def test_minimax_keeps_its_distance_and_non_saturating_spirals_in_slowly() -> None:
    """d(theta^2 + psi^2)/dt is 0 for minimax and -2 x tanh(x / 2), x = theta psi, for non-saturating."""
    for point in ((0.7, 1.3), (-2.0, 0.4), (1.0, -1.0)):
        at = dirac.at(point)
        for name, expected in (
            ("minimax", 0.0),
            ("non-saturating", -2 * point[0] * point[1] * math.tanh(point[0] * point[1] / 2)),
        ):
            growth = float(2 * (at * dirac.vector_field(GAMES[name])(at)).sum().detach())
            assert growth == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "turns", "slowest"),
    [
        ("R1, gamma 0.3", True, -0.15),
        ("R1, gamma 1: critical", False, -0.5),
        ("R1, gamma 3", False, -1.5 + 2**0.5),
    ],
)
def test_r1_turns_below_gamma_one_and_creeps_above(name: str, turns: bool, slowest: float) -> None:
    """f'(0) = 1/2 puts the critical damping at gamma = 2 f'(0) = 1, where convergence is fastest."""
    values = GAMES[name].eigenvalues()
    assert values is not None
    assert (abs(values[0].imag) > 0) is turns
    assert max(value.real for value in values) == pytest.approx(slowest)


@pytest.mark.parametrize(
    ("name", "alternating", "low", "high"),
    [
        ("minimax", True, 1.2, 1.6),  # stays on its circle of radius sqrt 2
        ("minimax", False, 1.5, 9.0),  # spirals out
        ("Wasserstein", False, 10.0, 1e9),
        ("Wasserstein, clipped", True, 0.7, 1.6),
        ("WGAN-GP", True, 0.7, 1.6),
        ("R1, gamma 1: critical", True, 0.0, 1e-3),
        ("R2, gamma 1", False, 0.0, 1e-3),
        ("instance noise", True, 0.0, 1e-3),
    ],
)
def test_where_gradient_descent_ends(name: str, alternating: bool, low: float, high: float) -> None:
    path = dirac.trajectory(GAMES[name], steps=400, alternating=alternating)
    assert path.shape == (401, 2)
    assert low <= float(path[-1].norm()) <= high


def test_expectations_over_noise() -> None:
    """Gauss-Hermite quadrature: moments 1, 0, s^2, 0, 3 s^4."""
    points, weights = dirac.gauss(0.7)
    moments = [float((weights * points**k).sum()) for k in range(5)]
    assert moments == pytest.approx([1, 0, 0.49, 0, 3 * 0.7**4], abs=1e-12)
