"""The verb: ``sparring serve``."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import served_runs
from cli_runs import refused
from conftest import TINY
from served_runs import client
from sparring.cli import serve as command
from sparring.cli.main import main
from sparring.config.groups import FilesConfig
from sparring.gan import GAN
from sparring.uses.detect import saved
from sparring.uses.serve.served import Scores, Translations, load

detector = served_runs.detector  # fixtures


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Servers that end at once, and their configs."""
    found: list[Any] = []

    def end(self: Any, sockets: Any) -> None:
        found.append(self.config)
        sockets[0].close()

    monkeypatch.setattr("uvicorn.Server.run", end)
    monkeypatch.setattr(command, "listen", lambda host, port: FakeSocket())
    return found


class FakeSocket:
    def getsockname(self) -> tuple[str, int]:
        return ("127.0.0.1", 8555)

    def close(self) -> None: ...

    def __enter__(self) -> "FakeSocket":
        return self

    def __exit__(self, *error: object) -> None: ...


def test_the_command_serves_runs_and_detectors(
    run: Path,
    tmp_path: Path,
    detector: Scores,
    ended: list[Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from sparring.uses.detect.saved import About

    saved.write(detector.detector, About("plates", FilesConfig()), tmp_path / "plates")
    for path, served in ((run, "/sample"), (tmp_path / "plates", "/score")):
        assert main(["serve", str(path), "--device", "cpu", "--engine", "torch"]) == 0
        assert f"http://127.0.0.1:8555{served}" in capsys.readouterr().out
    assert [config.timeout_graceful_shutdown for config in ended] == [command.GRACE_SECONDS] * 2
    assert "also give a --token" in refused(capsys, "serve", run, "--host", "0.0.0.0")
    assert "--most-count" in refused(capsys, "serve", run, "--most-count", "0")
    assert "--most-waiting" in refused(capsys, "serve", run, "--most-waiting", "-1")
    closed: list[int] = []
    monkeypatch.setattr(FakeSocket, "close", lambda self: closed.append(1))
    assert "no run folder" in refused(capsys, "serve", tmp_path / "nothing")
    assert closed == [1]
    assert "a detector has no checkpoints" in refused(capsys, "serve", tmp_path / "plates", "--best")
    assert len(ended) == 2


def test_a_translation_in_a_folder_is_served(pictures_file: Path, tmp_path: Path) -> None:
    samples = np.load(pictures_file)["samples"]
    gan = GAN(game="translation", **TINY, paired=True).fit(
        samples, 255 - samples, samples_seen=32, out=tmp_path / "t"
    )
    assert gan.out_
    served = load(gan.out_, print, device="cpu")
    assert isinstance(served, Translations)
    assert client(replace(served, name="x")).get("/health").json()["path"] == "/translate"


def test_a_token_can_be_typed_and_sent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("secrets.token_bytes", lambda count: b"\xff" * count)  # in base 64 a "-" or "_" each
    said = refused(capsys, "serve", "mnist", "--host", "0.0.0.0")
    assert said.split("such as ")[1][0].isalnum()
    assert "spaces around it" in refused(capsys, "serve", "mnist", "--token", " secret")
    assert "--token is empty" in refused(capsys, "serve", "mnist", "--token", "")
    for token in ("geheim-ä", "a\tb"):
        assert "programs send in different ways" in refused(capsys, "serve", "mnist", "--token", token)


def test_a_port_is_refused_before_anything_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "--port 99999" in refused(capsys, "serve", tmp_path / "nothing", "--port", "99999")
