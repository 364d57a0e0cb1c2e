"""Statistics are found again by their content, and damage costs only time."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from sparring.metrics import cache
from sparring.metrics.distances import fit_gaussian
from sparring.metrics.features import Extractor

SAMPLES = torch.randn(20, 3, generator=torch.Generator().manual_seed(0))


class Counted:
    """A feature function that counts its calls."""

    def __init__(self, factor: float = 1) -> None:
        self.calls, self.factor = 0, factor

    def __call__(self, samples: Tensor) -> Tensor:
        self.calls += 1
        return samples * self.factor


def stored(folder: Path) -> list[Path]:
    return list((folder / "statistics").glob("*"))


def test_the_second_time_nothing_is_computed(tmp_path: Path) -> None:
    function = Counted()
    extractor = Extractor("mine", function, version="1")
    first = cache.statistics(extractor, SAMPLES, tmp_path)
    assert function.calls == 1
    again = cache.statistics(extractor, SAMPLES.clone(), tmp_path)
    assert function.calls == 1
    expected = fit_gaussian(SAMPLES)
    for found in (first, again):
        assert torch.equal(found.mean, expected.mean)
        assert torch.equal(found.covariance, expected.covariance)
    assert [path.suffix for path in stored(tmp_path)] == [".safetensors"]


@pytest.mark.parametrize(
    ("name", "version", "samples"),
    [
        ("other", "1", SAMPLES),
        ("mine", "2", SAMPLES),
        ("mine", "1", SAMPLES.flip(0)),
        ("mine", "1", SAMPLES[:19]),
        ("mine", "1", SAMPLES.double()),
    ],
)
def test_another_name_version_or_sample_is_computed(
    name: str, version: str, samples: Tensor, tmp_path: Path
) -> None:
    cache.statistics(Extractor("mine", Counted(), version="1"), SAMPLES, tmp_path)
    function = Counted(2)
    found = cache.statistics(Extractor(name, function, version=version), samples, tmp_path)
    assert function.calls == 1
    torch.testing.assert_close(found.mean, 2 * samples.double().mean(0), rtol=1e-6, atol=1e-6)
    assert len(stored(tmp_path)) == 2


def test_without_a_version_nothing_is_kept(tmp_path: Path) -> None:
    function = Counted()
    for _ in range(2):
        cache.statistics(Extractor("mine", function), SAMPLES, tmp_path)
    assert function.calls == 2
    assert stored(tmp_path) == []


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "text", "folder"])
def test_a_damaged_file_is_made_anew(damage: str, tmp_path: Path) -> None:
    function = Counted()
    extractor = Extractor("mine", function, version="1")
    cache.statistics(extractor, SAMPLES, tmp_path)
    (path,) = stored(tmp_path)
    content = path.read_bytes()
    if damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        flipped = content[:-3] + bytes([content[-3] ^ 1]) + content[-2:]
        path.write_bytes({"empty": b"", "cut": content[:-9], "flipped": flipped, "text": b"rubbish"}[damage])
    found = cache.statistics(extractor, SAMPLES, tmp_path)
    assert function.calls == 2
    assert torch.equal(found.covariance, fit_gaussian(SAMPLES).covariance)
    if damage != "folder":
        assert path.read_bytes() == content
    assert len(stored(tmp_path)) == 1


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    found = cache.statistics(Extractor("mine", Counted(), version="1"), SAMPLES, tmp_path / "file")
    assert torch.equal(found.mean, fit_gaussian(SAMPLES).mean)
