"""How well `sparring detect` finds what is odd, beside its baselines and published GANs.

    python benchmarks/detection.py wafers 1 2     (seeds)
    python benchmarks/detection.py mnist 0 --seconds 8 --only residuals --classes 2 4 6 7
    python benchmarks/detection.py fashion-mnist 0 --seconds 0
    python benchmarks/detection.py elpv 0 --folder FOLDER_OF_THE_PACKAGE

Each row of results/detection.jsonl is one set and seed: the AUROC of every method on every kind, the method
that `auto` took, by damage on held-out normals alone, and the false alarms at 5 %. No label of a test is used
to choose or to stop anything. On MNIST and Fashion-MNIST one class is normal and the nine others are odd.

anomalib is not among the peers: version 2.7 imports torchvision, which is not installed beside the torch that
was measured, and its methods download the weights of their networks.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from common import RESULTS, machine
from detection_peers import PEERS
from sparring.data import wafers
from sparring.data.builtin import FASHION_FOLDER, fashion_mnist, mnist
from sparring.files import read_text
from sparring.metrics.detection import auroc, threshold
from sparring.uses.detect.detector import Detector, best_of

NORMALS, TESTED, ODD = 800, 300, 400  # pictures of one class: fitted at most, normal and odd ones in a test
SIDE = 64  # pixels, of solar cells
ALARMS = 0.05
Case = tuple[str, Tensor, Tensor, Mapping[str, Tensor]]  # name, normals, normal test pictures, odd ones by kind


def wafer_case(seed: int) -> Iterator[Case]:
    normals = wafers.wafers(1000, seed=10_000 + seed).pictures
    tested = wafers.wafers(TESTED, seed=20_000 + seed).pictures
    odd = {
        p: wafers.wafers(100, p, seed=30_000 + 10 * seed + k).pictures for k, p in enumerate(wafers.PATTERNS)
    }
    yield "wafers", normals, tested, odd


def one_class(name: str, seed: int, classes: list[int], folder: Path | None) -> Iterator[Case]:
    read = mnist if name == "mnist" else lambda split: fashion_mnist(split, folder or FASHION_FOLDER)
    train, test = read("train"), read("test")
    assert train.labels is not None
    assert test.labels is not None
    rng = torch.Generator().manual_seed(seed)
    for label in classes:
        mine, yours = train.samples[train.labels == label], test.samples[test.labels != label]
        normals = mine[torch.randperm(len(mine), generator=rng)[:NORMALS]]
        odd = yours[torch.randperm(len(yours), generator=rng)[:ODD]]
        tested = test.samples[test.labels == label][:TESTED]
        yield f"{name} {train.spec.class_names[label]}", normals, tested, {"other classes": odd}


def solar_cells(package: Path, seed: int) -> Iterator[Case]:
    """Cells of 2,624 photographs (Deitsch et al. 2019): defect probability 0 is normal, 1 is odd."""
    lines = [line.split() for line in read_text(package / "data/labels.csv").splitlines()]
    pictures = [Image.open(package / "data" / line[0]).convert("L").resize((SIDE, SIDE), 1) for line in lines]
    pixels = torch.from_numpy(np.stack([np.asarray(picture) for picture in pictures]))[:, None]
    odd = torch.tensor([float(line[1]) for line in lines])
    whole = pixels[odd == 0]
    whole = whole[torch.randperm(len(whole), generator=torch.Generator().manual_seed(seed))]
    yield "elpv", whole[:1000], whole[1000:], {"defective": pixels[odd == 1]}


def measured(case: Case, seed: int, seconds: float, only: str) -> dict[str, Any]:
    """Every method and peer on one case, or the baselines and one GAN."""
    name, normals, tested, odd = case
    began = time.process_time()
    detector = Detector(only or "auto", minutes=(1 if only else 2) * seconds / 60, seed=seed).fit(normals)
    auto = best_of(detector.candidates_)
    limit = threshold(detector.held_out_[auto], ALARMS).value
    names = list(detector.scorers_)
    usual = detector.scored(tested, names)
    scores = {kind: detector.scored(pictures, names) for kind, pictures in odd.items()}
    areas = {m: {kind: auroc(usual[m].scores, each[m].scores) for kind, each in scores.items()} for m in names}
    for peer, make in PEERS.items() if seconds and not only else ():
        network = make()
        network.fit(normals, seconds, seed)
        of_normal = network.score(tested)
        areas[peer] = {kind: auroc(of_normal, network.score(pictures)) for kind, pictures in odd.items()}
    return {
        "set": name,
        "seed": seed,
        "seconds_each": seconds,
        "auto": auto,
        "damage": {each.name: each.auroc.value for each in detector.candidates_},
        "auroc": areas,
        "alarms_at_5": float((usual[auto].scores > limit).double().mean()),
        "counts": [len(normals), len(tested), *(len(pictures) for pictures in odd.values())],
        "features": detector.features_,
        "cpu_seconds": round(time.process_time() - began, 1),
        **machine(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", choices=["wafers", "mnist", "fashion-mnist", "elpv"])
    parser.add_argument("seeds", type=int, nargs="+")
    parser.add_argument("--seconds", type=float, default=25, help="of processor time for each GAN; 0: none")
    parser.add_argument("--only", default="", help="the one GAN that is trained, without peers")
    parser.add_argument("--classes", type=int, nargs="+", default=list(range(10)))
    parser.add_argument("--folder", type=Path, help="of Fashion-MNIST or of the package elpv_dataset")
    args = parser.parse_args()
    torch.set_num_threads(1)
    for seed in args.seeds:
        if args.set == "wafers":
            cases = wafer_case(seed)
        elif args.set == "elpv":
            cases = solar_cells(args.folder, seed)
        else:
            cases = one_class(args.set, seed, args.classes, args.folder)
        for case in cases:
            row = measured(case, seed, args.seconds, args.only)
            save_row(row)
            print(
                row["set"],
                row["auto"],
                {k: round(sum(v.values()) / len(v), 3) for k, v in row["auroc"].items()},
            )


def save_row(row: dict[str, Any]) -> None:
    with (RESULTS / "detection.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
