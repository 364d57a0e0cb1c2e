"""Texts: (T, V), one of V symbols at each of T places; a text ends at the first symbol 0."""

from __future__ import annotations

import json
import zlib
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from sparring.data import text as reading
from sparring.data.codec import OneHot
from sparring.data.pictures import SUFFIXES as PICTURES
from sparring.data.spec import Dataset, Spec
from sparring.data.text.vocabulary import decoded, ended
from sparring.errors import DataError, counted, printable, quoted
from sparring.files import write_whole
from sparring.history.facts import TEXTS
from sparring.history.record import LOGGED
from sparring.kinds import sheets, writers
from sparring.kinds.kind import Array, Kind, Measure
from sparring.metrics import ngrams, shares
from sparring.metrics.extractors import Features, Reals
from sparring.metrics.features import Extractor, content_hash, fit_pca
from sparring.metrics.text import judge

BINS, COARSE = 512, 128  # heaps of n-grams
NGRAMS = "n-grams-64"
COMPONENTS, FITTED = 64, 2048
MOST_REPEATED = 0.9  # of the texts that may repeat another one without a warning
FONT, ROW, CELL, EDGE = 14, 20, 14, 6  # pixels of a sheet
MOST_ROWS = 64  # texts on a sheet


def problem(spec: Spec) -> str:
    """What is wrong with a Spec of texts; "" if nothing is wrong."""
    codec = OneHot.of(spec.codec)
    if len(spec.shape) != 2 or len(codec.sizes) != 1:
        return f"shape: {list(spec.shape)} does not fit texts; accepted: [places, symbols]"
    return "" if len(codec.symbols) == spec.shape[1] else f"symbols: {len(codec.symbols)} for {spec.shape[1]}"


def texts(samples: Array | Tensor, spec: Spec) -> list[str]:
    """Decoded samples (N, T) as strings."""
    return decoded(samples, OneHot.of(spec.codec).symbols)


def shown(samples: Array, spec: Spec) -> list[str]:
    """Decoded samples as they are printed: a text a line or, if it has several lines, a block of its own."""
    found = [printable(text, kept="\n") for text in texts(samples, spec)]
    return [f"{text}\n" if "\n" in text else text for text in found]


def warning(data: Dataset) -> str | None:
    """A warning if nearly all texts are repetitions of others, else None."""
    again = data.origin.duplicates if data.origin else 0
    if again < MOST_REPEATED * len(data):
        return None
    return (
        f"{again:,} of {len(data):,} texts repeat another one; only {len(data) - again:,} of them "
        f"{'differs' if len(data) - again == 1 else 'differ'}. A generator can learn nothing but them."
    )


def vectors(encoded: Tensor) -> Tensor:
    """Texts (N, T, V) as counts of their n-grams in heaps, (N, BINS)."""
    return ngrams.hashed(encoded.argmax(-1), BINS)


def coarse(encoded: Tensor) -> Tensor:
    """Texts (N, T, V) as counts of their symbols and pairs in fewer heaps, (N, COARSE)."""
    return ngrams.hashed(encoded.argmax(-1), COARSE, (1, 2))


def repeated(fakes: Tensor, reals: Tensor) -> float:
    """The share of texts (N, T, V) that repeat another one."""
    rows = ended(fakes.argmax(-1))
    return 1 - len(rows.unique(dim=0)) / len(rows)


def features(reals: Reals) -> Extractor:
    """The principal components of the n-grams of real texts: COMPONENTS numbers a text."""
    chosen = torch.randperm(len(reals.samples), generator=torch.Generator().manual_seed(0))[:FITTED]
    pca = fit_pca(ngrams.hashed(reals.samples[chosen], BINS), COMPONENTS)
    on_device = type(pca)(*(tensor.to(reals.device, torch.float32) for tensor in pca))
    return Extractor(
        NGRAMS,
        lambda batch: on_device.project(ngrams.hashed(batch, BINS)),
        dimension=len(pca.variances),
        version=content_hash(*pca),
        device=reals.device,
    )


