"""Data sets by name: pictures, music and texts that come with packages or with the system, and toy sets."""

from __future__ import annotations

import gzip
import lzma
import zlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import resources
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from sparring.data import shapes, toy
from sparring.data.codec import Affine
from sparring.data.music import chorales as chorale
from sparring.data.spec import Dataset, Spec
from sparring.data.text import adapted, from_strings
from sparring.errors import DataError, reason

MNIST_TRAIN, MNIST_TEST, SIDE = 60_000, 10_000, 28
EMOJI, EMOJI_SIDE = 1892, 32
EMOJI_HELD_OUT = 10  # every tenth emoji is held out
EMOJI_CLASSES = (
    "smileys", "people", "nature", "food", "travel", "activities", "objects", "symbols", "flags",
)  # fmt: skip
TEXTS = ("names", "tang")
BAR = "|"  # between the lines of a packaged poem
FASHION_FOLDER = Path("/usr/share/datasets/fashion-mnist")
FASHION_CLASSES = (
    "t-shirt", "trouser", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "ankle-boot",
)  # fmt: skip


def mnist(split: str = "train") -> Dataset:
    """Handwritten digits (LeCun et al. 1998): 60,000 for training or 10,000 for testing.

    Raises:
        DataError: the packaged file is damaged.
    """
    count = MNIST_TRAIN + MNIST_TEST
    flat = _packaged("mnist", count * (SIDE * SIDE + 1))
    pictures, labels = flat[: count * SIDE * SIDE].reshape(count, 1, SIDE, SIDE), flat[-count:]
    part = slice(0, MNIST_TRAIN) if split == "train" else slice(MNIST_TRAIN, None)
    return _dataset("mnist", pictures[part], labels[part], tuple("0123456789"))


def emoji(split: str = "train") -> Dataset:
    """Google's Noto emoji, 32 x 32 pixels in colour on white, in the nine groups of emoji keyboards.

    Only base emoji, without skin tones. "test" is every tenth of the 1,892, which is never trained on.

    Raises:
        DataError: the packaged file is damaged.
    """
    size = 3 * EMOJI_SIDE**2
    flat = _packaged("emoji", EMOJI * (size + 1))
    pictures, labels = flat[: EMOJI * size].reshape(EMOJI, 3, EMOJI_SIDE, EMOJI_SIDE), flat[-EMOJI:]
    held_out = np.arange(EMOJI) % EMOJI_HELD_OUT == EMOJI_HELD_OUT - 1
    part = ~held_out if split == "train" else held_out
    return _dataset("emoji", pictures[part], labels[part], EMOJI_CLASSES)


def _packaged(name: str, size: int) -> NDArray[np.uint8]:
    """The ``size`` bytes of a packaged set.

    Raises:
        DataError: the file is damaged.
    """
    flat = np.frombuffer(_unpacked(name), np.uint8)
    if flat.size != size:
        raise DataError(f"the packaged {name} has {flat.size:,} bytes, not {size:,}. Install sparring again.")
    return flat


def _unpacked(name: str) -> bytes:
    """The content of a packaged set.

    Raises:
        DataError: the file is damaged.
    """
    packed = resources.files("sparring.data").joinpath(f"bundled/{name}.xz").read_bytes()
    try:
        return lzma.decompress(packed)
    except lzma.LZMAError as error:
        raise DataError(f"the packaged {name} is damaged. Install sparring again.") from error


def texts(name: str, split: str = "train") -> Dataset:
    """Packaged texts: "names", surnames of the United States census of 1990, or "tang", Tang verse.

    "test" is a tenth of the names, and a fifth of the poems, which are never trained on.

    Raises:
        DataError: the packaged file is damaged.
    """
    try:
        written = _unpacked(name).decode()
    except UnicodeDecodeError as error:
        raise DataError(f"the packaged {name} is damaged. Install sparring again.") from error
    training, held_out = (
        [line.replace(BAR, "\n") for line in part.split("\n")] for part in written.split("\n\n")
    )
    data = from_strings(training, name)
    if split == "train" and data.origin:  # nothing of how it was read is the user's choice
        return replace(data, origin=replace(data.origin, options={}))
    return replace(adapted(from_strings(held_out, name), data.spec), origin=None)


