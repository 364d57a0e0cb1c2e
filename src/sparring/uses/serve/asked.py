"""Read what is asked of a server, without trusting it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sparring.config.values import field, finite, listed, text, whole
from sparring.errors import ConfigError, UnreadableError, quoted, unknown
from sparring.errors.names import nearest
from sparring.files import parse_json

MOST_SEED = 2**63 - 1
MOST_TRUNCATION = 10.0
MOST_CONDITIONS = 20
DIGITS = 1_000  # of a whole number that a message quotes as it came
MOST_TEXT = 200  # characters of a label or a condition


@dataclass(frozen=True)
class SampleRequest:
    """What samples are asked for; see ``Samples.answer``."""

    count: int
    seed: int
    labels: Any
    truncation: float
    where: tuple[str, ...]
    format: str

    @staticmethod
    def of(body: bytes, most: int) -> SampleRequest:
        """Read the JSON of a request; without a seed, one is drawn.

        Args:
            most: samples that are given at once.

        Raises:
            ConfigError: what is wrong, and what is accepted.
        """
        checks: dict[str, tuple[Any, Callable[[Any], Any]]] = {
            "count": (1, partial(whole, low=1, high=most)),
            "seed": (secrets.randbits(32), partial(whole, high=MOST_SEED)),
            "labels": (None, partial(_labels, most=most)),
            "truncation": (1.0, partial(finite, low=0, high=MOST_TRUNCATION)),
            "where": ((), partial(listed, check=_short, most=MOST_CONDITIONS)),
            "format": ("json", _short),
        }
        try:
            given = parse_json(body.decode() or "{}", DIGITS, once=True)
            if not isinstance(given, Mapping):
                raise UnreadableError(f"{quoted(given)} where an object is expected")
            if strange := next((name for name in given if name not in checks), None):
                near = " or ".join(nearest(strange, checks)) or ", ".join(checks)
                raise UnreadableError(f"unknown key {quoted(strange)}; known: {near}")
            filled = {name: usual for name, (usual, _) in checks.items()} | dict(given)
            return SampleRequest(**{name: field(filled, name, check) for name, (_, check) in checks.items()})
        except (UnreadableError, UnicodeDecodeError) as error:
            why = str(error) if isinstance(error, UnreadableError) else "it is not UTF-8"
            raise ConfigError(f"the body cannot be used: {why}.") from error


def check_query(query: Sequence[tuple[str, str]], known: Sequence[str]) -> None:
    """Refuse names in an address that a path does not take, or that come twice.

    Raises:
        ConfigError: which name, and what is accepted.
    """
    names = [name for name, _ in query]
    if strange := next((name for name in names if name not in known), None):
        if not known:
            raise ConfigError(
                f"{quoted(strange)}: this path takes nothing in its address; send it as JSON in the body."
            )
        raise ConfigError(unknown("name in the address", strange, known))
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ConfigError(f"?{twice} is given {names.count(twice)} times: give it once.")


def flag(query: Mapping[str, str], name: str) -> bool:
    """A yes or no in an address, as ?own_size=1.

    Raises:
        ConfigError: it is neither.
    """
    value = query.get(name, "0")
    if value not in ("0", "1"):
        raise ConfigError(f"{name}={quoted(value)}: expected 0 or 1.")
    return value == "1"


def _short(value: Any) -> str:
    return text(value, MOST_TEXT)


def _labels(value: Any, most: int) -> Any:
    """None, a name or a number, or a list of such."""
    if value is None:
        return value
    return (
        [_label(each) for each in listed(value, lambda v: v, most)]
        if isinstance(value, list)
        else _label(value)
    )


def _label(value: Any) -> int | str:
    if type(value) is int:
        return value
    if not isinstance(value, str):
        raise UnreadableError(f"{quoted(value)} where the name or the number of a class is expected")
    return _short(value)
