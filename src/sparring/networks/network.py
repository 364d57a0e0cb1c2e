"""The type of a family of networks: what it accepts, how its two players are made and called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor, nn

from sparring.config.groups import NetworksConfig
from sparring.data.codec import Codec
from sparring.data.spec import Spec


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options from which a player is made; a network ignores those that it does not have.

    Attributes:
        shape: of a sample.
        head: makes the last layer of a generator.
        classes: number of classes; 0: without labels.
        width: channels at the finest scale, or units of a hidden layer.
        depth: layers, or blocks per scale.
        norm: one of the normalisations that the network accepts.
        latent_dim: numbers in a latent vector of a generator.
        upsampling: how the pictures of a dcgan generator grow, a name in ``dcgan.UPSAMPLINGS``.
        hidden: units of the last hidden layer of a discriminator; 0: none.
        deviation: show a discriminator how much the samples of a batch differ.
        codec: of the data, for networks that use what their symbols mean.
        given: channels of the pictures that a generator is given, or that a discriminator sees beside its own.
        grow: share of the training until the finest scale comes in; 0: all scales learn from the start.
        features: the frozen features that a second discriminator sees; "none": there is no second one.
        feature_classes: number of classes that this one knows. Clusters it does not (measured).
        associations: pairs of places of a text, of which a second discriminator sees how well they match.
    """

    shape: tuple[int, ...]
    head: Callable[[], nn.Module]
    classes: int
    width: int
    depth: int
    norm: str
    latent_dim: int = 0
    upsampling: str = "transposed"
    hidden: int = 0
    deviation: bool = False
    codec: Codec | None = None
    given: int = 0
    grow: float = 0.0
    features: str = "none"
    feature_classes: int = 0
    associations: int = 0


Builder = Callable[[Options], nn.Module]


@dataclass(frozen=True)
class Network:
    """A family of networks: a generator and a discriminator.

    Attributes:
        generator, discriminator: functions that make them.
        axes: the axes of samples that they accept, as in Kind; "" for any.
        g_norms, d_norms: the normalisations that each of them accepts.
        given: whether the generator is given pictures, and not latents.
        grown: whether the generator is grown by its game, and not taught by gradients.
    """

    generator: Builder
    discriminator: Builder
    axes: str
    g_norms: tuple[str, ...]
    d_norms: tuple[str, ...]
    given: bool = False
    grown: bool = False


def generator_options(networks: NetworksConfig, spec: Spec, classes: int) -> Options:
    """The options of the generator for this data."""
    return Options(
        shape=spec.shape,
        head=spec.codec.head,
        classes=classes,
        width=networks.g_width,
        depth=networks.depth,
        norm=networks.g_norm,
        latent_dim=networks.latent_dim,
        upsampling=networks.upsampling,
        codec=spec.codec,
        given=spec.given.shape[0] if spec.given else 0,
        grow=networks.grow,
    )


def discriminator_options(networks: NetworksConfig, spec: Spec, classes: int) -> Options:
    """The options of the discriminator for this data."""
    return Options(
        shape=spec.shape,
        head=spec.codec.head,
        classes=classes,
        width=networks.d_width,
        depth=networks.depth,
        norm=networks.d_norm,
        hidden=networks.d_hidden or 0,
        deviation=networks.d_deviation,
        codec=spec.codec,
        given=spec.given.shape[0] if spec.given and not spec.unpaired else 0,
        grow=networks.grow,
        features=networks.d_features,
        feature_classes=0 if spec.clusters else classes,
        associations=networks.d_associations,
    )


@runtime_checkable
class Growing(Protocol):
    """A network that is not the same throughout a training."""

    def grow_to(self, progress: float) -> float:
        """Take the form for this share of the training, from 0 to 1; called before each step.

        Returns the size of what it draws or sees, relative to the full size.
        """


CALIBRATION = "latent_percent"  # the tensor of ``Calibrated``


@runtime_checkable
class Calibrated(Protocol):
    """A generator that draws from longer or shorter latents than those of its training."""

    latent_percent: Tensor  # their length, relative to the latents that it is given


@runtime_checkable
class Looking(Protocol):
    """A network that takes something from the training samples which then stays as it is."""

    def look_at(self, stored: Tensor) -> None:
        """Take it from the samples as they are stored, (N, …); called before the first step."""


@runtime_checkable
class Accompanied(Protocol):
    """A discriminator beside which a second one judges. Each has a loss of its own.

    With a sum of their logits, the one that learns faster would leave nothing to learn to the other.
    """

    second_discriminator: nn.Module | None

    @property
    def second_stride(self) -> int:
        """Pixels between neighbours of the first features that the second one sees, or more."""


@runtime_checkable
class Seeing(Protocol):
    """A discriminator that judges samples by features that do not learn."""

    def see(self, samples: Tensor) -> list[Tensor]:
        """The features (B, C, …) of samples, at one or several stages; places are the axes after C."""

    def judge(self, seen: Sequence[Tensor], labels: Tensor | None = None) -> Tensor:
        """The logits (B,): a sum over the stages of the mean over places of what each place is worth."""


@contextmanager
def at_rest(*players: nn.Module) -> Iterator[None]:
    """Put players in evaluation mode, and restore the mode of each module afterwards.

    A measurement must not change a player: in training mode a forward pass changes batch statistics, and
    even reading a weight with spectral normalisation changes its singular vectors.
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
    """Call a player, with labels if there are any."""
    outputs: Tensor = player(inputs) if labels is None else player(inputs, labels)
    return outputs


def takes(network: nn.Module, count: int) -> bool:
    """Whether the forward of a network can be called with this number of arguments."""
    try:
        inspect.signature(network.forward).bind(*range(count))
    except ValueError:  # it says nothing of what it takes
        return True
    except TypeError:
        return False
    return True
