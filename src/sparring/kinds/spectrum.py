"""What the spectrum of pictures says: a weave of dots, blur, and pictures that are too much alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

CORNER = 7 / 8  # a frequency above this share of the highest one lies in the corner of the spectrum
FINE = 1 / 4  # of the highest frequency, above which a frequency shows detail
OCTAVES = (
    1 / 16,
    1 / 8,
    1 / 4,
    1 / 2,
    1.0,
)  # of the highest frequency: the upper ends of the bands of ``variety``
INVISIBLE = 1e-3  # a share of the mean power that people cannot see


@dataclass(frozen=True)
class Spectrum:
    """The spectrum of pictures (N, C, H, W), which several measures share."""

    pictures: Tensor

    @property
    def sides(self) -> tuple[int, int]:
        """The height and the width in pixels."""
        return self.pictures.shape[2], self.pictures.shape[3]

    @cached_property
    def power(self) -> Tensor:
        """The power of each picture at each frequency, (N, H, W // 2 + 1)."""
        return power(self.pictures)

    @cached_property
    def unseen(self) -> float:
        """A mean power that no eye sees beside these pictures."""
        return INVISIBLE * max(float(self.pictures.float().var()), 1e-6)


def power(pictures: Tensor) -> Tensor:
    """The power of pictures (N, C, H, W) at each frequency, as the mean over channels: (N, H, W // 2 + 1)."""
    return torch.view_as_real(torch.fft.rfft2(pictures.float(), norm="ortho")).square().sum(-1).mean(1)


def frequencies(height: int, width: int) -> Tensor:
    """The greater frequency of both at each place of ``power``, as a share of the highest: (H, W // 2 + 1).

    NaN for pictures of a single line.
    """
    rows, columns = torch.fft.fftfreq(height).abs(), torch.fft.rfftfreq(width)
    return torch.maximum(rows[:, None] / rows.max(), columns / columns.max())


def dots(fakes: Spectrum, reals: Spectrum) -> float | None:
    """The pattern of dots that upsampling leaves in pictures, over that in the reals."""
    if min(fakes.sides) <= 1:
        return None
    return corners(fakes) / max(corners(reals), reals.unseen)


def corners(found: Spectrum) -> float:
    """Mean power of pictures where both frequencies are near the highest."""
    height, width = found.sides
    rows, columns = finest(torch.fft.fftfreq(height)), finest(torch.fft.rfftfreq(width))
    return float(found.power[:, rows][..., columns].mean())


def finest(frequencies: Tensor) -> Tensor:
    """The indices of frequencies (N,) that are near the highest one."""
    return (frequencies.abs() >= CORNER * frequencies.abs().max()).nonzero()[:, 0]


def detail(fakes: Spectrum, reals: Spectrum) -> float | None:
    """The power of pictures at a frequency of fine detail, over that of the reals.

    The median over the frequencies at which the reals have visible power, so that a weave, which has its
    power at a few of them, does not hide blur. None if the reals have no detail.
    """
    real = reals.power.mean(0)
    shown = (real > reals.unseen) & (frequencies(*fakes.sides).to(real.device) >= FINE)
    return float((fakes.power.mean(0)[shown] / real[shown]).median()) if bool(shown.any()) else None


def variety(fakes: Spectrum, reals: Spectrum) -> float | None:
    """How much the strength of each octave differs from picture to picture, over the reals'.

    Pictures that differ in colour alone, as blobs do, have the variance of the data in their pixels, and
    are nevertheless alike: each has as much coarse and as much fine structure as any other. None if the
    reals do not differ.
    """
    ours, theirs = (float(octaves(some, reals.unseen).var(0).sum()) for some in (fakes, reals))
    return ours / theirs if theirs > 0 else None


def octaves(found: Spectrum, least: float) -> Tensor:
    """The logarithm of the mean power of pictures in each octave: (N, octaves)."""
    at, low = frequencies(*found.sides).to(found.power.device), 0.0
    bands = []
    for high in OCTAVES:
        band = (at > low) & (at <= high)
        bands.append((found.power[:, band].sum(1) / band.sum().clamp_min(1) + least).log())
        low = high
    return torch.stack(bands, 1).double()
