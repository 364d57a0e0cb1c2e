"""Run a study: in each subset train a GAN, then a classifier in every arm; everything finished is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from sparring.errors import Tell
from sparring.uses.study.arms import REAL, Arm
from sparring.uses.study.cells import GAN, Cells, Key
from sparring.uses.study.choices import chosen
from sparring.uses.study.classifier import Score
from sparring.uses.study.forger import Stopped
from sparring.uses.study.plan import LEAST_SEEN, Costs, Plan
from sparring.uses.study.subject import BOTH, Stop, Subject
from sparring.uses.study.subsets import Block, half

PROBED = 30  # steps of a classifier that are timed
MORE = 3  # times the least samples, which a GAN is trained with to time it
SEED_STRIDE = 7919  # between the seeds of two subsets


class Progress(NamedTuple):
    """How far a study is.

    Attributes:
        share: of the work that is done.
        left_seconds: of the rest, at the speed so far.
        last: what was finished last, in words.
    """

    share: float
    left_seconds: float
    last: str


def costs_of(subject: Subject, block: Block, now: Callable[[], float] = time.perf_counter) -> Costs:
    """Measure the speed of this machine with the data of one block."""

    def timed(work: Callable[[], object]) -> float:
        began = now()
        work()
        return now() - began

    def learn(steps: int) -> Callable[[], object]:
        return lambda: subject.learn(subject.arms[REAL], block.train, block, None, (1, steps), 0)

    def forge(seen: int) -> Callable[[], object]:
        return lambda: subject.forge(block.train, seen, 0, lambda _: None, lambda: False)

    learn(2)()  # the first time, memory is reserved
    short, began = timed(learn(2)), time.process_time()
    long = timed(learn(PROBED))
    had = min(1.0, (time.process_time() - began) / max(long, 1e-6))
    step = max(long - short, 1e-6) / (PROBED - 2)
    forge(LEAST_SEEN // 10)()
    few, many = timed(forge(LEAST_SEEN)), timed(forge(MORE * LEAST_SEEN))
    least = many / (2 * MORE * LEAST_SEEN)  # beside a busy neighbour the difference may be next to nothing
    seen = max((many - few) / ((MORE - 1) * LEAST_SEEN), least)
    return Costs(step, max(short / 2 - step, 0.0), seen, max(few - LEAST_SEEN * seen, 0.0), had)


def run(
    subject: Subject,
    plan: Plan,
    parts: Sequence[Block],
    cells: Cells,
    *,
    seconds: float,
    tell: Tell = lambda text: None,
    stop: Stop = lambda: False,
    now: Callable[[], float] = time.perf_counter,
) -> Iterator[Progress]:
    """Do the trainings that are not finished yet, one subset after the other; yield after each of them.

    It ends early where the next training would not fit into what is left of ``seconds``, counted over all
    calls, or if ``stop`` says so.
    """
    for key in _all(plan):
        if key in cells.scores and (key.arm != GAN or cells.forged(key.block) is not None):
            continue
        if stop() or cells.spent + expected(cells, key.arm) > seconds:
            return
        where = f"subset {key.block + 1} of {plan.subsets}"
        seed = plan.seed + SEED_STRIDE * key.block
        began = now()
        if key.arm == GAN:
            try:
                ending = _or_late(stop, now, began + seconds - cells.spent)
                drawn = subject.forge(parts[key.block].train, plan.seen, seed, _behind(where, tell), ending)
            except Stopped:
                return
            cells.add_forged(key.block, drawn, now() - began)
        else:
            tell(f"{where}, {key.arm}")
            arm = as_chosen(subject.arms[key.arm], key, plan, cells.scores)
            forged = cells.forged(key.block) if arm.forged else None
            block = parts[key.block]
            scores = subject.learn(
                arm,
                _places(subject, arm, parts, key.block, seed),
                block,
                forged,
                plan.steps,
                seed + key.start + 1,
            )
            cells.add(key, scores, now() - began)
        yield progress(plan, cells, f"{where}, {key.arm}")


def _or_late(stop: Stop, now: Callable[[], float], end: float) -> Stop:
    """Whether to stop: as the user asked, or since the time is over."""
    return lambda: stop() or now() > end


def _behind(where: str, tell: Tell) -> Tell:
    return lambda text: tell(f"{where}, {text}")


def _work(plan: Plan) -> list[tuple[str, int]]:
    """What is done in a subset, in order: the GAN first."""
    gan = [(GAN, 0)] if plan.seen else []
    return gan + [(name, start) for name in plan.arms for start in range(plan.starts)]


def as_chosen(arm: Arm, key: Key, plan: Plan, scores: Mapping[Key, list[Score]]) -> Arm:
    """An arm with what validation has chosen before it in the same subset: the share of a GAN, and flips."""
    if key.arm != BOTH:
        return arm
    share, _ = chosen(("GAN 20 %", "GAN 50 %"), key.block, plan, scores)
    way, _ = chosen(("shift, turn", "shift, turn, flip"), key.block, plan, scores)
    return replace(arm, forged=0.2 if share == "GAN 20 %" else 0.5, flipped="flip" in way)


def _places(subject: Subject, arm: Arm, parts: Sequence[Block], k: int, seed: int) -> Tensor:
    """The samples that an arm learns from: those of its subset, half of them, or those of the next one as
    well.
    """
    if arm.size < 1:
        assert subject.data.labels is not None
        return half(parts[k], subject.data.labels, seed)
    if arm.size > 1:
        return torch.cat([parts[k].train, parts[(k + 1) % len(parts)].train])
    return parts[k].train


def _all(plan: Plan) -> list[Key]:
    """Every training, in order."""
    return [Key(k, name, start) for k in range(plan.subsets) for name, start in _work(plan)]


def progress(plan: Plan, cells: Cells, last: str = "") -> Progress:
    """How far a study is, whose last training is named."""
    left = [key for key in _all(plan) if key not in cells.scores]
    return Progress(1 - len(left) / len(_all(plan)), sum(expected(cells, key.arm) for key in left), last)


def expected(cells: Cells, arm: str) -> float:
    """The seconds that a training takes, by those of its sort that are finished; 0 without any."""
    mine = [s for key, s in cells.seconds.items() if (key.arm == GAN) == (arm == GAN)]
    return sum(mine) / len(mine) if mine else 0.0


def timed(plan: Plan, cells: Cells) -> bool:
    """Whether trainings of every sort are finished, so that the time of the rest can be told."""
    return {key.arm == GAN for key in _all(plan)} == {key.arm == GAN for key in cells.seconds}


def complete(plan: Plan, cells: Cells) -> list[int]:
    """The subsets of which every training is finished."""
    needed = [(name, start) for name, start in _work(plan) if name != GAN]
    return [k for k in range(plan.subsets) if all(Key(k, *each) in cells.scores for each in needed)]
