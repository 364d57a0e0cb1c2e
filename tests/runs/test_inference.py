"""Drawing with the generator alone: what is drawn, what is read, what is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import torch
from torch import nn

from conftest import TINY
from sparring import games
from sparring.data import clusters
from sparring.data.arrays import from_array
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, RunError
from sparring.games import drawing, optimizers
from sparring.games.adversarial import AdversarialGame
from sparring.gan import GAN
from sparring.machine.device import Runtime
from sparring.networks import NETWORKS
from sparring.runs import checkpoint
from sparring.runs.create import create
from sparring.runs.folder import RunFolder
from sparring.runs.inference import Sampler
from sparring.runs.writer import train_in
from sparring.training import plan, suited
from sparring.training.budget import Budget
from sparring.training.loop import train

CPU = Runtime("cpu", "fp32")
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {  # data, recipe, options
    "an average, BatchNorm and classes": ("pictures", "sprint", {"clusters": None}),
    "clusters": ("pictures", "sprint", {"clusters": 4, "conditional": False}),
    "no average": ("pictures", "dcgan", {}),
    "kernels that no checkpoint has": ("pictures", "modern", {}),
    "the classes' own BatchNorm": ("pictures", "projection", {}),
    "a latent of the data's size": ("points", "tutorial", {}),
}


def points() -> Dataset:
    return from_array(np.random.default_rng(0).normal(3, 2, (64, 2)).astype(np.float32), name="points")


def trained(path: Path, data: Dataset, recipe: str = "sprint", **options: Any) -> RunFolder:
    """A run of four steps with a checkpoint after the second and the last; drawn from as it is saved."""
    config = suited.configure(data, recipe, **TINY | {"samples_seen": 64, "batch_size": 16} | options)
    data = plan.as_trained(config.dataset, data)
    folder = create(path, config, data)
    for _ in train_in(folder, games.make(config, data.spec, data.classes), data):
        pass
    return folder


@pytest.fixture(autouse=True)
def _small_clusters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "LEAST_MEMBERS", 16)


@pytest.fixture
def folder(tmp_path: Path, pictures: Dataset) -> RunFolder:
    return trained(tmp_path / "run", pictures, clusters=None)


def silent(words: str) -> None:
    raise AssertionError(f"nothing is to be told, but: {words}")


@pytest.mark.parametrize("case", CASES)
def test_it_draws_what_the_players_draw_bit_for_bit(case: str, tmp_path: Path, pictures: Dataset) -> None:
    data, recipe, options = CASES[case]
    folder = trained(tmp_path / "run", {"pictures": pictures, "points": points()}[data], recipe, **options)
    game, _ = folder.game(silent, CPU)
    sampler = Sampler.load(folder, silent, CPU)
    latents, labels = sampler.latents(40, seed=5, truncation=0.8), sampler.natural_labels(40)
    assert torch.equal(sampler.encoded(latents, labels), drawing.draw(game.sampling_generator, latents, labels))
    assert (sampler.step, sampler.spec, sampler.config) == (game.clock.step, folder.spec, folder.config)
    assert [sampler.classes, *sampler.class_counts] == [folder.classes, *folder.facts["class_counts"]]


def test_a_walk_comes_back_to_where_it_began(folder: RunFolder) -> None:
    sampler = Sampler.load(folder, silent, CPU)
    labels = torch.zeros(40, dtype=torch.long)
    walked = sampler.walk(40, labels, seed=3, truncation=0.5)
    stops = sampler.decoded(sampler.latents(4, 3, 0.5), labels[:4]).numpy()
    assert walked.dtype == np.uint8
    np.testing.assert_allclose(walked[::10].astype(float), stops, atol=1)  # at each of its latents
    around = np.abs(np.diff(walked.astype(float), axis=0, append=walked[:1])).mean((1, 2, 3))
    assert around[-1] <= 2 * around[:-1].max()


def test_clusters_go_with_the_latents_of_a_walk(tmp_path: Path, pictures: Dataset) -> None:
    folder = trained(tmp_path / "run", pictures, clusters=4, conditional=False)
    sampler = Sampler.load(folder, silent, CPU)
    stops, found = sampler.latents(2, 7), sampler.labels(2, seed=7)
    assert found is not None
    ends = sampler.decoded(stops, nn.functional.one_hot(found, 4).float()).numpy()
    assert folder.spec.clusters
    np.testing.assert_allclose(sampler.walk(20, seed=7)[::10].astype(float), ends, atol=1)


def test_labels_are_the_classes_of_the_run(folder: RunFolder, tmp_path: Path, pictures: Dataset) -> None:
    sampler = Sampler.load(folder, silent, CPU)
    ones = sampler.decoded(sampler.latents(6, 2), torch.ones(6, dtype=torch.long)).numpy()
    np.testing.assert_array_equal(sampler.sample(6, labels="1", seed=2), ones)
    with pytest.raises(ConfigError, match="'9'"):
        sampler.sample(2, labels="9")
    other = Sampler.load(trained(tmp_path / "b", pictures.unlabelled(), "dcgan"), silent, CPU)
    with pytest.raises(ConfigError, match="draw without labels"):
        other.sample(2, labels="1")


def test_only_the_tensors_of_the_average_are_read(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    class Watched:
        def __init__(self, *given: Any) -> None:
            self.file = safetensors.safe_open(*given)

        def __enter__(self) -> "Watched":
            return self

        def __exit__(self, *error: object) -> None:
            pass

        def keys(self) -> list[str]:
            return list(self.file.keys())

        def get_tensor(self, name: str) -> torch.Tensor:
            read.append(name)
            tensor: torch.Tensor = self.file.get_tensor(name)
            return tensor

    monkeypatch.setattr(checkpoint, "safe_open", Watched)
    sampler = Sampler.load(folder, silent, CPU)
    assert sorted(read) == sorted(f"average/{name}" for name in sampler.generator.state_dict())


def test_nothing_else_is_built(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("drawing needs none")

    for name in optimizers.OPTIMIZERS:
        monkeypatch.setitem(optimizers.OPTIMIZERS, name, never)
    for name, network in NETWORKS.items():
        monkeypatch.setitem(NETWORKS, name, replace(network, discriminator=never))
    assert Sampler.load(folder, silent, CPU).sample(2).shape == (2, 1, 8, 8)


def flipped(content: bytes) -> bytes:
    """A bit of the last tensor, which is no weight of the average."""
    return content[:-1] + bytes([content[-1] ^ 1])


@pytest.mark.parametrize("damage", [flipped, lambda content: content[:-9], lambda content: b""])
def test_damage_anywhere_in_a_checkpoint_falls_back_to_the_one_before(
    folder: RunFolder, damage: Callable[[bytes], bytes]
) -> None:
    newest = folder.checkpoints / "00000004.safetensors"
    newest.write_bytes(damage(newest.read_bytes()))
    told: list[str] = []
    assert Sampler.load(folder, told.append, CPU).step == 2
    assert told == ["checkpoint 00000004 is broken (its checksum does not match); trying the one before."]
    (folder.checkpoints / "00000002.safetensors").unlink()
    with pytest.raises(checkpoint.NothingSavedError, match="no complete checkpoint"):
        Sampler.load(folder, told.append, CPU)


def test_the_best_checkpoint_is_drawn_from_where_it_is_asked_for(folder: RunFolder) -> None:
    with pytest.raises(RunError, match="no best checkpoint: train with --evaluate-every"):
        Sampler.load(folder, silent, CPU, best=True)
    game, _ = folder.game(silent, CPU)
    game.clock.step = 3
    assert game.average
    for weight in game.average.network.parameters():
        weight.mul_(0.5)
    checkpoint.write(game, folder.best, {"frechet": 1.0})
    last, best = (Sampler.load(folder, silent, CPU, best=which) for which in (False, True))
    assert (last.step, best.step) == (4, 3)
    assert (last.sample(4) != best.sample(4)).any()


@pytest.mark.parametrize("changes", [{"g_width": 8}, {"ema_half_life": None}, {"generator": "mlp"}])
def test_another_generator_than_the_config_s_is_refused(folder: RunFolder, changes: dict[str, Any]) -> None:
    norm = {"g_norm": "none"} if "generator" in changes else {}
    folder.config = folder.config.replace(**changes | norm)
    with pytest.raises(RunError, match="does not fit the networks.*Put back the config.toml"):
        Sampler.load(folder, silent, CPU)


def test_networks_of_one_s_own_are_drawn_from_when_they_are_given(tmp_path: Path) -> None:
    def generator() -> nn.Module:
        return nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))

    data = points()
    library = ("g_width", "d_width")  # options of networks of the library's
    given = {name: value for name, value in TINY.items() if name not in library}
    given |= {"samples_seen": 64, "generator": "own", "discriminator": "own"}
    config = suited.configure(data, "tutorial", **given)
    game = AdversarialGame(generator(), nn.Sequential(nn.Linear(2, 1), nn.Flatten(0)), 4, runtime=CPU)
    list(train(game, data, Budget(samples_seen=64), batch_size=16))
    folder = create(tmp_path / "mine", config, data)
    checkpoint.write(game, folder.checkpoints)
    with pytest.raises(ConfigError, match=r"GAN\.load\(RUN, generator=YOURS\) to draw and measure"):
        Sampler.load(folder.path, silent, CPU)
    drawn = Sampler.load(folder.path, silent, CPU, generator=generator()).sample(8, seed=1)
    np.testing.assert_array_equal(drawn, game.sample(8, seed=1))
    with pytest.raises(RunError, match="Give the generator that was trained"):
        Sampler.load(folder.path, silent, CPU, generator=nn.Linear(4, 2))


def test_a_loaded_gan_draws_with_its_players_once_they_are_asked_for(folder: RunFolder) -> None:
    gan = GAN.load(folder.path, device="cpu")
    assert gan._fitted._game is None
    before = gan.sample(4)
    assert gan._fitted._game is None  # the generator was enough
    for weight in gan.game_.sampling_generator.parameters():
        weight.zero_()
    assert (gan.sample(4) != before).any()
    assert gan.game_.clock.samples_seen == 64


def test_players_of_a_run_that_went_on_are_not_taken_for_those_that_were_loaded(folder: RunFolder) -> None:
    gan = GAN.load(folder.path, device="cpu")
    game, _ = folder.game(silent, CPU)
    game.clock.step = 6
    checkpoint.write(game, folder.checkpoints)
    with pytest.raises(RunError, match="was loaded at step 4 and is at step 6 now"):
        _ = gan.game_
