"""``Detector``: learn from normal pictures, and say of others how odd they are, where, and how sure that is."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import interpolate

from sparring import __version__, kinds
from sparring.config.arguments import number, whole
from sparring.data.normals import check as check_folders
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, DataError, Tell, counted, unknown
from sparring.kinds import find
from sparring.metrics.detection import (
    Interval,
    auroc_interval,
    least_count,
    p_values,
    threshold,
)
from sparring.uses.detect.course import CHOICE, LIMIT, LOOKING, Course
from sparring.uses.detect.damage import damage
from sparring.uses.detect.kept import Kept, key_of
from sparring.uses.detect.manners import Manners
from sparring.uses.detect.places import FEATURES, IMAGENET, Frozen, frozen
from sparring.uses.detect.scorer import BATCH, Fitting, Scored, Scorer, joined, scores
from sparring.uses.detect.scorers import BASELINE, SCORERS, view, views
from sparring.uses.detect.shares import (
    LEAST_SIDE,
    MOST_CHOOSING,
    MOST_HELD,
    check,
    far_out,
    parts,
    without_copies,
)
from sparring.uses.detect.tiles import MOST_TILES, cut, some_tiles, stitched
from sparring.uses.detect.usual import NAMES, Usual, apart

AUTO = "auto"
LEAST_DAMAGED = 60  # pictures that are damaged at least, by which a scorer is chosen
ODDEST = 0.95  # quantile of the greatest value of held-out heat maps, which the heat scale has at its middle


@dataclass(frozen=True)
class Candidate:
    """How well a scorer told damaged held-out normals from whole ones.

    Attributes:
        auroc: of normals that were not fitted against such with damage made on purpose, or known bad pictures.
        seconds: of processor time that fitting took.
    """

    name: str
    auroc: Interval
    seconds: float


@dataclass(frozen=True)
class Verdicts:
    """What a detector says of pictures.

    Attributes:
        scores: (N,), higher is odder.
        p_values: (N,), the share of normal pictures that are as odd.
        odd: (N,), bool, whether the score is above the threshold.
        maps: heat maps (N, H, W) in the pictures' size; of large pictures in tiles, reduced to 1,024 pixels.
    """

    scores: Tensor
    p_values: Tensor
    odd: Tensor
    maps: Tensor


class Detector(Manners):
    """Finds what does not belong; after ``fit``, attributes ending in _ hold what was learned.

    Args:
        method: the name of a scorer, or "auto": the one that best tells damaged from whole held-out normals.
        false_alarms: the share of normal pictures that may be called odd.
        minutes: of processor time for all scorers that are trained, in equal shares; 0 leaves these out.
        steps: how many steps each takes instead, for a result that does not depend on the machine.
        features: of frozen networks, "imagenet" or "edges".
        tile: pixels of the side of tiles into which pictures are cut, so that large ones are seen at their own
            resolution; a picture is as odd as its oddest tile. 0: pictures are seen whole.
        seed: every random draw follows from it.

    Raises:
        ConfigError: a value that is not accepted.
    """

    def __init__(
        self,
        method: str = AUTO,
        *,
        false_alarms: float = 0.05,
        minutes: float = 2.0,
        steps: int | None = None,
        features: str = IMAGENET,
        tile: int = 0,
        seed: int = 0,
    ) -> None:
        if method not in (AUTO, *SCORERS):
            raise ConfigError(unknown("method", method, [AUTO, *SCORERS]))
        if features not in FEATURES:
            raise ConfigError(unknown("features", features, FEATURES))
        self.method = method
        self.false_alarms = number("false_alarms", false_alarms, 1e-6, 0.5)
        self.minutes = number("minutes", minutes, 0)
        self.steps = None if steps is None else whole("steps", steps, 0)
        self.features = features
        self.tile = whole("tile", tile, 0)
        if 0 < tile < LEAST_SIDE:
            raise ConfigError(f"tile {tile} is too small: give at least {LEAST_SIDE} pixels, such as 64, or 0.")
        self.seed = whole("seed", seed, 0)
        if method != AUTO and not self._wants(method):
            budget = "minutes" if self.steps is None else "steps"
            raise ConfigError(
                f"method {method!r} is trained, and {budget} is 0. Give it some {budget}, or "
                "choose another method."
            )
        self._frozen: Frozen | None = None
        self.scorers_: dict[str, Scorer]
        self.usual_: dict[str, Usual]  # of the places of tiles
        self._apart: dict[str, Tensor]  # scores (N,) of the normals from which these come

    def fit(
        self, normals: Any, bad: Any = None, *, tell: Tell = lambda text: None, unfinished: Path | None = None
    ) -> Self:
        """Learn from normal pictures, as an array, a tensor, a Dataset or what ``sparring.dataset`` reads.

        Args:
            bad: some known defective pictures, by which the method is then chosen; none is ever trained on
            them.
            tell: receives a text about the progress.
            unfinished: a folder in which trainings leave their states. A fit to the same normals with the same
                options that was stopped goes on from there; with ``steps``, exactly.

        Raises:
            DataError: there are too few different normals, or folders say that some are defective.
            ConfigError: there are too few normals for the rate of false alarms.
        """
        if isinstance(normals, Dataset) and normals.origin:
            check_folders(normals.origin.names, normals.name)
        pictures = as_pictures(normals)
        known = (
            None if bad is None or len(bad) == 0 else self._like(as_pictures(bad), tuple(pictures.shape[1:]))
        )
        different = without_copies(pictures)
        check(pictures, different)
        fitted, choosing, held = (different[part] for part in parts(len(different), self.seed))
        if len(held) < least_count(self.false_alarms):
            threshold(torch.zeros(len(held)), self.false_alarms)
        if self.tile > min(pictures.shape[2:]):
            size = f"{pictures.shape[3]} x {pictures.shape[2]}"
            raise ConfigError(
                f"tile {self.tile} is larger than pictures of {size} pixels. Give a smaller one, or 0."
            )
        self.shape_ = tuple(pictures.shape[1:])
        course = self._course(tell, unfinished)
        self._learn(self._seen(pictures, fitted, MOST_TILES), course, unfinished)
        self.usual_, self._apart = {}, {}
        self.candidates_ = self._judged(pictures, choosing, known, course)
        best = best_of(self.candidates_)
        self.chosen_ = best if self.method == AUTO else self.method
        if self.tile:  # the others would cost much more than they tell
            self.scorers_ = {n: scorer for n, scorer in self.scorers_.items() if n in (BASELINE, self.chosen_)}
            self.usual_ = {n: usual for n, usual in self.usual_.items() if n in self.scorers_}
            self._compared(pictures, choosing, list(self.scorers_), course)
        self.held_out_, maps = self._reviewed(pictures, held, list(self.scorers_), course)
        self.heat_ = heat_scale(*maps)
        self.threshold_ = threshold(self.held_out_[self.chosen_], self.false_alarms)
        chosen = [self.chosen_]
        others = self._apart if self.tile else self._reviewed(pictures, choosing, chosen, course)[0]
        scores = torch.cat([others[self.chosen_], self.held_out_[self.chosen_]])
        rest = torch.cat([choosing, held])
        found = rest[far_out(scores)]
        learned = fitted[:0] if self.tile else fitted[:: -(-len(fitted) // MOST_HELD)]
        if len(learned):
            found = torch.cat([found, learned[far_out(self._crossed(pictures, learned, rest))]])
        self.suspects_ = sorted(found.tolist())
        self.looked_at_ = len(rest) + len(learned)
        self.copies_ = len(pictures) - len(different)
        self.counts_ = {"fitted": len(fitted), "choosing": len(choosing), "held_out": len(held)}
        return self

    def _course(self, tell: Tell, unfinished: Path | None) -> Course:
        """The stages of this fit."""
        self.scorers_ = {name: make() for name, make in SCORERS.items() if self._wants(name)}
        budget = self._training_seconds() if self.steps is None else None
        return Course({name: each.trained for name, each in self.scorers_.items()}, budget, tell, unfinished)

    def _training_seconds(self) -> float:
        """The seconds of processor time that each training may take."""
        return 60 * self.minutes / max(1, sum(scorer.trained for scorer in self.scorers_.values()))

    def _learn(self, normals: Tensor, course: Course, unfinished: Path | None) -> None:
        course.begin(LOOKING, f"looking at {counted(len(normals), 'tile' if self.tile else 'normal')}")
        self._frozen = frozen(self.features)
        self.features_ = self._frozen.name
        self.seconds_ = {}
        options = (__version__, self.method, self.minutes, self.steps, self.features, self.tile, self.seed)
        kept = Kept(unfinished, key_of(normals, *options) if unfinished else "")
        fitting = Fitting(self.seed, self._training_seconds(), self.steps, course.tell, kept, course.reach)
        seen = views([each.sees for each in self.scorers_.values()], normals, self._frozen, self.seed)
        for k, (name, scorer) in enumerate(self.scorers_.items(), 1):
            course.begin(name, f"fitting {name}, method {k} of {len(self.scorers_)}")
            began = time.process_time()
            scorer.fit(seen[scorer.sees], fitting)
            self.seconds_[name] = time.process_time() - began

    def _seen(self, pictures: Tensor, which: Tensor, most: int) -> Tensor:
        """What scorers are fitted to and chosen by: these pictures, or at most so many tiles of them."""
        return some_tiles(pictures, which, self.tile, most, self.seed) if self.tile else pictures[which]

    def _reviewed(
        self, pictures: Tensor, which: Tensor, names: Sequence[str], course: Course
    ) -> tuple[dict[str, Tensor], tuple[Tensor, Tensor]]:
        """The scores (N,) of normals by each scorer, and the median and the greatest value of the chosen one's
        maps.
        """
        found: dict[str, list[Tensor]] = {name: [] for name in names}
        medians, peaks = list[Tensor](), list[Tensor]()
        at_once = 1 if self.tile else BATCH
        course.begin(LIMIT, f"scoring {counted(len(which), 'normal')} that were not fitted")
        for k, part in enumerate(which.split(at_once)):
            course.reach(k * at_once / len(which))
            course.tell(f"scoring normals that were not fitted, {k * at_once:,} of {len(which):,}")
            scored = self.scored(pictures[part], names)
            for name in names:
                found[name].append(scored[name].scores)
            maps = scored[self.chosen_].maps.flatten(1)
            medians.append(maps.median(1).values)
            peaks.append(maps.amax(1))
        return {name: torch.cat(each) for name, each in found.items()}, (torch.cat(medians), torch.cat(peaks))

    def _compared(
        self, pictures: Tensor, which: Tensor, names: Sequence[str], course: Course
    ) -> dict[str, Tensor]:
        """The scores (N,) of normals that are cut into tiles, beside what is usual in the others at each place,
        which is learned here unless it is known.
        """
        new = [name for name in names if name not in self.usual_]
        found: dict[str, list[tuple[Tensor, Tensor]]] = {name: [] for name in new}
        for k, place in enumerate(which.tolist() if new else ()):
            course.tell(f"comparing places of normals, {k:,} of {len(which):,}")
            for name, each in self._alike(cut(pictures[place], self.tile), new).items():
                found[name].append((each.scores, each.maps.flatten(1).amax(1)))
        for name, pairs in found.items():
            law = [torch.stack(each) for each in zip(*pairs, strict=True)]  # scores and peaks, (N, T) each
            self.usual_[name], self._apart[name] = Usual.fit(*law), apart(*law)
        return {name: self._apart[name] for name in names}

    def _crossed(self, pictures: Tensor, learned: Tensor, rest: Tensor) -> Tensor:
        """The scores (N,) of normals that were fitted, by the best baseline that is fitted to the others.

        A picture that a scorer has learned from looks too normal to it.
        """
        assert self._frozen
        name = best_of([each for each in self.candidates_ if not SCORERS[each.name]().trained])
        scorer = SCORERS[name]()
        scorer.fit(
            views([scorer.sees], pictures[rest], self._frozen, self.seed)[scorer.sees], Fitting(self.seed)
        )
        crossed = copy(self)
        crossed.scorers_ = {name: scorer}
        return torch.cat([crossed.scored(pictures[part], [name])[name].scores for part in learned.split(BATCH)])

    def _wants(self, name: str) -> bool:
        """Whether a scorer is fitted: the baselines always, one that is trained only if it may be chosen."""
        if not SCORERS[name]().trained:
            return True
        trains = self.minutes > 0 if self.steps is None else self.steps > 0
        return trains and self.method in (AUTO, name)

    def _judged(
        self, pictures: Tensor, choosing: Tensor, known: Tensor | None, course: Course
    ) -> list[Candidate]:
        """Each scorer with its AUROC on damaged held-out normals or, where they are given, on known bad
        pictures; of tiles, if pictures are cut and damaged.
        """
        by = "the known bad pictures" if known is not None else "damage on purpose"
        course.begin(CHOICE, f"choosing a method by {by}")
        names = list(self.scorers_)
        if known is None:
            normals = self._seen(pictures, choosing, MOST_CHOOSING)
            whole_ones, broken = (
                scores(self._alike(p, names)) for p in (normals, _damaged(normals, self.seed))
            )
        else:
            whole_ones = (
                self._compared(pictures, choosing, names, course)
                if self.tile
                else scores(self.scored(pictures[choosing], names))
            )
            broken = scores(self.scored(known, names))
        areas = {name: auroc_interval(whole_ones[name], broken[name]) for name in names}
        return [Candidate(name, area, self.seconds_[name]) for name, area in areas.items()]

    def scored(self, pictures: Tensor, names: Sequence[str]) -> dict[str, Scored]:
        """What each of the named scorers says of pictures (N, C, H, W).

        With tiles, the score is that of the oddest, beside what is usual at its place.
        """
        if not self.tile:
            return self._alike(pictures, names)
        height, width = pictures.shape[2:]
        found: dict[str, list[Scored]] = {name: [] for name in names}
        for picture in pictures:
            for name, of_tiles in self._alike(cut(picture, self.tile), names).items():
                each, maps = of_tiles
                if usual := self.usual_.get(name):
                    each, maps = usual.scores(each), usual.maps(maps)
                whole_map = stitched(maps, height, width, self.tile)
                found[name].append(Scored(each.amax(0, keepdim=True), whole_map[None]))
        return {name: joined(each) for name, each in found.items()}

    def _alike(self, pictures: Tensor, names: Sequence[str]) -> dict[str, Scored]:
        """What each scorer says of pictures as they were fitted, a batch at a time."""
        assert self._frozen
        found: dict[str, list[Scored]] = {name: [] for name in names}
        with torch.no_grad():
            for part in pictures.split(BATCH):
                seen = {sees: view(sees, part, self._frozen) for sees in {self.scorers_[n].sees for n in names}}
                for name in names:
                    found[name].append(self.scorers_[name].score(seen[self.scorers_[name].sees]))
        return {name: joined(each) for name, each in found.items()}

    def examine(self, pictures: Any, method: str | None = None) -> Verdicts:
        """Scores, p-values, verdicts and heat maps of pictures.

        Args:
            method: another scorer than the one that was chosen.

        Raises:
            DataError: the pictures have another shape than those that were fitted.
        """
        self._check_fitted()
        name = method or self.chosen_
        if name not in self.scorers_:
            raise ConfigError(unknown("method", name, self.scorers_))
        ready = self._like(as_pictures(pictures), self.shape_)
        found = self.scored(ready, [name])[name]
        limit = self.threshold_ if name == self.chosen_ else threshold(self.held_out_[name], self.false_alarms)
        maps = found.maps
        if not self.tile:  # stitched maps have their size
            maps = interpolate(maps[:, None], ready.shape[2:], mode="bilinear", align_corners=False)[:, 0]
        p = p_values(self.held_out_[name], found.scores)
        return Verdicts(found.scores, p, found.scores > limit.value, maps)

    def score(self, pictures: Any) -> NDArray[Any]:
        """How odd each picture is, (N,); higher is odder."""
        scores: NDArray[Any] = self.examine(pictures).scores.numpy()
        return scores

    def p_values(self, pictures: Any) -> NDArray[Any]:
        """The share (N,) of normal pictures that are at least as odd."""
        found: NDArray[Any] = self.examine(pictures).p_values.numpy()
        return found

    def heat_maps(self, pictures: Any) -> NDArray[Any]:
        """How odd each pixel is, (N, H, W)."""
        maps: NDArray[Any] = self.examine(pictures).maps.numpy()
        return maps

    def score_samples(self, pictures: Any) -> NDArray[Any]:
        """How normal each picture is, (N,): the score with the other sign, as in scikit-learn."""
        return -self.score(pictures)

    def decision_function(self, pictures: Any) -> NDArray[Any]:
        """The threshold minus the score, (N,): negative where a picture is odd, as in scikit-learn."""
        return self.threshold_.value - self.score(pictures)

    def predict(self, pictures: Any) -> NDArray[np.int64]:
        """1 for normal pictures and -1 for odd ones, (N,), as in scikit-learn."""
        return np.where(self.examine(pictures).odd.numpy(), -1, 1)

    def restore(self, states: Mapping[str, Mapping[str, Tensor]], chosen: str) -> None:
        """Take what scorers learned, by their names, with the scores of held-out normals as "held_out".

        Raises:
            KeyError, RuntimeError: a state lacks a part.
        """
        self._frozen = frozen(self.features)
        self.features_ = self._frozen.name
        self.scorers_ = {name: SCORERS[name]() for name in states}
        for name, state in states.items():
            self.scorers_[name].restore(state)
        self.held_out_ = {name: state["held_out"] for name, state in states.items()}
        self.usual_ = {name: Usual.of(state) for name, state in states.items() if NAMES[0] in state}
        self.chosen_ = chosen
        self.threshold_ = threshold(self.held_out_[chosen], self.false_alarms)

    def _check_fitted(self) -> None:
        if not hasattr(self, "scorers_"):
            raise ConfigError("this detector has not learned what is normal: call fit(normals) first.")

    def _like(self, pictures: Tensor, shape: tuple[int, ...]) -> Tensor:
        """Pictures of the same size, in the channels of this shape (C, H, W)."""
        if tuple(pictures.shape[2:]) != shape[1:]:
            sizes = [f"{side[-1]} x {side[-2]}" for side in (pictures.shape, shape)]
            raise DataError(
                f"these pictures are {sizes[0]} pixels, the normals {sizes[1]}: bring them to one size."
            )
        if pictures.shape[1] == shape[0]:
            return pictures
        if shape[0] == 3 and pictures.shape[1] == 1:
            return pictures.expand(-1, 3, -1, -1)
        raise DataError(
            f"these pictures have {counted(pictures.shape[1], 'channel')}, the normals {shape[0]}: "
            "give both in colour, or both in grey."
        )


def as_pictures(data: Any) -> Tensor:
    """A user's pictures as (N, C, H, W), uint8.

    Raises:
        DataError: they are no pictures.
    """
    found = data if isinstance(data, Dataset) else find.samples(data)[0]
    kind = kinds.of(found.spec)
    if not kind.features.pictures:
        raise DataError(
            f"{found.name} holds {kind.noun}s; a detector looks at pictures. Give an array (N, C, H, W)."
        )
    return kind.for_features(found.samples, found.spec)


def best_of(candidates: Sequence[Candidate]) -> str:
    """The name of the candidate with the greatest AUROC; of equal ones a baseline, and that which sees most."""
    order = list(SCORERS)
    best = max(candidates, key=lambda c: (c.auroc.value, not SCORERS[c.name]().trained, order.index(c.name)))
    return best.name


def _damaged(normals: Tensor, seed: int) -> Tensor:
    """Normals that were damaged visibly, each as often as LEAST_DAMAGED needs."""
    times = -(-LEAST_DAMAGED // len(normals))
    damaged = damage(normals.repeat(times, 1, 1, 1), torch.Generator().manual_seed(seed))
    visible = damaged.pictures[damaged.masks.flatten(1).any(1)]
    if not len(visible):
        raise DataError(
            "no damage shows in these pictures, so that no method can be chosen. Give some known bad pictures."
        )
    return visible


def heat_scale(medians: Tensor, peaks: Tensor) -> tuple[float, float]:
    """The values of heat maps that are shown as nothing and as the most, the same for all pictures.

    Args:
        medians, peaks: (N,), the median and the greatest value of the maps of held-out normals.

    From the median pixel of held-out normals, to twice as far above it as the greatest value in almost all of
    them: what is beyond the middle of the scale is odder than anything that a normal picture usually shows.
    """
    low, usual = float(medians.median()), float(peaks.quantile(ODDEST))
    return low, low + 2 * max(usual - low, 1e-12)
