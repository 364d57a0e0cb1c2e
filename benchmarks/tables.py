"""Write docs/benchmarks.md from the raw results.

python benchmarks/tables.py
"""

from __future__ import annotations

import math
import statistics
import textwrap
from pathlib import Path
from typing import Any

import compiled
import dependencies
from common import RESULTS, load, rows_in
from doctor import symbols
from doctor.judge import HARM
from doctor.judge import table as judgement
from doctor.pictures import table as pictured
from doctor.rescue import table as rescue_table
from serve import table as serving
from study_table import studies
from table_costs import slopes
from verdicts import FEATURES, agreement

PAGE = Path(__file__).parents[1] / "docs/benchmarks.md"
INTRO = """\
# Benchmarks

Every table on this page is written by `python benchmarks/tables.py` from the raw results in
`benchmarks/results/`; each section names the script that makes them. The machine had two shared
cores, so compare ratios within a table, not seconds between machines. The recipes `sprint` and `small-data`
were measured with transposed convolutions, which they had before `--upsampling nearest`; only the section
on pictures that no default was tuned on has both.
"""


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


def judged(row: dict[str, Any]) -> str:
    """The cells of the two judges: the distance, and the floor."""
    return " | ".join(f"{row[name]:.0f} ({row[f'{name}_floor']:.0f})" for name in ("mobilenet", "lite0"))


