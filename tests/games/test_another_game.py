"""A game that nobody thought of, a translation with one player, goes through the loop and a run folder."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import sparring
from sparring.cli.closing import finish
from sparring.cli.main import main
from sparring.data.arrays import from_array
from sparring.data.spec import Batch, Dataset, Spec
from sparring.data.split import split_hold_out
from sparring.errors import ConfigError, RunError
from sparring.games import drawing
from sparring.games.game import Clock, Game, Inputs, Logged
from sparring.games.updates import Update, descend, slope
from sparring.history import layout
from sparring.machine.device import Runtime
from sparring.runs import checkpoint
from sparring.runs.folder import RunFolder
from sparring.training.budget import Budget
from sparring.training.loop import train
from sparring.uses.progress import console

TOO_LITTLE = 4  # what the doctor ends with after so few steps


class Translation:
    """A translator that learns to make each sample of what is given with it, under dropout."""

    memories: dict[str, nn.Module]
    batches = parts = 1
    critic = None
    stability_advice = "smaller given samples"

    def __init__(self, translator: nn.Module, seen: nn.Module) -> None:
        self.clock, self.runtime = Clock(), Runtime("cpu", "fp32")
        self.spec: Spec | None = None
        self.players: dict[str, nn.Module] = {"translator": translator}
        self.optimizers = {"translator": torch.optim.Adam(translator.parameters(), 0.05)}
        self.memories = {"seen": seen}

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

    def inputs(self, data: Dataset, count: int, seed: int, labels: Tensor | None = None) -> Inputs:
        return drawing.given_with(data, count, seed)

    @torch.no_grad()
    def draw(self, given: Tensor, labels: Tensor | None = None, *, averaged: bool = True) -> Tensor:
        drawn: Tensor = self.players["translator"](given)
        return drawn

    def try_out(self, batch: Batch) -> None:
        assert batch.given is not None

    def gauge(self, data: Dataset, held_out: Dataset | None, seed: int) -> Callable[[], dict[str, float]]:
        return dict

    def described(self) -> tuple[dict[str, Any], dict[str, str]]:
        return {}, {}


def of_points() -> Translation:
    torch.manual_seed(0)
    return Translation(nn.Linear(3, 2), nn.BatchNorm1d(3))


def of_pictures() -> Translation:
    torch.manual_seed(0)
    return Translation(nn.Sequential(nn.Conv2d(3, 1, 3, padding=1), nn.Tanh()), nn.BatchNorm2d(3))


def points() -> Dataset:
    given = torch.randn(64, 3, generator=torch.Generator().manual_seed(1))
    sums = from_array(given @ torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]))
    return replace(sums, given=from_array(given))


def pictures() -> Dataset:
    colour = np.random.default_rng(0).integers(0, 256, (160, 8, 8, 3), dtype=np.uint8)
    return replace(from_array(colour.mean(3, keepdims=True).astype(np.uint8)), given=from_array(colour))


def test_a_game_with_one_player_and_given_samples_trains_and_goes_on_bit_for_bit(tmp_path: Path) -> None:
    whole, first, second = of_points(), of_points(), of_points()
    assert isinstance(whole, Game)
    every, budget = {"batch_size": 16, "record_every": 10}, Budget(samples_seen=960)
    records = list(train(whole, points(), budget, vitals=True, **every))  # type: ignore[arg-type]
    assert records[-1].values["loss"] < 0.3 * records[0].values["loss"]
    assert {"translator_gradient_norm", "translator_change", "spread"} <= set(records[-1].values)
    assert records[-1].scores is None
    list(train(first, points(), budget, stop=lambda: first.clock.step >= 25, **every))  # type: ignore[arg-type]
    checkpoint.write(first, tmp_path)
    checkpoint.restore(second, *checkpoint.read(tmp_path, print))
    list(train(second, points(), budget, **every))  # type: ignore[arg-type]
    expected, found = checkpoint._tensors(whole), checkpoint._tensors(second)
    assert {"translator/weight", "seen/running_mean", "translator_optimizer/0/exp_avg"} <= expected.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def trained(out: Path, samples: int) -> tuple[Translation, Dataset]:
    """A translation of pictures in a run folder, from where it stopped."""
    game, (data, held_out) = of_pictures(), split_hold_out(pictures(), 0.4)
    options: Any = {"batch_size": 16, "record_every": 4, "record_seconds": 0.0, "evaluate_every": 64}
    budget = Budget(samples_seen=samples)
    list(sparring.train(game, data, budget, out=out, resume=True, held_out=held_out, **options))
    return game, data


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of 16 steps, with all that the end of a training writes."""
    out = tmp_path_factory.mktemp("translation") / "run"
    game, data = trained(out, 256)
    finish(RunFolder(out), game, data, pictures(), console())
    return out


