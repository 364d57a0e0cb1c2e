"""Sets of pictures that no default was tuned on, from public packages, as ``sets/NAME.npz``.

    apt-get download dataset-fashion-mnist gcompris-qt-data oxygen-icon-theme   (each: dpkg-deb -x FILE raw)
    npm pack emoji-datasource-google @lobehub/fluent-emoji-3d     (each: tar xzf FILE -C raw/NAME)
    pip download --no-deps elpv-dataset                           (unzip FILE -d raw/solar; not to be passed on)
    python benchmarks/picture_sets.py raw --cifar10 cifar10.zip --out sets

Each file holds ``train`` and ``test`` (N, C, H, W) uint8, and ``train_labels``, ``test_labels``, ``names``
where there are classes. What is held out is a fifth of the pictures, whole paintings, or the set's own
test part; of emoji and icons no variant (skin, sex) of a picture that is trained on.
"""

from __future__ import annotations

import argparse
import io
import struct
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sparring.data.builtin import fashion_mnist

Pictures = NDArray[np.uint8]
Arrays = Mapping[str, NDArray[Any]]
VAN_GOGH_HELD_OUT = ("gogh_auvert", "VincentVanGoghBridge")
CROPS = 400  # of each painting
SIDES = (96, 256)  # pixels of a painting that a crop takes, before it is shrunk


def opened(content: bytes | Path, side: int | None = None) -> Pictures:
    """A picture over white as (3, side, side)."""
    with Image.open(io.BytesIO(content) if isinstance(content, bytes) else content) as file:
        picture = file.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        white.alpha_composite(picture)
        flat = white.convert("RGB")
        if side and flat.size != (side, side):
            flat = flat.resize((side, side), Image.Resampling.LANCZOS)
        return np.asarray(flat).transpose(2, 0, 1)


def split_by_name(files: list[Path], stem: Callable[[Path], str], side: int) -> dict[str, Pictures]:
    """Whole stems held out, until they have a fifth of the pictures."""
    counts = Counter(map(stem, files))
    held: set[str] = set()
    for name in np.random.default_rng(0).permutation(sorted(counts)):
        if 5 * sum(counts[other] for other in held) < len(files):
            held.add(str(name))
    parts: dict[str, list[Pictures]] = {"train": [], "test": []}
    for path in sorted(files):
        parts["test" if stem(path) in held else "train"].append(opened(path, side))
    return {name: np.stack(pictures) for name, pictures in parts.items()}


def emoji(raw: Path) -> dict[str, Pictures]:
    """Noto emoji, 64 pixels."""
    files = list(raw.glob("**/img/google/64/*.png"))
    return split_by_name(files, lambda path: path.stem.split("-")[0], 64)


def fluent(raw: Path) -> dict[str, Pictures]:
    """Fluent 3D emoji, 128 pixels."""
    files = [path for path in raw.glob("**/assets/*.webp") if "fluent" in str(path)]
    return split_by_name(files, lambda path: path.stem.split("-")[0], 128)


def oxygen(raw: Path) -> dict[str, Pictures]:
    """The icons of Oxygen, 64 pixels, links and equal files once."""
    files = {path.read_bytes(): path for path in sorted(raw.glob("**/oxygen/base/64x64/*/*.png"))}
    return split_by_name(list(files.values()), lambda path: path.stem.split("-")[0], 64)


def solar(raw: Path) -> dict[str, Pictures]:
    """Solar cells in their own light, grey, 64 pixels (Buerhop et al. 2018); a fifth held out at random."""
    files = sorted(raw.glob("**/elpv_dataset/data/images/*.png"))
    pictures = np.stack([opened(path, 64)[:1] for path in files])
    pictures = pictures[np.random.default_rng(0).permutation(len(pictures))]
    held_out = len(pictures) // 5
    return {"train": pictures[held_out:], "test": pictures[:held_out]}


