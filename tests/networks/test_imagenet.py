"""Frozen features of pictures: those of the package's whole network, and heads in closed form."""

from dataclasses import replace

import pytest
import torch

from sparring import networks
from sparring.config.groups import NetworksConfig
from sparring.data.arrays import from_array
from sparring.metrics.pretrained import has_imagenet, imagenet_stages
from sparring.networks import imagenet, skips
from sparring.networks.imagenet import CHANNELS, FeatureDiscriminator, ImageNetFeatures


def smooth() -> torch.Tensor:
    rough = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    return torch.nn.functional.interpolate(rough, size=(64, 64), mode="bilinear") * 2 - 1


@pytest.fixture
def colours() -> torch.Tensor:
    return smooth()


@pytest.mark.skipif(not has_imagenet(), reason="needs the extra imagenet")
@pytest.mark.filterwarnings("ignore")
def test_features_are_those_of_the_whole_network(colours: torch.Tensor) -> None:
    """To half precision, in which the weights are kept: 1 % of the greatest feature of each stage."""
    expected = [stage for stage in imagenet_stages()(colours * 128 + 127) if stage.shape[1] in CHANNELS]
    for ours, theirs in zip(ImageNetFeatures()(colours), expected, strict=True):
        assert ours.shape == theirs.shape
        assert float((ours - theirs).abs().max()) < 0.01 * float(theirs.abs().max())


@pytest.mark.skipif(not has_imagenet(), reason="needs the extra imagenet")
@pytest.mark.filterwarnings("ignore")
def test_the_first_stages_are_the_same_without_those_after_them(colours: torch.Tensor) -> None:
    whole, first = (imagenet_stages(count=count)(colours * 128 + 127) for count in (7, 4))
    assert (len(whole), len(first)) == (7, 4)
    assert all(map(torch.equal, first, whole))


def test_more_is_added_behind_than_before() -> None:
    """As TensorFlow pads even sides: a kernel of k and a stride of s need k - s pixels."""
    found = {
        (kernel, stride): imagenet.around(kernel, stride)
        for kernel, stride in ((1, 1), (3, 1), (3, 2), (5, 1), (5, 2))
    }
    assert found == {(1, 1): (0, 0), (3, 1): (1, 1), (3, 2): (0, 1), (5, 1): (2, 2), (5, 2): (1, 2)}


def test_grey_counts_as_colour_and_alpha_is_not_seen(colours: torch.Tensor) -> None:
    network = ImageNetFeatures()
    for seen, same in (
        (colours[:, :1], colours[:, :1].expand(-1, 3, -1, -1)),
        (torch.cat([colours, colours[:, :1]], 1), colours),
    ):
        for a, b in zip(network(seen), network(same), strict=True):
            assert torch.equal(a, b)


def test_nothing_of_the_features_learns_or_is_kept_in_checkpoints() -> None:
    network = ImageNetFeatures()
    assert not list(network.parameters())
    assert not network.state_dict()
    assert len(list(FeatureDiscriminator().parameters())) == 4 * len(CHANNELS)
    assert len(list(FeatureDiscriminator(classes=3).parameters())) == 5 * len(CHANNELS)


def test_a_feature_logit_is_the_sum_over_stages_of_the_means_over_places(colours: torch.Tensor) -> None:
    """Heads that give the first feature of a stage, whose means are those of the features themselves."""
    judge = FeatureDiscriminator(1)
    with torch.no_grad():
        for weight in judge.parameters():
            weight.zero_()
        for scale, (hidden, head) in enumerate(zip(judge.hidden, judge.heads, strict=True), 1):
            hidden.weight[0, 0] = 1
            hidden.bias[0] = 1000  # the leaky ReLU is then a line
            head.linear.weight[0, 0] = scale
            head.linear.bias[0] = -1000 * scale
        logits = judge(colours)
    seen = judge.features(torch.nn.functional.avg_pool2d(colours, 2))
    expected = sum(scale * stage[:, 0].mean((1, 2)) for scale, stage in enumerate(seen, 1))
    torch.testing.assert_close(logits, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("size", "progress", "halvings", "shown"),
    [
        ((28, 28), 1.0, 0, (64, 64)),
        ((49, 49), 1.0, 0, (64, 64)),
        ((16, 32), 1.0, 0, (45, 91)),  # as many pixels as 64 x 64
        ((20, 300), 1.0, 0, (20, 300)),  # which has more
        ((64, 64), 1.0, 0, (64, 64)),
        ((127, 135), 1.0, 0, (127, 135)),
        ((128, 136), 1.0, 1, (64, 68)),
        ((256, 264), 1.0, 2, (64, 66)),
        ((64, 64), 0.0, 1, (64, 64)),
        ((128, 128), 0.0, 2, (64, 64)),
        ((128, 128), 0.3, 1, (64, 64)),
    ],
)
def test_features_see_pictures_of_64_to_127_pixels(
    size: tuple[int, int], progress: float, halvings: int, shown: tuple[int, int]
) -> None:
    discriminator = skips.Discriminator(shape=(3, *size), width=2, grow=0.5, features="imagenet")
    discriminator.grow_to(progress)
    second = discriminator.second_discriminator
    assert second is not None
    assert second.halvings == halvings
    assert discriminator.second_stride == 4 * 2**halvings
    seen = []
    second.features.register_forward_pre_hook(lambda _, given: seen.append(tuple(given[0].shape[2:])))
    second(torch.zeros(1, 3, *size))
    assert seen == [shown]


def test_enlarged_pictures_are_interpolated() -> None:
    edge = torch.tensor([[[[0.0, 1.0], [0.0, 1.0]]]])
    torch.testing.assert_close(imagenet.enlarged(edge, 4), torch.tensor([0, 0.25, 0.75, 1]).expand(1, 1, 4, 4))
    assert imagenet.enlarged(edge, 2) is edge


def test_small_pictures_are_enlarged() -> None:
    judge = FeatureDiscriminator()
    small = torch.rand(2, 1, 5, 9, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(judge(small), judge(small.repeat_interleave(4, 2).repeat_interleave(4, 3)))


def test_without_features_there_is_no_second_discriminator() -> None:
    assert skips.Discriminator(shape=(3, 32, 32), width=2).second_discriminator is None


def test_the_weights_are_whole() -> None:
    names = {name.rpartition(".")[0] for name in imagenet._weights()}
    blocks = sum(count for *_, count in imagenet.STAGES)
    assert len(names) == 1 + 3 * blocks - 1  # the stem; the first block does not expand


def test_a_feature_logit_knows_the_class(colours: torch.Tensor) -> None:
    judge = FeatureDiscriminator(classes=2)
    with torch.no_grad():
        for head in judge.heads:
            head.projection.weight.copy_(torch.tensor([[0.0], [1.0]]).expand(2, imagenet.HIDDEN))
            head.linear.weight.fill_(0.5)
            head.linear.bias.zero_()
    logits = [judge(colours, torch.full((2,), label)) for label in (0, 1)]
    torch.testing.assert_close(logits[1], 3 * logits[0], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("clusters", [False, True])
def test_labels_are_known_to_features_and_clusters_are_not(clusters: bool) -> None:
    spec = replace(from_array(torch.zeros(8, 3, 16, 16), torch.arange(8) % 4).spec, clusters=clusters)
    chosen = NetworksConfig(discriminator="skips", d_features="imagenet", d_width=2)
    second = networks.discriminator(chosen, spec, 4).second_discriminator
    assert isinstance(second, FeatureDiscriminator)
    assert all((head.projection is None) == clusters for head in second.heads)
