"""A study in a folder: begun with a plan that fits into its minutes, and gone on with after it was stopped."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from sparring.config import values
from sparring.config.groups import FilesConfig
from sparring.config.values import whole
from sparring.errors import ConfigError, DataError, RunError, Tell, UnreadableError, counted, quoted, unknown
from sparring.files import read_json, write_whole
from sparring.history.layout import STUDY, VERDICT
from sparring.runs.folder import digest, only_trainer
from sparring.training.suited import LEAST
from sparring.uses.study import trial
from sparring.uses.study.cells import Cells
from sparring.uses.study.plan import Plan, planned
from sparring.uses.study.subject import Stop, Subject, arms_for
from sparring.uses.study.subsets import BLOCKS, LEAST_SUBSETS, MOST_SUBSETS, PER_CLASS, Block, blocks
from sparring.uses.study.trial import Progress
from sparring.uses.study.verdict import Result, judged
from sparring.uses.study.words import caveats, sentences

FORMAT = 1
MINUTES = 10.0
MARGIN = 1.1  # of the minutes that are said to be needed


@dataclass(frozen=True)
class Asked:
    """What a user asks of a study.

    Attributes:
        data: its name.
        minutes: for everything, over all calls.
        subsets: so many, disjoint.
        per_class: samples of each class in a subset, at most.
        rare: the same for single classes, by name.
    """

    data: str
    files: FilesConfig = field(default_factory=FilesConfig)
    minutes: float = MINUTES
    subsets: int = LEAST_SUBSETS
    per_class: int = PER_CLASS
    rare: Mapping[str, int] = field(default_factory=dict)
    seed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The fields as stored in JSON."""
        return asdict(self)

    def same(self, other: Asked) -> bool:
        """Whether both ask the same, in as many minutes as may be."""
        return replace(self, minutes=0.0) == replace(other, minutes=0.0)


@dataclass
class Study:
    """A study and its folder, or None to keep everything in memory."""

    subject: Subject
    asked: Asked
    plan: Plan
    parts: list[Block]
    cells: Cells
    folder: Path | None

    def run(
        self,
        tell: Tell = lambda text: None,
        stop: Stop = lambda: False,
        now: Callable[[], float] = time.perf_counter,
    ) -> Iterator[Progress]:
        """Go on until everything is finished or the minutes are spent; the verdict so far is written at the
        end.

        Raises:
            RunError: another process is at work in the folder.
        """
        seconds = 60 * self.asked.minutes
        with only_trainer(self.folder, "being worked on") if self.folder else nullcontext():
            self.cells.discard_parts()
            yield from trial.run(
                self.subject, self.plan, self.parts, self.cells, seconds=seconds, tell=tell, stop=stop, now=now
            )

    @property
    def needed(self) -> float:
        """The minutes that everything takes, at the speed so far; twice as many as were given where nothing
        is known.
        """
        cells, plan = self.cells, self.plan
        if not trial.timed(plan, cells):
            return 2 * self.asked.minutes
        left = trial.progress(plan, cells).left_seconds
        return max(math.ceil(MARGIN * (cells.spent + left) / 6) / 10, self.asked.minutes)

    @property
    def result(self) -> Result:
        """The verdict by the subsets that are complete.

        Raises:
            RunError: there are too few.
        """
        done = trial.complete(self.plan, self.cells)
        if len(done) < BLOCKS:
            raise RunError(
                f"{len(done)} of {self.plan.subsets} subsets are complete, too few for a verdict, which needs "
                f"{BLOCKS}."
            )
        subject = self.subject
        found = judged(
            subject.rows, self.plan, self.cells, done, len(self.parts[0].test),
            noun=subject.noun, measure=subject.measure,
        )  # fmt: skip
        found = replace(found, measure_zh=subject.measure_zh)
        found = replace(
            found,
            sentences=tuple(sentences(found)),
            caveats=tuple(caveats(found)),
            sentences_zh=tuple(sentences(found, "zh")),
            caveats_zh=tuple(caveats(found, "zh")),
        )
        if self.folder:
            write_whole(self.folder / VERDICT, json.dumps(found.to_dict(), indent=1).encode())
        return found


