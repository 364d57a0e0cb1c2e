"""What the playground asks to be drawn, as an address or the command line says it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sparring.errors import ConfigError, quoted, unknown

MOST_DRAWN = 64  # samples per request
MOST_SLIDERS = 8
MOST_SLIDER, MOST_TRUNCATION = 5.0, 2.0
MOST_SEED = 2**31 - 1
MOST_WHOLE = 2**53  # of a class or a step, as browsers count
TYPED = (
    "seed", "label", "toward", "near", "to_seed", "to_label", "to_toward", "to_near", "share", "sliders",
    "truncation", "step",
)  # fmt: skip
KNOWN = (
    *TYPED,
    "count",
    "form",
    "beside",
    "part",
    "g",
)  # g: of which generator, so that no old answer is shown
PARTS = ("", "source", "output", "truth", "directions")


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
        return LatentPoint(
            seed=_whole(query, f"{prefix}seed", MOST_SEED) or 0,
            label=_whole(query, f"{prefix}label"),
            near=_number(query, f"{prefix}near", 1.0),
            toward=_whole(query, f"{prefix}toward", MOST_SEED),
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
            ConfigError: another name, or a value that cannot be read.
        """
        if strange := next((name for name in query if name not in KNOWN), None):
            raise ConfigError(unknown("name", strange, [name for name in KNOWN if name != "g"]))
        for needed, of in (("to_seed", ("to_label", "to_toward", "to_near", "share")), ("toward", ("near",))):
            if not query.get(needed) and (lost := next((name for name in of if query.get(name)), None)):
                raise ConfigError(f"{lost}: expected {needed} beside it, which is missing")
        sliders = [value for value in query.get("sliders", "").split(",") if value]
        if len(sliders) > MOST_SLIDERS:
            raise ConfigError(f"sliders: expected at most {MOST_SLIDERS} numbers, got {len(sliders):,}")
        count = _whole(query, "count", MOST_DRAWN, least=1)
        return DrawRequest(
            point=LatentPoint.of(query),
            count=1 if count is None else count,
            to=LatentPoint.of(query, "to_") if query.get("to_seed") else None,
            share=_number(query, "share", 1.0),
            sliders=tuple(_number({"sliders": v}, "sliders", MOST_SLIDER, -MOST_SLIDER) for v in sliders),
            form=query.get("form", ""),
            beside=_one_of(query, "beside", ("0", "1")) == "1",
            truncation=_number(query, "truncation", MOST_TRUNCATION, usual=1.0),
            step=_whole(query, "step"),
            part=_one_of(query, "part", PARTS),
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
    for name in ("label", "to_label"):
        if not re.fullmatch("[0-9]*", query.get(name, "")):
            raise ConfigError(
                f"--at {quoted(text)}: {name}: expected the number of a class, from 0 in the order of "
                f"`sparring info RUN`, got {quoted(query[name])}. --label NAME draws a class by its name."
            )
    try:
        return DrawRequest.of(query)
    except ConfigError as error:
        raise ConfigError(f"--at {quoted(text)}: {error}.") from error


def _number(query: Mapping[str, str], name: str, most: float, least: float = 0.0, usual: float = 0.0) -> float:
    text = query.get(name, "")
    try:
        value = float(text) if text else usual
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise ConfigError(f"{name}: expected a number from {least:g} to {most:g}, got {quoted(text)}")
    return value


def _whole(query: Mapping[str, str], name: str, most: int = MOST_WHOLE, least: int = 0) -> int | None:
    if not (text := query.get(name, "")):
        return None
    if not re.fullmatch("[0-9]{1,18}", text) or not least <= int(text) <= most:
        raise ConfigError(f"{name}: expected a whole number from {least} to {most:,}, got {quoted(text)}")
    return int(text)


def _one_of(query: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    value = query.get(name, known[0])
    if value not in known:
        accepted = " or ".join(filter(None, known))
        raise ConfigError(f"{name}: expected {accepted}, got {quoted(value)}")
    return value
