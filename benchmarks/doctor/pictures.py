"""What the doctor says of pictures that are blurred, alike, woven or grey in a class, beside an outside judge.

    python benchmarks/picture_sets.py ...          (see there)
    PYTHONPATH=judges python benchmarks/doctor/pictures.py sets [--sets van-gogh oxygen fashion] [--table]

Each training: 600 steps of 64 pictures, at 32 pixels or 28, on one thread. Thresholds were fixed on CIFAR-10,
emoji and MNIST; the other sets are run unchanged. The judge is the one of ``judge.py``, with MobileNetV2
alone and 500 pictures: how many floors away the samples are, and how much they vary in what it sees, over
the reals. Raw results, a line each: ``results/doctor_pictures.jsonl``. Rows with ``"again": true`` were
measured a second time when the measures had their final form, on 256 samples that had been kept at each
record.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

import judge
from common import RESULTS, append_row, machine, rows_in
from doctor.faults import Dull, wrapped
from doctor.judge import record_of
from doctor.run import CONTROL
from sparring.data.arrays import from_array
from sparring.data.builtin import held_out as built_in_held_out
from sparring.doctor.diagnosis import Doctor
from sparring.errors import NonFiniteError
from sparring.games import drawing
from sparring.games.adversarial import AdversarialGame
from sparring.games.adversarial_rules import make
from sparring.kinds import find
from sparring.machine.device import Threads
from sparring.training import plan, suited
from sparring.training.budget import Budget
from sparring.training.loop import train

ROWS = RESULTS / "doctor_pictures.jsonl"
FIXED_ON, REPORTED = ("cifar10", "emoji", "mnist"), ("van-gogh", "oxygen", "fashion")
STEPS, BATCH, RECORD_EVERY, SEED = 600, 64, 50, 100
SIDE, COUNT = 32, 500
NUMBERS = ("times_real", "detail", "variety", "corners", "class_variance")
Pictures = NDArray[np.uint8]


class Case(NamedTuple):
    """A training: options beside the control's, what is done to the game, and what should be found."""

    options: dict[str, Any]
    names: tuple[str, ...] = ()  # findings that name it rightly; none of a healthy one
    game: Callable[[AdversarialGame], object] = lambda game: None
    labels: bool = False  # only for data with labels


CASES: dict[str, Case] = {
    "control": Case({}),
    "without classes": Case({"conditional": False}, labels=True),
    "transposed convolutions": Case({"upsampling": "transposed"}, ("weave",)),
    "R1 of 30": Case({"r1_gamma": 30.0}),
    "no penalty, a fast discriminator": Case({"r1_gamma": 0.0, "d_lr": 2e-2}),
    "width 2": Case({"g_width": 2, "d_width": 4}, ("blur", "lost-variety")),
    "R1 of 100": Case({"r1_gamma": 100.0}, ("blur", "lost-variety", "discriminator-weak")),
    "generator's rate of 0.15": Case(
        {"g_lr": 0.15}, ("mode-collapse", "generator-dead", "partial-collapse", "rate-too-high")
    ),
    "one class without latent": Case({}, ("grey-class", "class-collapse"), wrapped(Dull), labels=True),
}


class Split(NamedTuple):
    """Training and held-out pictures (N, C, H, W), with labels or None."""

    train: Pictures
    test: Pictures
    train_labels: NDArray[np.int64] | None
    test_labels: NDArray[np.int64] | None


def small(pictures: Pictures) -> Pictures:
    """Pictures averaged to at most SIDE pixels a side."""
    factor = pictures.shape[-1] // SIDE
    if factor <= 1:
        return pictures
    count, channels = pictures.shape[:2]
    parts = pictures.reshape(count, channels, SIDE, factor, SIDE, factor)
    averaged: Pictures = parts.mean((3, 5)).round().astype(np.uint8)
    return averaged


def split(folder: Path, name: str) -> Split:
    if name == "mnist":
        train_set, test_set = find.dataset(name), built_in_held_out(name)
        assert test_set is not None
        assert train_set.labels is not None
        assert test_set.labels is not None
        labels = train_set.labels.numpy(), test_set.labels.numpy()
        return Split(train_set.samples.numpy(), test_set.samples.numpy(), *labels)
    with np.load(folder / f"{name}.npz") as file:
        given = [file[key] if key in file.files else None for key in ("train_labels", "test_labels")]
        return Split(small(file["train"]), small(file["test"]), *given)


