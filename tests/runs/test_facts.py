"""run.json, each of its values wrong in turn."""

import copy
from typing import Any

import pytest

from sparring.data.codec import Affine
from sparring.data.spec import Spec
from sparring.errors import UnreadableError
from sparring.runs.facts import checked

SPEC = Spec("image", (3, 8, 8), Affine("uint8", (127.5,), (127.5,)), ("cat", "dog"))
FACTS: dict[str, Any] = {
    "sparring": "0", "created": "now", "data": "a.npz", "data_count": 32, "classes": 2,
    "class_counts": [16, 16],
    "spec": {**SPEC.to_dict(), "shape": [3, 8, 8], "centre": [127.5], "scale": [127.5],
    "class_names": ["cat", "dog"]},
}  # fmt: skip


def test_what_was_written_is_read_back() -> None:
    facts, spec = checked(copy.deepcopy(FACTS) | {"more": 1})
    assert spec == SPEC
    assert facts["class_counts"] == [16, 16]
    assert facts["more"] == 1


@pytest.mark.parametrize("name", FACTS)
@pytest.mark.parametrize("value", [None, True, -1, 2.5, "\ud800" * 5000, {}, [None], float("nan"), 10**400])
def test_a_fact_of_another_type_is_named(name: str, value: object) -> None:
    with pytest.raises(UnreadableError, match=name):
        checked(FACTS | {name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "music"), ("kind", []), ("dtype", "float64"), ("shape", [3, 8]), ("shape", [2, 8, 8]),
        ("shape", [3, 10**9, 10**9]), ("shape", [3, 0, 8]), ("centre", []), ("centre", [1e39]), ("scale",
        [0.0]),
        ("scale", [1.0, 1.0]), ("class_names", ["cat"]), ("class_names", [1, 2]), ("clusters", "no"),
    ],
)  # fmt: skip
def test_a_spec_that_no_data_has_is_refused(name: str, value: object) -> None:
    with pytest.raises(UnreadableError):
        checked(FACTS | {"spec": FACTS["spec"] | {name: value}})


@pytest.mark.parametrize("changes", [{"classes": 3}, {"class_counts": [32]}, {"class_counts": [0, 0]}])
def test_classes_and_their_counts_go_together(changes: dict[str, Any]) -> None:
    with pytest.raises(UnreadableError, match="class"):
        checked(FACTS | changes)


def test_names_of_classes_are_safe_to_print() -> None:
    names = ["a\0", "\x1b[31mb\ud800"]
    _, spec = checked(FACTS | {"spec": FACTS["spec"] | {"class_names": names}})
    assert spec.class_names == (r"a\x00", r"\x1b[31mb\ud800")
