"""Build src/sparring/data/bundled/emoji.xz from the npm package emoji-datasource-google.

    python scripts/bundle_emoji.py

Fetches the package with ``npm pack``, verifies the SHA-256 of its sheet and of its table, cuts the sheet
into the base emoji (no skin-tone variants, no components such as hair colours, and one of those that look
alike, as the flags of Norway and of Svalbard do), lays each over white at 32 x 32 pixels, and writes all
pictures (N, 3, 32, 32), in the order of emoji keyboards, then the index of each one's category, as one xz
stream.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import subprocess
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

PACKAGE = "emoji-datasource-google@16.0.0"
TARGET = Path(__file__).parents[1] / "src/sparring/data/bundled/emoji.xz"
SHA256 = {
    "emoji.json": "1d602e65be88772bf8cc368ce16b855d719eeddbafe128d471b80203f494d29f",
    "img/google/sheets-clean/64.png": "795a0c598d162c9a4aae23f2188c607b8c9bc1912cb7d84382459f8de91a3ae1",
}
CELL, GAP, SIDE = 64, 1, 32  # pixels
CATEGORIES = (
    "Smileys & Emotion", "People & Body", "Animals & Nature", "Food & Drink", "Travel & Places",
    "Activities", "Objects", "Symbols", "Flags",
)  # fmt: skip
FILTER = {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 4, "lp": 0, "pb": 0}


def main() -> None:
    contents = fetched()
    emoji = [row for row in json.loads(contents["emoji.json"]) if row["category"] in CATEGORIES]
    emoji.sort(key=lambda row: row["sort_order"])
    with Image.open(BytesIO(contents["img/google/sheets-clean/64.png"])) as file:
        sheet = file.convert("RGBA")
    drawn: dict[bytes, int] = {}  # a picture (3, SIDE, SIDE) and its category; the first of equals stays
    for row in emoji:
        drawn.setdefault(cut(sheet, row).transpose(2, 0, 1).tobytes(), CATEGORIES.index(row["category"]))
    packed = lzma.compress(b"".join(drawn) + bytes(drawn.values()), lzma.FORMAT_XZ, filters=[FILTER])
    TARGET.write_bytes(packed)
    print(f"{TARGET}: {len(drawn):,} emoji, {len(packed):,} bytes")


def fetched() -> dict[str, bytes]:
    """The files of the package that are needed."""
    contents = {}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", PACKAGE, "--pack-destination", folder], check=True)
        (archive,) = Path(folder).glob("*.tgz")
        with tarfile.open(archive) as tar:
            for name, sha256 in SHA256.items():
                member = tar.extractfile(f"package/{name}")
                assert member is not None, name
                contents[name] = member.read()
                found = hashlib.sha256(contents[name]).hexdigest()
                if found != sha256:
                    raise SystemExit(f"{name}: SHA-256 is {found}, expected {sha256}")
    return contents


def cut(sheet: Image.Image, row: dict[str, Any]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """One emoji (SIDE, SIDE, 3) over white."""
    left, top = (axis * (CELL + 2 * GAP) + GAP for axis in (row["sheet_x"], row["sheet_y"]))
    small = sheet.crop((left, top, left + CELL, top + CELL)).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return np.asarray(Image.alpha_composite(Image.new("RGBA", small.size, "white"), small).convert("RGB"))


if __name__ == "__main__":
    main()
