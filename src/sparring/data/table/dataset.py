"""Make a data set of a table: what each column is, what is left out and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sparring.data.arrays import ARRAY, class_indices
from sparring.data.spec import Dataset, Origin, Spec
from sparring.data.store import Watch
from sparring.data.table import alike, conditions, frames, guess, keys, pairs, rules, together, types
from sparring.data.table.alike import SEED
from sparring.data.table.codec import KIND, MOST_RULES, Columns
from sparring.data.table.column import CHOICES, DAY, LEARNT, NUMBERS, Column, shown
from sparring.data.table.guess import Found, Raw
from sparring.data.table.moments import EPOCH
from sparring.data.table.reading import PARQUET, SPREADSHEETS, TEXT_FILES, doubtful, nameless, read_text, titled
from sparring.errors import ConfigError, DataError, counted, did_you_mean, first_of, printable, quoted

NONE = "none"
MOST_LISTED = 60  # columns that are described one by one
ODD = 50.0  # times the range of 98 % of the values, beyond which some are odd
TAIL = 0.01
SINGLE = 1e-6  # relative, the rounding of sums in float32


def from_path(path: Path, options: Mapping[str, Any], watch: Watch | None = None) -> Dataset:
    """Read the table in a file.

    Raises:
        DataError: it cannot be read as a table, or has nothing to learn.
    """
    if path.suffix.lower() in SPREADSHEETS:
        raise DataError(f"{path.name} is a spreadsheet: save the sheet as CSV in UTF-8, and give that file.")
    tell = (lambda done, total: watch("reading", done, total)) if watch else (lambda done, total: None)
    columns = frames.from_parquet(path) if path.suffix.lower() == PARQUET else read_text(path, tell)
    found = from_columns(columns, str(path.absolute()), options)
    if path.suffix.lower() not in TEXT_FILES or found.origin is None:
        return found
    notes = [*filter(None, (titled(path), nameless(path))), *found.origin.notes]
    if other := doubtful(path):
        notes.append(
            f"{path.name} is read as a table; --column {quoted(other)} reads the texts of this column alone."
        )
    return replace(found, origin=replace(found.origin, notes=tuple(notes)))


def from_frame(frame: Any, labels: Any, options: Mapping[str, Any]) -> Dataset:
    """A data set of a pandas, polars or pyarrow table; see ``from_path``."""
    columns = frames.from_frame(frame, "the table")
    found = from_columns(columns, ARRAY, options, frames.backend_of(frame), frames.is_numbered(frame))
    if labels is None:
        return found
    indices, names = class_indices(labels, len(found), "the table")
    return replace(found, labels=indices, spec=replace(found.spec, class_names=names))


def from_columns(
    columns: Sequence[Raw], name: str, options: Mapping[str, Any], backend: str = "", numbered: bool = False
) -> Dataset:
    """A data set of columns as they were read.

    Args:
        options: "columns", a file of types and rules, or the columns of a table with which these rows are
            compared; "constraint" and "target"; see ``FilesConfig``.
        backend, numbered: see ``Columns``.

    Raises:
        DataError: nothing can be learnt from them, or they are not what the file of types says.
        ConfigError: the target or a rule names a column that is not there, or no row keeps to a rule.
    """
    if isinstance(like := options.get("columns", NONE), Columns):
        return alike.compared(columns, name, like)
    constraint, target = options.get("constraint", NONE), options.get("target", NONE)
    said = types.read(options.get("columns", NONE), [raw.name for raw in columns])
    names = [raw.name for raw in columns]
    asked = tuple(rules.with_names(rule, names) for rule in (*said.rules, *rules.listed(constraint)))
    asked = tuple(dict.fromkeys(asked))
    found = [
        guess.found(raw, np.random.default_rng([SEED, place]), said.types.get(raw.name, ""))
        for place, raw in enumerate(columns)
    ]
    by_name = {one.column.name: one.column for one in found}
    asked = tuple(conditions.typed(rule, by_name) for rule in asked)
    every = {name: column.type for name, column in by_name.items()}
    _check_asked(asked, target, every)
    broken = _broken(asked, columns, found)
    _check_possible(broken, len(columns[0].codes), name)
    kept = tuple(rule for rule in asked if not _is_wrong(rule, broken, columns))
    computed = rules.derived(kept)
    learnt = [one for one in found if one.stored is not None and one.column.name not in computed]
    if not learnt:
        raise DataError(
            f"{name}: none of its {counted(len(found), 'column')} can be learnt. Expected columns of numbers, "
            "categories or dates whose values differ."
        )
    stored = np.stack([one.stored for one in learnt if one.stored is not None], 1)
    codec = Columns(
        columns=tuple(one.column for one in found),
        rows=len(stored),
        target="" if target == NONE else target,
        rules=kept,
        combinations=tuple(_combined(named, learnt, every) for named in said.together),
        backend=backend,
        numbered=numbered,
        dialect=columns[0].dialect,
        correlations=pairs.upper(pairs.correlations(stored)),
    )
    origin = Origin(
        options={"columns": said.path, "constraint": constraint, "target": target},
        notes=(*(note for one in found for note in one.notes), *_of_broken(broken, kept, len(stored))),
        duplicates=_duplicates(columns),
        facts=facts(codec) | together.facts(codec, stored),
    )
    spec = Spec(KIND, (codec.width,), codec)
    named = _keys(columns, found, computed)
    return Dataset(name, spec, torch.from_numpy(stored), None, origin, keys=named)


def _keys(columns: Sequence[Raw], found: Sequence[Found], computed: Sequence[str]) -> torch.Tensor:
    """The keys (N,) of rows, of their learnt columns."""
    both = zip(columns, found, strict=True)
    kept = [(raw, one) for raw, one in both if one.column.type in LEARNT and raw.name not in computed]
    return keys.of_columns([raw for raw, _ in kept], [one for _, one in kept])


def _check_asked(asked: Sequence[str], target: str, every: Mapping[str, str]) -> None:
    """Refuse rules and a target that the columns, types by name, cannot have.

    Raises:
        ConfigError: which, and what there is.
    """
    if len(asked) > MOST_RULES:
        raise ConfigError(f"{len(asked):,} rules: at most {MOST_RULES:,} are accepted. Leave some out.")
    rules.check(asked, every)
    if target != NONE and every.get(target) not in (*NUMBERS, *CHOICES):
        raise ConfigError(_no_target(target, every))


def _check_possible(broken: Mapping[str, int], rows: int, name: str) -> None:
    """Refuse a rule that no row keeps to, unless it computes a column.

    Raises:
        ConfigError: which.
    """
    hopeless = [rule for rule, count in broken.items() if count == rows and not rules.parse(rule).derives]
    if hopeless:
        raise ConfigError(
            f"the rule {quoted(hopeless[0])}: all {rows:,} rows of {name} break it, so no row "
            "could be drawn. Mend it, or leave it out."
        )


def _of_broken(broken: Mapping[str, int], kept: Sequence[str], rows: int) -> Iterator[str]:
    """A note on each rule that rows of the data break."""
    for rule, count in broken.items():
        if count:
            computed = quoted(rules.parse(rule).derives)
            then = "." if rule in kept else f": it is left out, and {computed} is learnt."
            yield f"{count:,} of {rows:,} rows break the rule {quoted(rule)}{then}"


def _broken(asked: Sequence[str], columns: Sequence[Raw], found: Sequence[Found]) -> dict[str, int]:
    """How many rows of the data break each rule."""
    named = {name for rule in asked for name in rules.parse(rule).names}
    table, rounding = {}, {}
    for raw, one in zip(columns, found, strict=True):
        if one.column.name in named and one.numbers is not None:
            numbers = np.append(one.numbers, np.nan)[raw.codes]  # -1 is the last
            table[one.column.name] = rules.days(one.column, one.column.rounded(numbers))
            rounding[one.column.name] = _rounding(one.column)
    return rules.broken(asked, table, rounding)


def _rounding(column: Column) -> float:
    """How far a number may be from one that was computed and then rounded as its column is; dates in days."""
    if column.type == "time":
        return 0.5 * (column.step or 10.0 ** -(column.decimals or 0)) / DAY
    if column.decimals is not None:
        return 0.5 * 10.0**-column.decimals * (1 + rules.ROUNDING)
    return SINGLE * max(map(abs, column.values)) if column.dtype.startswith("Float32") else 0.0


def _is_wrong(rule: str, broken: Mapping[str, int], columns: Sequence[Raw]) -> bool:
    """Whether a rule computes a column, and most rows of the data say that it computes another."""
    return bool(rules.parse(rule).derives) and broken[rule] > (1 - rules.TOLD) * len(columns[0].codes)


def adapted(data: Dataset, like: Spec) -> Dataset:
    """The same rows, which were read to be compared with a table of this Spec; see ``alike.compared``.

    Raises:
        DataError: they were read on their own.
    """
    if isinstance(data.spec.codec, Columns) and data.spec.codec != like.codec:
        raise DataError(f"the columns of {data.name} are not those of the table with which it is compared.")
    return data


def _combined(names: tuple[str, ...], learnt: Sequence[Found], every: Mapping[str, str]) -> Any:
    """The combinations of levels that there are of columns that go together."""
    by_name = {one.column.name: one for one in learnt}
    if wrong := [name for name in names if every.get(name) not in CHOICES]:
        raise ConfigError(
            f"together: {quoted(wrong[0])} is not a category of the table. Name columns of categories."
        )
    parts = []
    for name in names:
        column, stored = by_name[name].column, by_name[name].stored
        assert stored is not None
        parts.append(
            np.array([*column.levels, ""], dtype=object)[np.where(np.isnan(stored), -1, stored).astype(int)]
        )
    return names, tuple(sorted(set(zip(*parts, strict=True))))


def _duplicates(columns: Sequence[Raw]) -> int:
    """The number of rows whose cells are all equal to those of an earlier row."""
    factors = np.random.default_rng(SEED).integers(2**62, size=len(columns), dtype=np.int64) | 1
    hashed = np.zeros(len(columns[0].codes), np.int64)
    with np.errstate(over="ignore"):
        for factor, raw in zip(factors, columns, strict=True):
            hashed = (hashed ^ (raw.codes.astype(np.int64) + 2)) * factor
            hashed ^= hashed >> 29
    return len(hashed) - len(np.unique(hashed))


def facts(codec: Columns) -> dict[str, str]:
    """What ``sparring data`` says of each column."""
    found = {"columns": f"{len(codec.columns):,}, of which {len(codec.learnt):,} are learnt"}
    for column in codec.columns[:MOST_LISTED]:
        found[f"· {printable(column.name[:40])}"] = described(column, column.name in codec.derived)
    if (more := len(codec.columns) - MOST_LISTED) > 0:
        found["·"] = f"and {counted(more, 'more column')}"
    return found


def described(column: Column, is_derived: bool = False) -> str:
    """A column in words."""
    missing = f"; {column.missing:.1%} missing" if column.missing and column.learnt else ""
    if is_derived:
        return f"{column.type}, computed by a rule"
    if column.numeric:
        low, middle, high = (_said(column, np.interp(u, *column.knots)) for u in (0.0, 0.5, 1.0))
        return f"{column.type}, {low} to {high}, half of them up to {middle}{odd(column)}{missing}"
    if column.type in CHOICES:
        order = np.argsort(-np.array(column.shares), kind="stable")
        named = shown([column.levels[k] for k in order])
        return f"{column.type}, {counted(len(column.levels), 'level')}: {named}{missing}"
    if column.type == "constant":
        return f"constant: {quoted(column.levels[0])}" if column.levels else "empty"
    return {"identifier": "identifier: not learnt, made anew", "text": "text: left out"}[column.type]


def odd(column: Column) -> str:
    """What to know of a few values that are far from all others; "" if there are none."""
    low, high = np.interp([TAIL, 1 - TAIL], *column.knots)
    if (usual := high - low) <= 0:
        return ""
    beyond = [
        x for x in (column.values[0], column.values[-1]) if not low - ODD * usual <= x <= high + ODD * usual
    ]
    return f" (odd: {', '.join(_said(column, x) for x in beyond)})" if beyond else ""


def _said(column: Column, value: float) -> str:
    if column.of_day:
        return column.text(np.array([value]))[0]
    if column.type in ("date", "time"):
        moment = EPOCH + np.timedelta64(int(value), "s").astype(object)
        return str(moment.date() if column.type == "date" or value % DAY == 0 else moment)
    return f"{value:,.0f}" if column.type == "whole" else f"{value:,.6g}"


def _no_target(target: str, every: Mapping[str, str]) -> str:
    if target in every:
        return (
            f"--target {quoted(target)}: this column is {every[target]}, which nobody predicts. Name another."
        )
    near, listed = did_you_mean(target, every), first_of(list(every), 8)
    return f"--target {quoted(target)}: there is no such column.{near} There are {listed}."
