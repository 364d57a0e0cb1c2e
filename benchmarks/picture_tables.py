"""Tables of docs/benchmarks.md: pictures."""

from __future__ import annotations

from statistics import fmean
from typing import Any

from rows import grouped, lines_of, spread
from verdicts import FEATURES, agreement

# Earlier defaults, from the first to the last: each lacks one thing that the one after it has.
EARLIER = {
    "without-features": "no discriminator of features",
    "unmoved": "features see pictures that are never moved",
    "no-noise": "the generator has no noise at its scales",
    "early-detail": "features see all detail while the other networks still grow",
    "usual-lengths": "latents as long as in the training, an average half as long",
    "own-size": "features see small pictures, and those that still grow, at their own size",
    "pixel-noise": "noise of single pixels below 64 pixels too",
    "steep-features": "the discriminator of features has no R1",
}


def judged(row: dict[str, Any]) -> str:
    """The cells of the two judges: the distance, and the floor."""
    return " | ".join(f"{row[name]:.0f} ({row[f'{name}_floor']:.0f})" for name in ("mobilenet", "lite0"))


def least_variance(rows: list[dict[str, Any]]) -> str:
    """The cell of the least variance of a class; "" without labels."""
    found = [row["least_variance"] for row in rows if "least_variance" in row]
    return f"{fmean(found):.2f}" if found else ""


