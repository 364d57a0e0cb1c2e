"""What can be measured of single samples, to say in words what a direction of the latent space changes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sparring.data.codec import Affine
from sparring.data.spec import Spec
from sparring.kinds.kind import Array

Values = NDArray[np.float64]
TINY = 1e-9


def of_pictures(pictures: Array, spec: Spec) -> dict[str, Values]:
    """Traits (N,) of decoded pictures (N, C, H, W), by name.

    What is drawn is what differs from the background, the median of a picture's border. ``size`` is the
    root mean square of its distances from its centre, ``slant`` the slope with which it leans to the right,
    ``width`` the logarithm of its width over its height; places and sizes are shares of the picture's sides.
    Traits of colours are there where there are some.
    """
    codec = Affine.of(spec.codec)
    scaled = (np.asarray(pictures, np.float64) - codec.centre) / (2 * np.asarray(codec.scale)) + 0.5
    grey = scaled[:, :3].mean(1)
    border = np.concatenate([grey[:, 0], grey[:, -1], grey[:, :, 0], grey[:, :, -1]], 1)
    drawn = np.abs(grey - np.median(border, 1)[:, None, None])
    found = {
        "brightness": grey.mean((1, 2)),
        "contrast": grey.std((1, 2)),
        "ink": drawn.mean((1, 2)),
        **_form(drawn),
    }
    if scaled.shape[1] >= 3:
        found |= {
            "colour": scaled[:, :3].std(1).mean((1, 2)),
            "warmth": (scaled[:, 0] - scaled[:, 2]).mean((1, 2)),
        }
    return found


def _form(drawn: Values) -> dict[str, Values]:
    """Place, size and form of what is drawn with these weights (N, H, W), by its first and second moments."""
    mass = drawn.sum((1, 2)) + TINY
    x, y = ((np.arange(side) + 0.5) / side for side in (drawn.shape[2], drawn.shape[1]))
    columns, rows = drawn.sum(1) / mass[:, None], drawn.sum(2) / mass[:, None]
    centre_x, centre_y = columns @ x, rows @ y
    off_x, off_y = x - centre_x[:, None], y - centre_y[:, None]
    wide, high = (columns * off_x**2).sum(1), (rows * off_y**2).sum(1)
    together = np.einsum("nhw,nh,nw->n", drawn, off_y, off_x) / mass
    return {
        "size": np.sqrt(wide + high),
        "rightness": centre_x,
        "height": 1 - centre_y,
        "slant": -together / (high + TINY),
        "width": 0.5 * (np.log(wide + TINY) - np.log(high + TINY)),
    }
