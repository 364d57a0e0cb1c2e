"""Read options of the first format of config.toml: one flat table, in which 0 could mean none."""

from __future__ import annotations

from typing import Any

NONE_AS_0 = (
    "clusters", "minutes", "epochs", "samples_seen", "d_hidden", "gamma_per_variance",
    "gamma_target", "weight_clip", "augment_target", "beta2_end", "clip_gradients", "ema_half_life", "threads",
    "evaluate_every",
)  # fmt: skip


def value(name: str, given: Any) -> Any:
    """The meaning of a value in the first format; 0 is None for the options above."""
    is_0 = type(given) in (int, float) and given == 0
    return None if name in NONE_AS_0 and is_0 else given
