"""The pictures that come with the package or the system."""

import gzip
import lzma
from importlib import resources
from pathlib import Path

import pytest
import torch

from sparring.data import images
from sparring.errors import DataError


def test_mnist_is_whole() -> None:
    train, test = images.mnist("train"), images.mnist("test")
    assert train.samples.shape == (60_000, 1, 28, 28)
    assert test.samples.shape == (10_000, 1, 28, 28)
    assert train.labels is not None
    assert test.labels is not None
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert torch.bincount(train.labels).tolist() == counts
    assert torch.bincount(test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    # The published mean of the training pixels is 33.318.
    assert float(train.samples.double().mean()) == pytest.approx(33.318, abs=0.001)


def test_mnist_fits_the_package() -> None:
    packed = resources.files("sparring.data").joinpath("bundled/mnist.xz").read_bytes()
    assert 1_000_000 < len(packed) <= 10_000_000


def test_a_damaged_package_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: bytes) -> bytes:
        raise lzma.LZMAError("corrupt")

    monkeypatch.setattr(lzma, "decompress", broken)
    with pytest.raises(DataError, match="packaged MNIST is damaged.*Install sparring again"):
        images.mnist()


def write_idx(path: Path, ndim: int, sizes: list[int], body: bytes) -> None:
    header = bytes([0, 0, 8, ndim]) + b"".join(size.to_bytes(4, "big") for size in sizes)
    path.write_bytes(gzip.compress(header + body))


def test_fashion_mnist_files(tmp_path: Path) -> None:
    write_idx(tmp_path / "train-images-idx3-ubyte.gz", 3, [2, 28, 28], bytes(range(256)) * 6 + bytes(32))
    write_idx(tmp_path / "train-labels-idx1-ubyte.gz", 1, [2], bytes([9, 0]))
    data = images.fashion_mnist("train", tmp_path)
    assert data.samples.shape == (2, 1, 28, 28)
    assert data.labels is not None
    assert [data.spec.class_names[label] for label in data.labels] == ["ankle-boot", "t-shirt"]


BROKEN = {
    "empty": b"",
    "not gzip": b"rubbish",
    "nothing inside": gzip.compress(b""),
    "too short": gzip.compress(b"\0\0\x08\3" + b"\1" * 20),
}


# The names keep gzip's time stamp out of the tests' names, which must be the same in every worker.
@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_fashion_mnist_that_is_broken(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(content)
    with pytest.raises(DataError, match="train-images-idx3-ubyte.gz is (unreadable|not an IDX file)"):
        images.fashion_mnist("train", tmp_path)


def test_fashion_mnist_that_is_missing_names_the_package(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="apt-get install dataset-fashion-mnist"):
        images.fashion_mnist("train", tmp_path)
