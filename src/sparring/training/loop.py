"""The training loop: a generator of Records. Printing, saving and stopping are for-loops around it."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sparring import kinds
from sparring.config.arguments import flag, instance, number, whole
from sparring.config.groups import BudgetConfig
from sparring.data.spec import Dataset, check_size
from sparring.errors import ConfigError, NonFiniteError, warn
from sparring.games.adversarial import AdversarialGame, Batch, adversarial_step, gradient_norm
from sparring.games.augment import sign_of_pairs
from sparring.games.schedules import ema_decay
from sparring.history.record import Record, Scores
from sparring.machine.device import Threads
from sparring.training.overfitting import HeldOutGap
from sparring.training.preflight import outlook
from sparring.training.trial import as_data, check_optimizers, try_step
from sparring.training.vitals import Vitals

BINS, TAIL = 24, 0.002  # of the histograms of logits
TRIED = 16  # samples at most in the step that is tried on copies
MOST_SCORES = 2**23  # quantile takes no more than twice as many


@dataclass(frozen=True)
class Budget:
    """When to stop: the first limit reached, of those above 0.

    Raises:
        ConfigError: no limit at all.
    """

    minutes: float = 0.0
    epochs: float = 0.0
    samples_seen: int = 0

    def __post_init__(self) -> None:
        for name in ("minutes", "epochs"):
            object.__setattr__(self, name, number(name, getattr(self, name), 0))
        object.__setattr__(self, "samples_seen", whole("samples_seen", self.samples_seen, 0))
        if not (self.minutes > 0 or self.epochs > 0 or self.samples_seen > 0):
            raise ConfigError("nothing says when to stop: give minutes, epochs or samples_seen.")

    @staticmethod
    def of(chosen: BudgetConfig) -> Budget:
        """When this config's training stops.

        Raises:
            ConfigError: no budget is set.
        """
        return Budget(chosen.minutes or 0.0, chosen.epochs or 0.0, chosen.samples_seen or 0)

    def progress(self, game: AdversarialGame, samples: int) -> float:
        """The share spent, 0 to 1, on a set of so many samples."""
        shares = [0.0]
        if self.minutes:
            shares.append(game.seconds / (60 * self.minutes))
        if self.epochs:
            shares.append(game.samples_seen / (self.epochs * samples))
        if self.samples_seen:
            shares.append(game.samples_seen / self.samples_seen)
        return min(1.0, max(shares))


def train(
    game: AdversarialGame,
    data: Dataset | Any,
    budget: Budget,
    *,
    batch_size: int = 64,
    seed: int = 0,
    record_every: int = 100,
    record_seconds: float = math.inf,
    threads: Threads | None = None,
    held_out: Dataset | None = None,
    vitals: bool = False,
    stop: Callable[[], bool] = lambda: False,
    check: bool = True,
) -> Iterator[Record]:
    """Train until the budget is spent; yield a Record every so many steps or seconds and at the end.

    At a record the game may be saved, drawn from or left; training goes on from its state, and the
    clock stands still.
    The draws of a step depend only on (seed, step). ``stop`` is asked after each step.

    Args:
        data: a Dataset, or what ``data.given.take`` makes one of: an array or a tensor, (samples, labels),
            a torch Dataset or DataLoader. The players see it scaled to [-1, 1]; ``game.sample`` draws in
            the data's own units.
        held_out: samples of the same kind that are not trained on, for ``held_out_gap``.
        vitals: measure the samples at each record, for the doctor.
        check: try a step on copies of the players first, to name what would fail in it.

    Raises:
        DataError: the data cannot be trained on.
        ConfigError: players that cannot play, or an argument that does not fit.
        NonFiniteError: a loss or a gradient is no longer finite.
    """
    batch_size, seed = whole("batch_size", batch_size, 1), whole("seed", seed, 0)
    record_every = whole("record_every", record_every, 1)
    record_seconds = number("record_seconds", record_seconds, 0, infinite=True)
    vitals, check = flag("vitals", vitals), flag("check", check)
    _check_kinds(game, budget, threads, held_out, stop)
    dataset = as_data(game, data)
    parts = game.ghost_batches * game.runtime.processes
    check_size(dataset.name, len(dataset), batch_size, parts)
    if batch_size % parts:
        raise ConfigError(
            f"batch_size {batch_size} cannot be divided into {parts} parts: take a multiple of it."
        )
    dataset = dataset.to(game.runtime.device)
    game.spec = dataset.spec if dataset.classes else replace(dataset.spec, class_names=())
    if check:
        check_optimizers(game)
        _try(game, dataset, min(batch_size // parts, TRIED))
    game.generator.train()
    game.discriminator.train()
    crew = _Crew(game, threads, _Probe(game, dataset, batch_size))
    window = _Window(game)
    crew.rest()  # as at a record: the last one's samples are drawn again
    measure = _measure(game, dataset, held_out, seed, vitals)
    started = time.perf_counter() - game.seconds
    order = _Order(len(dataset), seed)
    progress = budget.progress(game, len(dataset))
    while progress < 1:
        crew.work()
        scheduled = game.at(progress)
        batches = _batches(dataset, order, batch_size, game)
        window.add(adversarial_step(game, batches, _rng(game, seed)))
        game.step += 1
        game.samples_seen += game.d_steps * batch_size
        if game.average:
            game.average.update(ema_decay(game.ema_half_life, game.d_steps * batch_size, game.samples_seen))
        game.seconds, stopping = game.runtime.agree((time.perf_counter() - started, stop()))
        progress = budget.progress(game, len(dataset))
        due = game.step % record_every == 0 or game.seconds - window.since_seconds > max(record_seconds, 1)
        if progress >= 1 or stopping or due:
            stopped = time.perf_counter()
            crew.rest()
            record = window.close(progress, scheduled | measure())
            yield record
            started += time.perf_counter() - stopped  # what is measured or done here is not training
            if stopping:
                return
            crew.watch(record)


def _try(game: AdversarialGame, dataset: Dataset, count: int) -> None:
    """Try a step with so many samples, the greatest label among them, and tell what speaks against it."""
    places = torch.linspace(0, len(dataset) - 1, count).long()
    if dataset.labels is not None:
        places[-1] = dataset.labels.argmax()
    batch = dataset.batch(places.to(game.runtime.device))
    try_step(game, batch)
    if not game.step:
        for caution in outlook(game, batch):
            warn(f"before the first step: {caution}")


def _check_kinds(game: Any, budget: Any, threads: Any, held_out: Any, stop: Any) -> None:
    instance("game", game, AdversarialGame, "a sparring.AdversarialGame(generator, discriminator, latent_dim)")
    instance("budget", budget, Budget, "a sparring.Budget, as Budget(epochs=5)")
    instance("threads", threads, (Threads, type(None)), "None, or sparring.machine.device.Threads(fixed=4)")
    instance("held_out", held_out, (Dataset, type(None)), "None or a Dataset, as data.split.set_aside gives")
    instance("stop", stop, Callable, "a function without arguments")  # type: ignore[arg-type]


class _Order:
    """Which sample comes when: an endless row of shuffled epochs, each a function of (seed, epoch)."""

    def __init__(self, samples: int, seed: int) -> None:
        self.samples, self.seed = samples, seed
        self._epoch, self._permutation = -1, torch.empty(0)

    def __call__(self, start: int, count: int) -> Tensor:
        """Indices (count,) of the samples at these places in the row."""
        parts = []
        while count:
            epoch, place = divmod(start, self.samples)
            part = self._shuffled(epoch)[place : place + count]
            parts.append(part)
            start, count = start + len(part), count - len(part)
        return torch.cat(parts) if len(parts) > 1 else parts[0]

    def _shuffled(self, epoch: int) -> Tensor:
        if epoch != self._epoch:
            rng = torch.Generator().manual_seed(_stream(self.seed, 0, epoch))
            self._epoch, self._permutation = epoch, torch.randperm(self.samples, generator=rng)
        return self._permutation


def _stream(*numbers: int) -> int:
    """A 64-bit seed from several numbers; near numbers give unrelated seeds."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)


