"""Whether there are enough reals for the quality number at the end of a training."""

from __future__ import annotations

import shlex

from sparring import kinds
from sparring.errors import DataError, counted
from sparring.metrics.quality import LEAST_A_FEATURE
from sparring.runs.folder import RunFolder


def check_enough(folder: RunFolder, real: int, held_out: int | None, dimension: int) -> None:
    """Refuse reals that are too few for a covariance of so many features.

    Args:
        real, held_out: the numbers of all reals; without held-out ones, half of the reals are compared.

    Raises:
        DataError: how many there are, how many are needed, and what can be measured instead.
    """
    needed = LEAST_A_FEATURE * dimension * (2 if held_out is None else 1)
    if real < needed:
        raise DataError(
            f"{counted(real, kinds.of(folder.spec).noun)} are too few for this number, which needs "
            f"{needed:,}; sparring evaluate {shlex.quote(str(folder.path))}  measures what fewer allow"
        )
