"""Make a data set of texts: their symbols, their lengths, and what is left out and why."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import torch

from sparring.config.texts import LONGEST, VOCABULARY
from sparring.data import labels as classes
from sparring.data.arrays import ARRAY, class_indices
from sparring.data.codec import MOST_SYMBOL, OneHot
from sparring.data.pictures import SUFFIXES as PICTURES
from sparring.data.repeats import repeats
from sparring.data.source import folder as files_of
from sparring.data.spec import Dataset, Origin, Spec
from sparring.data.store import Watch
from sparring.data.text import items as reading
from sparring.data.text.items import AUTO, BY_FOLDER, NO_LABELS, PLAIN, SUFFIXES, Items
from sparring.data.text.vocabulary import Symbols, choose, encoded, remapped, tokens
from sparring.errors import DataError, counted, first_of, quoted

KIND = "text"
USUAL = {
    "unit": "characters", "items": AUTO, "column": AUTO, "labels": NO_LABELS,
    "vocabulary": 2_000, "longest": AUTO,
}  # fmt: skip
USUAL_LONGEST = 64  # symbols, up to which "auto" takes the longest text
MOST_LONGEST = 256  # symbols, to which "auto" goes where most texts are long
ALMOST_ALL = 0.95  # of the texts that "auto" does not leave out as too long
LEAST_KEPT = 0.5  # of the texts that must be left, or the options do not fit
SHOWN = 12  # symbols that are named


def reads(path: Path) -> bool:
    """Whether a path is a file of texts, or a folder with such files and without pictures."""
    if path.is_file():
        return path.suffix.lower() in SUFFIXES
    found = False
    for _, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        suffixes = {os.path.splitext(name)[1].lower() for name in names if not name.startswith(".")}
        if suffixes & set(PICTURES):
            return False
        found = found or bool(suffixes & {".txt", ".jsonl", ".ndjson"})
    return found


def from_path(path: Path, options: Mapping[str, Any], watch: Watch | None = None) -> Dataset:
    """Read the texts of a file, or of the files below a folder, in the order of their names.

    Raises:
        DataError: it is not text in UTF-8, holds no texts, or the options leave too few.
    """
    name = str(path.absolute())
    if path.is_dir():
        return from_strings(_of_folder(path, options, watch), name, options)
    found = reading.of_file(
        reading.read(path), path.name, options["items"], options["column"], options["labels"]
    )
    if options["labels"] == BY_FOLDER:
        raise DataError(f"--labels folders: {path.name} is one file. Give a folder, or name a column.")
    return from_strings(found, name, options)


def from_strings(
    given: Items | Sequence[str],
    name: str = ARRAY,
    options: Mapping[str, Any] | None = None,
    labels: Any = None,
) -> Dataset:
    """A data set of texts.

    Args:
        options: "unit", "vocabulary" and "longest", as ``FilesConfig`` explains them.
        labels: of a list of strings, one each.

    Raises:
        DataError: there are no texts, or too few are left after those that are too long or have rare symbols.
    """
    options = {**USUAL, **(options or {})}
    found = given if isinstance(given, Items) else Items(list(given), None, "strings")
    texts = [reading.tidied(text) for text in found.texts]
    written = [text for text in texts if text]
    if not written:
        raise DataError(f"{name} holds no texts: every line of it is empty.")
    split = [tokens(text, options["unit"]) for text in texts]
    longest = _longest([len(symbols) for symbols in split if symbols], options["longest"])
    fits = [0 < len(symbols) <= longest for symbols in split]
    symbols = choose((one for one, fit in zip(split, fits, strict=True) if fit), options["vocabulary"])
    kept = [
        place
        for place, one in enumerate(split)
        if fits[place] and not (symbols.rare and any(symbol in symbols.rare for symbol in one))
    ]
    too_long = sum(len(one) > longest for one in split)
    rare = sum(fits) - len(kept)
    if len(kept) < max(1, LEAST_KEPT * len(written)):
        if too_long >= rare:
            raise DataError(_too_long(name, [len(one) for one in split if one], longest, options["unit"]))
        raise DataError(_too_rare(name, len(written), rare, symbols, options))
    chosen = [split[place] for place in kept]
    length = max(map(len, chosen))
    stored = encoded(chosen, symbols.known, length)
    own = found.labels if labels is None else labels
    if own is not None and len(own) == len(texts):
        own = [own[place] for place in kept]
    indices, class_names = class_indices(own, len(kept), name)
    counts = (sum(len(text) < length for text in chosen), *symbols.counts.values())  # a text ends once
    codec = OneHot((len(symbols.known),), symbols.known, counts=counts)
    spec = Spec(KIND, (length, len(symbols.known)), codec, class_names)
    cut = sum(len(word) == MOST_SYMBOL for one in chosen for word in one) if options["unit"] == "words" else 0
    notes = [*found.notes, *_left_out(len(texts) - len(written), too_long, longest, rare, symbols, options)]
    if cut:
        notes.append(
            f"{counted(cut, 'word')} cut to the first {MOST_SYMBOL} letters; --unit characters keeps all."
        )
    origin = Origin(
        options={
            "unit": options["unit"], "items": found.found_as if found.found_as in ("lines", "poems") else AUTO,
            "column": options["column"], "labels": options["labels"],
            "vocabulary": options["vocabulary"], "longest": str(longest),
        },
        notes=tuple(notes),
        duplicates=repeats(stored),
        facts=_facts(found, chosen, symbols, options["unit"])
        | {"left out": f"{len(texts) - len(kept):,} of {counted(len(texts), 'text')}"},
    )  # fmt: skip
    return Dataset(name, spec, stored, indices, origin)


def adapted(data: Dataset, like: Spec) -> Dataset:
    """The same texts in the symbols and the length of a Spec, without those that it cannot hold.

    Data of another kind is returned as it is.

    Raises:
        DataError: none is left.
    """
    if not isinstance(data.spec.codec, OneHot):
        return data
    known, others = (OneHot.of(spec.codec).symbols for spec in (data.spec, like))
    if (data.spec.shape, known) == (like.shape, others):
        return data
    stored = remapped(data.samples, known, others)
    length = like.shape[0]
    fits = (stored >= 0).all(1) & (stored[:, length:] == 0).all(1)
    if not fits.any():
        raise DataError(f"no text of {data.name} has only symbols that are known and at most {length} of them.")
    kept = torch.zeros(int(fits.sum()), length, dtype=OneHot.of(like.codec).dtype)
    width = min(length, stored.shape[1])
    kept[:, :width] = stored[fits][:, :width].to(kept.dtype)
    labels = None if data.labels is None else data.labels[fits]
    spec = replace(like, class_names=data.spec.class_names, clusters=data.spec.clusters)
    origin, lost = data.origin, len(data) - len(kept)
    if origin and lost:
        note = f"{counted(lost, 'text')} with symbols that are not known, or more than {length}, left out."
        origin = replace(origin, notes=(*origin.notes, note), duplicates=repeats(kept))
    return replace(data, spec=spec, samples=kept, labels=labels, origin=origin)


def _of_folder(path: Path, options: Mapping[str, Any], watch: Watch | None) -> Items:
    """The texts of all files below a folder, with their folder or, without folders, their file as a class."""
    source = files_of(path, lambda name, head: PurePosixPath(name).suffix.lower() in SUFFIXES)
    plain = tuple(name for name in source.files if PurePosixPath(name).suffix.lower() in PLAIN)
    beside = [name for name in source.files if name not in set(plain)] if plain else []
    source = replace(source, files=plain or source.files)
    by_folder = options["labels"] == BY_FOLDER
    texts: list[str] = []
    origins: list[str] = []
    labels: list[str] = []
    notes: list[str] = []
    if beside:
        notes.append(
            f"{counted(len(beside), 'file')} beside the .txt not read ({first_of(beside, 3)}): of a folder "
            "with .txt, these alone are texts."
        )
    kinds: list[str] = []
    for done, name in enumerate(source.files):
        column_of = NO_LABELS if by_folder else options["labels"]
        found = reading.of_file(source.read(name), name, options["items"], options["column"], column_of)
        texts += found.texts
        labels += found.labels or []
        origins += [name] * len(found.texts)
        kinds.append(found.found_as)
        notes += [note for note in found.notes if note not in notes]
        if watch:
            watch("reading", done + 1, len(source.files))
    if by_folder:
        flat = all(len(PurePosixPath(name).parts) == 1 for name in source.files)
        labels = (
            [PurePosixPath(name).stem for name in origins] if flat else classes.by_folder(origins, source.name)
        )
    elif len(source.files) > 1:
        notes.append(
            f"the texts of {counted(len(source.files), 'file')} are read together. To use their folders, or "
            "without folders their names, as classes, add --labels folders."
        )
    same = kinds[0] if len(set(kinds)) == 1 else AUTO
    return Items(texts, labels or None, same, tuple(notes))


def _longest(lengths: Sequence[int], chosen: str) -> int:
    """The most symbols that a text may have: as chosen, or "auto": that of almost all texts."""
    if chosen != AUTO:
        return int(chosen)
    if not lengths:
        return 1
    if max(lengths) <= USUAL_LONGEST:
        return max(lengths)
    almost = int(np.quantile(lengths, ALMOST_ALL, method="higher"))
    return min(max(USUAL_LONGEST, almost), MOST_LONGEST)


def _too_long(name: str, lengths: Sequence[int], longest: int, unit: str) -> str:
    """What to change if most texts are longer than they may be."""
    enough = int(np.quantile(lengths, ALMOST_ALL, method="higher"))
    enough = enough if enough <= LONGEST else int(np.quantile(lengths, LEAST_KEPT, method="higher"))
    how = f", or --longest {enough}." if enough <= LONGEST else f"; --longest goes up to {LONGEST:,}."
    too_long = sum(length > longest for length in lengths)
    return (
        f"{too_long:,} of {len(lengths):,} texts in {name} have more than {longest:,} {unit}: give shorter "
        f"ones, such as a sentence a line{how}"
    )


def _too_rare(name: str, count: int, rare: int, symbols: Symbols, options: Mapping[str, Any]) -> str:
    """What to change if most texts have a rare symbol."""
    unit = options["unit"]
    other = " Or read characters: --unit characters." if unit == "words" else ""
    every = len(symbols.rare) + len(symbols.counts)
    takes = f" ({every} takes all)" if every <= VOCABULARY else ""
    return (
        f"{name} has {every:,} different {unit}, and {rare:,} of {count:,} "
        f"texts hold one that is not among the {options['vocabulary']:,} most frequent. Give a larger "
        f"--vocabulary{takes}, or texts with fewer {unit}.{other}"
    )


def _left_out(
    empty: int, too_long: int, longest: int, rare: int, symbols: Symbols, options: Mapping[str, Any]
) -> list[str]:
    """Notes on the texts that are not used."""
    notes = []
    if empty:
        notes.append(f"{counted(empty, 'empty text')} left out.")
    if too_long:
        notes.append(
            f"{counted(too_long, 'text')} of more than {longest:,} {options['unit']} left out; "
            "--longest changes this."
        )
    if rare:
        some = ", ".join(quoted(symbol) for symbol in list(symbols.rare)[:3])
        notes.append(
            f"{counted(rare, 'text')} left out for one of {len(symbols.rare):,} rare {options['unit']} "
            f"({some} …); --vocabulary changes this."
        )
    return notes


def _facts(found: Items, texts: Sequence[Sequence[str]], symbols: Symbols, unit: str) -> dict[str, str]:
    """What ``sparring data`` says of texts."""
    lengths = np.array([len(text) for text in texts])
    low, middle, high = (int(value) for value in (lengths.min(), np.median(lengths), lengths.max()))
    span = f"{low} to {high} {unit}, half of them up to {middle}" if low < high else f"{low} {unit} each"
    frequent = _some(symbols.counts)
    once = sum(count == 1 for count in symbols.counts.values())
    facts = {
        "read as": found.found_as,
        "lengths": span,
        "vocabulary": f"{len(symbols.counts):,} {unit}: {frequent}; {once:,} of them occur once",
    }
    if symbols.rare:
        facts["dropped"] = f"{len(symbols.rare):,} rare {unit}: {_some(symbols.rare)}"
    return facts


def _some(symbols: Mapping[str, int]) -> str:
    """The first symbols, in which a space is a sign that can be seen."""
    shown = [quoted(symbol)[1:-1].replace(" ", "␣") for symbol in list(symbols)[:SHOWN]]
    return " ".join([*shown, *["…"] * (len(symbols) > SHOWN)])
