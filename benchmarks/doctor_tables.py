"""Tables of docs/benchmarks.md about the doctor and its cures."""

from __future__ import annotations

from common import RESULTS, load
from doctor import symbols
from doctor.judge import HARM
from doctor.judge import table as judgement
from doctor.pictures import table as pictured
from doctor.rescue import table as rescue_table
from rows import lines_of


def doctor() -> str:
    names = sorted(path.stem for path in (RESULTS / "doctor").glob("*.jsonl"))
    lines = [
        "## The doctor\n",
        "`benchmarks/doctor/run.py` trains 600 steps with each of 30 faults, and 13 healthy variants;",
        "`benchmarks/doctor/judge.py` shows the histories to the doctor, a record every 50 steps. A fault is",
        f"harmful where its final quality is more than {HARM} times worse than the control's. Thresholds were",
        "fixed on MNIST's first seed. One thing was changed after the ring was seen, and holds",
        "for the grid too: what cannot be reached is looked for in pictures only; nothing bounds points.\n",
        f"Texts and music are trained {symbols.STEPS} steps with smaller players, one seed,",
        "and the faults of `benchmarks/doctor/symbols.py`. On names three things were changed: a fifth of dead",
        "symbols is enough, no gradient is blocked where the generator has moved, and labels are swapped",
        "only where the discriminator moves. On chorales two: a wrong sign ends beyond the mean of the data,",
        "and dead symbols are looked for before kinds that are missing.\n",
    ]
    for name in names:
        lines += judgement(name)
    return "\n".join(lines) + "\n"


def doctor_on_pictures() -> str:
    lines = [
        "## The doctor on pictures\n",
        "`benchmarks/doctor/pictures.py`: 600 steps of 64 pictures at 32 pixels (28 for digits and clothes),",
        "one seed; the numbers of the last record, and what the doctor finds then. Beside them what a network",
        "that took no part sees in 500 pictures: the distance in floors (one is that of other real",
        "pictures) and the variance in its features over the reals'; – where it was not asked. All these",
        "trainings are short: none is good.\n",
    ]
    return "\n".join([*lines, *pictured(lines_of("doctor_pictures"))]) + "\n"


def rescues() -> str:
    lines = [
        "## Rescue\n",
        "`benchmarks/doctor/rescue.py`: the faults that are options, as they are and with `--rescue 3`,",
        "the same samples in the end; medians of the harmful ones. Steps count what was tried in vain too.",
        "Batches of 2 see 1,200 samples in all, in which no cure of the batch's size can help.\n",
    ]
    return "\n".join([*lines, *rescue_table(lines_of("rescue"))])


def overhead() -> str:
    facts = load("doctor_overhead")
    lines = [
        "## What the doctor costs\n",
        "`benchmarks/doctor/overhead.py`: wall time of a training on MNIST with its measurements and",
        "without, in turn; records and the look at the data before the first step are in it. Below 1 is noise:",
        "the same training's time differs by a tenth from one round to the next.\n",
        "| recipe | steps | with over without | least to greatest |",
        "|---|---|---|---|",
    ]
    for recipe, steps in facts["steps"].items():
        ratios, median = facts[recipe]["ratios"], facts[recipe]["median_ratio"]
        lines.append(f"| {recipe} | {steps:,} | **{median:.3f}** | {min(ratios):.3f} to {max(ratios):.3f} |")
    return "\n".join(lines) + "\n"
