"""Augmentations against pictures altered by hand, their laws, their derivatives, and adaptive p."""

import math

import pytest
import torch
from torch import Tensor, nn

from sparring.games import augment
from sparring.games.augment import Augmentation, Transform
from sparring.games.logits import sign_of_pairs

ALL = {
    "mirror": augment.MIRROR,
    "quarter_turns": augment.QUARTER_TURNS,
    "colour": augment.COLOUR,
    "translation": augment.TRANSLATION,
    "cutout": augment.CUTOUT,
    "geometry": augment.GEOMETRY,
    "colour_matrix": augment.COLOUR_MATRIX,
}
ALWAYS, NEVER = torch.tensor(1.0), torch.tensor(0.0)
NEUTRAL = 0.999  # a number that takes no transformation of p below it


def pictures(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def uniform(numbers: int, count: int, seed: int = 1) -> Tensor:
    return torch.rand(numbers, count, generator=torch.Generator().manual_seed(seed))


def by_hand(name: str, x: Tensor, numbers: dict[int, float], p: float = 0.5) -> Tensor:
    """The transformation of one picture (C, H, W) with these uniform numbers, the others neutral."""
    transform = ALL[name]
    u = torch.full((transform.numbers, 1), NEUTRAL)
    for place, value in numbers.items():
        u[place] = value
    seen: Tensor = getattr(augment, name)(x[None], u, torch.tensor(p))[0]
    return seen


@pytest.mark.parametrize("shape", [(6, 1, 8, 8), (6, 3, 8, 10), (6, 4, 9, 7)])
@pytest.mark.parametrize("name", ALL)
def test_without_p_every_picture_comes_back_exactly(name: str, shape: tuple[int, ...]) -> None:
    x = pictures(*shape)
    if name == "quarter_turns":
        x = x[..., : min(shape[2:]), : min(shape[2:])]
    seen = ALL[name].function(x, uniform(ALL[name].numbers, len(x)), NEVER)
    assert torch.equal(seen, x)


@pytest.mark.parametrize("name", ALL)
def test_with_p_in_the_middle_some_pictures_come_back_exactly_and_others_do_not(name: str) -> None:
    x = pictures(64, 3, 8, 8)
    seen = getattr(augment, name)(x, uniform(ALL[name].numbers, 64), torch.tensor(0.3))
    same = (seen == x).flatten(1).all(1)
    assert 5 < int(same.sum()) < 64
    assert seen.shape == x.shape
    assert seen.isfinite().all()


@pytest.mark.parametrize("name", ALL)
def test_samples_are_altered_one_by_one(name: str) -> None:
    x, u = pictures(16, 3, 8, 8), uniform(ALL[name].numbers, 16)
    function = getattr(augment, name)
    alone = torch.cat([function(x[k : k + 1], u[:, k : k + 1], torch.tensor(0.6)) for k in range(16)])
    torch.testing.assert_close(function(x, u, torch.tensor(0.6)), alone, rtol=0, atol=1e-5)


def test_mirror() -> None:
    x = pictures(3, 4, 6)
    assert torch.equal(by_hand("mirror", x, {0: 0.1, 1: 0.4}), x.flip(2))
    assert torch.equal(by_hand("mirror", x, {0: 0.1, 1: 0.6}), x)
    assert torch.equal(by_hand("mirror", x, {0: 0.6, 1: 0.4}), x)


def test_quarter_turns() -> None:
    x = pictures(3, 4, 4)
    for k in range(4):
        assert torch.equal(by_hand("quarter_turns", x, {0: 0.1, 1: k / 4 + 0.1}), x.rot90(k, (1, 2)))
    assert torch.equal(by_hand("quarter_turns", x, {0: 0.6, 1: 0.3}), x)
    with pytest.raises(ValueError, match="cannot be turned by 90 degrees"):
        by_hand("quarter_turns", x[:, :3], {})


def test_translation_moves_by_whole_pixels_and_nought_moves_in() -> None:
    """16 x 24 pixels: at most 2 down and 3 across. u = 0 and almost 1 are the ends of the law."""
    x = pictures(2, 16, 24)
    far = by_hand("translation", x, {0: 0.1, 1: 0.0, 2: 0.0})
    expected = torch.zeros_like(x)
    expected[:, 2:, 3:] = x[:, :-2, :-3]
    torch.testing.assert_close(far, expected, rtol=0, atol=1e-5)
    other = by_hand("translation", x, {0: 0.1, 1: 0.9999, 2: 0.5})
    expected = torch.zeros_like(x)
    expected[:, :, :-3] = x[:, :, 3:]
    torch.testing.assert_close(other, expected, rtol=0, atol=1e-5)


def test_cutout_takes_half_of_each_side() -> None:
    """8 x 12 pixels: a box of 4 x 6 around a centre from 0 to 8 and 0 to 12."""
    x = torch.ones(1, 8, 12)
    middle = by_hand("cutout", x, {0: 0.1, 1: 4.5 / 9, 2: 6.5 / 13})[0]
    expected = torch.ones(8, 12)
    expected[2:6, 3:9] = 0
    assert torch.equal(middle, expected)
    corner = by_hand("cutout", x, {0: 0.1, 1: 0.0, 2: 0.9999})[0]
    expected = torch.ones(8, 12)
    expected[:2, 9:] = 0
    assert torch.equal(corner, expected)


def test_colour_by_hand() -> None:
    x = pictures(3, 4, 4)
    neutral = {0: 0.1, 1: 0.5, 2: 0.5, 3: 0.5}  # brightness + 0, saturation * 1, contrast * 1
    torch.testing.assert_close(by_hand("colour", x, neutral), x, rtol=0, atol=1e-6)
    brighter = by_hand("colour", x, neutral | {1: 0.75})
    torch.testing.assert_close(brighter, x + 0.25, rtol=0, atol=1e-6)
    grey = by_hand("colour", x, neutral | {2: 0.0})
    torch.testing.assert_close(grey, x.mean(0, keepdim=True).expand(3, 4, 4), rtol=0, atol=1e-6)
    garish = by_hand("colour", x, neutral | {2: 0.75})
    torch.testing.assert_close(garish, x + 0.5 * (x - x.mean(0, keepdim=True)), rtol=0, atol=1e-6)
    flat = by_hand("colour", x, neutral | {3: 0.0})
    torch.testing.assert_close(flat, x.mean() + 0.5 * (x - x.mean()), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["colour", "colour_matrix"])
def test_alpha_keeps_its_values_and_other_channels_are_refused(name: str) -> None:
    x = pictures(5, 4, 3, 3)
    function = getattr(augment, name)
    u = uniform(ALL[name].numbers, 5)
    seen = function(x, u, ALWAYS)
    assert torch.equal(seen[:, 3], x[:, 3])
    torch.testing.assert_close(seen[:, :3], function(x[:, :3], u, ALWAYS), rtol=0, atol=1e-6)
    with pytest.raises(ValueError, match="give 1, 3 or 4"):
        function(x[:, :2], u, ALWAYS)


def quantile(value: float) -> float:
    """The uniform number that ``normal`` turns into so many deviations."""
    return 0.5 * (1 + math.erf(value / math.sqrt(2)))


def test_colour_matrix_by_hand() -> None:
    """One deviation each: brightness + 0.2, contrast * sqrt 2, saturation * 2; luma turned over."""
    x, one = pictures(3, 4, 4), quantile(1.0)
    grey = x.mean(0, keepdim=True)
    close = {"rtol": 0, "atol": 1e-5}
    torch.testing.assert_close(by_hand("colour_matrix", x, {0: 0.1, 1: one}), x + 0.2, **close)
    torch.testing.assert_close(by_hand("colour_matrix", x, {2: 0.1, 3: one}), x * 2**0.5, **close)
    torch.testing.assert_close(by_hand("colour_matrix", x, {4: 0.1, 5: 0.4}), x - 2 * grey, **close)
    torch.testing.assert_close(by_hand("colour_matrix", x, {4: 0.1, 5: 0.6}), x, **close)
    torch.testing.assert_close(by_hand("colour_matrix", x, {8: 0.1, 9: one}), grey + 2 * (x - grey), **close)
    third = by_hand("colour_matrix", x, {6: 0.1, 7: 0.5 + 1 / 3})  # a third of the circle: r -> g -> b -> r
    torch.testing.assert_close(third, x.roll(1, 0), **close)
    both = by_hand("colour_matrix", x, {0: 0.1, 1: one, 2: 0.1, 3: one})
    torch.testing.assert_close(both, 2**0.5 * (x + 0.2), **close)


def test_colour_matrix_of_grey_is_that_of_colour_without_colour() -> None:
    x, u = pictures(8, 1, 4, 4), uniform(10, 8)
    seen = augment.colour_matrix(x, u, ALWAYS)
    coloured = augment.colour_matrix(x.expand(8, 3, 4, 4), u, ALWAYS)
    torch.testing.assert_close(coloured, seen.expand(8, 3, 4, 4), rtol=0, atol=1e-5)


def test_geometry_shifts_by_whole_pixels() -> None:
    """16 x 32 pixels, u = (1, 0.5 + 1/4): by 4 of 32 and 1 of 16, reflected at the edge."""
    x = pictures(1, 16, 32)
    seen = by_hand("geometry", x, {0: 0.1, 1: 0.99999, 2: 0.75})
    torch.testing.assert_close(seen[:, :-1, :-4], x[:, 1:, 4:], rtol=0, atol=1e-5)
    torch.testing.assert_close(seen[:, -1, :-4], x[:, -1, 4:], rtol=0, atol=1e-5)
    torch.testing.assert_close(seen[:, :-1, -4:], x[:, 1:, -4:].flip(2), rtol=0, atol=1e-5)


@pytest.mark.parametrize("places", [(5, 6), (9, 10)])
def test_geometry_turns(places: tuple[int, int]) -> None:
    """u = 3/4 is a quarter of a circle; on square pictures that is rot90 exactly."""
    x = pictures(2, 6, 6)
    seen = by_hand("geometry", x, {places[0]: 0.1, places[1]: 0.75})
    torch.testing.assert_close(seen, x.rot90(1, (1, 2)), rtol=0, atol=1e-5)


def test_geometry_turns_a_picture_that_is_not_square_without_shearing_it() -> None:
    """The middle square of 6 x 10 pixels turned by 90 degrees is itself turned."""
    x = pictures(1, 6, 10)
    seen = by_hand("geometry", x, {5: 0.1, 6: 0.75})
    torch.testing.assert_close(seen[:, :, 2:8], x[:, :, 2:8].rot90(1, (1, 2)), rtol=0, atol=1e-5)


def test_geometry_scales() -> None:
    """5 deviations of a fifth of an octave are an octave: a ramp becomes twice as steep."""
    ramp = torch.arange(8.0).expand(1, 8, 8) - 3.5
    octave = quantile(5.0)
    twice = by_hand("geometry", ramp, {3: 0.1, 4: octave})
    torch.testing.assert_close(twice[0, :, 2:6], 2 * ramp[0, :, 2:6], rtol=0.01, atol=0)
    wide = by_hand("geometry", ramp, {7: 0.1, 8: octave})
    torch.testing.assert_close(wide[0, :, 2:6], 2 * ramp[0, :, 2:6], rtol=0.01, atol=0)
    tall = by_hand("geometry", ramp.mT, {7: 0.1, 8: octave})
    torch.testing.assert_close(tall[0], ramp.mT[0] / 2, rtol=0.01, atol=0)


def test_geometry_shifts_by_parts_of_a_pixel_after_the_rest() -> None:
    """One deviation is an eighth of the side: 1 of 8 pixels, on a ramp a constant; scaled, twice that."""
    ramp, one = torch.arange(8.0).expand(1, 8, 8) - 3.5, quantile(1.0)
    seen = by_hand("geometry", ramp, {11: 0.1, 12: one, 13: 0.5})
    torch.testing.assert_close(seen[0, :, 1:6], ramp[0, :, 1:6] + 1, rtol=0, atol=1e-4)
    scaled = by_hand("geometry", ramp, {3: 0.1, 4: quantile(5.0), 11: 0.1, 12: one, 13: 0.5})
    torch.testing.assert_close(scaled[0, :, 2:4], 2 * (ramp[0, :, 2:4] + 1), rtol=0.02, atol=0.02)


def test_one_of_two_turns_is_made_with_p() -> None:
    u = uniform(14, 20_000)
    u[[0, 3, 7, 11]] = NEUTRAL
    x = pictures(1, 1, 4, 4)
    seen = augment.geometry(x.expand(20_000, 1, 4, 4), u, torch.tensor(0.3))
    turned = (seen != x).flatten(1).any(1)
    assert abs(float(turned.float().mean()) - 0.3) < 0.015  # 4.6 standard errors


@pytest.mark.parametrize(("name", "fewest"), [("mirror", 0.5), ("colour", 1.0), ("cutout", 1.0)])
def test_each_is_made_with_p(name: str, fewest: float) -> None:
    """A mirrored picture is one in two of those chosen; 20,000 draws, 4.6 standard errors."""
    x = pictures(1, 3, 6, 6).expand(20_000, 3, 6, 6)
    seen = getattr(augment, name)(x, uniform(ALL[name].numbers, 20_000), torch.tensor(0.4))
    share = float((seen != x).flatten(1).any(1).float().mean())
    assert abs(share - 0.4 * fewest) < 0.016


def test_a_warp_and_its_two_derivatives_are_grid_samples() -> None:
    x = pictures(2, 2, 5, 4).double().requires_grad_()
    linear = augment.rotation(torch.tensor([0.3, -1.0], dtype=torch.float64)) * 1.1
    shift = torch.tensor([[0.4, -0.7], [1.2, 0.1]], dtype=torch.float64)
    for outside in ("zeros", "reflection"):

        def warp(x: Tensor, outside: str = outside) -> Tensor:
            return augment.warp(x, linear, shift, outside)

        assert torch.autograd.gradcheck(warp, x)
        assert torch.autograd.gradgradcheck(warp, x)


@pytest.mark.parametrize("name", ALL)
def test_r1_goes_through_to_the_discriminators_weights(name: str) -> None:
    """grad_x of D(T(x)) is differentiable in D's weights, as finite differences say."""
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Flatten(), nn.Linear(27, 4), nn.Tanh(), nn.Linear(4, 1), nn.Flatten(0)).double()
    x, u = pictures(3, 3, 3, 3).double().requires_grad_(), uniform(ALL[name].numbers, 3)
    weight = critic[1].weight

    def penalty() -> Tensor:
        logits = critic(getattr(augment, name)(x, u, ALWAYS))
        return torch.autograd.grad(logits.sum(), x, create_graph=True)[0].square().sum()

    found = torch.autograd.grad(penalty(), weight)[0][0, 0]
    weight.data[0, 0] += 1e-5
    above = float(penalty().detach())
    weight.data[0, 0] -= 2e-5
    below = float(penalty().detach())
    assert float(found) == pytest.approx((above - below) / 2e-5, rel=1e-5, abs=1e-8)


