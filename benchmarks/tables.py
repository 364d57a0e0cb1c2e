"""Write docs/benchmarks.md from the raw results.

python benchmarks/tables.py
"""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import compiled
import dependencies
from common import RESULTS, load
from doctor import symbols
from doctor.judge import HARM
from doctor.judge import table as judgement
from doctor.pictures import table as pictured
from doctor.rescue import table as rescue_table
from picture_tables import fine_tune, picture_profile, picture_sizes, pictures, verdicts
from rows import grouped, lines_of, spread
from serve import table as serving
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
cores, so compare ratios within a table, not seconds between machines. The recipes `sprint` and `small-data`
were measured with transposed convolutions, which they had before `--upsampling nearest`; only the section
on pictures that no default was tuned on has both.
"""


def quality() -> str:
    rows = lines_of("time_to_quality")
    lines = [
        "## Quality for the minute\n",
        "`benchmarks/time_to_quality.py`: Fréchet distance of 10,000 samples to the 10,000 test digits of",
        "MNIST in the features of the shipped digit classifier, as a multiple of the floor, which is what",
        f"10,000 real training digits score ({rows[0]['floor']:.2f}). Mean, and least to greatest, over seeds.",
        "Recipes were chosen on another split: trained on the first 50,000 digits, measured against the last",
        "10,000 or a random 10,000 of the training set, on other seeds.\n",
        "| recipe | seconds | times the floor | least to greatest | seeds | rarest to commonest digit "
        "| images/s |",
        "|---|---|---|---|---|---|---|",
    ]
    for (case, seconds), found in sorted(grouped(rows, "case", "seconds").items()):
        times = [row["times_floor"] for row in found]
        shares = [share for row in found for share in row["class_shares"]]
        speed = statistics.median(row["images_per_second"] for row in found)
        lines.append(
            f"| {case} | {seconds} | **{statistics.mean(times):,.2f}** "
            f"| {min(times):,.2f} to {max(times):,.2f} | {len(found)} "
            f"| {min(shares):.1%} to {max(shares):.1%} | {speed:,.0f} |"
        )
    return "\n".join(lines) + "\n"


def speed() -> str:
    facts = load("speed")
    lines = [
        "## The tutorial's epoch\n",
        "`benchmarks/speed.py`: the beginner's training as tutorials write it (DataLoader, a transform for",
        "each picture, BCELoss) and `--recipe tutorial`, the same mathematics, pair by pair in one process.",
        "The floor is the epoch's matrix products alone. OpenMP's waiting threads sleep (passive) or spin",
        "(active).\n",
        "| waiting threads | plain, s | ours, s | floor, s | plain / ours | ours / floor |",
        "|---|---|---|---|---|---|",
    ]
    for policy, found in facts["policies"].items():
        seconds = {
            name: statistics.median(row[name] for row in found["seconds_per_epoch"])
            for name in ("plain", "ours", "floor")
        }
        ratio, above = found["plain_over_ours"], found["ours_over_floor"]
        lines.append(
            f"| {policy.lower()} | {seconds['plain']:.1f} | {seconds['ours']:.1f} | {seconds['floor']:.1f} "
            f"| **{ratio['median']:.2f}** ({ratio['min']:.2f} to {ratio['max']:.2f}) "
            f"| {above['median']:.2f} ({above['min']:.2f} to {above['max']:.2f}) |"
        )
    return "\n".join(lines) + "\n"


def neighbour() -> str:
    facts = load("neighbour")
    lines = [
        "## Beside a busy neighbour\n",
        "`benchmarks/neighbour.py`: images a second alone and with one more process computing without pause",
        "on the same two cores. The plain loop, fed from memory here, runs as torch does by itself: two",
        "threads, which spin for some milliseconds where they wait; and with OMP_WAIT_POLICY=ACTIVE.\n",
        "| training | alone | beside a busy process | kept |",
        "|---|---|---|---|",
    ]
    for case, median in facts["median"].items():
        kept = facts["kept_beside_neighbour"][case]
        lines.append(f"| {case} | {median['alone']:,.0f} | {median['busy']:,.0f} | **{kept:.0%}** |")
    return "\n".join(lines) + "\n"


def choices() -> str:
    facts = load("runtime_choices")
    lines = [
        "## What each choice of the runtime gives\n",
        "`benchmarks/runtime_choices.py`: the default recipe's speed with one choice undone, relative to the",
        "untouched one of the same round. bf16 is chosen on processors with units for it, as this one.\n",
        "| undone | speed | least to greatest |",
        "|---|---|---|",
    ]
    for case, median in facts["median_ratio"].items():
        ratios = facts["ratio"][case]
        lines.append(f"| {case} | {median:.2f} | {min(ratios):.2f} to {max(ratios):.2f} |")
    return "\n".join(lines) + "\n"


def metrics_speed() -> str:
    facts = load("metrics_speed")
    prdc, frechet = facts["prdc"], facts["frechet"]
    lines = [
        "## The metrics against the packages people use\n",
        f"`benchmarks/metrics_speed.py`: precision, recall, density and coverage of {prdc['count']:,} against",
        f"{prdc['count']:,} features of {prdc['width']} dimensions, and the Fréchet distance in "
        f"{frechet['width']:,} dimensions, from",
        "moments given and with those of one set of samples. Ratios turn by turn; memory above what the",
        "process held before.\n",
        "| computation | against | times faster | least to greatest | our peak, MB | theirs, MB "
        "| largest difference |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in ("prdc", "frechet", "frechet with moments"):
        found = facts[name]
        memory = found["peak_megabytes"]
        for who in [key.removesuffix("_over_ours") for key in found if key.endswith("_over_ours")]:
            ratio = found[f"{who}_over_ours"]
            lines.append(
                f"| {name} | {who} | **{ratio['median']:.1f}** | {ratio['min']:.1f} to {ratio['max']:.1f} "
                f"| {memory['sparring']:,.0f} | {memory[who]:,.0f} | {ratio['largest_difference']:.1e} |"
            )
    return "\n".join(lines) + "\n"


def kills() -> str:
    found: Any = load("kill_resume")
    facts = {
        name: sum(one[name] for one in found) for name, value in found[0].items() if isinstance(value, int)
    }
    fields = {field for one in found for field in one["fields_of_the_history_that_differ"]}
    return (
        "## Killed and resumed\n\n"
        f"`benchmarks/kill_resume.py`: {facts['kills']} times `kill -9` at random moments in "
        f"{facts['trials']} trainings of five kinds (pictures by two recipes, points, texts, music), "
        f"{facts['kills_while_a_checkpoint_was_written']} of them while a checkpoint was being written and "
        f"{facts['kills_before_the_first_checkpoint']} before the first one. Final states that differed from "
        f"the unbroken run's in any bit: **{facts['trials_that_differ']}**. Fields of the "
        f"{facts['records_compared']:,} records of their histories that differed, the clocks aside: "
        f"**{len(fields)}**.\n"
    )


def broken() -> str:
    facts = load("fuzz")
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in facts["by_kind"].items())
    return (
        "## Broken inputs\n\n"
        f"`benchmarks/fuzz.py`: {facts['cases']:,} inputs broken on purpose, from a seed ({kinds}), each given "
        f"to a verb, the page or the library within {facts['memory_bytes'] / 1e9:g} GB of memory. Those that "
        "ended in a traceback, in text that is not ours, in more than 2,000 characters of it, in a hang, or "
        f"took the process with them: **{facts['failures']}**.\n"
    )


def modes() -> str:
    lines = [
        "## Modes of the ring and the grid\n",
        "`benchmarks/modes.py`: of 10,000 samples, those within three standard deviations of their mode",
        "(98.9 % of real ones are), and the modes that have at least 20 of them. Published: a plain GAN finds",
        "6.3 of 8 and 17.3 of 25, PacGAN4 7.8 and 24.8.\n",
        "| set | recipe | modes | all found | high quality | worst seed | seconds of a core |",
        "|---|---|---|---|---|---|---|",
    ]
    for (data, recipe), found in sorted(grouped(load("modes")["rows"], "data", "recipe").items()):
        of, quality = found[0]["of"], [100 * row["high_quality"] for row in found]
        seconds = [row.get("cpu_seconds", row["seconds"]) for row in found]
        lines.append(
            f"| {data} | {recipe} | **{statistics.mean(row['modes'] for row in found):.1f}** of {of} "
            f"| {sum(row['modes'] == of for row in found)} of {len(found)} seeds "
            f"| {statistics.mean(quality):.1f} % | {min(quality):.1f} % "
            f"| {statistics.mean(seconds):.0f} |"
        )
    return "\n".join(lines) + "\n"


def stacked() -> str:
    rows = lines_of("stacked_mnist")
    lines = [
        "## Stacked MNIST\n",
        "`benchmarks/stacked_mnist.py`: three digits as the channels of one picture, 1,000 modes, 25,600",
        "samples named by the shipped classifier, trained without labels or clusters. As many real samples",
        f"get a reverse KL divergence of {rows[0]['real_reverse_kl']:.3f}. Published: DCGAN 99 modes,",
        "PacGAN up to 1,000, R3GAN 1,000 with 0.03 to 0.08, on GPUs.\n",
        "| recipe | options | seed | minutes | samples seen | weights in G | modes | reverse KL, nats |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (recipe, options, seed), found in grouped(rows, "recipe", "options", "seed").items():
        lines += [
            f"| {recipe} | {options.strip('{}') or 'its own'} | {seed} "
            f"| {row['trained_minutes']:.0f}{' of one core' if row.get('threads') == 1 else ''} "
            f"| {row['samples_seen']:,} | {row['weights']:,} | **{row['modes']}** | {row['reverse_kl']:.3f} |"
            for row in found
        ]
    return "\n".join(lines) + "\n"


def recipes() -> str:
    lines = [
        "## Every recipe for the same minutes\n",
        "`benchmarks/recipes.py`: Fréchet distance to the test set as a multiple of what real samples score,",
        "coverage beside theirs, and GAN-train accuracy where a recipe draws by class, as",
        "`sparring evaluate` gives them. Several recipes here were published for hours on GPUs. Most trainings",
        "are of one thread, until they have seen what the recipe sees in these minutes on a quiet machine.\n",
        "| data | minutes | recipe | times real | coverage | of reals | GAN-train | samples | seeds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    groups = grouped(lines_of("recipes"), "data", "minutes", "recipe")
    order = sorted(groups.items(), key=lambda item: (*item[0][:2], _times(item[1][0])))
    for (data, minutes, recipe), found in order:
        reports = [row["report"] for row in found]
        train = [100 * r["classes"]["gan_train"] for r in reports if r["classes"]]
        lines.append(
            f"| {data} | {minutes:g} | {recipe} | {spread([_times(row) for row in found])} "
            f"| {statistics.mean(r['fake']['coverage'] for r in reports):.2f} "
            f"| {statistics.mean(r['real']['coverage'] for r in reports):.2f} "
            f"| {f'{statistics.mean(train):.1f} %' if train else ''} "
            f"| {statistics.mean(row['samples_seen'] for row in found):,.0f} | {len(found)} |"
        )
    return "\n".join(lines) + "\n"


def _times(row: dict[str, Any]) -> float:
    measured = row["report"]
    return float(measured["frechet_mean"] / measured["real"]["frechet"])


def _mean(rows: list[dict[str, Any]], part: str, name: str) -> float:
    return float(statistics.mean(row["report"][part][name] for row in rows))


def few_samples() -> str:
    lines = [
        "## Few samples\n",
        "`benchmarks/few_samples.py`: emoji, all 1,703 and 511 of them, measured against emoji that no",
        "training has seen, as a multiple of what real samples score. Recall is the share of unseen emoji",
        "that lie among the samples. A sample is new where it is farther from its nearest training emoji",
        "than that one is from the next (AuthPct); of held-out emoji so many are. The gap is 0 where the",
        "discriminator knows what an emoji is and 1 where it knows its training samples only.\n",
        "| set | recipe | minutes | times real | recall | new | of held-out | held-out gap "
        "| augmentation's p | seeds |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for (which, case, minutes), found in grouped(lines_of("few_samples"), "set", "case", "minutes").items():
        p = [row["augment_p"] for row in found if "augment_p" in row]
        lines.append(
            f"| {which} | {case} | {minutes:g} | {spread([_times(row) for row in found])} "
            f"| {_mean(found, 'fake', 'recall'):.2f} | {_mean(found, 'copying', 'authentic'):.0%} "
            f"| {_mean(found, 'copying', 'authentic_held_out'):.0%} "
            f"| {spread([row['held_out_gap'] for row in found], 2)} "
            f"| {f'{statistics.mean(p):.2f}' if p else ''} | {len(found)} |"
        )
    return "\n".join(lines) + "\n"


def ours_bf16(found: dict[str, Any]) -> list[float]:
    """How many times as fast as in float32, turn by turn."""
    speeds = found["images_per_second"]
    return [b / a for a, b in zip(speeds["ours in float32"], speeds["ours in bf16"], strict=True)]


def peers() -> str:
    facts = load("peers")
    bf16 = [
        statistics.median(ours_bf16(found))
        for found in load("peers_elsewhere").values()
        if isinstance(found, dict)
    ]
    lines = [
        "## Against the installable GAN libraries\n",
        "`benchmarks/peers.py`: their own networks, batch, loss and optimizers, trained by their trainer and",
        "by `sparring.train`, in turn, in one process; images a second, medians. Theirs compute in float32;",
        "ours in float32 too, and in bf16, which is the default on processors with units for it, as this one.",
        "On another machine (`peers_elsewhere.json`) ours in bf16 were "
        f"{min(bf16):.2f} to {max(bf16):.2f} times as fast as in float32.",
        "R3GAN is published code and no library; its penalties are computed at every step in all three.",
        "lightweight-gan computes in batches of 8, which is what its attention leaves room for.\n",
        "| networks | theirs | ours in float32 | ours in bf16 | times theirs, float32 | bf16 |",
        "|---|---|---|---|---|---|",
    ]
    for case, found in facts.items():
        if isinstance(found, dict):
            speed = {who: statistics.median(all_) for who, all_ in found["images_per_second"].items()}
            alike, ours = found["times_theirs"]["ours in float32"], found["times_theirs"]["ours in bf16"]
            columns = " | ".join(f"{speed[who]:.3g}" for who in ("theirs", "ours in float32", "ours in bf16"))
            lines.append(
                f"| {case} | {columns} "
                f"| **{alike['median']:.2f}** ({alike['min']:.2f} to {alike['max']:.2f}) "
                f"| **{ours['median']:.2f}** ({ours['min']:.2f} to {ours['max']:.2f}) |"
            )
    return "\n".join(lines) + "\n"


def doctor() -> str:
    names = sorted(path.stem for path in (RESULTS / "doctor").glob("*.jsonl"))
    lines = [
        "## The doctor\n",
        "`benchmarks/doctor/run.py` trains 600 steps with each of 30 faults, and 13 healthy variants;",
        "`benchmarks/doctor/judge.py` shows the histories to the doctor, a record every 50 steps. A fault is",
        f"harmful where its final quality is more than {HARM} times worse than the control's. Thresholds were",
        "fixed on MNIST's first seed. One thing was changed after the ring was seen, and holds",
        "for the grid too: what cannot be reached is looked for in pictures only; nothing bounds points.\n",
        f"Texts and music are trained {symbols.STEPS} steps with smaller players, one seed,",
        "and the faults of `benchmarks/doctor/symbols.py`. On names three things were changed: a fifth of dead",
        "symbols is enough, no gradient is blocked where the generator has moved, and labels are swapped",
        "only where the discriminator moves. On chorales two: a wrong sign ends beyond the mean of the data,",
        "and dead symbols are looked for before kinds that are missing.\n",
    ]
    for name in names:
        lines += judgement(name)
    return "\n".join(lines) + "\n"


def doctor_on_pictures() -> str:
    lines = [
        "## The doctor on pictures\n",
        "`benchmarks/doctor/pictures.py`: 600 steps of 64 pictures at 32 pixels (28 for digits and clothes),",
        "one seed; the numbers of the last record, and what the doctor finds then. Beside them what a network",
        "that took no part sees in 500 pictures: the distance in floors (one is that of other real",
        "pictures) and the variance in its features over the reals'; – where it was not asked. All these",
        "trainings are short: none is good.\n",
    ]
    return "\n".join([*lines, *pictured(lines_of("doctor_pictures"))]) + "\n"


def rescues() -> str:
    lines = [
        "## Rescue\n",
        "`benchmarks/doctor/rescue.py`: the faults that are options, as they are and with `--rescue 3`,",
        "the same samples in the end; medians of the harmful ones. Steps count what was tried in vain too.",
        "Batches of 2 see 1,200 samples in all, in which no cure of the batch's size can help.\n",
    ]
    return "\n".join([*lines, *rescue_table(lines_of("rescue"))])


def overhead() -> str:
    facts = load("doctor_overhead")
    lines = [
        "## What the doctor costs\n",
        "`benchmarks/doctor/overhead.py`: wall time of a training on MNIST with its measurements and",
        "without, in turn; records and the look at the data before the first step are in it. Below 1 is noise:",
        "the same training's time differs by a tenth from one round to the next.\n",
        "| recipe | steps | with over without | least to greatest |",
        "|---|---|---|---|",
    ]
    for recipe, steps in facts["steps"].items():
        ratios, median = facts[recipe]["ratios"], facts[recipe]["median_ratio"]
        lines.append(f"| {recipe} | {steps:,} | **{median:.3f}** | {min(ratios):.3f} to {max(ratios):.3f} |")
    return "\n".join(lines) + "\n"


def cures() -> str:
    lines = [
        "## One change at a time to the beginner's GAN\n",
        "`benchmarks/cures.py`: `--recipe tutorial` on MNIST with a few options changed. Fréchet distance in",
        "multiples of what real digits score; spread is the mean distance of two samples over that of two",
        "reals. One thread each, two side by side.\n",
        "| change | options | epochs | times real | commonest digit | spread | seconds | seeds |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (change, epochs), found in grouped(lines_of("cures"), "change", "epochs").items():
        options = ", ".join(f"`{name}={value}`" for name, value in found[0]["options"].items())
        lines.append(
            f"| {change} | {options} | {epochs:g} | {spread([row['distance'] for row in found], 0)} "
            f"| {statistics.mean(row['commonest'] for row in found):.0%} "
            f"| {statistics.mean(row['spread'] for row in found):.2f} "
            f"| {statistics.mean(row['trained_seconds'] for row in found):.0f} | {len(found)} |"
        )
    return "\n".join(lines) + "\n"


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
