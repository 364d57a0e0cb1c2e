"""Check every rule of the doctor at each record, and collect what was found in a diagnosis."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sparring.config.groups import Config
from sparring.config.option import OWN
from sparring.config.recipes import USUAL
from sparring.doctor.quality import Quality, QualityTracker, longer
from sparring.doctor.rule import Cure, Rule
from sparring.doctor.rules import LAST_RESORTS, LONGER, RULES
from sparring.doctor.signals import DERIVED, Signals
from sparring.errors import quoted
from sparring.history.record import LOGGED, Record

EVENTS = ("non_finite",)  # signals that are logged only when the event has happened
CONDITIONS = ("clipped",)  # signals that limit where a rule applies; they are not shown as evidence
FOREST = "forest"  # the rules of a game without an adversary
LEAST_RECORDS = 3  # to judge a training by
CALM = 5  # records in a row without its signs, after which a finding is over
OF_DATA = ("kind", "noun", "clustered", "class_names")  # what the doctor is told beside options
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
    """One cure in words, and what to type: the options that it changes, or a whole command line."""

    words: str
    change: Mapping[str, Any]
    command: str = ""


@dataclass(frozen=True)
class Finding:
    """A disease of a run: since which step it has it, the last step with its signs, and what to do."""

    name: str
    title: str
    step: int
    last: int
    stop: bool
    confidence: str
    evidence: tuple[Evidence, ...]
    why: str
    cures: tuple[Prescription, ...]
    subject: str = ""  # the name of the class that it is about, if it is about one


@dataclass
class Doctor:
    """Examines the records of one run, one after another.

    Args:
        options: the known options of the run, and what ``described`` tells of its data. Without ``loss``, the
            rules that need a certain loss are not checked.
    """

    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.signals = Signals(self.options)
        self.untaught = self.options.get("rules") == FOREST
        self.in_a_row: dict[str, int] = {}  # consecutive records at which the signs of a rule hold
        self.calm: dict[str, int] = {}  # consecutive records at which they do not hold
        self.since: dict[str, int] = {}  # the step at which each present finding was made
        self.latest: dict[str, Finding] = {}  # each finding as it was last made
        self.signal_names: set[str] = set()  # the signals of all records so far
        self.checked: dict[str, int] = {}  # records at which a rule had all of its signals
        self.quality = QualityTracker()
        self.first: dict[str, Finding] = {}  # each finding as it was first made
        self.records = self.step = 0
        self.seconds = 0.0

    def examine(self, record: Record) -> list[Finding]:
        """Take the next record; return the findings that are not over at it, causes before effects.

        A finding is made when all signs hold at several records in a row, and is over when they do not hold at
        CALM records in a row: what comes and goes is one finding.
        """
        signals = self.signals.of(record)
        self.signal_names |= signals.keys()
        self.quality.add(record)
        self.records, self.step, self.seconds = self.records + 1, record.step, record.seconds
        findings = []
        for rule in RULES:
            due = self._applies(rule) and record.step >= self._grace(rule) and rule.lacking not in signals
            complete = all(sign.name in signals for sign in rule.signs)
            if due and not complete and rule.signs[0].name not in EVENTS:  # this record cannot decide
                findings += [self.latest[rule.name]] if rule.name in self.since else []
                continue
            self.checked[rule.name] = self.checked.get(rule.name, 0) + (due and complete)
            holds = due and complete and all(sign.holds(signals) for sign in rule.signs)
            self.in_a_row[rule.name] = self.in_a_row.get(rule.name, 0) + 1 if holds else 0
            self.calm[rule.name] = 0 if holds else self.calm.get(rule.name, 0) + 1
            if self.calm[rule.name] >= CALM:
                self.since.pop(rule.name, None)
            if self.in_a_row[rule.name] >= self._checks(rule):
                self.since.setdefault(rule.name, record.step)
            if rule.name in self.since:
                if holds:
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
            self.options.get("noun", "sample"),
            tuple(self.barred()),
        ).with_measured(measured)

    def prescriptions(self, name: str) -> tuple[Prescription, ...]:
        """The cures of a disease that change these options; none for an unknown disease."""
        cures = [cure for rule in RULES if rule.name == name for cure in rule.cures]
        found = [cure for cure in cures if cure.helps(self.options)]
        if cures and not any(cure.option or cure.own or cure.command for cure in found):
            found += [cure for cure in LAST_RESORTS if cure.helps(self.options)]
        return tuple(map(self._prescribed, found))

    def applicable(self) -> list[Rule]:
        """The rules for this game, this loss and a history with these signals."""
        return [rule for rule in self._fitting() if rule.untaught or not self.untaught]

    def _fitting(self) -> list[Rule]:
        """The rules for this loss and a history with these signals, of any game."""
        loss, measured = self.options.get("loss"), "spread" in self.signal_names
        return [
            rule
            for rule in RULES
            if (not rule.losses or loss is None or loss in rule.losses)
            and (not rule.lacking or rule.lacking not in self.signal_names)
            and (not (rule.special and measured) or rule.signs[0].name in self.signal_names)
        ]

    def unchecked(self) -> list[str]:
        """The rules that cannot be checked: the history lacks their signals, or the loss is unknown."""
        return [
            rule.name
            for rule in self.applicable()
            if not (self._applies(rule) and {sign.name for sign in rule.signs} <= self.signal_names)
            and rule.signs[0].name not in EVENTS
        ]

    def barred(self) -> list[str]:
        """The rules that do not apply to a forest; none for other games."""
        rules = self._fitting() if self.untaught else []
        return [rule.name for rule in rules if not rule.untaught and rule.signs[0].name not in EVENTS]

    def early(self) -> list[str]:
        """The rules whose signals are logged, but which need more steps or records."""
        without = self.unchecked()
        return [
            rule.name
            for rule in self.applicable()
            if rule.name not in without
            and self.checked.get(rule.name, 0) < self._checks(rule)
            and rule.signs[0].name not in EVENTS
        ]

    def _applies(self, rule: Rule) -> bool:
        if self.untaught and not rule.untaught:
            return False
        return not rule.losses or self.options.get("loss") in rule.losses

    def _grace(self, rule: Rule) -> int:
        return 0 if self.untaught else rule.grace

    def _checks(self, rule: Rule) -> int:
        return 1 if self.untaught else rule.checks

    def _finding(self, rule: Rule, signals: Mapping[str, float]) -> Finding:
        evidence, subject = [], self._subject(rule, signals)
        for sign in rule.signs:
            if sign.name in CONDITIONS:
                continue
            logged = LOGGED.get(sign.name) or DERIVED[sign.name]
            evidence.append(Evidence(sign.name, signals[sign.name], logged.healthy, logged.meaning))
        return Finding(
            name=rule.name,
            title=f"{rule.title} (class {quoted(subject)})" if subject else rule.title,
            step=self.since[rule.name],
            last=self.step,
            stop=rule.stop,
            confidence=rule.confidence if rule.is_measured(self.options) else "low",
            evidence=tuple(evidence),
            why=rule.why,
            cures=self.prescriptions(rule.name),
            subject=subject,
        )

    def _subject(self, rule: Rule, signals: Mapping[str, float]) -> str:
        """The name of the class that a finding is about; "" if it is about none."""
        names, place = self.options.get("class_names", ()), signals.get("least_class", -1.0)
        if place < 0 or all(sign.name != "class_variance" for sign in rule.signs):
            return ""
        return str(names[int(place)] if place < len(names) else int(place))

    def _prescribed(self, cure: Cure) -> Prescription:
        if cure.command:
            data = self.options.get("data")
            typed = longer(self.seconds) if cure is LONGER else cure.command
            return Prescription(
                cure.words, {}, typed.replace("DATA", shlex.quote(str(data))) if data else typed
            )
        if cure.option and cure.option not in self.options:
            words = f"{cure.words} ({cure.option} {f'times {cure.times:g}' if cure.times else cure.value})"
            return Prescription(words, {})
        return Prescription(cure.words, cure.change(self.options))


def described(config: Config, facts: Mapping[str, Any], own: Collection[str] = ()) -> dict[str, Any]:
    """What the doctor is told of a training: the options that describe it, and OF_DATA.

    Args:
        facts: the content of run.json, as far as it could be read.
        own: names of options that do not describe it, since that part is a program's own.
    """
    options = config.flat().items()
    known = {
        name: value for name, value in options if config.describes(name) and (name not in own or value == OWN)
    }
    spec = facts.get("spec")
    spec = spec if isinstance(spec, Mapping) else {}
    names = spec.get("class_names")
    return known | {
        "kind": str(spec.get("kind", USUAL)),
        "noun": str(facts.get("noun", "sample")),
        "clustered": bool(spec.get("clusters")),
        "class_names": tuple(map(str, names)) if isinstance(names, list | tuple) else (),
    }


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
        present: the findings that are not over at the last record.
        ever: all findings of the run, each as it was first made.
        unchecked: the rules whose numbers the history lacks.
        early: the rules that need more steps or records.
        rules: how many rules apply to this run.
        noun: what one sample is called.
        barred: the rules that do not apply to a forest, which has no adversary; none for others.
    """

    present: tuple[Finding, ...]
    ever: tuple[Finding, ...]
    unchecked: tuple[str, ...]
    records: int
    step: int
    early: tuple[str, ...] = ()
    rules: int = len(RULES)
    quality: Quality = QualityTracker().latest
    noun: str = "sample"
    barred: tuple[str, ...] = ()

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
        disease, but the samples are far from good; "healthy".
        """
        if self.present:
            return "ill"
        if self.records < (1 if self.barred else LEAST_RECORDS):
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