def test_normal_numbers() -> None:
    u = torch.tensor([0.0, 0.5, quantile(1.0), 1 - 2.0**-24])
    drawn = augment.normal(u, 2.0)
    assert drawn.isfinite().all()
    torch.testing.assert_close(drawn[1:3], torch.tensor([0.0, 2.0]), rtol=0, atol=1e-5)


def test_transformations_come_one_after_the_other_with_numbers_of_their_own() -> None:
    both = Augmentation([augment.MIRROR, augment.TRANSLATION], 1.0)
    assert both.numbers == 5
    x, u = pictures(4, 1, 8, 8), uniform(5, 4)
    expected = augment.translation(augment.mirror(x, u[:2], ALWAYS), u[2:], ALWAYS)
    assert torch.equal(both(x, u.T), expected)
    with pytest.raises(ValueError, match="are not pictures"):
        both(torch.zeros(4, 2), u.T)


def test_signs() -> None:
    """Two of three reals above 0; of 3 x 2 pairs 4 are won and 1 lost."""
    real, fake = torch.tensor([1.0, 2.0, -1.0]), torch.tensor([0.0, -1.0])
    assert float(augment.sign_of_reals(real, fake)) == pytest.approx(1 / 3)
    assert float(sign_of_pairs(real, fake)) == pytest.approx((4 - 1) / 6)


