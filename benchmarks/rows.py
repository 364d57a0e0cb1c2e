"""The raw results of the benchmarks, read and summed up for the tables."""

from __future__ import annotations

import statistics
from typing import Any

from common import RESULTS, rows_in


def lines_of(name: str) -> list[dict[str, Any]]:
    return rows_in(RESULTS / f"{name}.jsonl")


def grouped(rows: list[dict[str, Any]], *keys: str) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    """Rows by the values of some keys, in the order in which these come."""
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return groups


def spread(values: list[float], digits: int = 1) -> str:
    """The mean, and least to greatest where there are several."""
    mean = f"**{statistics.mean(values):,.{digits}f}**"
    several = f" ({min(values):,.{digits}f} to {max(values):,.{digits}f})"
    return mean + (several if len(values) > 1 else "")
