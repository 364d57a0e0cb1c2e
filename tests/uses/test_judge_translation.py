"""A translation is judged beside what costs nothing, and what is better is said."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from cli_runs import OPTIONS, refused
from conftest import TINY
from sparring.cli.main import main
from sparring.config.groups import Config
from sparring.config.recipes import from_recipe
from sparring.data.arrays import from_array
from sparring.data.folders import from_folder
from sparring.data.pairs import joined
from sparring.data.spec import Dataset, Origin
from sparring.data.split import split_hold_out
from sparring.errors import ConfigError
from sparring.gan import GAN
from sparring.metrics.comparison import FLOOR, GENERATOR
from sparring.metrics.extractors import AUTO
from sparring.runs.translator import Translator
from sparring.uses.judge_translation import MEAN, REGRESSION, RETRIEVAL, UNTOUCHED, judge, regression
from sparring.uses.truth import known

ALONE = {"d_features": "none", "perceptual_weight": 0.0}  # nothing that judges took part in the training


class Turns(nn.Module):
    """Negatives, or what it is given, or one picture for all."""

    def __init__(self, factor: float, offset: float = 0.0) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(factor))
        self.offset = offset

    def forward(self, given: Tensor) -> Tensor:
        return given * self.factor + self.offset


def negatives(count: int = 40, paired: str = "names", seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    blocks = np.zeros((count, 16, 16), np.uint8)
    for block in blocks:
        y, x = rng.integers(0, 9, 2)
        block[y : y + 6, x : x + 4] = rng.integers(150, 256)
    return joined(from_array(blocks), from_array(255 - blocks), paired)


def judged(network: nn.Module, paired: str = "names", count: int = 24) -> dict[str, dict[str, float]]:
    data, held_out = negatives(), negatives(count, paired, 1)
    data = negatives(40, paired)
    found = judge(
        Translator(network, data.spec, 7), from_recipe("paired"), data, held_out, "mine", regression_seconds=0
    )
    return {name: dict(column) for name, column in found.comparison.columns.items()}


def test_the_right_answer_is_better_than_all_baselines() -> None:
    found = judged(Turns(-1.0))
    assert set(found) == {FLOOR, GENERATOR, UNTOUCHED, MEAN, RETRIEVAL}
    assert found[GENERATOR]["content"] > 0.9  # two shapes may lie at one place
    assert found[GENERATOR]["pair"] == pytest.approx(0, abs=1e-4)
    assert found[GENERATOR]["style"] == pytest.approx(0, abs=1e-3)
    assert found[GENERATOR]["sharpness"] == pytest.approx(1, abs=0.01)
    assert found[FLOOR]["style"] > found[GENERATOR]["style"]
    assert found[MEAN]["content"] < 0.2
    assert found[MEAN]["sharpness"] < 0.95
    assert found[UNTOUCHED]["content"] > 0.5  # it keeps what is shown, and only that
    assert found[UNTOUCHED]["pair"] > 0.1


def test_an_output_that_is_the_source_is_no_better_than_doing_nothing() -> None:
    found = judged(Turns(1.0))
    assert found[GENERATOR] == pytest.approx(found[UNTOUCHED], abs=0.02)


def test_without_pairs_contents_are_compared_with_those_of_the_source() -> None:
    found = judged(Turns(1.0), "none")
    assert found[GENERATOR]["content"] > 0.9  # two shapes may lie at one place
    assert "pair" not in found[GENERATOR]
    assert REGRESSION not in found


def test_what_is_better_is_said_in_words() -> None:
    data = negatives()
    dull = judge(
        Translator(Turns(0.0), data.spec, 1),
        from_recipe("paired"),
        data,
        negatives(seed=1),
        "mine",
        regression_seconds=0,
    )
    said = " ".join(dull.comparison.summary())
    assert "a look-up" in said
    assert "content" in said
    assert "mine at step 1, on 40 pictures that were held out" in repr(dull)


def test_too_few_pictures_are_refused_and_what_was_trained_on_is_said() -> None:
    data = negatives()
    config = from_recipe("paired", **ALONE)
    arguments = Translator(Turns(-1.0), data.spec, 0), config, data
    with pytest.raises(ConfigError, match="3 held-out pictures are too few.*larger --hold-out"):
        judge(*arguments, negatives(3), "mine", regression_seconds=0)
    found = judge(*arguments, None, "mine", regression_seconds=0)
    assert "Nothing was held out" in found.comparison.notes[0]
    rough, enough = (judge(*arguments, negatives(count), "mine", regression_seconds=0) for count in (20, 50))
    assert "each is 5% of content" in rough.comparison.notes[0]
    assert enough.comparison.notes == ()
    alone = judge(*arguments, negatives(20), "mine", regression_seconds=0, baselines=False)
    assert alone.comparison.columns == {name: rough.comparison.columns[name] for name in (FLOOR, GENERATOR)}


@pytest.mark.parametrize("recipe", ["paired", "unpaired"])
def test_plain_regression_is_the_same_generator_without_an_adversary(recipe: str) -> None:
    data = negatives()
    config = from_recipe(recipe, **TINY, paired="names")
    made = regression(config, data, 0.3)
    assert made.step > 0
    assert made(data.given.samples[:2]).shape == (2, 1, 16, 16)  # type: ignore[union-attr]
    assert isinstance(config, Config)


def test_a_run_is_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sparring.uses.judge_translation.REGRESSION_SECONDS", 0.2)
    data = negatives(60)
    assert data.given is not None
    for folder, side in (("ink", data.given), ("negative", data)):
        (tmp_path / folder).mkdir()
        for k, picture in enumerate(side.samples[:, 0].numpy()):
            Image.fromarray(picture).save(tmp_path / folder / f"{k:02}.png")
    sides = ["--from", str(tmp_path / "ink"), "--to", str(tmp_path / "negative"), "--paired"]
    run = tmp_path / "run"
    assert main(["train", *sides, *OPTIONS, "--out", str(run)]) == 0
    capsys.readouterr()
    assert main(["evaluate", str(run)]) == 0
    said = capsys.readouterr().out
    assert "6 pictures that were held out" in said
    assert "plain regression" in said
    found = json.loads((run / "translation.json").read_text())
    assert set(found["columns"]) == {FLOOR, GENERATOR, UNTOUCHED, MEAN, RETRIEVAL, REGRESSION}
    assert (run / "translation.png").exists()
    assert main(["evaluate", str(run), "--quick", "--json"]) == 0
    assert REGRESSION not in json.loads(capsys.readouterr().out)["columns"]
    assert "--held-out" in refused(capsys, "evaluate", run, "--held-out", "mnist")
    with Image.open(run / "samples.png") as sheet:
        assert sheet.width > 3 * 64
    judged = GAN.load(run).evaluate(quick=True)
    assert "6 pictures that were held out" in repr(judged)


def named(count: int, of_sources: list[str], of_targets: list[str]) -> Dataset:
    """Unpaired negatives from files of these names; a source and its target stand at the same place."""
    data = negatives(count, "none")
    assert data.given is not None
    given = replace(data.given, origin=Origin({}, names=tuple(of_sources)))
    return replace(data, given=given, origin=Origin({}, names=tuple(of_targets)))


def test_names_tell_the_targets_of_held_out_sources() -> None:
    data = named(120, [f"a/{k}.png" for k in range(120)], [f"b/{k}.jpg" for k in range(120)])
    found = known(data, 0.1)
    training, held_out = split_hold_out(data, 0.1)
    assert found is not None
    assert held_out.given is not None
    assert torch.equal(held_out.given.samples[found.places], 255 - found.targets)
    assert (len(found.places), found.trained_on) == (12, 0)
    assert found.training is not None
    assert found.training.given is not None
    assert torch.equal(found.training.samples, training.samples)
    assert torch.equal(found.training.samples, 255 - found.training.given.samples)
    assert not found.training.spec.unpaired
    first = found.first(11)
    assert first is not None
    assert first.places.tolist() == list(range(11))
    assert found.first(9) is None
    everything = known(data, 0.0)
    assert everything is not None
    assert (everything.places.tolist(), everything.trained_on) == (list(range(120)), 120)
    assert everything.training is None


def test_copies_among_the_files_of_sources_move_no_target(tmp_path: Path) -> None:
    for side, level in (("a", 0), ("b", 100)):
        (tmp_path / side).mkdir()
        for k in range(60):
            Image.new("L", (8, 8), level + k % 40).save(tmp_path / side / f"{k:02}.png")
    whole = joined(from_folder(tmp_path / "a"), from_folder(tmp_path / "b"), "none")
    found, (_, held_out) = known(whole, 0.25), split_hold_out(whole, 0.25)
    assert found is not None
    assert held_out.given is not None
    assert torch.equal(held_out.given.samples[found.places] + 100, found.targets)


def test_targets_of_the_training_stand_for_those_that_are_not_held_out_and_this_is_said() -> None:
    names = [f"{k}.png" for k in range(120)]
    data = named(120, names, names[::-1])
    found = known(data, 0.1)
    assert found is not None
    assert 0 < found.trained_on <= len(found.places) == 12
    training, held_out = split_hold_out(data, 0.1)
    assert held_out.given is not None
    whole = {sample.numpy().tobytes(): k for k, sample in enumerate(data.samples)}
    places = [119 - whole[sample.numpy().tobytes()] for sample in found.targets]
    assert data.given is not None
    sources = torch.stack([data.given.samples[k] for k in places])
    assert torch.equal(sources, held_out.given.samples[found.places])
    assert found.training is not None
    seen = {sample.numpy().tobytes() for sample in training.samples}
    assert {sample.numpy().tobytes() for sample in found.training.samples} <= seen


@pytest.mark.parametrize("names", [["x.png"] * 40, [f"y{k}.png" for k in range(40)]])
def test_names_that_tell_nothing_are_not_asked(names: list[str]) -> None:
    data = named(40, [f"{k}.png" for k in range(39)] + ["x.png"], names)
    assert known(data, 0.5) is None
    assert known(negatives(40), 0.5) is None  # pairs are known already
    assert known(negatives(40, "none"), 0.5) is None  # arrays have no names


@pytest.mark.parametrize(
    ("options", "said"), [({"d_features": "none"}, 1), ({"perceptual_weight": 0.0}, 1), ({}, 1), (ALONE, 0)]
)
def test_a_network_that_took_part_in_the_training_is_named(options: dict[str, Any], said: int) -> None:
    data = negatives(50)
    found = judge(
        Translator(Turns(-1.0), data.spec, 0), from_recipe("paired", **options), data, data, "mine",
        regression_seconds=0, baselines=False,
    )  # fmt: skip
    notes = found.comparison.notes
    assert sum("took part in the training" in note for note in notes) == said == len(notes)


def test_the_gap_to_the_own_target_is_said_beside_baselines() -> None:
    names = [f"{k}.png" for k in range(60)]
    whole = named(60, names, names)
    data, held_out = split_hold_out(whole, 0.4)
    config, truth = from_recipe("unpaired", **TINY), known(whole, 0.4)
    found, still = (
        judge(Translator(Turns(f), data.spec, 7), config, data, held_out, "mine", AUTO, seconds, truth=truth)
        for f, seconds in ((-1.0, 0.2), (1.0, 0.0))
    )
    columns = found.comparison.columns
    assert set(columns) == {FLOOR, GENERATOR, UNTOUCHED, MEAN, RETRIEVAL, REGRESSION}
    assert columns[GENERATOR]["pair"] == pytest.approx(0, abs=1e-4)
    assert columns[GENERATOR]["own target"] > 0.9
    assert columns[MEAN]["own target"] < 0.3
    gap, *_, regressed, _ = found.comparison.notes
    assert gap.startswith(
        "24 held-out sources have a target of the same name, of which this training was not told."
    )
    assert f"doing nothing {columns[UNTOUCHED]['pair']:.3g} and" in gap
    assert "given 36 pairs of which this training was not told" in regressed
    assert "pair" in still.comparison.wins(RETRIEVAL)
    assert REGRESSION not in still.comparison.columns
    assert found.picture.width > 3 * 16


def test_arrays_are_judged_in_python() -> None:
    data = negatives(60)
    assert data.given is not None
    gan = GAN("paired", **TINY, paired=True)
    gan.fit(data.given.samples.numpy(), data.samples.numpy(), samples_seen=96)
    assert "6 pictures that were held out" in repr(gan.evaluate(quick=True))
    other = negatives(12, seed=3)
    assert other.given is not None
    found = gan.evaluate((other.given.samples.numpy(), other.samples.numpy()), quick=True)
    assert "12 pictures that were held out" in repr(found)
    again = gan.evaluate((data.given.samples.numpy(), data.samples.numpy()), quick=True)
    assert "6 pictures that were held out" in repr(again)


def test_one_side_alone_is_refused() -> None:
    circles = np.zeros((20, 16, 16), np.uint8)
    circles[:, 4:9, 4:9] = np.arange(20)[:, None, None]
    gan = GAN(game="translation", paired=True, **TINY | {"samples_seen": 16, "hold_out": 0.2})
    gan.fit(circles, 255 - circles)
    for alone in (circles, (circles,), circles[:2]):
        with pytest.raises(ConfigError, match=r"two sides: evaluate\(\(sources, targets\)\)"):
            gan.evaluate(alone)
