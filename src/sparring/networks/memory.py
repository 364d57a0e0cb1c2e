"""Estimate the memory that a training or sampling needs, and refuse it if the machine has less.

The estimates are lower bounds, so that nothing that would fit is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from sparring.config.groups import Config, NetworksConfig
from sparring.config.option import OWN
from sparring.data.spec import Spec
from sparring.errors import ConfigError
from sparring.machine import threads as cores
from sparring.networks import NETWORKS
from sparring.networks.network import Builder, Options, discriminator_options, generator_options

NUMBER = 4  # bytes of a float32
PROCESS = 200_000_000  # bytes of another process that has loaded torch
NARROWER = "Use fewer or narrower layers (--g-width, --d-width), a smaller --batch-size or fewer --processes."


class Cost(NamedTuple):
    """The number of weights of a network, and of layer outputs for one sample; inf if too large to count."""

    weights: float
    outputs: float


class Costs(NamedTuple):
    """The costs of both players."""

    generator: Cost
    discriminator: Cost

    @property
    def weights(self) -> float:
        """The number of weights of both players."""
        return self.generator.weights + self.discriminator.weights


@lru_cache(maxsize=8)
def costs(networks: NetworksConfig, spec: Spec, classes: int) -> Costs:
    """The costs of the chosen players for this data.

    Raises:
        ConfigError: the networks do not accept this data.
    """
    if networks.discriminator == OWN:
        return Costs(generator_cost(networks, spec, classes), Cost(0, 0))
    options = discriminator_options(networks, spec, classes)
    builder = NETWORKS[networks.discriminator].discriminator
    channels, *sides = spec.shape
    seen = (channels + options.given, *sides) if NETWORKS[networks.discriminator].given else spec.shape
    return Costs(generator_cost(networks, spec, classes), _player_cost(builder, options, seen))


def generator_cost(networks: NetworksConfig, spec: Spec, classes: int) -> Cost:
    """The cost of the generator alone.

    Raises:
        ConfigError: the network cannot make this data.
    """
    if networks.generator == OWN:  # the size of a user's own network is not known
        return Cost(0, 0)
    options = generator_options(networks, spec, classes)
    network = NETWORKS[networks.generator]
    inputs = spec.given.shape if network.given and spec.given else (networks.latent_dim,)
    return _player_cost(network.generator, options, inputs)


def _player_cost(build: Builder, options: Options, shape: tuple[int, ...]) -> Cost:
    """The cost of one player that is called with inputs (B, *shape)."""
    try:
        return cost(lambda depth: build(replace(options, depth=depth)), options.depth, shape, options.classes)
    except ValueError as error:  # with a message of the network
        raise ConfigError(str(error)) from error


def check_generator(found: Cost) -> None:
    """Refuse a generator whose weights do not fit in memory.

    Raises:
        ConfigError: it does not fit.
    """
    refuse_beyond(NUMBER * found.weights, "this generator", "Use a machine with more memory.")


def check_players(found: Costs) -> None:
    """Refuse players that do not fit in memory, with one moment per weight in the optimizer.

    Raises:
        ConfigError: they do not fit.
    """
    refuse_beyond(2 * NUMBER * found.weights, "both players", NARROWER)


def check_training(found: Costs, config: Config, spec: Spec) -> None:
    """Refuse a training whose first step does not fit in memory.

    Raises:
        ConfigError: it does not fit.
    """
    # Each weight has a gradient and a moment. Then the graphs: G on fakes, D on reals and on fakes.
    weights = config.machine.processes * 3 * found.weights
    layers = found.generator.outputs + 2 * found.discriminator.outputs / config.optimizers.ghost_batches
    reals = config.game.d_steps * math.prod(spec.shape)
    kept = NUMBER if config.machine.precision == "fp32" else NUMBER / 2  # bytes of bf16
    needed = weights * NUMBER + config.optimizers.batch_size * (layers * kept + reals * NUMBER)
    device = "cuda" if config.machine.device.startswith("cuda") and torch.cuda.is_available() else "cpu"
    refuse_beyond(needed + (config.machine.processes - 1) * PROCESS, "this training", NARROWER, device)


def cost(make: Callable[[int], nn.Module], depth: int, shape: Sequence[int], classes: int) -> Cost:
    """The cost of a network with ``depth`` layers; no memory is allocated for it.

    Args:
        make: makes the network for a given depth. Only depths 1 and 2 are made, since each further layer
            costs as much as the second.
        shape: of one input. With classes, labels are given too.
    """
    found = []
    for layers in range(1, min(depth, 2) + 1):
        try:
            with torch.device("meta"), torch.random.fork_rng(devices=[]), torch.no_grad():
                network = make(layers)
                labels = (torch.zeros(2, dtype=torch.int64),) if classes else ()
                outputs = _outputs(network, torch.zeros(2, *shape), *labels)
        except (RuntimeError, OverflowError, TypeError):  # the numbers exceed 64 bits
            return Cost(math.inf, math.inf)
        found.append((sum(p.numel() for p in network.parameters()), outputs / 2))
    first, last = found[0], found[-1]
    return Cost(*(one + (depth - 1) * (two - one) for one, two in zip(first, last, strict=True)))


def _outputs(network: nn.Module, *inputs: Tensor) -> int:
    """The number of outputs of layers with weights, which are kept for the gradients."""
    total = 0

    def count(layer: nn.Module, given: Any, out: Tensor) -> None:
        nonlocal total
        total += out.numel()

    for layer in network.modules():
        if any(True for _ in layer.parameters(recurse=False)) and not any(True for _ in layer.children()):
            layer.register_forward_hook(count)
    network(*inputs)
    return total


def machine_memory(device: torch.device | str = "cpu") -> int:
    """Bytes of memory on a device of this machine; on the CPU, those that we may use."""
    if torch.device(device).type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    return cores.memory()


def refuse_beyond(needed: float, what: str, advice: str, device: torch.device | str = "cpu") -> None:
    """Refuse what needs more bytes than this machine has.

    Args:
        what: names it in the message.
        advice: the end of the message, what to change.

    Raises:
        ConfigError: it needs more.
    """
    has = machine_memory(device)
    if needed > has:
        raise ConfigError(
            f"{what} would need at least {gigabytes(needed)} of memory, and this machine has {gigabytes(has)}. "
            f"{advice}"
        )


def gigabytes(count: float) -> str:
    """A number of bytes as text, in GB."""
    if count > 1e30:
        return "more GB than can be counted"
    return f"{count / 1e9:,.1f} GB"


def check_drawing(count: int, like: Tensor) -> None:
    """Refuse to draw more samples than fit in memory.

    Args:
        like: some of the samples (B, *shape).

    Raises:
        ConfigError: they do not fit.
    """
    shape = tuple(like.shape[1:])
    needed = count * math.prod(shape) * like.element_size()
    refuse_beyond(needed, f"{count:,} samples of shape {shape}", "Draw fewer at a time: --count.")
