"""Check every rule of the doctor at each record, and collect what was found in a diagnosis."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sparring.config.groups import OWN, Config
from sparring.doctor.quality import Quality, QualityTracker
from sparring.doctor.rules import RULES, Cure, Rule, fixed
from sparring.doctor.signals import DERIVED, Signals
from sparring.history.record import LOGGED, Record

EVENTS = ("non_finite",)  # signals that are logged only when the event has happened
CONDITIONS = ("clipped",)  # signals that limit where a rule applies; they are not shown as evidence
Measured = Callable[[int], tuple[float, float] | None]  # a step to times real and its standard deviation


@dataclass(frozen=True)
class Evidence:
    """One number that supports a finding, with its healthy range."""

    name: str
    value: float
    healthy: str
    meaning: str


@dataclass(frozen=True)
class Prescription:
    """One cure in words, and the options that it changes; none if no option helps."""

    words: str
    change: Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """A disease of a run: since which step it has it, and what to do."""

    name: str
    title: str
    step: int
    stop: bool
    confidence: str
    evidence: tuple[Evidence, ...]
    why: str
    cures: tuple[Prescription, ...]


@dataclass
class Doctor:
    """Examines the records of one run, one after another.

    Args:
        options: the known options of the run. Without ``loss``, the rules that need a certain loss are not
            checked.
    """

    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.signals = Signals(self.options)
        self.in_a_row: dict[str, int] = {}  # consecutive records at which the signs of a rule hold
        self.since: dict[str, int] = {}  # the step at which each present finding was made
        self.latest: dict[str, Finding] = {}  # each finding as it was last made
        self.signal_names: set[str] = set()  # the signals of all records so far
        self.checked: dict[str, int] = {}  # records at which a rule had all of its signals
        self.quality = QualityTracker()
        self.first: dict[str, Finding] = {}  # each finding as it was first made
        self.records = self.step = 0

    def examine(self, record: Record) -> list[Finding]:
        """Take the next record; return the findings that hold at it, causes before effects."""
        signals = self.signals.of(record)
        self.signal_names |= signals.keys()
        self.quality.add(record)
        self.records, self.step = self.records + 1, record.step
        findings = []
        for rule in RULES:
            due = self._applies(rule) and record.step >= rule.grace and rule.lacking not in signals
            complete = all(sign.name in signals for sign in rule.signs)
            if due and not complete and rule.signs[0].name not in EVENTS:  # this record cannot decide
                findings += [self.latest[rule.name]] if rule.name in self.since else []
                continue
            self.checked[rule.name] = self.checked.get(rule.name, 0) + (due and complete)
            holds = due and complete and all(sign.holds(signals) for sign in rule.signs)
            self.in_a_row[rule.name] = self.in_a_row.get(rule.name, 0) + 1 if holds else 0
            if self.in_a_row[rule.name] < rule.checks:
                self.since.pop(rule.name, None)
                continue
            self.since.setdefault(rule.name, record.step)
            self.latest[rule.name] = self._finding(rule, signals)
            findings.append(self.latest[rule.name])
        for finding in findings:
            self.first.setdefault(finding.name, finding)
        return findings

    def diagnosis(self, findings: Iterable[Finding], measured: Measured = lambda step: None) -> Diagnosis:
        """The diagnosis after the record at which these findings were made."""
        return Diagnosis(
            tuple(findings),
            tuple(self.first.values()),
            tuple(self.unchecked()),
            self.records,
            self.step,
            tuple(self.early()),
            len(self.applicable()),
            self.quality.latest,
        ).with_measured(measured)

    def prescriptions(self, name: str) -> tuple[Prescription, ...]:
        """The cures of a disease that change these options; none for an unknown disease."""
        return tuple(
            self._prescribed(cure)
            for rule in RULES
            if rule.name == name
            for cure in rule.cures
            if self._helps(cure)
        )

    def applicable(self) -> list[Rule]:
        """The rules for this loss and for a history with these signals."""
        loss = self.options.get("loss")
        return [
            rule
            for rule in RULES
            if (not rule.losses or loss is None or loss in rule.losses)
            and (not rule.lacking or rule.lacking not in self.signal_names)
        ]

    def unchecked(self) -> list[str]:
        """The rules that cannot be checked: the history lacks their signals, or the loss is unknown."""
        return [
            rule.name
            for rule in self.applicable()
            if not (self._applies(rule) and {sign.name for sign in rule.signs} <= self.signal_names)
            and rule.signs[0].name not in EVENTS
        ]

    def early(self) -> list[str]:
        """The rules whose signals are logged, but which need more steps or records."""
        without = self.unchecked()
        return [
            rule.name
            for rule in self.applicable()
            if rule.name not in without
            and self.checked.get(rule.name, 0) < rule.checks
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
            confidence=rule.confidence if rule.is_measured(self.options) else "low",
            evidence=tuple(evidence),
            why=rule.why,
            cures=self.prescriptions(rule.name),
        )

    def _helps(self, cure: Cure) -> bool:
        if cure.option in fixed(self.options):
            return False
        if cure.own or cure.option in self.options:
            return bool(cure.change(self.options))
        return True  # a cure in words, or an option whose value is unknown

    def _prescribed(self, cure: Cure) -> Prescription:
        if cure.option and cure.option not in self.options:
            words = f"{cure.words} ({cure.option} {f'times {cure.times:g}' if cure.times else cure.value})"
            return Prescription(words, {})
        return Prescription(cure.words, cure.change(self.options))


def described(config: Config, kind: str, own: Collection[str] = ()) -> dict[str, Any]:
    """What the doctor is told of a training: the options that describe it, and the kind of its data.

    Args:
        own: names of options that do not describe it, since that part is a program's own.
    """
    options = config.flat().items()
    known = {
        name: value for name, value in options if config.describes(name) and (name not in own or value == OWN)
    }
    return known | {"kind": kind}


def diagnose(
    records: Iterable[Record],
    options: Mapping[str, Any] | None = None,
    measured: Measured = lambda step: None,
) -> Diagnosis:
    """Diagnose a run from its history.

    Args:
        options: the known options of the run.
        measured: gives times real at a step, with its standard deviation, if it was measured on more samples
            than a record has; else None.
    """
    doctor = Doctor(options or {})
    findings: list[Finding] = []
    for record in records:
        findings = doctor.examine(record)
    return doctor.diagnosis(findings, measured)


@dataclass(frozen=True)
class Diagnosis:
    """What the doctor found in a run, and which rules it could not check.

    Attributes:
        present: the findings that hold at the last record.
        ever: all findings of the run, each as it was first made.
        unchecked: the rules whose numbers the history lacks.
        early: the rules that need more steps or records.
        rules: how many rules apply to this run.
    """

    present: tuple[Finding, ...]
    ever: tuple[Finding, ...]
    unchecked: tuple[str, ...]
    records: int
    step: int
    early: tuple[str, ...] = ()
    rules: int = len(RULES)
    quality: Quality = QualityTracker().latest

    def __str__(self) -> str:
        from sparring.doctor.report import text  # it imports this module

        return text(self, "this training")

    def with_measured(self, measure: Measured) -> Diagnosis:
        """This diagnosis, with the quality measured at its step if there is such a measurement."""
        found = measure(self.step)
        if found is None:
            return self
        return replace(self, quality=self.quality._replace(times_real=found[0], error=found[1]))

    @property
    def checked(self) -> int:
        """How many rules could be checked."""
        return self.rules - len(self.unchecked) - len(self.early)

    @property
    def conclusion(self) -> str:
        """One of five words.

        "ill"; "short": too few records to judge; "partly": most rules could not be checked; "poor": no
        disease, but the samples are not good yet; "healthy".
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
        """Whether no rule holds, most rules could be checked, and the samples are good."""
        return self.conclusion == "healthy"

    @property
    def passed(self) -> tuple[Finding, ...]:
        """The findings that the run had before and no longer has."""
        names = {finding.name for finding in self.present}
        return tuple(finding for finding in self.ever if finding.name not in names)
