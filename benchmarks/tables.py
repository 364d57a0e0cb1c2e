"""Write docs/benchmarks.md from the raw results.

python benchmarks/tables.py
"""

from __future__ import annotations

from pathlib import Path

import compiled
import dependencies
from common import RESULTS
from doctor_tables import doctor, doctor_on_pictures, overhead, rescues
from picture_tables import fine_tune, picture_profile, picture_sizes, pictures, verdicts
from quality_tables import cures, few_samples, modes, quality, recipes, stacked
from rows import lines_of
from serve import table as serving
from speed_tables import broken, choices, kills, metrics_speed, neighbour, peers, speed
from study_table import studies
from use_tables import (
    detection,
    music,
    synthetic_tables,
    table_costs,
    texts,
    translation_signs,
    translations,
    tune_workers,
    tuning,
)

PAGE = Path(__file__).parents[1] / "docs/benchmarks.md"
INTRO = """\
# Benchmarks

Every table on this page is written by `python benchmarks/tables.py` from the raw results in
`benchmarks/results/`; each section names the script that makes them. The machine had two shared
cores, so compare ratios within a table, not seconds between machines. Below the first table, the recipes
`sprint` and `small-data` were measured with transposed convolutions, which they had before `--upsampling
nearest`; the section on pictures that no default was tuned on has both.
"""


def main() -> None:
    tables = {
        "time_to_quality.jsonl": quality,
        "speed.json": speed,
        "neighbour.json": neighbour,
        "runtime_choices.json": choices,
        "compiled.json": compiled.table,
        "dependencies.json": dependencies.table,
        "metrics_speed.json": metrics_speed,
        "kill_resume.json": kills,
        "fuzz.json": broken,
        "recipes.jsonl": recipes,
        "modes.json": modes,
        "stacked_mnist.jsonl": stacked,
        "few_samples.jsonl": few_samples,
        "pictures.jsonl": pictures,
        "picture_sizes.jsonl": picture_sizes,
        "picture_profile.jsonl": picture_profile,
        "fine_tune.jsonl": fine_tune,
        "verdicts.jsonl": verdicts,
        "music.jsonl": music,
        "text.jsonl": texts,
        "translation.jsonl": translations,
        "translation-signs.jsonl": translation_signs,
        "detection.jsonl": detection,
        "study.jsonl": lambda: studies(lines_of("study")),
        "synthetic-tables.jsonl": synthetic_tables,
        "table-costs.jsonl": table_costs,
        "tune.jsonl": tuning,
        "tune_workers.jsonl": tune_workers,
        "peers.json": peers,
        "cures.jsonl": cures,
        "rescue.jsonl": rescues,
        "doctor_overhead.json": overhead,
        "serve.json": serving,
        "doctor_pictures.jsonl": doctor_on_pictures,
    }
    sections = [table() for name, table in tables.items() if (RESULTS / name).exists()]
    if any((RESULTS / "doctor").glob("*.jsonl")):
        sections.append(doctor())
    PAGE.write_text("\n".join([INTRO, *sections]), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main()
