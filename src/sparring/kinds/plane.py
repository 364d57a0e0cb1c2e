"""What the players of two-dimensional points think of the plane: the discriminator's landscape, and where
it draws the generator's points."""

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

SIDE = 36  # cells of the landscape a side
REACH = 1.5  # times the data's range that it shows
POINTS, ARROWS = 400, 120


def corners(spec: Spec) -> tuple[list[float], list[float]]:
    """The lower left and upper right corner of the plane shown, in the data's units."""
    codec = Affine.of(spec.codec)
    centre, scale = (torch.tensor(part).expand(2) for part in (codec.centre, codec.scale))
    return (centre - REACH * scale).tolist(), (centre + REACH * scale).tolist()


def field(discriminator: nn.Module, spec: Spec, classes: int, drawn: Tensor) -> dict[str, Any]:
    """The landscape of logits (row by row from below), points drawn, and the slope of D at some of them.

    Args:
        drawn: generated points (N, 2), encoded. Where both players know the class, the landscape is that
            of the class that D likes best at each place.
    """
    low, high = corners(spec)
    axes = [torch.linspace(low[k], high[k], SIDE) for k in (0, 1)]
    places = torch.cartesian_prod(axes[1], axes[0]).flip(1)  # (SIDE * SIDE, 2) as (x, y)
    device = next(discriminator.parameters(), drawn).device
    with torch.no_grad():
        logits = _best(discriminator, classes, spec.encode(places).to(device))
    some = drawn[:ARROWS].detach().to(device).requires_grad_()
    slope = torch.autograd.grad(_best(discriminator, classes, some).sum(), some)[0]
    slope = slope / slope.norm(dim=1).max().clamp_min(1e-12)
    return {
        "low": low,
        "high": high,
        "side": SIDE,
        "logits": _rounded(logits.nan_to_num()),
        "points": _rounded(spec.decode(drawn[:POINTS]).nan_to_num()),
        "arrows": _rounded(slope.nan_to_num()),  # at the first of the points; the longest is 1
    }


def _best(discriminator: nn.Module, classes: int, samples: Tensor) -> Tensor:
    """D's logit of each sample (B,), for the class that it likes best."""
    if not classes:
        return play(discriminator, samples, None).float()
    labels = torch.arange(classes, device=samples.device)
    return torch.stack(
        [play(discriminator, samples, label.expand(len(samples))).float() for label in labels]
    ).amax(0)


def write(path: Path, values: dict[str, Any]) -> None:
    """A field as a JSON file."""
    write_whole(path, json.dumps(values, separators=(",", ":")).encode())


def reals(data: Dataset) -> dict[str, Any]:
    """Some of the real points, as ``field`` gives the generated ones."""
    count = min(len(data), 2 * POINTS)
    encoded = data.batch(torch.arange(count, device=data.samples.device) * len(data) // count).real
    return {"points": _rounded(data.spec.decode(encoded))}


def _rounded(values: Tensor) -> Any:
    """Nested lists of four figures: a landscape is some kilobytes."""
    if values.ndim > 1:
        return [_rounded(row) for row in values]
    return [float(f"{value:.4g}") for value in values.tolist()]
