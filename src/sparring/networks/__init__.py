"""The players: plain ``nn.Module``s with explicit keyword arguments, a file a family."""

from torch import nn

from sparring.config.groups import OWN, NetworksConfig
from sparring.data.spec import Spec
from sparring.networks.blocks import spectral
from sparring.networks.dcgan import DCGAN
from sparring.networks.mlp import MLP
from sparring.networks.modern import MODERN
from sparring.networks.network import Network, discriminator_options, generator_options
from sparring.networks.own import Given, made
from sparring.networks.resnet import RESNET

NETWORKS: dict[str, Network] = {"mlp": MLP, "dcgan": DCGAN, "resnet": RESNET, "modern": MODERN}


def generator(chosen: NetworksConfig, spec: Spec, classes: int, own: Given | None = None) -> nn.Module:
    """The generator that is chosen for such data, as it begins; its weights are drawn at random.

    Args:
        own: one of a user's own, where that is chosen.

    Raises:
        ConfigError: that is chosen, and there is none.
    """
    if chosen.generator == OWN or own is not None:
        return made("generator", own, spec.shape, chosen.latent_dim, classes)
    return NETWORKS[chosen.generator].generator(generator_options(chosen, spec, classes))


def discriminator(chosen: NetworksConfig, spec: Spec, classes: int, own: Given | None = None) -> nn.Module:
    """The discriminator, likewise."""
    if chosen.discriminator == OWN or own is not None:
        return made("discriminator", own, spec.shape, chosen.latent_dim, classes)
    network = NETWORKS[chosen.discriminator].discriminator(discriminator_options(chosen, spec, classes))
    return spectral(network) if chosen.d_norm == "spectral" else network