def van_gogh(raw: Path) -> dict[str, Pictures]:
    """Crops of 64 pixels of the paintings in gcompris; two paintings are held out, whole."""
    rng = np.random.default_rng(0)
    whole: dict[str, Image.Image] = {}
    pieces: dict[str, list[Image.Image]] = {}
    for archive in ("babyshapes", "details", "paintings"):
        for name, content in resources(next(raw.glob(f"**/{archive}.rcc"))):
            stem = Path(name).stem
            if "gogh" in stem.lower() and name.endswith(".webp"):
                picture = Image.open(io.BytesIO(content)).convert("RGBA")
                painting = stem.rpartition("_")[0]
                if stem.endswith("background"):
                    whole[painting] = picture
                pieces.setdefault(painting, []).append(picture)
    parts: dict[str, list[Pictures]] = {"train": [], "test": []}
    for painting, seen in sorted(pieces.items()):
        sources = [whole[painting]] if painting in whole else seen
        held = painting.startswith(VAN_GOGH_HELD_OUT)
        parts["test" if held else "train"].extend(crops(sources, rng))
    return {name: np.stack(pictures) for name, pictures in parts.items()}


def crops(sources: list[Image.Image], rng: np.random.Generator) -> Iterator[Pictures]:
    """Squares of a painting at random places and scales, without what is transparent."""
    made = tries = 0
    while made < CROPS and tries < 50 * CROPS:
        tries += 1
        source = sources[rng.integers(len(sources))]
        side = int(rng.integers(min(SIDES[0], *source.size), min(SIDES[1], *source.size) + 1))
        left, top = (int(rng.integers(0, extent - side + 1)) for extent in source.size)
        square = source.crop((left, top, left + side, top + side))
        if np.asarray(square)[..., 3].min() == 255:
            made += 1
            small = square.convert("RGB").resize((64, 64), Image.Resampling.LANCZOS)
            yield np.asarray(small).transpose(2, 0, 1)


def resources(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file in a resource file of Qt, of those that are stored as they are."""
    content = path.read_bytes()
    version, tree, data, names = struct.unpack(">IIII", content[4:20])
    size = 14 if version < 2 else 22

    def walk(index: int, above: str) -> Iterator[tuple[str, bytes]]:
        place = tree + index * size
        name_at, flags, first, second = struct.unpack(">IHII", content[place : place + 14])
        length = struct.unpack(">H", content[names + name_at : names + name_at + 2])[0]
        begin = names + name_at + 6
        name = f"{above}/{content[begin : begin + 2 * length].decode('utf-16-be')}" if index else above
        if flags & 2:
            for child in range(second, second + first):
                yield from walk(child, name)
        else:
            start = data + second
            length = struct.unpack(">I", content[start : start + 4])[0]
            if not flags & 5:
                yield name, content[start + 4 : start + 4 + length]

    yield from walk(0, "")


def fashion(raw: Path) -> dict[str, NDArray[np.generic]]:
    """Fashion-MNIST with its labels."""
    folder = next(raw.glob("**/datasets/fashion-mnist"))
    found: dict[str, NDArray[np.generic]] = {}
    for part in ("train", "test"):
        data = fashion_mnist(part, folder)
        assert data.labels is not None
        found |= {part: data.samples.numpy(), f"{part}_labels": data.labels.numpy()}
        found["names"] = np.array(data.spec.class_names)
    return found


def cifar10(path: Path) -> dict[str, NDArray[np.generic]]:
    """CIFAR-10 with its labels."""
    found: dict[str, NDArray[np.generic]] = {}
    with zipfile.ZipFile(path) as archive:
        files = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
        names = sorted({name.split("/")[-2] for name in files})
        for part in ("train", "test"):
            own = [name for name in files if f"{part}/" in name]
            found[part] = np.stack([opened(archive.read(name)) for name in own])
            found[f"{part}_labels"] = np.array([names.index(name.split("/")[-2]) for name in own])
    return found | {"names": np.array(names)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("raw", type=Path)
    parser.add_argument("--cifar10", type=Path)
    parser.add_argument("--out", type=Path, default=Path("sets"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    makers: dict[str, Callable[[Path], Arrays]] = {
        "emoji": emoji,
        "fluent": fluent,
        "oxygen": oxygen,
        "van-gogh": van_gogh,
        "fashion": fashion,
        "solar": solar,
    }
    for name, maker in makers.items():
        save(args.out / f"{name}.npz", maker(args.raw))
    if args.cifar10:
        save(args.out / "cifar10.npz", cifar10(args.cifar10))


def save(path: Path, arrays: Arrays) -> None:
    np.savez(path, **arrays)  # type: ignore[arg-type]
    print(path, {name: array.shape for name, array in arrays.items()}, flush=True)


if __name__ == "__main__":
    main()
