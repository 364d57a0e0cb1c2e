"""Does a GAN help a classifier of few pictures? One study a call, in processor seconds.

python benchmarks/study.py CASE [--minutes 5] [--seed 0] [--fashion FOLDER] adds a row to results/study.jsonl.
FOLDER is Debian's of Fashion-MNIST, or an .npz file of it that picture_sets.py made. With --keep FOLDER what is
finished stays there, and the same command goes on after a kill.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from common import RESULTS, append_row, machine
from sparring.data import builtin
from sparring.data.spec import Dataset
from sparring.data.wafers import PATTERNS, wafers
from sparring.history.layout import STUDY
from sparring.uses.study import session
from sparring.uses.study.session import Asked
from sparring.uses.study.subject import Pictures, without_repeats

Sets = tuple[Dataset, Dataset]
RARE = "shirt"


def mnist(_: Path) -> Sets:
    return builtin.mnist("train"), builtin.mnist("test")


def fashion(folder: Path) -> Sets:
    if folder.suffix != ".npz":
        return builtin.fashion_mnist("train", folder), builtin.fashion_mnist("test", folder)
    like, arrays = builtin.mnist("test"), np.load(folder)
    spec = replace(like.spec, class_names=builtin.FASHION_CLASSES)

    def part(split: str) -> Dataset:
        pictures, labels = (torch.from_numpy(arrays[name]) for name in (split, f"{split}_labels"))
        return Dataset("fashion-mnist", spec, pictures, labels)

    return part("train"), part("test")


def wafer_kinds(_: Path) -> Sets:
    """Wafers without a pattern and with each of seven, drawn anew for the test."""

    def part(count: int, seed: int) -> Dataset:
        drawn = [wafers(count, name, seed + k).pictures for k, name in enumerate(("", *PATTERNS))]
        like = builtin.mnist("test").spec
        names = ("normal", *PATTERNS)
        spec = replace(like, shape=tuple(drawn[0].shape[1:]), class_names=names)
        return Dataset("wafer kinds", spec, torch.cat(drawn), torch.arange(len(names)).repeat_interleave(count))

    return part(300, 0), part(600, 100)


CASES: dict[str, tuple[Callable[[Path], Sets], Asked]] = {
    "MNIST, 20 a class": (mnist, Asked("mnist", per_class=20)),
    "MNIST, 50 a class": (mnist, Asked("mnist", per_class=50)),
    "MNIST, 100 a class": (mnist, Asked("mnist", per_class=100)),
    "MNIST, 500 a class": (mnist, Asked("mnist", per_class=500)),
    "Fashion-MNIST, 100 a class": (fashion, Asked("fashion-mnist", per_class=100)),
    f"Fashion-MNIST, 100 a class, 20 {RARE}s": (fashion, Asked("fashion-mnist", rare={RARE: 20})),
    "wafer kinds, 20 a class": (wafer_kinds, Asked("wafer kinds", per_class=20)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("case", choices=list(CASES))
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fashion", type=Path, default=builtin.FASHION_FOLDER)
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    load, asked = CASES[args.case]
    data, tested = load(args.fashion)
    subject = Pictures(without_repeats(data, tested)[0], tested)
    asked = replace(asked, minutes=args.minutes, seed=args.seed)
    if args.keep and (args.keep / STUDY).is_file():
        study = session.go_on(subject, asked, args.keep)
    else:
        study = session.begin(subject, asked, args.keep, now=time.process_time)
    print(study.plan.described("picture"), flush=True)
    for progress in study.run(now=time.process_time):
        print(f"{progress.share:.0%} {progress.last}", flush=True)
    result = study.result
    row = {
        "case": args.case, "seed": args.seed, "minutes": args.minutes,
        "cpu_seconds": study.cells.spent,
        "plan": asdict(study.plan), "tested": len(study.parts[0].test), "machine": machine(),
        "verdict": result.to_dict(),
    }  # fmt: skip
    append_row(RESULTS / "study.jsonl", row)
    print(result, *result.caveats, sep="\n")


if __name__ == "__main__":
    main()
