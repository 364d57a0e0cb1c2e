"""Few pictures: a training from random weights against one that begins with the players of another run.

    python benchmarks/picture_sets.py raw --cifar10 cifar10.zip --out sets
    PYTHONPATH=src:judges python benchmarks/fine_tune.py sets [--seconds 60] [--seeds 0 1] [--sheets sheets]

Sources are trained first, as `auto` chooses, for SOURCE_SECONDS of CPU time: Noto emoji, and 20,000 pictures
of CIFAR-10 enlarged to 64 pixels, in ``sets/source-NAME``. Then COUNT pictures of a set train for equal CPU
seconds of one thread, as `auto` chooses: from random weights, and from a source. Rows of `small-data` are
those of an earlier default, whose sources had 80,000 samples, with what else a training could take from its
source. Distances are those of judge.py to at most JUDGED pictures that no training saw. Raw results, a line
each: ``results/fine_tune.jsonl``.
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import interpolate

from common import RESULTS, append_row, machine, rows_in
from judge import Judge
from pictures import CPU_CLOCK, ours, sheet
from sparring import GAN
from sparring.training import loop

ROWS = RESULTS / "fine_tune.jsonl"
Pictures = NDArray[np.uint8]
SIDE, SOURCE_SECONDS, SOURCE_PICTURES = 64, 150.0, 20_000
COUNTS = (100, 500)
JUDGED = 400  # held-out pictures that the judge compares with, and fakes
BEGINS = {"oxygen": "emoji", "emoji": "cifar10", "van-gogh": "cifar10"}  # the source of each set


def training_set(folder: Path, name: str) -> Pictures:
    """All training pictures of a set, enlarged to SIDE pixels; many are thinned."""
    with np.load(folder / f"{name}.npz") as file:
        pictures: Pictures = file["train"]
    if pictures.shape[-1] == SIDE:
        return pictures
    chosen = torch.from_numpy(
        pictures[np.random.default_rng(0).permutation(len(pictures))[:SOURCE_PICTURES]]
    ).float()
    larger = interpolate(chosen, (SIDE, SIDE), mode="bicubic").clamp(0, 255)
    return larger.round().to(torch.uint8).numpy()


def source(folder: Path, name: str) -> Path:
    """The run folder of a source, trained if it is not there yet."""
    path = folder / f"source-{name}"
    if not path.exists():
        pictures = training_set(folder, name)
        with mock.patch.object(loop, "time", CPU_CLOCK):
            gan = GAN(seed=0, threads=1, device="cpu")
            gan.fit(pictures, minutes=SOURCE_SECONDS / 60, out=path, verbose=False)
    return path


def judge_of(folder: Path, name: str, pictures: Pictures) -> Judge:
    with np.load(folder / f"{name}.npz") as file:
        unseen = file["test"][np.random.default_rng(0).permutation(len(file["test"]))[:JUDGED]]
    return Judge(pictures, unseen, kept=folder / f"{name}-{JUDGED}-judge.pt")


def main() -> None:
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="+", default=list(BEGINS), choices=BEGINS)
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--sheets", type=Path)
    args = parser.parse_args()
    for name in args.sets:
        pictures = training_set(args.folder, name)
        judge = judge_of(args.folder, name, pictures)
        begins: dict[str, Any] = {"from_run": str(source(args.folder, BEGINS[name]))}
        for seed, count in product(args.seeds, args.counts):
            chosen = pictures[np.random.default_rng(seed).permutation(len(pictures))[:count]]
            for method, options in (("default", {}), ("fine-tuned", begins)):
                key = {"set": name, "pictures": len(chosen), "seconds": args.seconds}
                key |= {"method": method, "seed": seed}
                if any(key.items() <= row.items() for row in rows_in(ROWS)):
                    continue
                fakes, seen = ours(chosen, None, args.seconds, seed, judge.count, **options)
                if args.sheets:
                    sheet(fakes, args.sheets / f"{name}-{len(chosen)}-{method}-{args.seconds:g}-{seed}.png")
                row = key | {"source": BEGINS[name] if options else "", "recipe": "pictures"}
                row |= {"samples_seen": seen, "cpu_seconds": args.seconds} | judge(fakes) | machine()
                print({k: round(v, 1) if isinstance(v, float) else v for k, v in row.items()}, flush=True)
                append_row(ROWS, row)


if __name__ == "__main__":
    main()
