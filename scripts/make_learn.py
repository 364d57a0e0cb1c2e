"""Makes every number and picture of docs/learn: docs/learn/facts.json and docs/images/learn/.

python scripts/make_learn.py [ring fight both quality table cures]; some minutes on two CPU cores in all. Then
scripts/make_notebooks.py writes the numbers into the pages.
"""

from __future__ import annotations

import json
import statistics
import sys
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from PIL import Image

mpl.use("Agg")
sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from matplotlib import pyplot as plt
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from palette import LIGHT
from torch.nn.functional import avg_pool2d, interpolate

import sparring
from digit_quality import digit_quality
from sparring import games
from sparring.data import toy
from sparring.data.builtin import mnist
from sparring.games import drawing
from sparring.kinds import find, image, sheets
from sparring.kinds import plane as fields
from sparring.metrics.coverage import prdc
from sparring.metrics.digits import digit_classifier
from sparring.training import suited
from sparring.training.budget import Budget
from sparring.training.loop import train

ROOT = Path(__file__).parents[1]
FACTS, PICTURES = ROOT / "docs/learn/facts.json", ROOT / "docs/images/learn"
CHAPTER = ROOT / "docs/learn/en/2-the-simplest-gan.md"
SHOWN = 40  # samples in a picture
BELIEF = (0.35, 0.65)  # of the discriminator, from no colour to full colour
NEAR = 0.2  # of the ring's radius: a point so near to a heap is counted to it
CURES: dict[str, dict[str, Any]] = {  # panels of cures.png, as benchmarks/cures.py has them
    "as it is": {},
    "beta1 = 0": {"beta1": 0.0},
    "R1, gamma 10": {"r1_gamma": 10.0},
    "beta1 = 0, R1 1, rates x 4,\nlabels, average": {
        "beta1": 0.0, "r1_gamma": 1.0, "g_lr": 8e-4, "d_lr": 8e-4, "ema_half_life": 10_000, "conditional": True,
    },
}  # fmt: skip


def fight() -> dict[str, float]:
    """Chapter 2's code as it stands: its curve of scores, and what it draws."""
    code = next(block for block in CHAPTER.read_text("utf-8").split("```python\n")[1:] if "BCELoss" in block)
    torch.manual_seed(0)
    names: dict[str, Any] = {}
    exec(compile(code.split("```")[0], str(CHAPTER), "exec"), names)
    curve = np.array(names["curve"])  # (steps, 2)
    with torch.no_grad():
        drawn = (
            names["G"](torch.randn(10_000, 100)).add(1).mul(127.5).round().to(torch.uint8).view(-1, 1, 28, 28)
        )
    sheet(drawn[:SHOWN]).save(PICTURES / "blobs.png")
    figure, axis = plt.subplots(figsize=(7, 2.8))
    smooth = np.stack([np.convolve(column, np.ones(50) / 50, "valid") for column in curve.T], 1)
    axis.plot(smooth[:, 0], color=LIGHT["real"], label="D(x), real")
    axis.plot(smooth[:, 1], color=LIGHT["fake"], label="D(G(z)), forged")
    axis.axhline(0.5, color="0.6", linewidth=0.8, linestyle="--")
    axis.set(xlabel="step", ylim=(0, 1))
    axis.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(PICTURES / "fight.png", dpi=90)
    found = digit_quality(drawn)
    return {
        "blobs_times": found.times_floor, "blobs_commonest": 100 * max(found.class_shares),
        "last_real": curve[-1000:, 0].mean(), "last_fake": curve[-1000:, 1].mean(),
        "first_real": curve[200:400, 0].mean(), "first_fake": curve[200:400, 1].mean(),
    }  # fmt: skip


def table() -> dict[str, float]:
    """The medians of the benchmark's rows."""
    rows = [json.loads(line) for line in (ROOT / "benchmarks/results/cures.jsonl").read_text().splitlines()]
    facts = {}
    for change in dict.fromkeys(row["change"] for row in rows):
        mine = [row for row in rows if row["change"] == change]
        facts[f"times: {change}"] = statistics.median(row["distance"] for row in mine)
        facts[f"commonest: {change}"] = 100 * statistics.median(row["commonest"] for row in mine)
        facts[f"seeds: {change}"] = len(mine)
    return facts


def cures() -> dict[str, float]:
    """Pictures of four rows of that table, and of the default recipe."""
    figure, axes = plt.subplots(1, len(CURES) + 1, figsize=(13, 3.4))
    gans = {
        title: sparring.GAN("tutorial", **options).fit("mnist", epochs=5) for title, options in CURES.items()
    }
    gans["the default recipe,\na minute"] = sparring.GAN().fit("mnist", minutes=1)
    for axis, (title, gan) in zip(axes, gans.items(), strict=True):
        axis.imshow(np.asarray(gan.show(SHOWN)), cmap="gray")
        axis.set_title(title, fontsize=9)
        axis.axis("off")
    figure.tight_layout()
    figure.savefig(PICTURES / "cures.png", dpi=80)
    return {}


def both() -> dict[str, float]:
    """Both losses of the default recipe at half of its training and at the end, over a tenth of it."""
    gan = sparring.GAN(record_every=10).fit("mnist")
    facts = {}
    for name, low, high in (("half", 0.45, 0.55), ("end", 0.9, 1.0)):
        part = [record.values for record in gan.history if low <= record.progress <= high]
        facts |= {f"both_{p}_{name}": statistics.mean(v[f"{p}_loss"] for v in part) for p in ("d", "g")}
    return facts