def begin(
    subject: Subject,
    asked: Asked,
    folder: Path | None = None,
    tell: Tell = lambda text: None,
    now: Callable[[], float] = time.perf_counter,
) -> Study:
    """Divide the data, measure how fast this machine is, and plan what fits into the minutes.

    Raises:
        DataError: a class has too few samples.
        ConfigError: the minutes are too few, or a class is unknown.
    """
    began = now()
    parts = _parts(subject, asked)
    _check_size(len(parts[0].train), subject, asked)
    labels = subject.data.labels
    assert labels is not None
    counts = tuple(torch.bincount(labels[parts[0].train], minlength=subject.data.classes).tolist())
    tell("measuring how fast this machine is")
    costs = trial.costs_of(subject, parts[0], now)
    known = costs, arms_for(subject, counts), counts, asked.subsets, asked.seed
    plan = planned(
        asked.minutes, *known, starts=subject.starts, most_steps=subject.most_steps, spent=now() - began
    )
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder, asked, plan, digest(subject.data))
    return Study(subject, asked, plan, parts, Cells(folder), folder)


def go_on(subject: Subject, asked: Asked, folder: Path) -> Study:
    """The study in a folder, to go on with; the minutes that are asked now hold from now on.

    Raises:
        RunError: it is damaged, or of other data.
    """
    before, plan, sha256 = read(folder)
    if digest(subject.data) != sha256:
        raise RunError(
            f"the data has changed since the study in {folder} began: begin another one, in another --out."
        )
    if asked.minutes != before.minutes:
        _write(folder, asked, plan, sha256)
    return Study(subject, asked, plan, _parts(subject, asked), Cells(folder), folder)


def _check_size(size: int, subject: Subject, asked: Asked) -> None:
    """Refuse subsets on which no GAN can be trained.

    Raises:
        DataError: they are, and what makes them larger.
    """
    if size >= LEAST:
        return
    small = asked.per_class * subject.data.classes < LEAST
    larger = "a larger --per-class" if small else f"--subsets {BLOCKS}" if asked.subsets > BLOCKS else ""
    raise DataError(
        f"each of {asked.subsets} subsets of {subject.data.name} has {counted(size, subject.noun)}; a GAN "
        f"needs at least {LEAST}. {f'Give {larger}, or add' if larger else 'Add'} samples."
    )


def _write(folder: Path, asked: Asked, plan: Plan, sha256: str) -> None:
    facts = {"format": FORMAT, "asked": asked.to_dict(), "plan": plan.to_dict(), "sha256": sha256}
    write_whole(folder / STUDY, json.dumps(facts, indent=1).encode())


def read(folder: Path) -> tuple[Asked, Plan, str]:
    """What a study in a folder was asked, its plan, and the digest of its data.

    Raises:
        RunError: there is none, or it is damaged.
    """
    try:
        facts = read_json(folder / STUDY)
        values.field(facts, "format", partial(whole, low=FORMAT, high=FORMAT))
        asked = values.field(facts, "asked", _asked)
        return asked, values.field(facts, "plan", Plan.from_dict), values.field(facts, "sha256", values.text)
    except UnreadableError as error:
        raise RunError(f"the study in {folder} cannot be read: {error}. Begin another one.") from error


def _asked(found: Any) -> Asked:
    def options(given: Any) -> FilesConfig:
        try:
            return FilesConfig(**given)
        except (TypeError, ConfigError) as error:
            raise UnreadableError("options of files that this version does not know") from error

    def counts(given: Any) -> dict[str, int]:
        if not isinstance(given, dict):
            raise UnreadableError(f"{quoted(given)} where counts are expected")
        return {values.text(name): whole(count, 1) for name, count in given.items()}

    return Asked(
        data=values.field(found, "data", values.text),
        files=values.field(found, "files", options),
        minutes=values.field(found, "minutes", values.finite),
        subsets=values.field(found, "subsets", partial(whole, low=BLOCKS, high=MOST_SUBSETS)),
        per_class=values.field(found, "per_class", partial(whole, low=1)),
        rare=values.field(found, "rare", counts),
        seed=values.field(found, "seed", whole),
    )


def _parts(subject: Subject, asked: Asked) -> list[Block]:
    names, data = subject.data.spec.class_names, subject.data
    for name in asked.rare:
        if name not in names:
            raise ConfigError(unknown("class", name, names))
    assert data.labels is not None
    return blocks(
        data.labels,
        names,
        subject.tested.labels if subject.tested else None,
        subsets=asked.subsets,
        per_class=asked.per_class,
        rare={names.index(name): count for name, count in asked.rare.items()},
        seed=asked.seed,
    )
