"""Keep the first layers of a network as they are (FreezeD: Mo et al. 2020, "Freeze the Discriminator")."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from sparring.errors import ConfigError, counted

SECOND = "second_discriminator"  # beside the layers of a discriminator, see ``Accompanied``


def layers(network: nn.Module) -> list[list[nn.Parameter]]:
    """The weights of each layer or block, in the order in which the network has them.

    A layer without a matrix, such as a normalisation, belongs to the one before. A second discriminator has
    none of them: it sees features that are frozen already.
    """
    found: list[list[nn.Parameter]] = []
    for part in _parts(network):
        weights = list(part.parameters())
        if found and all(weight.ndim < 2 for weight in weights):
            found[-1] += weights
        elif weights:
            found.append(weights)
    return found


def freeze(network: nn.Module, count: int) -> None:
    """Take the first ``count`` layers of a discriminator out of its training.

    Raises:
        ConfigError: no layer would be left that learns.
    """
    found = layers(network)
    if count and count >= len(found):
        raise ConfigError(
            f"--freeze-d {count} (freeze_d): the discriminator has {counted(len(found), 'layer')}, and the "
            f"last one has to learn. Give 0 to {len(found) - 1}."
        )
    for weights in found[:count]:
        for weight in weights:
            weight.requires_grad_(False)


def _parts(network: nn.Module) -> Iterator[nn.Module]:
    """The modules of a network, in order, those of sequences and lists one by one."""
    for name, part in network.named_children():
        if name == SECOND:
            continue
        if isinstance(part, nn.Sequential | nn.ModuleList):
            yield from _parts(part)
        else:
            yield part
