"""Networks: shapes, labels, and the tutorial's exact players."""

import pytest
import torch
from torch import nn

from sparring.networks import blocks, dcgan, mlp
from sparring.networks.blocks import has_batch_statistics
from sparring.networks.network import at_rest

SHAPES = [(1, 8, 8), (1, 28, 28), (3, 32, 32), (4, 64, 64), (1, 28, 40), (3, 37, 53), (1, 9, 30)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("module", [dcgan, mlp])
def test_shapes(module: object, shape: tuple[int, ...], classes: int) -> None:
    options = {"width": 4} if module is dcgan else {"hidden": (8, 8)}
    generator = module.Generator(shape=shape, latent_dim=5, classes=classes, **options)  # type: ignore[attr-defined]
    discriminator = module.Discriminator(shape=shape, classes=classes, **options)  # type: ignore[attr-defined]
    labels = (torch.tensor([0, 2]),) if classes else ()
    fake = generator(torch.randn(2, 5), *labels)
    assert fake.shape == (2, *shape)
    assert float(fake.detach().abs().max()) <= 1
    assert discriminator(fake, *labels).shape == (2,)


@pytest.mark.parametrize(("shape", "features"), [((1, 8, 8), 4 * 4 * 4), ((3, 37, 53), 16 * 4 * 6)])
@pytest.mark.parametrize("hidden", [0, 6])
@pytest.mark.parametrize("norm", [False, True])
def test_shapes_of_convolutional_variants(
    shape: tuple[int, ...], features: int, hidden: int, norm: bool
) -> None:
    generator = dcgan.Generator(shape=shape, latent_dim=5, width=4, norm=norm)
    discriminator = dcgan.Discriminator(shape=shape, width=4, hidden=hidden, norm=norm)
    fake = generator(torch.randn(3, 5))
    assert fake.shape == (3, *shape)
    assert discriminator(fake).shape == (3,)
    assert discriminator.head.linear.in_features == (hidden or features)
    assert has_batch_statistics(generator) is norm


@pytest.mark.parametrize("module", [dcgan, mlp])
def test_without_batch_statistics_a_sample_is_judged_alone(module: object) -> None:
    discriminator = module.Discriminator(shape=(1, 8, 8))  # type: ignore[attr-defined]
    pictures = torch.randn(4, 1, 8, 8)
    alone = torch.cat([discriminator(picture[None]) for picture in pictures])
    torch.testing.assert_close(discriminator(pictures), alone, rtol=0, atol=1e-5)


def test_one_picture_gives_a_vector_of_one_logit() -> None:
    assert mlp.Discriminator(shape=(1, 8, 8))(torch.randn(1, 1, 8, 8)).shape == (1,)
    assert dcgan.Discriminator(shape=(1, 8, 8))(torch.randn(1, 1, 8, 8)).shape == (1,)


def test_the_projection_head() -> None:
    """w.h + b + V_y.h, here with w = (1, 2), b = 3, V_0 = (0, 1), V_1 = (10, 0)."""
    head = blocks.ClassHead(2, 2)
    head.load_state_dict(
        {
            "linear.weight": torch.tensor([[1.0, 2.0]]),
            "linear.bias": torch.tensor([3.0]),
            "projection.weight": torch.tensor([[0.0, 1.0], [10.0, 0.0]]),
        }
    )
    assert head(torch.tensor([[4.0, 5.0], [4.0, 5.0]]), torch.tensor([0, 1])).tolist() == [17 + 5, 17 + 40]


def test_the_class_is_appended_to_the_latent() -> None:
    latents = blocks.ClassLatent(3)(torch.tensor([[0.5, -0.5]]), torch.tensor([1]))
    assert latents.tolist() == [[0.5, -0.5, 0, 1, 0]]
    assert blocks.ClassLatent(0)(torch.ones(1, 2), torch.tensor([1])).tolist() == [[1, 1]]


def test_how_often_a_picture_is_halved() -> None:
    sides = [(8, 8), (15, 99), (28, 28), (32, 32), (28, 64), (64, 64), (127, 128)]
    assert [dcgan.scales(*pair, 4) for pair in sides] == [1, 1, 2, 3, 2, 4, 4]
    assert [dcgan.scales(*pair, 3) for pair in sides] == [1, 2, 3, 3, 3, 4, 5]
    assert dcgan.channels_by_scale(4, 5) == [4, 8, 16, 32, 32]


def test_parameters_of_the_convolutional_players() -> None:
    """28 x 28, width 4: 14 x 14 x 4, 7 x 7 x 8, for the discriminator 3 x 3 x 16; 4 x 4 kernels."""
    generator = dcgan.Generator(shape=(1, 28, 28), latent_dim=5, width=4)
    discriminator = dcgan.Discriminator(shape=(1, 28, 28), width=4)
    count = [sum(p.numel() for p in player.parameters()) for player in (generator, discriminator)]
    assert count == [
        5 * 8 * 49 + 2 * 8 + 8 * 4 * 16 + 2 * 4 + 4 * 1 * 16 + 1,
        1 * 4 * 16 + 4 + 4 * 8 * 16 + 8 + 8 * 16 * 16 + 16 + 16 * 9 + 1,
    ]


@pytest.mark.parametrize("module", [dcgan, mlp])
def test_class_conditional_players_insist_on_labels(module: object) -> None:
    generator = module.Generator(shape=(1, 8, 8), latent_dim=5, classes=2)  # type: ignore[attr-defined]
    discriminator = module.Discriminator(shape=(1, 8, 8), classes=2)  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="with labels"):
        generator(torch.randn(2, 5))
    with pytest.raises(ValueError, match="with labels"):
        discriminator(torch.randn(2, 1, 8, 8))


