"""What a message may quote, and how it names a fault of the system."""

import errno
import io
import sys

import numpy as np
import pytest
import torch

from sparring.cli.main import main
from sparring.errors import (
    MOST_CHARACTERS,
    QUOTED_CHARACTERS,
    ConfigError,
    DataError,
    printable,
    quoted,
    reason,
    room,
    unknown,
    warn,
)


@pytest.mark.parametrize(
    ("content", "shown"),
    [("cat", "'cat'"), (3, "3"), ("a\x00b\x1b[2J", r"'a\x00b\x1b[2J'"), ("\ud800", r"'\ud800'")],
)
def test_what_is_quoted_is_on_one_line_without_control_characters(content, shown):
    assert quoted(content) == shown
    assert quoted(content).isprintable()


@pytest.mark.parametrize("content", ["x" * 10**6, [0] * 10**5, "\x00" * 1000, 10**300])
def test_what_is_quoted_is_bounded(content):
    assert len(quoted(content)) <= QUOTED_CHARACTERS + 2


def test_an_object_that_cannot_be_written_is_named_by_its_type():
    class Mute:
        def __repr__(self):
            raise RuntimeError("no")

    assert quoted(Mute()) == "<Mute>"


def test_faults_of_the_system_are_told_in_our_words():
    assert reason(OSError(errno.ENOSPC, "No space left on device")) == "the disk is full"
    assert reason(OSError(9999, "?")) == "the system answered with error 9999"


def test_an_unknown_name_of_a_million_characters_is_bounded():
    assert len(unknown("recipe", "x" * 10**6, ["dcgan"])) < 200


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("é 语 🙂\u3000", "é 语 🙂\u3000"),
        ("a\0b\x1b[2J\r\n\x9b", r"a\x00b\x1b[2J\x0d\x0a\x9b"),
        ("caf\udce9", r"caf\xe9"),
        ("\ud800", r"\ud800"),
        ("\u202eabc\u2066", r"\u202eabc\u2066"),
    ],
)
def test_names_are_made_printable(text, shown):
    assert printable(text) == shown
    shown.encode()


def test_every_refusal_is_printable_and_bounded_whatever_it_quotes():
    for quoting in ("x" * 10**6, "\0" * 10**5, "\ud800\x1b[31m\n" * 10):
        said = str(DataError(f"first {quoting} last"))
        assert len(said) <= MOST_CHARACTERS
        assert said.replace("\n", "").isprintable()
        assert said.startswith("first ")
        assert said.endswith(" last")


def test_a_name_of_a_million_characters_is_told_in_few_words(capsys):
    for line in (["data", "a/" + "x" * 10**5], ["data", "x" * 10**5 + ".npz"], ["info", "x" * 10**5]):
        assert main(line) == 1
    told = capsys.readouterr().err
    assert "the name is too long" in told
    assert len(told) < 2000


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        np._core._exceptions._ArrayMemoryError((10**6, 10**6), np.dtype("f8")),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB."),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_a_full_memory_is_told_in_our_words(error):
    with pytest.raises(ConfigError, match=r"^the memory is full\. Take a smaller batch"), room():
        raise error


def test_other_errors_pass_through_where_the_memory_could_be_full():
    with pytest.raises(RuntimeError, match="^mine$"), room():
        raise RuntimeError("mine")


def test_a_warning_comes_after_what_was_printed_before_it(monkeypatch):
    both = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(both, write_through=False))
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(both, write_through=True))
    print("first")
    warn("second")
    assert both.getvalue() == b"first\nsparring: second\n"
