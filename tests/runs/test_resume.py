"""Exact resume: a training that was stopped is one that was not, for every game, kind of data and recipe."""

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas
import pytest
import torch

from cli_runs import contents
from conftest import TINY, takes_pictures
from sparring import games
from sparring.config.groups import Config
from sparring.config.recipes import RECIPES, USUAL
from sparring.data import pairs, toy
from sparring.data.arrays import from_array
from sparring.data.spec import Dataset
from sparring.games.game import Game
from sparring.games.optimizers import OPTIMIZERS
from sparring.kinds import KINDS, find
from sparring.runs.create import create
from sparring.runs.writer import train_in
from sparring.training import loop, plan, suited

STEPS = 6
CLOCKS = ("seconds", "samples_per_second")  # of a record: what no two trainings have alike


def pictures(side: int = 8) -> Dataset:
    samples = torch.randint(
        0, 256, (64, 1, side, side), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    return from_array(samples, torch.arange(64) % 2)


def texts() -> Dataset:
    return find.samples([f"{first}{second}" for first in "abcdefgh" for second in ("an", "or", "i", "ou") * 2])[
        0
    ]


def rolls() -> Dataset:
    """Two voices of notes that last two steps each; a step that holds a note has it negative."""
    notes = np.random.default_rng(0).integers(60, 72, (64, 16, 2))
    notes[:, 1::2] = -notes[:, ::2]
    return find.samples(notes)[0]


def sides(paired: str) -> Dataset:
    """More sources than targets, so that their orders differ; or as many."""
    of = pictures()
    targets = from_array(255 - of.samples[: 64 if paired == "names" else 48])
    return pairs.joined(of, targets, paired)


def rows() -> Dataset:
    """A number that half follows from a category, with gaps."""
    rng = np.random.default_rng(0)
    town = np.array(["Rom", "Oslo"])[rng.integers(0, 2, 64)]
    age = np.where(rng.random(64) < 0.1, np.nan, rng.normal(40, 9, 64) + 9 * (town == "Rom"))
    return find.samples(pandas.DataFrame({"town": town, "age": age}))[0]


OF_KIND: dict[str, Callable[[], Dataset]] = {
    "image": pictures,
    "points": lambda: toy.load("ring", 64),
    "text": texts,
    "music": rolls,
    "table": rows,
    "pairs": lambda: sides("names"),
    "sides": lambda: sides("none"),
}
CASES = [
    *(("adversarial", kind, KINDS[kind].recipe, None) for kind in KINDS),
    *(("translation", "pairs", recipe, None) for recipe in ("paired", "pix2pix")),
    *(("translation", "sides", recipe, None) for recipe in ("unpaired", "cut", "cyclegan")),
    *(
        ("adversarial", USUAL, recipe, None)
        for recipe in RECIPES
        if recipe != KINDS[USUAL].recipe and takes_pictures(recipe)
    ),
    *(("adversarial", "points", "mlp", name) for name in OPTIMIZERS if name != Config().optimizers.optimizer),
]


@pytest.fixture(autouse=True)
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that a busy machine does not hurry, so that records come by steps alone."""
    milliseconds = count()
    clock = SimpleNamespace(perf_counter=lambda: next(milliseconds) / 1000)
    monkeypatch.setattr(loop, "time", clock)


@pytest.mark.parametrize(("rules", "kind", "recipe", "optimizer"), CASES)
def test_a_stopped_training_equals_an_unbroken_one_bit_for_bit(
    rules: str, kind: str, recipe: str, optimizer: str | None, tmp_path: Path
) -> None:
    """Weights, moments, averages and what adapts; the history with its vital signs; the pictures."""
    options = TINY | {"rules": rules, "pictures": 9, "hold_out": 0.25}
    data = OF_KIND[kind]()
    config = suited.configure(data, recipe, **options | ({"optimizer": optimizer} if optimizer else {}))
    config = config.replace(samples_seen=STEPS * config.game.d_steps * config.optimizers.batch_size)
    whole = trained(tmp_path / "whole", config, data)
    broken = trained(tmp_path / "broken", config, data, 2, 4)
    assert [line["step"] for line in whole[0]] == [2, 4, 6]
    assert "jitter" in whole[0][1]
    assert broken[:2] == whole[:2]
    assert broken[2].keys() == whole[2].keys()
    assert [name for name, tensor in whole[2].items() if not torch.equal(tensor, broken[2][name])] == []


def test_growing_pictures_go_on_where_they_stopped(tmp_path: Path) -> None:
    """Stopped before and after the finest scale comes in, at half of the training."""
    data = pictures(64)
    config = suited.configure(data, "pictures", **TINY, grow=0.5)
    config = config.replace(samples_seen=STEPS * config.optimizers.batch_size)
    whole, broken = trained(tmp_path / "whole", config, data), trained(tmp_path / "broken", config, data, 2, 4)
    assert broken[:2] == whole[:2]
    assert [name for name, tensor in whole[2].items() if not torch.equal(tensor, broken[2][name])] == []
    assert int(whole[2]["generator growth.fewest"]) == int(whole[2]["discriminator growth.fewest"]) == 0


def trained(
    path: Path, config: Config, whole: Dataset, *stops: int
) -> tuple[list[dict[str, Any]], dict[str, bytes], dict[str, torch.Tensor]]:
    """The history, the pictures and the final state of a run that was stopped after some steps."""
    data, held_out = plan.parts(config.dataset, whole)
    folder, game = create(path, config, data), games.make(config, data.spec, data.classes)
    for stop in (*stops, STEPS):
        for record in train_in(folder, game, data, held_out=held_out):
            if record.step == stop:
                break
        if stop < STEPS:
            before = game.clock
            game, _ = folder.game(print)
            assert (game.clock.step, game.clock.samples_seen) == (before.step, before.samples_seen)
            assert game.clock.seconds == before.seconds
    lines = [json.loads(line) for line in folder.history.read_text().splitlines()]
    history = [{key: value for key, value in line.items() if key not in CLOCKS} for line in lines]
    return history, contents(folder.samples), state(game)


def state(game: Game) -> dict[str, torch.Tensor]:
    """All that a training goes on from, gathered without the help of checkpoints."""
    networks = {**game.players, **game.memories}
    found = {f"{at} {name}": t for at, network in networks.items() for name, t in network.state_dict().items()}
    for at, optimizer in game.optimizers.items():
        for index, moments in optimizer.state_dict()["state"].items():
            found |= {f"{at} {index} {name}": torch.as_tensor(value) for name, value in moments.items()}
    return found
