"""What ``--rescue`` makes of the faults that are options: python benchmarks/doctor/rescue.py [--seeds 0 1 2]

The control, each fault as it is and each fault with three cures allowed train the same number of steps
in the end; what was tried in vain is counted in ``tried_steps``. A fault done to the code cannot be
cured by an option and is left out. Rows are appended; two trainings run side by side, a thread each.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from common import RESULTS, append_row, machine, rows_in
from doctor.faults import FAULTS, Case
from doctor.judge import HARM
from doctor.run import prepared, quality
from sparring.config.recipes import beyond_recipe
from sparring.errors import NonFiniteError
from sparring.games.adversarial import AdversarialGame
from sparring.runs.create import create
from sparring.runs.rescue import Rescuer

ROWS = RESULTS / "rescue.jsonl"
RECORD_EVERY, MOST = 50, 3
SAVED = 1.25  # times the control's quality, at most
PLAIN = Case()
CURABLE = [name for name, case in FAULTS.items() if (case.data, case.game) == (PLAIN.data, PLAIN.game)]


def measure(task: tuple[str, str, int, int, int]) -> dict[str, Any]:
    """Train one case with so many cures allowed."""
    name, case_name, seed, steps, most = task
    torch.set_num_threads(1)
    config, game, data, held_out = prepared(name, case_name, seed, steps)
    config = config.replace(record_every=RECORD_EVERY, pictures=0)
    said: list[str] = []
    records, broken, started = 0, False, time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        ward = Rescuer(create(Path(folder) / "run", config, data), game, most, said.append)
        try:
            for _ in ward.train(data, held_out=held_out, threads=1):
                records += 1
        except NonFiniteError:
            broken = True
    assert isinstance(ward.game, AdversarialGame)
    return {
        "data": name, "case": case_name, "seed": seed, "steps": steps, "most": most,
        "tried_steps": records * RECORD_EVERY, "broken": broken, "said": said,
        "options": beyond_recipe(ward.folder.config), "seconds": round(time.perf_counter() - started, 1),
        "quality": quality(ward.game, data, held_out, seed),
    }  # fmt: skip


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Markdown: every curable fault as it is and rescued, and the share of the harmful that were saved."""
    lines = [
        "| fault | worse than the control, times | rescued | by | steps trained, times |",
        "|---|---|---|---|---|",
    ]
    harmful, saved = 0, 0
    of = {(row["data"], row["case"], row["seed"], row["most"]): row for row in rows}
    key = {"mnist": "digits"}
    for data in sorted({row["data"] for row in rows}):
        for case in CURABLE:
            ratios, after, by, steps = [], [], set(), []
            for seed in sorted({row["seed"] for row in rows}):
                cells = [
                    of.get((data, *which))
                    for which in (("control", seed, 0), (case, seed, 0), (case, seed, MOST))
                ]
                if not all(cells):
                    continue
                control, plain, rescued = (cell["quality"][key.get(data, "mind")] for cell in cells if cell)
                if plain <= HARM * control:
                    continue
                harmful, saved = harmful + 1, saved + (rescued <= SAVED * control)
                last = cells[2]
                assert last
                ratios.append(plain / control)
                after.append(rescued / control)
                steps.append(last["tried_steps"] / last["steps"])
                by |= {words.split(" with ")[-1] for words in last["said"] if " with " in words}
            if ratios:
                lines.append(
                    f"| {case} ({data}) | {statistics.median(ratios):,.1f} | {statistics.median(after):,.2f} | "
                    f"{', '.join(sorted(by)) or 'nothing was done'} | {statistics.median(steps):.1f} |"
                )
    share = saved / max(harmful, 1)
    lines += [
        "",
        f"Of {harmful} harmful histories **{share:.0%}** were rescued: at most {SAVED} times the control.\n",
    ]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default="mnist", choices=["mnist", "fashion-mnist", "emoji", "ring", "grid"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--cases", nargs="+", default=CURABLE, choices=CURABLE)
    parser.add_argument("--out", type=Path, default=ROWS)
    args = parser.parse_args()
    print(json.dumps(machine()))
    done = {(r["data"], r["case"], r["seed"], r["most"]) for r in rows_in(args.out)}
    tasks = [
        (args.data, case, seed, args.steps, most)
        for seed in args.seeds
        for case in ["control", *args.cases]
        for most in ((0,) if case == "control" else (0, MOST))
        if (args.data, case, seed, most) not in done
    ]
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        for row in pool.map(measure, tasks):
            append_row(args.out, row)
            print(
                row["case"], row["seed"], row["most"], row["seconds"], row["quality"], row["said"], flush=True
            )
    print("\n".join(table(rows_in(args.out))))


if __name__ == "__main__":
    main()
