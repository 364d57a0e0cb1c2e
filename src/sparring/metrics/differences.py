"""Whether something helps: paired differences over subsets, with an interval, tests, and what they are worth.

A difference is that of two ways of training on the same subset. The subsets are disjoint, so that the
differences are independent draws; however many samples a subset is tested on, it gives one of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

from sparring.errors import DataError
from sparring.metrics.detection import CONFIDENCE, root

MOST_FLIPPED = 16  # differences whose signs are all flipped; 2^16 combinations


class Difference(NamedTuple):
    """A mean of paired differences.

    Attributes:
        low, high: the t interval of CONFIDENCE around it.
        p: of Student's t-test, two-sided.
        p_flips: of the sign-flip test, two-sided, which assumes no normal distribution.
        subsets: how many differences there are.
    """

    value: float
    low: float
    high: float
    p: float
    p_flips: float
    subsets: int


def paired(differences: Sequence[float], resolution: float = 0.0) -> Difference:
    """The mean of independent differences, with its t interval and its tests.

    Args:
        resolution: the step in which a difference can change, such as 1 / (samples of a test). The deviation
            is taken to be at least that of rounding to it, so that equal differences are not certain.

    Raises:
        DataError: there are fewer than two.
    """
    n = len(differences)
    if n < 2:
        raise DataError(f"an interval needs at least 2 differences; got {n}.")
    mean = math.fsum(differences) / n
    variance = math.fsum((each - mean) ** 2 for each in differences) / (n - 1)
    error = math.sqrt(max(variance, resolution**2 / 12) / n)
    reach = error * t_quantile(n - 1)
    t = abs(mean) / error if error else math.inf if mean else 0.0
    return Difference(mean, mean - reach, mean + reach, t_two_sided(t, n - 1), sign_flips(differences), n)


def t_two_sided(t: float, freedom: int) -> float:
    """P(|T| > t) of Student's t with a whole number of degrees of freedom (Abramowitz & Stegun 26.7.3,
    26.7.4).
    """
    angle = math.atan(t / math.sqrt(freedom))
    cosine, odd = math.cos(angle), freedom % 2
    term, total = (cosine, cosine) if odd else (1.0, 1.0)
    for k in range(3 if odd else 2, freedom - 1, 2):
        term *= cosine**2 * (k - 1) / k
        total += term
    if odd:
        total = 2 / math.pi * (angle + (math.sin(angle) * total if freedom > 1 else 0.0))
    else:
        total *= math.sin(angle)
    return min(1.0, max(0.0, 1 - total))


def t_quantile(freedom: int, confidence: float = CONFIDENCE) -> float:
    """The t that Student's |T| exceeds with probability 1 - confidence."""
    high = 1.0
    while t_two_sided(high, freedom) > 1 - confidence:
        high *= 2
    return root(lambda t: 1 - confidence - t_two_sided(t, freedom), 0.0, high)


def sign_flips(differences: Sequence[float]) -> float:
    """The share of all choices of signs whose mean is at least as far from 0 as that of the differences.

    It is the exact p-value if each difference is as likely as its negative (Fisher 1935, section 21). Beyond
    MOST_FLIPPED differences those of the first ones alone are counted, which is exact, and less sharp.
    """
    kept = differences[:MOST_FLIPPED]
    far = abs(math.fsum(kept)) * (1 - 1e-12)
    sums = (
        math.fsum(s * d for s, d in zip(signs, kept, strict=True))
        for signs in product((1, -1), repeat=len(kept))
    )
    return sum(abs(each) >= far for each in sums) / 2.0 ** len(kept)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values (1979): with those up to 0.05 taken, any false one is among them in 5 % of
    cases.
    """
    adjusted, most = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda k: p_values[k])):
        most = max(most, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = most
    return adjusted


def worth(gain: float, sizes: Sequence[int], scores: Sequence[float], at: int) -> float:
    """How many more labelled samples would give this gain, by a learning curve; negative for a loss.

    The curve is a straight line in log(size) between its points, made to rise. Beyond its ends the number is
    infinite, for a loss minus infinite.

    Args:
        sizes, scores: of the curve, with rising sizes.
        at: the size, one of ``sizes``, to which the gain is added.
    """
    rising = list(scores)
    place = list(sizes).index(at)
    for k in range(place + 1, len(rising)):
        rising[k] = max(rising[k], rising[k - 1])
    for k in range(place - 1, -1, -1):
        rising[k] = min(rising[k], rising[k + 1])
    wanted = scores[place] + gain
    if gain == 0:
        return 0.0
    if wanted > rising[-1]:
        return math.inf
    if wanted < rising[0]:
        return -math.inf
    if wanted == rising[0]:
        return float(sizes[0] - at)
    k = next(k for k in range(1, len(rising)) if wanted <= rising[k] and rising[k] > rising[k - 1])
    share = (wanted - rising[k - 1]) / (rising[k] - rising[k - 1])
    return math.exp(math.log(sizes[k - 1]) + share * math.log(sizes[k] / sizes[k - 1])) - at
