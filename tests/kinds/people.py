"""People: rows with each type of column, and options of a small training on them."""

from datetime import date, timedelta
from typing import Any

import numpy as np

SMALL: dict[str, Any] = {"g_width": 8, "d_width": 8, "depth": 1, "threads": 1, "batch_size": 32}


def columns(count: int = 200) -> dict[str, list[Any]]:
    """Rows with each type of column; some of "pay" are missing."""
    rng = np.random.default_rng(0)
    age = rng.integers(18, 80, count)
    pay = np.where(rng.random(count) < 0.2, np.nan, (age * 31.25).round(2))
    return {
        "id": list(range(1, count + 1)),
        "age": age.tolist(),
        "pay": [None if np.isnan(x) else x for x in pay.tolist()],
        "town": rng.choice(["Ulm", "Rom", "Gent"], count, p=[0.6, 0.3, 0.1]).tolist(),
        "member": (age > 40).tolist(),
        "since": [date(2020, 1, 1) + timedelta(days=int(k)) for k in rng.integers(0, 900, count)],
    }
