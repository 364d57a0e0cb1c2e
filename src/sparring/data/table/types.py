"""The file of types: what each column of a table is, and the rules of its rows, as the user says it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import tomli_w

from sparring.data.table.codec import Columns
from sparring.data.table.column import CHOICES, TYPES
from sparring.errors import ConfigError, UnreadableError, did_you_mean, first_of, quoted
from sparring.files import read_toml

NONE = "none"
HEAD = f"""\
# What each column is: {", ".join(TYPES)}.
# rules: what every row keeps to, such as "start <= end", "0 <= age <= 120", "total = a + b".
# together: categories of which only the combinations in the data are drawn, such as [["city", "country"]].

"""


class Said(NamedTuple):
    """The types by the name of their column, rules, columns that go together, and the path of the file."""

    types: Mapping[str, str]
    rules: tuple[str, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    path: str = NONE


def read(path: str | Mapping[str, str], names: Sequence[str]) -> Said:
    """Read a file of types for columns of these names, or take them from a mapping; "none" says nothing.

    Raises:
        ConfigError: it cannot be read, or names a column or a type that is not there.
    """
    if isinstance(path, Mapping):  # of another table, where what was constant may differ; that is not learnt
        types = {name: kind for name, kind in path.items() if name in names}
        return Said({name: "text" if kind == "constant" else kind for name, kind in types.items()})
    if path == NONE:
        return Said({})
    where = str(Path(path).absolute())
    try:
        found = read_toml(Path(path))
    except UnreadableError as error:
        raise ConfigError(
            f"--columns {path}: {error}. `sparring data DATA --write types.toml` makes one."
        ) from error
    if extra := [key for key in found if key not in ("columns", "rules", "together")]:
        raise ConfigError(
            f"--columns {path}: {quoted(extra[0])} is unknown; accepted are rules, together, [columns]."
        )
    types = found.get("columns", {})
    if not isinstance(types, dict):
        raise ConfigError(f'--columns {path}: [columns] is {quoted(types)}; expected name = "type".')
    for name, kind in types.items():
        if name not in names:
            raise ConfigError(
                f"--columns {path}: the table has no column {quoted(name)}.{did_you_mean(name, names)} It has "
                f"{first_of(list(names), 8)}."
            )
        if kind not in TYPES:
            raise ConfigError(
                f"--columns {path}: {quoted(name)} = {quoted(kind)}; accepted are {', '.join(TYPES)}."
            )
    return Said(types, _texts(path, "rules", found), _sets(path, names, found), where)


def _texts(path: str, key: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    listed = found.get(key, [])
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise ConfigError(f'--columns {path}: {key} is {quoted(listed)}; expected texts, {key} = ["a <= b"].')
    return tuple(listed)


def _sets(path: str, names: Sequence[str], found: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    listed = found.get("together", [])
    fits = isinstance(listed, list) and all(isinstance(one, list) and len(one) > 1 for one in listed)
    if not fits or any(name not in names for one in listed for name in one):
        raise ConfigError(
            f'--columns {path}: together is {quoted(listed)}; expected lists of columns, [["city", "country"]].'
        )
    return tuple(tuple(one) for one in listed)


def written(codec: Columns, proposed: Sequence[Sequence[str]] = ()) -> str:
    """The file of types of these columns, to be changed by the user.

    Args:
        proposed: columns that could go together, which stand there as a remark.
    """
    there = [names for names, _ in codec.combinations]
    said = {"rules": list(codec.rules)} | ({"together": there} if there else {})
    types = {column.name: column.type for column in codec.columns}
    return HEAD + _remark(codec, there, proposed) + tomli_w.dumps({**said, "columns": types})


def _remark(codec: Columns, there: Sequence[Sequence[str]], proposed: Sequence[Sequence[str]]) -> str:
    """Columns that could go together, beside those that do, as comments of the file."""
    if not proposed:
        return ""
    lines = [f"# In all rows each {quoted(one)} has one {listed(others)}." for one, *others in proposed]
    lines += [f'# Say also that {quoted(name)} is a "category".' for name in no_choices(codec, proposed)]
    place = "this line in place of that below" if there else "this line"
    lines.append(f"# To draw no other combinations, write {place}:")
    lines.append(f"# together = [{', '.join(map(as_text, [*there, *proposed]))}]")
    return "\n".join([*lines, "", ""])


def no_choices(codec: Columns, proposed: Sequence[Sequence[str]]) -> list[str]:
    """The columns that tell others and are no choices yet, so that the user must call them a category."""
    return [one for one, *_ in proposed if codec.types[one] not in CHOICES]


def listed(names: Sequence[str]) -> str:
    """Names of columns in a sentence."""
    return " and ".join(map(quoted, names))


def as_text(names: Sequence[str]) -> str:
    """Columns that go together, as a list of the file."""
    return f"[{', '.join(json.dumps(name, ensure_ascii=False) for name in names)}]"