@pytest.mark.parametrize("shift", [0.0, 5.0, -5.0])
def test_the_sign_of_pairs_does_not_know_where_nought_is(shift: float) -> None:
    real, fake = torch.tensor([1.0, 2.0]), torch.tensor([0.0, -1.0])
    assert float(sign_of_pairs(real + shift, fake + shift)) == 1
    assert float(sign_of_pairs(fake + shift, real + shift)) == -1


def test_p_rises_above_the_target_and_falls_below_it() -> None:
    adaptive = Augmentation([augment.CUTOUT], 0.5, target=0.6, samples_to_one=1000)
    adaptive.adapt(torch.tensor(0.9), 100)
    assert float(adaptive.p) == pytest.approx(0.6)
    for _ in range(5):
        adaptive.adapt(torch.tensor(0.9), 100)
    assert float(adaptive.p) == pytest.approx(augment.MOST)
    adaptive.adapt(torch.tensor(0.5), 200)
    assert float(adaptive.p) == pytest.approx(augment.MOST - 0.2)
    for _ in range(9):
        adaptive.adapt(torch.tensor(-1.0), 100)
    assert float(adaptive.p) == 0
    adaptive.adapt(torch.tensor(0.6), 100)
    assert float(adaptive.p) == 0


def test_a_p_without_target_stays() -> None:
    fixed = Augmentation([augment.CUTOUT], 1.0)
    fixed.adapt(torch.tensor(0.0), 1000)
    assert float(fixed.p) == 1


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize("name", ALL)
def test_a_gpu_sees_the_same(name: str) -> None:
    x, u = pictures(8, 3, 8, 8), uniform(ALL[name].numbers, 8)
    transform: Transform = ALL[name]
    seen = transform.function(x.cuda(), u.cuda(), torch.tensor(0.6).cuda())
    torch.testing.assert_close(seen.cpu(), transform.function(x, u, torch.tensor(0.6)), rtol=0, atol=1e-4)
