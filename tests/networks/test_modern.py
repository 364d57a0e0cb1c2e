"""R3GAN-style players: shapes, resampling filters, how they begin."""

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d

from sparring.networks import modern
from sparring.networks.blocks import has_batch_statistics

SHAPES = [(1, 8, 8), (1, 28, 28), (3, 32, 32), (4, 64, 64), (1, 28, 40), (3, 37, 53), (1, 9, 30)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("classes", [0, 3])
def test_shapes(shape: tuple[int, ...], classes: int) -> None:
    generator = modern.Generator(shape=shape, latent_dim=5, width=4, classes=classes)
    discriminator = modern.Discriminator(shape=shape, width=4, classes=classes)
    labels = (torch.tensor([0, 2]),) if classes else ()
    fake = generator(torch.randn(2, 5), *labels)
    assert fake.shape == (2, *shape)
    assert discriminator(fake, *labels).shape == (2,)
    assert not has_batch_statistics(generator)
    assert not has_batch_statistics(discriminator)


def test_large_pictures_have_a_stage_a_scale() -> None:
    """256 px: stages of 4, 8 … 256 pixels; eight times the width below 64 pixels, as R3GAN's FFHQ-256."""
    generator = modern.Generator(shape=(3, 256, 256), width=2, depth=2)
    channels = [m.layers[0].in_channels for m in generator.layers if isinstance(m, modern.Bottleneck)]
    assert channels == [16] * 8 + [8] * 2 + [4] * 2 + [2] * 2
    assert generator.basis.shape == (16, 4, 4)
    mirror = modern.Discriminator(shape=(3, 256, 256), width=2, depth=2)
    assert channels[::-1] == [
        m.layers[0].in_channels for m in mirror.layers if isinstance(m, modern.Bottleneck)
    ]


def test_the_filter_is_one_three_three_one() -> None:
    line = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    torch.testing.assert_close(modern.resampling_kernel(), torch.outer(line, line))


@pytest.mark.parametrize(("height", "width"), [(6, 6), (7, 9), (8, 5)])
def test_halving_and_doubling_by_their_definition(height: int, width: int) -> None:
    """Halve: place i is 1/8, 3/8, 3/8, 1/8 of 2i - 1 … 2i + 2; doubling is its transpose times four."""
    x = torch.randn(2, 3, height, width, generator=torch.Generator().manual_seed(0)).double()

    def matrix(size: int) -> torch.Tensor:
        m = torch.zeros(size // 2, size).double()
        for i in range(size // 2):
            for place, weight in zip(range(2 * i - 1, 2 * i + 3), (1, 3, 3, 1), strict=True):
                if 0 <= place < size:
                    m[i, place] = weight / 8
        return m

    down = matrix(height) @ x @ matrix(width).T
    torch.testing.assert_close(modern.Halve()(x), down, rtol=1e-6, atol=1e-6)
    up = 4 * matrix(2 * height).T @ x @ matrix(2 * width)
    torch.testing.assert_close(modern.Double()(x), up, rtol=1e-6, atol=1e-6)


def test_resampling_keeps_constants_inside_and_removes_the_finest_stripes() -> None:
    flat = torch.full((1, 2, 8, 8), 3.0)
    torch.testing.assert_close(modern.Double()(flat)[:, :, 2:-2, 2:-2], torch.full((1, 2, 12, 12), 3.0))
    torch.testing.assert_close(modern.Halve()(flat)[:, :, 1:-1, 1:-1], torch.full((1, 2, 2, 2), 3.0))
    stripes = torch.tensor([1.0, -1.0]).repeat(4).expand(1, 1, 8, 8)
    assert float(modern.Halve()(stripes)[:, :, 1:-1, 1:-1].abs().max()) < 1e-6


def test_every_residual_is_nought_at_first_but_can_learn() -> None:
    torch.manual_seed(0)
    block = modern.Bottleneck(8, blocks=3)
    x = torch.randn(2, 8, 5, 5)
    assert torch.equal(block(x), x)
    block(x).square().sum().backward()
    last = block.layers[-1].weight.grad
    assert last is not None
    assert float(last.abs().max()) > 0


def test_the_weights_of_a_residual_shrink_with_the_number_of_blocks() -> None:
    """N(0, gain^2 / inputs), gain = sqrt(2 / 1.04) blocks^(-1/4); in groups of about 16 channels."""
    torch.manual_seed(0)
    for blocks in (1, 16):
        block = modern.Bottleneck(64, blocks)
        gain = (2 / 1.04) ** 0.5 * blocks**-0.25
        first, middle, last = (m for m in block.layers if isinstance(m, nn.Conv2d))
        assert (middle.in_channels, middle.groups) == (128, 8)
        for layer, inputs in ((first, 64), (middle, 16 * 9)):
            assert float(layer.weight.detach().std()) == pytest.approx(gain / inputs**0.5, rel=0.03)
        assert float(last.weight.detach().abs().max()) == 0


@pytest.mark.parametrize("width", [3, 5, 7, 11, 12, 20, 28])
def test_any_width_has_groups(width: int) -> None:
    assert modern.Bottleneck(width, 1)(torch.zeros(1, width, 4, 4)).shape == (1, width, 4, 4)


def test_the_generator_begins_with_the_size_of_data() -> None:
    """No normalisation, yet neither faint nor wild: the mean square over latents and places is about 1."""
    torch.manual_seed(0)
    for side in (16, 64):
        generator = modern.Generator(shape=(3, side, side), latent_dim=32, width=16)
        with torch.no_grad():
            size = float(generator(torch.randn(64, 32)).square().mean().sqrt())
        assert 0.2 < size < 2


def test_the_discriminators_last_layer_is_a_basis_over_all_places() -> None:
    torch.manual_seed(0)
    discriminator = modern.Discriminator(shape=(1, 8, 12), width=4, classes=2)
    x, labels = torch.randn(3, 1, 8, 12), torch.tensor([0, 1, 1])
    places = conv2d(discriminator.layers(x), discriminator.basis[:, None], groups=8)
    assert places.shape == (3, 8, 1, 1)
    expected = discriminator.head(places.flatten(1), labels)
    torch.testing.assert_close(discriminator(x, labels), expected, rtol=1e-4, atol=1e-5)


def test_what_cannot_be_built() -> None:
    for player in (modern.Generator, modern.Discriminator):
        with pytest.raises(ValueError, match="too small for convolutional networks"):
            player(shape=(1, 64, 7))
    for player in (
        modern.Generator(shape=(1, 8, 8), classes=2),
        modern.Discriminator(shape=(1, 8, 8), classes=2),
    ):
        with pytest.raises(ValueError, match="with labels"):
            player(torch.zeros(1, 64) if isinstance(player, modern.Generator) else torch.zeros(1, 1, 8, 8))
