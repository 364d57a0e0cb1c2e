"""Which numbers of a history are drawn as curves together, in groups for the page's picker."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sparring.history.record import LOGGED, Logged

# Numbers joined by "+" share a chart: the discriminator's, then the generator's, or of real, then of forged.
CURVES: dict[str, tuple[str, ...]] = {
    "fight": ("d_real+d_fake", "auc", "held_out_gap", "real_logit+fake_logit", "d_rank"),
    "quality": ("times_real", "distance", "frechet", "times_real_error", "copied"),
    "variety": (
        "spread", "class_spread", "cluster_spread", "class_variance", "least_class", "missing", "repeats",
        "copies", "dead_symbols", "dead_levels", "flat_columns",
    ),
    "likeness": ("detail", "variety", "corners", "out_of_reach", "tears", "jitter", "average_lag"),
    "losses": (
        "d_loss+g_loss", "second_d_loss", "penalty", "reconstruction", "perceptual", "contrast", "cycle",
        "identity", "changed", "agreement", "leaked",
    ),
    "gradients": ("d_gradient_norm+g_gradient_norm", "d_change+g_change", "non_finite"),
    "schedule": ("lr_scale", "r1_gamma", "augment_p", "grown", "samples_per_second"),
}  # fmt: skip
# Shown until a user chooses, as far as they were recorded; "distance" where there is no times_real.
FIRST = (
    "d_real+d_fake",
    "auc",
    "times_real",
    "held_out_gap",
    "d_loss+g_loss",
    "d_gradient_norm+g_gradient_norm",
)
ON_OWN_SCALE = ("d_loss", "g_loss", "penalty", "real_logit", "fake_logit")  # in games that are not logistic


def curves(recorded: Collection[str], measures: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    """The charts that can be drawn of these recorded numbers.

    Each is ``group``, ``names``, whether it comes ``first``, and ``logged``: unit, healthy range and meaning by
    name. A healthy range is left out where the game has another scale.

    Args:
        measures: the meanings of what this kind of data alone has.
    """
    first = FIRST if "times_real" in recorded else (*FIRST, "distance")
    logistic = "d_real" in recorded
    found, placed = [], set()
    for group, charts in CURVES.items():
        for chart in charts:
            names = [name for name in chart.split("+") if name in recorded]
            placed |= {*names}
            if names:
                found.append((group, names, chart in first))
    own = [name for name in recorded if name in measures and name not in placed]
    other = [name for name in recorded if name not in measures and name not in placed]
    found += [("own", [name], True) for name in own] + [("other", [name], False) for name in other]
    return [
        {
            "group": group,
            "names": names,
            "first": early,
            "logged": {name: _logged(name, measures, logistic) for name in names},
        }
        for group, names, early in found
    ]


def _logged(name: str, measures: Mapping[str, Mapping[str, str]], logistic: bool) -> dict[str, str]:
    known = dict(measures[name]) if name in measures else LOGGED.get(name, Logged("", "", ""))._asdict()
    return known | ({} if logistic or name not in ON_OWN_SCALE else {"healthy": ""})
