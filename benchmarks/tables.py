"""Write docs/benchmarks.md from the raw results.

python benchmarks/tables.py
"""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

from common import RESULTS

PAGE = Path(__file__).parents[1] / "docs/benchmarks.md"
INTRO = """\
# Benchmarks

Every table on this page is written by `python benchmarks/tables.py` from the raw results in
`benchmarks/results/`; each section names the script that makes them. The machine had two shared
cores, so compare ratios within a table, not seconds between machines.
"""


def load(name: str) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())
    return facts


def quality() -> str:
    rows = [json.loads(line) for line in (RESULTS / "time_to_quality.jsonl").read_text().splitlines()]
    lines = [
        "## Quality for the minute\n",
        "`benchmarks/time_to_quality.py`: Fréchet distance of 10,000 samples to the 10,000 test digits of",
        "MNIST in the features of the shipped digit classifier, as a multiple of the floor, which is what",
        f"10,000 real training digits score ({rows[0]['floor']:.2f}). Mean, and least to greatest, over seeds.",
        "Recipes were chosen on another split: trained on the first 50,000 digits, measured against the last",
        "10,000 or a random 10,000 of the training set, on other seeds.\n",
        "| recipe | seconds | times the floor | least to greatest | seeds | rarest to commonest digit "
        "| images/s |",
        "|---|---|---|---|---|---|---|",
    ]
    groups: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["case"], row["seconds"]), []).append(row)
    for (case, seconds), found in sorted(groups.items()):
        times = [row["times_floor"] for row in found]
        shares = [share for row in found for share in row["class_shares"]]
        speed = statistics.median(row["images_per_second"] for row in found)
        lines.append(
            f"| {case} | {seconds} | **{statistics.mean(times):,.2f}** "
            f"| {min(times):,.2f} to {max(times):,.2f} | {len(found)} "
            f"| {min(shares):.1%} to {max(shares):.1%} | {speed:,.0f} |"
        )
    return "\n".join(lines) + "\n"


def speed() -> str:
    facts = load("speed")
    lines = [
        "## The tutorial's epoch\n",
        "`benchmarks/speed.py`: the beginner's training as tutorials write it (DataLoader, a transform for",
        "each picture, BCELoss) and `--recipe tutorial`, the same mathematics, pair by pair in one process.",
        "The floor is the epoch's matrix products alone. OpenMP's waiting threads sleep (passive) or spin",
        "(active).\n",
        "| waiting threads | plain, s | ours, s | floor, s | plain / ours | ours / floor |",
        "|---|---|---|---|---|---|",
    ]
    for policy, found in facts["policies"].items():
        seconds = {
            name: statistics.median(row[name] for row in found["seconds_per_epoch"])
            for name in ("plain", "ours", "floor")
        }
        ratio, above = found["plain_over_ours"], found["ours_over_floor"]
        lines.append(
            f"| {policy.lower()} | {seconds['plain']:.1f} | {seconds['ours']:.1f} | {seconds['floor']:.1f} "
            f"| **{ratio['median']:.2f}** ({ratio['min']:.2f} to {ratio['max']:.2f}) "
            f"| {above['median']:.2f} ({above['min']:.2f} to {above['max']:.2f}) |"
        )
    return "\n".join(lines) + "\n"


def neighbour() -> str:
    facts = load("neighbour")
    lines = [
        "## Beside a busy neighbour\n",
        "`benchmarks/neighbour.py`: images a second alone and with one more process computing without pause",
        "on the same two cores. The plain loop, fed from memory here, runs as torch does by itself: two",
        "threads that spin.\n",
        "| training | alone | beside a busy process | kept |",
        "|---|---|---|---|",
    ]
    for case, median in facts["median"].items():
        kept = facts["kept_beside_neighbour"][case]
        lines.append(f"| {case} | {median['alone']:,.0f} | {median['busy']:,.0f} | **{kept:.0%}** |")
    return "\n".join(lines) + "\n"


def choices() -> str:
    facts = load("runtime_choices")
    lines = [
        "## What each choice of the runtime gives\n",
        "`benchmarks/runtime_choices.py`: the default recipe's speed with one choice undone, relative to the",
        "untouched one of the same round.\n",
        "| undone | speed | least to greatest |",
        "|---|---|---|",
    ]
    for case, median in facts["median_ratio"].items():
        ratios = facts["ratio"][case]
        lines.append(f"| {case} | {median:.2f} | {min(ratios):.2f} to {max(ratios):.2f} |")
    return "\n".join(lines) + "\n"


def metrics_speed() -> str:
    facts = load("metrics_speed")
    prdc, frechet = facts["prdc"], facts["frechet"]
    lines = [
        "## The metrics against the packages people use\n",
        f"`benchmarks/metrics_speed.py`: precision, recall, density and coverage of {prdc['count']:,} against",
        f"{prdc['count']:,} features of {prdc['width']} dimensions, and the Fréchet distance in "
        f"{frechet['width']:,} dimensions, from",
        "moments given and with those of one set of samples. Ratios turn by turn; memory above what the",
        "process held before.\n",
        "| computation | against | times faster | least to greatest | our peak, MB | theirs, MB "
        "| largest difference |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in ("prdc", "frechet", "frechet with moments"):
        found = facts[name]
        memory = found["peak_megabytes"]
        for who in [key.removesuffix("_over_ours") for key in found if key.endswith("_over_ours")]:
            ratio = found[f"{who}_over_ours"]
            lines.append(
                f"| {name} | {who} | **{ratio['median']:.1f}** | {ratio['min']:.1f} to {ratio['max']:.1f} "
                f"| {memory['sparring']:,.0f} | {memory[who]:,.0f} | {ratio['largest_difference']:.1e} |"
            )
    return "\n".join(lines) + "\n"


def kills() -> str:
    facts = load("kill_resume")
    return (
        "## Killed and resumed\n\n"
        f"`benchmarks/kill_resume.py`: {facts['kills']} times `kill -9` at random moments in "
        f"{facts['trials']} trainings of three kinds, {facts['kills_while_a_checkpoint_was_written']} of them "
        f"while a checkpoint was being written and {facts['kills_before_the_first_checkpoint']} before the "
        f"first one. Final states that differed from the unbroken run's in any bit: "
        f"**{facts['trials_that_differ']}**.\n"
    )


def main() -> None:
    tables = {
        "time_to_quality.jsonl": quality,
        "speed.json": speed,
        "neighbour.json": neighbour,
        "runtime_choices.json": choices,
        "metrics_speed.json": metrics_speed,
        "kill_resume.json": kills,
    }
    sections = [table() for name, table in tables.items() if (RESULTS / name).exists()]
    PAGE.write_text("\n".join([INTRO, *sections]), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
