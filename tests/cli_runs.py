"""What tests of the command line share: options of a tiny run, and what a refusal looks like."""

import json
from pathlib import Path

import pytest

from conftest import TINY_LINE
from sparring.cli.main import main

OPTIONS = [*TINY_LINE, "--samples-seen", "96"]


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """Run a command that must end with an explained error; the error."""
    capsys.readouterr()
    assert main([str(word) for word in words]) == 1
    said = capsys.readouterr().err
    assert said.startswith("sparring: ")
    assert "Traceback" not in said
    return said


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder but the lock."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "lock"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def edit(path: Path, changes: dict[str, object]) -> None:
    """Give top-level keys of a JSON file other values; None removes them."""
    values = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in values.items() if value is not None}))
