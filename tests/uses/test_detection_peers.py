"""The published GANs that detectors are compared with: their objectives, written again by hand in float64."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from test_detector import plates

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def load() -> ModuleType:
    """benchmarks/detection_peers.py, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("detection_peers", BENCHMARKS / "detection_peers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["detection_peers"] = module
    spec.loader.exec_module(module)
    return module


peers = load()


def drawn(*shapes: tuple[int, ...]) -> tuple[list[Tensor], list[NDArray[np.float64]]]:
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape) for shape in shapes]
    return [torch.from_numpy(array) for array in arrays], arrays


def test_ganomaly_has_the_objective_of_its_paper() -> None:
    """The distance of features, 50 times the absolute difference of pixels, and the distance of codes."""
    (x, y, *rest), (a, b, z, z2, f, f2) = drawn((3, 1, 4, 4), (3, 1, 4, 4), (3, 5), (3, 5), (3, 7), (3, 7))
    found = peers.ganomaly_loss(x, y, (rest[0], rest[1]), (rest[2], rest[3]))
    by_hand = np.mean((f - f2) ** 2) + 50 * np.mean(np.abs(a - b)) + np.mean((z - z2) ** 2)
    assert float(found) == pytest.approx(float(by_hand), rel=1e-12)


def test_f_anogan_has_the_residual_of_its_paper() -> None:
    (x, y, f, g), (a, b, c, d) = drawn((3, 1, 4, 4), (3, 1, 4, 4), (3, 7), (3, 7))
    by_hand = [np.mean((a[k] - b[k]) ** 2) + np.mean((c[k] - d[k]) ** 2) for k in range(3)]
    assert peers.izi_f(x, y, (f, g)).tolist() == pytest.approx(by_hand, rel=1e-12)


def test_the_gradient_penalty_is_that_of_a_quadratic_critic() -> None:
    """D(x) = |x|^2 has the slope 2x between the pictures, whose length should be 1."""
    (x, y), (a, b) = drawn((3, 1, 4, 4), (3, 1, 4, 4))
    share = np.array([0.0, 0.3, 1.0])
    found = peers.gradient_penalty(
        lambda p: p.square().flatten(1).sum(1), x, y, torch.from_numpy(share)[:, None, None, None]
    )
    lengths = [np.linalg.norm(2 * (s * p + (1 - s) * q)) for s, p, q in zip(share, a, b, strict=True)]
    assert float(found.detach()) == pytest.approx(
        10 * float(np.mean([(n - 1) ** 2 for n in lengths])), rel=1e-12
    )


@pytest.mark.parametrize("name", peers.PEERS)
def test_a_published_gan_is_fitted_within_its_time_and_scores_each_picture(name: str) -> None:
    network = peers.PEERS[name]()
    network.fit(plates(40, 0), 0.1, 0)
    scores = network.score(plates(5, 1))
    assert scores.shape == (5,)
    assert bool((scores > 0).all())