def pictures() -> str:
    lines = [
        "## Pictures that no default was tuned on\n",
        "`benchmarks/pictures.py`, each method on one thread: what `auto` chooses (`default`) and the",
        "DCGAN of PyTorch's tutorial. Three earlier defaults stand beside them: `narrow` has fewer",
        "channels, and a latent that only the coarsest scale knows; `before-leak` also lacks the leak in",
        "the generator's last layer, without which one of seven trainings became all white, for ever;",
        "`without-features` lacks the features of ImageNet too. `pictures` was chosen on CIFAR-10, emoji",
        "and oxygen icons, and never saw the solar cells. Two judges, trained on ImageNet too:",
        "MobileNetV2, which took no part in any training, and EfficientNet-Lite0, whose first stages the",
        "default learns from;",
        "Fréchet distance to held-out pictures in 64 components.",
        "The floor is the distance of the training pictures. Corners: power at the highest frequencies over",
        "that of real pictures; a weave of dots stands there.\n",
        "| set | method | CPU seconds | samples seen | MobileNetV2 (floor) | Lite0 (floor) | corners | seed |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in lines_of("pictures"):
        lines.append(
            f"| {row['set']} | {row['method']} | {row['seconds']:.0f} | {row['samples_seen']:,} "
            f"| {judged(row)} | {row['corners']:.3g} | {row['seed']} |"
        )
    lines += [
        "\nAfter two and a half minutes of one core the distance above the floor is a ninth of the DCGAN's",
        "on CIFAR-10, a quarter on emoji of 64 and of 128 pixels, a seventh on icons, and a sixth on the",
        "solar cells, which no default had seen. The wider networks see a quarter fewer samples in the",
        "same time: they are better on CIFAR-10 and on icons, and worse on the emoji of 128 pixels after",
        "so short a time; in exchange a colour belongs to a whole thing. The paintings of Van Gogh that",
        "are held out differ so much from the others that the floor is high. In two labelled sets the",
        "class that varies least has 0.54 and 0.58 of the reals' variance. Corners below 0.5 say that",
        "pictures are too smooth, or white. After 600 seconds of one core, which is five minutes of two,",
        "emoji are at 135 above the floor by MobileNetV2.",
        "CIFAR-10, emoji, paintings and clothes; above what `auto` chooses, below the DCGAN:\n",
        "![Sheets of 64 pictures, those of the DCGAN grey or blurred](images/pictures-same-cpu.jpg)",
    ]
    return "\n".join(lines) + "\n"


def picture_sizes() -> str:
    lines = [
        "## Speed and memory by the size of pictures\n",
        "`benchmarks/picture_sizes.py`: pictures in colour on one thread, samples a second of CPU time without",
        "vital signs, and the greatest memory of the process, Python and torch included. The batch of a recipe",
        "is halved until it has no more numbers than 128 pictures of 64 pixels, but not below 16, or 8 where",
        "batches are not normalised.\n",
        "| recipe | pixels | batch | samples/s | peak MB | 100,000 samples take |",
        "|---|---|---|---|---|---|",
    ]
    for row in sorted(
        lines_of("picture_sizes"), key=lambda row: (row["recipe"] == "modern", row["side"], row["given"])
    ):
        batch = f"{row['batch_size']}{' (given)' if row['given'] else ''}"
        minutes = 100_000 / row["samples_per_second"] / 60
        cells = [
            row["recipe"],
            f"{row['side']} x {row['side']}",
            batch,
            f"**{row['samples_per_second']:,.0f}**",
        ]
        lines.append(f"| {' | '.join(cells)} | {row['peak_mb']:,} | {minutes:,.0f} min |")
    return "\n".join(lines) + "\n"


def fine_tune() -> str:
    lines = [
        "## Few pictures, and another run to begin with\n",
        "`benchmarks/fine_tune.py`: few pictures of 64 pixels, equal CPU seconds of one thread, from random",
        "weights or beginning with another run of 80,000 samples (`--from-run`), as the judges above see it:",
        "Fréchet distance to as many pictures that no training saw. So far a first look at one set with one",
        "seed; the script also measures other sets and numbers of pictures, and with `--variants` what else",
        "could be taken from the other run: the generator without its weight average, new weights for the",
        "clusters, no discriminator, or one whose first layers stay as they are (`--freeze-d`).\n",
        "| set | pictures | begins with | method | CPU seconds | samples seen | MobileNetV2 (floor) "
        "| Lite0 (floor) | seed |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    rows = sorted(lines_of("fine_tune"), key=lambda row: (row["set"], row["pictures"], row["seconds"]))
    for row in rows:
        lines.append(
            f"| {row['set']} | {row['pictures']:,} | {row['source'] or 'random weights'} | {row['method']} "
            f"| {row['cpu_seconds']:.0f} | {row['samples_seen']:,} | {judged(row)} | {row['seed']} |"
        )
    lines.append("\n468 icons for the same few CPU seconds, from random weights and from a run of emoji:\n")
    lines.append("![Two sheets of 64 pictures: shapeless blobs, and things on white](images/fine-tune.jpg)")
    return "\n".join(lines) + "\n"


def verdicts() -> str:
    rows = lines_of("verdicts")
    lines = [
        "## Does the first number order runs as a judge does\n",
        "`benchmarks/verdicts.py`: trainings of four sets, from bad to good, in multiples of what real",
        "pictures score. The judge is MobileNetV2, which no part of sparring has seen; our first number",
        "is times real in `imagenet-64` (EfficientNet-Lite0) or, without the extra `imagenet`, in",
        "`scattering-64`; `pca-64` was it before for pictures without labels. All are measured against",
        "the same held-out pictures. The doctor is given our first number. Emoji and paintings have high",
        "floors, since what is held out differs in kind. Trainings named `before` are those of an earlier",
        "default, whose discriminator saw no features of ImageNet; `imagenet-64`, later stages of the",
        "same network, is a little too kind to those that did.\n",
        "| set | training | judge | imagenet-64 | scattering-64 | pca-64 | what the doctor begins with |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in sorted(rows, key=lambda row: (row["set"], row["judge"])):
        numbers = " | ".join(f"{row[name]:.1f}" for name in ("judge", *FEATURES))
        said = row["doctor"].removeprefix("doctor: ").split(". ")[0].split(": ")[0]
        lines.append(f"| {row['set']} | {row['run']} ({row['recipe']}) | {numbers} | {said} |")
    found = {name: agreement(rows, name) for name in FEATURES}
    parts = list(found[FEATURES[0]])
    lines += ["\nRank correlation (Spearman) with the judge:\n", f"| features | {' | '.join(parts)} |"]
    lines.append(f"|---|{'---|' * len(parts)}")
    for name, values in found.items():
        lines.append(f"| `{name}` | {' | '.join(f'{values[part]:.2f}' for part in parts)} |")
    lines += [
        "\nOn CIFAR-10 the judge puts the garish blobs of 5,000 samples before the pictures of 70,000, which",
        "an eye does not, nor do our numbers. `scattering-64` exaggerates: what has wrong edges is further",
        "from the reals in it than the judge says. No run beyond ten times what reals score is called healthy",
        "without the number.",
    ]
    return "\n".join(lines) + "\n"


def music() -> str:
    names = (
        "chords",
        "chord pairs",
        "consonant",
        "intervals",
        "lengths",
        "coverage",
        "told apart",
        "copied bars",
    )
    lines = [
        "## Music\n",
        "`benchmarks/music.py`: the built-in chorales on one thread, against melodies that are held out; one",
        "training, measured three times. Chords in bits, intervals and lengths in total variation, the others",
        "as shares; what they mean is in [the guide](guides/music.md#is-it-good).\n",
        f"| | CPU seconds | {' | '.join(names)} | seed |",
        f"|---|---|{'---|' * len(names)}---|",
    ]
    for row in lines_of("music"):
        numbers = " | ".join(f"{row[name]:.3g}" for name in names)
        lines.append(f"| {row['who']} | {row.get('cpu_seconds', '')} | {numbers} | {row['seed']} |")
    return "\n".join(lines) + "\n"


def translations() -> str:
    names = ("content", "style", "pair", "sharpness")
    lines = [
        "## Translations\n",
        "`benchmarks/translation.py`: held-out pictures after so many CPU seconds of one core. What the",
        "columns mean is in [the guide](guides/translation.md#is-it-any-good). Content is that of the own",
        "target with pairs, else of the own source; found is that of the own target in both. Other reals",
        "say what is best of style; a baseline costs nothing. `pix2pix-published` has the networks of its",
        "paper, in our own writing (`benchmarks/translation_peers.py`). A line is one seed. Options were",
        "chosen on a tenth of the training pairs of hanzi-32.\n",
        f"| set | pairs | who | CPU seconds | samples | {' | '.join(names)} | found | seed |",
        f"|---|---|---|---|---|{'---|' * len(names)}---|---|",
    ]
    known = set()
    for row in lines_of("translation"):
        pairs = "none" if row["unpaired"] else f"{row['pairs'] or 'all'}"
        for who, found in row["columns"].items():
            mine = who == "the generator"
            if not mine and (row["set"], row["unpaired"], who) in known:
                continue
            known.add((row["set"], row["unpaired"], who))
            numbers = " | ".join(f"{found[name]:.3g}" if name in found else "" for name in names)
            cost = (f"{row['cpu_seconds']:g}", f"{row['samples']:,}") if mine else ("", "")
            measured = {"the generator": "identified", "doing nothing": "untouched"}
            again = {of: row[name] for of, name in measured.items() if name in row}
            ends = f"{again[who]:.3g}" if who in again else "", row["seed"] if mine else ""
            name = f"**{row['method']}**" if mine else who
            cells = (row["set"], pairs, name, *cost, numbers, *ends)
            lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


def translation_signs() -> str:
    rows = lines_of("translation-signs")
    names = list(rows[0]["signs"])
    lines = [
        "### Signs of the doctor\n",
        "`benchmarks/translation_signs.py`: `agreement` (and `changed`) of outputs whose fault is known, on 64",
        "held-out pairs. The bounds, -0.1 and 0.1 (0.15), were fixed on hanzi-32; other sets only report.\n",
        f"| set | pairs | {' | '.join(names)} |",
        f"|---|---|{'---|' * len(names)}",
    ]
    for row in rows:
        numbers = [f"{of['agreement']:.2f} ({of['changed']:.2f})" for of in row["signs"].values()]
        lines.append(f"| {row['set']} | {'yes' if row['paired'] else 'no'} | {' | '.join(numbers)} |")
    return "\n".join(lines) + "\n"


def texts() -> str:
    lines = [
        "## Texts\n",
        "`benchmarks/text.py`: built-in sets on one thread, against texts that are held out, beside baselines",
        "that `sparring evaluate` trains. What the numbers mean is in",
        "[the guide](guides/text.md#how-good-is-it).\n",
    ]
    for row in lines_of("text"):
        rows = row["comparison"]["columns"]
        names = list(row["comparison"]["scales"])
        seen = f"{row['samples_seen']:,} samples in {row['seconds']:.0f} seconds"
        lines += [
            f"{row['set']}, {seen}, seed {row['seed']}:\n",
            f"| | {' | '.join(names)} |",
            f"|---|{'---|' * len(names)}",
        ]
        for who, numbers in rows.items():
            found = " | ".join(f"{numbers[name]:.3g}" if name in numbers else "" for name in names)
            lines.append(f"| {who} | {found} |")
        lines.append("")
    drawn = load("symbols_speed")["per_second"]
    rates = ", ".join(f"{name} {count:,}" for name, count in drawn.items())
    lines += [
        "Samples that the generator of the default recipe draws in a second of CPU time, on one thread",
        f"(`benchmarks/symbols_speed.py`): {rates}.\n",
    ]
    return "\n".join(lines)


def detection() -> str:
    rows = lines_of("detection")
    lines = [
        "## Defects\n",
        "`benchmarks/detection.py`: the mean AUROC over the kinds of defect of sets that no detector was "
        "fitted to;",
        "on MNIST and Fashion-MNIST one class is normal and the nine others are odd (mean over the classes",
        "that were tested). `auto` is",
        "the method that damage on held-out normals chose, before any test; a method in bold is best. "
        "GANomaly and",
        "f-AnoGAN are our own writing of the published objectives, on networks of the same size and for the "
        "same time.",
        "Metal surfaces and other held-back sets are not in this table. The damage and the networks were "
        "tried on",
        "other wafers, on MNIST's 0, 3 and 8, on Fashion-MNIST's t-shirts and shirts and on half of the solar "
        "cells, so of",
        "those classes the numbers may be a little too good. In rows of 20 seconds `residuals` did not see",
        "ImageNet features yet; in rows of 8 seconds it alone was trained.\n",
    ]
    methods = [*rows[0]["damage"], "GANomaly", "f-AnoGAN"]
    lines.append("| set | tests | CPU s a GAN | auto | false alarms at 5 % | " + " | ".join(methods) + " |")
    lines.append("|---" * (5 + len(methods)) + "|")
    for (name, seconds), group in grouped(
        [r | {"family": r["set"].split()[0]} for r in rows], "family", "seconds_each"
    ).items():
        means = {
            m: [statistics.mean(r["auroc"][m].values()) for r in group if m in r["auroc"]] for m in methods
        }
        taken = statistics.mean(statistics.mean(r["auroc"][r["auto"]].values()) for r in group)
        best = max((statistics.mean(values) for values in means.values() if values), default=0)
        cells = [
            ""
            if not values
            else f"**{statistics.mean(values):.3f}**"
            if statistics.mean(values) == best
            else f"{statistics.mean(values):.3f}"
            for values in means.values()
        ]
        alarms = statistics.mean(r["alarms_at_5"] for r in group)
        lines.append(
            f"| {name} | {len(group)} | {seconds:g} | {taken:.3f} | {alarms:.1%} | " + " | ".join(cells) + " |"
        )
    wafer = [r for r in rows if r["set"] == "wafers" and r["seconds_each"] == 20]
    lines.append("\nWafers, each pattern, mean of the seeds with 20 seconds a GAN:\n")
    lines.append("| pattern | " + " | ".join(methods) + " |")
    lines.append("|---" * (1 + len(methods)) + "|")
    for pattern in wafer[0]["auroc"]["pca"]:
        values = [statistics.mean(r["auroc"][m][pattern] for r in wafer) for m in methods]
        lines.append(f"| {pattern} | " + " | ".join(f"{value:.3f}" for value in values) + " |")
    return "\n".join([*lines, "", *tiles()])


def tiles() -> list[str]:
    """Large photographs, whole and in tiles."""
    if not (RESULTS / "detection_tiles.jsonl").exists():
        return []
    lines = [
        "`benchmarks/detection_tiles.py`: scratches of 60 by 3 pixels on drawn photographs of wafers,",
        "reduced to 128 pixels (tile 0) or seen in tiles. The memory is that of the whole process at its",
        "greatest, with torch and mapped files; of 4,096 pixels one picture was scored alone, by a detector of",
        "smaller ones. At 768 pixels the scratch is found either way; what tiles gain at larger sides is not",
        "measured.\n",
        "| side | tile | normals | method | AUROC | tested | CPU s a picture | MB to fit | MB to score |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in lines_of("detection_tiles"):
        area = f"{row['auroc'][row['method']]:.3f}" if "auroc" in row else "found" if row["odd"] else "missed"
        tested = " + ".join(map(str, row.get("tested", [1])))
        costs = f"{row['seconds_a_picture']:.1f} | {row['fit_mb']:,} | {row['test_mb']:,}"
        seen = f"{row['side']:,} | {row['tile']} | {row['normals'] or 30} | {row['method']}"
        lines.append(f"| {seen} | {area} | {tested} | {costs} |")
    return [*lines, ""]


def synthetic_tables() -> str:
    """Rows of public tables, as means over seeds."""
    measures = ("told apart", "predicts", "pairs", "columns", "nearer")
    lines = [
        "## Rows of tables\n",
        "`benchmarks/synthetic_tables.py`: four fifths of the complete rows of public tables are learnt from,",
        "the others are what drawn rows are compared with. *Told apart*: how well boosted trees tell them from",
        "unseen rows, an ROC area (0.5 is best). *Predicts*: ROC area (credit_data, Default) or R² (diamonds)",
        "of boosted trees that learnt from drawn rows. *Pairs* and *columns*: 1 minus the distance. *Nearer*:",
        "the share nearer to training rows. CTGAN has its defaults and no fewer CPU seconds than the recipe",
        "had with 450,000 samples; its default are 1,500,000. *Adversarial forest* is the baseline of an",
        "evaluation, *recipe forest* the same in a run, from 10,000 rows at most. Means over few seeds.\n",
        f"| table | rows of | seeds | CPU s | {' | '.join(measures)} |",
        f"|---|---|---|---|{'---|' * len(measures)}",
    ]
    every = lines_of("synthetic-tables")
    order = list(dict.fromkeys(row["table"] for row in every))
    every.sort(key=lambda row: order.index(row["table"]))  # as measured, table by table
    for row in every:
        row["named"] = f"{row['way']}, {row['samples']:,} samples" if "samples" in row else row["way"]
    for (table, way), rows in grouped(every, "table", "named").items():
        seconds = statistics.mean(row["cpu_seconds"] for row in rows)
        means = [f"{statistics.mean(row[name] for row in rows):.3f}" for name in measures]
        lines.append(f"| {table} | {way} | {len(rows)} | {seconds:.1f} | {' | '.join(means)} |")
    return "\n".join([*lines, ""])


def table_costs() -> str:
    """What tables cost by their rows and columns."""
    rows = lines_of("table-costs")
    lines = [
        "## What a table costs\n",
        "`benchmarks/table_costs.py`: half of the columns are numbers, half categories of ten levels; one",
        "thread, a table in memory, batches of 256. Memory is that of the whole process, before reading and at",
        "most.\n",
        "| rows | columns | reading, s | a step, ms | 1,000 rows, s | GB before | GB at most |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [f"| {' | '.join(f'{value:,}' for value in row.values())} |" for row in rows]
    lines += [
        "",
        "The power of the rows, or of the columns, with which costs grow (1: twice as many, twice the cost):",
    ]
    lines += textwrap.wrap(f"{slopes(rows)}.", 105)
    return "\n".join([*lines, ""])


def tuning() -> str:
    rows = lines_of("tune")
    lines = [
        "## Tuning\n",
        "`benchmarks/tune.py`: `sparring tune` on sets that no recipe was made for, at 32 x 32 pixels. Times",
        "real of three trainings with new seeds, by held-out samples that chose nothing: median, least to",
        "greatest. Seconds are those of one processor core, on a machine that was busy with other programs,",
        "beside which a second buys fewer steps. Such trainings are short, and what is best in them need not",
        "be best in long ones. Better or worse is said only where every training beats every other.\n",
        "| set | samples | search | trials x seconds | default | tuned | verdict | best trial |",
        "|---|---|---|---|---|---|---|---|",
    ]
    words = {
        "tuned": "tuned is better",
        "default": "default is better",
        "equal": "as good",
        "same": "the default",
    }
    for row in rows:
        chosen = "as it is" if row["start"] else "changed"
        best = f"{row['chosen'].get('recipe', 'the default')}, {chosen}"
        tuned = "" if row["tuned"] is None else _three(row["tuned"])
        lines.append(
            f"| {row['set']} | {row['data_count']:,} | {row['sampler']} | {row['trials']} x {row['seconds']:g} "
            f"| {_three(row['default'])} | {tuned} | {words.get(row['verdict'], row['verdict'])} | {best} |"
        )
    return "\n".join([*lines, ""])


def _three(values: list[float | None]) -> str:
    """The median, and least to greatest; None is a training that diverged."""
    found = sorted(math.inf if value is None else value for value in values)
    shown = ["diverged" if value == math.inf else f"{value:,.1f}" for value in found]
    return f"**{shown[len(shown) // 2]}** ({shown[0]} to {shown[-1]})" if shown else ""


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
