"""The skips networks: sums over scales, in closed form."""

import math

import pytest
import torch

from sparring.networks import blocks, skips

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
    """A picture of its bias alone at each of four scales: tanh of their sum, and a hundredth of it."""
    generator = skips.Generator(shape=(1, 32, 32), latent_dim=5, width=4)
    with torch.no_grad():
        for scale, to_picture in enumerate(generator.pictures):
            to_picture.weight.zero_()
            to_picture.bias.fill_(0.1 * 2**scale)
        pictures = generator(torch.randn(2, 5))
    assert len(generator.pictures) == 4
    torch.testing.assert_close(pictures, torch.full((2, 1, 32, 32), math.tanh(1.5) + 0.015))


def test_latents_are_made_as_long_as_their_percentage_says() -> None:
    generator = skips.Generator(shape=(1, 16, 16), latent_dim=3, width=4).eval()
    latents = torch.randn(2, 3)
    with torch.no_grad():
        for layer in generator.pictures:
            layer.weight.normal_()
        longer = generator(1.5 * latents)
        generator.latent_percent.fill_(150)
        torch.testing.assert_close(generator(latents), longer)


def test_a_coarse_scale_is_enlarged_without_steps() -> None:
    """A coarse picture that rises by 1 from place to place rises evenly, by 1/8, from pixel to pixel."""
    generator = skips.Generator(shape=(1, 32, 32), latent_dim=1, width=1).eval()
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.zero_()
        generator.norm.weight.fill_(1)
        generator.coarsest[0].weight[:16] = 0.1 * torch.arange(4.0).repeat(4)[:, None]  # one channel, 4 x 4
        generator.pictures[0].weight[0, 0] = 1
        drawn = generator(torch.ones(1, 1))[0, 0]
        picture = drawn.clone()
        for _ in range(9):  # Newton's method: what becomes the picture by the leaky tanh
            picture -= (skips.leaky_tanh(picture) - drawn) / (1.01 - picture.tanh() ** 2)
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
        discriminator.views[0].weight[0, 0, 1, 1] = 1  # a pixel itself
        discriminator.patches[0].weight.fill_(1)
        picture = torch.zeros(1, 1, 16, 16)
        picture[..., :8] = 1
    assert discriminator(picture).tolist() == [0.5]


def test_where_pictures_entered_they_are_still_seen() -> None:
    """Pixels of 1, 2, 3, 4 in each 2 x 2: at half the size their mean, 2.5."""
    discriminator = growing(64, grow=0.5)[1]
    with torch.no_grad():
        for parameter in discriminator.parameters():
            parameter.zero_()
        discriminator.views[1].weight[:, 0, 1, 1] = 0.5
        discriminator.patches[1].weight.fill_(1)
        picture = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).repeat(32, 32)[None, None]
        assert discriminator(picture).tolist() == [2.5]
        assert len(growing(64, grow=0.0)[1].views) == len(growing(32, grow=0.5)[1].views) == 1


def growing(side: int, grow: float) -> tuple[skips.Generator, skips.Discriminator]:
    shape = (1, side, side)
    generator = skips.Generator(shape=shape, latent_dim=3, width=2, grow=grow).eval()
    return generator, skips.Discriminator(shape=shape, width=2, grow=grow)


def test_pictures_double_at_equal_distances() -> None:
    expected = {256: [3, 3, 2, 1, 0, 0], 128: [2, 2, 1, 1, 0, 0], 100: [1, 1, 1, 1, 0, 0], 32: [0] * 6}
    for side, left_out in expected.items():
        growth = skips.Growth(side, grow=0.6)
        found = []
        for progress in (0.0, 0.19, 0.39, 0.59, 0.6, 1.0):
            assert growth.grow_to(progress) == 2**-growth.left_out
            found.append(growth.left_out)
        assert found == left_out


def test_a_scale_that_has_come_in_stays() -> None:
    """Also with a greater budget, which sets the progress back, and in another training of these weights."""
    generator, discriminator = growing(128, grow=0.5)
    for network in growing(128, grow=0.5):
        network.grow_to(0.3)
        network.grow_to(0.0)
        assert network.growth.left_out == 1
        taken_over = generator if isinstance(network, skips.Generator) else discriminator
        taken_over.load_state_dict(network.state_dict())
        taken_over.grow_to(0.1)
        assert taken_over.growth.left_out == 1


def test_players_that_were_trained_whole_stay_whole() -> None:
    whole, later = growing(64, grow=0.0)[0], growing(64, grow=0.5)[0]
    whole.grow_to(0.0)
    later.load_state_dict(whole.state_dict())
    later.grow_to(0.1)
    assert later.growth.left_out == 0


