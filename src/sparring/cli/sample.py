"""``sparring sample``: draw from a trained generator into a file or a folder."""

from __future__ import annotations

import argparse
from contextlib import nullcontext

import torch

from sparring import kinds
from sparring.config.arguments import number, whole
from sparring.errors import ConfigError, counted, printable, unknown, warn
from sparring.games import drawing
from sparring.history import layout
from sparring.machine.device import Runtime
from sparring.runs.folder import RunFolder
from sparring.runs.inference import Sampler
from sparring.training import suited

MOST_SAMPLES = 1_000_000


def run(args: argparse.Namespace) -> int:
    """Draw samples from a run into a file or a folder."""
    folder = RunFolder(args.run)
    if args.out:
        layout.refuse_training_file(args.out)
        layout.refuse_taken(args.out, args.force)
    if args.count is not None:
        whole("--count", args.count, 1, MOST_SAMPLES)
    number("--truncation", args.truncation, 0, 10)
    kind = kinds.of(folder.spec)
    sampler = Sampler.load(folder, warn, Runtime(args.device, "fp32"), best=args.best)
    count = args.count or kind.count
    labels, columns = _labels(folder, args.label, count, args.interpolate, exact=args.count is not None)
    if labels is not None:
        count = len(labels)
    if args.interpolate:
        samples = sampler.walk(count, labels, seed=args.seed, truncation=args.truncation)
    else:
        latents = sampler.latents(count, args.seed, args.truncation)
        if folder.spec.clusters:
            labels = sampler.drawn_labels(count, args.seed)
        samples = sampler.decoded(latents, labels).numpy()
    shown = None if labels is None or folder.spec.clusters else labels.numpy()
    drawn = folder.path / layout.DRAWN
    name = f"step-{sampler.step}"
    place = nullcontext(args.out) if args.out else layout.new_file(drawn, name, kind.suffix)
    with layout.writing(args.out or drawn), place as out:
        kind.save(samples, shown, folder.spec, out, columns)
    print(printable(f"{counted(len(samples), 'sample')} from step {sampler.step:,}: {out}"))
    return 0


def _labels(
    folder: RunFolder, label: str | None, count: int, interpolate: bool, exact: bool
) -> tuple[torch.Tensor | None, int | None]:
    """The classes to draw, and the number of columns of the grid.

    Without a label there is one row per class or, for an ``exact`` count, the classes are as frequent as in
    the data.
    """
    names = () if folder.spec.clusters else folder.spec.class_names[: folder.classes]
    if label is not None:
        if not names:
            unused = () if folder.spec.clusters else folder.spec.class_names
            raise ConfigError(
                f"this run was {suited.no_labels(folder.facts['data'], unused)}, or leave out --label."
            )
        if label not in names:
            raise ConfigError(unknown("label", label, names))
        return torch.full((count,), names.index(label)), None
    if not names:
        return None, None
    if interpolate:
        return torch.arange(count) * len(names) // count, None
    if exact:
        natural = drawing.natural_labels(count, folder.facts["class_counts"])
        return None if natural is None else natural.sort().values, None
    columns = -(-count // len(names))
    return torch.arange(len(names)).repeat_interleave(columns), columns
