"""Read the facts about a run and the spec of its data from its folder."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from sparring import kinds
from sparring.config.groups import Config
from sparring.config.values import field, one_of
from sparring.data.spec import Spec
from sparring.errors import UnreadableError
from sparring.history import facts as plain


def read(path: Path) -> tuple[dict[str, Any], Spec, Config]:
    """The facts in run.json, the spec of the data, and the options.

    Raises:
        RunError: not a run folder, half written, damaged, or of another version.
    """
    (facts, spec), config = plain.read(path, checked)
    return facts, spec, config


def checked(facts: Any) -> tuple[dict[str, Any], Spec]:
    """The facts of a run, checked and printable, and the spec of its data.

    Raises:
        UnreadableError: which fact is missing or wrong.
    """
    return plain.checked(facts), field(facts, "spec", _spec)


def _spec(values: Any) -> Spec:
    """The spec of data that its kind can have.

    Raises:
        UnreadableError: an unknown kind, or what no such data has.
    """
    kind = kinds.KINDS[field(values, "kind", partial(one_of, tuple(kinds.KINDS)))]
    spec = Spec.from_dict(values, kind.codec)
    if problem := kind.problem(spec):
        raise UnreadableError(problem)
    return spec
