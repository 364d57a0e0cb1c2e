"""What is usual at each place: rims do not hide scratches, and places that do not differ stay as they are."""

import math

import pytest
import torch
from torch import Tensor

from sparring.metrics.detection import auroc
from sparring.uses.detect.detector import Detector
from sparring.uses.detect.usual import Usual, apart, levels

SIDE, TILE = 96, 24


def discs(count: int, seed: int, scratched: bool = False) -> Tensor:
    """Bright discs with a rough rim, in light that varies, with a faint scratch inside on odd ones."""
    rng = torch.Generator().manual_seed(seed)
    y, x = torch.meshgrid(torch.arange(SIDE) - SIDE / 2, torch.arange(SIDE) - SIDE / 2, indexing="ij")
    light = 10 * torch.randn(count, 1, 1, generator=rng)
    inside = torch.hypot(x, y) + 2 * torch.rand(count, SIDE, SIDE, generator=rng) < 0.42 * SIDE
    pixels = torch.where(inside, 150 + light, 20) + 3 * torch.randn(count, SIDE, SIDE, generator=rng)
    if scratched:
        for picture, top in zip(pixels, torch.randint(36, 60, (count,), generator=rng).tolist(), strict=True):
            picture[top : top + 2, 38:58] += 40
    return pixels.clamp(0, 255).to(torch.uint8)[:, None]


def test_a_faint_scratch_is_found_beside_a_rim_that_scores_more() -> None:
    detector = Detector("pca", false_alarms=0.1, features="edges", minutes=0, tile=TILE).fit(discs(24, 0))
    normal, odd = (torch.from_numpy(detector.score(discs(12, 1 + odd, odd))) for odd in (False, True))
    assert auroc(normal, odd) == 1
    assert (odd > detector.threshold_.value).all()
    maps = torch.from_numpy(detector.heat_maps(discs(6, 2, True)))
    hottest = maps.flatten(1).argmax(1)
    assert ((hottest // SIDE - SIDE / 2).abs() <= 14).all()
    assert ((hottest % SIDE - SIDE / 2).abs() <= 12).all()
    detector.usual_ = {}  # the oddest tile as it is
    assert auroc(*(torch.from_numpy(detector.score(discs(12, 1 + odd, odd))) for odd in (False, True))) < 0.7


def test_levels_are_those_of_random_effects() -> None:
    values = torch.tensor([[1.0, 5.0], [3.0, 7.0]], dtype=torch.float64)  # means 2 and 6, variances 2 within
    between = 8.0 - 2 / 2
    assert levels(values).tolist() == pytest.approx([4 - 2 * between / 8, 4 + 2 * between / 8])
    alike = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    assert levels(alike).tolist() == [0.5, 0.5]
    assert levels(values[:, :1]).tolist() == [2.0]


def test_places_that_do_not_differ_cost_little() -> None:
    rng = torch.Generator().manual_seed(0)
    normals, usual_ones, odd = ((0.2 * torch.randn(n, 50, generator=rng)).exp() for n in (30, 300, 300))
    odd[torch.arange(300), torch.randint(50, (300,), generator=rng)] *= 1.6
    usual = Usual.fit(normals, normals)
    means = (normals + usual.faint).log().mean(0)
    assert usual.level.std() < 0.5 * means.std()
    plain = auroc(usual_ones.amax(1), odd.amax(1))
    assert auroc(usual.scores(usual_ones).amax(1), usual.scores(odd).amax(1)) > plain - 0.03


def test_scores_are_times_the_usual_and_count_less_where_they_vary() -> None:
    rng = torch.Generator().manual_seed(0)
    sizes, spreads = torch.tensor([1.0, 100.0, 1.0]), torch.tensor([0.1, 0.1, 0.8])
    normals = sizes * (spreads * torch.randn(400, 3, generator=rng)).exp()
    usual = Usual.fit(normals, 2 * normals)
    found = usual.scores(3 * sizes)
    assert found[:2].tolist() == pytest.approx([3, 3], rel=0.05)
    shared = math.sqrt((0.1**2 + 0.1**2 + 0.8**2) / 3)
    assert float(found[2].log()) == pytest.approx(shared / 0.8 * math.log(3), rel=0.1)
    maps = usual.maps(torch.ones(3, 2, 2))
    assert maps[:, 0, 0].tolist() == pytest.approx([1 / 2, 1 / 200, 1 / 2], rel=0.1)


def test_spreads_that_chance_explains_count_alike() -> None:
    rng = torch.Generator().manual_seed(0)
    alike = (0.2 * torch.randn(5, 200, generator=rng)).exp()
    assert Usual.fit(alike, alike).power.min() > 0.8  # by their own deviations it would be 0.5


def test_places_where_nothing_ever_varies_stay_finite() -> None:
    empty = torch.zeros(5, 3)
    usual = Usual.fit(empty, empty)
    assert torch.isfinite(usual.scores(torch.tensor([0.0, 1.0, 1e6]))).all()
    assert torch.isfinite(usual.maps(torch.ones(3, 2, 2))).all()


def test_a_normal_is_compared_with_the_others() -> None:
    rng = torch.Generator().manual_seed(0)
    scores = 1 + torch.rand(6, 4, generator=rng)
    scores[2, 1] = 30
    found = apart(scores, scores)
    others = torch.arange(6) != 2
    assert float(found[2]) == float(Usual.fit(scores[others], scores[others]).scores(scores[2]).amax())
    assert int(found.argmax()) == 2
    assert float(found[2]) > 1.5 * float(Usual.fit(scores, scores).scores(scores[2]).amax())
