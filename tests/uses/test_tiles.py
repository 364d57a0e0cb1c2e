"""Large pictures in tiles: nothing is missed between them, and a whole picture has one score."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from sparring.config.groups import FilesConfig
from sparring.data.masks import LONGEST_MAP, pooled
from sparring.errors import ConfigError
from sparring.uses.detect import saved
from sparring.uses.detect.detector import Detector
from sparring.uses.detect.heat import beside
from sparring.uses.detect.saved import About
from sparring.uses.detect.tiles import OVERLAP, corners, cut, some_tiles, stitched

HEIGHT, WIDTH, TILE = 60, 90, 24


def sheets(count: int, seed: int) -> Tensor:
    """Sheets with a weave and noise."""
    rng = torch.Generator().manual_seed(seed)
    weave = 20.0 * (torch.arange(WIDTH) % 6 < 3) + 20 * (torch.arange(HEIGHT) % 4 < 2)[:, None]
    noise = 4 * torch.randn(count, 1, HEIGHT, WIDTH, generator=rng)
    return (90 + weave + noise).clamp(0, 255).to(torch.uint8)


def spotted(count: int, seed: int) -> Tensor:
    pictures = sheets(count, seed)
    pictures[:, :, 41:44, 70:73] = 190
    return pictures


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(false_alarms=0.1, features="edges", minutes=0, tile=TILE).fit(sheets(60, 0))


@pytest.mark.parametrize(("height", "width", "tile"), [(24, 24, 24), (25, 24, 24), (60, 90, 24), (101, 47, 16)])
def test_tiles_cover_a_picture_and_overlap(height: int, width: int, tile: int) -> None:
    seen = torch.zeros(height, width)
    places = corners(height, width, tile)
    for top, left in places:
        assert 0 <= top <= height - tile
        assert 0 <= left <= width - tile
        seen[top : top + tile, left : left + tile] += 1
    assert float(seen.min()) >= 1
    for side, starts in ((height, {top for top, _ in places}), (width, {left for _, left in places})):
        assert (np.diff(sorted(starts)) <= tile * (1 - OVERLAP) + 1).all()
        fewer = len(starts) - 2  # steps, if there were one tile less
        assert fewer < 0 or side - tile > fewer * tile * (1 - OVERLAP)


def test_what_is_cut_is_stitched_again() -> None:
    picture = torch.rand(1, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0))
    again = stitched(cut(picture, TILE)[:, 0], HEIGHT, WIDTH, TILE)
    assert torch.allclose(again, picture[0], atol=1e-6)


def test_maps_too_large_keep_the_greatest_of_each_square() -> None:
    large = torch.zeros(2, 3 * LONGEST_MAP, 10)
    large[1, 4, 9] = 7
    small = pooled(large)
    assert small.shape == (2, LONGEST_MAP, 4)
    assert float(small[1, 1, 3]) == 7
    assert float(small.sum()) == 7
    assert pooled(large > 5).sum() == 1
    assert torch.equal(pooled(large[:, :9]), large[:, :9])


def test_tiles_are_drawn_from_the_pictures_that_are_named() -> None:
    pictures = torch.arange(5, dtype=torch.uint8)[:, None, None, None].expand(-1, 1, HEIGHT, WIDTH)
    every = some_tiles(pictures, torch.tensor([1, 4]), TILE, 10_000, 0)
    assert len(every) == 2 * len(corners(HEIGHT, WIDTH, TILE))
    assert set(every.unique().tolist()) == {1, 4}
    few = [some_tiles(sheets(5, 0), torch.tensor([1, 4]), TILE, 9, seed) for seed in (0, 0, 1)]
    assert few[0].shape == (9, 1, TILE, TILE)
    assert torch.equal(few[0], few[1])
    assert not torch.equal(few[0], few[2])


def test_a_picture_is_as_odd_as_its_oddest_tile_and_the_threshold_is_that_of_pictures(
    detector: Detector,
) -> None:
    assert detector.threshold_.count == detector.counts_["held_out"] == 24
    whole = detector.examine(spotted(3, 1))
    tiles = detector._alike(cut(spotted(3, 1)[2], TILE), [detector.chosen_])[detector.chosen_]
    usual = detector.usual_[detector.chosen_]
    assert float(whole.scores[2]) == float(usual.scores(tiles.scores).max())
    assert np.mean(detector.predict(sheets(60, 2)) == -1) <= detector.threshold_.expected.high
    assert (detector.predict(spotted(20, 3)) == -1).all()


def test_a_spot_is_hot_where_it_is(detector: Detector) -> None:
    maps = detector.heat_maps(spotted(10, 4))
    assert maps.shape == (10, HEIGHT, WIDTH)
    hottest = maps.reshape(10, -1).argmax(1)
    assert (abs(hottest // WIDTH - 42) <= 6).all()
    assert (abs(hottest % WIDTH - 71) <= 6).all()


def test_the_chosen_method_and_the_baseline_come_back_from_a_file(detector: Detector, tmp_path: Path) -> None:
    assert set(detector.scorers_) == {"pca", detector.chosen_}
    saved.write(detector, About("sheets", FilesConfig()), tmp_path)
    again, _ = saved.read(tmp_path)
    assert again.tile == TILE
    assert set(again.usual_) == set(again.scorers_)
    assert np.array_equal(again.score(spotted(2, 5)), detector.score(spotted(2, 5)))


def test_known_bad_pictures_choose_among_methods_by_whole_pictures() -> None:
    finder = Detector(false_alarms=0.2, features="edges", minutes=0, tile=TILE).fit(
        sheets(40, 0), spotted(4, 6)
    )
    areas = {each.name: each.auroc.value for each in finder.candidates_}
    assert areas[finder.chosen_] == 1
    pairs = finder.counts_["choosing"] * 4  # of pictures, and not of their tiles
    assert all(2 * pairs * area == pytest.approx(round(2 * pairs * area)) for area in areas.values())


def test_tiles_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ConfigError, match="tile 7 is too small: give at least 8 pixels, such as 64, or 0"):
        Detector(tile=7)
    with pytest.raises(ConfigError, match="tile 61 is larger than pictures of 90 x 60 pixels"):
        Detector(tile=61, minutes=0, false_alarms=0.2).fit(sheets(30, 0))


def test_a_large_picture_is_shown_reduced_with_its_hottest_places() -> None:
    heat = torch.zeros(600, 1100)
    heat[301, 601] = 1
    sheet = np.asarray(beside(torch.full((1, 1200, 2200), 90, dtype=torch.uint8), heat, (0, 1))).astype(int)
    assert sheet.shape == (200, 2 * 367 + 4, 3)
    rows, columns = np.nonzero(sheet[..., 0] - sheet[..., 2] > 20)
    assert (rows.tolist(), columns.tolist()) == ([100], [371 + 200])


def test_a_picture_is_shown_in_the_size_of_its_map() -> None:
    sheet = beside(sheets(1, 0)[0], torch.zeros(HEIGHT // 2, WIDTH // 2), (0, 1))
    assert sheet.size == (2 * 5 * WIDTH // 2 + 4, 5 * HEIGHT // 2)
