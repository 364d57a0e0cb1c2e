"""Verdicts of studies: planted truths, chance alone, and what a killed study keeps."""

import json
import math
from dataclasses import replace

import pytest
import torch

import planted
from planted import Simulated, study
from sparring.errors import ConfigError, NonFiniteError
from sparring.metrics.differences import Difference
from sparring.uses.study import forger, tables, trial, verdict, words
from sparring.uses.study.arms import ARMS, REAL, pointless
from sparring.uses.study.cells import CELLS, GAN, Cells, Key
from sparring.uses.study.choices import chosen
from sparring.uses.study.classifier import Score
from sparring.uses.study.plan import Costs, Plan, planned
from sparring.uses.study.subject import BOTH, CLASSIC, Pictures, arms_for, without_repeats
from sparring.uses.study.subsets import blocks

EQUAL = tuple(name for name in ARMS if name not in pointless([1, 1]))
PLAN = Plan(6, (100, 300), 1000, EQUAL, (50, 50))
GANS = ("GAN 20 %", "GAN 50 %")


@pytest.mark.parametrize(
    ("truth", "expected"), [("copies", "no difference"), ("noise", "harms"), ("fresh", "helps")]
)
def test_planted_truths_come_out(truth, expected):
    found = study(truth, ("GAN 50 %",)).by_name["GAN 50 %"]
    assert found.verdict == expected
    assert found.difference.low < found.difference.value < found.difference.high


def test_chance_alone_seldom_helps():
    results = [Simulated().result(PLAN, seed).rows for seed in range(100)]
    for wrong in ("helps", "harms"):
        assert sum(any(row.verdict == wrong for row in rows) for rows in results) <= 5
    intervals = [row.difference for rows in results for row in rows if row.difference]
    missed = sum(each.low * each.high > 0 for each in intervals) / len(intervals)
    assert 0.02 < missed < 0.08  # neither too narrow nor too wide


def test_what_helps_is_found_and_what_it_is_worth():
    result = Simulated((("GAN 20 %", 0.05), ("double", 0.1), ("half", -0.1), ("mixup", -0.06))).result(PLAN)
    gan, mixup = result.by_name["GAN 20 %"], result.by_name["mixup"]
    assert (gan.verdict, mixup.verdict) == ("helps", "harms")
    assert gan.difference.low < 0.05 < gan.difference.high
    assert gan.more[0] == pytest.approx(100 * math.sqrt(2) - 100, abs=10)
    assert mixup.more[0] == pytest.approx(100 / 2**0.6 - 100, abs=8)
    assert result.curve.keys() == {50, 100, 200}
    assert result.best_share == "GAN 20 %"
    said = words.sentences(result)
    assert said[0].startswith("20 % GAN pictures help: +")
    assert "more labelled pictures would." in said[0]


def test_the_differences_at_equal_steps_stand_beside_the_chosen_ones():
    result = Simulated().result(PLAN)
    row, real = result.by_name["mixup"], result.by_name[REAL]
    for (score, difference), (of_real, _) in zip(row.by_steps, real.by_steps, strict=True):
        assert difference == pytest.approx(score - of_real)
    assert row.by_steps[0] != row.by_steps[1]
    assert sum(row.kept.values()) == 6
    assert real.difference is None
    assert real.verdict == ""


def test_minutes_count_the_gan_where_it_is_needed():
    cells = Simulated().cells(PLAN, 0)
    for k in range(6):
        cells.add(Key(k, GAN, 0), [], 60.0)
    found = verdict.judged(planted.ROWS, PLAN, cells, range(6), 1000, noun="picture", measure="right").by_name
    assert found["mixup"].minutes == pytest.approx(12 / 60)
    assert found["GAN 50 %"].minutes == pytest.approx(6 + 12 / 60)
    assert found[CLASSIC].minutes == pytest.approx(24 / 60)


def test_a_choice_is_made_by_other_samples_than_those_of_the_test():
    plan = Plan(1, (10, 20), 0, GANS, (5, 5), starts=2)
    scores = {
        Key(0, "GAN 20 %", 0): [Score(10, 0.5, 0.1, ()), Score(20, 0.9, 0.2, ())],
        Key(0, "GAN 20 %", 1): [Score(10, 0.6, 0.1, ()), Score(20, 0.7, 0.2, ())],
        Key(0, "GAN 50 %", 0): [Score(10, 0.7, 0.9, ()), Score(20, 0.6, 0.9, ())],
        Key(0, "GAN 50 %", 1): [Score(10, 0.7, 0.9, ()), Score(20, 0.7, 0.9, ())],
    }
    assert chosen(GANS, 0, plan, scores) == ("GAN 20 %", 1)
    assert chosen(GANS, 0, plan, scores, budget=0) == ("GAN 50 %", 0)


