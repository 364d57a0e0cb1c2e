"""The signals that the doctor's rules check: the values of a record, and numbers derived from earlier ones."""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Mapping
from itertools import pairwise

from sparring.config.arguments import MOST_FLOAT
from sparring.history.record import Logged, Record

BACK_STEPS = 150  # progress compares a record with one at least so many steps before
LATELY = 5  # records, of which the best is compared with all before
LEAST_KEPT = 64  # records that are remembered; more if they cover fewer than BACK_STEPS

OF_A_LEARNING_D = ("d_change", "d_gradient_norm")

DERIVED: dict[str, Logged] = {  # in addition to LOGGED
    "logit_gap": Logged("logit", "0.2 to 4", "real_logit - fake_logit"),
    "progress_made": Logged("ratio", "above 1", "the distance 150 steps ago, over the distance now"),
    "worse_than_start": Logged("ratio", "below 1", "the distance now, over the first distance"),
    "worse_than_best": Logged("ratio", "below 2", "the distance now, over the least distance so far"),
    "gained": Logged(
        "ratio",
        "above 1",
        f"the least times_real (or distance) before the last {LATELY} records, over the least of these; above "
        "1: the samples still get better",
    ),
    "whole": Logged(
        "ratio", "above 0.2", "the share of the training since pictures that grow have their full size"
    ),
    "swing": Logged(
        "ratio", "below 1", "the greatest minus the least of the last 8 distances, over their mean"
    ),
    "turns": Logged(
        "count",
        "0 to 2",
        "how often the last 8 distances changed direction, counting moves of at least a tenth of their mean",
    ),
    "copies_grown": Logged("ratio", "below 1.25", "copies now, over copies 150 steps ago"),
    "g_moved": Logged("ratio", "above 0.01", "the greatest g_change so far"),
    "d_moved": Logged("ratio", "above 0.01", "the greatest d_change so far"),
    "gradient_leap": Logged("ratio", "below 10", "d_gradient_norm, over its median so far"),
    "batch_size": Logged("samples", "16 to 512", "samples per step"),
    "clipped": Logged("yes or no", "0", "whether the discriminator's weights are clipped"),
    "average": Logged("yes or no", "1", "whether the generator's weights are averaged"),
}


class Signals:
    """Derives the signals of each record from it and the earlier records."""

    def __init__(self, options: Mapping[str, object]) -> None:
        self.constant: dict[str, float] = {}
        self.log_odds = options.get("loss") == "non-saturating"
        if isinstance(size := options.get("batch_size"), int | float):
            self.constant["batch_size"] = float(size)
        if "ema_half_life" in options:
            self.constant["average"] = float(bool(options["ema_half_life"]))
        # Weight clipping alone leaves few directions.
        self.constant["clipped"] = float(bool(options.get("weight_clip")))
        self.before: deque[tuple[int, dict[str, float]]] = deque(maxlen=LEAST_KEPT + BACK_STEPS)
        self.first = self.best = 0.0
        self.moved: dict[str, float] = {}
        self.lately: deque[float] = deque(maxlen=LATELY)  # times real, or distances
        self.least = math.inf  # of all before
        self.timed = False  # whether a record has had times real
        self.growing = -1.0  # the last progress with pictures that had not grown
        self.clustered = bool(options.get("clustered"))
        # A discriminator that is not asked, or not yet, does not move, and has no loss.
        self.rests = bool(options.get("adversarial_from")) or options.get("adversarial_weight") == 0

    def of(self, record: Record) -> dict[str, float]:
        """The values of a record and the signals derived from them."""
        # Values beyond float32 are not measurements, and their sums overflow.
        found = {
            name: value for name, value in record.values.items() if abs(value) <= MOST_FLOAT
        } | self.constant
        if self.rests and "d_loss" not in found:
            found = {name: value for name, value in found.items() if name not in OF_A_LEARNING_D}
        if found.get("grown", 1) < 1:
            self.growing = record.progress
        found["whole"] = record.progress - self.growing
        if {"real_logit", "fake_logit"} <= found.keys():
            found["logit_gap"] = found["real_logit"] - found["fake_logit"]
        if self.log_odds and "d_real" not in found and (loss := found.get("d_loss", -1.0)) >= 0:
            found["d_real"] = math.exp(-loss)  # a lower bound, since the loss is -log D(x) - log(1 - D(G(z)))
            found["d_fake"] = 1 - found["d_real"]  # an upper bound
        for player in ("g", "d"):
            if f"{player}_change" in found:
                self.moved[player] = max(self.moved.get(player, 0.0), found[f"{player}_change"])
                found[f"{player}_moved"] = self.moved[player]
        past = next((v for step, v in reversed(self.before) if record.step - step >= BACK_STEPS), None)
        if past and "distance" in found and "distance" in past:
            found["progress_made"] = past["distance"] / max(found["distance"], 1e-12)
        if past and "copies" in found and "copies" in past:
            found["copies_grown"] = found["copies"] / max(past["copies"], 0.01)
        if "distance" in found:
            found |= self._of_distance(found["distance"])
        if "times_real" in found and not self.timed:  # the better number from here on
            self.timed, self.least = True, math.inf
            self.lately.clear()
        if (far := found.get("times_real" if self.timed else "distance")) is not None:
            found |= self._gained(far)
        if self.clustered and "class_spread" in found:  # as older histories call it
            found["cluster_spread"] = found.pop("class_spread")
        earlier = [v["d_gradient_norm"] for _, v in self.before if "d_gradient_norm" in v]
        if len(earlier) >= 3 and "d_gradient_norm" in found:
            found["gradient_leap"] = found["d_gradient_norm"] / max(statistics.median(earlier), 1e-12)
        self.before.append((record.step, found))
        while len(self.before) > LEAST_KEPT and record.step + 1 - self.before[1][0] >= BACK_STEPS:
            self.before.popleft()
        return found

    def _gained(self, far: float) -> dict[str, float]:
        if len(self.lately) == LATELY:
            self.least = min(self.least, self.lately[0])
        self.lately.append(far)
        return {"gained": self.least / max(min(self.lately), 1e-12)} if self.least < math.inf else {}

    def _of_distance(self, distance: float) -> dict[str, float]:
        self.first = self.first or distance
        self.best = min(self.best or distance, distance)
        lately = [*[v["distance"] for _, v in self.before if "distance" in v][-7:], distance]
        found = {
            "worse_than_start": distance / max(self.first, 1e-12),
            "worse_than_best": distance / max(self.best, 1e-12),
        }
        if len(lately) == 8:
            mean = max(statistics.fmean(lately), 1e-12)
            found["swing"] = (max(lately) - min(lately)) / mean
            found["turns"] = float(_turns(lately, 0.1 * mean))
        return found


def _turns(values: list[float], least: float) -> int:
    """How often a sequence changes direction; moves smaller than ``least`` are ignored."""
    moves = [b - a for a, b in pairwise(values) if abs(b - a) >= least]
    return sum(a * b < 0 for a, b in pairwise(moves))
