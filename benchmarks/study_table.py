"""The table of the studies, for docs/benchmarks.md."""

from __future__ import annotations

from typing import Any

from sparring.uses.study.arms import ARMS, REAL
from sparring.uses.study.subject import ADDED

SHOWN = (*(name for name in ARMS if name not in (REAL, "half", "double", "shift, turn")), ADDED)


def studies(rows: list[dict[str, Any]]) -> str:
    """Points gained by each arm, a line for each study."""
    lines = [
        "## Does synthetic data help?\n",
        "`benchmarks/study.py`: points of balanced accuracy gained or lost over real pictures alone, with the",
        "95 % t interval over disjoint subsets, on test pictures that no choice has seen. In bold what is sure",
        "after Holm's correction for the arms of its study. Half of the processor time is for the GANs, a "
        "sixth",
        "of it for each, so this says what GANs of so many pictures give, and nothing of longer trainings.\n",
    ]
    columns = ["data", "subsets", "GAN pictures", "steps", REAL, *SHOWN]
    lines += ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    for row in rows:
        verdict, plan = row["verdict"], row["plan"]
        arms = {line["name"]: line for line in verdict["rows"]}
        name = row["case"] + (f", seed {row['seed']}" if row["seed"] else "")
        facts = [name, str(verdict["subsets"]), f"{plan['seen']:,}", "{:,} and {:,}".format(*plan["steps"])]
        cells = [points(arms[arm]) if arm in arms else "" for arm in SHOWN]
        lines.append("| " + " | ".join([*facts, f"{arms[REAL]['value']:.1%}", *cells]) + " |")
    widths = [
        (line["difference"]["high"] - line["difference"]["low"]) / 2 * 100
        for row in rows
        for line in row["verdict"]["rows"]
        if line["difference"]
    ]
    lines.append(
        f"\nHalf the width of an interval is {min(widths):.1f} to {max(widths):.1f} points here, "
        f"{sorted(widths)[len(widths) // 2]:.1f} in the middle; each study took "
        f"{min(row['cpu_seconds'] for row in rows) / 60:.1f} to "
        f"{max(row['cpu_seconds'] for row in rows) / 60:.1f} processor minutes."
    )
    return "\n".join(lines) + "\n"


def points(line: dict[str, Any]) -> str:
    """A difference with its interval, bold where it is sure."""
    d = line["difference"]
    text = f"{100 * d['value']:+.1f} ({100 * d['low']:+.1f} to {100 * d['high']:+.1f})"
    return text if line["verdict"] == "no difference" else f"**{text}**"
