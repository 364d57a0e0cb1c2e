"""Networks for music: sizes, and intervals that are the same in any key."""

import math

import pytest
import torch

from sparring.data.music.codec import Notes
from sparring.networks import notes

CODEC = Notes((60, 48), (13, 13), 16)
SYMBOLS = sum(CODEC.sizes)


def rolls(seed: int = 0, steps: int = 8) -> torch.Tensor:
    rng = torch.Generator().manual_seed(seed)
    drawn = torch.randint(0, 11, (3, steps, 2), generator=rng) + torch.tensor([60, 48])
    return drawn.to(torch.int16)


@pytest.mark.parametrize(("steps", "classes"), [(8, 0), (9, 0), (3, 2)])
def test_players_take_any_length_and_classes(steps: int, classes: int) -> None:
    shape, labels = (steps, SYMBOLS), (torch.tensor([0, 1, 1]),) if classes else ()
    generator = notes.Generator(shape=shape, head=CODEC.head, latent_dim=5, width=8, depth=2, classes=classes)
    made = generator(torch.randn(3, 5), *labels)
    assert made.shape == (3, *shape)
    assert ((made - made.round()).abs() < 1e-6).all()
    discriminator = notes.Discriminator(shape=shape, codec=CODEC, width=8, classes=classes)
    assert discriminator(made, *labels).shape == (3,)
    assert notes.Discriminator(shape=shape, width=8, classes=classes).intervals is None


def test_intervals_are_the_same_in_any_key_and_other_where_one_voice_moves() -> None:
    see = notes.Intervals(CODEC.lowest, CODEC.counts)
    here = rolls()
    found, higher = (see(CODEC.encode(x)) for x in (here, here + 2))
    products = see.features - 2 * 2 * 6  # behind them stand the waves of each voice
    assert found.shape == (3, 8, see.features)
    assert torch.allclose(found[..., :products], higher[..., :products], atol=1e-4)
    assert not torch.allclose(found[..., products:], higher[..., products:], atol=0.1)
    moved = see(CODEC.encode(here + torch.tensor([1, 0], dtype=torch.int16)))
    assert (moved - found)[..., :products].abs().amax(-1).min() > 0.1


def test_the_product_of_two_voices_tells_their_interval() -> None:
    see = notes.Intervals(CODEC.lowest, CODEC.counts)
    fifth = CODEC.encode(torch.tensor([[[67, 60]]]))
    found = see(fifth)[0, 0]
    count = 1 + 2  # the pair, then each voice and itself before
    k = torch.arange(1, 7)
    assert torch.allclose(found[:6], torch.cos(2 * math.pi * k * 7 / 12), atol=1e-5)
    assert torch.allclose(found[6 * count : 6 * count + 6], torch.sin(2 * math.pi * k * 7 / 12), atol=1e-5)
    assert (found[6:18] == 0).all()  # there is nothing before the first beat


def test_a_rest_has_no_interval() -> None:
    see = notes.Intervals(CODEC.lowest, CODEC.counts)
    found = see(CODEC.encode(torch.tensor([[[0, 50]]])))[0, 0]
    assert (found[:18] == 0).all()
    assert (found[18:36] == 0).all()


def test_what_was_before_is_moved_in_time() -> None:
    features = torch.arange(5.0)[None, :, None]
    assert notes.before(features, 2)[0, :, 0].tolist() == [0, 0, 0, 1, 2]
    assert notes.before(features, 9)[0, :, 0].tolist() == [0] * 5


def test_neighbours_in_time_are_convolved() -> None:
    near, x = notes.Near(2, 3), torch.randn(1, 6, 2)
    weight = near.weight.unflatten(1, (3, 2)).transpose(1, 2)  # (C', C, 3)
    expected = torch.nn.functional.conv1d(x.transpose(1, 2), weight, near.bias, padding=1).transpose(1, 2)
    assert torch.allclose(near(x), expected, atol=1e-6)
