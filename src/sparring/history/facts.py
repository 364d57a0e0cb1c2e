"""What a run folder must say before anything is done with it: run.json and config.toml, each value checked.

No torch here: what a run is can be told without.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sparring import __version__
from sparring.config.groups import Config
from sparring.config.toml import from_toml
from sparring.config.values import field, flag, listed, text, whole
from sparring.errors import ConfigError, RunError, UnreadableError, quoted, reason
from sparring.files import read_json, read_text
from sparring.history import layout
from sparring.history.find import no_run
from sparring.history.record import Logged

FORMAT = 2  # of the run folder as it is written
READ = (1, FORMAT)  # 1 had config.toml in one flat table
T = TypeVar("T")
CHECKS: dict[str, Callable[[Any], Any]] = {
    "sparring": text,
    "created": text,
    "data": text,
    "data_count": whole,
    "classes": whole,
    "class_counts": lambda counts: listed(counts, whole),
}
SPEC: dict[str, Callable[[Any], Any]] = {  # what is so of every kind of data
    "kind": text,
    "shape": lambda shape: listed(shape, partial(whole, low=1), most=8),
    "class_names": lambda names: listed(names, text),
    "clusters": flag,
}
NOUN = "sample"  # what one is called in runs that do not say it
TEXTS = "text/plain"  # the media type of samples whose sheets are read too: a text stands beside each picture
MEDIA = "image/png"  # the media type of samples on the page in runs that do not say it


def read(path: Path, check: Callable[[Any], T]) -> tuple[T, Config]:
    """The facts in run.json, as ``check`` gives them, and the options.

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
        facts = check(named)
    except UnreadableError as error:
        raise RunError(f"{path}/run.json is damaged: {error}. Put back a copy, or train anew.") from error
    try:
        return facts, from_toml(read_text(path / layout.CONFIG))
    except (ConfigError, UnreadableError) as error:
        raise RunError(f"{path}/config.toml: {error}") from error


def _missing(path: Path) -> str:
    """The file without which this is no run folder; "" where there are both."""
    wanted = (layout.RUN, layout.CONFIG)
    return next((name for name in wanted if not (path / name).exists()), "")


def checked(facts: Any) -> dict[str, Any]:
    """The facts of a run, checked and printable; of ``spec`` those that all kinds of data have.

    Raises:
        UnreadableError: which fact is missing or wrong.
    """
    found: dict[str, Any] = {name: field(facts, name, check) for name, check in CHECKS.items()}
    spec = field(facts, "spec", _described)
    noun = text(facts["noun"]) if "noun" in facts else NOUN
    classes, counts, names = found["classes"], found["class_counts"], len(spec["class_names"])
    if classes not in (0, names):
        raise UnreadableError(f"classes: {classes:,}, but {names:,} have names")
    if len(counts) != classes or (classes and not sum(counts)):
        raise UnreadableError(f"class_counts: {classes:,} counts are expected, not all of them 0")
    own = field(facts, "own", _words) if "own" in facts else {}
    source = {"source": field(facts, "source", _source)} if "source" in facts else {}
    media, meanings = text(facts.get("media", MEDIA)), measures(facts.get("measures", {}))
    more = {"class_counts": list(counts), "noun": noun, "spec": spec, "own": own}
    more |= {"media": media, "measures": meanings}
    return {**facts, **found, **more, **source}


def measures(values: Any) -> dict[str, dict[str, str]]:
    """What the numbers mean that only this kind of data has, each as the fields of a ``Logged``.

    Raises:
        UnreadableError: a meaning is missing or wrong.
    """
    if not isinstance(values, dict):
        raise UnreadableError(f"{quoted(values)}, where names and meanings are expected")
    return {
        text(name): {part: field(meaning, part, text) for part in Logged._fields}
        for name, meaning in values.items()
    }


def _source(values: Any) -> dict[str, Any]:
    """The run with whose players this one began."""
    found = {name: field(values, name, text) for name in ("run", "id", "data")}
    return {**found, "step": field(values, "step", whole)}


def _words(values: Any) -> dict[str, str]:
    """What of a game is a user's own, in words."""
    if not isinstance(values, dict):
        raise UnreadableError(f"{quoted(values)}, where names and words are expected")
    return {text(name): text(words) for name, words in values.items()}


def _described(values: Any) -> dict[str, Any]:
    found = {name: field(values, name, check) for name, check in SPEC.items()}
    return {**values, **found}