def pictures() -> str:
    lines = [
        "## Pictures that no default was tuned on\n",
        "`benchmarks/pictures.py`, each method on one thread: what `auto` chooses (`default`), other recipes,",
        "and two peers: the DCGAN of PyTorch's tutorial and lightweight-gan. The recipe `pictures` was chosen",
        "on CIFAR-10, emoji, oxygen icons and paintings, and never saw the solar cells. Two judges, trained on",
        "ImageNet too: MobileNetV2, which took no part in any training, and EfficientNet-Lite0, whose first",
        "stages the default learns from; Fréchet distance to held-out pictures in 64 components, above that of",
        "the training pictures, which is the floor. Corners: power at the highest frequencies over that of",
        "real pictures; a weave of dots stands there, and below 0.5 pictures are too smooth. Variety: the",
        "least variance of a class over that of its real pictures. Means of the seeds, with the least and the",
        "greatest.\n",
        "| set (floors) | method | CPU seconds | samples seen | above the floor: MobileNetV2 | Lite0 | corners "
        "| variety | seeds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    shown = [row for row in lines_of("pictures") if row["method"] not in EARLIER]
    for rows in grouped(shown, "set", "method", "seconds").values():
        first = rows[0]
        lines.append(
            f"| {first['set']} ({first['mobilenet_floor']:.0f}, {first['lite0_floor']:.0f}) "
            f"| {first['method']} | {first['seconds']:.0f} "
            f"| {fmean(row['samples_seen'] for row in rows):,.0f} "
            f"| {spread([row['mobilenet_excess'] for row in rows], 0)} "
            f"| {spread([row['lite0_excess'] for row in rows], 0)} "
            f"| {fmean(row['corners'] for row in rows):.3g} "
            f"| {least_variance(rows)} | {len(rows)} |"
        )
    lines += [
        "\nAfter two and a half minutes of one core the distance above the floor by MobileNetV2 is a",
        "fourteenth of the DCGAN's on CIFAR-10, also with labels, a ninth on clothes, between a fifth and a",
        "seventh on icons, on emoji of 64 and 128 pixels and on the solar cells, which no default had seen;",
        "what is forged is as near to the held-out paintings as other paintings are. Icons, emoji of 128",
        "pixels, paintings and solar cells are one seed each. After thirty minutes of CIFAR-10 with labels",
        "it is a ninth of the DCGAN's without, which has fallen to 272 by then, no class varies by less",
        "than 0.7 or more than 1.3 times what its real pictures do, and the corners have the power of real",
        "ones. Icons, emoji of 128 pixels and paintings are still too smooth after two and a half minutes.",
        "The default had a busy machine, the DCGAN a quiet one: compare by samples seen too. The choice of",
        "the length of latents at the end is not counted in the CPU seconds. The paintings of Van Gogh that",
        "are held out differ so much from the others that the floor is high (393). lightweight-gan is made",
        "for GPUs: it saw 80 samples. The same against time (`scripts/make_picture_curves.py`):\n",
        "![Curves that fall slowly, far below those of the DCGAN](images/picture-curves.png)\n",
        "CIFAR-10, emoji, paintings and clothes; above what `auto` chooses, below the DCGAN:\n",
        "![Sheets of 64 pictures, those of the DCGAN grey or blurred](images/pictures-same-cpu.jpg)",
        *earlier_defaults(),
    ]
    return "\n".join(lines) + "\n"


def earlier_defaults() -> list[str]:
    """Lines on earlier defaults of the recipe ``pictures``: a row for each set and time, a column for each."""
    methods = (*EARLIER, "default")
    rows = [row for row in lines_of("pictures") if row["method"] in methods and row["seconds"] > 60]
    rows = [row for row in rows if row["set"] != "fashion"]  # whose default is another recipe
    found = grouped(rows, "set", "seconds", "method")
    lines = [
        "\n### What each step brought\n",
        "Earlier defaults of the recipe `pictures`, from the first to the last. Each lacks one thing that",
        "those after it have:\n",
        *(f"- `{method}`: {lacking}" for method, lacking in EARLIER.items()),
        "\nMobileNetV2 above the floor, and the power in the corners in brackets; means of one to three seeds.",
        "`own-size` and later ones, and third seeds of `usual-lengths`, had a busy machine, on which a CPU",
        "second trained 40 to 60 % of the samples that it trained for earlier ones and for the DCGAN.\n",
        f"| set, CPU seconds | {' | '.join(f'`{method}`' for method in methods)} |",
        f"|---|{'---|' * len(methods)}",
    ]
    for name, seconds in grouped(rows, "set", "seconds"):
        cells = [step_of(found.get((name, seconds, method), [])) for method in methods]
        lines.append(f"| {name}, {seconds:.0f} | {' | '.join(cells)} |")
    lines += [
        "\nWhat the discriminator of features asks for grows with its steepness. Without R1 long trainings",
        "end with two to four times the power of real pictures in the corners: emoji after ten minutes,",
        "labelled CIFAR-10 after thirty. With it they have a half and once that power, and CIFAR-10 is",
        "nearer by more than a quarter. It is not a cure for all: without labels, one of two trainings of",
        "CIFAR-10 had five times that power after ten minutes, from a lattice in some of its pictures. That",
        "features see small pictures enlarged brings a third on CIFAR-10 with labels; noise makes strokes",
        "on paintings; moving the pictures keeps a lattice of dots away. Most other steps, at two and a",
        "half minutes, are within what seeds differ by.",
    ]
    return lines


def step_of(rows: list[dict[str, Any]]) -> str:
    """The cell of a default: the distance, and the power in the corners; "" if it was not measured."""
    if not rows:
        return ""
    return f"{fmean(row['mobilenet_excess'] for row in rows):.0f} ({fmean(row['corners'] for row in rows):.2g})"


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
    order = ("pictures", "sprint", "modern")
    for row in sorted(
        lines_of("picture_sizes"), key=lambda row: (order.index(row["recipe"]), row["side"], row["given"])
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
        "weights or beginning with another run (`--from-run`), as the judges above see it: Fréchet distance to",
        "as many pictures that no training saw. Rows of 60 CPU seconds are what `auto` chose before features",
        "had R1; the 150 CPU seconds of the other run are not counted. The shorter ones are a first look at",
        "`small-data`, an earlier default, whose source had seen 80,000 samples, with what else could be",
        "taken from it: the generator without its weight average, new weights for the clusters, no",
        "discriminator, or one whose first layers stay as they are (`--freeze-d`).\n",
        "| set | pictures | begins with | method | CPU seconds | samples seen | MobileNetV2 (floor) "
        "| Lite0 (floor) | seed |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    rows = sorted(
        lines_of("fine_tune"),
        key=lambda row: (row["set"], -row["seconds"], row["pictures"], row["method"], row["seed"]),
    )
    for row in rows:
        lines.append(
            f"| {row['set']} | {row['pictures']:,} | {row['source'] or 'random weights'} | {row['method']} "
            f"| {row['cpu_seconds']:.0f} | {row['samples_seen']:,} | {judged(row)} | {row['seed']} |"
        )
    lines.append("\n468 icons after 60 CPU seconds, from random weights and from a run of emoji:\n")
    shown = "the same blob in many colours, and different things with outlines"
    lines.append(f"![Two sheets of 64 pictures: {shown}](images/fine-tune.jpg)")
    return "\n".join(lines) + "\n"


def picture_profile() -> str:
    lines = [
        "## Where the time of a step goes\n",
        "`benchmarks/picture_profile.py`: milliseconds of CPU time of one step on one thread, without",
        "vital signs, by torch's profiler. The floor is the time of convolutions and matrix products: no",
        "program that trains the same networks with the same library takes less. The last columns say how",
        "many floors a step takes, and what the frozen features of ImageNet add to it, by difference.\n",
        "| recipe | pixels | convolutions | matrix products | norms | optimizer | element by element "
        "| Python | whole | floors | features |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    columns = [
        "convolutions",
        "matrix products",
        "norms",
        "optimizer and averages",
        "element by element",
        "Python",
        "whole",
    ]
    for row in lines_of("picture_profile"):
        found = row["milliseconds"]
        cells = [f"{max(0.0, found.get(name, 0.0)):.1f}" for name in columns]
        lines.append(
            f"| {row['recipe']} | {row['side']} | {' | '.join(cells)} | {found['whole'] / row['floor']:.2f} "
            f"| {row['features']:.1f} |"
        )
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
        "default, whose discriminator saw no features of ImageNet, and those named `own-size` of one that saw",
        "them without enlarging pictures; the others of CIFAR-10 still had noise of single pixels,",
        "and none had R1 on features.",
        "`imagenet-64`, later stages of the same network, is a little too kind to long trainings with them.\n",
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
        "\nOn CIFAR-10 the judge puts the garish blobs of `before-5k` before the pictures of `before-70k`,",
        "which an eye does not, nor do our numbers. `scattering-64` exaggerates: what has wrong edges is",
        "further from the reals in it than the judge says. No run beyond ten times what reals score is",
        "called healthy without the number.",
    ]
    return "\n".join(lines) + "\n"
