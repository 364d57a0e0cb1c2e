"""How well a score of oddness finds what is odd, and how sure that is.

Scores are (N,), higher is odder. Thresholds and p-values come from normal samples that were not fitted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from sparring.errors import ConfigError, DataError, counted

CONFIDENCE = 0.95
PRO_LIMIT = 0.3  # false positives of pixels up to which PRO is integrated, as in MVTec AD
PRO_STEPS = 300  # false positive rates from 0 to PRO_LIMIT
HALVINGS = 60  # of an interval in which a root is searched


class Interval(NamedTuple):
    """A value and an interval of CONFIDENCE around it."""

    value: float
    low: float
    high: float


def auroc(normal: Tensor, odd: Tensor) -> float:
    """The probability that an odd sample has a higher score than a normal one; ties count half.

    Raises:
        DataError: there are no scores of one side.
    """
    if not len(normal) or not len(odd):
        raise DataError("an AUROC needs scores of normal and of odd samples; one side has none.")
    ordered = normal.double().sort().values
    scores = odd.double()
    below, up_to = (torch.searchsorted(ordered, scores, right=right) for right in (False, True))
    return float((below + up_to).double().mean() / (2 * len(normal)))


def auroc_interval(normal: Tensor, odd: Tensor) -> Interval:
    """The AUROC with Newcombe's interval (2006, "Confidence intervals for an effect size measure based on the
    Mann-Whitney statistic. Part 2", method 5), which is right also where the AUROC is 1 and the sets are small.
    """
    value, m, n = auroc(normal, odd), len(normal), len(odd)
    z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)

    def beyond(area: float) -> float:
        """How far the value lies from this area, minus what chance explains."""
        more = ((m + n) / 2 - 1) * ((1 - area) / (2 - area) + area / (1 + area))
        return abs(value - area) - z * math.sqrt(max(area * (1 - area) * (1 + more) / (m * n), 0.0))

    low = root(lambda area: -beyond(area), 0.0, value)
    return Interval(value, low, root(beyond, value, 1.0))


def root(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a function that rises from low to high crosses 0; the nearer end if it does not."""
    if rising(low) >= 0:
        return low
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) >= 0 else (middle, high)
    return high


def p_values(held_out: Tensor, scores: Tensor) -> Tensor:
    """The share (N,) of normal samples that are at least as odd, the sample itself counted among them.

    Such a p-value is at most p with probability p or less, whatever the scores (conformal prediction;
    Vovk et al. 2005), if the sample is normal and ``held_out`` are scores of normals that were not fitted.
    """
    ordered = held_out.double().sort().values
    as_odd = len(ordered) - torch.searchsorted(ordered, scores.double(), right=False)
    return (1 + as_odd).double() / (len(ordered) + 1)


@dataclass(frozen=True)
class Threshold:
    """The score above which a sample is called odd.

    Attributes:
        rate: the false alarms asked for, as a share of normal samples.
        count: the number of held-out normals that it comes from.
        expected: the false alarms to expect, with the interval that the count leaves.
    """

    value: float
    rate: float
    count: int
    expected: Interval


def least_count(rate: float) -> int:
    """How many held-out normals a rate of false alarms needs at least."""
    return math.ceil(1 / rate - 1e-9)


def threshold(held_out: Tensor, rate: float) -> Threshold:
    """The threshold with at most this rate of false alarms.

    Raises:
        ConfigError: there are too few held-out normals for this rate.
    """
    n = len(held_out)
    if n < least_count(rate):
        raise ConfigError(
            f"a false alarm rate of {rate:.3g} needs at least {least_count(rate):,} normals that were held "
            f"out; there {'is' if n == 1 else 'are'} {n:,}. Ask for {math.ceil(1000 / max(n, 1)) / 1000:.3g} "
            "or more, or give more normals."
        )
    rank = math.floor(rate * (n + 1) + 1e-9)  # the threshold is the score with this rank from the top
    value = float(held_out.double().sort(descending=True).values[rank - 1])
    return Threshold(value, rate, n, false_alarms(n, rank))


