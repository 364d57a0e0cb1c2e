"""A kind whose stored form is not what the players see: whole numbers, encoded one-hot."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from sparring import kinds
from sparring.cli.main import main
from sparring.config.values import field, whole
from sparring.data import builtin, labels
from sparring.data.arrays import class_indices
from sparring.data.source import folder
from sparring.data.spec import Dataset, Origin, Spec
from sparring.data.store import Watch
from sparring.kinds import find, sheets, writers
from sparring.kinds.kind import Array, Kind
from sparring.metrics.extractors import Features

TINY = ["--g-width", "8", "--d-width", "8", "--depth", "1", "--latent-dim", "4", "--threads", "1"]
NOTES, STEPS = 5, 6


@dataclass(frozen=True)
class OneHot:
    """Stored: whole numbers (B, T). Seen: (B, T, V), of which one of the V is 1."""

    values: int
    bounded: bool = True

    def head(self) -> nn.Module:
        return nn.Softmax(dim=-1)

    def encode(self, stored: Tensor) -> Tensor:
        return nn.functional.one_hot(stored.long(), self.values).float()

    def decode(self, encoded: Tensor) -> Tensor:
        return encoded.detach().argmax(-1)

    def problem(self, shape: tuple[int, ...]) -> str:
        return "" if shape[-1] == self.values else f"values: {self.values}, expected {shape[-1]}"

    def to_dict(self) -> dict[str, Any]:
        return {"values": self.values}

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> "OneHot":
        return OneHot(field(values, "values", whole))


def sheet(tunes: Array, spec: Spec, columns: int | None = None, gap: int = 2) -> Image.Image:
    """A row of pixels each, the higher the brighter."""
    assert tunes.shape[1:] == (STEPS,)
    return sheets.to_image((tunes * (255 // NOTES)).astype(np.uint8)[:, :, None])


def write_text(tunes: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
    np.savetxt(path, tunes, fmt="%d")


def read(path: Path, options: Mapping[str, Any], watch: Watch | None) -> Dataset:
    """The .tune files of a folder, each one line of notes."""
    source = folder(path, lambda name, head: name.endswith(".tune"))
    folders = labels.by_folder(source.files, source.name) if options["labels"] == "folders" else None
    classes, class_names = class_indices(folders, len(source.files), source.name)
    samples = torch.tensor([[int(note) for note in source.read(name).split()] for name in source.files])
    origin = Origin(dict(options), facts={"longest": f"{STEPS} notes"})
    spec = Spec("tunes", (STEPS, NOTES), OneHot(NOTES), class_names)
    return Dataset(source.name, spec, samples, classes, origin)


def form(array: Array, name: str) -> tuple[Spec, Tensor] | None:
    """Whole numbers (N, STEPS) are tunes."""
    if array.shape[1:] != (STEPS,) or array.dtype.kind != "i":
        return None
    return Spec("tunes", (STEPS, NOTES), OneHot(NOTES)), torch.from_numpy(array)


TUNES = Kind(
    name="tunes",
    noun="tune",
    axes="T V",
    codec=OneHot.from_dict,
    recipe="tutorial",
    count=7,
    problem=lambda spec: "" if len(spec.shape) == 2 else "no tune",
    describe=lambda spec: f"a tune of {spec.shape[0]} notes",
    vectors=lambda tunes: tunes.flatten(1),
    coarse=lambda tunes: tunes.flatten(1),
    features=Features(("pca-64",)),
    sheet=sheet,
    writers={".txt": write_text, ".npz": writers.arrays},
    suffixes=(".tune",),
    reads=lambda path: path.is_dir() and any(path.rglob("*.tune")),
    read=read,
    form=form,
    options=("labels",),
)


def tunes() -> Dataset:
    """Scales up and down, from any note."""
    spec = Spec("tunes", (STEPS, NOTES), OneHot(NOTES), ("down", "up"))
    rising = torch.arange(200) % 2
    starts = torch.randint(NOTES, (200, 1), generator=torch.Generator().manual_seed(0))
    return Dataset("tunes", spec, (starts + (2 * rising - 1)[:, None] * torch.arange(STEPS)) % NOTES, rising)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kinds, "KINDS", {"tunes": TUNES} | kinds.KINDS)  # pictures read any folder
    monkeypatch.setitem(builtin.BUILT_IN, "tunes", tunes)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("known")
def test_every_verb_takes_one_hot_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "tunes"]) == 0
    assert "a tune of 6 notes" in capsys.readouterr().out
    train = ["train", "tunes", "--samples-seen", "1280", "--record-every", "5", "--conditional", *TINY]
    assert main([*train, "--hold-out", "0.2", "--out", "run"]) == 0
    assert main(["resume", "run", "--samples-seen", "2560"]) == 0
    assert main(["sample", "run", "--count", "6", "--out", "drawn.npz"]) == 0
    with np.load("drawn.npz") as drawn:
        assert drawn["samples"].shape == (6, STEPS)
        assert set(drawn["samples"].flatten()) <= set(range(NOTES))
    assert main(["sample", "run", "--label", "up", "--count", "6", "--out", "drawn.txt"]) == 0
    assert np.loadtxt("drawn.txt").shape == (6, STEPS)
    assert main(["evaluate", "run", "--count", "40", "--draws", "2"]) == 0
    assert main(["report", "run"]) == 0
    assert Path("run/report.html").exists()


@pytest.mark.usefixtures("known")
def test_what_does_not_take_a_kind_says_what_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "tunes", "--recipe", "modern", "--dry-run"]) == 1
    said = capsys.readouterr().err
    assert "modern networks take samples with the axes C H W, those of this data are T V" in said
    assert "Use a recipe that takes them (tutorial, mlp, letters), or --generator mlp" in said
    assert main(["train", "tunes", "--augment", "ada", "--augment-p", "0.5", "--dry-run"]) == 1
    assert "augment alters samples with the axes C H W, those of this data are T V" in capsys.readouterr().err


@pytest.mark.usefixtures("known")
def test_files_of_a_kind_take_options_of_files(capsys: pytest.CaptureFixture[str]) -> None:
    data = tunes()
    assert data.labels is not None
    for k, (tune, label) in enumerate(zip(data.samples, data.labels, strict=True)):
        path = Path("songs", data.spec.class_names[label], f"{k:03}.tune")
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savetxt(path, tune[None], fmt="%d")
    assert main(["data", "songs", "--labels", "folders"]) == 0
    said = capsys.readouterr().out
    assert "longest  6 notes" in said
    assert "2: down 100, up 100" in said
    train = ["train", "songs", "--samples-seen", "1280", "--hold-out", "0.2", *TINY]
    assert main([*train, "--labels", "folders", "--out", "run"]) == 0
    assert main(["resume", "run", "--samples-seen", "2560"]) == 0
    assert main(["evaluate", "run", "--count", "40", "--draws", "2"]) == 0
    assert main(["evaluate", "--real", "songs", "--fake", "tunes", "--count", "40", "--draws", "2"]) == 0
    capsys.readouterr()
    assert main([*train, "--size", "8", "--out", "other"]) == 1
    assert "size: accepted only for folders and zips of pictures and hf: sets" in capsys.readouterr().err


@pytest.mark.usefixtures("known")
def test_a_kind_is_asked_whether_an_array_is_its_own() -> None:
    data = tunes()
    np.savez("tunes.npz", samples=data.samples, labels=data.labels)
    read, (taken, _) = find.dataset("tunes.npz"), find.samples(data.samples)
    assert (read.spec.kind, read.classes, taken.spec.kind) == ("tunes", 2, "tunes")
    assert read.batch(torch.arange(3)).real.shape == (3, STEPS, NOTES)
    assert find.samples(data.samples.float())[0].spec.kind == "points"
