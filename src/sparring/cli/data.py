"""``sparring data``: show the data that would be trained on."""

from __future__ import annotations

import argparse
import dataclasses
import math
from itertools import count
from pathlib import Path

import torch
from PIL import Image

from sparring import kinds
from sparring.cli.parsing import given_options
from sparring.config.arguments import whole
from sparring.config.groups import Config, DatasetConfig, FilesConfig
from sparring.data.repeats import repeats
from sparring.data.spec import Dataset
from sparring.data.store import too_many
from sparring.errors import ConfigError, RunError, printable, warn
from sparring.files import write_whole
from sparring.history import layout
from sparring.kinds import find
from sparring.training import suited
from sparring.uses.progress import Reading, console

ROWS = 12  # of samples on the sheet, at most
WIDER = 1.5  # times the columns of a sheet of a training
LISTED = 12  # classes that are named


def read(name: str | DatasetConfig, files: FilesConfig, again: bool = False) -> Dataset:
    """Read data that is named, with a progress bar while pictures are decoded and with warnings.

    Args:
        again: the run has started before, so that the warnings are not repeated.
    """
    named = DatasetConfig(data=name) if isinstance(name, str) else name
    if not again:
        for remark in [*find.shadowed(named.data), *find.shadowed(named.source)]:
            warn(remark)
    with Reading() as watch:
        data = find.chosen(named, files, watch)
    if not again:
        for remark in find.remarks(data):
            warn(remark)
    return data


def run(args: argparse.Namespace) -> int:
    """Print a table of facts and write a sheet of samples."""
    whole("--seed", args.seed, 0)
    given = given_options(args, [field.name for field in dataclasses.fields(FilesConfig)])
    accepted = Config().replace(**given).files
    everything = (
        dataclasses.replace(accepted, max_broken=1) if "max_broken" in find.options(args.data) else accepted
    )
    data = read(args.data, everything)
    stem = find.stem(args.data) or "data"
    free = (f"{stem}{'' if number == 1 else f'-{number}'}.png" for number in count(1))
    out = args.out or next(path for path in map(Path, free) if args.force or not path.exists())
    if data.origin and Path(args.data).absolute() in out.absolute().parents:
        raise RunError(f"{out} would lie among the files of the data: choose another --out.")
    layout.refuse_training_file(out)
    screen = console()
    for key, value in facts(data).items():
        screen.print(f"{key:>20}  {value}", markup=False, soft_wrap=True)
    if data.origin and data.origin.left_out:
        print("\nleft out:", *map(printable, data.origin.left_out), sep="\n  ")
        lost = len(data.origin.left_out)
        total = lost + (len(data) if data.groups is None else len(data.groups.unique()))
        if too_many(lost, total, accepted.max_broken):
            share = math.ceil(1000 * lost / total) / 1000
            print(f"\nTraining refuses so many broken files: repair them, or give --max-broken {share:g}.")
    kind = kinds.of(data.spec)
    if args.write:
        write_types(data, args.write, args.force)
    if kind.lines:
        order = torch.randperm(len(data), generator=torch.Generator().manual_seed(args.seed))[: kind.count]
        print("", *kind.lines(data.samples[order].numpy(), data.spec), sep="\n")
    layout.refuse_taken(out, args.force)
    try:
        with layout.writing(out):
            sheet(data, args.seed).save(out)
    except ValueError as error:
        raise RunError(f"cannot write {out}: a sheet is a picture; give a name that ends in .png.") from error
    screen.print(f"\n  sheet  {out}", markup=False, soft_wrap=True)
    return 0


def write_types(data: Dataset, path: Path, force: bool) -> None:
    """Write what the columns of a table are, as ``--columns`` reads it.

    Raises:
        ConfigError: the data is no table.
    """
    kind = kinds.of(data.spec)
    if kind.types is None:
        raise ConfigError(f"--write: {kind.noun}s have no columns. Leave it out.")
    layout.refuse_taken(path, force)
    with layout.writing(path):
        write_whole(path, kind.types(data).encode())
    print(printable(f"what each column is: {path}; change it there, and give it with --columns {path}"))


def facts(data: Dataset) -> dict[str, str]:
    """The facts about a data set, by name."""
    spec, origin = data.spec, data.origin
    kind = kinds.of(spec)
    found = {"data": data.name, "samples": f"{len(data):,}", "each": kind.describe(spec)}
    if origin:
        found |= origin.facts
    if data.classes:
        counts = data.class_counts
        named = [f"{name} {count:,}" for name, count in zip(spec.class_names, counts, strict=True)]
        more = f", and {len(named) - LISTED:,} more" if len(named) > LISTED else ""
        found["classes"] = f"{data.classes:,}: {', '.join(named[:LISTED])}{more}"
    else:
        found["classes"] = "none"
    found["duplicates"] = f"{origin.duplicates if origin else repeats(data.samples):,}"
    if kind.look:
        found["look"] = str(kind.look(data))
    recipe, why = suited.recipe_for(data)
    found["recipe"] = why.removeprefix("recipe ").removesuffix(".") or recipe
    if len(data) < suited.LEAST:
        found["recipe"] = f"none: a training needs at least {suited.LEAST} samples"
    if origin:
        broken = f"{len(origin.left_out):,} broken, {origin.others:,} of other kinds"
        found["left out"] = origin.facts.get("left out", broken)  # files, unless the kind counts something else
        if origin.path:
            found["decoded"] = f"{origin.path} ({data.samples.nbytes / 1e6:,.1f} MB)"
    return found


def sheet(data: Dataset, seed: int = 0) -> Image.Image:
    """A sheet of random samples, with one row per class if there are at most ROWS classes."""
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))
    kind = kinds.of(data.spec)
    columns = int(WIDER * kind.columns(data.spec))
    chosen = order[: kind.sheet_count or columns * min(ROWS, columns)]
    if data.labels is not None and not kind.sheet_count and data.classes <= ROWS:
        shuffled = data.labels[order]
        rows = [order[shuffled == k][:columns] for k in range(data.classes)]
        blank = torch.zeros(columns, *data.samples.shape[1:], dtype=data.samples.dtype)
        tiles = [data.samples[row] for row in rows]
        samples = torch.cat([part for row in tiles for part in (row, blank[len(row) :])])
    else:
        samples = data.samples[chosen]
    return kind.sheet(samples.numpy(), data.spec, columns)
