"""What the doctor finds in the histories of run.py: python benchmarks/doctor/judge.py [mnist ...]

A fault is harmful where its final quality is worse than 1.5 times the control's of the same seed. It
counts as detected where the checks before the first step caution (step 0) or a finding stands at any
record, and as named right where the first caution or finding is one of those that ``faults.py`` gives
for it. In healthy runs every finding
that stands at the last record, or that would have had the user stop at any, is a false alarm.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from common import RESULTS, rows_in
from doctor.faults import FAULTS, HEALTHY
from doctor.symbols import SYMBOL_FAULTS, SYMBOL_HEALTHY
from sparring.doctor.diagnosis import Doctor
from sparring.history.record import Record

HARM = 1.5


class Verdict(NamedTuple):
    """What was found in one history."""

    case: str
    seed: int
    ratio: float  # final quality over the control's; above 1 is worse
    found_at: int | None  # step
    first: str
    stops: tuple[str, ...]  # findings that advised stopping at any record
    last: tuple[str, ...]  # findings at the last record


def record_of(row: dict[str, Any]) -> Record:
    return Record.from_json(json.dumps(row))


def judged(rows: list[dict[str, Any]]) -> list[Verdict]:
    """A verdict for each history."""
    of_quality = "digits" if "digits" in rows[0]["quality"] else "mind"
    control = {row["seed"]: row["quality"][of_quality] for row in rows if row["case"] == "control"}
    verdicts = []
    for row in rows:
        doctor, cautions = Doctor(row["options"]), row.get("cautions", ())
        found_at, first = (0, cautions[0]) if cautions else (None, "")
        stops: set[str] = set()
        last: tuple[str, ...] = ()
        for line in row["records"]:
            findings = doctor.examine(record_of(line))
            stops |= {finding.name for finding in findings if finding.stop}
            last = tuple(finding.name for finding in findings)
            if findings and found_at is None:
                found_at, first = line["step"], findings[0].name
        ratio = row["quality"][of_quality] / control[row["seed"]] if row["seed"] in control else float("nan")
        verdicts.append(Verdict(row["case"], row["seed"], ratio, found_at, first, tuple(sorted(stops)), last))
    return verdicts


def load(data: str) -> list[Verdict]:
    return judged(rows_in(RESULTS / "doctor" / f"{data}.jsonl"))


def table(data: str) -> list[str]:
    """Markdown: every fault, then what was found in healthy runs, then the sums."""
    verdicts = load(data)
    lines = [
        f"### {data}\n",
        "| fault | worse than the control, times | detected | named right first | first found at step, as |",
        "|---|---|---|---|---|",
    ]
    harmful, detected, named, steps = 0, 0, 0, []
    for case, fault in {**FAULTS, **SYMBOL_FAULTS}.items():
        found = [verdict for verdict in verdicts if verdict.case == case]
        if not found:
            continue
        right = [v for v in found if v.first in fault.names]
        told = [v for v in found if v.found_at is not None]
        ratio = statistics.median(v.ratio for v in found)
        names = ", ".join(sorted({f"{v.first} ({v.found_at})" for v in told})) or "silent"
        for v in found:
            if v.ratio > HARM or v.ratio != v.ratio:
                harmful, detected, named = harmful + 1, detected + (v in told), named + (v in right)
                steps += [v.found_at] if v.found_at is not None else []
        harm = f"{ratio:,.1f}" if ratio > HARM else f"{ratio:,.1f} (harmless)"
        lines.append(
            f"| {case} | {harm} | {len(told)} of {len(found)} | {len(right)} of {len(found)} | {names} |"
        )
    healthy = [v for v in verdicts if v.case in {**HEALTHY, **SYMBOL_HEALTHY}]
    alarms = [v for v in healthy if v.stops]
    noted = [v for v in healthy if v.last and not v.stops]
    at = statistics.median(steps or [0])
    lines += [
        "",
        f"Of {harmful} harmful histories **{detected / max(harmful, 1):.0%}** were detected and "
        f"**{named / max(harmful, 1):.0%}** named right first, at step {at:.0f} in the "
        f"median. Of {len(healthy)} healthy ones **{len(alarms)}** were advised to stop"
        + "".join(f"; {v.case}, seed {v.seed}: {', '.join(v.stops)}" for v in alarms)
        + f", and {len(noted)} had a lesser finding at the end"
        + "".join(f"; {v.case}, seed {v.seed}: {', '.join(v.last)}" for v in noted)
        + ".\n",
    ]
    return lines


if __name__ == "__main__":
    for name in sys.argv[1:] or ["mnist"]:
        print("\n".join(table(name)))
