"""Files are there whole, or as they were."""

from pathlib import Path

import pytest

from sparring import files


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
