"""Few pictures: a training from random weights against one that begins with the players of another run.

    python benchmarks/picture_sets.py raw --cifar10 cifar10.zip --out sets
    PYTHONPATH=src:judges python benchmarks/fine_tune.py sets [--seconds 25] [--seeds 0] [--sheets sheets]

Two sources are trained first, 80,000 samples each: Noto emoji, and 20,000 pictures of CIFAR-10 enlarged to
64 pixels, in ``sets/source-NAME``. Then COUNT pictures of a set train for equal CPU seconds of one thread:
``sprint`` and ``small-data`` from random weights, and ``small-data`` from a source. How many samples that
is, a short training of each recipe tells first; the CPU seconds that a training took stand in its row.
``--variants`` measures what a training should take from its source. Distances are those of judge.py to
at most JUDGED pictures that no training saw. Raw results, a line each: ``results/fine_tune.jsonl``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import interpolate

from common import RESULTS, append_row, machine, rows_in
from judge import Judge
from pictures import sheet
from sparring.gan import GAN
from sparring.runs.finetune import Source
from sparring.runs.folder import RunFolder

ROWS = RESULTS / "fine_tune.jsonl"
Pictures = NDArray[np.uint8]
SIDE, SOURCE_SAMPLES, SOURCE_PICTURES, TRIED = 64, 80_000, 20_000, 2_000
COUNTS = (100, 500, 2_000)
JUDGED = 400  # held-out pictures that the judge compares with, and fakes
BEGINS = {"oxygen": "emoji", "emoji": "cifar10", "van-gogh": "cifar10"}  # the source of each set
ONE: dict[str, Any] = {"threads": 1, "device": "cpu"}


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
        GAN("sprint", seed=0, **ONE).fit(pictures, samples_seen=SOURCE_SAMPLES, out=path, verbose=False)
    return path


def trained(pictures: Pictures, samples: int, count: int, **options: Any) -> tuple[Pictures, float]:
    """Pictures of a training of so many samples, and its CPU seconds."""
    began = time.process_time()
    gan = GAN(**options, **ONE).fit(pictures, samples_seen=samples, verbose=False)
    return gan.sample(count, seed=1), time.process_time() - began


def samples_in(seconds: float, recipe: str, pictures: Pictures) -> int:
    """How many samples a recipe sees in these CPU seconds; the same in all rows."""
    for row in rows_in(ROWS):
        if (row["recipe"], row["seconds"]) == (recipe, seconds):
            return int(row["samples_seen"])
    return int(seconds * TRIED / trained(pictures, TRIED, 1, recipe=recipe)[1])


@contextmanager
def changed(variant: str) -> Iterator[None]:
    """Take something else from the source than the library does."""
    of = Source.of

    def fewer(*given: Any) -> Source:
        found = of(*given)
        assert found is not None
        tensors = dict(found.tensors)
        if variant == "generator alone":
            tensors = {name: t for name, t in tensors.items() if name.startswith("generator/")}
        if variant == "classes anew":
            latent = found.folder.config.networks.latent_dim
            for name, axis in (("generator/layers.0.weight", 1), ("discriminator/head.projection.weight", 0)):
                weights = tensors[name].clone()
                classes = weights[:, latent:] if axis else weights  # a view
                deviation = classes.std() if axis else 0.02
                classes.copy_(classes.mean(axis, keepdim=True) + deviation * torch.randn_like(classes))
                tensors[name] = weights
        return replace(found, tensors=tensors)

    with ExitStack() as stack:
        stack.enter_context(patch.object(Source, "of", staticmethod(fewer)))
        if variant == "no weight average":
            stack.enter_context(patch.object(RunFolder, "drawn_with", "generator"))
        yield


VARIANTS: dict[str, dict[str, int]] = {
    "fine-tuned": {},
    "no weight average": {},
    "classes anew": {},
    "generator alone": {},
    "freeze-d 1": {"freeze_d": 1},
    "freeze-d 2": {"freeze_d": 2},
}


def cases(folder: Path, args: argparse.Namespace) -> Iterator[tuple[str, int, str, dict[str, Any]]]:
    """Set, count, method and options of each training."""
    for name in args.sets:
        begins = {"from_run": str(source(folder, BEGINS[name]))}
        for count in args.counts:
            if args.variants:
                for method, more in VARIANTS.items():
                    yield name, count, method, {"recipe": "small-data", **begins, **more}
                continue
            yield name, count, "small-data", {"recipe": "small-data"}
            yield name, count, "fine-tuned", {"recipe": "small-data", **begins}
            yield name, count, "sprint", {"recipe": "sprint"}


def main() -> None:
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="+", default=list(BEGINS), choices=BEGINS)
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS)
    parser.add_argument("--methods", nargs="+")
    parser.add_argument("--seconds", type=float, default=25)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--variants", action="store_true")
    parser.add_argument("--sheets", type=Path)
    args = parser.parse_args()
    judges: dict[str, Judge] = {}
    for seed in args.seeds:
        for name, count, method, options in cases(args.folder, args):
            pictures = training_set(args.folder, name)
            chosen = pictures[np.random.default_rng(seed).permutation(len(pictures))[:count]]
            key = {
                "set": name,
                "pictures": len(chosen),
                "seconds": args.seconds,
                "method": method,
                "seed": seed,
            }
            skipped = args.methods and method not in args.methods
            if skipped or any(key.items() <= row.items() for row in rows_in(ROWS)):
                continue
            recipe, samples = options["recipe"], samples_in(args.seconds, options["recipe"], chosen)
            if name not in judges:
                with np.load(args.folder / f"{name}.npz") as file:
                    unseen = file["test"][np.random.default_rng(0).permutation(len(file["test"]))[:JUDGED]]
                judges[name] = Judge(pictures, unseen, kept=args.folder / f"{name}-{JUDGED}-judge.pt")
            with changed(method) if args.variants else ExitStack():
                fakes, seconds = trained(chosen, samples, judges[name].count, seed=seed, **options)
            if args.sheets:
                sheet(fakes, args.sheets / f"{name}-{len(chosen)}-{method}-{args.seconds:g}-{seed}.png")
            row = key | {"source": BEGINS[name] if "from_run" in options else "", "recipe": recipe}
            row |= {"samples_seen": samples, "cpu_seconds": round(seconds, 1)} | judges[name](fakes) | machine()
            print({k: round(v, 1) if isinstance(v, float) else v for k, v in row.items()}, flush=True)
            append_row(ROWS, row)


if __name__ == "__main__":
    main()
