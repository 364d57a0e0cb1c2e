"""Samples as files: a sheet, an animation, arrays, a folder of pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

from sparring.data.spec import Spec
from sparring.errors import ConfigError, RunError
from sparring.files import whole
from sparring.history import layout
from sparring.kinds.sheets import Array, animate, grid, to_image, to_pixels, write_picture

SIGNATURE = "sparring"  # the "Software" of drawn pictures; PNG has this keyword for who wrote it


def save(samples: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None = None) -> None:
    """Write samples as the suffix says: .png .gif .webp (pictures), .npz (arrays), none: a folder.

    Raises:
        ConfigError: another suffix, or points where only pictures fit.
    """
    suffix = path.suffix.lower()
    if suffix not in WRITERS:
        accepted = ", ".join(key or "a folder" for key in WRITERS)
        raise ConfigError(f"cannot write {path.name}: accepted are {accepted}.")
    if spec.kind != "image" and suffix not in (".png", ".npz"):
        raise ConfigError(f"{spec.kind} can be written as .png (a scatter plot) or .npz, not {path.name}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    WRITERS[suffix](samples, labels, spec, path, columns)


def _save_sheet(samples: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
    write_picture(grid(samples, spec, columns), path)


def _save_frames(samples: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
    tiles = [to_image(pixels) for pixels in to_pixels(samples, spec)]
    animate([tile.resize((4 * tile.width, 4 * tile.height), Image.Resampling.NEAREST) for tile in tiles], path)


def _save_arrays(samples: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
    with whole(path) as file:
        if labels is None:
            np.savez_compressed(file, samples=samples)
        else:
            names = np.array(spec.class_names)
            np.savez_compressed(file, samples=samples, labels=labels, class_names=names)


def _save_folder(samples: Array, labels: Array | None, spec: Spec, path: Path, columns: int | None) -> None:
    """The samples of an earlier draw give way to these; other files stay.

    Raises:
        RunError: a file of the user's is in the way.
    """
    path.mkdir(exist_ok=True)
    classes = [""] * len(samples) if labels is None else [spec.class_names[label] for label in labels]
    names = [layout.drawn_name(k, name) for k, name in enumerate(classes)]
    earlier = {old.name for old in path.iterdir() if _is_drawn(old)}
    if taken := sorted({old.name for old in path.iterdir()}.intersection(names) - earlier):
        raise RunError(f"{path / taken[0]} is there, and sparring did not draw it: choose another --out.")
    for name, pixels in zip(names, to_pixels(samples, spec), strict=True):
        to_image(pixels).save(path / name, pnginfo=_signature(name))
    for old in earlier.difference(names):
        (path / old).unlink()


def _signature(name: str) -> PngImagePlugin.PngInfo:
    """What a drawn picture says of itself: who wrote it, and its number."""
    signature = PngImagePlugin.PngInfo()
    signature.add_text("Software", SIGNATURE)
    signature.add_text("Title", layout.drawn_number(name))
    return signature


def _is_drawn(path: Path) -> bool:
    """Whether this is a picture that ``_save_folder`` wrote under this name."""
    number = layout.drawn_number(path.name)
    if not number or path.is_symlink() or not path.is_file():
        return False
    try:
        with Image.open(path) as picture:
            return (picture.info.get("Software"), picture.info.get("Title")) == (SIGNATURE, number)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False


Writer = Callable[[Array, Array | None, Spec, Path, int | None], None]
WRITERS: dict[str, Writer] = {
    ".png": _save_sheet,
    ".gif": _save_frames,
    ".webp": _save_frames,
    ".npz": _save_arrays,
    "": _save_folder,
}
