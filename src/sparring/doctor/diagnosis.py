"""From records to findings: every rule, looked at again with each record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sparring.config.recipes import USUAL
from sparring.doctor.quality import Course, Quality
from sparring.doctor.rules import RULES, Cure, Rule
from sparring.doctor.signals import DERIVED, Signals
from sparring.history.record import LOGGED, Record

EVENTS = ("non_finite",)  # signals that come only where something has happened
Measured = Callable[[int], tuple[float, float] | None]  # times real at a step, with its deviation
CONDITIONS = ("clipped",)  # under which a rule is meant; no evidence for it


@dataclass(frozen=True)
class Evidence:
    """One number that speaks for a finding, beside what is healthy."""

    name: str
    value: float
    healthy: str
    meaning: str


@dataclass(frozen=True)
class Prescription:
    """One cure as options to change; none where words alone help."""

    words: str
    change: Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """A disease that a run has, since which step, and what to do."""

    name: str
    title: str
    step: int
    stop: bool
    sure: str
    evidence: tuple[Evidence, ...]
    why: str
    cures: tuple[Prescription, ...]


@dataclass
class Doctor:
    """Looks at the records of one run as they come.

    Args:
        options: the run's config, as far as it is known; without ``loss`` rules for some losses only
            are left out.
    """

    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.signals = Signals(self.options)
        self.held: dict[str, int] = {}  # records in a row at which a rule's signs held
        self.since: dict[str, int] = {}  # the step at which each present finding was made
        self.standing: dict[str, Finding] = {}  # as last found
        self.seen: set[str] = set()  # names of signals that came
        self.looked: dict[str, int] = {}  # records at which a rule had all it looks at
        self.course = Course()
        self.first: dict[str, Finding] = {}  # everything ever found, as it was then
        self.records = self.step = 0

    def look(self, record: Record) -> list[Finding]:
        """The findings that hold at this record, causes before effects."""
        signals = self.signals.of(record)
        self.seen |= signals.keys()
        self.course.look(record)
        self.records, self.step = self.records + 1, record.step
        findings = []
        for rule in RULES:
            looked_at = self._applies(rule) and record.step >= rule.grace and rule.lacking not in signals
            whole = all(sign.name in signals for sign in rule.signs)
            if looked_at and not whole and rule.signs[0].name not in EVENTS:  # nothing is said of it here
                findings += [self.standing[rule.name]] if rule.name in self.since else []
                continue
            self.looked[rule.name] = self.looked.get(rule.name, 0) + (looked_at and whole)
            holds = looked_at and whole and all(sign.holds(signals) for sign in rule.signs)
            self.held[rule.name] = self.held.get(rule.name, 0) + 1 if holds else 0
            if self.held[rule.name] < rule.checks:
                self.since.pop(rule.name, None)
                continue
            self.since.setdefault(rule.name, record.step)
            self.standing[rule.name] = self._finding(rule, signals)
            findings.append(self.standing[rule.name])
        for finding in findings:
            self.first.setdefault(finding.name, finding)
        return findings

    def diagnosis(self, findings: Iterable[Finding], measured: Measured = lambda step: None) -> Diagnosis:
        """What is to be said after the record at which these findings were made."""
        return Diagnosis(
            tuple(findings),
            tuple(self.first.values()),
            tuple(self.unchecked()),
            self.records,
            self.step,
            tuple(self.early()),
            len(self.meant()),
            self.course.now,
        ).with_measured(measured)

    def prescriptions(self, name: str) -> tuple[Prescription, ...]:
        """What helps against a disease with these options; nothing for one that is not known."""
        return tuple(
            self._prescribed(cure)
            for rule in RULES
            if rule.name == name
            for cure in rule.cures
            if self._helps(cure)
        )

    def meant(self) -> list[Rule]:
        """Rules for such a run: those for other losses, or for histories that say less, are left out."""
        loss = self.options.get("loss")
        return [
            rule
            for rule in RULES
            if (not rule.losses or loss is None or loss in rule.losses)
            and (not rule.lacking or rule.lacking not in self.seen)
        ]

    def unchecked(self) -> list[str]:
        """Rules that could not be looked at: the history lacks their signals, or the loss is not known."""
        return [
            rule.name
            for rule in self.meant()
            if not (self._applies(rule) and {sign.name for sign in rule.signs} <= self.seen)
            and rule.signs[0].name not in EVENTS
        ]

    def early(self) -> list[str]:
        """Rules whose signals are there, and which need more steps or records than there are."""
        without = self.unchecked()
        return [
            rule.name
            for rule in self.meant()
            if rule.name not in without
            and self.looked.get(rule.name, 0) < rule.checks
            and rule.signs[0].name not in EVENTS
        ]

    def _applies(self, rule: Rule) -> bool:
        return not rule.losses or self.options.get("loss") in rule.losses

    def _finding(self, rule: Rule, signals: Mapping[str, float]) -> Finding:
        evidence = []
        for sign in rule.signs:
            if sign.name in CONDITIONS:
                continue
            logged = LOGGED.get(sign.name) or DERIVED[sign.name]
            evidence.append(Evidence(sign.name, signals[sign.name], logged.healthy, logged.meaning))
        return Finding(
            name=rule.name,
            title=rule.title,
            step=self.since[rule.name],
            stop=rule.stop,
            sure=rule.sure if self.options.get("kind", USUAL) in rule.kinds else "low",
            evidence=tuple(evidence),
            why=rule.why,
            cures=self.prescriptions(rule.name),
        )

    def _helps(self, cure: Cure) -> bool:
        if cure.own or cure.option in self.options:
            return bool(cure.change(self.options))
        return True  # words, or an option of which nothing is known

    def _prescribed(self, cure: Cure) -> Prescription:
        if cure.option and cure.option not in self.options:
            words = f"{cure.words} ({cure.option} {f'times {cure.times:g}' if cure.times else cure.value})"
            return Prescription(words, {})
        return Prescription(cure.words, cure.change(self.options))


def diagnose(
    records: Iterable[Record],
    options: Mapping[str, Any] | None = None,
    measured: Measured = lambda step: None,
) -> Diagnosis:
    """What a history says of its run.

    Args:
        measured: times real at a step, with its deviation, where it was measured and not only estimated.
    """
    doctor = Doctor(options or {})
    findings: list[Finding] = []
    for record in records:
        findings = doctor.look(record)
    return doctor.diagnosis(findings, measured)


@dataclass(frozen=True)
class Diagnosis:
    """A run's present findings, everything it ever had (as first found), and what could not be checked.

    Attributes:
        unchecked: rules whose numbers the history lacks.
        early: rules that need more steps or records.
        rules: how many are meant for such a run.
    """

    present: tuple[Finding, ...]
    course: tuple[Finding, ...]
    unchecked: tuple[str, ...]
    records: int
    step: int
    early: tuple[str, ...] = ()
    rules: int = len(RULES)
    quality: Quality = Course().now

    def __str__(self) -> str:
        from sparring.doctor.report import text  # it reads this module

        return text(self, "this training")

    def with_measured(self, measure: Measured) -> Diagnosis:
        """The same with the quality that was measured at its step, where it was."""
        found = measure(self.step)
        if found is None:
            return self
        return replace(self, quality=self.quality._replace(times_real=found[0], error=found[1]))

    @property
    def checked(self) -> int:
        """How many rules could be looked at."""
        return self.rules - len(self.unchecked) - len(self.early)

    @property
    def conclusion(self) -> str:
        """ "ill"; "short" (too few records to judge); "partly" (most rules could not be checked); "poor" (no
        disease, and the samples are not good yet); or "healthy".
        """
        if self.present:
            return "ill"
        if self.records < 3:
            return "short"
        if self.checked < self.rules / 2:
            return "partly"
        return "healthy" if self.quality.good else "poor"

    @property
    def healthy(self) -> bool:
        """No rule holds, most could be checked, and the samples are good."""
        return self.conclusion == "healthy"

    @property
    def passed(self) -> tuple[Finding, ...]:
        """What it had and has no more."""
        names = {finding.name for finding in self.present}
        return tuple(finding for finding in self.course if finding.name not in names)
