"""The scattering transform: what it sees of a picture, and what it does not."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from sparring.errors import DataError
from sparring.metrics import scattering
from sparring.metrics.distances import fit_gaussian, frechet
from sparring.metrics.scattering import scattering_64


def grating(across: float, down: float, side: int = 32) -> Tensor:
    """A picture (1, 1, side, side) of waves with these radians a pixel."""
    place = torch.arange(side)
    wave = torch.cos(across * place[None] + down * place[:, None])
    return (127.5 + 100 * wave)[None, None]


def blobs(count: int, seed: int) -> Tensor:
    """Smooth pictures (count, 3, 32, 32) with sharp, tilted bars on them, 8-bit."""
    rng = torch.Generator().manual_seed(seed)
    rough = torch.rand(count, 3, 4, 4, generator=rng).repeat_interleave(8, 2).repeat_interleave(8, 3)
    down, across = torch.meshgrid(torch.arange(32), torch.arange(32), indexing="ij")
    slope, offset = torch.rand(2, count, 1, 1, generator=rng)
    bars = ((slope * down + across + 8 * offset) % 8 < 4).float()[:, None]
    return (150 * rough + 100 * bars).to(torch.uint8)


def test_constants_have_no_edges() -> None:
    flat = torch.full((1, 1, 9, 9), 200.0)
    assert float(scattering.edges(flat, scattering.wavelets()).max()) == pytest.approx(0, abs=1e-3)
    assert float(scattering.checkers(flat).max()) == 0


@pytest.mark.parametrize("direction", range(scattering.DIRECTIONS))
def test_waves_are_seen_by_the_wavelet_of_their_direction(direction: int) -> None:
    angle = math.pi * direction / scattering.DIRECTIONS
    waves = grating(scattering.FREQUENCY * math.cos(angle), scattering.FREQUENCY * math.sin(angle))
    strength = scattering.edges(waves, scattering.wavelets())[0, :, 8:24, 8:24]
    assert int(strength.mean((1, 2)).argmax()) == direction
    assert (
        float(strength[direction].std() / strength[direction].mean()) < 0.1
    )  # where a wave is does not matter


def test_the_finest_checkerboard_is_seen_at_its_height() -> None:
    board = grating(math.pi, math.pi)
    torch.testing.assert_close(scattering.checkers(board), torch.full((1, 1, 31, 31), 200.0))
    assert float(scattering.checkers(grating(math.pi, 0)).max()) == pytest.approx(0, abs=1e-3)


def test_grey_colour_and_alpha_give_vectors_and_small_pictures_too() -> None:
    grey = blobs(3, 0)[:, :1]
    alike = scattering.scattering(grey.expand(-1, 3, -1, -1))
    found = scattering.scattering(grey)
    colours = 3 * scattering.COLOURS**2
    torch.testing.assert_close(alike[:, : colours // 3], found[:, : colours // 3], rtol=1e-3, atol=1e-2)
    torch.testing.assert_close(
        alike[:, colours // 3 : colours], torch.zeros(3, 2 * colours // 3), rtol=0, atol=0.2
    )
    opaque = torch.cat([grey.expand(-1, 3, -1, -1), torch.full_like(grey, 255)], 1)
    torch.testing.assert_close(scattering.scattering(opaque), alike)
    assert scattering.scattering(grey[..., :5, :4]).isfinite().all()


def test_blur_and_noise_move_it_far_beyond_what_other_reals_do() -> None:
    reals, others = blobs(400, 0), blobs(400, 1)
    extractor = scattering_64(reals)
    law = fit_gaussian(extractor(reals))

    def times(fakes: Tensor) -> float:
        return frechet(law, fit_gaussian(extractor(fakes))) / frechet(law, fit_gaussian(extractor(others)))

    blurred = avg_pool2d(others.float(), 4).repeat_interleave(4, 2).repeat_interleave(4, 3)
    noise = 10 * torch.randn(others.shape, generator=torch.Generator().manual_seed(2))
    for change in (blurred - others, noise):
        assert times((others + change).round().clamp(0, 255).to(torch.uint8)) > 5


def test_the_extractor_says_what_it_is() -> None:
    reals = blobs(80, 0)
    extractor = scattering_64(reals)
    assert (extractor.name, extractor.dimension, extractor.count) == ("scattering-64", 64, 2000)
    assert extractor.resizer == ""
    torch.testing.assert_close(scattering_64(reals)(reals), extractor(reals))
    large = scattering_64(reals.repeat_interleave(3, 2).repeat_interleave(3, 3))
    assert large.resizer == "antialiased bicubic to 64 x 64"
    with pytest.raises(DataError, match="scattering-64 features need uint8 pictures"):
        extractor(reals.float())


def test_a_colour_in_which_grey_reals_never_differ_does_not_drown_all_else() -> None:
    rng = torch.Generator().manual_seed(0)
    grey = torch.randint(0, 256, (200, 1, 8, 8), generator=rng, dtype=torch.uint8).expand(-1, 3, -1, -1)
    coloured = torch.randint(0, 256, (200, 3, 8, 8), generator=rng, dtype=torch.uint8)
    extractor = scattering_64(grey)
    assert float(extractor(coloured).abs().max()) < 100 * float(extractor(grey).std())