def _rng(game: AdversarialGame, seed: int) -> torch.Generator:
    """The random stream of this step, a function of (seed, step) alone."""
    return torch.Generator(game.runtime.device).manual_seed(_stream(seed, 1, game.step))


def _measure(
    game: AdversarialGame, dataset: Dataset, held_out: Dataset | None, seed: int, vitals: bool
) -> Callable[[], dict[str, float]]:
    """What is measured at a record, beside the steps' own numbers: by the first process, for all of them."""
    measure: Callable[[], dict[str, float]] = dict
    if game.runtime.rank == 0 and vitals:
        measure = Vitals(game, dataset, seed, held_out)
    elif game.runtime.rank == 0 and held_out:
        measure = HeldOutGap(game, dataset, held_out, seed)
    return lambda: game.runtime.agree(measure())


def _batches(dataset: Dataset, order: _Order, batch_size: int, game: AdversarialGame) -> list[Batch]:
    """The batches of one step, a fresh one for each step of the discriminator."""
    starts = (game.samples_seen + k * batch_size for k in range(game.d_steps))
    return [_draw(dataset, order, start, batch_size, game) for start in starts]


def _draw(dataset: Dataset, order: _Order, start: int, count: int, game: AdversarialGame) -> Batch:
    """This process's part of the joint batch, ghost by ghost, as the networks want it in memory."""
    runtime = game.runtime
    ghosts = order(start, count).chunk(game.ghost_batches)
    indices = torch.cat([runtime.share(ghost) for ghost in ghosts]).to(runtime.device, non_blocking=True)
    samples, labels = dataset.batch(indices)
    return kinds.of(dataset.spec).arranged(samples), labels


