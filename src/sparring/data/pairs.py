"""Join sources and targets into one data set: by file name, by halves of a picture, or unpaired."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import torch
from torch import Tensor

from sparring.config.choices import BACKGROUNDS
from sparring.data.folders import ORIGINALS, VALUES
from sparring.data.spec import Dataset
from sparring.errors import DataError, counted, printable

SAME = 0.5  # of the names of a side; from there on they may be pairs
SAME_PROPORTIONS = 0.05  # the logarithm of their ratio, below which sides of pictures are as long
ONE_SIZE = re.compile(r"(\d+) x (\d+) pixels")
SHOWN = 3  # names in a message
HALVES = {"halves": (0, 1), "right-halves": (1, 0)}  # which half is the source, and which the target


def joined(sources: Dataset, targets: Dataset, paired: str) -> Dataset:
    """The targets, with the sources as what is given.

    Args:
        paired: "none", or "names": by the names of their files without suffix; without files, in their order.

    Raises:
        DataError: they do not belong together, or a side is empty.
    """
    for side, data in (("sources", sources), ("targets", targets)):
        if not len(data):
            raise DataError(f"{data.name} holds no {side}.")
    if len({sources.spec.kind, targets.spec.kind}) > 1:
        raise DataError(
            f"{sources.name} holds {sources.spec.kind}s and {targets.name} {targets.spec.kind}s: give two sets "
            "of pictures."
        )
    if sources.spec.shape[1:] != targets.spec.shape[1:]:
        shapes = " and ".join(f"{s.spec.shape[-1]} x {s.spec.shape[-2]}" for s in (sources, targets))
        raise DataError(f"sources and targets have {shapes} pixels: bring both to one size first.")
    notes = _same_names(sources, targets)
    if paired == "names":
        other = _other_proportions(sources, targets)
        sources, targets, notes = _by_name(sources, targets)
        notes += other
    return _with(sources, targets, paired == "none", notes)


def cut_in_two(data: Dataset, paired: str) -> Dataset:
    """Pictures that hold source and target side by side, cut in two.

    Args:
        paired: "halves", the left half is the source, or "right-halves".

    Raises:
        DataError: the width is not even.
    """
    width = data.spec.shape[-1]
    if width % 2:
        raise DataError(
            f"pictures of {width} pixels in width cannot be cut into two halves: give the size of a half, as "
            f"--size {width // 2}x{data.spec.shape[-2]} (size)."
        )
    spec = replace(data.spec, shape=(*data.spec.shape[:-1], width // 2), class_names=())
    halves = [data.samples[..., : width // 2], data.samples[..., width // 2 :]]
    source, target = (halves[k].contiguous() for k in HALVES[paired])
    origin = data.origin
    if origin:
        options = dict(origin.options) | {"size": f"{width // 2}x{data.spec.shape[-2]}"}
        origin = replace(origin, options=options, path=None)
    sides = [replace(data, spec=spec, samples=half, labels=None, origin=origin) for half in (source, target)]
    return _with(sides[0], sides[1], False)


def _with(sources: Dataset, targets: Dataset, unpaired: bool, notes: tuple[str, ...] = ()) -> Dataset:
    levels, options = _levels(sources), sources.origin.options if sources.origin else {}
    behind = options.get("background", BACKGROUNDS[0])
    seen = replace(sources.spec, class_names=(), levels=levels, background=behind)
    given = replace(sources, labels=None, spec=seen)
    spec = replace(targets.spec, class_names=(), given=given.spec, unpaired=unpaired)
    origin = targets.origin
    if origin:
        more = sources.origin.notes if sources.origin else ()
        if levels and levels != origin.options.get("levels"):  # each side is read with its own, as now
            origin = replace(origin, options=dict(origin.options) | {"levels": "auto"})
        origin = replace(origin, notes=tuple(dict.fromkeys((*origin.notes, *more))) + notes, unused_classes="")
    return replace(targets, spec=spec, labels=None, given=given, origin=origin)


def _other_proportions(sources: Dataset, targets: Dataset) -> tuple[str, ...]:
    """A note if sources and targets, each of one size, are cropped at different places."""
    if any(data.origin is None or data.origin.options.get("resize") != "crop" for data in (sources, targets)):
        return ()
    told = [data.origin.facts.get(ORIGINALS, "") if data.origin else "" for data in (sources, targets)]
    sizes = [[int(side) for side in found.groups()] for text in told if (found := ONE_SIZE.fullmatch(text))]
    if len(sizes) < 2:
        return ()
    (a, b), (c, d) = sizes
    if abs(math.log(a * d / (b * c))) < SAME_PROPORTIONS:
        return ()
    return (
        f"sources are of {a} x {b} pixels and targets of {c} x {d}, so a crop keeps other places of each: "
        "--resize stretch keeps all of both.",
    )


def _levels(data: Dataset) -> str:
    """The levels with which pictures of more than 8 bits were read; "" if there are none."""
    return str(data.origin.options["levels"]) if data.origin and VALUES in data.origin.facts else ""


def _same_names(sources: Dataset, targets: Dataset) -> tuple[str, ...]:
    """A note if most names are on both sides, which may be pairs."""
    keys = [{_key(name) for name in data.origin.names} if data.origin else set() for data in (sources, targets)]
    shared = len(keys[0] & keys[1])
    if not shared or shared < SAME * min(map(len, keys)):
        return ()
    return (
        f"{counted(shared, 'name')} of files are on both sides: if they are pairs, --paired (paired=True) "
        "learns far more from them.",
    )


def same_names(sources: Dataset, targets: Dataset) -> tuple[Tensor, Tensor]:
    """The places (P,) in each of two sets whose files have the same name, which is there once on each side."""
    keys = [[_key(name) for name in data.origin.names] if data.origin else [] for data in (sources, targets)]
    if not set(keys[0]) & set(keys[1]):  # in folders of other names
        keys = [[PurePosixPath(key).name for key in side] for side in keys]
    once = [{key for key, times in Counter(side).items() if times == 1} for side in keys]
    places = {key: place for place, key in enumerate(keys[0]) if key in once[0] & once[1]}
    chosen = [place for place, key in enumerate(keys[1]) if key in places]
    return torch.tensor([places[keys[1][k]] for k in chosen]).long(), torch.tensor(chosen).long()


def _by_name(sources: Dataset, targets: Dataset) -> tuple[Dataset, Dataset, tuple[str, ...]]:
    """Sources and targets of the same name, in the order of the targets, and a note on the others.

    Raises:
        DataError: no name is on both sides, or one stands twice on a side.
    """
    names = [data.origin.names if data.origin else () for data in (sources, targets)]
    if not all(names):
        if len(sources) != len(targets):
            raise DataError(
                f"{counted(len(sources), 'source')} and {counted(len(targets), 'target')} without the names of "
                "files are paired in their order: give as many of each, or leave out --paired (paired)."
            )
        return sources, targets, ()
    keys = [[_key(name) for name in side] for side in names]
    if not set(keys[0]) & set(keys[1]):  # in folders of other names
        keys = [[PurePosixPath(key).name for key in side] for side in keys]
    for side, data in zip(keys, (sources, targets), strict=True):
        if twice := [key for key, times in Counter(side).items() if times > 1]:
            raise DataError(
                f"{data.name} has several pictures named {_some(twice)}, so it is not clear which belongs to "
                "its partner: give each a name of its own, or leave some out with --exclude."
            )
    places = {key: place for place, key in enumerate(keys[0])}
    chosen = [place for place, key in enumerate(keys[1]) if key in places]
    if not chosen:
        raise DataError(
            f"no name is in both: {sources.name} has {_some(names[0])}, {targets.name} has {_some(names[1])}. "
            "Pairs have the same name, as a.png and a.jpg; without pairs, leave out --paired."
        )
    alone = [
        f"{counted(len(lonely), 'picture')} of the {side} without a partner left out: {_some(lonely)}."
        for side, mine, other in (("sources", *keys), ("targets", *keys[::-1]))
        if (lonely := sorted(set(mine) - set(other)))
    ]
    of_sources = torch.tensor([places[keys[1][place]] for place in chosen])
    return _chosen(sources, of_sources), _chosen(targets, torch.tensor(chosen)), tuple(alone)


def _key(name: str) -> str:
    return str(PurePosixPath(name).with_suffix("")).casefold()


def _chosen(data: Dataset, places: Tensor) -> Dataset:
    if torch.equal(places, torch.arange(len(data))):
        return data
    origin = data.origin
    if origin:
        origin = replace(origin, path=None, names=tuple(origin.names[k] for k in places.tolist()))
    return replace(data, samples=data.samples[places], labels=None, origin=origin)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(printable(name) for name in names[:SHOWN]) + more
