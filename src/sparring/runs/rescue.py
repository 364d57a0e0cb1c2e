"""``sparring train --rescue``: go back to the last healthy state, change one option, and watch.

Each action is reported. It is also written to ``rescue.jsonl`` in the run folder, as a line with all that a
resumed training needs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from functools import partial
from pathlib import Path
from typing import Any

from sparring import games
from sparring.config import format_1
from sparring.config.groups import Config
from sparring.config.toml import to_toml
from sparring.config.values import field, listed, text, whole
from sparring.data.spec import Dataset
from sparring.doctor.diagnosis import Diagnosis, Doctor, Finding, described
from sparring.doctor.report import options_text
from sparring.errors import NonFiniteError, RunError, SparringError, UnreadableError, quoted
from sparring.files import parse_json, read_text, write_whole
from sparring.games.game import Game
from sparring.history import layout
from sparring.history.record import Record
from sparring.runs import checkpoint
from sparring.runs.folder import RunFolder
from sparring.runs.writer import train_in

APART = 6  # records between healthy states, and between a healthy state and a later finding
WATCH = 10  # healthy records after which a cure is kept
PATIENCE = 6  # records after a cure before findings count again, except non-finite numbers


@dataclass
class Rescuer:
    """Trains a run, and tries cures when the doctor finds a serious disease.

    Args:
        most: the largest number of cures.
        tell: called with a sentence about each action, and before a slow last step.

    Attributes:
        game: the players as they are now; a cure begins with new ones.
        findings: what the doctor found at the last record.
        diagnosis: what the doctor says of that record.
    """

    folder: RunFolder
    game: Game
    most: int
    tell: Callable[[str], object] = print
    tried: set[tuple[str, str]] = attribute(default_factory=set)  # (disease, cure) pairs
    watched: int = 0  # records left to watch the last cure
    findings: list[Finding] = attribute(default_factory=list)  # at the last record
    diagnosis: Diagnosis = attribute(default_factory=lambda: Doctor().diagnosis(()))
    was: dict[str, Any] = attribute(default_factory=dict)  # old values of what the watched cure changed
    ill: set[tuple[str, Any]] = attribute(default_factory=set)  # (option, old value) of each kept cure
    heard_from: int = 0  # the step from which findings count again, so that the last cure has time to work

    def train(self, data: Dataset, **options: Any) -> Iterator[Record]:
        """Call ``train_in`` until the budget is spent, with cures if they are needed.

        Raises:
            NonFiniteError: the training broke down and no cure is left.
        """
        if self.most > len(self.tried) and not self.log.exists():
            self._log("allowed", f"cures that may be tried: {self.most}", self.game.clock.step)
        while True:
            doctor = Doctor(self._options())
            if self.game.clock.step:
                for record in self.folder.records():
                    if record.step <= self.game.clock.step:  # the file still has the records of undone cures
                        doctor.examine(record)
            last = self.game.clock.step
            try:
                for record in train_in(self.folder, self.game, data, tell=self.tell, **options):
                    self.findings = doctor.examine(record)
                    self.diagnosis = doctor.diagnosis(self.findings)
                    yield record
                    self._note_health(record)
                    last = record.step
                    if record.progress < 1 and self._treat(self.findings, last):
                        break
                else:
                    return
            except NonFiniteError:
                broken = self.game.clock.broken()
                if not self._treat(doctor.examine(broken), last):
                    raise

    def _note_health(self, record: Record) -> None:
        if any(finding.stop or any(cure.change for cure in finding.cures) for finding in self.findings):
            return  # findings without a stop and without a cure by options count as healthy
        if not self.most:
            return
        if self.watched:
            self.watched -= 1
            if self.watched:
                return  # not known to be healthy while a cure is on trial
            self.ill |= set(self.was.items())
            self.was = {}
            self._log("kept", "the cure is kept: no finding since", record.step)
        saved = layout.checkpoints(self.folder.healthy)
        if record.step - max(saved, default=0) >= APART * self.folder.config.records.record_every:
            checkpoint.write(self.game, self.folder.healthy)

    def _treat(self, findings: Sequence[Finding], step: int) -> bool:
        """Go back and apply the cure of the first serious finding; False if there is nothing to do."""
        serious = [finding for finding in findings if finding.confidence != "low"]
        if step < self.heard_from:
            serious = [finding for finding in serious if finding.name == "non-finite"]
        if not serious:
            return False
        undone = bool(self.was)
        if undone:
            self._adopt(self.folder.config.replace(**self.was))
            self.was, self.watched = {}, 0
            self._log("undone", f"the cure is undone: {serious[0].title}", step)
            doctor = Doctor(self._options())
            serious = [replace(f, cures=doctor.prescriptions(f.name) or f.cures) for f in serious]
        for finding in serious:
            for cure in finding.cures:
                words = options_text(cure.change)
                if cure.change.items() <= self.folder.config.flat().items() or self.ill & cure.change.items():
                    continue  # it changes nothing, or restores a value that made this run ill
                if (finding.name, words) not in self.tried and len(self.tried) < self.most:
                    self.tried.add((finding.name, words))
                    if self._try(finding, dict(cure.change), words):
                        return True
        if undone:
            self._go_back(self.folder.config, serious[0].step)
        return undone

    def _try(self, finding: Finding, change: dict[str, Any], words: str) -> bool:
        before = self.folder.config
        try:
            self._go_back(before.replace(**change), finding.step)
        except SparringError as error:
            self._log("refused", f"{words} does not go with the other options: {error}", self.game.clock.step)
            return False
        self.was, self.watched = {name: before.flat()[name] for name in change}, WATCH
        self.heard_from = self.game.clock.step + PATIENCE * before.records.record_every
        self._log("tried", f"{finding.title}; back to step {self.game.clock.step:,} with {words}", finding.step)
        return True

    def _go_back(self, config: Config, step: int) -> None:
        """Go back to the players of the last healthy state long enough before a step, or to new players."""
        folder, spent = self.folder, self.game.clock.seconds
        game = self._new_game(config)
        folder.drop_after(max(0, step - APART * config.records.record_every), layout.HEALTHY)
        with suppress(RunError):  # no such state, or the cure changes a network: begin anew
            checkpoint.restore(game, *checkpoint.read(folder.healthy, self.tell))
        game.clock.seconds = spent  # undone training took time too
        self.game = game
        self._adopt(config)
        checkpoint.write(game, folder.checkpoints)  # first, so that a kill here leaves a checkpoint
        folder.drop_after(game.clock.step, layout.CHECKPOINTS)

    def _new_game(self, config: Config) -> Game:
        """New players, with the weights of another run if they began so and a cure has not changed them."""
        folder, runtime = self.folder, self.game.runtime
        with suppress(RunError):
            return folder.new_game(config, self.tell, runtime)
        return games.make(config, folder.spec, folder.classes, runtime)

    def _adopt(self, config: Config) -> None:
        self.folder.config = config
        write_whole(self.folder.path / layout.CONFIG, to_toml(config).encode())

    def _options(self) -> dict[str, Any]:
        return described(self.folder.config, self.folder.facts, self.folder.facts["own"])

    @property
    def log(self) -> Path:
        return self.folder.path / layout.RESCUE

    def _log(self, what: str, words: str, step: int) -> None:
        self.tell(f"rescue: {words}")
        line = {"what": what, "step": step, "words": words, "tries": len(self.tried), "most": self.most}
        state = {"tried": sorted(self.tried), "was": self.was, "ill": sorted(self.ill, key=str)}
        with self.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line | state | {"heard_from": self.heard_from}) + "\n")


def _lines(log: Path) -> list[str]:
    """The lines of a log with their line ends; empty if the log cannot be read."""
    try:
        return read_text(log).splitlines(keepends=True)
    except UnreadableError:
        return []


def _state(
    config: Config, line: str
) -> tuple[set[tuple[str, str]], set[tuple[str, Any]], dict[str, Any], int, int]:
    """The state of the rescuer in a line of the log: tried, ill, was, heard_from, most.

    Raises:
        UnreadableError: the line does not have this state.
        ConfigError: the line names unknown options.
    """
    state = parse_json(line)
    changed = field(state, "was", _options)
    config.replace(**changed)
    return (
        {(text(disease), text(words)) for disease, words in field(state, "tried", _pairs)},
        {(text(name), _option(text(name), value)) for name, value in field(state, "ill", _pairs)},
        changed,
        field(state, "heard_from", whole),
        field(state, "most", whole),
    )


def _option(name: str, value: Any) -> Any:
    value = format_1.value(name, value)
    if value is not None and not isinstance(value, str | int | float):
        raise UnreadableError(f"{quoted(value)} where an option's value is expected")
    return value


def _options(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UnreadableError(f"{quoted(value)} where options are expected")
    return {name: _option(name, part) for name, part in value.items()}


def _pairs(value: Any) -> tuple[tuple[Any, ...], ...]:
    pairs = listed(value, partial(listed, check=lambda part: part, most=2))
    if any(len(pair) != 2 for pair in pairs):
        raise UnreadableError(f"{quoted(value)} where pairs are expected")
    return pairs


def resumed(folder: RunFolder, game: Game, more: int | None = None) -> Rescuer:
    """A rescuer that continues a stopped training; the trial of a cure starts again.

    Args:
        more: cures that may be tried from here on; None: as many as were left.
    """
    rescuer = Rescuer(folder, game, 0)
    lines = _lines(rescuer.log)
    if lines and not lines[-1].endswith("\n"):  # a killed process left half a line
        write_whole(rescuer.log, "".join(lines[:-1]).encode())
    for line in reversed(lines):
        with suppress(SparringError):
            rescuer.tried, rescuer.ill, rescuer.was, rescuer.heard_from, rescuer.most = _state(
                folder.config, line
            )
            break
    rescuer.watched = WATCH if rescuer.was else 0
    if more is not None:
        rescuer.most = len(rescuer.tried) + more
    return rescuer
