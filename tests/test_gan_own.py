"""GAN with networks of one's own."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from conftest import TINY
from sparring.cli.main import main
from sparring.cli.playground import Playground
from sparring.errors import ConfigError, PlayerError, RunError
from sparring.gan import GAN
from sparring.page.asked import DrawRequest
from sparring.runs.folder import RunFolder
from test_gan_runs import assert_same

POINTS = np.random.default_rng(0).normal(3, 2, (64, 2)).astype(np.float32)
OPTIONS: dict[str, Any] = {
    name: value for name, value in TINY.items() if name not in ("g_width", "d_width")
} | {"ema_half_life": 50.0}


def generator(latent_dim: int, shape: tuple[int, ...]) -> nn.Module:
    return nn.Sequential(nn.Linear(latent_dim, 8), nn.ReLU(), nn.Linear(8, shape[0]))


def discriminator() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1), nn.Flatten(0))


def gan(**options: Any) -> GAN:
    return GAN(**({"generator": generator, "discriminator": discriminator} | OPTIONS | options))


def test_functions_make_the_networks_anew_from_the_seed_at_each_fit() -> None:
    one = gan().fit(POINTS, samples_seen=64)
    first = one.sample(5)
    assert first.shape == (5, 2)
    assert (one.fit(POINTS, samples_seen=64).sample(5) == first).all()
    assert (gan().fit(POINTS, samples_seen=64).sample(5) == first).all()
    assert (gan(seed=1).fit(POINTS, samples_seen=64).sample(5) != first).any()


def test_a_module_is_trained_as_it_is() -> None:
    mine = generator(4, (2,))
    one = gan(generator=mine).fit(POINTS, samples_seen=32)
    assert one.game_.generator is mine
    before = mine[0].weight.clone()  # type: ignore[index, operator]
    one.fit(POINTS, samples_seen=32)
    assert not torch.equal(mine[0].weight, before)  # type: ignore[index, arg-type]


def test_one_of_the_two_may_be_the_librarys() -> None:
    one = gan(discriminator="mlp", d_width=8, d_norm="none").fit(POINTS, samples_seen=32)
    assert (one.config_.networks.generator, one.config_.networks.discriminator) == ("own", "mlp")


@pytest.mark.parametrize("option", [{"g_width": 8}, {"d_norm": "spectral"}])
def test_options_of_the_librarys_networks_would_do_nothing(option: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="it needs a .* of the library"):
        gan(**option).fit(POINTS, samples_seen=32)


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_a_network_without_weights_is_named(player: str) -> None:
    with pytest.raises(ConfigError, match=f"the {player} has no weights to train"):
        gan(**{player: nn.Identity()}).fit(POINTS, samples_seen=32)


def test_several_processes_need_torchrun_alone() -> None:
    with pytest.raises(ConfigError, match="2 times. Start the script with `torchrun"):
        gan(processes=2)


def test_labels_reach_networks_that_are_given_them() -> None:
    class Labelled(nn.Module):
        def __init__(self, classes: int, latent_dim: int) -> None:
            super().__init__()
            self.classes = nn.Embedding(classes, latent_dim)
            self.layers = nn.Linear(latent_dim, 2)

        def forward(self, latents: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.layers(latents * self.classes(labels))
            return found

    labels = np.arange(64) % 2
    with pytest.raises(PlayerError, match="The data has labels, and the discriminator's forward takes"):
        gan(generator=Labelled).fit(POINTS, labels, samples_seen=32)
    one = gan(generator=Labelled, discriminator="mlp", d_width=8, d_norm="none")
    assert one.fit(POINTS, labels, samples_seen=32).sample(3, labels=1).shape == (3, 2)


def test_what_fails_is_named_before_a_run_folder_is_made(tmp_path: Path) -> None:
    with pytest.raises(PlayerError, match=r"The generator draws \(3,\), the data are \(2,\)"):
        gan(generator=lambda: nn.Linear(4, 3)).fit(POINTS, samples_seen=32, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_of_own_networks_is_loaded_gone_on_with_and_saved(tmp_path: Path) -> None:
    out, mine = tmp_path / "run", {"generator": generator, "discriminator": discriminator}
    unbroken = gan().fit(POINTS, samples_seen=128)
    begun = gan().fit(POINTS, samples_seen=64, out=out)
    again = GAN.load(out, device="cpu", generator=generator)
    np.testing.assert_array_equal(again.sample(5), begun.sample(5))
    assert again.evaluate(POINTS, count=30, draws=1, quick=True).evaluation.fake.size == 30
    with pytest.raises(
        RunError, match=r"the discriminator of .* is the program's own: .*generator=YOURS, disc.*"
    ):
        again.game_  # noqa: B018
    assert_same(GAN.load(out, device="cpu", **mine).fit(POINTS, resume=True, samples_seen=128), unbroken)
    copy = GAN.load(out, device="cpu", **mine).save(tmp_path / "copy")
    assert RunFolder(copy).facts["own"] == {"generator": "Sequential", "discriminator": "Sequential"}
    with pytest.raises(RunError, match="Give the generator that was trained"):
        GAN.load(out, device="cpu", generator=lambda: nn.Linear(4, 2))
    wider = {"generator": lambda: nn.Sequential(nn.Linear(4, 9), nn.ReLU(), nn.Linear(9, 2))}
    with pytest.raises(RunError, match=r"\(8,\) in the checkpoint, and .*\(9,\) in.*Give the networks that"):
        gan(**wider).fit(POINTS, resume=True, out=out)


def test_own_networks_are_refused_where_the_librarys_were_trained(tmp_path: Path) -> None:
    GAN("mlp", **TINY).fit(POINTS, samples_seen=32, out=tmp_path)
    with pytest.raises(ConfigError, match="the generator of .* is of the library: leave out generator=…"):
        GAN.load(tmp_path, generator=generator)


@pytest.mark.parametrize("words", [["sample"], ["resume", "--samples-seen", "128"]])
def test_verbs_that_need_the_networks_say_how_to_draw(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "points.npy", POINTS)
    out = tmp_path / "run"
    gan().fit(tmp_path / "points.npy", samples_seen=64, out=out)
    assert main([words[0], str(out), *words[1:]]) == 1
    said = capsys.readouterr().err
    assert {
        "sample": "sparring.GAN.load(RUN, generator=YOURS) to draw and measure",
        "resume": "generator=YOURS, discriminator=YOURS).fit(data, resume=True)",
    }[words[0]] in said
    with pytest.raises(ConfigError, match="which only your program can make"):
        Playground()(out, DrawRequest.of({}))
    assert main(["doctor", str(out)]) in (0, 4, 5)
    assert main(["info", str(out)]) == 0
    assert main(["report", str(out)]) == 0


def test_an_own_network_is_no_name_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "ring", "--generator", "own", "--epochs", "1"]) == 1
    assert "which only your program can make" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="which only your program can make"):
        GAN(generator="own").fit(POINTS, samples_seen=32)