def test_a_translation_of_pictures_leaves_a_whole_run_folder(run: Path) -> None:
    folder = RunFolder(run)
    assert len(folder.pictures()) > 2
    assert all((run / name).stat().st_size for name in (layout.SHEET, layout.ANIMATION, layout.CHOICE))
    assert layout.checkpoints(folder.best)
    assert {"translator_change", "spread", "frechet"} <= set(list(folder.records())[-1].values)
    assert [main([verb, str(run)]) for verb in ("info", "report")] == [0, 0]
    assert main(["doctor", str(run)]) == TOO_LITTLE


def test_it_goes_on_bit_for_bit_in_its_folder(run: Path, tmp_path: Path) -> None:
    trained(tmp_path / "run", 128)
    trained(tmp_path / "run", 256)
    for name in ("checkpoints/00000016.safetensors", "samples/00000016.png"):
        assert (tmp_path / "run" / name).read_bytes() == (run / name).read_bytes()


@pytest.mark.filterwarnings("ignore:.*has spent its budget")
def test_its_sheet_shows_what_is_made_of_what_is_given(run: Path) -> None:
    game, data = trained(run, 256)
    given, labels = game.inputs(data, 200, 3)
    assert labels is None
    assert data.given is not None
    assert len(given.unique(dim=0)) == len(data)  # all before one comes again
    assert {row.numpy().tobytes() for row in given} == {
        row.numpy().tobytes() for row in data.given.batch(torch.arange(len(data))).real
    }


def test_its_options_say_nothing_untrue(run: Path) -> None:
    said = (run / "config.toml").read_text()
    assert 'rules = "own"' in said
    assert not [
        name for name in ("generator", "discriminator", "loss", "g_lr", "r1_gamma") if f"\n{name} =" in said
    ]
    assert RunFolder(run).config.optimizers.batch_size == 16


@pytest.mark.filterwarnings("ignore:.*has spent its budget")
def test_what_cannot_draw_it_says_how_it_is_drawn(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = "draws from what is given with its data, not from random latents: make it as it was"
    for verb in ("sample", "evaluate"):
        assert main([verb, str(run)]) == 1
        assert said in capsys.readouterr().err
    with pytest.raises(RunError, match=said):
        sparring.GAN.load(run)
    with pytest.raises(ConfigError, match="a program's own game, which only that program can make"):
        sparring.GAN("mlp", rules="own", epochs=1).fit(np.zeros((64, 2), np.float32))
    assert main(["resume", str(run)]) == 1
    assert "program's own game (Translation): go on with sparring.train(" in capsys.readouterr().err
    game, fresh = trained(run, 256)[0], of_pictures()  # as it says
    given = torch.zeros(1, 3, 8, 8)
    assert not torch.equal(game.draw(given), fresh.draw(given))


def test_a_player_of_any_name_is_drawn_with(tmp_path: Path) -> None:
    class FromLatents(Translation):
        """Makes points from latents."""

        def given(self, batch: Batch, rng: torch.Generator) -> Tensor:
            return torch.randn(len(batch.real), 3, generator=rng)

        def inputs(self, data: Dataset, count: int, seed: int, labels: Tensor | None = None) -> Inputs:
            return Inputs(drawing.random_latents(count, 3, seed), labels)

        def try_out(self, batch: Batch) -> None:
            pass

        def described(self) -> tuple[dict[str, Any], dict[str, str]]:
            return {"latent_dim": 3}, {}

    torch.manual_seed(0)
    game, data = FromLatents(nn.Linear(3, 2), nn.BatchNorm1d(3)), replace(points(), given=None)
    list(sparring.train(game, data, Budget(samples_seen=64), out=tmp_path / "run"))
    gan = sparring.GAN.load(tmp_path / "run", generator=nn.Linear(3, 2), device="cpu")
    expected = drawing.decoded(game.players["translator"], data.spec, drawing.random_latents(5, 3, 0))
    assert torch.equal(torch.from_numpy(gan.sample(5)), expected)
