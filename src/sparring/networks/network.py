"""What a network is to the rest: what it takes, how its two players are made, and how a player is called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import Tensor, nn

from sparring.config.groups import NetworksConfig
from sparring.data.spec import Spec


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is chosen of a player, and what its data is; each network uses what it has a place for.

    Attributes:
        shape: of a sample; ``head``: how a generator of such samples ends, a name in ``heads.HEADS``.
        classes: 0 without labels.
        latent_dim: of a generator's inputs.
        width: channels at the finest scale, or units of a hidden layer; ``depth``: layers, or blocks a scale.
        norm: one of the names that the network takes.
        hidden: units of a discriminator's last hidden layer, 0 for none.
        deviation: show a discriminator how varied its batch is.
    """

    shape: tuple[int, ...]
    head: str
    classes: int
    width: int
    depth: int
    norm: str
    latent_dim: int = 0
    hidden: int = 0
    deviation: bool = False


Builder = Callable[[Options], nn.Module]


@dataclass(frozen=True)
class Network:
    """A pair of players of one family.

    Attributes:
        generator, discriminator: how each is made.
        axes: of the samples that it takes, as a Kind has them; "" for any.
        g_norms, d_norms: the normalisations that each player has a place for.
    """

    generator: Builder
    discriminator: Builder
    axes: str
    g_norms: tuple[str, ...]
    d_norms: tuple[str, ...]


def generator_options(networks: NetworksConfig, spec: Spec, classes: int) -> Options:
    """What is chosen of the generator of such data."""
    return Options(
        shape=spec.shape,
        head=spec.head,
        classes=classes,
        width=networks.g_width,
        depth=networks.depth,
        norm=networks.g_norm,
        latent_dim=networks.latent_dim,
    )


def discriminator_options(networks: NetworksConfig, spec: Spec, classes: int) -> Options:
    """What is chosen of the discriminator of such data."""
    return Options(
        shape=spec.shape,
        head=spec.head,
        classes=classes,
        width=networks.d_width,
        depth=networks.depth,
        norm=networks.d_norm,
        hidden=networks.d_hidden or 0,
        deviation=networks.d_deviation,
    )


@contextmanager
def at_rest(*players: nn.Module) -> Iterator[None]:
    """Players in evaluation mode, and each module back in its own mode afterwards.

    To look must move nothing: in training mode a forward pass moves batch statistics, and even reading a
    weight under spectral normalisation moves its singular vectors.
    """
    modes = [(module, module.training) for player in players for module in player.modules()]
    for player in players:
        player.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def play(player: nn.Module, inputs: Tensor, labels: Tensor | None) -> Tensor:
    """Call a player, with labels where there are any."""
    outputs: Tensor = player(inputs) if labels is None else player(inputs, labels)
    return outputs
