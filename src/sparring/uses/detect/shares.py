"""The normals of a detector: which are fitted, by which a method is chosen, and which are held out."""

from __future__ import annotations

import torch
from torch import Tensor

from sparring.data.repeats import digests
from sparring.errors import DataError, counted

LEAST_NORMALS = 20
LEAST_SIDE = 8  # pixels, of the networks that are trained
HELD_OUT, LEAST_HELD, MOST_HELD = 0.25, 0.4, 1000  # shares of the normals, and most pictures, for the threshold
FINE = 100  # held-out normals that 1 % of false alarms needs; fewer than LEAST_HELD of all are taken for it
CHOOSING, MOST_CHOOSING = 0.15, 300  # share of the normals, and most pictures, by which a scorer is chosen
FAR = 5.0  # robust deviations of log scores from which a picture among the normals is suspected


def check(pictures: Tensor, different: Tensor) -> None:
    """Refuse normals (N, C, H, W) from which nothing can be learned.

    Args:
        different: their places without copies.

    Raises:
        DataError: they are too few, too small, or all alike.
    """
    if min(pictures.shape[2:]) < LEAST_SIDE:
        raise DataError(
            f"pictures of {pictures.shape[3]} x {pictures.shape[2]} pixels are too small for a detector: "
            f"each side needs at least {LEAST_SIDE}."
        )
    count, distinct = len(pictures), len(different)
    if count >= LEAST_NORMALS and distinct == 1:
        raise DataError(
            "all normal pictures are alike, so that nothing can be learned of how they vary: look at them, and "
            "give pictures of several normal parts."
        )
    if distinct < LEAST_NORMALS:
        copies = (
            f", of which {distinct:,} {'differs' if distinct == 1 else 'differ'}," if distinct < count else ""
        )
        raise DataError(
            f"{counted(count, 'normal picture')}{copies} {'is' if count == 1 else 'are'} too few: "
            f"give at least {LEAST_NORMALS}, and 100 or more to be sure of 5 % false alarms."
        )


def without_copies(pictures: Tensor) -> Tensor:
    """The places of pictures (N, C, H, W) that differ from all before them.

    Copies that were fitted would make the others look odd, and copies that were held out be counted twice.
    """
    first: dict[bytes, int] = {}
    for place, digest in enumerate(digests(pictures)):
        first.setdefault(digest, place)
    return torch.tensor(list(first.values()))


def parts(count: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """The places of the normals that are fitted, by which a scorer is chosen, and that are held out."""
    held = min(max(round(HELD_OUT * count), min(FINE, round(LEAST_HELD * count))), MOST_HELD)
    choosing = min(round(CHOOSING * count), MOST_CHOOSING)
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    fitted, chosen, rest = order.split([count - held - choosing, choosing, held])
    return fitted.sort().values, chosen.sort().values, rest.sort().values


def far_out(scores: Tensor) -> Tensor:
    """The places of scores that lie FAR beyond the others, by the median and the median deviation of logs."""
    logs = (scores.double() + 1e-12).log()
    centre = logs.median()
    deviation = 1.4826 * (logs - centre).abs().median()
    return (logs > centre + FAR * deviation.clamp(min=1e-9)).nonzero()[:, 0]
