"""Findings in words: one line under the progress bar, or the whole report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sparring.doctor.diagnosis import Diagnosis, Finding, Prescription
from sparring.doctor.rules import RULES
from sparring.errors import counted


class Remarks:
    """The line on each record of a run in training, and whether it says something new."""

    def __init__(self) -> None:
        self.said = ""

    def __call__(self, findings: Sequence[Finding]) -> tuple[str, bool]:
        name = findings[0].name if findings else ""
        news, self.said = name != self.said, name
        return line(findings), news


def line(findings: Sequence[Finding]) -> str:
    """The first finding in a line, or that all is well."""
    if not findings:
        return "doctor: healthy"
    first = findings[0]
    evidence = ", ".join(f"{e.name} {number(e.value)}" for e in first.evidence)
    cure = f" Cure: {command(first.cures[0])}." if first.cures else ""
    more = f" (+{len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"doctor: {first.title} ({evidence}).{cure} Confidence: {first.sure}.{more}"


def number(value: float) -> str:
    """A value in three figures."""
    return f"{value:.3g}"


def command(cure: Prescription) -> str:
    """A cure as options to type, with its reason; words alone where no option helps."""
    options = options_text(cure.change)
    return f"{options} ({cure.words})" if options else cure.words


def options_text(change: Mapping[str, Any]) -> str:
    """Options as the command line takes them."""
    return " ".join(f"--{option_text(name, value)}" for name, value in change.items())


def option_text(name: str, value: Any) -> str:
    """One option as the command line takes it, without its dashes."""
    dashed = name.replace("_", "-")
    if isinstance(value, bool):
        return dashed if value else f"no-{dashed}"
    return f"{dashed} {value:g}" if isinstance(value, float) else f"{dashed} {value}"


def verdict(diagnosis: Diagnosis) -> str:
    """ "ill", "short" (too few records to judge), "partly" (most rules could not be checked) or "healthy"."""
    if not diagnosis.healthy:
        return "ill"
    if diagnosis.records < 3:
        return "short"
    return "partly" if len(diagnosis.unchecked) > len(RULES) / 2 else "healthy"


def text(diagnosis: Diagnosis, name: str) -> str:
    """The whole report, as ``sparring doctor`` prints it."""
    head = f"{name}: {counted(diagnosis.records, 'record')}, {counted(diagnosis.step, 'step')}"
    if not diagnosis.records:
        return f"{head}\n\nThere is nothing to look at yet."
    parts = [head]
    looked = len(RULES) - len(diagnosis.unchecked)
    said = {
        "ill": "",
        "short": "Too short to judge: most rules look at three records in a row.",
        "partly": f"Nothing found, but only {looked} of {len(RULES)} rules could be checked.",
        "healthy": "Healthy: no rule holds.",
    }[verdict(diagnosis)]
    parts += [f"\n{said}"] if said else []
    for finding in diagnosis.present:
        parts.append(f"\n{_whole(finding)}")
    if passed := diagnosis.passed:
        parts.append("\nHad, and has no more: " + ", ".join(f"{f.name} (step {f.step:,})" for f in passed))
    if diagnosis.unchecked:
        parts.append("\nCould not be checked, since the history lacks their numbers: ")
        parts[-1] += ", ".join(diagnosis.unchecked)
    return "\n".join(parts).rstrip()


def _whole(finding: Finding) -> str:
    advice = "  Going on like this is a waste of time." if finding.stop else ""
    lines = [
        f"{finding.name}: {finding.title}.",
        f"  Since step {finding.step:,}; confidence {finding.sure}.{advice}",
        f"  {finding.why}",
    ]
    lines += [f"    {e.name} = {number(e.value)} (healthy: {e.healthy}): {e.meaning}" for e in finding.evidence]
    lines += [f"  Cure: {command(cure)}" for cure in finding.cures]
    return "\n".join([*lines, f"  More of it: sparring doctor {finding.name}"])


def facts(diagnosis: Diagnosis, name: str) -> dict[str, Any]:
    """The report as JSON has it."""
    return {
        "run": name,
        "healthy": diagnosis.healthy,
        "verdict": verdict(diagnosis),
        "records": diagnosis.records,
        "step": diagnosis.step,
        "findings": [_facts(finding) for finding in diagnosis.present],
        "passed": [_facts(finding) for finding in diagnosis.passed],
        "unchecked": list(diagnosis.unchecked),
    }


def _facts(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.name,
        "title": finding.title,
        "since_step": finding.step,
        "stop": finding.stop,
        "confidence": finding.sure,
        "evidence": [
            vars(e) | {"value": e.value if math.isfinite(e.value) else None} for e in finding.evidence
        ],
        "why": finding.why,
        "cures": [{"words": cure.words, "change": dict(cure.change)} for cure in finding.cures],
        "more": f"sparring doctor {finding.name}",
    }
