"""Write samples to files: a sheet, an animation, arrays, or a folder of pictures."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

from sparring.data.spec import Spec
from sparring.errors import RunError
from sparring.files import whole
from sparring.kinds.kind import Array, Pixels, Sheet, Writer
from sparring.kinds.sheets import animate, to_image, write_picture

MOST_LABEL = 60  # characters of a class name in a file name, which may have 255 bytes
SIGNATURE = "sparring"  # stands under the PNG keyword "Software" in drawn pictures


def of_sheets(sheet: Sheet) -> Writer:
    """Make a writer that writes all samples as one picture."""

    def write(samples: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
        write_picture(sheet(samples, spec, columns), path)

    return write


def of_frames(tiles: Callable[[Array, Spec], Pixels]) -> Writer:
    """Make a writer that shows one sample after the other in an animation."""

    def write(samples: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
        frames = [to_image(pixels) for pixels in tiles(samples, spec)]
        near = Image.Resampling.NEAREST
        animate([frame.resize((4 * frame.width, 4 * frame.height), near) for frame in frames], path)

    return write


def arrays(samples: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
    """Write decoded samples and their labels as numpy arrays."""
    with whole(path) as file:
        if labels is None:
            np.savez_compressed(file, samples=samples)
        else:
            names = np.array(spec.class_names)
            np.savez_compressed(file, samples=samples, labels=labels, class_names=names)


def of_folders(tiles: Callable[[Array, Spec], Pixels]) -> Writer:
    """Make a writer that writes each sample as a picture into a folder.

    It replaces the samples of an earlier draw; other files stay.
    """

    def write(samples: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
        classes = [""] * len(samples) if labels is None else [spec.class_names[label] for label in labels]
        names = [drawn_name(k, name) for k, name in enumerate(classes)]
        with replaced(path, names, _is_drawn):
            for name, pixels in zip(names, tiles(samples, spec), strict=True):
                to_image(pixels).save(path / name, pnginfo=_signature(name))

    return write


@contextmanager
def replaced(path: Path, names: Collection[str], is_drawn: Callable[[Path], bool]) -> Iterator[set[str]]:
    """A folder, in which files of these names are now written; others of an earlier draw go afterwards.

    Yields the names of those that go.

    Raises:
        RunError: a file is in the way that was not drawn.
    """
    path.mkdir(exist_ok=True)
    earlier = {old.name for old in path.iterdir() if is_drawn(old)}
    if taken := sorted({old.name for old in path.iterdir()}.intersection(names) - earlier):
        raise RunError(f"{path / taken[0]} exists, and sparring did not draw it: choose another --out.")
    yield (gone := earlier.difference(names))
    for old in gone:
        (path / old).unlink()


def drawn_name(number: int, label: str = "", suffix: str = ".png") -> str:
    """The file name of a drawn sample in a folder."""
    named = re.sub(r"[/\\]", "_", label)[:MOST_LABEL]
    return f"{number:05d}{'-' if named else ''}{named}{suffix}"


def drawn_number(name: str, suffix: str = ".png") -> str:
    """The number in the file name of a drawn sample, "" for other names. A user's file may have one too."""
    found = re.fullmatch(rf"([0-9]{{5,}})(-.*)?{re.escape(suffix)}", name, re.DOTALL)
    return found[1] if found else ""


def _signature(name: str) -> PngImagePlugin.PngInfo:
    """The texts inside a drawn picture by which it is recognized: the software, and the picture's number."""
    signature = PngImagePlugin.PngInfo()
    signature.add_text("Software", SIGNATURE)
    signature.add_text("Title", drawn_number(name))
    return signature


def _is_drawn(path: Path) -> bool:
    """Whether ``of_folders`` wrote this picture under this name."""
    number = drawn_number(path.name)
    if not number or path.is_symlink() or not path.is_file():
        return False
    try:
        with Image.open(path) as picture:
            return (picture.info.get("Software"), picture.info.get("Title")) == (SIGNATURE, number)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False