def measure(of: Split, case: Case) -> tuple[dict[str, Any], Pictures]:
    """The history of one training, and its samples at the end."""
    whole = from_array(of.train, of.train_labels)
    config = suited.configure(whole, "sprint", **(CONTROL | case.options), seed=SEED, samples_seen=10**9)
    config = config.replace(samples_seen=STEPS * BATCH, threads=1)
    data, _ = plan.parts(config.dataset, whole)
    game = make(config, data.spec, data.classes)
    case.game(game)
    records, began = [], time.process_time()
    try:
        for record in train(
            game, data, Budget.of(config.budget), batch_size=BATCH, seed=SEED, record_every=RECORD_EVERY,
            threads=Threads(fixed=1), vitals=True, check=False,
        ):  # fmt: skip
            records.append(record)
    except NonFiniteError:
        records.append(game.clock.broken())
    row = {
        "options": case.options | {"loss": config.game.loss, "batch_size": BATCH, "recipe": "sprint",
                                   "ema_half_life": config.optimizers.ema_half_life},
        "clustered": data.spec.clusters, "cpu_seconds": round(time.process_time() - began, 1),
        "records": [json.loads(record.to_json()) for record in records],
    }  # fmt: skip
    labels = drawing.natural_labels(COUNT, data.class_counts) if data.classes else None
    drawn = drawing.draw(game.sampling_generator, drawing.random_latents(COUNT, game.latent_dim, 1), labels)
    return row, data.spec.decode(drawn.nan_to_num()).numpy()


def outside(of: Split) -> judge.Judge:
    """The judge of a set, with one network and few pictures."""
    judge.NETWORKS = {"mobilenet": judge.mobilenet_v2}
    return judge.Judge(of.train[: 2 * COUNT], of.test[:COUNT])


def judged(by: judge.Judge, fakes: Pictures) -> dict[str, float]:
    """What the judge sees: floors, variance in its features over the reals', power in the corners."""
    found, side = by(fakes), by.sides["mobilenet"]
    seen = (judge._features(by.networks["mobilenet"], fakes[: by.count]) - side.mean) @ side.components
    return {
        "floors": found["mobilenet"] / found["mobilenet_floor"],
        "judge_variety": float(seen.var(0).sum() / side.held_out.var(0).sum()),
        "judge_corners": found["corners"],
    }


def told(row: dict[str, Any]) -> tuple[list[str], str]:
    """The findings at the last record, and the conclusion."""
    doctor = Doctor(row["options"] | {"kind": "image", "noun": "picture", "clustered": row["clustered"]})
    for line in row["records"]:
        findings = doctor.examine(record_of(line))
    return [finding.name for finding in findings], doctor.diagnosis(findings).conclusion


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Markdown: what was done, what the judge and the doctor's numbers say, and the findings."""
    head = [f"judge: {name}" for name in ("floors", "variety", "corners")]
    head += [f"`{name}`" for name in NUMBERS]
    lines = [f"| set | training | {' | '.join(head)} | findings |", f"|---|---|{'---|' * len(head)}---|"]
    sums = {name: [0, 0, 0, 0] for name in (FIXED_ON, REPORTED)}  # ill, detected, healthy, false alarms
    for row in sorted(
        rows, key=lambda row: ([*FIXED_ON, *REPORTED].index(row["set"]), [*CASES].index(row["case"]))
    ):
        case, (found, conclusion) = CASES[row["case"]], told(row)
        values = row["records"][-1]
        numbers = [row.get(name, math.nan) for name in ("floors", "judge_variety", "judge_corners")]
        numbers += [values.get(name, math.nan) for name in NUMBERS]
        shown = " | ".join("–" if number != number else f"{number:.3g}" for number in numbers)
        said = ", ".join(found) or {"poor": "healthy, but far"}.get(conclusion, conclusion)
        lines.append(f"| {row['set']} | {row['case']} | {shown} | {said} |")
        counts = sums[FIXED_ON if row["set"] in FIXED_ON else REPORTED]
        if case.names:
            counts[0], counts[1] = counts[0] + 1, counts[1] + bool(set(case.names) & set(found))
        else:
            counts[2], counts[3] = counts[2] + 1, counts[3] + bool(found)
    for sets, (ill, detected, healthy, alarms) in sums.items():
        if not ill + healthy:
            continue
        how = "fixed on" if sets == FIXED_ON else "only reported on"
        lines.append(
            f"\nOn the sets that thresholds were {how} ({', '.join(sets)}), {detected} of {ill} faults were "
            f"found and named rightly at the end, and {alarms} of {healthy} other trainings had a finding."
        )
    return lines


def main() -> None:
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="+", default=[*FIXED_ON, *REPORTED], choices=[*FIXED_ON, *REPORTED])
    parser.add_argument("--cases", nargs="+", default=[*CASES], choices=[*CASES])
    parser.add_argument("--table", action="store_true", help="only print the table of the results so far")
    parser.add_argument("--sheets", type=Path)
    args = parser.parse_args()
    for name in [] if args.table else args.sets:
        of, by = split(args.folder, name), None
        for case in args.cases:
            done = any((row["set"], row["case"]) == (name, case) for row in rows_in(ROWS))
            if done or (CASES[case].labels and of.train_labels is None):
                continue
            by = by or outside(of)
            row, fakes = measure(of, CASES[case])
            key = {
                "set": name,
                "case": case,
                "seed": SEED,
                "steps": STEPS,
                "clustered": of.train_labels is None,
            }
            append_row(ROWS, key | row | judged(by, fakes) | machine())
            if args.sheets:
                from pictures import sheet

                sheet(fakes, args.sheets / f"{name}-{case}.png")
            print(name, case, row["cpu_seconds"], flush=True)
    print("\n".join(table(rows_in(ROWS))))


if __name__ == "__main__":
    main()