def false_alarms(count: int, rank: int) -> Interval:
    """The false alarm rate of the score with this rank among ``count`` normals, which is Beta-distributed.

    It is Beta(rank, count + 1 - rank), for any continuous distribution of scores.
    """
    tail = (1 - CONFIDENCE) / 2
    low, high = (_quantile(share, rank, count) for share in (tail, 1 - tail))
    return Interval(rank / (count + 1), low, high)


def _quantile(share: float, rank: int, count: int) -> float:
    return root(lambda x: _beta(x, rank, count) - share, 0.0, 1.0)


def _beta(x: float, rank: int, count: int) -> float:
    """P(Beta(rank, count + 1 - rank) <= x), which is P(Binomial(count, x) >= rank)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    logs = (
        math.lgamma(count + 1) - math.lgamma(k + 1) - math.lgamma(count - k + 1)
        + k * math.log(x) + (count - k) * math.log1p(-x)
        for k in range(rank)
    )  # fmt: skip
    return 1 - min(1.0, math.fsum(map(math.exp, logs)))


def found_at(held_out: Tensor, odd: Tensor, rate: float) -> float | None:
    """The share of odd samples that are found at this rate of false alarms; None if too few normals."""
    if len(held_out) < least_count(rate):
        return None
    return float((odd.double() > threshold(held_out, rate).value).double().mean())


def pixel_auroc(maps: Tensor, masks: Tensor) -> float:
    """The AUROC of the pixels of heat maps (N, H, W) against masks (N, H, W) of what is odd.

    Raises:
        DataError: the masks mark every pixel or none.
    """
    _check_masks(maps, masks)
    return auroc(maps[~masks], maps[masks])


def pro(maps: Tensor, masks: Tensor, limit: float = PRO_LIMIT) -> float:
    """The per-region overlap (Bergmann et al. 2020), integrated over false positive rates up to ``limit``.

    Every connected region counts the same, however large it is. 1 is perfect; chance gives limit / 2.

    Args:
        maps: heat maps (N, H, W). masks: (N, H, W), bool.

    Raises:
        DataError: the masks mark every pixel or none.
    """
    _check_masks(maps, masks)
    normal = maps[~masks].double().sort().values
    rates = torch.linspace(0, limit, PRO_STEPS, dtype=torch.float64)
    places = (len(normal) - 1 - (rates * len(normal)).floor()).clamp(min=0).long()
    levels = normal[places]  # the greatest false positive rate above level k is rates[k]
    regions = regions_of(masks)
    overlaps = torch.zeros(PRO_STEPS, dtype=torch.float64)
    numbers = [number for number in regions.unique().tolist() if number]
    for number in numbers:
        inside = maps[regions == number].double().sort().values
        overlaps += (len(inside) - torch.searchsorted(inside, levels, right=True)) / len(inside)
    return float(torch.trapezoid(overlaps / len(numbers), rates) / limit)


def regions_of(masks: Tensor) -> Tensor:
    """A number (N, H, W) for each region of touching pixels of masks (N, H, W), also by corners; 0
    elsewhere.
    """
    count = masks.numel()
    labels = torch.arange(1, count + 1, dtype=torch.float64).view(masks.shape) * masks
    while True:
        spread = max_pool2d(labels[:, None], 3, stride=1, padding=1)[:, 0] * masks
        if torch.equal(spread, labels):
            return labels.long()
        labels = spread


def _check_masks(maps: Tensor, masks: Tensor) -> None:
    if maps.shape != masks.shape:
        raise DataError(
            f"heat maps of shape {tuple(maps.shape)} need masks of that shape, not {tuple(masks.shape)}."
        )
    marked = int(masks.sum())
    if marked in (0, masks.numel()):
        what = "no pixel" if not marked else "every pixel"
        raise DataError(
            f"the masks of {counted(len(masks), 'picture')} mark {what}, so that nothing can be compared."
        )
