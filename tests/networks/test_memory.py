"""What players take of memory, counted without building them."""

import pytest
import torch

from sparring import games
from sparring.config.recipes import from_recipe
from sparring.data.arrays import from_array
from sparring.data.codec import Affine
from sparring.data.spec import Dataset, Spec
from sparring.errors import ConfigError
from sparring.games import drawing
from sparring.networks import memory
from sparring.training import plan

SPEC = Spec("image", (1, 16, 16), Affine("uint8", (127.5,), (127.5,)), ("a", "b"))


@pytest.mark.parametrize("recipe", ["tutorial", "mlp", "dcgan", "wgan-gp", "modern", "sprint"])
@pytest.mark.parametrize(("depth", "classes"), [(1, 0), (4, 2)])
def test_weights_are_counted_as_they_are(recipe: str, depth: int, classes: int) -> None:
    config = from_recipe(recipe, depth=depth, g_width=8, d_width=8, device="cpu")
    found = memory.costs(config.networks, SPEC, classes)
    game = games.make(config, SPEC, classes)
    for cost, player in zip(found, (game.generator, game.discriminator), strict=True):
        assert cost.weights == sum(weight.numel() for weight in player.parameters())


def test_outputs_are_those_of_layers_with_weights() -> None:
    config = from_recipe("mlp", g_width=8, d_width=6, depth=3, g_norm="none", d_norm="none", latent_dim=5)
    found = memory.costs(config.networks, SPEC, 0)
    assert found.generator.outputs == 3 * 8 + 256
    assert found.discriminator.outputs == 3 * 6 + 1


def test_counting_leaves_the_random_numbers_as_they_were() -> None:
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    memory.costs(from_recipe("dcgan", g_width=9).networks, SPEC, 0)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(
    "changes",
    [
        {"latent_dim": 10**12}, {"latent_dim": 2**62}, {"g_width": 2**20, "latent_dim": 10**5},
        {"d_hidden": 10**12},
        {"d_steps": 10**12},
    ],
)  # fmt: skip
def test_what_no_machine_holds_is_refused_with_the_figures(changes: dict[str, int], pictures: Dataset) -> None:
    config = from_recipe("dcgan", **{"batch_size": 16, "device": "cpu"} | changes)
    with pytest.raises(ConfigError, match="of memory, and this machine has .* GB"):
        plan.check(config, pictures)


def test_each_process_takes_memory_of_its_own() -> None:
    config = from_recipe("dcgan", processes=2**20, batch_size=2**20, device="cpu")
    with pytest.raises(ConfigError, match="--processes"):
        memory.check_training(memory.costs(config.networks, SPEC, 0), config, SPEC)


def test_players_too_large_to_draw_with_are_refused(pictures: Dataset) -> None:
    with pytest.raises(ConfigError, match="both players would need at least"):
        games.make(from_recipe("dcgan", latent_dim=10**12, device="cpu"), pictures.spec, 0)


def test_a_batch_is_counted_with_what_its_layers_put_out(monkeypatch: pytest.MonkeyPatch) -> None:
    large = from_array(torch.rand(64, 3, 64, 64))
    config = from_recipe("dcgan", batch_size=64, device="cpu")
    plan.check(config, large)
    weights = 3 * memory.NUMBER * memory.costs(config.networks, large.spec, 0).weights
    monkeypatch.setattr(memory, "machine_memory", lambda device: weights + 10**6)
    with pytest.raises(ConfigError, match="--batch-size"):
        plan.check(config, large)


def test_more_latents_or_samples_than_fit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        ConfigError, match="1,000,000,000,000 latents of 64 numbers would need at least 256,000.0 GB"
    ):
        drawing.random_latents(10**12, 64, 0)
    monkeypatch.setattr(memory, "machine_memory", lambda device: 10**6)
    with pytest.raises(ConfigError, match=r"500 samples of shape \(1, 28, 28\)"):
        drawing.draw(
            torch.nn.Sequential(torch.nn.Linear(1, 784), torch.nn.Unflatten(1, (1, 28, 28))), torch.rand(500, 1)
        )


@pytest.mark.parametrize("threads", [10**12, 10**5])
def test_threads_that_would_only_wait_are_refused(threads: int, pictures: Dataset) -> None:
    with pytest.raises(ConfigError, match=f"threads = {threads:,}: this machine has"):
        plan.check(from_recipe("dcgan", threads=threads, batch_size=16), pictures)