@pytest.mark.parametrize("module", [dcgan, mlp])
def test_labels_change_the_answer(module: object) -> None:
    torch.manual_seed(0)
    generator = module.Generator(shape=(1, 8, 8), latent_dim=5, classes=2)  # type: ignore[attr-defined]
    discriminator = module.Discriminator(shape=(1, 8, 8), classes=2)  # type: ignore[attr-defined]
    latents, zero, one = torch.randn(4, 5), torch.zeros(4).long(), torch.ones(4).long()
    assert not torch.equal(generator(latents, zero), generator(latents, one))
    pictures = torch.randn(4, 1, 8, 8)
    assert not torch.equal(discriminator(pictures, zero), discriminator(pictures, one))


def test_pictures_too_small_for_convolutions() -> None:
    for side in (1, 4, 7):
        with pytest.raises(ValueError, match="too small for convolutional networks"):
            dcgan.Generator(shape=(1, side, 64))
    for side in (1, 3, 5):
        with pytest.raises(ValueError, match="too small for convolutional networks"):
            dcgan.Discriminator(shape=(1, 64, side))


def test_the_tutorials_players() -> None:
    generator = mlp.Generator(shape=(1, 28, 28), latent_dim=100, hidden=(256,))
    discriminator = mlp.Discriminator(shape=(1, 28, 28), hidden=(256,))
    count = [sum(p.numel() for p in player.parameters()) for player in (generator, discriminator)]
    assert count == [100 * 256 + 256 + 256 * 784 + 784, 784 * 256 + 256 + 256 + 1]
    kinds = [type(layer) for layer in generator.layers]
    assert kinds == [nn.Linear, nn.ReLU, nn.Linear, nn.Unflatten, nn.Tanh]
    assert [type(layer) for layer in discriminator.layers] == [nn.Flatten, nn.Linear, nn.LeakyReLU]
    assert discriminator.layers[2].negative_slope == 0.2


def test_batch_statistics_are_found() -> None:
    assert has_batch_statistics(dcgan.Discriminator(shape=(1, 28, 28), norm=True))
    assert not has_batch_statistics(dcgan.Discriminator(shape=(1, 28, 28), norm=False))


def test_minibatch_deviation_is_the_mean_deviation_of_each_group() -> None:
    features = torch.randn(8, 2, 3, 3, generator=torch.Generator().manual_seed(0))
    out = blocks.MinibatchDeviation(group=4)(features)
    assert out.shape == (8, 3, 3, 3)
    assert torch.equal(out[:, :2], features)
    for half in (slice(0, 4), slice(4, 8)):
        expected = float(features[half].std(0, unbiased=False).mean())
        torch.testing.assert_close(out[half, 2], torch.full((4, 3, 3), expected), rtol=1e-4, atol=0)
    alike = blocks.MinibatchDeviation()(torch.ones(6, 1, 2, 2))
    assert float(alike[:, 1].abs().max()) < 1e-3


def test_minibatch_deviation_keeps_real_and_fake_apart() -> None:
    assert has_batch_statistics(dcgan.Discriminator(shape=(1, 28, 28), deviation=True))
    judge = dcgan.Discriminator(shape=(1, 28, 28), width=4, hidden=8, deviation=True)
    assert judge(torch.randn(5, 1, 28, 28)).shape == (5,)


def test_points_are_not_bounded() -> None:
    generator = mlp.Generator(shape=(2,), latent_dim=4, head=nn.Identity)
    assert not any(isinstance(layer, nn.Tanh) for layer in generator.layers)


def test_only_the_last_layer_has_a_bias_where_batchnorm_would_undo_it() -> None:
    generator = dcgan.Generator(shape=(4, 64, 64), width=4)
    convolutions = [m for m in generator.modules() if isinstance(m, nn.ConvTranspose2d)]
    assert [m.bias is not None for m in convolutions] == [False, False, False, True]


def test_at_rest_every_layer_evaluates_and_is_then_as_it_was() -> None:
    player = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    player[1].eval()  # a layer that its owner keeps fixed
    with at_rest(player):
        assert not any(layer.training for layer in player.modules())
    assert [layer.training for layer in player.modules()] == [True, True, False]


@pytest.mark.parametrize("bias", [True, False])
def test_upsampling_is_nearest_enlargement_and_a_convolution(bias: bool) -> None:
    layer = blocks.UpsampleConv2d(3, 5, bias=bias)
    # A transposed convolution sees its kernel the other way round, inputs first.
    convolution = nn.Conv2d(3, 5, 3, padding=1, bias=bias)
    convolution.weight.data = layer.weight.data.flip(2, 3).transpose(0, 1)
    if layer.bias is not None:
        convolution.bias = layer.bias
    features = torch.randn(2, 3, 4, 7, generator=torch.Generator().manual_seed(0))
    expected = convolution(nn.functional.interpolate(features, scale_factor=2, mode="nearest"))
    assert torch.allclose(layer(features), expected, atol=1e-6)


def test_upsampling_is_initialised_as_a_convolution_is() -> None:
    torch.manual_seed(0)
    layer, convolution = blocks.UpsampleConv2d(64, 32), nn.Conv2d(64, 32, 3)
    bounds = [float(weight.detach().abs().max()) for weight in (layer.weight, convolution.weight)]
    assert bounds[0] == pytest.approx(bounds[1], rel=0.02)


def test_a_dcgan_generator_enlarges_as_it_is_told() -> None:
    kinds = {
        name: {type(layer) for layer in dcgan.Generator(shape=(3, 16, 16), width=4, upsampling=name).layers}
        for name in ("transposed", "nearest")
    }
    assert [nn.ConvTranspose2d in kinds[name] for name in ("transposed", "nearest")] == [True, False]
    assert blocks.UpsampleConv2d in kinds["nearest"]
