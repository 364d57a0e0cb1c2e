"""Generators and discriminators: plain ``nn.Module``s with keyword arguments, one family per file."""

from importlib import import_module

from torch import nn

from sparring.config.choices import NETWORKS as NAMES
from sparring.config.groups import NetworksConfig
from sparring.config.option import OWN
from sparring.data.spec import Spec
from sparring.networks.blocks import spectral
from sparring.networks.network import Network, discriminator_options, generator_options
from sparring.networks.own import Given, made

# A family has the name of its file, at the foot of which stands its NETWORK.
NETWORKS: dict[str, Network] = {name: import_module(f"{__name__}.{name}").NETWORK for name in NAMES}


def given_shape(spec: Spec) -> tuple[int, ...] | None:
    """The shape of the pictures that a generator is given; None: latents."""
    return None if spec.given is None else spec.given.shape


def generator(chosen: NetworksConfig, spec: Spec, classes: int, own: Given | None = None) -> nn.Module:
    """Make the generator that the config chooses for this data, with random weights.

    Args:
        own: the user's own generator, if the config chooses that.

    Raises:
        ConfigError: the config chooses the user's own generator, and it is not given.
    """
    if chosen.generator == OWN or own is not None:
        return made("generator", own, spec.shape, chosen.latent_dim, classes, given_shape(spec))
    return NETWORKS[chosen.generator].generator(generator_options(chosen, spec, classes))


def discriminator(chosen: NetworksConfig, spec: Spec, classes: int, own: Given | None = None) -> nn.Module:
    """Make the discriminator that the config chooses for this data; see ``generator``."""
    if chosen.discriminator == OWN or own is not None:
        return made("discriminator", own, spec.shape, chosen.latent_dim, classes, given_shape(spec))
    network = NETWORKS[chosen.discriminator].discriminator(discriminator_options(chosen, spec, classes))
    return spectral(network) if chosen.d_norm == "spectral" else network
