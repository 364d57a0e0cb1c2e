"""The players: plain ``nn.Module``s with explicit keyword arguments, a file a family."""

from torch import nn

from sparring.config.groups import NetworksConfig
from sparring.data.spec import Spec
from sparring.networks.blocks import spectral
from sparring.networks.dcgan import DCGAN
from sparring.networks.mlp import MLP
from sparring.networks.modern import MODERN
from sparring.networks.network import Network, discriminator_options, generator_options
from sparring.networks.resnet import RESNET

NETWORKS: dict[str, Network] = {"mlp": MLP, "dcgan": DCGAN, "resnet": RESNET, "modern": MODERN}


def generator(chosen: NetworksConfig, spec: Spec, classes: int) -> nn.Module:
    """The generator that is chosen for such data, as it begins; its weights are drawn at random."""
    return NETWORKS[chosen.generator].generator(generator_options(chosen, spec, classes))


def discriminator(chosen: NetworksConfig, spec: Spec, classes: int) -> nn.Module:
    """The discriminator that is chosen for such data, as it begins; its weights are drawn at random."""
    made = NETWORKS[chosen.discriminator].discriminator(discriminator_options(chosen, spec, classes))
    return spectral(made) if chosen.d_norm == "spectral" else made