def sheet(samples: Array, spec: Spec, columns: int | None = None, gap: int = 2) -> Image.Image:
    """Texts as one picture, a line each; a character that the font here lacks is a block of its own grey."""
    rows = [line for text in texts(samples[:MOST_ROWS], spec) for line in text.split("\n")]
    wide = max(8, max(map(len, rows), default=8))
    picture = Image.new("L", (wide * CELL + 2 * EDGE, len(rows) * ROW + 2 * EDGE), 40)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(FONT)
    for number, row in enumerate(rows):
        top, left = EDGE + number * ROW, float(EDGE)
        for known, run in groupby(row, sheets.drawable):
            drawn = "".join(run)
            if known:
                pen.text((left, top), drawn, 230, font)
                left += font.getlength(drawn)
                continue
            for character in drawn:
                grey = 90 + zlib.crc32(character.encode()) % 160
                pen.rectangle((left, top, left + CELL - 3, top + CELL - 3), fill=grey)
                left += CELL
    return sheets.to_image(np.asarray(picture)[:, :, None])


def pair_sheet(fakes: Tensor, reals: Tensor, spec: Spec) -> Image.Image:
    """Each fake above the training text that is nearest to it."""
    return sheet(torch.stack([fakes, reals], 1).flatten(0, 1).numpy(), spec)


def write(samples: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
    """Write texts to a file, a line each; those with several lines are parted by empty lines."""
    found = texts(samples, spec)
    between = "\n\n" if any("\n" in text for text in found) else "\n"
    write_whole(path, (between.join(found) + "\n").encode())


def write_table(samples: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
    """Write texts, and their classes if they have some, as JSON lines that can be trained on again."""
    names = [None] * len(samples) if labels is None else [spec.class_names[label] for label in labels]
    rows = [
        {"text": text} | ({} if name is None else {"label": name})
        for text, name in zip(texts(samples, spec), names, strict=True)
    ]
    write_whole(path, "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode())


def given(data: Any, labels: Any, options: Any) -> Dataset | None:
    """A data set of strings in a list, an array or a column of a table; None for anything else.

    Raises:
        DataError: all of them are names of picture files.
    """
    found = reading.strings(data)
    if found and all(text.lower().endswith(PICTURES) for text in found):
        raise DataError(
            f"these {counted(len(found), 'text')} are names of picture files, such as {quoted(found[0])}, not "
            "pictures: give the folder that holds them, GAN().fit(FOLDER), or a list of pictures, each opened "
            "with PIL.Image.open."
        )
    return None if found is None else reading.from_strings(found, options=options, labels=labels)


def arrays(samples: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
    """Write texts, and their classes if they have some, as numpy arrays of strings."""
    writers.arrays(np.array(texts(samples, spec)), labels, spec, path, columns)


TEXT = Kind(
    name="text",
    noun="text",
    axes="T V",
    codec=OneHot.from_dict,
    recipe="letters",
    count=20,
    discrete=True,
    problem=problem,
    warning=warning,
    describe=lambda spec: (
        f"a text of at most {counted(spec.shape[0], 'symbol')}, of {spec.shape[1] - 1:,} known ones"
    ),
    vectors=vectors,
    coarse=coarse,
    for_features=lambda samples, spec: ended(samples),
    features=Features((NGRAMS,), own={NGRAMS: features}),
    measures={
        "dead_symbols": Measure(shares.dead_symbols, LOGGED["dead_symbols"]),
        "repeats": Measure(repeated, LOGGED["repeats"]),
    },
    judge=judge,
    sheet=sheet,
    pair_sheet=pair_sheet,
    lines=shown,
    handed=texts,
    media=TEXTS,
    traits=lambda samples, spec: {"length": np.array([len(text) for text in texts(samples, spec)], float)},
    show=lambda samples, spec: "\n".join(shown(samples, spec)).encode(),
    writers={
        ".txt": write,
        ".jsonl": write_table,
        ".png": writers.of_sheets(sheet),
        ".npz": arrays,
    },
    suffixes=reading.SUFFIXES,
    files="files and folders of texts",
    reads=reading.reads,
    read=reading.from_path,
    given=given,
    options=("unit", "items", "column", "labels", "vocabulary", "longest"),
    adapted=reading.adapted,
)
