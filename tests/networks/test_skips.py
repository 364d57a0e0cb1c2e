"""The skips networks: sums over scales, in closed form."""

import math

import pytest
import torch

from sparring.networks import skips

SHAPES = [(1, 8, 8), (1, 28, 28), (3, 64, 64), (1, 28, 40), (3, 37, 53)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("classes", [0, 3])
def test_shapes(shape: tuple[int, ...], classes: int) -> None:
    generator = skips.Generator(shape=shape, latent_dim=5, width=4, classes=classes)
    discriminator = skips.Discriminator(shape=shape, width=4, classes=classes)
    labels = (torch.tensor([0, 2]),) if classes else ()
    fake = generator(torch.randn(2, 5), *labels)
    assert fake.shape == (2, *shape)
    assert discriminator(fake, *labels).shape == (2,)


def test_the_picture_is_the_sum_of_the_scales() -> None:
    """A picture of its bias alone at each of four scales: tanh of their sum."""
    generator = skips.Generator(shape=(1, 32, 32), latent_dim=5, width=4)
    with torch.no_grad():
        for scale, to_picture in enumerate(generator.pictures):
            to_picture.weight.zero_()
            to_picture.bias.fill_(0.1 * 2**scale)
        pictures = generator(torch.randn(2, 5))
    assert len(generator.pictures) == 4
    torch.testing.assert_close(pictures, torch.full((2, 1, 32, 32), math.tanh(1.5)))


def test_a_coarse_scale_is_enlarged_without_steps() -> None:
    """A coarse picture that rises by 1 from place to place rises evenly, by 1/8, from pixel to pixel."""
    generator = skips.Generator(shape=(1, 32, 32), latent_dim=1, width=1).eval()
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.zero_()
        generator.norms[0].weight.fill_(1)
        generator.coarsest[0].weight[:16] = 0.1 * torch.arange(4.0).repeat(4)[:, None]  # one channel, 4 x 4
        generator.pictures[0].weight[0, 0] = 1
        picture = generator(torch.ones(1, 1))[0, 0].atanh()
    steps = picture[0, 8:-8].diff()  # away from the edges
    torch.testing.assert_close(steps, torch.full_like(steps, 0.1 / 8), rtol=1e-3, atol=1e-5)
    assert float(picture.std(0).max()) < 1e-6


def test_the_logit_is_that_of_the_whole_and_the_mean_of_the_patches() -> None:
    """Biases alone: 1 for the whole picture, 10, 100 and 1,000 for the patches of three finer scales."""
    discriminator = skips.Discriminator(shape=(1, 32, 32), width=4)
    with torch.no_grad():
        for parameter in discriminator.parameters():
            parameter.zero_()
        discriminator.head.linear.bias.fill_(1)
        for bias, patch in zip((10, 100, 1000), discriminator.patches, strict=True):
            patch.bias.fill_(bias)
    assert discriminator(torch.randn(2, 1, 32, 32)).tolist() == [1111, 1111]


def test_a_patch_counts_by_its_share_of_the_picture() -> None:
    """The finest features are those of the picture's left half: the mean of their patches is a half."""
    discriminator = skips.Discriminator(shape=(1, 16, 16), width=1)
    with torch.no_grad():
        for parameter in discriminator.parameters():
            parameter.zero_()
        discriminator.finest.weight[0, 0, 1, 1] = 1  # a pixel itself
        discriminator.patches[0].weight.fill_(1)
        picture = torch.zeros(1, 1, 16, 16)
        picture[..., :8] = 1
    assert discriminator(picture).tolist() == [0.5]
