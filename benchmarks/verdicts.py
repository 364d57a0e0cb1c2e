"""Whether our first number orders trainings as an outside judge does, and what the doctor says of each.

    PYTHONPATH=judges python benchmarks/verdicts.py sets --runs FOLDER      (sets: see picture_sets.py)

Trainings of each set, from bad to good, on one thread. Each is judged from outside (``judge.py``; MobileNetV2
leads, which no part of sparring has seen) and measured by the function of ``sparring evaluate --held-out``,
in each of FEATURES, against held-out pictures of the same set. A rank correlation (Spearman) compares the
order that a number gives with the judge's: within each set and over all runs together, in multiples of what
real pictures score. Raw results, a line each: ``results/verdicts.jsonl``. Runs that are in FOLDER are not
trained again.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from common import RESULTS, append_row, machine, rows_in
from judge import Judge
from sparring.cli.main import main as sparring
from sparring.data.arrays import from_file
from sparring.data.spec import Dataset
from sparring.doctor.diagnosis import diagnose
from sparring.doctor.report import line
from sparring.errors import warn
from sparring.machine.device import Runtime
from sparring.metrics.extractors import choose
from sparring.metrics.features import CPU, PICTURES, Extractor
from sparring.metrics.quality import Standard, standard_of
from sparring.runs.best import to_measure
from sparring.runs.folder import RunFolder
from sparring.runs.inference import Sampler

ROWS = RESULTS / "verdicts.jsonl"
FEATURES = ("imagenet-64", "scattering-64", "pca-64")  # the first that is installed is our first number
LATENTS = 5  # the seed of the latents that are judged
SETS = ("cifar10", "fashion", "emoji", "van-gogh")
SAMPLES = {"cifar10": (5, 30, 70), "fashion": (5, 30), "emoji": (4, 12), "van-gogh": (4, 12, 20)}  # thousands
TRANSPOSED = {"cifar10": 60, "fashion": 60, "emoji": 16, "van-gogh": 16}
TUTORIAL = {"cifar10": 60, "fashion": 60, "emoji": 20, "van-gogh": 20}


def trainings(name: str) -> dict[str, list[str]]:
    """The options of the trainings of a set, by their names."""
    found = {f"default-{k}k": ["--samples-seen", f"{k}000"] for k in SAMPLES[name]}
    k = TRANSPOSED[name]
    found[f"transposed-{k}k"] = ["--upsampling", "transposed", "--samples-seen", f"{k}000"]
    return found | {"tutorial": ["--recipe", "tutorial", "--samples-seen", f"{TUTORIAL[name]}000"]}


def prepared(sets: Path, name: str, folder: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a set, and its parts as files that a training reads."""
    with np.load(sets / f"{name}.npz") as file:
        arrays = dict(file)
    for part in ("train", "test"):
        path = folder / f"{name}-{part}.npz"
        if not path.exists():
            labels = (
                {"labels": arrays[f"{part}_labels"], "class_names": arrays["names"]}
                if "names" in arrays
                else {}
            )
            np.savez(path, samples=arrays[part], **labels)
    return arrays


def fakes_of(folder: RunFolder, count: int) -> tuple[NDArray[np.uint8], NDArray[Any] | None]:
    """Pictures of a run and, if it has classes, their labels."""
    sampler = Sampler.load(folder, warn, Runtime("cpu", "fp32"))
    labels = sampler.natural_labels(count)
    drawn = sampler.for_features(sampler.latents(count, LATENTS), labels)
    return drawn.numpy(), None if labels is None or sampler.spec.clusters else labels.numpy()


def standards(train: Dataset, test: Dataset) -> dict[str, tuple[Extractor, Standard]]:
    """What ``sparring evaluate --held-out`` measures a set's pictures by, in each of FEATURES."""
    reals, unseen = (to_measure(data, CPU) for data in (train, test))
    found = {}
    for name in FEATURES:
        extractor = choose(reals, name)
        found[name] = extractor, standard_of(extractor, reals, unseen, extractor.count)
    return found


def verdict(folder: RunFolder, judge: Judge, by: Mapping[str, tuple[Extractor, Standard]]) -> dict[str, Any]:
    """What the judge, our numbers and the doctor say of a run."""
    fakes, labels = fakes_of(folder, PICTURES)
    judged = judge(fakes[: judge.count], None if labels is None else labels[: judge.count])
    row: dict[str, Any] = {"judge": judged["mobilenet"] / judged["mobilenet_floor"]} | judged
    found = {
        name: standard.times_real([extractor(torch.from_numpy(fakes))])
        for name, (extractor, standard) in by.items()
    }
    first = found[FEATURES[0]]
    diagnosis = diagnose(folder.records(), folder.config.flat(), lambda _: (first.value, first.error or 0.0))
    row |= {name: times.value for name, times in found.items()}
    return row | {"conclusion": diagnosis.conclusion, "doctor": line(diagnosis)}


def rank_correlation(a: Sequence[float], b: Sequence[float]) -> float:
    """Spearman's, of lists without ties."""
    first, second = (np.argsort(np.argsort(values)) for values in (a, b))
    return float(np.corrcoef(first, second)[0, 1])


def agreement(rows: Sequence[Mapping[str, Any]], name: str) -> dict[str, float]:
    """The rank correlation of a number with the judge's, within each set and over all runs."""
    parts = {key: [row for row in rows if row["set"] == key] for key in dict.fromkeys(r["set"] for r in rows)}
    parts |= {"together": list(rows)}
    return {
        key: rank_correlation([row["judge"] for row in part], [row[name] for row in part])
        for key, part in parts.items()
    }


def measured(sets: Path, runs: Path, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Rows that are not in the results yet."""
    known = {(row["set"], row["run"]) for row in rows_in(ROWS)}
    for name in names:
        arrays, judge = prepared(sets, name, runs), None
        for run, options in trainings(name).items():
            if (name, run) in known:
                continue
            out, data = runs / f"{name}-{run}", runs / f"{name}-train.npz"
            if not out.exists():
                sparring(["train", str(data), "--out", str(out), "--threads", "1", *options])
            if judge is None:
                labels, kept = arrays.get("test_labels"), runs / f"{name}-judge.pt"
                judge = Judge(arrays["train"], arrays["test"], labels, kept=kept)
                by = standards(from_file(data), from_file(runs / f"{name}-test.npz"))
            facts = {"set": name, "run": run, "recipe": RunFolder(out).config.recipe}
            yield facts | verdict(RunFolder(out), judge, by) | machine()


def main() -> None:
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser()
    parser.add_argument("sets", type=Path)
    parser.add_argument("--runs", type=Path, required=True)
    parser.add_argument("--only", nargs="+", default=SETS)
    args = parser.parse_args()
    args.runs.mkdir(parents=True, exist_ok=True)
    for row in measured(args.sets, args.runs, args.only):
        print({key: row[key] for key in ("set", "run", "judge", *FEATURES, "doctor")}, flush=True)
        append_row(ROWS, row)
    for name in FEATURES:
        print(name, agreement(rows_in(ROWS), name))


if __name__ == "__main__":
    main()
