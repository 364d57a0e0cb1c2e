"""Times real: one number, the same wherever it is shown."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from conftest import TINY_LINE
from sparring import games
from sparring.cli.main import main
from sparring.data import builtin
from sparring.data.arrays import from_array
from sparring.data.builtin import mnist
from sparring.doctor import quality as doctor_quality
from sparring.doctor.diagnosis import diagnose
from sparring.errors import DataError
from sparring.games import drawing
from sparring.history.record import times_real_text
from sparring.kinds import find
from sparring.machine.device import Runtime
from sparring.metrics import digits, extractors, quality
from sparring.metrics.distances import Estimate, fit_gaussian, frechet, frechet_floor
from sparring.metrics.extractors import Reals
from sparring.metrics.features import raw
from sparring.page.follow import Followed
from sparring.runs import best as selection
from sparring.runs.folder import RunFolder
from sparring.training import plan, suited
from sparring.training.gauge import Gauge
from sparring.uses import evaluate

CPU = torch.device("cpu")


def cloud(count: int, seed: int, shift: float = 0.0) -> torch.Tensor:
    return torch.randn(count, 3, generator=torch.Generator().manual_seed(seed)) + shift


def against(real: int = 1200, count: int = 400) -> quality.Standard:
    extractor = replace(raw("points", (3,)), quick=True)
    found = quality.real_features(extractor, Reals(cloud(real, 0)), Reals(cloud(500, 1)), count)
    return quality.standard(extractor, found, count, held_out=True)


def test_the_ratio_of_the_samples_distance_to_that_of_as_many_other_reals() -> None:
    by = against()
    assert (by.count, by.reference, len(by.second)) == (400, 400, 1200)
    floors = [frechet(by.law, fit_gaussian(part)) for part in by.second.split(400)]
    fakes = [cloud(400, 5, shift=0.5), cloud(400, 6, shift=0.5)]
    found = by.times_real(fakes)
    drawn = [frechet(by.law, fit_gaussian(part)) for part in fakes]
    assert found.value == pytest.approx(sum(drawn) / 2 / (sum(floors) / 3))
    assert found.error is not None
    assert 0 < found.error < found.value / 2
    assert found.count == 400
    assert by.times_real([cloud(400, 7)]).value == pytest.approx(1, abs=1.5)


def test_reals_that_are_the_reference_itself_make_no_floor_of_nought() -> None:
    law = fit_gaussian(cloud(400, 1))
    by = quality.Standard("FD-points", law, 400, cloud(400, 1), 400, held_out=True)
    assert by.floor(400).value == pytest.approx(0.1 * frechet_floor(law.covariance, 400, 400))


def test_of_more_samples_than_other_reals_parts_as_large_are_taken() -> None:
    by = against(real=100, count=400)
    parts = [cloud(100, seed, shift=0.5) for seed in range(3)]
    assert by.count == 100
    assert by.times_real([torch.cat(parts)]).value == pytest.approx(by.times_real(parts).value)


def test_the_estimate_from_few_samples_agrees_within_its_interval() -> None:
    by = against(real=4000, count=1000)
    whole = by.times_real([cloud(1000, seed, shift=0.5) for seed in range(3)])
    few = by.times_real([cloud(100, seed, shift=0.5) for seed in range(3)])
    assert few.count == 100
    assert few.error is not None
    assert abs(few.value - whole.value) < 3 * few.error
    alike = [by.times_real([cloud(100, seed)]).value for seed in range(9, 19)]
    assert min(alike) == 1 < max(alike)  # an estimate below is doubt alone


def test_where_other_reals_are_few_the_floor_is_extrapolated() -> None:
    law = fit_gaussian(cloud(2000, 1))
    few = quality.Standard("FD-points", law, 2000, cloud(300, 0), 2000, held_out=True)
    many = quality.Standard("FD-points", law, 2000, cloud(6000, 0), 2000, held_out=True)
    assert few.floor(2000).value == pytest.approx(many.floor(2000).value, rel=1.0)
    assert few.floor(2000).value >= few._expected(2000)


def test_the_shipped_floor_is_that_of_the_test_digits_alone() -> None:
    test = mnist("test")
    assert digits.is_test_set(test.samples)
    assert not digits.is_test_set(mnist().samples[:10_000])
    _, law, floor = digits.digit_classifier()
    extractor = digits.digits()
    assert quality.shipped_floor(extractor, law, 10_000) == Estimate(floor, quality.DIGITS_FLOOR_ERROR)
    assert quality.shipped_floor(extractor, law, 5_000) is None
    other = law._replace(covariance=2 * law.covariance)
    assert quality.shipped_floor(extractor, other, 10_000) is None


def test_too_few_reals_are_told_of() -> None:
    few = against(real=200, count=5)
    assert few.reference == 5
    assert few.times_real([cloud(5, 7)]).too_few == 5
    assert few.times_real([cloud(5, 7)]).to_dict()["times_real_too_few"] == 5
    said = str(few.times_real([cloud(5, 7)]))
    assert said.startswith("not known, as 5 reals are too few to tell; they give ")
    assert said.endswith("1 is as good as real)")
    assert against().times_real([cloud(400, 7)]).too_few == 0
    assert "too few" not in str(against().times_real([cloud(400, 7)]))


def test_in_words() -> None:
    assert times_real_text(1.2345, 0.0678) == "1.23 ± 0.068 times real"
    assert times_real_text(482.4, 130) == "482 ± 130 times real"
    assert times_real_text(12_345) == "12,345 times real"
    assert times_real_text(4.21, 2.8e-16) == "4.21 times real"
    assert times_real_text(17_712.4, 1770.6) == "17,712 ± 1,771 times real"
    assert times_real_text(99.96, 99.7) == "100 ± 100 times real"
    said = str(quality.TimesReal(2.0, None, "FD-points", 1000, held_out=False))
    assert said == (
        "2 times real (FD-points to the reals it was trained on, 1,000 samples; 1 is as good as real)"
    )
    of_sets = quality.TimesReal(2.0, None, "FD-points", 1000, held_out=False, trained=False)
    assert "FD-points to these reals, 1,000" in str(of_sets)


def test_no_more_is_drawn_at_the_end_than_is_compared_and_the_number_is_evaluates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 2
    points = rng.normal(size=(40, 2)) + 100 * labels[:, None]  # a class alone is far from both
    np.savez(tmp_path / "two.npz", samples=points.astype(np.float32), labels=labels)
    line = ["train", str(tmp_path / "two.npz"), "--conditional", "--samples-seen", "64"]
    assert main([*line, "--out", str(tmp_path / "run"), *TINY_LINE]) == 0
    folder = RunFolder(tmp_path / "run")
    game, _ = folder.game(print, Runtime("cpu", "fp32"))
    drawn: list[int] = []
    whole = drawing.draw
    monkeypatch.setattr(drawing, "draw", lambda *words: (drawn.append(len(words[1])), whole(*words))[1])
    found = evaluate.times_real(folder, game, find.dataset(str(tmp_path / "two.npz")))
    assert [count for count in drawn if count > 128] == quality.DRAWS * [20 * quality.MOST_PARTS]
    assert main(["evaluate", str(tmp_path / "run"), "--quick"]) == 0
    measured = json.loads((tmp_path / "run/evaluation.json").read_text())
    assert isinstance(found, evaluate.Closing)
    assert found.times_real.count == 20
    assert measured["times_real"] == pytest.approx(found.times_real.value, rel=1e-6)


@pytest.mark.filterwarnings("ignore")
def test_training_evaluation_page_and_doctor_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sparring.cli.closing.QUALITY_SECONDS", 1e9)  # all samples, however slow the machine
    monkeypatch.chdir(tmp_path)
    np.save("points.npy", cloud(600, 0).numpy())
    assert main(["train", "points.npy", "--samples-seen", "640", "--out", "run", *TINY_LINE]) == 0
    closing = re.search(r"quality  (\S+ ± \S+ times real)", " ".join(capsys.readouterr().out.split(" ")))
    kept = json.loads(Path("run/quality.json").read_text())
    shown = Followed("run", tmp_path / "run").view()["diagnosis"]["times_real"]
    assert main(["evaluate", "run", "--quick"]) == 0
    said = capsys.readouterr().out
    measured = json.loads(Path("run/evaluation.json").read_text())
    assert measured["times_real"] == pytest.approx(kept["times_real"], rel=1e-6)
    assert shown == pytest.approx(kept["times_real"], rel=1e-6)
    assert closing is not None
    assert closing[1] in said
    assert main(["info", "run"]) == 0
    assert f"quality  {closing[1]}" in capsys.readouterr().out
    assert main(["doctor", "run"]) == 4
    assert f"Quality: {closing[1]}" in capsys.readouterr().out
    folder = RunFolder(Path("run"))
    last = list(folder.records())[-1]
    estimate, error = last.values["times_real"], last.values["times_real_error"]
    assert abs(estimate - kept["times_real"]) < 4 * math.hypot(error, kept["times_real_error"])
    assert diagnose(folder.records()).quality.times_real == pytest.approx(estimate, rel=1e-5)


def test_an_evaluation_takes_the_place_of_the_runs_number_where_it_says_the_same_of_more(
    tmp_path: Path,
) -> None:
    own = {"checkpoint_step": 10, "times_real": 4.0, "label": "FD-points", "times_real_count": 600}
    more = own | {"times_real": 4.1, "times_real_count": 900, "reals": "ring", "against": "ring"}

    def told(at_end: dict[str, object], evaluated: dict[str, object], step: int = 10) -> float | None:
        (tmp_path / "quality.json").write_text(json.dumps(at_end))
        (tmp_path / "evaluation.json").write_text(json.dumps(evaluated))
        found = doctor_quality.measured(tmp_path, step)
        return found and found[0]

    assert told(own, more) == 4.1
    assert told(own, more | {"against": "ring (its held-out part)"}) == 4.1
    assert told(own, more | {"against": "other"}) == 4.0
    assert told(own, more | {"label": "FD-pixels"}) == 4.0
    assert told(own, more | {"times_real_count": 300}) == 4.0
    assert told({}, more) == 4.1
    assert told({}, more | {"times_real_too_few": 15}) is None  # it would say how good a blob is
    assert told(own, more | {"times_real_too_few": 15}) == 4.0
    assert told({}, more | {"against": "other"}) is None
    assert told(own, more, step=20) is None


def test_the_data_is_read_once_for_training_and_for_the_measure_at_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("points.npy", cloud(600, 0).numpy())
    read, names = find.dataset, []
    monkeypatch.setattr(find, "dataset", lambda name, *how: names.append(name) or read(name, *how))
    assert (
        main(["train", "points.npy", "--samples-seen", "64", "--hold-out", "0.5", "--out", "run", *TINY_LINE])
        == 0
    )
    assert names == ["points.npy"]
    assert json.loads(Path("run/quality.json").read_text())["held_out"]


def test_the_gauge_takes_held_out_reals_where_there_are_some() -> None:
    ring, other = find.dataset("ring"), builtin.held_out("ring")
    gauge = Gauge(ring, other, CPU, 0)
    assert gauge.by is not None
    assert (gauge.by.label, gauge.by.count, gauge.by.held_out) == ("FD-points", 10_000, True)
    fresh = ring.spec.encode(ring.samples[-256:])
    found = gauge(fresh)
    assert found["times_real"] - 3 * found["times_real_error"] <= 1
    assert gauge(fresh + 1)["times_real"] > 100
    assert gauge(fresh * math.nan) == {}
    alone = Gauge(ring, None, CPU, 0)
    assert alone.by is not None
    assert (alone.by.count, alone.by.held_out) == (len(ring) // 2 if len(ring) < 20_000 else 10_000, False)
    few = find.dataset("ring")
    few_a_dimension = np.random.default_rng(0).integers(0, 256, (60, 8, 8, 3), dtype=np.uint8)
    assert Gauge(from_array(few_a_dimension), None, CPU, 0).by is None  # 30 of each side for 59 components
    assert Gauge(type(few)(few.name, few.spec, few.samples[:30]), None, CPU, 0)(fresh) == {}


def test_the_best_checkpoints_number_is_of_the_same_kind(tmp_path: Path) -> None:
    ring, other = plan.parts(suited.configure(find.dataset("ring")).dataset, find.dataset("ring"))
    config = suited.configure(ring)
    judge = selection.judge(config, games.make(config, ring.spec, ring.classes), ring, other)
    assert judge.standard.held_out
    assert judge.standard.label == "FD-points"
    assert len(judge.standard.second) == selection.COUNT
    fresh = judge.extractor(ring.samples[-2000:])
    assert judge.standard.times_real([fresh]).value == pytest.approx(1, abs=1.5)


def test_a_report_measures_what_no_checkpoint_is_chosen_on() -> None:
    config = suited.configure(find.dataset("ring"))
    ring, other = plan.parts(config.dataset, find.dataset("ring"))
    game = games.make(config, ring.spec, ring.classes)
    judge = selection.judge(config, game, ring, other)
    distance, times = judge.measured(game.generator)
    assert distance == judge.distance(game.generator, selection.REPORTING)
    assert distance != judge.distance(game.generator, selection.CHOOSING)
    assert times.value == pytest.approx(distance / judge.standard.floor(10_000).value, rel=0.1)


def test_a_trainings_end_draws_what_there_is_time_for_or_says_how_long_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train", "ring", "--samples-seen", "64", "--out", "run", *TINY_LINE]) == 0
    folder, data = RunFolder(Path("run")), find.dataset("ring")
    game, _ = folder.game(print, Runtime("cpu", "fp32"))
    whole = evaluate.times_real(folder, game, data)
    assert isinstance(whole, evaluate.Closing)
    assert whole.samples == whole.whole == 10_000
    monkeypatch.setattr(evaluate, "_seconds", lambda *_: (0.0, 0.001))
    some = evaluate.times_real(folder, game, data, limit=3)
    assert isinstance(some, evaluate.Closing)
    assert (some.samples, some.whole) == (1000, 10_000)
    assert some.times_real.value == pytest.approx(whole.times_real.value, rel=0.1)
    assert evaluate.times_real(folder, game, data, limit=0.6) == pytest.approx(30)


@pytest.mark.parametrize(("imagenet", "needed"), [(True, 256), (False, 4 * 59)])
def test_too_few_pictures_are_told_of_before_their_features_take_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, imagenet: bool, needed: int
) -> None:
    monkeypatch.chdir(tmp_path)
    samples = np.random.default_rng(0).integers(0, 256, (60, 1, 8, 8), np.uint8)
    np.savez("few.npz", samples=samples)
    assert main(["train", "few.npz", "--samples-seen", "64", "--out", "run", *TINY_LINE]) == 0
    folder = RunFolder(Path("run"))
    game, _ = folder.game(print, Runtime("cpu", "fp32"))

    def slow(*_: object) -> None:
        raise AssertionError("features were computed")

    monkeypatch.setattr(extractors, "has_imagenet", lambda: imagenet)
    monkeypatch.setattr(evaluate, "choose" if imagenet else "standard_of", slow)
    said = f"60 pictures are too few for this number, which needs {needed}; sparring evaluate run  measures"
    with pytest.raises(DataError, match=said):
        evaluate.times_real(folder, game, find.dataset("few.npz"))