def test_a_scale_that_has_not_learnt_adds_nothing() -> None:
    generator, latents = growing(64, grow=0.0)[0], torch.randn(2, 3)
    before = generator(latents)
    with torch.no_grad():
        for layer in generator.growing:
            layer.weight.normal_()
    assert torch.equal(generator(latents), before)


def test_a_scale_does_not_learn_before_it_comes_in_and_pixels_are_repeated_for_it() -> None:
    """The mean of each block of pixels is what was drawn, so a smaller view of it is exact."""
    generator = growing(128, grow=0.5)[0]
    latents = torch.randn(2, 3)
    for progress, learning in ((0.0, 4), (0.3, 5), (0.5, 6)):
        generator.grow_to(progress)
        pictures = generator(latents)
        seen = pictures
        for _ in range(6 - learning):
            seen = blocks.half_size(seen)
        torch.testing.assert_close(pictures, skips.interpolate(seen, scale_factor=2 ** (6 - learning)))
        slopes = torch.autograd.grad(
            pictures.sum(), [layer.weight for layer in generator.pictures], allow_unused=True
        )
        assert [slope is not None for slope in slopes] == [scale < learning for scale in range(6)]


def test_a_discriminator_sees_only_what_has_come_in() -> None:
    """Dots that alternate from pixel to pixel have the mean 0 at half the size."""
    discriminator = growing(64, grow=0.5)[1]
    picture = torch.randn(2, 1, 64, 64)
    dots = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).repeat(32, 32)
    discriminator.grow_to(0.0)
    torch.testing.assert_close(discriminator(picture + dots), discriminator(picture))
    discriminator.grow_to(0.5)
    assert not torch.allclose(discriminator(picture + dots), discriminator(picture))


@pytest.mark.parametrize(
    ("side", "progress", "halvings"), [(64, 0.0, 1), (64, 0.5, 0), (128, 0.0, 2), (128, 0.3, 1), (128, 0.5, 1)]
)
def test_the_second_discriminator_sees_no_detail_that_cannot_be_drawn_yet(
    side: int, progress: float, halvings: int
) -> None:
    discriminator = skips.Discriminator(shape=(1, side, side), width=2, grow=0.5, features="imagenet")
    second = discriminator.second_discriminator
    assert second is not None
    discriminator.grow_to(progress)
    assert second.halvings == halvings
    assert discriminator.second_stride == 4 * 2**halvings
    picture = torch.randn(2, 1, side, side)
    seen = picture
    for _ in range(halvings):
        seen = blocks.half_size(seen)
    shown = skips.interpolate(seen, scale_factor=2**halvings)
    torch.testing.assert_close(second(picture), second(shown))
    assert not torch.allclose(second(picture), second(torch.randn(2, 1, side, side)))


def test_a_picture_that_is_all_white_can_still_learn() -> None:
    x = torch.tensor([30.0, -30.0, 0.0], requires_grad=True)
    (slope,) = torch.autograd.grad(skips.leaky_tanh(x).sum(), x)
    torch.testing.assert_close(slope, torch.tensor([0.01, 0.01, 1.01]))


