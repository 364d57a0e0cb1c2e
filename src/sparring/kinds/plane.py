"""The discriminator's landscape over the plane of two-dimensional points, for the page to show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from sparring.data.codec import Affine
from sparring.data.spec import Dataset, Spec
from sparring.files import write_whole
from sparring.networks.network import play

SIDE = 36  # cells of the landscape per side
REACH = 1.5  # the range shown, in multiples of the data's range
POINTS = 400  # generated points shown
ARROWS = 120  # points at which the gradient is shown


def corners(spec: Spec) -> tuple[list[float], list[float]]:
    """The lower left and the upper right corner of the shown part of the plane, in the data's units."""
    codec = Affine.of(spec.codec)
    centre, scale = (torch.tensor(part).expand(2) for part in (codec.centre, codec.scale))
    return (centre - REACH * scale).tolist(), (centre + REACH * scale).tolist()


def field(discriminator: nn.Module, spec: Spec, classes: int, drawn: Tensor) -> dict[str, Any]:
    """The landscape of D's logits, generated points, and the gradient of D's logit at some of them.

    The logits are listed row by row, from below. If the discriminator is given classes, the logit of a place
    is that of the class with the highest logit there.

    Args:
        classes: how many classes the discriminator is given; 0: none.
        drawn: generated points (N, 2), encoded.
    """
    low, high = corners(spec)
    axes = [torch.linspace(low[k], high[k], SIDE) for k in (0, 1)]
    places = torch.cartesian_prod(axes[1], axes[0]).flip(1)  # (SIDE * SIDE, 2) as (x, y)
    device = next(discriminator.parameters(), drawn).device
    with torch.no_grad():
        logits = _highest(discriminator, classes, spec.encode(places).to(device))
    points = drawn[:ARROWS].detach().to(device).requires_grad_()
    gradient = torch.autograd.grad(_highest(discriminator, classes, points).sum(), points)[0]
    gradient = gradient / gradient.norm(dim=1).max().clamp_min(1e-12)
    return {
        "low": low,
        "high": high,
        "side": SIDE,
        "logits": _rounded(logits.nan_to_num()),
        "points": _rounded(spec.decode(drawn[:POINTS]).nan_to_num()),
        "arrows": _rounded(gradient.nan_to_num()),  # at the first ARROWS points; the longest has length 1
    }


def _highest(discriminator: nn.Module, classes: int, samples: Tensor) -> Tensor:
    """D's logit of each sample (B,): the highest one over all classes."""
    if not classes:
        return play(discriminator, samples, None).float()
    labels = torch.arange(classes, device=samples.device)
    return torch.stack(
        [play(discriminator, samples, label.expand(len(samples))).float() for label in labels]
    ).amax(0)


def write(path: Path, values: dict[str, Any]) -> None:
    """Write a landscape to a JSON file."""
    write_whole(path, json.dumps(values, separators=(",", ":")).encode())


def reals(data: Dataset) -> dict[str, Any]:
    """Real points, evenly spaced in the data, in the form in which ``field`` gives generated ones."""
    count = min(len(data), 2 * POINTS)
    encoded = data.batch(torch.arange(count, device=data.samples.device) * len(data) // count).real
    return {"points": _rounded(data.spec.decode(encoded))}


def _rounded(values: Tensor) -> Any:
    """Nested lists of numbers with four digits each, so that a landscape takes a few kilobytes."""
    if values.ndim > 1:
        return [_rounded(row) for row in values]
    return [float(f"{value:.4g}") for value in values.tolist()]
