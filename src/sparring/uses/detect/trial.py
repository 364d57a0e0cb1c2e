"""Test a detector on pictures that it has not seen: how well it and the baselines find each kind of defect."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from torch import Tensor
from torch.nn.functional import interpolate

from sparring.data.defects import Pictures
from sparring.data.normals import GOOD
from sparring.errors import DataError, Tell, counted
from sparring.metrics.detection import (
    Interval,
    auroc,
    auroc_interval,
    found_at,
    pixel_auroc,
    pro,
)
from sparring.uses.detect.detector import Detector
from sparring.uses.detect.scorers import BASELINE

RATES = (0.01, 0.05)  # false alarms at which is counted how much is found
DIGEST = 8  # bytes
MOST_MARKED = 0.5  # share of the pixels of a kind above which its masks seem to be inverted


@dataclass(frozen=True)
class Found:
    """How well one kind of defect is found.

    Attributes:
        count: of pictures of this kind.
        area: the AUROC against the normal test pictures, by each method.
        interval: of the AUROC of the chosen method.
        shares: how many are found with the threshold for each of RATES and the rate that was asked for; None
            where too few normals were held out.
        pixel_auroc, pro: of the chosen method's heat maps; None without masks.
    """

    kind: str
    count: int
    area: Mapping[str, float]
    interval: Interval
    shares: Mapping[str, float | None]
    pixel_auroc: float | None = None
    pro: float | None = None


@dataclass(frozen=True)
class Trial:
    """The result of a test.

    Attributes:
        alarms: the share of normal test pictures that were called odd.
        means: the mean AUROC over the kinds, by each method.
    """

    method: str
    normals: int
    alarms: float
    asked: float
    expected: Interval
    kinds: tuple[Found, ...]
    means: Mapping[str, float]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The fields of ``test.json``."""
        return asdict(self)


def trial(
    detector: Detector, kinds: Mapping[str, Pictures], known: Iterable[str] = (), tell: Tell = lambda text: None
) -> Trial:
    """Test a fitted detector.

    Args:
        kinds: pictures by their kind, with the normal ones as "good".
        known: digests of the pictures that the detector was fitted to.

    Raises:
        DataError: all normal test pictures were fitted already.
    """
    normals, names = kinds[GOOD], list(detector.scorers_)
    warnings = _seen(normals, known)
    tell("scoring normal pictures")
    usual = detector.scored(normals.pixels, names)
    rates = sorted({*RATES, detector.false_alarms})
    chosen = detector.chosen_
    found = []
    for kind, pictures in kinds.items():
        if kind == GOOD:
            continue
        tell(f"scoring {kind}")
        odd = detector.scored(pictures.pixels, names)
        held_out = detector.held_out_[chosen]
        shares = {f"{rate:g}": found_at(held_out, odd[chosen].scores, rate) for rate in rates}
        area = {name: auroc(usual[name].scores, odd[name].scores) for name in names}
        places = _places(odd[chosen].maps, pictures.masks)
        interval = auroc_interval(usual[chosen].scores, odd[chosen].scores)
        found.append(Found(kind, len(pictures), area, interval, shares, *places))
    means = {name: sum(each.area[name] for each in found) / len(found) for name in names}
    limit = detector.threshold_
    alarms = float((usual[chosen].scores > limit.value).double().mean())
    warnings += _judged(found, means, chosen) + _of_masks(kinds)
    return Trial(chosen, len(normals), alarms, limit.rate, limit.expected, tuple(found), means, tuple(warnings))


def _places(maps: Tensor, masks: Tensor | None) -> tuple[float | None, float | None]:
    """The AUROC of pixels and PRO of heat maps, brought to the size of the masks; None where no pixel
    differs.
    """
    if masks is None or not masks.any() or masks.all():
        return None, None
    fine = interpolate(maps[:, None], masks.shape[1:], mode="bilinear", align_corners=False)[:, 0]
    return pixel_auroc(fine, masks), pro(fine, masks)


def _judged(found: list[Found], means: Mapping[str, float], chosen: str) -> list[str]:
    """Warnings where the method is worse than chance, or than the baseline."""
    said = [
        f"{each.kind}: an AUROC of {each.area[chosen]:.3f} is below chance: such pictures look more normal to "
        f"{chosen} than normal ones. Do not use it for them."
        for each in found
        if each.area[chosen] < 0.5
    ]
    better = max(means, key=lambda name: means[name])
    if means[chosen] < means.get(BASELINE, 0):
        said.append(
            f"{chosen} is worse here than {BASELINE}, {means[chosen]:.3f} against {means[BASELINE]:.3f} in "
            f"the mean."
        )
    if better != chosen and means[better] > means[chosen] + 0.01:
        said.append(
            f"{better} would have been better here, {means[better]:.3f} against {means[chosen]:.3f}. A method "
            "that is chosen by this test must be tested again on other pictures."
        )
    return said


def _of_masks(kinds: Mapping[str, Pictures]) -> list[str]:
    """Warnings where masks do not say where something is odd."""
    said = []
    masked = {kind: each.masks for kind, each in kinds.items() if each.masks is not None}
    for kind, masks in masked.items():
        if empty := int((~masks.flatten(1).any(1)).sum()):
            without = (
                "so that nothing says where these are odd" if empty < len(masks) else "so places are not judged"
            )
            said.append(f"{kind}: {empty:,} of {counted(len(masks), 'mask')} mark nothing, {without}.")
        if (share := float(masks.double().mean())) > MOST_MARKED:
            said.append(
                f"{kind}: its masks mark {share:.0%} of the pixels: what is odd is white in a mask, the rest "
                "black."
            )
    missing = [kind for kind in kinds if masked and kind not in masked and kind != GOOD]
    return said + [
        f"{kind}: it has no masks, unlike other kinds, so places are not judged." for kind in missing
    ]


def digests(pictures: Tensor) -> list[str]:
    """A digest of each picture's pixels, by which it is recognised."""
    return [
        hashlib.blake2b(each.contiguous().numpy().tobytes(), digest_size=DIGEST).hexdigest()
        for each in pictures
    ]


def fitted(pictures: Tensor, known: Iterable[str]) -> int:
    """How many of the pictures (N, C, H, W) have one of these digests, which are those of the normals."""
    among = set(known)
    return sum(digest in among for digest in digests(pictures))


def _seen(normals: Pictures, known: Iterable[str]) -> list[str]:
    again = fitted(normals.pixels, known)
    if again and again == len(normals):
        raise DataError(
            "every normal picture of the test is one that the detector was fitted to, so that the test would "
            "say nothing. Give other normal pictures."
        )
    if not again:
        return []
    pictures = counted(again, "normal picture")
    return [f"{pictures} of the test {'was' if again == 1 else 'were'} fitted too: the result is too good."]
