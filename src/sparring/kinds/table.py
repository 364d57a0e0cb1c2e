"""Tables: rows (F,) of numbers as normal quantiles and of categories, one-hot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from sparring.config.option import NONE
from sparring.data import table as reading
from sparring.data.spec import Dataset, Spec
from sparring.data.table import conditions, frames, json_lines, keys, pairs, rows, rules, together, types
from sparring.data.table.codec import Columns
from sparring.data.table.refit import refitted
from sparring.data.table.values import Values
from sparring.errors import counted, printable
from sparring.files import write_whole
from sparring.history.record import LOGGED
from sparring.kinds import sheets, writers
from sparring.kinds.kind import Array, Kind, Measure, Rival
from sparring.metrics import table as judged
from sparring.metrics import trees
from sparring.metrics.extractors import NUMBERS as FEATURES

COARSE = 64  # numbers of a row in which clusters are found, at most
SHOWN_ROWS, SHOWN_WIDTH = 20, 26  # rows printed in a terminal, and characters of a cell
ROWS = "text/csv"  # the media type of a row, and of its file
FLAT = 1 / 3  # of the spread of real numbers, below which a column is flat
BINS = 10  # equally likely parts of a number's range


def problem(spec: Spec) -> str:
    """What is wrong with a Spec of rows; "" if nothing is wrong."""
    Columns.of(spec.codec)
    return "" if len(spec.shape) == 1 else f"shape: {list(spec.shape)} does not fit rows; accepted: [numbers]"


def describe(spec: Spec) -> str:
    """Describe one row, as in "row of 14 columns: 9 numbers, 5 categories"."""
    codec = Columns.of(spec.codec)
    numbers, columns = len(codec.numeric), len(codec.learnt)
    parts = [(numbers, "number", "numbers"), (columns - numbers, "category", "categories")]
    named = ", ".join(f"{count:,} {one if count == 1 else more}" for count, one, more in parts if count)
    return f"a row of {counted(columns, 'column')}: {named}"


def given(data: Any, labels: Any, options: Any) -> Dataset | None:
    """A data set of a pandas, polars or pyarrow table; None for anything else."""
    return reading.from_frame(data, labels, options) if reading.backend_of(data) else None


def handed(samples: Array, spec: Spec) -> Any:
    """Rows as a table of the user's library, or for those of a file as columns by name."""
    codec = Columns.of(spec.codec)
    found = rows.values(codec, samples)
    return frames.to_frame(codec, found) if codec.backend else found


def lines(samples: Array, spec: Spec) -> list[str]:
    """The first rows as lines of text, aligned."""
    found = rows.values(Columns.of(spec.codec), samples[:SHOWN_ROWS], texts=True)
    cut = [[*map(printable, (name, *cells))] for name, cells in found.items()]
    widths = [min(SHOWN_WIDTH, max(map(len, cells))) for cells in cut]
    aligned = [[cell[:width].rjust(width) for cell in cells] for cells, width in zip(cut, widths, strict=True)]
    return ["  ".join(row) for row in zip(*aligned, strict=True)]


def shown(samples: Array, spec: Spec) -> bytes:
    """Rows as text, a line for each column: its name and its value."""
    found = rows.values(Columns.of(spec.codec), samples, texts=True)
    wide = max(map(len, found), default=0)
    parts = [
        "\n".join(f"{name.ljust(wide)}  {cells[place]}" for name, cells in found.items())
        for place in range(len(samples))
    ]
    return "\n\n".join(parts).encode()


def traits(samples: Array, spec: Spec) -> dict[str, Array]:
    """The rank of each number of decoded rows, from 0 to 1, by its column; 0.5 where it is missing."""
    learnt = Columns.of(spec.codec).learnt
    numbers = {column.name: samples[:, place] for place, column in enumerate(learnt) if column.numeric}
    return {name: np.nan_to_num(ranks, nan=0.5) for name, ranks in numbers.items()}


def kept(samples: Array, spec: Spec, wanted: Sequence[str] = ()) -> Array:
    """Whether each row keeps to the rules of its table and to these conditions.

    See ``conditions.fitting`` for what a condition is.

    Raises:
        ConfigError: a condition names no column, or a value that it never has.
    """
    codec = Columns.of(spec.codec)
    found: Array = rules.kept(codec, samples)
    for condition in wanted:
        found &= conditions.fitting(codec, samples, condition)
    return found