def fashion_mnist(split: str = "train", folder: Path = FASHION_FOLDER) -> Dataset:
    """Zalando's pictures of clothes (Xiao et al. 2017), as installed by Debian's dataset-fashion-mnist.

    Raises:
        DataError: the files are not there or not in MNIST's format.
    """
    prefix = "train" if split == "train" else "t10k"
    pictures = _read_idx(folder / f"{prefix}-images-idx3-ubyte.gz", ndim=3)
    labels = _read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz", ndim=1)
    fits = pictures.shape[1:] == (SIDE, SIDE) and len(pictures) == len(labels)
    if not fits or labels.max(initial=0) >= len(FASHION_CLASSES):
        raise DataError(
            f"{folder} holds pictures of shape {pictures.shape} and {len(labels)} labels up to "
            f"{labels.max(initial=0)}; expected (N, 28, 28), N labels, 0 to 9."
        )
    return _dataset("fashion-mnist", pictures[:, None], labels, FASHION_CLASSES)


def _read_idx(path: Path, ndim: int) -> NDArray[np.uint8]:
    """Read MNIST's IDX format: 2 zero bytes, type 8 (uint8), rank, then big-endian sizes, then bytes."""
    try:
        content = gzip.decompress(path.read_bytes())
    except FileNotFoundError as error:
        raise DataError(f"{path} is missing. Run: apt-get install dataset-fashion-mnist") from error
    except (OSError, EOFError, zlib.error) as error:
        why = reason(error) if isinstance(error, OSError) and error.errno else "it is damaged or cut short"
        raise DataError(f"cannot read {path}: {why}. Install dataset-fashion-mnist again.") from error
    shape = np.frombuffer(content, ">i4", count=ndim, offset=4) if len(content) >= 4 + 4 * ndim else [0]
    body = np.frombuffer(content, np.uint8, offset=min(len(content), 4 + 4 * ndim))
    if content[:4] != bytes([0, 0, 8, ndim]) or body.size != np.prod(shape):
        raise DataError(f"{path} is not an IDX file of rank {ndim} and 8-bit values.")
    return body.reshape(shape)


def chorales(split: str = "train") -> Dataset:
    """Bach's four-part chorales: two bars, in C major or A minor, split by melody; see ``data.music.chorales``.

    Raises:
        DataError: the package with the scores is not installed.
    """
    rolls, codec = chorale.load(split)
    return Dataset("chorales", Spec("music", (rolls.shape[1], sum(codec.sizes)), codec), rolls)


def _dataset(
    name: str, pictures: NDArray[np.uint8], labels: NDArray[np.uint8], class_names: tuple[str, ...]
) -> Dataset:
    samples = torch.from_numpy(np.array(pictures))
    spec = Spec("image", pictures.shape[1:], Affine("uint8", (127.5,), (127.5,)), class_names)
    return Dataset(name, spec, samples, torch.from_numpy(labels.astype(np.int64)))


BUILT_IN: dict[str, Callable[[], Dataset]] = {  # by the name that a user gives as DATA
    "mnist": mnist,
    "fashion-mnist": fashion_mnist,
    "emoji": emoji,
    shapes.NAME: shapes.shapes,
    "chorales": chorales,
    **{name: partial(texts, name) for name in TEXTS},
    **{name: partial(toy.load, name) for name in toy.MIXTURES},
}
HELD_OUT: dict[str, Callable[[], Dataset]] = {  # from the same distribution, never trained on
    "mnist": partial(mnist, "test"),
    "fashion-mnist": partial(fashion_mnist, "test"),
    "emoji": partial(emoji, "test"),
    shapes.NAME: partial(shapes.shapes, shapes.HELD_OUT, seed=1),
    "chorales": partial(chorales, "test"),
    **{name: partial(texts, name, "test") for name in TEXTS},
    **{name: partial(toy.load, name, seed=1) for name in toy.MIXTURES},
}


def held_out(name: str) -> Dataset | None:
    """The part of a built-in set that is never trained on; None for any other name."""
    return HELD_OUT[name]() if name in HELD_OUT else None
