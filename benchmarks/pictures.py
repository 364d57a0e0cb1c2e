"""How good pictures become for so much computing, on sets that no default was tuned on, judged from outside.

    python benchmarks/picture_sets.py ...          (see there)
    PYTHONPATH=judges python benchmarks/pictures.py sets --seconds 60 300 [--sets emoji oxygen] [--seeds 3]

Methods, each on one thread for so many CPU seconds, training alone: what `auto` chooses ("default"), the
same without a second discriminator that sees features of ImageNet ("without-features"), the
default before networks of many scales ("sprint-transposed"), other recipes, and the peers of
``picture_peers.py``: the DCGAN of PyTorch's tutorial ("dcgan"), and "lightweight-gan", whose packages must be
on the PYTHONPATH (``peers.py``). CPU seconds, not those of the clock, so that a busy machine changes little:
the loop is given the CPU's clock. Each method draws as many pictures as the judge compares (``judge.py``).
The sets cifar10-labelled and fashion give their labels.
Raw results, a line each: ``results/pictures.jsonl``; sheets of 64 pictures: ``--sheets FOLDER``, and
``--figure FILE``: those of the first seed, a column for each set, a row for each method and time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from common import RESULTS, append_row, machine, rows_in
from judge import Judge
from picture_peers import PEERS
from sparring import GAN
from sparring.training import loop

Pictures = NDArray[np.uint8]
Labels = NDArray[np.integer] | None
ROWS = RESULTS / "pictures.jsonl"
CPU_CLOCK = SimpleNamespace(perf_counter=time.process_time)
METHODS: dict[str, dict[str, Any]] = {
    "default": {},
    "without-features": {"d_features": "none"},
    "sprint-transposed": {"recipe": "sprint", "upsampling": "transposed"},
    "small-data": {"recipe": "small-data"},
    "modern": {"recipe": "modern"},
}
LABELLED = ("cifar10-labelled", "fashion")


def ours(
    pictures: Pictures, labels: Labels, seconds: float, seed: int, count: int, **options: Any
) -> tuple[Pictures, int]:
    """Pictures of a recipe after so many CPU seconds of training, and the samples that it has seen."""
    with mock.patch.object(loop, "time", CPU_CLOCK):
        gan = GAN(seed=seed, threads=1, device="cpu", **options)
        gan.fit(pictures, labels, minutes=seconds / 60, verbose=False)
    return gan.sample(count, seed=1), gan.history[-1].samples_seen


def sheet(pictures: Pictures, path: Path) -> None:
    """64 pictures in eight rows."""
    rows = pictures[:64].reshape(8, 8, *pictures.shape[1:]).transpose(0, 3, 1, 4, 2)
    flat = rows.reshape(8 * pictures.shape[2], 8 * pictures.shape[3], pictures.shape[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(flat[..., 0] if flat.shape[2] == 1 else flat).save(path)


def figure(
    folder: Path, path: Path, sets: Sequence[str], methods: Sequence[str], times: Sequence[float]
) -> None:
    """The sheets of the first seed in one picture: a column for each set, a row for each method and time."""
    side, gap = 400, 8
    rows = list(product(methods, times))
    whole = Image.new("RGB", ((side + gap) * len(sets) - gap, (side + gap) * len(rows) - gap), "white")
    for column, name in enumerate(sets):
        for row, (method, seconds) in enumerate(rows):
            one = Image.open(folder / f"{name}-{method}-{seconds:g}-0.png").convert("RGB")
            place = column * (side + gap), row * (side + gap)
            whole.paste(one.resize((side, side), Image.Resampling.LANCZOS), place)
    whole.save(path, quality=88)


def main() -> None:
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--sets", nargs="+", default=["cifar10", "emoji", "oxygen", "fluent", "van-gogh", "fashion"]
    )
    parser.add_argument("--methods", nargs="+", default=["default", "sprint-transposed", "dcgan"])
    parser.add_argument("--seconds", type=float, nargs="+", default=[300])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--sheets", type=Path)
    parser.add_argument("--figure", type=Path)
    args = parser.parse_args()
    if args.figure:
        figure(args.sheets, args.figure, args.sets, args.methods, args.seconds)
        return
    for name in args.sets:
        stem = name.removesuffix("-labelled")
        with np.load(args.folder / f"{stem}.npz") as file:
            train, test = file["train"], file["test"]
            labels, tested = (
                file[f"{part}_labels"] if name in LABELLED else None for part in ("train", "test")
            )
        judge = Judge(train, test, tested, kept=args.folder / f"{stem}-judge.pt")
        for seconds, seed in product(args.seconds, range(args.seeds)):
            key = {"set": name, "seconds": seconds, "seed": seed}
            done = {row["method"] for row in rows_in(ROWS) if key.items() <= row.items()}
            for method in [method for method in args.methods if method not in done]:
                if method in PEERS:
                    fakes, seen = PEERS[method](train, seconds, seed, judge.count)
                else:
                    fakes, seen = ours(train, labels, seconds, seed, judge.count, **METHODS[method])
                if args.sheets:
                    sheet(fakes, args.sheets / f"{name}-{method}-{seconds:g}-{seed}.png")
                drawn = None if labels is None or method in PEERS else np.arange(judge.count) % 10
                row = key | {"method": method, "samples_seen": seen} | judge(fakes, drawn) | machine()
                print(row, flush=True)
                append_row(ROWS, row)


if __name__ == "__main__":
    main()
