"""Scratches of three pixels on large photographs of wafers, seen whole and in tiles.

    python benchmarks/detection_tiles.py 768 40 --tile 64
    python benchmarks/detection_tiles.py 768 40 --tile 0
    python benchmarks/detection_tiles.py 768 40 --tile 64 --shift 8      (wafers a little beside their place)
    python benchmarks/detection_tiles.py 4096 0 --tile 64 --method edges    (one picture, scored alone)

The photographs are drawn: dies with pads in a grid, uneven light, noise, and on odd ones a scratch of 60 by 3
pixels. They are written as files and read as a user's are, by the command line. Each row of
results/detection_tiles.jsonl is one side and tile: what is found, and the time and memory it takes. With no
normals, a detector is fitted to smaller photographs, and scores one picture of this side.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from common import RESULTS, machine
from sparring.files import read_text
from sparring.uses.detect.detector import Detector

SMALL, FEWEST = 192, 30  # side and number of normals to which the method of a large picture is fitted
DIE, STREET, PAD = (64, 96), 4, 10  # pixels: height and width of a die, between dies, of a pad
LENGTH, HALF_WIDTH, DEPTH = 60, 1.5, 90  # of a scratch, in pixels and grey levels


def wafer(side: int, seed: int, scratched: bool, shift: int = 0) -> Image.Image:
    """A drawn photograph; the wafer lies up to ``shift`` pixels beside its place, each way."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side].astype(np.float32)
    if shift:
        down, right = np.random.default_rng([seed, shift]).integers(-shift, shift + 1, 2)
        y, x = y - down, x - right
    row, column = y.astype(int) % DIE[0], x.astype(int) % DIE[1]
    pixels = 110 + 15 * np.sin(3 * (x + rng.uniform(0, 50)) / side) + 10 * rng.normal()
    pixels -= 40 * ((column < STREET) | (row < STREET))
    pixels += 18 * ((column // PAD % 2 == 1) & (row // PAD % 2 == 1))
    pixels += rng.normal(0, 5, (side, side)).astype(np.float32)
    from_centre = np.hypot(x - side / 2, y - side / 2)
    pixels = np.where(from_centre < 0.48 * side, pixels, 20 + rng.normal(0, 2, (side, side)))
    if scratched:
        left, top = side * rng.uniform(0.3, 0.7, 2)
        angle = rng.uniform(0, np.pi)
        across = (x - left) * np.sin(angle) - (y - top) * np.cos(angle)
        along = (x - left) * np.cos(angle) + (y - top) * np.sin(angle)
        pixels += DEPTH * ((abs(across) < HALF_WIDTH) & (abs(along) < LENGTH / 2))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def drawn(folder: Path, side: int, normals: int, tested: int, shift: int) -> None:
    parts = (("train/good", 0, normals), ("test/good", 10_000, tested), ("test/scratch", 20_000, tested))
    for part, first, count in parts:
        (folder / part).mkdir(parents=True)
        for k in range(count):
            picture = wafer(side, first + k, "scratch" in part, shift)
            picture.save(folder / part / f"{k:03}.png", compress_level=1)


def timed(*words: str) -> tuple[float, float]:
    """Seconds of processor time of a command, and the MB of memory that it took at most."""
    command = ["/usr/bin/time", "-v", sys.executable, "-m", "sparring", "detect", *words]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    user, system, kilobytes = (
        float(re.findall(rf"{what}.*: ([0-9.]+)", said)[0]) for what in ("User time", "System time", "Maximum")
    )
    return user + system, kilobytes / 1000


def alone(side: int, tile: int, method: str) -> dict[str, Any]:
    """Score one large picture: the time, and the memory at its greatest with and without it."""
    small = np.stack([np.asarray(wafer(SMALL, k, False)) for k in range(FEWEST)])
    detector = Detector(method, tile=tile, minutes=0, false_alarms=0.2).fit(small)
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        drawing = f"from detection_tiles import wafer; wafer({side}, 20_000, True).save({file.name!r})"
        subprocess.run([sys.executable, "-c", drawing], check=True, cwd=Path(__file__).parent)  # for its memory
        picture = torch.from_numpy(np.array(Image.open(file.name)))[None, None]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    found = detector.scored(picture, [method])[method]
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "odd": bool(found.scores[0] > detector.threshold_.value),
        "seconds_a_picture": round(time.process_time() - began, 1),
        "fit_mb": round(before / 1000),
        "test_mb": round(after / 1000),
        "method": method,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("side", type=int)
    parser.add_argument("normals", type=int)
    parser.add_argument("--tile", type=int, required=True)
    parser.add_argument("--shift", type=int, default=0, help="pixels by which wafers lie elsewhere at most")
    parser.add_argument("--method", default="auto")
    parser.add_argument("--rate", type=float, default=0.1, help="of false alarms")
    parser.add_argument(
        "--tested", type=int, default=10, help="normal pictures in the test, and as many odd ones"
    )
    args = parser.parse_args()
    if not args.normals:
        save({"side": args.side, "normals": 0, "tile": args.tile} | alone(args.side, args.tile, args.method))
        return
    folder = Path(tempfile.mkdtemp())
    try:
        drawn(folder / "wafers", args.side, args.normals, args.tested, args.shift)
        run = folder / "run"
        options = (
            "--method",
            args.method,
            "--false-alarms",
            str(args.rate),
            "--minutes",
            "0",
            "--out",
            str(run),
        )
        fit, fit_mb = timed("fit", str(folder / "wafers"), "--tile", str(args.tile), *options)
        score, score_mb = timed("test", str(run), str(folder / "wafers"))
        test = json.loads(read_text(run / "test.json"))
        row = {
            "side": args.side,
            "normals": args.normals,
            "tile": args.tile,
            "shift": args.shift,
            "method": test["method"],
            "auroc": test["kinds"][0]["area"],
            "alarms": test["alarms"],
            "fit_seconds": round(fit, 1),
            "fit_mb": round(fit_mb),
            "seconds_a_picture": round(score / (2 * args.tested), 2),
            "test_mb": round(score_mb),
            "tested": [args.tested, args.tested],
        }
    finally:
        shutil.rmtree(folder)
    save(row)


def save(row: dict[str, Any]) -> None:
    row |= machine()
    with (RESULTS / "detection_tiles.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")
    print(json.dumps(row))


if __name__ == "__main__":
    main()
