"""Broken inputs of every kind that is read: each is used or refused in our words; none ends in a traceback.

``benchmarks/fuzz.py`` runs ten thousand of them.
"""

from pathlib import Path
from random import Random

import pytest

import mutated
from mutated_kinds import KINDS, Sound, case, sound

EACH = 40  # cases of a kind
FEWER = {"trainings": 4}  # that take longer


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    return sound(tmp_path_factory.mktemp("sound"))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_broken_ends_in_a_traceback(
    kind: str, base: Sound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    faults = {}
    for seed in range(FEWER.get(kind, EACH)):
        here = tmp_path / str(seed)
        here.mkdir()
        if fault := mutated.outcome(case(base, here, kind, seed)):
            faults[seed] = fault
    assert not faults


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("all is well\n", ""),
        ("x" * 3000, "3,000 characters"),
        ("red \x1b[31m", "control character"),
        ("half \ud800", "control character"),
        ("[Errno 2] No such file", "borrowed 'Errno'"),
    ],
)
def test_what_nobody_should_be_shown_is_found(text: str, fault: str) -> None:
    assert mutated.unfit(text, 2000).startswith(fault) if not fault else fault in mutated.unfit(text, 2000)


def test_an_error_of_python_is_found_with_its_place() -> None:
    assert "ZeroDivisionError at test_mutated.py" in mutated.outcome(lambda: 1 / 0)


def test_a_seed_gives_the_same_case() -> None:
    first, again = (mutated.mutate_json(b'{"a": [1, 2], "b": "c"}', Random(seed)) for seed in ("7", "7"))
    assert first == again
