"""Courses of trainings: a healthy one, and for each rule one that has its disease and one that nearly has."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sparring.config.groups import Config
from sparring.config.toml import to_toml
from sparring.doctor.diagnosis import diagnose
from sparring.history.record import Record

Course = Callable[[int], dict[str, float]]  # a record's values from its number
OPTIONS = Config().flat() | {"kind": "image"}
HEALTHY: dict[str, float] = {
    "d_loss": 1.2, "g_loss": 0.9, "real_logit": 0.5, "fake_logit": -0.5, "d_real": 0.6, "d_fake": 0.4,
    "auc": 0.75, "g_gradient_norm": 0.3, "d_gradient_norm": 0.5, "g_change": 0.05, "d_change": 0.05,
    "distance": 0.02, "spread": 0.98, "class_spread": 0.9, "missing": 0.02, "out_of_reach": 0.0,
    "jitter": 0.2, "average_lag": 0.2, "copied": 0.5, "d_rank": 0.7, "held_out_gap": 0.1,
    "corners": 1.2, "detail": 0.9, "variety": 0.9, "class_variance": 0.9, "least_class": 3.0,
    "cluster_spread": 0.9, "times_real": 1.5, "times_real_error": 0.2,
}  # fmt: skip


def always(**values: float) -> Course:
    return lambda _: HEALTHY | values


def growing(name: str, by: float, **values: float) -> Course:
    return lambda k: HEALTHY | values | {name: values.get(name, HEALTHY[name]) * by**k}


def circling(near: float, far: float, **values: float) -> Course:
    return lambda k: HEALTHY | values | {"distance": far if k % 2 else near}


# For each rule: what has it, what nearly has it, and options other than the default ones.
HISTORIES: dict[str, tuple[Course, Course, dict[str, Any]]] = {
    "non-finite": (lambda k: {"non_finite": 1.0} if k == 19 else HEALTHY, always(non_finite=0.0), {}),
    "gradient-blocked": (
        always(g_gradient_norm=0.0, g_change=0.0),
        lambda k: HEALTHY | {"g_gradient_norm": 0.0, "g_change": 0.0 if k else 0.9},
        {},
    ),
    "dead-symbols": (always(dead_symbols=0.25), always(dead_symbols=0.15), {}),
    "one-text": (always(repeats=0.6), always(repeats=0.4), {}),
    "columns-torn": (always(tears=0.2), always(tears=0.1), {}),
    "dead-levels": (always(dead_levels=0.2), always(dead_levels=0.1), {}),
    "flat-column": (always(flat_columns=0.1), always(flat_columns=0.0), {}),
    "copies-climb": (lambda k: HEALTHY | {"copies": 0.35 * 1.1**k}, always(copies=0.9), {}),
    "unchanged": (always(changed=0.1), always(changed=0.2), {"rules": "translation"}),
    "inverted": (always(agreement=-0.2), always(agreement=-0.05, spread=0.9), {"rules": "translation"}),
    "source-ignored": (always(agreement=0.05), always(agreement=0.15), {"rules": "translation"}),
    "leaked-pairs": (always(leaked=0.3), always(leaked=0.1), {"rules": "translation"}),
    "generator-frozen": (
        always(g_change=0.0),
        lambda k: HEALTHY | {"g_change": 0.0 if k > 1 else 0.1},
        {},
    ),
    "generator-dead": (
        lambda k: HEALTHY | {"g_change": 0.0 if k > 1 else 0.9, "jitter": 0.0, "spread": 0.0},
        always(jitter=1e-3, spread=0.0),
        {},
    ),
    "discriminator-frozen": (always(d_change=0.0), always(d_change=1e-5), {}),
    "labels-swapped": (
        always(auc=0.05, real_logit=-3),
        always(auc=0.05, real_logit=-3, d_change=5e-4),
        {},
    ),
    "wrong-sign": (
        growing("distance", 1.1, distance=1.0, auc=1.0),
        growing("distance", 0.9, distance=1.0, auc=1.0),
        {},
    ),
    "range-mismatch": (always(out_of_reach=0.8), always(out_of_reach=0.03), {}),
    "discriminator-won": (
        growing("real_logit", 1.1, real_logit=10, auc=1.0, distance=0.6),
        always(real_logit=2, auc=1.0, distance=0.6),
        {},
    ),
    "discriminator-sure": (
        lambda _: {"d_real": 0.999, "d_fake": 0.001, "g_loss": 9.0},
        lambda _: {"d_real": 0.999, "d_fake": 0.001, "g_loss": 9.0, "spread": 0.9},
        {},
    ),
    "gradient-vanished": (
        always(g_gradient_norm=1e-9, auc=1.0, distance=0.6),
        always(g_gradient_norm=1e-2, auc=1.0, distance=0.6),
        {},
    ),
    "mode-collapse": (always(spread=0.1), always(spread=0.4), {}),
    "grey-class": (always(class_variance=0.49), always(class_variance=0.51), {}),
    "class-collapse": (always(class_spread=0.1), always(class_spread=0.6), {}),
    "cluster-collapse": (always(cluster_spread=0.29), always(cluster_spread=0.31), {}),
    "spectral-collapse": (always(d_rank=0.1, distance=0.4), always(d_rank=0.1, distance=0.01), {}),
    "partial-collapse": (always(missing=0.5), always(missing=0.1), {}),
    "discriminator-weak": (
        always(auc=0.5, real_logit=-0.49, distance=0.8),
        always(auc=0.5, real_logit=-0.49),
        {},
    ),
    "rate-too-high": (
        lambda k: HEALTHY | {"jitter": 0.9, "distance": 0.2 if k < 5 else 0.6},
        always(jitter=0.9),
        {},
    ),
    "rate-too-low": (
        always(g_change=1e-5, jitter=0.001, distance=0.9),
        always(g_change=1e-5, jitter=0.001),
        {},
    ),
    "oscillation": (circling(0.2, 0.9, jitter=0.45), circling(0.5, 0.6, jitter=0.45), {}),
    "overfitting": (always(held_out_gap=0.8), always(held_out_gap=0.2), {}),
    "memorised": (always(copied=0.97), always(copied=0.6), {}),
    "leaky-augmentation": (always(augment_p=1.0), always(augment_p=0.7), {}),
    "weave": (always(corners=13), always(corners=4), {}),
    "blur": (always(detail=0.29), growing("times_real", 0.9, detail=0.2, times_real=900.0), {}),
    "lost-variety": (
        always(variety=0.49),
        growing("times_real", 0.9, variety=0.4, times_real=900.0),
        {},
    ),
    "average-lags": (always(average_lag=0.95), always(average_lag=0.3), {}),
    "no-average": (always(jitter=0.45), always(jitter=0.1), {"ema_half_life": None}),
    "batch-too-small": (always(jitter=0.3), always(jitter=0.05), {"batch_size": 2}),
    "gradient-leap": (
        lambda k: HEALTHY | {"d_gradient_norm": 1.0 if k < 17 else 1e4},
        lambda k: HEALTHY | {"d_gradient_norm": 1.0 if k < 17 else 5.0},
        {},
    ),
}


def history(course: Course, count: int = 20) -> list[Record]:
    """Records 50 steps apart."""
    return [Record(50 * k, 3200 * k, float(k), k / count, course(k - 1)) for k in range(1, count + 1)]


def names(course: Course, options: dict[str, Any]) -> list[str]:
    return [finding.name for finding in diagnose(history(course), OPTIONS | options).present]


def run_folder(path: Path, course: Course) -> Path:
    path.mkdir()
    (path / "config.toml").write_text(to_toml(Config()))
    (path / "history.jsonl").write_text("".join(record.to_json() + "\n" for record in history(course)))
    return path
