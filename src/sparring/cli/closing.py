"""Finish a training: write the contact sheet and the animation, and measure the quality of the samples."""

from __future__ import annotations

import json
import shlex
from collections import deque
from typing import Any

from torch import nn

from sparring import kinds
from sparring.data.look import duration
from sparring.data.spec import Dataset
from sparring.errors import SparringError, clock, counted
from sparring.files import write_whole
from sparring.games import drawing
from sparring.games.game import Game
from sparring.history import layout
from sparring.history.record import times_real_text
from sparring.kinds import sheets
from sparring.metrics.quality import DRAWS
from sparring.networks.network import Calibrated
from sparring.runs import best as selection
from sparring.runs.folder import RunFolder
from sparring.runs.writer import picture_inputs, sheet, shown_of
from sparring.training import plan, suited
from sparring.training.calibration import USUAL
from sparring.uses import evaluate
from sparring.uses.progress import working

LEAST_REALS = 40  # real samples below which the quality is not measured; an evaluation needs two halves
INDENT = " " * 17  # of a second line
QUALITY_SECONDS = 30.0  # that the measurement of the quality may take


def finish(folder: RunFolder, game: Game, data: Dataset, all_data: Dataset, screen: Any) -> None:
    """Write and print the contact sheet, the animation and the quality.

    Args:
        data: the training set.
        all_data: all that was read, with the hold-out.
    """
    held_out = plan.parts(folder.config.dataset, all_data)[1] if folder.spec.given is not None else None
    shown = shown_of(folder, data, held_out)
    given, labels = picture_inputs(folder, game, shown)
    samples = drawing.decoded(game.sampling_generator, folder.spec, given, labels).numpy()
    path = folder.path / layout.SHEET
    sheets.write_picture(sheet(folder, shown, samples), path)
    screen.print(f"  contact sheet  {path}", soft_wrap=True, markup=False)
    if frames := folder.frames():
        animation = folder.path / layout.ANIMATION
        sheets.animate(frames, animation)
        screen.print(f"      animation  {animation}", soft_wrap=True, markup=False)
    if lengths := _lengths(game.sampling_generator):
        screen.print(f"        latents  {lengths}", soft_wrap=True, markup=False)
    if quality := _quality(folder, game, all_data):
        screen.print(f"        quality  {quality}", soft_wrap=True, markup=False)
    if best := selection.summary(folder.choice):
        screen.print(f"           best  {best}; --best draws from it", soft_wrap=True, markup=False)


def goes_on(folder: RunFolder, seconds: float, data: Dataset) -> str:
    """How a training goes on that was shorter than what was promised before it; "" if it was not.

    Args:
        seconds: of the training.
        data: all that was read.
    """
    minutes = round(suited.minutes_expected(folder.config, data))
    if seconds >= 60 * minutes:
        return ""
    lasted = counted(round(seconds), "second") if seconds < 60 else duration(seconds / 60)
    return (
        f"sparring resume {shlex.quote(str(folder.path))} --minutes {minutes}  trains on: what was promised "
        f"takes about {duration(minutes)}, and this was {lasted}"
    )


def _lengths(generator: nn.Module) -> str:
    """How long latents are made when samples are drawn; "" if as long as in the training."""
    if not isinstance(generator, Calibrated) or (percent := int(generator.latent_percent)) == USUAL:
        return ""
    found = "more, as near to the data as can be" if percent > USUAL else "less, and are nearer to the data"
    return f"{percent / 100:g} times as long as in the training: samples then vary {found}"


def _quality(folder: RunFolder, game: Game, data: Dataset) -> str:
    """Measure the quality as times real and write quality.json; what is slow is measured on fewer samples."""
    if (count := folder.facts["data_count"]) < LEAST_REALS:
        few = f"{counted(count, kinds.of(folder.spec).noun)} {'is' if count == 1 else 'are'} too few"
        return f"not measured: {few} to compare with, so judge by the contact sheet"
    try:
        with working() as tell:
            found = evaluate.times_real(folder, game, data, QUALITY_SECONDS, tell)
    except SparringError as error:  # too few samples, or samples that are not finite
        return f"not measured: {error}"
    name = shlex.quote(str(folder.path))
    if isinstance(found, float):
        how = f"sparring evaluate {name}  measures it, in about {clock(found)}"
        last = deque(folder.records() if folder.history.exists() else (), maxlen=1)
        if not last or "times_real" not in last[0].values:
            return how
        estimate = times_real_text(last[0].values["times_real"], last[0].values["times_real_error"])
        return f"{estimate}, an estimate in simple features; {how}"
    quality, samples, whole, lacking = found
    facts = quality.to_dict() | {
        "label": quality.label, "held_out": quality.held_out, "checkpoint_step": game.clock.step,
        "samples": samples,
    }  # fmt: skip
    write_whole(folder.path / layout.QUALITY, json.dumps(facts, indent=1).encode())
    how = f", estimated from {DRAWS} x {samples:,} samples" if samples < whole else ""
    return f"{quality}{how}" + (f"\n{INDENT}{lacking}" if lacking else "")
