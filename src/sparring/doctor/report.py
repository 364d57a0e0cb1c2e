"""A diagnosis as text: one line under the progress bar, or the whole report; and as JSON."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sparring.config.option import written
from sparring.doctor.diagnosis import Diagnosis, Finding, Prescription
from sparring.doctor.quality import longer
from sparring.errors import counted
from sparring.history.record import times_text


class Remarks:
    """Gives the doctor's line at each record of a training, and whether it is news.

    The finding that it names first stays first as long as it is present, unless another one advises to stop.
    """

    def __init__(self) -> None:
        self.said = ""

    def __call__(self, diagnosis: Diagnosis) -> tuple[str, bool]:
        present = sorted(diagnosis.present, key=lambda finding: (not finding.stop, finding.name != self.said))
        name = present[0].name if present else ""
        news, self.said = name != self.said, name
        return line(replace(diagnosis, present=tuple(present))), news


def line(diagnosis: Diagnosis, *, advice: bool = False) -> str:
    """The first finding in one line, or the conclusion without one, on request with advice."""
    findings = diagnosis.present
    if not findings:
        return f"doctor: {summary(diagnosis, advice=advice)}"
    first = findings[0]
    evidence = ", ".join(f"{e.name} {number(e.value)}" for e in first.evidence)
    cure = f" Cure: {command(first.cures[0])}." if first.cures else ""
    more = f" (+{len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"doctor: {first.title} ({evidence}).{cure} Confidence: {first.confidence}.{more}"


def number(value: float) -> str:
    """A value with three significant digits."""
    return f"{value:.3g}"


def command(cure: Prescription) -> str:
    """A cure as options or a command to type, with its reason; only words if there is nothing to type."""
    typed = cure.command or options_text(cure.change)
    return f"{typed} ({cure.words})" if typed else cure.words


def options_text(change: Mapping[str, Any]) -> str:
    """Options as they are typed on the command line."""
    return " ".join(f"--{option_text(name, value)}" for name, value in change.items())


def option_text(name: str, value: Any) -> str:
    """One option as it is typed on the command line, without the leading dashes."""
    dashed = name.replace("_", "-")
    if isinstance(value, bool):
        return dashed if value else f"no-{dashed}"
    return f"{dashed} {value:g}" if isinstance(value, float) else f"{dashed} {written(value)}"


def text(diagnosis: Diagnosis, name: str) -> str:
    """The whole report, as ``sparring doctor`` prints it."""
    head = f"{name}: {counted(diagnosis.records, 'record')}, {counted(diagnosis.step, 'step')}"
    if not diagnosis.records:
        return f"{head}\n\nThe history has no records yet."
    parts = [head]
    parts += [f"\n{said}"] if (said := summary(diagnosis)) else []
    for finding in diagnosis.present:
        parts.append(f"\n{_whole(finding, diagnosis.step)}")
    if passed := diagnosis.passed:
        parts.append(
            "\nFound earlier, and now over: " + ", ".join(f"{f.name} (step {f.step:,})" for f in passed)
        )
    if diagnosis.unchecked:
        parts.append("\nNot checked, since the history lacks their numbers: ")
        parts[-1] += ", ".join(diagnosis.unchecked)
    if diagnosis.early:
        parts.append("\nNot checked yet, since they need more steps or records: ")
        parts[-1] += ", ".join(diagnosis.early)
    if diagnosis.barred:
        parts.append("\nDo not apply to a forest, which has no adversary that is trained: ")
        parts[-1] += ", ".join(diagnosis.barred)
    return "\n".join(parts).rstrip()


def with_path(said: str, path: Path) -> str:
    """A report whose commands name the run folder."""
    return said.replace("sparring resume RUN", f"sparring resume {shlex.quote(str(path))}")


def summary(diagnosis: Diagnosis, *, advice: bool = True) -> str:
    """The conclusion in one or two sentences; if there are findings, only the quality of the samples."""
    quality, more = str(diagnosis.quality), f" {diagnosis.quality.advice}" if advice else ""

    def far(times: float, error: float) -> str:
        return f"{times_text(times, error)} what real {diagnosis.noun}s score"

    also = f" Quality: {quality}." if quality else ""
    on = f" Train longer ({longer(diagnosis.quality.seconds)})." if advice else ""
    return {
        "ill": also.strip(),
        "short": f"Too few records to find diseases: most rules need three in a row.{also}{on}",
        "partly": f"Too few numbers to find diseases: nothing was found, but only {diagnosis.checked} of "
        f"{diagnosis.rules} rules could be checked.{also}{on if diagnosis.early else ''}",
        "poor": f"Healthy, but far: {diagnosis.quality.in_words(far)}.{more}",
        "healthy": f"Healthy: no rule holds{f'; {quality}' if quality else ''}.",
    }[diagnosis.conclusion]


def _whole(finding: Finding, step: int) -> str:
    advice = "  To continue like this is a waste of time." if finding.stop else ""
    last = f", last seen at step {finding.last:,}" if finding.last < step else ""
    lines = [
        f"{finding.name}: {finding.title}.",
        f"  Since step {finding.step:,}{last}; confidence: {finding.confidence}.{advice}",
        f"  {finding.why}",
    ]
    lines += [f"    {e.name} = {number(e.value)} (healthy: {e.healthy}): {e.meaning}" for e in finding.evidence]
    lines += [f"  Cure: {command(cure)}" for cure in finding.cures]
    return "\n".join([*lines, f"  More about it: sparring doctor {finding.name}"])


def facts(diagnosis: Diagnosis, name: str) -> dict[str, Any]:
    """The report as JSON."""
    return {
        "run": name,
        "healthy": diagnosis.healthy,
        "conclusion": diagnosis.conclusion,
        "summary": summary(diagnosis),
        "times_real": diagnosis.quality.times_real,
        "quality": diagnosis.quality.facts(),
        "records": diagnosis.records,
        "step": diagnosis.step,
        "findings": [_facts(finding) for finding in diagnosis.present],
        "passed": [_facts(finding) for finding in diagnosis.passed],
        "checked": diagnosis.checked,
        "rules": diagnosis.rules,
        "unchecked": list(diagnosis.unchecked),
        "early": list(diagnosis.early),
        "barred": list(diagnosis.barred),
    }


def _facts(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.name,
        "title": finding.title,
        "subject": finding.subject,
        "since_step": finding.step,
        "last_step": finding.last,
        "stop": finding.stop,
        "confidence": finding.confidence,
        "evidence": [
            vars(e) | {"value": e.value if math.isfinite(e.value) else None} for e in finding.evidence
        ],
        "why": finding.why,
        "cures": [
            {"words": cure.words, "change": dict(cure.change), "command": cure.command}
            for cure in finding.cures
        ],
        "more": f"sparring doctor {finding.name}",
    }
