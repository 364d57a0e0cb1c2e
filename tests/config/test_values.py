"""Values that files give, a sort at a time."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from sparring.config.arguments import MOST_WHOLE
from sparring.config.values import field, finite, flag, listed, number, text, whole
from sparring.errors import UnreadableError


@pytest.mark.parametrize(
    ("check", "value", "found"),
    [
        (whole, 3.0, 3),
        (whole, MOST_WHOLE, MOST_WHOLE),
        (number, 10**400, math.inf),
        (finite, 3, 3.0),
        (text, "a\x1b[2J\0", r"a\x1b[2J\x00"),
        (flag, True, True),
        (lambda value: listed(value, whole), [1, 2], (1, 2)),
    ],
)
def test_what_fits_comes_back(check: Callable[[Any], Any], value: object, found: object) -> None:
    assert check(value) == found


@pytest.mark.parametrize(
    ("check", "value"),
    [
        *[(whole, value) for value in (None, True, "3", 2.5, -1, 2**63, math.inf, math.nan, 10**400, [3])],
        *[(finite, value) for value in (None, "3", math.inf, math.nan, 1e39, 10**400, False)],
        *[(text, value) for value in (None, 3, b"a", ["a"], "x" * 5000)],
        *[(flag, value) for value in (None, 1, "true")],
        *[
            (lambda value: listed(value, whole), value)
            for value in (None, "12", {"a": 1}, [1, "2"], [0] * 100_001)
        ],
    ],
)
def test_what_does_not_fit_is_told_in_a_line(check: Callable[[Any], Any], value: object) -> None:
    with pytest.raises(UnreadableError, match="expected") as refusal:
        check(value)
    assert len(str(refusal.value)) < 250


def test_a_field_is_named_where_it_is_missing_or_wrong() -> None:
    with pytest.raises(UnreadableError, match="step is missing"):
        field({}, "step", whole)
    with pytest.raises(UnreadableError, match="step: 'x' where a whole number"):
        field({"step": "x"}, "step", whole)
    with pytest.raises(UnreadableError, match="named values are expected"):
        field([], "step", whole)
