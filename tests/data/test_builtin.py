"""The pictures that come with the package or the system."""

import gzip
import lzma
from importlib import resources
from pathlib import Path

import pytest
import torch

from sparring.data import builtin
from sparring.errors import DataError


def test_mnist_is_whole() -> None:
    train, test = builtin.mnist("train"), builtin.mnist("test")
    assert train.samples.shape == (60_000, 1, 28, 28)
    assert test.samples.shape == (10_000, 1, 28, 28)
    assert train.labels is not None
    assert test.labels is not None
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert torch.bincount(train.labels).tolist() == counts
    assert torch.bincount(test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    # The published mean of the training pixels is 33.318.
    assert float(train.samples.sum()) / train.samples.numel() == pytest.approx(33.318, abs=0.001)


def test_emoji_are_whole() -> None:
    train, test = builtin.emoji("train"), builtin.emoji("test")
    assert train.samples.shape == (1703, 3, 32, 32)
    assert test.samples.shape == (189, 3, 32, 32)
    assert train.spec.class_names == builtin.EMOJI_CLASSES
    # All 1,892 by category, as the source's table has them, without those that look alike.
    expected = [169, 381, 159, 131, 218, 85, 264, 224, 261]
    assert [a + b for a, b in zip(train.class_counts, test.class_counts, strict=True)] == expected
    assert all(
        abs(9 * held - kept) <= 9 for kept, held in zip(train.class_counts, test.class_counts, strict=True)
    )
    grinning = train.samples[0].double()
    assert (grinning[:, 0, 0] == 255).all()  # the corner is white
    red, green, blue = grinning[:, 8:12, 8:24].mean((1, 2)).tolist()
    assert red > green > blue + 50  # a yellow face


def test_no_emoji_is_both_trained_on_and_held_out() -> None:
    kept = {row.numpy().tobytes() for row in builtin.emoji("train").samples}
    assert sum(row.numpy().tobytes() in kept for row in builtin.emoji("test").samples) == 0


def test_the_packaged_sets_are_small() -> None:
    bundled = resources.files("sparring.data").joinpath("bundled")
    assert 100_000 < len(bundled.joinpath("emoji.xz").read_bytes()) <= 3_000_000


def test_mnist_fits_the_package() -> None:
    packed = resources.files("sparring.data").joinpath("bundled/mnist.xz").read_bytes()
    assert 1_000_000 < len(packed) <= 10_000_000


def test_a_damaged_package_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: bytes) -> bytes:
        raise lzma.LZMAError("corrupt")

    monkeypatch.setattr(lzma, "decompress", broken)
    with pytest.raises(DataError, match="packaged mnist is damaged.*Install sparring again"):
        builtin.mnist()


def write_idx(path: Path, ndim: int, sizes: list[int], body: bytes) -> None:
    header = bytes([0, 0, 8, ndim]) + b"".join(size.to_bytes(4, "big") for size in sizes)
    path.write_bytes(gzip.compress(header + body, mtime=0))


def test_fashion_mnist_files(tmp_path: Path) -> None:
    write_idx(tmp_path / "train-images-idx3-ubyte.gz", 3, [2, 28, 28], bytes(range(256)) * 6 + bytes(32))
    write_idx(tmp_path / "train-labels-idx1-ubyte.gz", 1, [2], bytes([9, 0]))
    data = builtin.fashion_mnist("train", tmp_path)
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
    with pytest.raises(
        DataError, match="train-images-idx3-ubyte.gz(: it is damaged or cut short| is not an IDX file)"
    ):
        builtin.fashion_mnist("train", tmp_path)


def test_fashion_mnist_that_is_missing_names_the_package(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="apt-get install dataset-fashion-mnist"):
        builtin.fashion_mnist("train", tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"rubbish", lzma.compress(bytes(99))[:-9], lzma.compress(bytes(99))],
    ids=["empty", "not xz", "cut", "too short"],
)
def test_a_damaged_packed_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    (tmp_path / "bundled").mkdir()
    (tmp_path / "bundled/mnist.xz").write_bytes(content)
    monkeypatch.setattr(resources, "files", lambda _: tmp_path)
    with pytest.raises(DataError, match="the packaged mnist.*Install sparring again"):
        builtin.mnist()


def test_fashion_mnist_with_any_damaged_byte_is_read_or_refused(tmp_path: Path) -> None:
    write_idx(tmp_path / "train-labels-idx1-ubyte.gz", 1, [1], bytes([9]))
    path = tmp_path / "train-images-idx3-ubyte.gz"
    write_idx(path, 3, [1, 28, 28], bytes(range(196)) * 4)
    content, surprises = path.read_bytes(), set()
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        try:
            builtin.fashion_mnist("train", tmp_path)
        except DataError:
            pass
        except Exception as error:
            surprises.add(f"{type(error).__name__}: {error}")
    assert not surprises


@pytest.mark.parametrize(("sizes", "labels"), [([2, 28, 28], [9]), ([2, 28, 28], [9, 77]), ([2, 5, 5], [9, 0])])
def test_fashion_mnist_that_does_not_fit_together(tmp_path: Path, sizes: list[int], labels: list[int]) -> None:
    write_idx(tmp_path / "train-images-idx3-ubyte.gz", 3, sizes, bytes(sizes[0] * sizes[1] * sizes[2]))
    write_idx(tmp_path / "train-labels-idx1-ubyte.gz", 1, [len(labels)], bytes(labels))
    with pytest.raises(DataError, match="pictures.*labels"):
        builtin.fashion_mnist("train", tmp_path)


def test_the_test_split_of_fashion_mnist_is_another_file(tmp_path: Path) -> None:
    write_idx(tmp_path / "t10k-images-idx3-ubyte.gz", 3, [1, 28, 28], bytes(784))
    write_idx(tmp_path / "t10k-labels-idx1-ubyte.gz", 1, [1], bytes([3]))
    assert builtin.fashion_mnist("test", tmp_path).class_counts[3] == 1
