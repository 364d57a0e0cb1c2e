"""The players: plain ``nn.Module``s with explicit keyword arguments, a file a family."""

from torch import nn

from sparring.config.groups import Config
from sparring.data.spec import Spec
from sparring.networks.blocks import spectral
from sparring.networks.dcgan import DCGAN
from sparring.networks.mlp import MLP
from sparring.networks.modern import MODERN
from sparring.networks.network import Network, discriminator_options, generator_options
from sparring.networks.resnet import RESNET

NETWORKS: dict[str, Network] = {"mlp": MLP, "dcgan": DCGAN, "resnet": RESNET, "modern": MODERN}


def generator(config: Config, spec: Spec, classes: int) -> nn.Module:
    """The generator that a config names for such data, as it begins; its weights are drawn at random."""
    return NETWORKS[config.generator].generator(generator_options(config, spec, classes))


def discriminator(config: Config, spec: Spec, classes: int) -> nn.Module:
    """The discriminator that a config names for such data, as it begins; its weights are drawn at random."""
    made = NETWORKS[config.discriminator].discriminator(discriminator_options(config, spec, classes))
    return spectral(made) if config.d_norm == "spectral" else made
