"""Files are there whole, or as they were."""

import os
from pathlib import Path

import pytest

from sparring import files
from sparring.errors import UnreadableError
from sparring.files import parse_json, parse_toml, read_bytes, read_json


def test_what_is_written_is_there_and_nothing_else(tmp_path: Path) -> None:
    files.write_whole(tmp_path / "file", b"old")
    files.write_whole(tmp_path / "file", b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"file": b"new"}


def test_a_write_that_fails_leaves_the_old_file_and_no_rubbish(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files.write_whole(tmp_path / "file", b"old")

    def fail(*_: object) -> None:
        raise OSError("no")

    monkeypatch.setattr(files.os, "replace", fail)
    with pytest.raises(OSError, match="no"):
        files.write_whole(tmp_path / "file", b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"file": b"old"}


def test_where_the_cache_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert files.cache_folder() == tmp_path / "sparring"
    for nowhere in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", nowhere)
        assert files.cache_folder() == Path.home() / ".cache" / "sparring"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[" * 10**5, "nested more than 32 levels"),
        (b"[" * 100 + b"]" * 100, "nested more than 32 levels"),
        (b'{"a": ', "not JSON, first in line 1, column 7"),
        (b"\n\nx", "not JSON, first in line 3"),
        (b"\xff\xfe", "not text in UTF-8, first at byte 0"),
        (b"", "not JSON"),
    ],
)
def test_json_that_is_none(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(UnreadableError, match=said):
        read_json(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("text", "parts"),
    [("a,b", ","), ('"a, b, or c";d', ";"), ("\r\n\na\tb\rc;d;e", "\t"), ("one", ","), ("a|b|c,d", ",")],
)
def test_what_parts_cells_is_told_by_the_first_line(text: str, parts: str) -> None:
    assert files.delimiter(text) == parts


def test_a_key_that_comes_twice_is_refused_where_it_matters() -> None:
    assert parse_json('{"a": 1, "a": 2}') == {"a": 2}
    assert parse_json('{"a": {"b": 1}, "b": 2}', once=True) == {"a": {"b": 1}, "b": 2}
    with pytest.raises(UnreadableError, match="the key 'b' twice: give it once"):
        parse_json('{"a": {"b": 1, "b": 1}}', once=True)


@pytest.mark.parametrize("digits", [20, 400, 5000])
def test_numbers_of_any_size_are_numbers(digits: int) -> None:
    assert parse_json(f"[{'9' * digits}, 12, -3]") == [float("9" * digits), 12, -3]


def test_what_is_no_ordinary_file_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, said in (
        ("pipe", "not a regular"),
        (".", "a folder"),
        ("none", "not there"),
        ("a\0", "name"),
    ):
        with pytest.raises(UnreadableError, match=said):
            read_bytes(tmp_path / name)


def test_files_of_any_length_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 10)
    (tmp_path / "a").write_bytes(b"x" * 11)
    with pytest.raises(UnreadableError, match="more than 10 bytes"):
        read_bytes(tmp_path / "a")


def test_toml_of_endless_keys_is_refused_before_it_is_read() -> None:
    with pytest.raises(UnreadableError, match="more than 20,000 characters"):
        parse_toml("a." * 20_000 + "b = 1")
