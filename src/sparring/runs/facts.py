"""What a run folder must say before anything is done with it: run.json and config.toml, each value checked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from sparring import __version__
from sparring.config.groups import Config
from sparring.config.toml import from_toml
from sparring.config.values import field, listed, one_of, text, whole
from sparring.data.spec import Spec
from sparring.errors import ConfigError, RunError, UnreadableError, quoted, reason
from sparring.files import read_json, read_text
from sparring.history import layout
from sparring.history.find import no_run
from sparring.kinds import KINDS

FORMAT = 2  # of the run folder as it is written
READ = (1, FORMAT)  # 1 had config.toml in one flat table
CHECKS: dict[str, Callable[[Any], Any]] = {
    "sparring": text,
    "created": text,
    "data": text,
    "data_count": whole,
    "classes": whole,
    "class_counts": lambda counts: listed(counts, whole),
}


def read(path: Path) -> tuple[dict[str, Any], Spec, Config]:
    """The facts in run.json, the spec of the data, and the options.

    Raises:
        RunError: not a run folder, half written, damaged, or of another version.
    """
    try:
        missing = _missing(path)
        why = no_run(path, missing) if missing else ""
    except OSError as error:
        raise RunError(
            f"cannot read {quoted(str(path))}: {reason(error)}. Give the folder of a run."
        ) from error
    if missing:
        raise RunError(why)
    try:
        found = read_json(path / layout.RUN)
    except UnreadableError as error:
        raise RunError(f"cannot read {path}/run.json: {error}. Train into another folder.") from error
    named = found if isinstance(found, dict) else {}
    if named.get("format") not in READ:
        raise RunError(
            f"{path} has run format {quoted(named.get('format'))} (written by sparring "
            f"{quoted(named.get('sparring', '?'))}); this is sparring {__version__}, which reads formats "
            f"{' and '.join(map(str, READ))}. Use the version that wrote it."
        )
    try:
        facts, spec = checked(named)
    except UnreadableError as error:
        raise RunError(f"{path}/run.json is damaged: {error}. Put back a copy, or train anew.") from error
    try:
        return facts, spec, from_toml(read_text(path / layout.CONFIG))
    except (ConfigError, UnreadableError) as error:
        raise RunError(f"{path}/config.toml: {error}") from error


def _missing(path: Path) -> str:
    """The file without which this is no run folder; "" where there are both."""
    wanted = (layout.RUN, layout.CONFIG)
    return next((name for name in wanted if not (path / name).exists()), "")


def checked(facts: Any) -> tuple[dict[str, Any], Spec]:
    """The facts of a run, checked and printable, and the spec of its data.

    Raises:
        UnreadableError: which fact is missing or wrong.
    """
    found: dict[str, Any] = {name: field(facts, name, check) for name, check in CHECKS.items()}
    spec = field(facts, "spec", _spec)
    classes, counts, names = found["classes"], found["class_counts"], len(spec.class_names)
    if classes not in (0, names):
        raise UnreadableError(f"classes: {classes:,}, but {names:,} have names")
    if len(counts) != classes or (classes and not sum(counts)):
        raise UnreadableError(f"class_counts: {classes:,} counts are expected, not all of them 0")
    own = field(facts, "own", _words) if "own" in facts else {}
    return {**facts, **found, "class_counts": list(counts), "own": own}, spec


def _words(values: Any) -> dict[str, str]:
    """What of a game is a user's own, in words."""
    if not isinstance(values, dict):
        raise UnreadableError(f"{quoted(values)}, where names and words are expected")
    return {text(name): text(words) for name, words in values.items()}


def _spec(values: Any) -> Spec:
    """The spec of data that its kind can have.

    Raises:
        UnreadableError: an unknown kind, or what no such data has.
    """
    kind = KINDS[field(values, "kind", partial(one_of, tuple(KINDS)))]
    spec = Spec.from_dict(values, kind.codec)
    if flaw := kind.flaw(spec):
        raise UnreadableError(flaw)
    return spec
