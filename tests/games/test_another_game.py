"""A game that nobody thought of, a regression with one player, goes through the loop and checkpoints."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from sparring.data.arrays import from_array
from sparring.data.spec import Batch, Dataset, Spec
from sparring.games.game import Clock, Game, Logged
from sparring.games.updates import Update, descend, slope
from sparring.machine.device import Runtime
from sparring.runs import checkpoint
from sparring.training.budget import Budget
from sparring.training.loop import train


@dataclass(frozen=True)
class Paired(Dataset):
    """Samples, and what each of them is to be made from."""

    sources: Tensor = field(default_factory=lambda: torch.empty(0))

    def batch(self, indices: Tensor) -> Batch:
        return super().batch(indices)._replace(given=self.sources[indices])


class Regression:
    """A translator that learns to make each sample of its source, under dropout."""

    memories: dict[str, nn.Module]
    batches = parts = 1
    steadier = "smaller sources"

    def __init__(self) -> None:
        torch.manual_seed(0)
        self.clock, self.runtime = Clock(), Runtime("cpu", "fp32")
        self.spec: Spec | None = None
        self.players: dict[str, nn.Module] = {"translator": nn.Linear(3, 2)}
        self.optimizers = {"translator": torch.optim.Adam(self.players["translator"].parameters(), 0.05)}
        self.memories = {"seen": nn.BatchNorm1d(3)}

    @property
    def sampling_generator(self) -> nn.Module:
        return self.players["translator"]

    def at(self, progress: float) -> dict[str, float]:
        return {"lr_scale": 1.0}

    def step(self, batches: Sequence[Batch], rng: torch.Generator) -> Logged:
        (batch,) = batches
        given = self.memories["seen"](self.given(batch, rng)).detach()
        kept = torch.rand(given.shape, generator=rng) < 0.9
        loss = (self.players["translator"](given * kept) - batch.real).square().mean()
        update = Update(slope(loss, self.players["translator"]), {"loss": loss.detach()})
        return descend(self, "translator", [update])

    def given(self, batch: Batch, rng: torch.Generator) -> Tensor:
        assert batch.given is not None
        return batch.given

    @torch.no_grad()
    def draw(self, given: Tensor, labels: Tensor | None = None, *, averaged: bool = True) -> Tensor:
        drawn: Tensor = self.players["translator"](given)
        return drawn

    def try_out(self, batch: Batch) -> None:
        assert batch.given is not None

    def gauge(self, data: Dataset, held_out: Dataset | None, seed: int) -> Callable[[], dict[str, float]]:
        return dict

    def described(self) -> tuple[dict[str, Any], dict[str, str]]:
        return {"latent_dim": 3}, {}


def pairs() -> Paired:
    sources = torch.randn(64, 3, generator=torch.Generator().manual_seed(1))
    points = from_array(sources @ torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]))
    return Paired(points.name, points.spec, points.samples, sources=sources)


def test_a_game_with_one_player_and_given_samples_trains_and_goes_on_bit_for_bit(tmp_path: Path) -> None:
    whole, first, second = Regression(), Regression(), Regression()
    assert isinstance(whole, Game)
    every, budget = {"batch_size": 16, "record_every": 10}, Budget(samples_seen=960)
    records = list(train(whole, pairs(), budget, vitals=True, **every))  # type: ignore[arg-type]
    assert records[-1].values["loss"] < 0.3 * records[0].values["loss"]
    assert {"translator_gradient_norm", "translator_change", "spread"} <= set(records[-1].values)
    assert records[-1].scores is None
    list(train(first, pairs(), budget, stop=lambda: first.clock.step >= 25, **every))  # type: ignore[arg-type]
    checkpoint.write(first, tmp_path)
    checkpoint.restore(second, *checkpoint.read(tmp_path, print))
    list(train(second, pairs(), budget, **every))  # type: ignore[arg-type]
    expected, found = checkpoint._tensors(whole), checkpoint._tensors(second)
    assert {"translator/weight", "seen/running_mean", "translator_optimizer/0/exp_avg"} <= expected.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
