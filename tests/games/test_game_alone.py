"""A game that nobody thought of, a generator without an opponent, goes through every verb as it is."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import sparring
from conftest import TINY_LINE
from sparring import networks
from sparring.cli.main import main
from sparring.config.groups import Config
from sparring.data.spec import Batch, Dataset, Spec
from sparring.games import drawing
from sparring.games.game import Clock, Inputs, Logged, Rules
from sparring.games.updates import Update, descend, slope
from sparring.machine.device import Runtime
from sparring.networks.network import at_rest
from sparring.networks.own import Given
from sparring.training.budget import Budget

TOO_LITTLE = 4  # what the doctor ends with after so few steps


class Alone:
    """A generator that brings its samples' mean and spread to those of the reals."""

    batches = parts = 1
    critic = None
    stability_advice = "a lower rate"

    def __init__(self, generator: nn.Module, latent_dim: int, runtime: Runtime) -> None:
        self.clock, self.runtime, self.latent_dim = Clock(), runtime, latent_dim
        self.spec: Spec | None = None
        self.players = {"generator": runtime.place(generator)}
        self.optimizers = {"generator": torch.optim.Adam(generator.parameters(), 0.01)}
        self.memories: dict[str, nn.Module] = {}

    @property
    def sampling_generator(self) -> nn.Module:
        return self.players["generator"]

    def at(self, progress: float) -> dict[str, float]:
        return {"lr_scale": 1.0}

    def step(self, batches: Sequence[Batch], rng: torch.Generator) -> Logged:
        (batch,) = batches
        fake, real = self.players["generator"](self.given(batch, rng)), batch.real
        loss = (fake.mean(0) - real.mean(0)).square().sum() + (fake.std(0) - real.std(0)).square().sum()
        update = Update(slope(loss, self.players["generator"]), {"loss": loss.detach()})
        return descend(self, "generator", [update])

    def given(self, batch: Batch, rng: torch.Generator) -> Tensor:
        return torch.randn(len(batch.real), self.latent_dim, generator=rng)

    def inputs(self, data: Dataset, count: int, seed: int, labels: Tensor | None = None) -> Inputs:
        return Inputs(drawing.random_latents(count, self.latent_dim, seed), labels)

    @torch.no_grad()
    def draw(self, given: Tensor, labels: Tensor | None = None, *, averaged: bool = True) -> Tensor:
        with at_rest(self.players["generator"]):
            drawn: Tensor = self.players["generator"](given)
        return drawn

    def try_out(self, batch: Batch) -> None:
        pass

    def gauge(self, data: Dataset, held_out: Dataset | None, seed: int) -> Callable[[], dict[str, float]]:
        return dict

    def described(self) -> tuple[dict[str, Any], dict[str, str]]:
        return {"latent_dim": self.latent_dim}, {}


def make(config: Config, spec: Spec, classes: int, runtime: Runtime | None, own: Mapping[str, Given]) -> Alone:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        generator = networks.generator(config.networks, spec, classes)
    return Alone(generator, config.networks.latent_dim, runtime or Runtime("cpu", "fp32"))


def nothing(*_: object) -> tuple[()]:
    return ()


@pytest.fixture(autouse=True)
def _listed(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = Rules(("generator",), make, nothing, nothing, nothing)
    monkeypatch.setattr("sparring.games.adversarial_rules.RULES", rules)


def test_a_game_of_one_player_goes_through_every_verb(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    options = ["--lr-schedule", "constant", "--ema-half-life", "none", "--evaluate-every", "32"]
    words = ["train", "ring", *TINY_LINE, *options]
    assert main([*words, "--samples-seen", "64", "--out", str(whole)]) == 0
    assert " loss " in capsys.readouterr().out
    assert main([*words, "--samples-seen", "32", "--out", str(broken)]) == 0
    assert main(["resume", str(broken), "--samples-seen", "64"]) == 0
    newest = [max((run / "checkpoints").glob("*.safetensors")).read_bytes() for run in (whole, broken)]
    assert newest[0] == newest[1]
    assert not (whole / "fields").exists()  # what a discriminator thinks of the plane
    verbs = ["info"], ["report"], ["sample"], ["sample", "--best"], ["evaluate", "--count", "64"]
    assert [main([verb, str(whole), *more]) for verb, *more in verbs] == [0] * 5
    assert main(["doctor", str(whole)]) == TOO_LITTLE


def test_it_trains_from_python_in_a_folder_too(tmp_path: Path) -> None:
    points = torch.randn(64, 2, generator=torch.Generator().manual_seed(0))

    def trained(out: Path, samples: int) -> Tensor:
        torch.manual_seed(0)
        game = Alone(nn.Linear(4, 2), 4, Runtime("cpu", "fp32"))
        list(sparring.train(game, points, Budget(samples_seen=samples), out=out, resume=True, batch_size=16))
        return game.players["generator"].weight.detach()

    whole, half = trained(tmp_path / "whole", 128), trained(tmp_path / "broken", 64)
    assert torch.equal(whole, trained(tmp_path / "broken", 128))
    assert not torch.equal(whole, half)
