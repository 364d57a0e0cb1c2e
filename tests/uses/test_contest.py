"""What "auto" does on tables: it measures another recipe too, and takes what is better."""

from pathlib import Path

import pytest

from sparring import GAN
from sparring.cli.main import main
from sparring.metrics import table
from sparring.training import plan
from sparring.uses import contest
from test_forest import frame

LEARNT: dict[str, float] = {"told apart": 0.6, "predicts": 0.9}


def test_rows_are_better_the_less_they_are_told_apart_and_the_more_they_predict() -> None:
    assert table.loss(LEARNT) == pytest.approx(0.3)
    assert table.loss({"told apart": 0.6}) == pytest.approx(0.2)
    assert table.loss({"told apart": 0.4, "predicts": 1.0}) == 0


def test_the_command_line_keeps_both_and_says_which_is_better(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    frame(600).to_csv("some.csv", index=False)
    options = ["--target", "word", "--samples-seen", "512", "--threads", "1", "--no-vitals"]
    assert main(["train", "some.csv", *options]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "auto recipe forest measures better than rows on 120 held-out rows: told apart 0." in said
    assert "It is in runs/some-rows-1-forest-1" in said
    assert main(["sample", "runs/some-rows-1-forest-1", "--count", "5", "--out", "fake.csv"]) == 0
    assert main(["resume", "runs/some-rows-1"]) == 0


def test_fit_takes_the_better_one(tmp_path: Path) -> None:
    gan = GAN(threads=1, vitals=False).fit(frame(600), samples_seen=512, out=tmp_path / "run")
    assert gan.config_.recipe == "forest"
    assert gan.out_ == tmp_path / "run-forest-1"
    assert GAN.load(gan.out_).sample(3).shape == gan.sample(3).shape
    assert GAN.load(tmp_path / "run").config_.recipe == "rows"


def test_nothing_is_measured_where_the_user_has_chosen_or_nothing_is_held_out() -> None:
    gan = GAN("rows", threads=1, vitals=False).fit(frame(600), samples_seen=256)
    fit = gan._fitted
    assert fit.data is not None
    told: list[str] = []
    assert contest.hold(fit.config, fit.sampler, fit.data, ["g_lr"], told.append) is None
    assert told == []
    assert contest.hold(fit.config.replace(hold_out=0.0), fit.sampler, fit.data, ()) is None
    assert contest.hold(fit.config.replace(hold_out=0.1), fit.sampler, fit.data, ()) is None  # 60 rows
    training, held_out = plan.parts(fit.config.dataset, fit.data)
    assert held_out is not None
    real = table.against_held_out(held_out.samples.numpy(), training, held_out, 0)
    drawn = table.against_held_out(fit.sampler.sample(480), training, held_out, 0)
    assert table.loss(real) < table.loss(drawn)
