"""Translations with a planted fault: the doctor names it, from the run folder that they leave."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.cli.main import main
from sparring.data.arrays import from_array
from sparring.data.pairs import joined
from sparring.data.spec import Dataset
from sparring.games.terms import l2
from sparring.games.translation import TranslationGame
from sparring.games.translation_step import Weights

STEPS, TIMES = 16, 50  # steps that are made, and how many steps of a longer training each stands for
SIDE = 16


def drawn(paired: bool) -> Dataset:
    """Bright squares on black, and the same squares half as bright on a striped ground."""
    rng = np.random.default_rng(0)
    sources = np.zeros((64, SIDE, SIDE), np.uint8)
    targets = np.tile(np.where(np.arange(SIDE) % 2, 70, 20).astype(np.uint8), (64, SIDE, 1))
    for source, target in zip(sources, targets, strict=True):
        (y, x), side = rng.integers(0, 10, 2), rng.integers(3, 7)
        source[y : y + side, x : x + side] = 255
        target[y : y + side, x : x + side] = 170
    return joined(from_array(sources), from_array(targets), "names" if paired else "none")


class Planted(nn.Module):
    """A generator that gives what ``of`` makes of the source and its own target."""

    def __init__(self, data: Dataset, of: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        whole = data.batch(torch.arange(len(data)))
        assert whole.given is not None
        self.sources, self.targets, self.of = whole.given, whole.real, of
        self.offset = nn.Parameter(torch.zeros(()))

    def forward(self, given: Tensor) -> Tensor:
        own = torch.cdist(given.flatten(1), self.sources.flatten(1)).argmin(1)
        return self.of(given, self.targets, own) + self.offset


class Judge(nn.Module):
    """A discriminator of patches; a silent one says the same of all."""

    def __init__(self, channels: int, silent: bool) -> None:
        super().__init__()
        self.layer = nn.Conv2d(channels, 1, 4, stride=2)
        self.factor = 0.0 if silent else 1.0

    def forward(self, pictures: Tensor) -> Tensor:
        found: Tensor = self.factor * self.layer(pictures)
        return found


FAULTS: dict[str, tuple[Callable[[Tensor, Tensor, Tensor], Tensor], str]] = {
    "a copy of the source": (lambda given, targets, own: given, "unchanged"),
    "the target of another source": (lambda given, targets, own: targets[(own + 7) % 64], "source-ignored"),
    "one output for all": (lambda given, targets, own: targets[:1].expand_as(given), "mode-collapse"),
    "inverted": (lambda given, targets, own: -targets[own], "inverted"),
}


def findings(
    out: Path, paired: bool, of: Callable[[Tensor, Tensor, Tensor], Tensor], silent: bool = False
) -> None:
    """Leave a run folder of such outputs, and print what the doctor finds in it."""
    data = drawn(paired)
    torch.manual_seed(0)
    weights = Weights(reconstruction=l2) if paired else Weights()
    game = TranslationGame(Planted(data, of), Judge(1 + paired, silent), weights=weights, paired=paired)
    budget = sparring.Budget(samples_seen=8 * STEPS)
    for _ in sparring.train(game, data, budget, out=out, batch_size=8, record_every=1, check=False):
        pass
    path = out / "history.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    longer = [json.dumps(line | {"step": TIMES * line["step"]}) for line in lines]
    path.write_text("\n".join(longer) + "\n")
    assert main(["doctor", str(out), "--json"]) in (0, 3, 4, 5)


@pytest.mark.parametrize("paired", [True, False], ids=["paired", "unpaired"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_named(
    fault: str, paired: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    of, expected = FAULTS[fault]
    findings(tmp_path / "run", paired, of)
    assert expected in [each["name"] for each in json.loads(capsys.readouterr().out)["findings"]]


@pytest.mark.parametrize("paired", [True, False], ids=["paired", "unpaired"])
def test_right_outputs_have_none_of_these_faults(
    paired: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    findings(tmp_path / "run", paired, lambda given, targets, own: targets[own])
    found = {each["name"] for each in json.loads(capsys.readouterr().out)["findings"]}
    assert not found & {expected for _, expected in FAULTS.values()}


@pytest.mark.parametrize("paired", [True, False], ids=["paired", "unpaired"])
def test_a_silent_adversary_is_named(paired: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says the same of all, and outputs are half of the way."""
    findings(tmp_path / "run", paired, lambda given, targets, own: (targets[own] + given) / 2, silent=True)
    found = {each["name"] for each in json.loads(capsys.readouterr().out)["findings"]}
    assert {"discriminator-frozen", "discriminator-weak"} <= found