class _Probe:
    """One training step on copies of the players, to time: the game itself is left as it is."""

    def __init__(self, game: AdversarialGame, dataset: Dataset, batch_size: int) -> None:
        self.game, self.dataset, self.batch_size = game, dataset, batch_size

    def __call__(self) -> None:
        adversarial_step(self.twin, self.batches, torch.Generator().manual_seed(0))

    @cached_property
    def twin(self) -> AdversarialGame:
        """A copy of the game on the same runtime."""
        return copy.deepcopy(self.game, {id(self.game.runtime): self.game.runtime})

    @cached_property
    def batches(self) -> list[Batch]:
        """The first batch of the data."""
        order = _Order(len(self.dataset), 0)
        return [_draw(self.dataset, order, 0, self.batch_size, self.game)]


class _Crew:
    """The CPU threads of a training: at work on its steps, or free for what is done with a record."""

    def __init__(self, game: AdversarialGame, threads: Threads | None, probe: Callable[[], object]) -> None:
        self.runtime, self.probe = game.runtime, probe
        self.threads = threads or Threads(fixed=torch.get_num_threads())
        self.threads.use = partial(self.runtime.use_threads, parts=game.ghost_batches)
        # Several processes share the cores evenly, unless the user gave each a number of threads.
        alone_or_told = self.runtime.processes == 1 or self.threads.fixed > 0
        self.here = self.runtime.device.type == "cpu" and alone_or_told
        if self.here:
            self.threads.choose(probe)

    def work(self) -> None:
        """The parts of a step side by side."""
        if self.here:
            self.threads.use(self.threads.chosen)

    def rest(self) -> None:
        """All threads for whatever is done with a record."""
        if self.here:
            self.runtime.use_threads(self.threads.chosen)

    def watch(self, record: Record) -> None:
        """Choose their number again where the speed has dropped."""
        if self.here:
            self.threads.watch(record.values["samples_per_second"], self.probe)


def histograms(real: Tensor, fake: Tensor) -> Scores:
    """Counts of real and fake logits in BINS bins; what lies beyond TAIL of either end is in the last bin."""
    parts = [logits.detach().float().flatten().cpu() for logits in (real, fake)]
    both = torch.cat(parts)[:MOST_SCORES]
    low, high = (float(both.quantile(share)) for share in (TAIL, 1 - TAIL))
    high = max(high, low + 1e-6 * max(1.0, abs(low)))
    counts = [torch.histc(part.clamp(low, high), BINS, low, high).long().tolist() for part in parts]
    return Scores(low, high, tuple(counts[0]), tuple(counts[1]))


class _Window:
    """Keeps what the steps between two records logged, and averages it many steps at a time.

    Nothing here waits for the device; averaging at each step would cost more than some layers do.
    """

    MOST_STEPS = 64  # kept before they are averaged, which bounds the memory

    def __init__(self, game: AdversarialGame) -> None:
        self.game = game
        self._open()

    def _open(self) -> None:
        self.kept: list[dict[str, Tensor]] = []
        self.sums: dict[str, Tensor] = {}
        self.logits: tuple[Tensor, ...] = ()  # real and fake of the last steps, each (steps, B)
        self.steps = 0
        self.since_seconds, self.since_samples = self.game.seconds, self.game.samples_seen

    def add(self, logged: dict[str, Tensor]) -> None:
        self.kept.append(logged)
        if len(self.kept) == self.MOST_STEPS:
            self._average()

    def _average(self) -> None:
        columns = {name: torch.stack([logged[name] for logged in self.kept]) for name in self.kept[0]}
        columns |= {"d_real": columns["real_logit"].sigmoid(), "d_fake": columns["fake_logit"].sigmoid()}
        for name, column in columns.items():
            self.sums[name] = self.sums.get(name, 0) + column.float().mean() * len(self.kept)
        leads = [sign_of_pairs(logged["real_logit"], logged["fake_logit"]) for logged in self.kept]
        self.sums["auc"] = self.sums.get("auc", 0) + (1 + torch.stack(leads)).sum() / 2
        self.logits = columns["real_logit"], columns["fake_logit"]
        self.steps += len(self.kept)
        self.kept = []

    def close(self, progress: float, measured: Mapping[str, float]) -> Record:
        """The means since the last record, the gradients of the step just made, and what was measured."""
        game = self.game
        if self.kept:
            self._average()
        means = game.runtime.mean(torch.stack(list(self.sums.values())) / self.steps).tolist()
        seconds = max(game.seconds - self.since_seconds, 1e-9)
        values = dict(zip(self.sums, means, strict=True)) | {
            "g_gradient_norm": gradient_norm(game.generator),
            "d_gradient_norm": gradient_norm(game.discriminator),
            **measured,
            "samples_per_second": (game.samples_seen - self.since_samples) / seconds,
        }
        broken = [name for name, value in values.items() if not np.isfinite(value)]
        scores = None if broken else histograms(*self.logits)
        record = Record(game.step, game.samples_seen, game.seconds, progress, values, scores)
        self._open()
        if broken:
            raise NonFiniteError(
                f"{', '.join(broken)} became infinite or NaN by step {game.step} "
                f"({game.samples_seen:,} samples). Try lower learning rates, "
                + ("a weaker penalty" if game.penalties else "an R1 penalty (r1_gamma 1 to 10)")
                + ", or precision fp32."
            )
        return record
