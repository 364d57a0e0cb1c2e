"""What the playground asks to be drawn, as an address or the command line says it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sparring.errors import ConfigError, quoted, unknown

MOST_DRAWN = 64  # samples per request
MOST_SLIDERS = 8
MOST_SEED = 2**31
TYPED = (
    "seed", "label", "toward", "near", "to_seed", "to_label", "to_toward", "to_near", "share", "sliders",
    "truncation", "step",
)  # fmt: skip


@dataclass(frozen=True)
class LatentPoint:
    """A point of the latent space.

    Attributes:
        seed: determines the latent.
        label: a class; None: the seed determines it.
        toward: another seed; the point lies between the latents of both.
        near: how far the point lies towards that latent, from 0 to 1.
    """

    seed: int = 0
    label: int | None = None
    near: float = 0.0
    toward: int | None = None

    @staticmethod
    def of(query: Mapping[str, str], prefix: str = "") -> LatentPoint:
        """From an address's query.

        Raises:
            ConfigError: a value that cannot be read.
        """
        label, toward = query.get(f"{prefix}label"), query.get(f"{prefix}toward")
        return LatentPoint(
            seed=_whole(query.get(f"{prefix}seed", "0")) % MOST_SEED,
            label=_whole(label) if label else None,
            near=_between(query.get(f"{prefix}near", "0"), 0.0, 1.0),
            toward=_whole(toward) % MOST_SEED if toward else None,
        )


@dataclass(frozen=True)
class DrawRequest:
    """A request of the playground for samples.

    Attributes:
        point: the point of the first sample; further samples have the seeds after it.
        count: how many samples.
        to: another point of the latent space.
        share: how far to go from ``point`` to ``to``, from 0 to 1.
        sliders: how far to go along fixed directions of the latent space.
        form: the suffix of a file that is asked for instead of what the page shows.
        beside: whether to show each sample beside its nearest training sample.
        truncation: factor of the latents: below 1 samples are more typical and less varied.
        step: draw with the newest checkpoint up to this step; None: with the newest of all.
        part: of a translation: "source", "output" or "truth"; "": all side by side. "directions": no samples,
            but what the sliders change, as JSON.
        picture: a user's own picture as a file, to be translated.
    """

    point: LatentPoint = LatentPoint()
    count: int = 1
    to: LatentPoint | None = None
    share: float = 0.0
    sliders: tuple[float, ...] = ()
    form: str = ""
    beside: bool = False
    truncation: float = 1.0
    step: int | None = None
    part: str = ""
    picture: bytes = b""

    @staticmethod
    def of(query: Mapping[str, str], picture: bytes = b"") -> DrawRequest:
        """From an address's query.

        Raises:
            ConfigError: a value that cannot be read.
        """
        sliders = [v for v in query.get("sliders", "").split(",") if v][:MOST_SLIDERS]
        return DrawRequest(
            point=LatentPoint.of(query),
            count=min(max(_whole(query.get("count", "1")), 1), MOST_DRAWN),
            to=LatentPoint.of(query, "to_") if query.get("to_seed") else None,
            share=_between(query.get("share", "0"), 0.0, 1.0),
            sliders=tuple(_between(v, -5.0, 5.0) for v in sliders),
            form=query.get("form", ""),
            beside=query.get("beside") == "1",
            truncation=_between(query.get("truncation", "1"), 0.0, 2.0),
            step=_whole(query["step"]) if query.get("step") else None,
            part=query.get("part", ""),
            picture=picture,
        )


def typed(text: str) -> DrawRequest:
    """A point as a user types it, such as ``seed=7&truncation=0.7``: the query of an address.

    Raises:
        ConfigError: another name, or a value that cannot be read.
    """
    query = {}
    for part in text.split("&"):
        name, _, value = part.partition("=")
        if name not in TYPED:
            raise ConfigError(f"--at {quoted(text)}: {unknown('name', name, TYPED)}")
        query[name] = value
    return DrawRequest.of(query)


def _between(text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if math.isnan(value):
        raise ConfigError(f"expected a number from {low:g} to {high:g}, got {quoted(text)}")
    return min(max(value, low), high)


def _whole(text: str) -> int:
    if not re.fullmatch("[+-]?[0-9]{1,18}", text):
        raise ConfigError(f"expected a whole number, got {quoted(text)}")
    return int(text)
