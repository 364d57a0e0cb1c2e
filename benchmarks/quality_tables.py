"""Tables of docs/benchmarks.md about how good recipes are, and what makes them so."""

from __future__ import annotations

import statistics
from typing import Any

from common import load
from rows import grouped, lines_of, spread


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
