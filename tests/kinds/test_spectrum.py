"""What the spectrum of pictures says, on pictures whose spectrum is known."""

import math

import pytest
import torch
from torch import Tensor

from sparring.kinds import spectrum
from sparring.kinds.spectrum import FINE, INVISIBLE, OCTAVES, Spectrum

RNG = torch.Generator().manual_seed(0)
NOISE = torch.randn(200, 3, 16, 16, generator=RNG)  # the same power at each frequency


def filtered(pictures: Tensor, factors: Tensor) -> Tensor:
    """Pictures whose amplitude at each frequency (H, W // 2 + 1) is multiplied."""
    return torch.fft.irfft2(torch.fft.rfft2(pictures) * factors, s=pictures.shape[2:])


def waves(strengths: Tensor, cycles: int) -> Tensor:
    """Grey pictures (N, 1, 16, 16), each a wave of so many cycles with its own strength."""
    wave = torch.cos(2 * math.pi * cycles * torch.arange(16) / 16).expand(1, 1, 16, 16)
    return strengths.view(-1, 1, 1, 1) * wave


def detail(fakes: Tensor, reals: Tensor) -> float | None:
    return spectrum.detail(Spectrum(fakes), Spectrum(reals))


def variety(fakes: Tensor, reals: Tensor) -> float | None:
    return spectrum.variety(Spectrum(fakes), Spectrum(reals))


def test_the_place_of_each_frequency() -> None:
    at = spectrum.frequencies(8, 6)
    assert at.shape == spectrum.power(torch.zeros(1, 1, 8, 6)).shape[1:] == (8, 4)
    assert (at[0, 0], at[4, 0], at[0, 3], at[1, 0], at[-1, 0]) == (0, 1, 1, 0.25, 0.25)
    assert at[1, 1] == pytest.approx(1 / 3)
    odd = spectrum.frequencies(5, 7)
    assert (float(odd.max()), float(odd[2, 0]), float(odd[0, 3])) == (1, 1, 1)


def test_power_is_that_of_the_pixels() -> None:
    flat = torch.full((2, 3, 8, 8), 0.5)
    found = spectrum.power(flat)
    assert found[:, 0, 0].tolist() == pytest.approx([64 * 0.25] * 2)
    assert float(found.sum()) == pytest.approx(2 * 64 * 0.25)
    red = torch.zeros(1, 3, 8, 8)
    red[:, 0] = 0.5
    assert float(spectrum.power(red)[0, 0, 0]) == pytest.approx(64 * 0.25 / 3)


def test_detail_is_the_power_that_blurring_takes() -> None:
    fine = spectrum.frequencies(16, 16) >= FINE
    for share in (0.3, 1.0, 2.0):
        made = filtered(NOISE, torch.where(fine, share, 1.0))
        assert detail(made, NOISE) == pytest.approx(share**2, rel=1e-3)
    coarse = filtered(NOISE, torch.where(fine, 1.0, 0.1))
    assert detail(coarse, NOISE) == pytest.approx(1, rel=1e-3)
    rest = filtered(NOISE, torch.where(spectrum.frequencies(16, 16) >= 0.5, 1.0, 0.1))
    assert detail(rest, NOISE) == pytest.approx(1, rel=1e-3)  # most frequencies are above the half


def test_brightness_is_no_detail() -> None:
    brightness = torch.randn(50, 1, 1, 1, generator=torch.Generator().manual_seed(2))
    wave = waves(torch.ones(50), 6)
    assert detail(wave + 0.5 * brightness, wave + brightness) == pytest.approx(1)


def test_neither_a_weave_nor_what_nobody_sees_is_detail() -> None:
    fine = spectrum.frequencies(16, 16) >= FINE
    blurred = filtered(NOISE, torch.where(fine, 0.3, 1.0))
    weave = 1 - 2.0 * ((torch.arange(16)[:, None] + torch.arange(16)) % 2)
    assert detail(blurred + weave, NOISE) == pytest.approx(0.09, rel=1e-2)
    smooth = filtered(NOISE, torch.where(fine, 0.5 * math.sqrt(INVISIBLE * float(NOISE.var()) / 8), 1.0))
    assert detail(NOISE, smooth) is None
    some = fine & (torch.arange(9) < 2)  # the only fine frequencies of these reals
    reals = filtered(NOISE, torch.where(fine & ~some, 1e-4, 1.0))
    assert detail(filtered(NOISE, torch.where(some, 0.5, 1.0)), reals) == pytest.approx(0.25, rel=1e-2)
    faint = filtered(NOISE, torch.where(fine, 0.1, 1.0))  # faint, and seen
    assert detail(faint, faint) == pytest.approx(1)


def test_variety_is_of_structure_and_not_of_colour() -> None:
    colours = torch.randn(400, 3, 1, 1, generator=torch.Generator().manual_seed(1)).expand(-1, -1, 16, 16)
    strengths = torch.logspace(-1, 1, 400)[torch.randperm(400, generator=RNG)]
    reals = colours + waves(strengths, 6)
    assert variety(reals.flip(0), reals) == pytest.approx(1)
    alike = variety(colours + waves(torch.ones(400), 6), reals)
    assert alike is not None
    assert alike < 0.5
    assert float((colours + waves(torch.ones(400), 6)).var()) == pytest.approx(float(colours.var()), rel=0.6)
    same = torch.ones(5, 1, 4, 4)
    assert variety(same, same) is None


def test_octaves_part_the_spectrum() -> None:
    least = 1e-3
    for cycles, band in ((1, 1), (2, 2), (3, 3), (4, 3), (5, 4), (8, 4)):  # of 8; none up to a sixteenth
        found = spectrum.octaves(Spectrum(waves(torch.ones(1), cycles)), least)[0]
        assert int(found.argmax()) == band
        assert sorted(found.tolist())[:-1] == pytest.approx([math.log(least)] * (len(OCTAVES) - 1), abs=1e-3)
    two, three = (
        spectrum.octaves(Spectrum(waves(torch.tensor([strength]), 8)), least)[0, -1] for strength in (2.0, 3.0)
    )
    assert float(three - two) == pytest.approx(2 * math.log(1.5), abs=1e-3)
    means = spectrum.octaves(Spectrum(torch.ones(3, 1, 16, 16)), least)
    assert bool((means == means[0, 0]).all())  # brightness is in no octave
