"""Finish a training: write the contact sheet and the animation, and measure the quality of the samples."""

from __future__ import annotations

import json
import shlex
import time
from collections import deque
from typing import Any

from sparring import kinds
from sparring.data.spec import Dataset
from sparring.errors import SparringError, counted
from sparring.files import write_whole
from sparring.games import drawing
from sparring.games.game import Game
from sparring.history import layout
from sparring.history.record import times_real_text
from sparring.kinds import sheets
from sparring.metrics.quality import COUNT, DRAWS
from sparring.runs import best as selection
from sparring.runs.folder import RunFolder
from sparring.runs.writer import PICTURE_COLUMNS, picture_inputs
from sparring.uses import evaluate
from sparring.uses.progress import working

LEAST_REALS = 40  # real samples below which the quality is not measured; an evaluation needs two halves
QUALITY_SECONDS = 10.0  # that drawing samples for the measurement may take
LEAST_QUALITY = 256  # samples per draw, at least


def finish(folder: RunFolder, game: Game, data: Dataset, all_data: Dataset, screen: Any) -> None:
    """Write and print the contact sheet, the animation and the quality.

    Args:
        data: the training set.
        all_data: all that was read, with the hold-out.
    """
    given, labels = picture_inputs(folder, game, data)
    began = time.perf_counter()
    samples = drawing.decoded(game.sampling_generator, folder.spec, given, labels).numpy()
    rate = len(samples) / (time.perf_counter() - began)
    sheet = folder.path / layout.SHEET
    sheets.write_picture(kinds.of(folder.spec).sheet(samples, folder.spec, PICTURE_COLUMNS), sheet)
    screen.print(f"  contact sheet  {sheet}", soft_wrap=True, markup=False)
    if frames := folder.frames():
        animation = folder.path / layout.ANIMATION
        sheets.animate(frames, animation)
        screen.print(f"      animation  {animation}", soft_wrap=True, markup=False)
    if quality := _quality(folder, game, all_data, rate):
        screen.print(f"        quality  {quality}", soft_wrap=True, markup=False)
    if best := selection.summary(folder.choice):
        screen.print(f"           best  {best}; --best draws from it", soft_wrap=True, markup=False)


def _quality(folder: RunFolder, game: Game, data: Dataset, rate: float) -> str:
    """Measure the quality as times real and write quality.json; slow generators draw fewer samples.

    Args:
        rate: samples drawn per second.
    """
    if folder.facts["data_count"] < LEAST_REALS:
        return (
            f"not measured: {counted(folder.facts['data_count'], 'real sample')} are too few for a comparison"
        )
    count = max(LEAST_QUALITY, min(COUNT, int(rate * QUALITY_SECONDS / DRAWS)))
    try:
        with working() as tell:
            found = evaluate.times_real(folder, game, data, count, tell)
    except SparringError as error:  # too few samples, or samples that are not finite
        return f"not measured: {error}"
    name = shlex.quote(str(folder.path))
    if found is None:
        how = f"sparring evaluate {name}  measures it, which takes some time"
        last = deque(folder.records() if folder.history.exists() else (), maxlen=1)
        if not last or "times_real" not in last[0].values:
            return how
        estimate = times_real_text(last[0].values["times_real"], last[0].values["times_real_error"])
        return f"{estimate}, an estimate in simple features; {how}"
    facts = found.to_dict() | {
        "label": found.label, "held_out": found.held_out, "checkpoint_step": game.clock.step, "samples": count,
    }  # fmt: skip
    write_whole(folder.path / layout.QUALITY, json.dumps(facts, indent=1).encode())
    few = found.count == count < COUNT  # otherwise, as many per side as sparring evaluate would use
    return f"{found}, estimated from {DRAWS} x {count:,} samples" if few else str(found)
