"""A kind of data that nobody thought of: one value in KINDS takes it through every verb."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from sparring.cli.main import main
from sparring.data import builtin
from sparring.data.codec import Affine
from sparring.data.spec import Dataset, Spec
from sparring.kinds import KINDS, sheets, writers
from sparring.kinds.kind import Array, Kind
from sparring.metrics.extractors import Features

TINY = ["--g-width", "8", "--d-width", "8", "--depth", "1", "--latent-dim", "4", "--threads", "1"]


def sheet(curves: Array, spec: Spec, columns: int | None = None, gap: int = 2) -> Image.Image:
    """A row of pixels each."""
    return sheets.to_image(np.ascontiguousarray(255 * curves.clip(0, 1), np.uint8).reshape(len(curves), -1, 1))


def read(path: Path, *_: Any) -> Dataset:
    """A text file of numbers, 12 a curve."""
    samples = torch.from_numpy(np.loadtxt(path, np.float32, ndmin=2)).reshape(-1, 6, 2)
    return Dataset(str(path.absolute()), SPEC, samples)


SPEC = Spec("curves", (6, 2), Affine("float32", (0.5,), (0.5,)))
CURVES = Kind(
    name="curves",
    noun="curve",
    axes="T V",
    codec=partial(Affine.from_dict, bounded=True),
    recipe="tutorial",
    count=7,
    problem=lambda spec: "" if len(spec.shape) == 2 else "no curve",
    describe=lambda spec: f"a curve of {spec.shape[0]} steps",
    vectors=lambda curves: curves.flatten(1).float(),
    coarse=lambda curves: curves.flatten(1),
    features=Features(("pca-64",)),
    sheet=sheet,
    writers={".png": writers.of_sheets(sheet), ".npz": writers.arrays},
    suffixes=(".curves",),
    reads=lambda path: path.suffix == ".curves" and path.is_file(),
    read=read,
)


def curves() -> Dataset:
    steps = torch.arange(6.0)[:, None] + torch.tensor([0.0, 2.0])
    phases = torch.rand(200, 1, 1, generator=torch.Generator().manual_seed(0))
    return Dataset("curves", SPEC, (steps + 6 * phases).sin().abs())


def test_every_verb_takes_another_kind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(KINDS, "curves", CURVES)
    monkeypatch.setitem(builtin.BUILT_IN, "curves", curves)
    monkeypatch.chdir(tmp_path)
    assert main(["data", "curves"]) == 0
    assert "a curve of 6 steps" in capsys.readouterr().out
    train = ["train", "curves", "--samples-seen", "1280", "--record-every", "5", "--hold-out", "0.2", *TINY]
    assert main([*train, "--clusters", "2", "--out", "run"]) == 0
    last = json.loads(Path("run/history.jsonl").read_text().splitlines()[-1])
    assert {"spread", "missing", "out_of_reach", "times_real"} <= last.keys()
    assert not {"detail", "corners"} & last.keys()
    assert main(["resume", "run", "--samples-seen", "2560"]) == 0
    assert main(["sample", "run", "--out", "drawn.npz"]) == 0
    with np.load("drawn.npz") as drawn:
        assert drawn["samples"].shape == (7, 6, 2)
    assert main(["sample", "run", "--out", "drawn.gif"]) == 1
    assert "accepted are .png, .npz for curves" in capsys.readouterr().err
    assert main(["evaluate", "run", "--count", "40", "--draws", "2"]) == 0
    assert "pca-64" in capsys.readouterr().out
    assert main(["info", "run"]) == 0
    assert "160 curves of shape (6, 2)" in capsys.readouterr().out
    assert main(["report", "run"]) == 0
    assert Path("run/report.html").exists()


def test_a_kind_reads_files_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(KINDS, "curves", CURVES)
    monkeypatch.chdir(tmp_path)
    np.savetxt("my.curves", curves().samples.flatten(1).numpy())
    assert main(["data", "my.curves"]) == 0
    assert "a curve of 6 steps" in capsys.readouterr().out
    assert main(["train", "my.curves", "--samples-seen", "128", "--out", "run", *TINY]) == 0
    monkeypatch.chdir("run")
    assert main(["resume", ".", "--samples-seen", "256"]) == 0
    assert main(["evaluate", ".", "--count", "40", "--draws", "2"]) == 0
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert main(["train", "my.curves", "--size", "8", "--out", "other", *TINY]) == 1
    assert "size: accepted only for folders and zips of pictures" in capsys.readouterr().err
    assert main(["train", "mine.curves", "--out", "other", *TINY]) == 1
    assert "there is no file or folder mine.curves." in capsys.readouterr().err