def test_modulated_batch_norm_has_the_latents_scale_and_shift() -> None:
    """Latents (1, 0) and (0, 1): scales 1 + tanh 2 and 1 + tanh 3 of the first channel, shifts 6 and 7."""
    x = torch.tensor([[[[1.0, 3.0]], [[0.0, 0.0]]], [[[5.0, 7.0]], [[2.0, 2.0]]]]).double()
    layer = blocks.ModulatedBatchNorm(2, 2).double()
    with torch.no_grad():
        layer.modulation.weight.copy_(torch.tensor([[2.0, 3.0], [4.0, 5.0], [6.0, 7.0], [8.0, 9.0]]))
        layer.norm.weight.fill_(1)
    found = layer(x, torch.eye(2).double())
    normed = torch.tensor([[-3.0, -1.0], [1.0, 3.0]]).double() / (5 + 1e-5) ** 0.5  # mean 4, variance 5
    expected = torch.stack([(1 + math.tanh(2)) * normed[0] + 6, (1 + math.tanh(3)) * normed[1] + 7])
    torch.testing.assert_close(found[:, 0, 0], expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("scale", [0, 1])
def test_every_scale_knows_the_latent(scale: int) -> None:
    """A latent of 0.3 shifts the features of one scale alone, whose sum over channels is the picture."""
    generator = skips.Generator(shape=(1, 16, 16), latent_dim=1, width=2).eval()
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.zero_()
        generator.norms[scale].modulation.weight.fill_(1)
        channels, side = generator.pictures[scale + 1].weight.shape[1:3]
        generator.pictures[scale + 1].weight[..., side // 2, side // 2] = 1
        picture = generator(torch.full((1, 1), 0.3))
    expected = math.tanh(0.3 * channels) + 0.003 * channels
    torch.testing.assert_close(picture, torch.full((1, 1, 16, 16), expected))


def test_latent_noise_is_normal_and_has_no_pattern() -> None:
    """Its own strength in each channel, as strong for short latents, and no pixel tells of its neighbours."""
    layer = blocks.LatentNoise(2, 24, (64, 48), seed=1)
    with torch.no_grad():
        layer.strength.copy_(torch.tensor([0.5, -2.0]).view(2, 1, 1))
    latents = torch.randn(64, 24, generator=torch.Generator().manual_seed(0))
    found = layer(torch.ones(64, 2, 64, 48), latents).detach() - 1
    torch.testing.assert_close(found[:, 1], -4 * found[:, 0])
    noise = 2 * found[:, 0]
    assert abs(float(noise.mean())) < 0.01
    assert abs(float(noise.std()) - 1) < 0.02
    assert abs(float((noise[:, 1:] * noise[:, :-1]).mean())) < 0.01
    assert abs(float((noise[..., 1:] * noise[..., :-1]).mean())) < 0.01
    torch.testing.assert_close(layer(torch.zeros(64, 2, 64, 48), 0.3 * latents).detach(), found)
    assert layer(torch.ones(1, 2, 64, 48), torch.zeros(1, 24)).unique().tolist() == [1]


def test_latent_noise_keeps_the_precision_of_features() -> None:
    layer = blocks.LatentNoise(2, 3, (4, 4), seed=1)
    assert layer(torch.ones(1, 2, 4, 4, dtype=torch.bfloat16), torch.ones(1, 3)).dtype == torch.bfloat16


def test_a_latent_has_one_noise_in_every_copy_of_a_network() -> None:
    """Of each scale its own; what the random numbers are is part of what weights mean, and never changes."""
    first, second = (skips.Generator(shape=(1, 32, 32), latent_dim=3, width=2) for _ in range(2))
    projections = [noise.projection for noise in first.noises]
    assert [tuple(fixed.shape) for fixed in projections] == [(3, 8, 8), (3, 16, 16)]
    for one, other in zip(first.noises, second.noises, strict=True):
        assert torch.equal(one.projection, other.projection)
    torch.testing.assert_close(projections[0][0, 0, :2], torch.tensor([1.62434536, -0.61175641]))
    assert not torch.equal(projections[1][:, :8, :8], projections[0])
    assert not any("projection" in name for name in first.state_dict())


@pytest.mark.parametrize(("side", "scale"), [(16, 0), (64, 0), (64, 3)])
def test_a_scale_has_noise(side: int, scale: int) -> None:
    """A picture of the noise of one scale alone, where it is above 0."""
    generator = skips.Generator(shape=(1, side, side), latent_dim=3, width=1).eval()
    latents = torch.randn(2, 3)
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.zero_()
        generator.noises[scale].strength.fill_(1)
        to_picture = generator.pictures[scale + 1].weight
        to_picture[0, 0, to_picture.shape[2] // 2, to_picture.shape[3] // 2] = 1
        picture = generator(latents)
        part = 8 << scale
        expected = generator.noises[scale](torch.zeros(2, 1, part, part), latents).relu()[:, :1]
        while expected.shape[2] < side:
            expected = skips.interpolate(expected, scale_factor=2, mode="bilinear")
    torch.testing.assert_close(picture, skips.leaky_tanh(expected))


@pytest.mark.parametrize(("shape", "finest"), [((3, 32, 32), 16), ((1, 80, 63), 40), ((3, 64, 70), 64)])
def test_small_pictures_have_no_noise_of_single_pixels(shape: tuple[int, ...], finest: int) -> None:
    generator = skips.Generator(shape=shape, latent_dim=3, width=2)
    assert generator.noises[-1].projection.shape[1] == finest


@pytest.mark.parametrize(("height", "width"), [(2, 2), (8, 6), (7, 5)])
def test_half_size_is_the_mean_of_four_pixels(height: int, width: int) -> None:
    pictures = torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(blocks.half_size(pictures), torch.nn.functional.avg_pool2d(pictures, 2))
