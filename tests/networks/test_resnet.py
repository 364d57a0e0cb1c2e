"""Residual players: shapes, the published order of their blocks, the class by BatchNorm and by projection."""

import pytest
import torch
from torch.nn.functional import avg_pool2d, interpolate

from sparring.networks import blocks, resnet
from sparring.networks.blocks import has_batch_statistics

SHAPES = [(1, 8, 8), (1, 28, 28), (3, 32, 32), (4, 64, 64), (1, 28, 40), (3, 37, 53), (1, 9, 30)]


def features(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("classes", "conditional_norm"), [(0, False), (3, False), (3, True)])
def test_shapes(shape: tuple[int, ...], classes: int, conditional_norm: bool) -> None:
    generator = resnet.Generator(
        shape=shape, latent_dim=5, width=4, classes=classes, conditional_norm=conditional_norm
    )
    discriminator = resnet.Discriminator(shape=shape, width=4, classes=classes)
    labels = (torch.tensor([0, 2]),) if classes else ()
    fake = generator(torch.randn(2, 5), *labels)
    assert fake.shape == (2, *shape)
    assert float(fake.detach().abs().max()) <= 1
    assert discriminator(fake, *labels).shape == (2,)
    assert not has_batch_statistics(discriminator)


def test_large_pictures_are_taken_down_to_four_places() -> None:
    discriminator = resnet.Discriminator(shape=(3, 256, 256), width=1)
    with torch.no_grad():
        assert discriminator.blocks(torch.zeros(1, 3, 256, 256)).shape == (1, 8, 4, 4)
    assert len(resnet.Generator(shape=(3, 256, 256), width=1).blocks) == 6


def test_an_up_block_is_the_published_one() -> None:
    """BN, ReLU, double, conv, BN, ReLU, conv; the shortcut doubles before its 1 x 1 convolution."""
    torch.manual_seed(0)
    generator = resnet.Generator(shape=(1, 8, 8), width=4, conditional_norm=True, classes=2).double()
    block, labels = generator.blocks[0], torch.tensor([0, 1, 1])
    x = features(3, 8, 4, 4)
    hidden = block.conv1(interpolate(block.norm1(x, labels).relu(), scale_factor=2))
    expected = block.conv2(block.norm2(hidden, labels).relu()) + block.shortcut(interpolate(x, scale_factor=2))
    torch.testing.assert_close(block(x, labels), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_down_block_is_the_published_one(place: int) -> None:
    """First: conv, ReLU, conv, halve. Then: ReLU, conv, ReLU, conv, halve. Last: the same at one size."""
    torch.manual_seed(0)
    block = resnet.Discriminator(shape=(3, 16, 16), width=4).double().blocks[place]
    x = features(2, block.conv1.in_channels, 8, 8)
    residual = block.conv2(block.conv1(x if place == 0 else x.relu()).relu())
    if place == 0:
        expected = avg_pool2d(residual, 2) + block.shortcut(avg_pool2d(x, 2))
    elif place == 1:
        expected = avg_pool2d(residual + block.shortcut(x), 2)
    else:
        expected = residual + x
    torch.testing.assert_close(block(x), expected, rtol=1e-9, atol=1e-9)


def test_the_discriminator_is_the_projection_of_summed_features() -> None:
    """f(x, y) = w.phi(x) + b + V_y.phi(x), phi summed over places (Miyato & Koyama 2018, eq. 7)."""
    torch.manual_seed(0)
    discriminator = resnet.Discriminator(shape=(1, 12, 8), width=4, classes=3).double()
    x, labels = features(4, 1, 12, 8), torch.tensor([2, 0, 1, 2])
    phi = discriminator.blocks(x).sum(3).sum(2)
    head = discriminator.head
    assert head.projection is not None
    for sample in range(4):
        v = head.projection.weight[labels[sample]]
        expected = (head.linear.weight[0] + v) @ phi[sample] + head.linear.bias[0]
        torch.testing.assert_close(discriminator(x, labels)[sample], expected, rtol=1e-9, atol=1e-9)
    assert float(discriminator.blocks(x).detach().min()) >= 0  # a ReLU comes last


def test_conditional_batch_norm_is_batch_norm_with_the_classes_scale_and_shift() -> None:
    x, labels = features(6, 2, 3, 3), torch.tensor([0, 1, 0, 2, 1, 0])
    layer = blocks.ConditionalBatchNorm(2, 3).double()
    with torch.no_grad():
        layer.scale.copy_(torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
        layer.shift.copy_(torch.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]))
    found = layer(x, labels).detach()
    mean, deviation = x.mean((0, 2, 3)), (x.var((0, 2, 3), unbiased=False) + 1e-5).sqrt()
    for sample, label in enumerate(labels.tolist()):
        for channel in range(2):
            normed = (x[sample, channel] - mean[channel]) / deviation[channel]
            expected = (2 * label + 1 + channel) * normed + 2 * label + channel
            torch.testing.assert_close(found[sample, channel], expected, rtol=1e-9, atol=1e-9)


def test_conditional_batch_norm_begins_as_plain_batch_norm() -> None:
    x, labels = features(6, 2, 3, 3), torch.tensor([0, 1, 0, 2, 1, 0])
    plain = torch.nn.BatchNorm2d(2).double()
    torch.testing.assert_close(blocks.ConditionalBatchNorm(2, 3).double()(x, labels), plain(x))


def test_weights_of_classes_lie_between_the_classes() -> None:
    layer = blocks.ConditionalBatchNorm(2, 3).double().eval()
    with torch.no_grad():
        layer.scale.copy_(features(3, 2))
        layer.shift.copy_(features(3, 2).flip(0))
    x = features(1, 2, 3, 3)
    one, other = layer(x, torch.tensor([0])), layer(x, torch.tensor([2]))
    half = layer(x, torch.tensor([[0.5, 0.0, 0.5]]).double())
    torch.testing.assert_close(half, (one + other) / 2, rtol=1e-9, atol=1e-12)


def test_the_class_changes_what_is_drawn_and_how_it_is_judged() -> None:
    torch.manual_seed(0)
    generator = resnet.Generator(shape=(1, 8, 8), latent_dim=4, width=4, classes=2, conditional_norm=True)
    discriminator = resnet.Discriminator(shape=(1, 8, 8), width=4, classes=2)
    with torch.no_grad():
        generator.blocks[0].norm1.by_class.shift[1] += 1  # type: ignore[union-attr]
    latents, zero, one = torch.randn(4, 4), torch.zeros(4).long(), torch.ones(4).long()
    assert not torch.equal(generator(latents, zero), generator(latents, one))
    pictures = torch.randn(4, 1, 8, 8)
    assert not torch.equal(discriminator(pictures, zero), discriminator(pictures, one))
    with pytest.raises(ValueError, match="with labels"):
        generator(latents)
    with pytest.raises(ValueError, match="with labels"):
        discriminator(pictures)


def test_what_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="conditional BatchNorm needs classes"):
        resnet.Generator(shape=(1, 8, 8), conditional_norm=True)
    for player in (resnet.Generator, resnet.Discriminator):
        with pytest.raises(ValueError, match="too small for convolutional networks"):
            player(shape=(1, 7, 64))
    assert not has_batch_statistics(resnet.Generator(shape=(1, 8, 8), width=4, norm=False))
    assert has_batch_statistics(resnet.Generator(shape=(1, 8, 8), width=4))
