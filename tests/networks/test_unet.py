"""The U-Net and the discriminator of patches."""

import pytest
import torch
from torch import nn

from sparring.networks.network import Options
from sparring.networks.projector import Projector
from sparring.networks.unet import NETWORK, Patches, UNet


@pytest.mark.parametrize(("height", "width"), [(32, 32), (33, 47), (8, 100), (1, 1)])
def test_any_size_is_kept(height: int, width: int) -> None:
    network = UNet(shape=(3, 32, 32), given=1, width=4)
    assert network(torch.zeros(2, 1, height, width)).shape == (2, 3, height, width)


def test_a_residual_begins_as_a_copy() -> None:
    network = UNet(shape=(1, 16, 16), given=1, width=4, residual=True)
    torch.nn.init.zeros_(network.last.weight)
    picture = torch.rand(2, 1, 16, 16) * 2 - 1
    assert torch.allclose(network(picture), 0.98 * picture, atol=1e-5)
    with pytest.raises(ValueError, match="a residual needs inputs with 3 channels"):
        UNet(shape=(3, 16, 16), given=1, residual=True)


def test_training_and_use_are_alike() -> None:
    network, picture = UNet(shape=(1, 16, 16), given=1, width=4), torch.rand(3, 1, 16, 16)
    trained = network.train()(picture)
    assert torch.allclose(trained, network.eval()(picture))
    assert torch.allclose(trained[:1], network(picture[:1]), atol=1e-6)


def test_small_pictures_are_halved_less_often() -> None:
    assert [UNet(shape=(1, side, side), given=1, width=2).halvings for side in (4, 8, 16, 32, 256)] == [
        1,
        1,
        2,
        3,
        3,
    ]


def test_a_logit_for_each_patch() -> None:
    assert Patches(channels=3, width=4)(torch.zeros(5, 3, 32, 24)).shape == (5, 8, 6)


@pytest.mark.parametrize(("side", "halvings"), [(32, 0), (127, 0), (128, 1), (256, 2)])
def test_features_of_large_pictures_are_seen_smaller(side: int, halvings: int) -> None:
    options = Options(
        shape=(1, side, side + 8), head=nn.Tanh, classes=0, width=2, depth=1, norm="none", features="imagenet"
    )
    patches = NETWORK.discriminator(options)
    assert isinstance(patches, Patches)
    assert patches.second_discriminator is not None
    assert patches.second_discriminator.halvings == halvings
    assert patches.second_stride == 4 * 2**halvings


def test_a_projector_has_a_perceptron_for_each_scale() -> None:
    project = Projector([4, 8], 6)
    assert project(torch.zeros(2, 9, 8), 1).shape == (2, 9, 6)