def test_the_arm_of_both_takes_over_what_was_chosen_in_its_subset():
    cells = Simulated((("GAN 20 %", 0.3), ("shift, turn, flip", 0.3))).cells(PLAN, 0)
    arm = trial.as_chosen(ARMS[BOTH], Key(2, BOTH, 0), PLAN, cells.scores)
    assert (arm.forged, arm.flipped, arm.moved) == (0.2, True, True)
    cells = Simulated((("GAN 50 %", 0.3), ("shift, turn", 0.3))).cells(PLAN, 0)
    arm = trial.as_chosen(ARMS[BOTH], Key(2, BOTH, 0), PLAN, cells.scores)
    assert (arm.forged, arm.flipped) == (0.5, False)


class Stepping:
    """A clock that goes on by a second at each look."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        self.time += 1.0
        return self.time


def small() -> tuple[planted.Planted, list, Plan]:
    data, tested, _ = planted.everything()
    parts = blocks(data.labels, planted.NAMES, tested.labels, per_class=6, subsets=3)
    return planted.Planted(data, tested), parts, Plan(3, (1, 2), 1, (REAL, "GAN 50 %"), (6, 6, 6), starts=2)


def test_a_stopped_study_goes_on_as_if_it_had_never_stopped(tmp_path):
    subject, parts, plan = small()
    whole = Cells(None)
    progress = list(trial.run(subject, plan, parts, whole, seconds=1e9, now=Stepping()))
    assert len(progress) == len(whole.scores) == 3 * (1 + 4)
    assert progress[-1].share == 1.0
    assert progress[0].left_seconds >= progress[-1].left_seconds == 0.0
    broken = Cells(tmp_path)
    for _, _ in zip(range(7), trial.run(subject, plan, parts, broken, seconds=1e9), strict=False):
        pass
    with (tmp_path / CELLS).open("a") as file:
        file.write('\n{"block": 1, "arm": "real o')  # killed in the middle of a line
    again = Cells(tmp_path)
    assert trial.complete(plan, again) == [0]
    for _ in trial.run(subject, plan, parts, again, seconds=1e9):
        pass
    assert again.scores == whole.scores == Cells(tmp_path).scores
    assert not list(trial.run(subject, plan, parts, Cells(tmp_path), seconds=1e9))


def test_lost_samples_of_a_gan_are_drawn_again(tmp_path):
    subject, parts, plan = small()
    for _, _ in zip(range(2), trial.run(subject, plan, parts, Cells(tmp_path), seconds=1e9), strict=False):
        pass
    (tmp_path / "forged" / "0.safetensors").write_bytes(b"cut")
    cells = Cells(tmp_path)
    next(trial.run(subject, plan, parts, cells, seconds=1e9))
    assert cells.forged(0) is not None


def test_minutes_are_kept_and_ctrl_c_ends_after_a_training():
    subject, parts, plan = small()
    cells = Cells(None)
    list(trial.run(subject, plan, parts, cells, seconds=8.5, now=Stepping()))  # a second each
    assert cells.spent <= 8.5
    assert trial.complete(plan, cells) == [0]
    assert not list(trial.run(subject, plan, parts, Cells(None), seconds=1e9, stop=lambda: True))


def test_a_gan_that_would_take_too_long_is_stopped():
    subject, parts, plan = small()
    asked = []

    class Slow(type(subject)):
        def forge(self, places, seen, seed, tell, stop):
            while not stop():
                asked.append(seen)
            raise forger.Stopped

    slow = Slow(subject.data, subject.tested)
    assert not list(trial.run(slow, plan, parts, Cells(None), seconds=20, now=Stepping()))
    assert 15 <= len(asked) <= 20


def test_a_gan_costs_something_even_if_a_longer_training_took_no_longer():
    subject, parts, _ = small()
    found = trial.costs_of(subject, parts[0], now=Stepping())  # every piece of work takes one second
    assert found.seen == pytest.approx(1 / (2 * trial.MORE * trial.LEAST_SEEN))


def test_a_plan_fits_into_its_minutes_and_more_minutes_mean_more():
    costs, arms = Costs(0.004, 0.05, 0.0005, 0.3), tuple("abcdefgh")
    few, many = (planned(minutes, costs, arms, (100,) * 10, 6) for minutes in (5, 20))
    for plan, minutes in ((few, 5), (many, 20)):
        assert 0.5 * 60 * minutes < plan.seconds(costs) <= 60 * minutes * 0.8
        assert plan.steps[1] == 3 * plan.steps[0]
    assert many.steps > few.steps
    assert many.seen > few.seen
    assert Plan.from_dict(json.loads(json.dumps(few.to_dict()))) == few


@pytest.mark.parametrize("subsets", [3, 6, 12])
def test_a_plan_has_the_subsets_that_were_asked_for(subsets):
    costs = Costs(0.004, 0.05, 0.0005, 0.3)
    plan = planned(10, costs, tuple("abcdefgh"), (100,) * 10, subsets)
    assert plan.subsets == subsets
    assert 0.5 * 600 < plan.seconds(costs) <= 600 * 0.8


def test_too_few_minutes_are_refused_with_enough():
    costs = Costs(0.01, 0.05, 0.001)
    with pytest.raises(ConfigError, match="takes about ([0-9.]+) minutes") as error:
        planned(0.1, costs, ("a", "b"), (10, 10), 6)
    assert "--minutes 0.1 " in str(error.value)
    enough = float(str(error.value).split("about ")[1].split()[0])
    assert planned(enough, costs, ("a", "b"), (10, 10), 6).subsets == 6
    with pytest.raises(ConfigError) as error:
        planned(enough, costs, ("a", "b"), (10, 10), 6, spent=30 * enough)
    assert "busy" not in str(error.value)
    with pytest.raises(ConfigError, match="a classifier had 9% of a core"):
        planned(0.1, costs._replace(had=0.09), ("a", "b"), (10, 10), 6)


def test_costs_are_those_of_steps_and_of_samples():
    subject, parts, _ = small()
    found = trial.costs_of(subject, parts[0], now=Stepping())
    assert all(each >= 0 for each in found)


def test_a_gan_is_trained_with_the_labels_and_draws_every_class_equally(monkeypatch):
    monkeypatch.setattr(forger, "DRAWN", 300)
    data = planted.pictures(60, 5)
    told = []
    drawn = forger.forge(data, 64, 0, told.append)
    assert torch.bincount(drawn.labels).tolist() == pytest.approx([forger.DRAWN / 3] * 3, abs=1)
    assert drawn.samples.dtype == torch.uint8
    assert drawn.samples.shape[1:] == (1, planted.SIDE, planted.SIDE)
    assert told == ["training a GAN, 100%"]
    with pytest.raises(forger.Stopped):
        forger.forge(data, 640, 0, stop=lambda: True)


def test_a_gan_that_breaks_down_is_trained_with_another_seed(monkeypatch):
    seeds = []

    def broken(data, seen, seed, tell, stop):
        seeds.append(seed)
        raise NonFiniteError("infinite")

    monkeypatch.setattr(forger, "trained", broken)
    with pytest.raises(NonFiniteError):
        forger.forge(planted.pictures(12, 5), 64, 3)
    assert len(set(seeds)) == forger.TRIES


def test_repeated_samples_are_left_out_also_those_of_the_test():
    data = planted.pictures(30, 0)
    twice = planted.replaced(data, torch.cat([torch.arange(30), torch.tensor([4, 4])]))
    kept, lost = without_repeats(twice)
    assert (len(kept), lost) == (30, 2)
    kept, lost = without_repeats(data, planted.replaced(data, torch.arange(10)))
    assert (len(kept), lost) == (20, 10)
    assert torch.equal(kept.labels, data.labels[10:])


def test_arms_that_change_nothing_are_left_out():
    data, tested, _ = planted.everything()
    subject = Pictures(data, tested)
    assert "class weights" in arms_for(subject, (5, 6, 5))
    assert "class weights" not in arms_for(subject, (5, 5, 5))


def test_the_table_and_the_words_say_the_same():
    result = Simulated((("mixup", 0.08),)).result(PLAN)
    lines = {row.name: tables.cells(row) for row in result.rows}
    assert lines["mixup"][1] == "helps"
    assert f"{100 * result.by_name['mixup'].difference.value:+.1f}" in lines["mixup"][3]
    said = " ".join(words.sentences(result))
    assert "make no difference that can be seen" in said
    assert "Without a GAN, mixup helps" in said
    assert "Nothing that was tried helps" in " ".join(words.sentences(Simulated().result(PLAN)))
    assert "6 disjoint subsets of 100 pictures" in words.caveats(result)[0]


def test_trainings_that_are_too_short_are_said_to_be():
    result = Simulated(noise=0.001).result(PLAN)
    assert "the trainings are short" not in " ".join(words.caveats(result))
    real, *others = result.rows
    rising = replace(result, rows=(replace(real, by_steps=((0.5, 0.5), (0.54, 0.54))), *others))
    assert "still rise from 50.0 % to 54.0 %" in " ".join(words.caveats(rising))


def test_nothing_is_read_off_a_learning_curve_that_does_not_rise():
    flat = Simulated((("double", -0.05), ("mixup", 0.1)), noise=0.001).result(PLAN)
    assert flat.by_name["mixup"].verdict == "helps"
    assert not any(row.more for row in flat.rows)
    assert "It does not rise" in " ".join(words.caveats(flat))
    assert "labelled pictures would" not in " ".join(words.sentences(flat))
    rising = Simulated((("double", 0.05), ("mixup", 0.1)), noise=0.001).result(PLAN)
    assert rising.by_name["mixup"].more


def test_nothing_has_no_sign_of_minus() -> None:
    little = Difference(-0.0002, -0.0104, -0.0001, 1.0, 1.0, 3)
    assert words.points(little) == "+0.0 points (-1.0 to +0.0)"
    assert words.points(little, "zh") == "+0.0 个百分点（-1.0 到 +0.0）"