def tears(fakes: Tensor, reals: Tensor) -> float:
    """How far the correlations of encoded columns (N, F) are from those of real rows, as a mean over pairs."""
    if fakes.shape[1] < 2:
        return 0.0
    parts = [torch.corrcoef(part[:, :500].T.double()).nan_to_num(0.0) for part in (fakes, reals)]
    upper = torch.triu_indices(len(parts[0]), len(parts[0]), 1)
    return float((parts[0] - parts[1]).abs()[upper[0], upper[1]].mean())


def dead_levels(fakes: Tensor, reals: Tensor, spec: Spec) -> float | None:
    """The share of the values in categories of stored real rows (N, columns) whose level no fake has.

    None without categories.
    """
    codec = Columns.of(spec.codec)
    shares = []
    for place, column in enumerate(codec.learnt):
        if not column.numeric:
            drawn = set(fakes[:, place].nan_to_num(-1.0).tolist())
            shares.append(np.mean([value not in drawn for value in reals[:, place].nan_to_num(-1.0).tolist()]))
    return float(np.mean(shares)) if shares else None


def flat_columns(fakes: Tensor, reals: Tensor, spec: Spec) -> float | None:
    """The share of columns of numbers whose stored ranks have less than FLAT of the spread of real ones.

    None without numbers.
    """
    codec = Columns.of(spec.codec)
    flat = []
    for place, column in enumerate(codec.learnt):
        if column.numeric:
            one, other = (np.nanstd(part[:, place].numpy()) for part in (fakes, reals))
            flat.append(one < FLAT * other)
    return float(np.mean(flat)) if flat else None


