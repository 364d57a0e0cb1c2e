"""One trial: bounded by its seconds, ended early by its records, judged by held-out samples."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from sparring import games
from sparring.data import builtin
from sparring.data.spec import Dataset
from sparring.errors import DataError
from sparring.history.record import Record
from sparring.kinds import find
from sparring.machine.device import Runtime
from sparring.metrics.extractors import suited
from sparring.uses.tune import judge as judging
from sparring.uses.tune.judge import Halves, Judge, Reference, affordable
from sparring.uses.tune.space import Space, space
from sparring.uses.tune.trial import DIVERGED, DONE, PRUNED, REFUSED, STOPPED, Bench, sheet, tenth

FIXED: dict[str, Any] = {
    "threads": 1, "minutes": 1.0, "hold_out": 0.2, "g_width": 16, "d_width": 16, "depth": 1,
}  # fmt: skip
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def data() -> Dataset:
    ring = builtin.BUILT_IN["ring"]()
    return replace(ring, samples=ring.samples[:4000])


@pytest.fixture(scope="module")
def searched(data: Dataset) -> Space:
    return space(data, (), FIXED, "mlp")


@pytest.fixture(scope="module")
def bench(data: Dataset, searched: Space) -> Bench:
    return Bench(data, searched.default, 0.05)


@pytest.fixture(scope="module")
def judge(bench: Bench) -> Judge:
    return bench.judge(bench.halves.choosing, "auto", 500)


def test_the_halves_are_apart_and_were_not_trained_on(data: Dataset, searched: Space) -> None:
    bench = Bench(data, searched.default, 1.0)
    choosing, reporting = bench.halves
    parts = [part.samples for part in (bench.training, choosing, reporting)]
    assert [len(part) for part in parts] == [3200, 400, 400]
    rows = [{tuple(row) for row in part.tolist()} for part in parts]
    assert len(set.union(*rows)) == 4000
    _, half = bench.parts(searched.default)
    assert half is not None
    assert torch.equal(half.samples, choosing.samples)


def test_too_few_held_out_samples_are_refused(data: Dataset) -> None:
    with pytest.raises(DataError, match="39 held-out samples; tuning needs at least 40"):
        Halves.of(replace(data, samples=data.samples[:39], labels=None))


def test_a_trial_is_measured_after_its_seconds(bench: Bench, searched: Space, judge: Judge) -> None:
    records: list[Record] = []
    outcome, game = bench.train(searched.default, judge, lambda record: bool(records.append(record)))
    assert (outcome.state, game is not None) == (DONE, True)
    assert outcome.value is not None
    assert outcome.value > 1
    assert outcome.seconds >= 0.05
    assert outcome.samples_seen > 0


def test_records_can_end_a_trial(
    bench: Bench, searched: Space, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "seconds", 30.0)
    monkeypatch.setattr("sparring.training.window.Window.due", property(lambda self: True))
    outcome, game = bench.train(searched.default, judge, lambda record: True)
    assert (outcome.state, game, outcome.value) == (PRUNED, None, None)
    assert bench.train(searched.default, judge, stop=lambda: True)[0].state == STOPPED


def test_what_breaks_has_diverged_with_what_the_doctor_says(
    bench: Bench, searched: Space, judge: Judge
) -> None:
    broken = searched.default.replace(g_lr=1e30, d_lr=1e30)
    outcome, game = bench.train(broken, judge)
    assert (outcome.state, game) == (DIVERGED, None)
    assert "non-finite" in outcome.findings
    assert outcome.cures.keys() <= outcome.findings.keys()


def test_options_that_cannot_be_trained_are_refused(bench: Bench, searched: Space, judge: Judge) -> None:
    outcome, _ = bench.train(searched.default.replace(batch_size=100_000), judge)
    assert outcome.state == REFUSED
    assert "batch" in outcome.why


def test_fresh_reals_are_as_good_as_real_and_noise_is_not(bench: Bench, judge: Judge) -> None:
    reals = judge.by.times_real([judge.extractor(bench.halves.reporting.samples)])
    assert reals.value < 5
    noise = judge.by.times_real([judge.extractor(torch.randn(400, 2))])
    assert noise.value > 20
    assert reals.held_out


def test_a_judge_draws_the_same_samples_again(bench: Bench, searched: Space, judge: Judge) -> None:
    data, _ = bench.parts(searched.default)
    game = games.make(searched.default, data.spec, data.classes, Runtime("cpu", "fp32", 1))
    assert judge(game, data) == judge(game, data)
    with torch.no_grad():
        next(game.players["generator"].parameters()).fill_(float("nan"))
        for weight in game.sampling_generator.parameters():
            weight.fill_(float("nan"))
    with pytest.raises(DataError):
        judge(game, data)


def test_short_trials_are_measured_by_fast_features(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = torch.Generator().manual_seed(0)
    pictures = find.samples(torch.randint(0, 256, (300, 1, 16, 16), dtype=torch.uint8, generator=rng))[0]
    references = {name: Reference(pictures, name, CPU) for name in ("pixels", "pca-64")}

    def reference(name: str) -> Reference:
        return references["pixels" if name == "auto" else name]

    monkeypatch.setattr(judging, "suited", lambda reals: "pixels")
    monkeypatch.setattr(judging, "quick", lambda reals: "pca-64")
    monkeypatch.setattr(judging, "seconds_each", lambda of: {256: 1e-2, 64: 1e-3}[of(3).shape[1]])
    assert affordable(reference, 60.0) == ("auto", 900)
    assert affordable(reference, 10.0) == ("pca-64", 1500)
    assert affordable(reference, 0.1) == ("pca-64", judging.LEAST)
    assert affordable(reference, 1e6) == ("auto", judging.MOST)


def test_a_network_that_trials_train_with_does_not_judge_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sparring.metrics.extractors.has_imagenet", lambda: True)
    pictures = find.samples(torch.randint(0, 256, (100, 3, 16, 16), dtype=torch.uint8))[0]
    assert suited(Reference(pictures, "auto", CPU).reals) == "imagenet-64"
    assert affordable(lambda name: Reference(pictures, name, CPU), 1e6)[0] == "scattering-64"


def test_a_sheet_is_a_picture_of_limited_size(
    bench: Bench, searched: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, _ = bench.parts(searched.default)
    game = games.make(searched.default, data.spec, data.classes, Runtime("cpu", "fp32", 1))
    whole = sheet(game, data)
    assert whole.startswith(b"\x89PNG")
    monkeypatch.setattr("sparring.uses.tune.trial.MOST_SHEET", len(whole) - 1)
    assert len(sheet(game, data)) < len(whole)


@pytest.mark.parametrize(("progress", "number"), [(0.1, 1), (0.099, 1), (0.19, 1), (0.5, 5), (1.0, 10)])
def test_records_are_compared_by_tenths(progress: float, number: int) -> None:
    assert tenth(progress) == number
