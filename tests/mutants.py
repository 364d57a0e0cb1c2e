"""Broken copies of the source, each by one change, and the test of the suite that must catch it."""

import __future__

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

import pytest

FAILURES = (AssertionError, pytest.fail.Exception)  # the second: what should have been refused was not


class Mutant(NamedTuple):
    """One change of a function, of Class.method or of a class, and the test that must fail then.

    A test's parameters are given as a ``partial``, its fixtures come by themselves.
    """

    module: ModuleType
    name: str
    original: str
    broken: str
    test: Callable[..., None]

    def __str__(self) -> str:
        return f"{self.name}: {self.original} -> {self.broken}"


def caught(mutant: Mutant, request: pytest.FixtureRequest) -> None:
    """Break the function and run the test, which must fail; that it passes otherwise the suite shows."""
    names = inspect.signature(mutant.test).parameters.keys() - getattr(mutant.test, "keywords", {}).keys()
    fixtures = {name: request.getfixturevalue(name) for name in names}
    _break(mutant, request.getfixturevalue("monkeypatch"))
    with pytest.raises(FAILURES):
        mutant.test(**fixtures)


def _break(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    *classes, name = mutant.name.split(".")
    owner: Any = mutant.module
    for part in classes:
        owner = getattr(owner, part)
    whole = inspect.getattr_static(owner, name)
    source = inspect.cleandoc("\n" + inspect.getsource(function_of(whole)))
    assert mutant.original in source, "the source has changed: mend the mutant"
    made: dict[str, Any] = {}
    broken = source.replace(mutant.original, mutant.broken)
    code = compile(broken, "broken", "exec", __future__.annotations.compiler_flag)
    exec(code, vars(mutant.module), made)
    ours, theirs = function_of(whole), function_of(made[name])
    if inspect.isclass(whole) or ours.__code__.co_freevars != theirs.__code__.co_freevars:
        monkeypatch.setattr(owner, name, made[name])
        return
    for part in ("__code__", "__defaults__", "__kwdefaults__"):  # in place, for whoever imported it by name
        monkeypatch.setattr(ours, part, getattr(theirs, part))


def function_of(value: Any) -> Any:
    """What a method, a property or a decorated function runs."""
    for name in ("func", "fget", "__func__"):
        value = getattr(value, name, value)
    return inspect.unwrap(value)


def in_suite(mutant: Mutant) -> bool:
    """Whether what the mutant runs is a test of the suite, with values that the suite gives it."""
    test = mutant.test
    given = (
        dict(inspect.signature(test.func).bind_partial(*test.args, **test.keywords).arguments)
        if isinstance(test, partial)
        else {}
    )
    whole = test.func if isinstance(test, partial) else test
    if isinstance(whole, FunctionType) and _is_test(whole.__name__, whole):
        return _given(whole, given)
    with _recorded() as calls:
        test()
    return len(calls) == 1 and _given(*calls[0])


@contextmanager
def _recorded() -> Iterator[list[tuple[FunctionType, dict[str, Any]]]]:
    """Calls of tests, noted and not made."""
    calls: list[tuple[FunctionType, dict[str, Any]]] = []

    def note(test: FunctionType) -> Callable[..., None]:
        def called(*values: Any, **named: Any) -> None:
            calls.append((test, dict(inspect.signature(test).bind(*values, **named).arguments)))

        return called

    with pytest.MonkeyPatch.context() as patch:
        for module in [module for name, module in sys.modules.items() if name.startswith("test_")]:
            for name, value in list(vars(module).items()):
                if _is_test(name, value):
                    patch.setattr(module, name, note(value))
        yield calls


def _is_test(name: str, value: object) -> bool:
    return name.startswith("test_") and isinstance(value, FunctionType)


def _parameters(test: FunctionType) -> list[tuple[list[str], list[tuple[Any, ...]]]]:
    """The names and the rows of values of each ``parametrize``."""
    marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    return [_rows(*mark.args[:2]) for mark in marks]


def _rows(names: str | tuple[str, ...], rows: Any) -> tuple[list[str], list[tuple[Any, ...]]]:
    split = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    single = len(split) == 1
    return split, [
        row.values if isinstance(row, type(pytest.param())) else (row,) if single else tuple(row)
        for row in rows
    ]


def _given(test: FunctionType, values: dict[str, Any]) -> bool:
    # By their text: tensors have no plain equality.
    return all(
        repr(tuple(values.get(name) for name in names)) in map(repr, rows) for names, rows in _parameters(test)
    )
