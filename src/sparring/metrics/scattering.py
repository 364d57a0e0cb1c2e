"""Features of pictures that need no training: how strong edges of each size and direction are, and where.

This is a scattering transform (Bruna & Mallat 2013), on a pyramid in which each scale has half the pixels of
the one before, in logarithms. It sees blur, noise, a weave of dots, wrong colours, textures and rough shapes.
It cannot see what is shown: a horse with five legs has the edges of a horse.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, conv2d, pad

from sparring.metrics.features import (
    CPU,
    PICTURES,
    Extractor,
    check_pictures,
    in_components,
    resize,
    resizer_name,
    rgb,
)

NAME = "scattering-64"
NOTE = "colours, edges and textures, but not what is shown"
SIDE = 64  # pixels per side, to which larger pictures are resized
SCALES, DIRECTIONS = 3, 4
KERNEL, WIDTH, FREQUENCY = 5, 1.0, 0.6 * math.pi  # of a wavelet: pixels, deviation in pixels, radians a pixel
PLACES, PLACES_OF_PAIRS = 4, 2  # a side of the grid in which edges are averaged; of edges among edges
COLOURS = 8  # a side of the grid in which colours are averaged
FAINT = 2.0  # grey levels; differences below this hardly count
BATCH = 250
# Brightness, and how blue and how red a colour is, of red, green and blue (ITU-R BT.601).
BRIGHTNESS = ((0.299, 0.587, 0.114), (-0.169, -0.331, 0.5), (0.5, -0.419, -0.081))


def wavelets() -> Tensor:
    """Morlet wavelets (DIRECTIONS, 2, KERNEL, KERNEL), real and imaginary part; constants give 0."""
    place = torch.arange(KERNEL) - KERNEL // 2
    y, x = torch.meshgrid(place, place, indexing="ij")
    window = torch.exp(-(x.square() + y.square()) / (2 * WIDTH**2))
    found = []
    for k in range(DIRECTIONS):
        angle = math.pi * k / DIRECTIONS
        phase = FREQUENCY * (x * math.cos(angle) + y * math.sin(angle))
        even, odd = window * phase.cos(), window * phase.sin()
        wavelet = torch.stack([even - window * (even.sum() / window.sum()), odd])
        found.append(wavelet * (2 / wavelet.square().sum()).sqrt())
    return torch.stack(found)


def edges(maps: Tensor, filters: Tensor) -> Tensor:
    """How strong edges are at each place, (B, C * DIRECTIONS, H, W), of maps (B, C, H, W)."""
    batch, channels, height, width = maps.shape
    margin = KERNEL // 2
    alone = pad(maps.reshape(-1, 1, height, width), (margin,) * 4, mode="replicate")
    found = conv2d(alone, filters.flatten(0, 1)[:, None])
    strength = found.view(batch, channels * DIRECTIONS, 2, height, width).square().sum(2)
    return (strength + 1e-8).sqrt()


def checkers(maps: Tensor) -> Tensor:
    """How strong the finest checkerboard is, (B, C, H - 1, W - 1), which no wavelet sees well."""
    a, b = maps[..., :-1, :-1], maps[..., :-1, 1:]
    c, d = maps[..., 1:, :-1], maps[..., 1:, 1:]
    return (a - b - c + d).abs() / 2


def scattering(pictures: Tensor) -> Tensor:
    """Colours, edges and edges among edges (B, D) of 8-bit pictures (B, 1, 3 or 4, H, W), in grey levels.

    Edges are in logarithms. What is transparent counts as black.
    """
    filters = wavelets().to(pictures.device)
    picture = brightness_and_colour(pictures)
    found = [adaptive_avg_pool2d(picture, COLOURS).flatten(1)]
    scales, strengths = min(SCALES, int(math.log2(max(2, min(picture.shape[2:]))))), []
    for scale in range(scales):
        picture = avg_pool2d(picture, 2) if scale else picture
        strengths.append(edges(picture, filters))
        found.append(_logarithm(strengths[-1], PLACES))
        found.append(_logarithm(checkers(picture), PLACES))
    for scale in range(scales):
        brightness = strengths[scale][:, :DIRECTIONS]
        for _ in range(scale + 1, scales):
            brightness = avg_pool2d(brightness, 2)
            found.append(_logarithm(edges(brightness, filters), PLACES_OF_PAIRS))
    return torch.cat(found, 1)


def brightness_and_colour(pictures: Tensor) -> Tensor:
    """Brightness, and for colours how blue and how red, (B, 1 or 3, H, W), in grey levels."""
    if pictures.shape[1] == 1:
        return pictures.float()
    return torch.einsum("ij,bjhw->bihw", torch.tensor(BRIGHTNESS, device=pictures.device), rgb(pictures))


def _logarithm(strength: Tensor, places: int) -> Tensor:
    return (adaptive_avg_pool2d(strength, places) + FAINT).log().flatten(1)


def scattering_64(samples: Tensor, device: torch.device = CPU) -> Extractor:
    """Features along the principal components of the standardised scattering of real pictures (N, C, H, W)."""
    size = (min(samples.shape[2], SIDE), min(samples.shape[3], SIDE))

    def vectors(batch: Tensor) -> Tensor:
        check_pictures(batch, NAME)
        return scattering(resize(batch.float(), *size))

    resizer = resizer_name(*size) if samples.shape[2:] != size else ""
    extractor = Extractor(
        NAME, vectors, resizer=resizer, version="1", device=device, batch=BATCH, note=NOTE, count=PICTURES
    )
    return in_components(extractor, samples, standardised=True)
