"""Tables of docs/benchmarks.md: pictures."""

from __future__ import annotations

from statistics import fmean
from typing import Any

from rows import grouped, lines_of, spread
from verdicts import FEATURES, agreement


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
        "`benchmarks/pictures.py`, each method on one thread: what `auto` chooses (`default`) and the DCGAN",
        "of PyTorch's tutorial. Seven earlier defaults stand beside them, each without one thing more:",
        "`pixel-noise` gives pictures below 64 pixels noise of single pixels (of larger ones it is the same",
        "as the default and not measured again), features of `own-size` see small pictures, and",
        "those that still grow, as they are, not enlarged to 64 pixels,",
        "`usual-lengths` draws from latents as long as those of the training, of an average half as long, the",
        "features of `early-detail` see all detail of real pictures while the others still grow, the generator",
        "of `no-noise` has no noise at its scales, `unmoved` shows the features pictures that are never moved,",
        "and `without-features` has no such features. `pictures` was chosen on CIFAR-10, emoji, oxygen",
        "icons and paintings, and never saw the solar cells. Two judges, trained on ImageNet too:",
        "MobileNetV2, which took no part in any training, and EfficientNet-Lite0, whose first stages the",
        "default learns from; Fréchet distance to held-out pictures in 64 components, above that of the",
        "training pictures, which is the floor. Corners: power at the highest frequencies over that of real",
        "pictures; a weave of dots stands there. Variety: the least variance of a class over that of its",
        "real pictures. Means of the seeds, with the least and the greatest.\n",
        "| set (floors) | method | CPU seconds | samples seen | above the floor: MobileNetV2 | Lite0 | corners "
        "| variety | seeds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for rows in grouped(lines_of("pictures"), "set", "method", "seconds").values():
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
        "thirteenth of the DCGAN's on CIFAR-10, also with labels, a ninth on clothes, a fifth on icons, on",
        "emoji of 128 pixels and on the solar cells, which no default had seen, and between a quarter and a",
        "fifth on emoji of 64 pixels; what is forged is as near to the held-out paintings as other",
        "paintings are. That features see small pictures enlarged brings a third on CIFAR-10 with labels",
        "and nearly a half on solar cells, and nothing that three seeds could tell on emoji and icons of 64",
        "pixels, of which only the beginning is enlarged. Up to ten minutes noise of single pixels changes",
        "little on CIFAR-10: labelled, 55 without it and 53 with it, by Lite0 53 and 60. It is left out for",
        "what comes after, which is not measured to its end here: `pixel-noise` gained nothing from ten to",
        "thirty minutes, and its pictures ended with three times the power of real ones at the highest",
        "frequencies. The DCGAN catches up: 272 after thirty minutes without labels. `default`,",
        "`pixel-noise` and `own-size` had a busy machine: a CPU second trained 40 to 60 % of the samples of",
        "the quiet one on which the DCGAN and the first two seeds of `usual-lengths` ran, so compare by",
        "samples seen too. The choice of the length at the end is not counted in the CPU seconds. Of",
        "`usual-lengths`, the third seeds, the second of labelled pictures after ten minutes, and the ten",
        "minutes of icons and of emoji of 128 pixels, those of the DCGAN too, had a busy machine as well,",
        "as had the second and third seeds of clothes, `modern` and `small-data`. Icons differ most by",
        "seed. The paintings of Van Gogh that are held out differ so much from the others that the floor is",
        "high (393). Noise makes strokes there, and changes little elsewhere: two seeds differ by as much.",
        "Moving the pictures keeps a lattice of dots away. Where features see no more detail than is drawn",
        "yet, a fifth more samples fit in the time, emoji and solar cells are nearer, and icons are not.",
        "Corners below 0.5 say that pictures are too smooth. lightweight-gan is made for GPUs: it saw 80",
        "samples. The first two rows of 150 seconds of CIFAR-10 for `usual-lengths`, and the first of",
        "clothes, were measured before noise kept the precision of features, which makes steps quicker.",
        "The same against time (`scripts/make_picture_curves.py`):\n",
        "![Curves that fall slowly, far below those of the DCGAN](images/picture-curves.png)\n",
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
        "as many pictures that no training saw. Rows of 60 CPU seconds are what `auto` chooses today, where",
        "the 150 CPU seconds of the other run are not counted. The shorter ones are a first look at",
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
        "them without enlarging pictures; the others of CIFAR-10 still had noise of single pixels.",
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
