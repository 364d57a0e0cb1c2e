"""A detector against planted truths: what is odd is known, because it was put there."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from sparring.config.choices import DETECTORS
from sparring.config.groups import FilesConfig
from sparring.data.wafers import wafers
from sparring.errors import ConfigError, DataError, RunError
from sparring.metrics.detection import Interval, auroc
from sparring.uses.detect import saved
from sparring.uses.detect.damage import damage
from sparring.uses.detect.detector import Candidate, Detector, best_of, heat_scale
from sparring.uses.detect.features import core_set
from sparring.uses.detect.saved import About
from sparring.uses.detect.scorers import SCORERS
from sparring.uses.detect.shares import far_out, parts

SIDE = 24


def plates(count: int, seed: int) -> Tensor:
    """Metal plates: a slope of brightness whose height varies, with noise of three grey levels."""
    rng = torch.Generator().manual_seed(seed)
    slope = torch.linspace(80, 140, SIDE)[None, None, :, None] + 12 * torch.randn(count, 1, 1, 1, generator=rng)
    return (slope + 3 * torch.randn(count, 1, SIDE, SIDE, generator=rng)).clamp(0, 255).to(torch.uint8)


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(features="edges", minutes=0).fit(plates(240, 0))


def test_p_values_of_normal_pictures_are_uniform_whatever_was_chosen(detector: Detector) -> None:
    fresh = plates(400, 1)
    held = detector.counts_["held_out"]
    found = detector.p_values(fresh)
    # Of n held-out scores and m fresh ones the two-sample test is exact, since p-values are their ranks.
    theirs = detector.held_out_[detector.chosen_]
    same = stats.ks_2samp(theirs.numpy(), detector.score(fresh)).pvalue
    assert same > 0.01
    assert np.mean(found) == pytest.approx(0.5, abs=0.1)
    assert found.min() >= 1 / (held + 1)
    alarms = np.mean(detector.predict(fresh) == -1)
    assert detector.threshold_.expected.low <= alarms <= detector.threshold_.expected.high + 0.02


@pytest.mark.parametrize("name", [name for name, make in SCORERS.items() if not make().trained])
def test_every_method_finds_a_bright_blob_and_says_where(detector: Detector, name: str) -> None:
    odd = plates(60, 2)
    odd[:, :, 15:20, 4:9] = 250
    normal = detector.examine(plates(60, 3), name)
    found = detector.examine(odd, name)
    if name == "brightness":  # which sees the mean alone
        assert auroc(normal.scores, found.scores) > 0.55
        return
    assert auroc(normal.scores, found.scores) > 0.95
    hottest = found.maps.flatten(1).argmax(1)
    rows, columns = hottest // SIDE, hottest % SIDE
    near = ((rows - 17).abs() <= 6) & ((columns - 6).abs() <= 6)
    assert float(near.double().mean()) > 0.9


def test_a_defect_of_one_pixel_is_found_where_it_is() -> None:
    finder = Detector("pca", features="edges", minutes=0).fit(plates(240, 0))
    odd = plates(100, 4)
    odd[:, :, 7, 18] = 255
    assert np.mean(finder.predict(odd) == -1) > 0.95
    hottest = finder.heat_maps(odd).reshape(100, -1).argmax(1)
    assert np.mean((abs(hottest // SIDE - 7) <= 1) & (abs(hottest % SIDE - 18) <= 1)) > 0.95


def test_a_global_shift_is_found_by_brightness(detector: Detector) -> None:
    odd = (plates(50, 5).int() + 60).clamp(0, 255).to(torch.uint8)
    assert (
        auroc(detector.examine(plates(50, 6), "brightness").scores, detector.examine(odd, "brightness").scores)
        > 0.99
    )


def test_defective_pictures_among_the_normals_are_told() -> None:
    normals = plates(300, 7)
    planted = sorted(int(part[k]) for part, k in zip(parts(300, seed=0), (4, 0, 1), strict=True))
    for place, (y, x) in zip(planted, ((1, 1), (3, 12), (13, 4)), strict=True):
        normals[place, :, y : y + 7, x : x + 7] = 255
    finder = Detector("pca", features="edges", minutes=0).fit(normals)
    assert finder.suspects_ == planted  # one of them was fitted
    assert finder.looked_at_ == 300
    assert Detector("pca", features="edges", minutes=0).fit(plates(300, 7)).suspects_ == []


def test_the_method_is_chosen_by_damage_on_purpose_or_by_known_bad_pictures() -> None:
    normals = wafers(200).pictures
    finder = Detector(features="edges", minutes=0).fit(normals)
    areas = {each.name: each.auroc.value for each in finder.candidates_}
    assert finder.chosen_ == max(areas, key=lambda name: areas[name])
    assert areas[finder.chosen_] > 0.75 > areas["brightness"]
    bad = wafers(60, "random", seed=5).pictures
    with_bad = Detector(features="edges", minutes=0).fit(normals, bad)
    assert {each.name: each.auroc.value for each in with_bad.candidates_}["brightness"] > 0.95


def test_of_methods_that_are_equally_good_the_baseline_that_sees_most_is_taken() -> None:
    def named(*names: str) -> list[Candidate]:
        return [Candidate(name, Interval(1 - 0.1 * (name == "pca"), 0.5, 1), 0) for name in names]

    assert best_of(named("brightness", "pca", "edges", "patches", "repairer")) == "patches"
    assert best_of(named("repairer", "pca")) == "repairer"


def test_the_smallest_pictures_and_the_fewest_normals_suffice() -> None:
    """Three normals choose the method, each damaged in twenty ways."""
    finder = Detector(false_alarms=0.2, steps=1).fit(plates(20, 0)[:, :, 10:18, :8])
    assert finder.counts_["choosing"] == 3
    assert set(finder.scorers_) == set(SCORERS)
    assert finder.examine(plates(2, 1)[:, :, 10:18, :8]).maps.shape == (2, 8, 8)


def test_thresholds_come_from_normals_that_were_not_fitted() -> None:
    fitted, choosing, held = parts(400, seed=3)
    assert sorted(torch.cat([fitted, choosing, held]).tolist()) == list(range(400))
    assert (len(choosing), len(held)) == (60, 100)
    assert [len(part) for part in parts(100, 0)] == [45, 15, 40]
    finder = Detector("neighbours", features="edges", minutes=0).fit(plates(100, 8))
    assert finder.threshold_.count == 40
    assert float((finder.held_out_["neighbours"] > 0).double().mean()) == 1  # a fitted picture has distance 0


def test_signs_are_those_of_scikit_learn(detector: Detector) -> None:
    pictures = torch.cat([plates(5, 9), plates(5, 10)])
    pictures[5:, :, 4:9, 4:9] = 250
    negative = detector.decision_function(pictures) < 0
    assert np.array_equal(negative, detector.predict(pictures) == -1)
    assert negative[5:].all()


def test_arrays_are_taken_as_they_come(detector: Detector) -> None:
    pictures = plates(4, 11)
    as_floats = (pictures[:, 0].numpy() / 255).astype(np.float32)
    assert detector.score(as_floats) == pytest.approx(detector.score(pictures.numpy()), rel=1e-4)


def test_a_saved_detector_says_the_same(detector: Detector, tmp_path: Path) -> None:
    about = About("plates", FilesConfig(size="24"), ("ab",), ("one.png",))
    saved.write(detector, about, tmp_path)
    again, known = saved.read(tmp_path)
    assert known == about
    assert np.array_equal(again.score(plates(9, 12)), detector.score(plates(9, 12)))
    assert (again.threshold_, again.heat_, again.counts_) == (
        detector.threshold_,
        detector.heat_,
        detector.counts_,
    )
    assert again.candidates_ == detector.candidates_


def test_a_saved_detector_may_be_larger_than_other_files(
    detector: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved.write(detector, About("plates", FilesConfig()), tmp_path)
    size = (tmp_path / "detector.safetensors").stat().st_size
    monkeypatch.setattr("sparring.files.MOST_BYTES", size - 1)
    assert size > (tmp_path / "detector.json").stat().st_size + 1
    again, _ = saved.read(tmp_path)
    assert np.array_equal(again.score(plates(2, 12)), detector.score(plates(2, 12)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 9}, "format: 9 where a whole number from 1 to 1"),
        ({"chosen": "magic"}, "chosen: 'magic' where"),
        ({"shape": [1, 2]}, "is not one of pictures"),
        ({"files": 3}, "files: no options"),
        ({"heat": ["x", 1]}, "heat: 'x' where a number"),
    ],
)
def test_damaged_facts_are_told(
    detector: Detector, tmp_path: Path, change: dict[str, object], message: str
) -> None:
    saved.write(detector, About("plates", FilesConfig()), tmp_path)
    file = tmp_path / "detector.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(RunError, match=message):
        saved.read(tmp_path)


def test_damaged_tensors_and_missing_detectors_are_told(detector: Detector, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds no detector. Make one: sparring detect fit"):
        saved.read(tmp_path)
    saved.write(detector, About("plates", FilesConfig()), tmp_path)
    tensors = tmp_path / "detector.safetensors"
    tensors.write_bytes(tensors.read_bytes()[:500])
    with pytest.raises(RunError, match="is damaged. Fit it again"):
        saved.read(tmp_path)


def test_what_cannot_be_learned_from_is_refused() -> None:
    with pytest.raises(DataError, match="5 normal pictures are too few: give at least 20"):
        Detector().fit(plates(5, 0))
    with pytest.raises(DataError, match="all normal pictures are alike"):
        Detector().fit(np.full((50, 8, 8), 7, np.uint8))
    with pytest.raises(ConfigError, match="needs at least 100 normals that were held out; there are 40"):
        Detector(false_alarms=0.01).fit(plates(100, 0))
    with pytest.raises(DataError, match="a detector looks at pictures"):
        Detector().fit(np.random.default_rng(0).normal(size=(50, 2)))
    with pytest.raises(ConfigError, match="unknown method 'pac'. Did you mean 'pca'"):
        Detector("pac")
    with pytest.raises(ConfigError, match="unknown features 'edge'. Did you mean 'edges'"):
        Detector(features="edge")
    with pytest.raises(DataError, match="pictures of 64 x 1 pixels are too small for a detector: each side"):
        Detector().fit(np.random.default_rng(0).integers(0, 255, (50, 1, 64)).astype(np.uint8))
    with pytest.raises(ConfigError, match="call fit"):
        Detector().score(plates(5, 0))


def test_pictures_of_another_form_are_refused(detector: Detector) -> None:
    with pytest.raises(DataError, match="12 x 24 pixels, the normals 24 x 24"):
        detector.score(plates(2, 0)[..., :12])
    with pytest.raises(DataError, match="have 3 channels, the normals 1"):
        detector.score(plates(2, 0).expand(-1, 3, -1, -1))


def test_heat_has_one_scale_with_what_normals_show_below_its_middle() -> None:
    maps = torch.rand(200, 5, 5, generator=torch.Generator().manual_seed(0))
    low, high = heat_scale(maps.flatten(1).median(1).values, maps.flatten(1).amax(1))
    assert low == pytest.approx(0.5, abs=0.05)
    below = maps.flatten(1).amax(1) <= (low + high) / 2
    assert float(below.double().mean()) == pytest.approx(0.95, abs=0.01)


def test_scores_far_beyond_the_others_are_told_apart() -> None:
    scores = torch.randn(500, generator=torch.Generator().manual_seed(0)).exp()
    assert len(far_out(scores)) == 0
    assert far_out(torch.cat([scores, torch.tensor([1e4])])).tolist() == [500]


def test_a_core_set_covers_as_well_as_it_can() -> None:
    corners = torch.tensor([[0.0, 0], [0, 9], [9, 0], [9, 9]])
    cloud = 0.01 * torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    chosen = core_set(torch.cat([cloud, corners]), 4)
    assert {50, 51, 52, 53} - set(chosen.tolist()) <= {50}
    assert core_set(corners, 9).tolist() == [0, 1, 2, 3]


def test_damage_changes_what_its_mask_marks_and_nothing_else() -> None:
    pictures = plates(100, 13)
    damaged = damage(pictures, torch.Generator().manual_seed(0))
    changed = (damaged.pictures != pictures).any(1)
    marked = damaged.masks.flatten(1)
    assert float(marked.any(1).double().mean()) > 0.8
    strong = (damaged.pictures.int() - pictures.int()).abs().amax(1) > 6
    assert bool((strong <= damaged.masks).all())
    assert float(changed[~damaged.masks].double().mean()) < 0.02
    assert 0.005 < float(marked.double().mean()) < 0.1


def test_damage_of_pictures_of_few_values_keeps_to_them() -> None:
    maps = wafers(50).pictures
    damaged = damage(maps, torch.Generator().manual_seed(1))
    assert set(damaged.pictures.unique().tolist()) == set(maps.unique().tolist())
    assert not torch.equal(damaged.pictures, maps)


def test_a_trained_method_without_time_is_refused() -> None:
    with pytest.raises(ConfigError, match="'repairer' is trained, and minutes is 0"):
        Detector("repairer", minutes=0)
    with pytest.raises(ConfigError, match="'residuals' is trained, and steps is 0"):
        Detector("residuals", steps=0)


def test_what_is_trained_is_fitted_only_where_there_is_time_and_it_may_be_chosen() -> None:
    tried = (("auto", 0), ("pca", 1), ("repairer", 1), ("auto", 1))
    normals, rate = plates(40, 0), 0.1
    names = [
        set(Detector(method, false_alarms=rate, features="edges", steps=steps).fit(normals).scorers_)
        for method, steps in tried
    ]
    baselines = {name for name, make in SCORERS.items() if not make().trained}
    assert names == [baselines, baselines, baselines | {"repairer"}, set(SCORERS)]


def test_the_choices_of_the_command_line_are_the_table() -> None:
    assert tuple(SCORERS) == DETECTORS
