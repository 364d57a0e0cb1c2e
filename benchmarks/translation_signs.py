"""What the doctor's signs of a translation are for outputs whose fault is known, on held-out pairs.

    python benchmarks/translation_signs.py sets

No network is trained: outputs are the targets themselves, their negatives, targets of other sources, the
mean target, the sources as they are, and half source, half target. With pairs and without, a line for each
set goes to results/translation-signs.jsonl, with ``agreement`` and ``changed``; without, also with ``leaked``,
where the targets are those of the sources, those of other sources, and half and half. The bounds of the rules
were fixed on ``hanzi-32``; the other sets only report.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from common import RESULTS
from sparring import kinds
from sparring.data.shapes import shapes
from sparring.data.spec import Dataset
from sparring.games.translation_gauge import MOST, agreement, changed, polarity
from sparring.games.translation_step import as_given
from sparring.metrics.translation import leaked
from translation import sides

SETS = ("hanzi-32", "emoji-64", "edges-64")


def signs(data: Dataset, paired: bool) -> dict[str, dict[str, float]]:
    """The signs of each kind of output, by name."""
    batch = data.batch(torch.arange(MOST))
    assert batch.given is not None
    targets, sources = batch.real, as_given(batch.given, batch.real)
    coarse = kinds.of(data.spec).coarse
    own, sign = (targets, 1) if paired else (sources, polarity(batch.given, batch.real))
    needed = targets if paired else targets.roll(1, 0)
    outputs = {
        "right": targets,
        "half of the way": (sources + targets) / 2,
        "negatives": -targets,
        "of other sources": targets.roll(1, 0),
        "the mean target": targets.mean(0, keepdim=True).expand_as(targets),
        "unchanged": sources,
    }
    return {
        name: {
            "agreement": sign * (agreement(coarse(made), coarse(own)) or 0.0),
            "changed": changed(made, sources, needed) or 0.0,
        }
        for name, made in outputs.items()
    }


def leaks(data: Dataset) -> dict[str, float | None]:
    """The sign of pairs that leak, of as many sources and targets as the first half of the data."""
    assert data.given is not None
    count = len(data) // 2
    mixed = torch.randperm(count, generator=torch.Generator().manual_seed(0))
    first, second = data.samples[:count], data.samples[count : 2 * count]
    sides = {"pairs": first, "half": torch.cat([first[: count // 2], second[count // 2 :]]), "no pairs": second}
    sources = data.given.samples[:count]
    return {"pairs in order": leaked(sources, first)} | {
        name: leaked(sources, side[mixed]) for name, side in sides.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path)
    args = parser.parse_args()
    held = {name: sides(args.sets / f"{name}.npz", None, False)[1] for name in SETS}
    held["shapes"] = shapes(2 * MOST, seed=1)
    with (RESULTS / "translation-signs.jsonl").open("w") as file:
        for name, data in held.items():
            for paired in (True, False):
                found = signs(data, paired)
                row: dict[str, Any] = {"set": name, "paired": paired, "count": MOST, "signs": found}
                row |= {} if paired else {"leaked": leaks(data)}
                file.write(json.dumps(row) + "\n")
                print(
                    name,
                    paired,
                    {who: round(of["agreement"], 2) for who, of in found.items()},
                    row.get("leaked"),
                )


if __name__ == "__main__":
    main()
