"""What a training or a drawing would take of memory, and what this machine has: refused before it begins.

The figures are lower bounds, so that nothing is refused that would fit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from sparring.config.groups import OWN, Config, NetworksConfig
from sparring.data.spec import Spec
from sparring.errors import ConfigError
from sparring.machine import threads as cores
from sparring.networks import NETWORKS
from sparring.networks.network import Builder, Options, discriminator_options, generator_options

NUMBER = 4  # bytes of a float32
PROCESS = 200_000_000  # bytes of another process that has loaded torch
NARROWER = "Take fewer or narrower layers (--g-width, --d-width), a smaller --batch-size or fewer --processes."


class Cost(NamedTuple):
    """A network's weights and the outputs of its layers for one sample; infinite where they are uncountable."""

    weights: float
    outputs: float


class Costs(NamedTuple):
    """What both players take."""

    generator: Cost
    discriminator: Cost

    @property
    def weights(self) -> float:
        """Of both together."""
        return self.generator.weights + self.discriminator.weights


@lru_cache(maxsize=8)
def costs(networks: NetworksConfig, spec: Spec, classes: int) -> Costs:
    """What both players of this data would take.

    Raises:
        ConfigError: networks that cannot take it.
    """
    if networks.discriminator == OWN:
        return Costs(generator_cost(networks, spec, classes), Cost(0, 0))
    options = discriminator_options(networks, spec, classes)
    builder = NETWORKS[networks.discriminator].discriminator
    return Costs(generator_cost(networks, spec, classes), _player_cost(builder, options, spec.shape))


def generator_cost(networks: NetworksConfig, spec: Spec, classes: int) -> Cost:
    """What the generator alone would take.

    Raises:
        ConfigError: a network that cannot make this data.
    """
    if networks.generator == OWN:  # of a user's own nothing is known
        return Cost(0, 0)
    options = generator_options(networks, spec, classes)
    return _player_cost(NETWORKS[networks.generator].generator, options, (networks.latent_dim,))


def _player_cost(build: Builder, options: Options, shape: tuple[int, ...]) -> Cost:
    """What one player, called with inputs (B, *shape), would take."""
    try:
        return cost(lambda depth: build(replace(options, depth=depth)), options.depth, shape, options.classes)
    except ValueError as error:  # the network's own words
        raise ConfigError(str(error)) from error


def check_generator(found: Cost) -> None:
    """Refuse to draw with weights that the memory cannot hold.

    Raises:
        ConfigError: what they would take, and what this machine has.
    """
    refuse_beyond(NUMBER * found.weights, "this generator", "Draw where there is more.")


def check_players(found: Costs) -> None:
    """Refuse players that the memory cannot hold, each weight with one moment of it in the optimizer.

    Raises:
        ConfigError: what they would take, and what this machine has.
    """
    refuse_beyond(2 * NUMBER * found.weights, "both players", NARROWER)


def check_training(found: Costs, config: Config, spec: Spec) -> None:
    """Refuse a training that the memory cannot hold, by what its first step leaves there.

    Raises:
        ConfigError: what it would take, and what this machine has.
    """
    # Each weight with its gradient and a moment; the fakes' graph; then the judge's of reals and fakes.
    weights = config.machine.processes * 3 * found.weights
    layers = found.generator.outputs + 2 * found.discriminator.outputs / config.optimizers.ghost_batches
    reals = config.game.d_steps * math.prod(spec.shape)
    kept = NUMBER if config.machine.precision == "fp32" else NUMBER / 2  # bf16's bytes
    needed = weights * NUMBER + config.optimizers.batch_size * (layers * kept + reals * NUMBER)
    device = "cuda" if config.machine.device.startswith("cuda") and torch.cuda.is_available() else "cpu"
    refuse_beyond(needed + (config.machine.processes - 1) * PROCESS, "this training", NARROWER, device)


def cost(make: Callable[[int], nn.Module], depth: int, shape: Sequence[int], classes: int) -> Cost:
    """What a network of so many layers would take; nothing is allocated for it.

    Args:
        make: the network of a given depth. It is made at depths 1 and 2 alone: each further layer takes
            as much as the second.
        shape: of what it is called with, (*shape) for (B, *shape), beside labels where there are classes.
    """
    found = []
    for layers in range(1, min(depth, 2) + 1):
        try:
            with torch.device("meta"), torch.random.fork_rng(devices=[]), torch.no_grad():
                network = make(layers)
                labels = (torch.zeros(2, dtype=torch.int64),) if classes else ()
                outputs = _outputs(network, torch.zeros(2, *shape), *labels)
        except (RuntimeError, OverflowError, TypeError):  # more than 64 bits can count
            return Cost(math.inf, math.inf)
        found.append((sum(p.numel() for p in network.parameters()), outputs / 2))
    first, last = found[0], found[-1]
    return Cost(*(one + (depth - 1) * (two - one) for one, two in zip(first, last, strict=True)))


def _outputs(network: nn.Module, *inputs: Tensor) -> int:
    """The numbers that a call leaves behind for the slopes: what layers with weights put out."""
    total = 0

    def count(layer: nn.Module, given: Any, out: Tensor) -> None:
        nonlocal total
        total += out.numel()

    for layer in network.modules():
        if any(True for _ in layer.parameters(recurse=False)) and not any(True for _ in layer.children()):
            layer.register_forward_hook(count)
    network(*inputs)
    return total


def of_machine(device: torch.device | str = "cpu") -> int:
    """Bytes of memory that this machine, or the part of it that is ours, has on a device."""
    if torch.device(device).type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    return cores.memory()


def refuse_beyond(needed: float, what: str, advice: str, device: torch.device | str = "cpu") -> None:
    """Refuse what needs more bytes than this machine has.

    Raises:
        ConfigError: what would need how much, and what to change.
    """
    has = of_machine(device)
    if needed > has:
        raise ConfigError(
            f"{what} would take at least {gigabytes(needed)} of memory, and this machine has {gigabytes(has)}. "
            f"{advice}"
        )


def gigabytes(count: float) -> str:
    """Bytes in words."""
    if count > 1e30:
        return "more GB than can be counted"
    return f"{count / 1e9:,.1f} GB"


def check_drawing(count: int, like: Tensor) -> None:
    """Refuse to draw so many samples like the first of them (B, *shape) where the memory cannot hold them.

    Raises:
        ConfigError: how much they would take.
    """
    shape = tuple(like.shape[1:])
    needed = count * math.prod(shape) * like.element_size()
    refuse_beyond(needed, f"{count:,} samples of shape {shape}", "Draw fewer at a time: --count.")