def write_csv(samples: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
    """Write rows as a text table, with tabs between cells in .tsv, else with what the user's file has."""
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ""
    write_whole(path, rows.as_csv(Columns.of(spec.codec), samples, delimiter))


def write_json_lines(samples: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
    """Write rows as JSON, an object a line."""
    write_whole(path, rows.as_json_lines(Columns.of(spec.codec), samples))


def write_parquet(samples: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
    """Write rows as a Parquet file."""
    codec = Columns.of(spec.codec)
    frames.write_parquet(codec, rows.values(codec, samples), path)


def types_of(data: Dataset) -> str:
    """The file that ``--columns`` takes, with columns that could go together as a remark."""
    codec = Columns.of(data.spec.codec)
    return types.written(codec, together.proposed(codec, data.samples.numpy()))


def comparable(options: Mapping[str, Any], like: Spec | None) -> dict[str, Any]:
    """Options by which columns are what they are in a Spec."""
    codec = like.codec if like else None
    if not isinstance(codec, Columns):
        return dict(options)
    return {**options, "constraint": NONE, "target": NONE, "columns": codec}


WIDE, TALL, EDGE, HEAD, FONT = 132, 56, 8, 16, 11  # pixels of the chart of a column
MOST_CHARTS, ACROSS, MOST_BARS = 60, 5, 24
REAL, FORGED, PAPER, INK = (120, 124, 130), (224, 122, 52), (250, 250, 248), (40, 40, 40)
MOST_LETTERS = 22  # of a title
CELL, TITLES = 12, 150  # pixels of the map of pairs


def sheet(samples: Array, spec: Spec, columns: int | None = None, gap: int = 2) -> Image.Image:
    """A chart for each column, forged rows in colour beside the training rows in grey; below, pairs of columns.

    A cell of the map says how far the correlation of two columns of these rows is from that of training rows:
    the darker, the further.
    """
    codec = Columns.of(spec.codec)
    shown = codec.learnt[:MOST_CHARTS]
    across = min(ACROSS, len(shown))
    down = -(-len(shown) // across)
    paired = min(pairs.MOST_PAIRED, len(codec.learnt)) if codec.correlations and len(samples) > 1 else 0
    wide = max(across * (WIDE + EDGE), paired * CELL + TITLES) + EDGE
    charts = down * (TALL + HEAD + EDGE) + EDGE
    picture = Image.new("RGB", (wide, charts + (paired * CELL + HEAD + EDGE if paired else 0)), PAPER)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(FONT)
    for number, column in enumerate(shown):
        left = EDGE + number % across * (WIDE + EDGE)
        top = EDGE + number // across * (TALL + HEAD + EDGE)
        pen.text((left, top), _plain(column.name), INK, font)
        real, forged = marginal(codec, number, samples)
        _bars(pen, left, top + HEAD, real, forged)
    if paired:
        _map(pen, font, charts, codec, pairs.correlations(samples) - pairs.whole(codec.correlations, paired))
    return sheets.to_image(np.asarray(picture))


def _plain(name: str) -> str:
    """A name in the letters that the built-in font has."""
    return "".join(letter if sheets.drawable(letter) else "?" for letter in name)[:MOST_LETTERS]


def _map(pen: ImageDraw.ImageDraw, font: Any, top: int, codec: Columns, differences: Array) -> None:
    """A cell for each two columns, from PAPER where nothing differs to FORGED where the difference is 0.5."""
    pen.text((EDGE, top), "pairs of columns: how far from the training rows", INK, font)
    for row in range(len(differences)):
        y = top + HEAD + row * CELL
        pen.text((EDGE, y - 1), _plain(codec.learnt[row].name), INK, font)
        for column in range(row):
            share = min(1.0, 2 * abs(float(differences[row, column])))
            colour = tuple(round(a + share * (b - a)) for a, b in zip(PAPER, FORGED, strict=True))
            x = EDGE + TITLES + column * CELL
            pen.rectangle((x, y, x + CELL - 2, y + CELL - 2), fill=colour, outline=REAL)


def marginal(codec: Columns, place: int, samples: Array) -> tuple[Array, Array]:
    """The shares of training and of forged rows in each level of a column, or each tenth of its training rows.

    Missing values are the last share, if there are any.
    """
    column, stored = codec.learnt[place], samples[:, place]
    there = stored[~np.isnan(stored)]
    if column.numeric:
        real = np.full(BINS, 1 / BINS)
        counts = np.histogram(there, np.linspace(0, 1, BINS + 1))[0]
    else:
        real = np.array(column.shares)
        counts = np.bincount(there.astype(int), minlength=len(column.levels))
        order = np.argsort(-real, kind="stable")[:MOST_BARS]
        real, counts = real[order], counts[order]
    forged = counts / max(len(stored), 1)
    if not column.missing:
        return real, forged
    lacking = float(np.isnan(stored).mean()) if len(stored) else 0.0
    return np.append(real * (1 - column.missing), column.missing), np.append(forged, lacking)


def _bars(pen: ImageDraw.ImageDraw, left: int, top: int, real: Array, forged: Array) -> None:
    """Bars of both, side by side, as high as the greatest of them."""
    most = max(float(real.max()), float(forged.max()), 1e-9)
    step = WIDE / len(real)
    for place in range(len(real)):
        for share, colour, begin in ((real[place], REAL, 0.05), (forged[place], FORGED, 0.5)):
            high = float(share) / most * TALL
            x = left + (place + begin) * step
            pen.rectangle((x, top + TALL - high, x + 0.45 * step, top + TALL), fill=colour)


TABLE = Kind(
    name="table",
    noun="row",
    axes="F",
    codec=Columns.from_dict,
    recipe="rows",
    rival=Rival(
        "forest", trees.installed, judged.against_held_out, judged.loss, ("told apart", "predicts", "nearer")
    ),
    count=1000,
    sheet_count=2000,
    problem=problem,
    describe=describe,
    vectors=lambda encoded: encoded.flatten(1).float(),
    coarse=lambda encoded: encoded.flatten(1)[:, :COARSE],
    for_features=lambda samples, spec: spec.encode(samples),
    features=FEATURES,
    keys=lambda encoded, spec: keys.of_stored(Columns.of(spec.codec), spec.decode(encoded).numpy()),
    measures={
        "tears": Measure(tears, LOGGED["tears"]),
        "dead_levels": Measure(dead_levels, LOGGED["dead_levels"], decoded=True),
        "flat_columns": Measure(flat_columns, LOGGED["flat_columns"], decoded=True),
    },
    judge=judged.judge,
    sheet=sheet,
    lines=lines,
    media=ROWS,
    show=shown,
    traits=traits,
    offered={".csv": ROWS},
    handed=handed,
    kept=kept,
    writers={
        ".csv": write_csv,
        ".tsv": write_csv,
        **dict.fromkeys(json_lines.SUFFIXES, write_json_lines),
        ".parquet": write_parquet,
        ".png": writers.of_sheets(sheet),
        ".npz": writers.arrays,
    },
    suffixes=(reading.SUFFIXES[-1],),
    files="tables",
    reads=reading.is_table,
    read=reading.from_path,
    given=given,
    options=("columns", "constraint", "target"),
    types=types_of,
    portable=lambda spec: Values(Columns.of(spec.codec)),
    refitted=refitted,
    adapted=reading.adapted,
    comparable=comparable,
)