def quality() -> dict[str, float]:
    """Four kinds of forgeries with one fault each, and what each number says of them."""
    real, other = mnist("train"), mnist("test")
    assert real.labels is not None
    network, _, _ = digit_classifier()
    digits = real.samples[:10_000]
    small = interpolate(avg_pool2d(digits.float(), 2), scale_factor=2.0)
    sets = {
        "other real digits": digits,
        "blurred": small.round().to(torch.uint8),
        "only ones and sevens": real.samples[(real.labels == 1) | (real.labels == 7)][:10_000],
        "ten digits, a thousand times each": digits[:10].repeat(1000, 1, 1, 1),
        "noise": torch.randint(0, 256, digits.shape, generator=torch.Generator().manual_seed(0)).to(
            torch.uint8
        ),
    }
    reference = network.features(other.samples)
    facts = {}
    for name, samples in sets.items():
        found = prdc(reference, network.features(samples))
        facts[f"times real: {name}"] = digit_quality(samples).times_floor
        facts |= {f"{kind}: {name}": getattr(found, kind) for kind in ("precision", "recall", "coverage")}
    return facts


def ring() -> dict[str, float]:
    """The moving picture of chapter 1: points, and how far the discriminator believes each place."""
    data = find.dataset("ring")
    config = suited.configure(data, "mlp", seed=1)
    game = games.make(config, data.spec, data.classes)
    latents = drawing.random_latents(fields.POINTS, config.networks.latent_dim, 0)
    real = np.array(fields.reals(data)["points"])
    frames = []
    for record in train(
        game, data, Budget(samples_seen=300_000), batch_size=config.optimizers.batch_size, record_every=25
    ):
        if record.step <= 300 or record.step % 200 == 0:
            found = fields.field(
                game.discriminator, data.spec, 0, drawing.draw(game.sampling_generator, latents)
            )
            frames.append(frame(found, real, record.step))
    sheets.animate(frames, PICTURES / "ring.gif", seconds=10)
    away = torch.cdist(torch.tensor(found["points"]), toy.ring().means)  # (POINTS, 8)
    near, heap = away.min(1)
    belief = torch.tensor(found["logits"]).sigmoid()
    return {
        "ring_near": 100 * (near < NEAR).float().mean().item(),
        "ring_heaps": len(heap[near < NEAR].unique()),
        "ring_least": belief.min().item(), "ring_most": belief.max().item(),
    }  # fmt: skip


def frame(found: dict[str, Any], real: np.ndarray, step: int) -> Image.Image:
    """One moment: the same piece of the plane and the same scale of colour at every one."""
    figure = plt.figure(figsize=(4, 4.25), dpi=80)
    axis = figure.add_axes((0, 0, 1, 4 / 4.25))
    side, (low, high) = found["side"], (found["low"], found["high"])
    belief = torch.tensor(found["logits"]).sigmoid().reshape(side, side)
    axis.imshow(
        belief, origin="lower", extent=(low[0], high[0], low[1], high[1]), interpolation="bilinear",
        cmap=LinearSegmentedColormap.from_list("", [LIGHT["plane"], LIGHT["believes"]]),
        vmin=BELIEF[0], vmax=BELIEF[1],
    )  # fmt: skip
    axis.scatter(*np.array(found["points"]).T, s=9, color=LIGHT["fake"], linewidths=0)
    axis.scatter(*real[:400].T, s=9, color=LIGHT["real"], linewidths=0)
    axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    axis.axis("off")
    figure.text(0.5, 0.965, f"step {step:,}", ha="center", va="center", fontsize=10, color=LIGHT["ink"])
    figure.canvas.draw()
    picture = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())[..., :3])  # type: ignore[attr-defined]
    plt.close(figure)
    return picture.quantize(palette=paints(), dither=Image.Dither.NONE)


@cache
def paints() -> Image.Image:
    """The colours of every frame: of its own choice a picture's quantizer would mix real with forged."""
    plane, believes, *marks = (
        np.array(to_rgb(LIGHT[name])) for name in ("plane", "believes", "real", "fake", "ink")
    )
    tints = [plane + share * (believes - plane) for share in np.linspace(0, 1, 40)]
    edges = [tints[20] + share * (mark - tints[20]) for mark in marks for share in (0.25, 0.5, 0.75, 1)]
    holder = Image.new("P", (1, 1))
    holder.putpalette([round(255 * part) for paint in [*tints, *edges, np.ones(3)] for part in paint])
    return holder


def sheet(digits: torch.Tensor) -> Image.Image:
    picture = image.sheet(digits.numpy(), mnist("test").spec, 10)
    return picture.resize((2 * picture.width, 2 * picture.height), Image.Resampling.NEAREST)


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    facts: dict[str, float] = json.loads(FACTS.read_text()) if FACTS.exists() else {}
    parts = {"ring": ring, "fight": fight, "both": both, "quality": quality, "table": table, "cures": cures}
    for name in sys.argv[1:] or parts:
        facts |= {key: float(f"{value:.4g}") for key, value in parts[name]().items()}
        FACTS.write_text(json.dumps(facts, indent=1) + "\n")
        print(name, flush=True)


if __name__ == "__main__":
    main()
