"""Hugging Face sets, through a stand-in for the package and, where it is installed, the package itself."""

import io
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage

from conftest import TINY_LINE
from sparring.cli.main import main
from sparring.config.groups import FilesConfig
from sparring.data import hub
from sparring.errors import ConfigError, DataError
from sparring.kinds import find


class Image:
    def __init__(self, decode: bool = True) -> None:
        self.decode = decode


class ClassLabel:
    names = ("cat", "dog")


class Value:
    pass


class Table:
    """Twelve pictures of alternating classes, as much of ``datasets.Dataset`` as the door uses."""

    def __init__(self, features: dict[str, Any], value: int = 0, label: int | None = 0) -> None:
        self.features, self.value, self._fingerprint = features, value, f"print {value}"
        self.label = label  # of the first row

    def __len__(self) -> int:
        return 12

    def select_columns(self, columns: list[str]) -> "Table":
        return Table({name: self.features[name] for name in columns}, self.value, self.label)

    def cast_column(self, column: str, feature: Image) -> "Table":
        assert not feature.decode
        assert list(self.features) == [column], "others would be decoded with it"
        assert isinstance(self.features[column], Image)
        return self

    def __getitem__(self, key: int | str) -> Any:
        if isinstance(key, str):
            return [self.label, *(k % 2 for k in range(1, 12))]
        file = io.BytesIO()
        PillowImage.new("RGB", (8, 8), (self.value + key, 0, 0)).save(file, "PNG")
        return {"image": {"bytes": file.getvalue(), "path": None}}


WITH_CLASSES = {"id": Value(), "image": Image(), "label": ClassLabel()}


def stand_in(monkeypatch: pytest.MonkeyPatch, found: Any) -> list[tuple[str, str | None]]:
    """Put a package in the place of ``datasets`` that finds this; the calls it gets."""
    calls: list[tuple[str, str | None]] = []

    def load_dataset(path: str, split: str | None = None) -> Any:
        calls.append((path, split))
        if isinstance(found, Exception):
            raise found
        return found[split] if split and isinstance(found, dict) else found

    def load_from_disk(path: str) -> Any:
        return load_dataset(path)

    package = SimpleNamespace(Image=Image, load_dataset=load_dataset, load_from_disk=load_from_disk)
    monkeypatch.setitem(sys.modules, "datasets", package)  # type: ignore[arg-type]
    return calls


def test_pictures_and_classes_are_found_by_the_types_of_the_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = stand_in(monkeypatch, Table(WITH_CLASSES))
    data = find.dataset("hf:somebody/animals")
    assert calls == [("somebody/animals", None)]
    assert data.name == "hf:somebody/animals"
    assert data.samples.shape == (12, 3, 8, 8)
    assert data.samples[:, 0, 0, 0].tolist() == list(range(12))
    assert data.spec.class_names == ("cat", "dog")
    assert data.labels is not None
    assert data.labels.tolist() == [0, 1] * 6


def test_without_a_column_of_classes_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, Table({"image": Image(), "kind": Value()}))
    assert find.dataset("hf:animals", FilesConfig(size="4")).labels is None


@pytest.mark.parametrize(
    ("name", "splits", "value", "full"),
    [
        ("hf:animals", ("train", "test"), 1, "hf:animals:train"),
        ("hf:animals:test", ("train", "test"), 2, "hf:animals:test"),
        ("hf:animals", ("all",), 1, "hf:animals:all"),
    ],
)
def test_splits(
    name: str, splits: tuple[str, ...], value: int, full: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, {split: Table(WITH_CLASSES, k + 1) for k, split in enumerate(splits)})
    data = find.dataset(name)
    assert data.name == full
    assert int(data.samples[0, 0, 0, 0]) == value


def test_a_saved_folder_is_named_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = stand_in(monkeypatch, {"train": Table(WITH_CLASSES), "test": Table(WITH_CLASSES, 5)})
    (tmp_path / "saved").mkdir()
    monkeypatch.chdir(tmp_path)
    data = find.dataset("hf:./saved:test")
    assert data.name == f"hf:{tmp_path / 'saved'}:test"
    assert int(data.samples[0, 0, 0, 0]) == 5
    assert find.dataset(data.name).name == data.name
    assert calls[0] == ("./saved", None)


@pytest.mark.parametrize(
    ("found", "name", "said"),
    [
        (Table({"text": Value()}), "hf:a", r"columns are: text \(Value\)"),
        (
            {"x": Table(WITH_CLASSES), "y": Table(WITH_CLASSES)},
            "hf:a",
            "unknown split 'train'.*hf:a:SPLIT",
        ),
        (ConnectionError("no network"), "hf:a", r"cannot open the Hugging Face set 'a': there is no set"),
    ],
)
def test_sets_that_cannot_be_used(found: Any, name: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, found)
    with pytest.raises(DataError, match=said):
        find.dataset(name)


def test_labels_come_with_the_set(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, Table(WITH_CLASSES))
    with pytest.raises(ConfigError, match="hf: sets have their own"):
        find.dataset("hf:a", FilesConfig(labels="folders"))
    for name, value in (("include", "*.jpg"), ("exclude", "a*")):
        with pytest.raises(ConfigError, match=f"{name} = .*rows of hf: sets have no paths"):
            find.dataset("hf:a", FilesConfig(**{name: value}))


def test_a_missing_package_is_named_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"pip install 'sparring\[hf\]'"):
        find.dataset("hf:a")
    assert "sparring[hf]" in hub.INSTALL


def test_the_package_itself_with_a_set_saved_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (20, 8, 8, 3), dtype=np.uint8)
    features = datasets.Features(
        {"picture": datasets.Image(), "kind": datasets.ClassLabel(names=["cat", "dog"])}
    )
    rows = {"picture": [PillowImage.fromarray(p) for p in pixels], "kind": [k % 2 for k in range(20)]}
    table = datasets.Dataset.from_dict(rows, features=features)
    datasets.DatasetDict({"train": table, "test": table.select(range(5))}).save_to_disk(str(tmp_path / "saved"))
    monkeypatch.chdir(tmp_path)
    data = find.dataset("hf:./saved")
    assert torch.equal(data.samples, torch.from_numpy(pixels).permute(0, 3, 1, 2))
    assert data.class_counts == [10, 10]
    assert len(find.dataset("hf:saved:test")) == 5
    line = ["--samples-seen", "16", "--out", "run", *TINY_LINE]
    assert main(["train", "hf:./saved", *line]) == 0
    assert main(["resume", "run", "--samples-seen", "32"]) == 0


@pytest.mark.parametrize("label", [None, -1])
def test_rows_without_a_label_are_told(label: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, Table(WITH_CLASSES, label=label))
    with pytest.raises(DataError, match="no label for 1 of 12 rows"):
        hub.from_hub("pets")
