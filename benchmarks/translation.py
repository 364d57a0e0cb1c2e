"""Translations of held-out pictures after so many CPU-seconds of one core, beside baselines.

    python benchmarks/translation_sets.py raw --out sets       (see there for raw)
    python benchmarks/translation.py sets hanzi-32 paired --cpu 90 --seeds 0 1 2
    python benchmarks/translation.py sets hanzi-32 regression --cpu 90
    python benchmarks/translation.py sets hanzi-32 unpaired --cpu 240 --unpaired
    python benchmarks/translation.py sets hanzi-32 paired --pictures sheets --figure translations.jpg

``regression`` is the recipe ``paired`` without an adversary and features, and ``pix2pix-published`` has the
networks of its paper (``translation_peers.py``). With ``--unpaired`` the first half of the training
pairs gives sources and the second half targets, so that no target's own source is seen. A line for each seed
goes to results/translation.jsonl, with the measures of ``sparring evaluate`` for the generator and each
baseline (``columns``), and those of a network that no part of the training has seen, whose content is always
that of the own target (``outside``). Nothing held out is looked at before the end. ``--pictures FOLDER``
keeps a sheet for each seed, and ``--figure FILE`` trains nothing and puts those of ``FIGURE`` into one picture.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from common import RESULTS
from judge import Judge, mobilenet_maps
from sparring import games
from sparring.config.recipes import beyond_recipe
from sparring.data.arrays import from_array
from sparring.data.pairs import joined
from sparring.data.spec import Dataset
from sparring.games.game import Game
from sparring.games.translation import TranslationGame
from sparring.games.translation_step import as_given
from sparring.kinds.beside import LEAST_SIDE, rows
from sparring.kinds.sheets import TITLE
from sparring.machine.device import Runtime
from sparring.metrics.translation import contents, found_again, perceptual, sharpness
from sparring.runs.translator import Translator
from sparring.training import suited
from sparring.training.loop import prepared
from sparring.training.order import Order, batches_of_step, rng_of_step
from sparring.uses.judge_translation import judge
from translation_peers import Published, patches

FIXED = {"hold_out": 0.0, "samples_seen": 10**9, "device": "cpu", "threads": 1}
SHOWN = 16
FIGURE = ("edges-64-paired-300-0", "emoji-64-paired-300-0", "hanzi-32-paired-180-0")


def sides(path: Path, pairs: int | None, unpaired: bool) -> tuple[Dataset, Dataset]:
    """The training set and the held-out pairs."""
    with np.load(path) as stored:
        a, b, test_a, test_b = (stored[name] for name in ("train_a", "train_b", "test_a", "test_b"))
    a, b = a[:pairs], b[:pairs]
    if unpaired:
        a, b = a[: len(a) // 2], b[len(b) // 2 :]
    paired = "none" if unpaired else "names"
    return joined(from_array(a), from_array(b), paired), joined(from_array(test_a), from_array(test_b), paired)


def trained(game: Game, data: Dataset, batch_size: int, seed: int, seconds: float) -> TranslationGame:
    """The game after so many CPU-seconds of this process."""
    data, order = prepared(game, data, batch_size, try_out=True), Order(len(data), seed)
    started, progress = time.process_time(), 0.0
    while progress < 1:
        game.at(progress)
        game.step(batches_of_step(data, order, batch_size, game), rng_of_step(game, seed))
        game.clock.step += 1
        game.clock.samples_seen += game.batches * batch_size
        progress = min(1.0, (time.process_time() - started) / seconds)
    assert isinstance(game, TranslationGame)
    return game


def measured(args: argparse.Namespace, seed: int) -> dict[str, Any]:
    data, held_out = sides(args.sets / f"{args.set}.npz", args.pairs, args.unpaired)
    options = FIXED | json.loads(args.options) | {"seed": seed}
    recipe = args.method
    if recipe == "regression":
        recipe, options = "paired", options | {"adversarial_weight": 0.0, "perceptual_weight": 0.0}
    own: dict[str, Any] = {}
    if recipe == "pix2pix-published":
        own = {"generator": Published, "discriminator": patches}
        recipe, options = "pix2pix", options | dict.fromkeys(own, "own")
    config = suited.configure(data, recipe, False, lambda _: None, **options)
    game = games.make(config, data.spec, 0, Runtime("cpu"), own)
    game = trained(game, data, config.optimizers.batch_size, seed, args.cpu)
    made = Translator(game.sampling_generator, data.spec, game.clock.step)
    found = judge(made, config, data, held_out, args.method, regression_seconds=0, baselines=not args.alone)
    assert held_out.given is not None
    outputs = made(held_out.given.samples)
    if args.pictures:
        count = min(SHOWN, len(outputs))
        sheet = rows(held_out.given.samples[:count], outputs[:count], held_out.samples[:count], data.spec)
        args.pictures.mkdir(parents=True, exist_ok=True)
        name = f"{args.set}-{args.method}{'-unpaired' * args.unpaired}-{args.cpu:g}-{seed}"
        sheet.save(args.pictures / f"{name}.png")
    size = sum(weight.numel() for weight in game.generator.parameters())
    return {
        "set": args.set, "method": args.method, "options": json.loads(args.options), "pairs": args.pairs,
        "unpaired": args.unpaired, "seed": seed, "cpu_seconds": args.cpu, "samples": game.clock.samples_seen,
        "weights": size, "count": len(outputs), "precision": game.runtime.precision,
        "outside": outside(data, held_out, outputs), "columns": found.comparison.columns,
        "recipe": beyond_recipe(config),
    }  # fmt: skip


def outside(data: Dataset, held_out: Dataset, outputs: Tensor) -> dict[str, dict[str, float]]:
    """The measures of a network that no training here sees: of outputs, sources, a look-up and other reals."""
    assert data.given is not None
    assert held_out.given is not None
    judged, maps = Judge(data.samples.numpy(), held_out.samples.numpy()), mobilenet_maps()
    targets = held_out.samples
    wanted, sharp = contents(targets, maps), sharpness(targets)
    among = data if data.spec.unpaired else data.given
    sources = as_given(held_out.given.samples.float(), among.samples)
    looked_up = data.samples[torch.cdist(sources.flatten(1), among.samples.flatten(1).float()).argmin(1)]

    def measures(made: Tensor) -> dict[str, float]:
        of_style = judged(made.numpy())
        return {
            "content": float(found_again(contents(made, maps), wanted).float().mean()),
            "style": of_style["mobilenet"],
            "pair": float(perceptual(made, targets, maps).mean()),
            "sharpness": sharpness(made) / sharp,
            "corners": of_style["corners"],
        }

    reals = {"style": judged.sides["mobilenet"].floor}
    given = held_out.given.samples
    return {
        "the generator": measures(outputs), "doing nothing": measures(given), "a look-up": measures(looked_up),
        "other reals": reals,
    }  # fmt: skip


def figure(folder: Path, path: Path) -> None:
    """The first two rows of the sheets of ``FIGURE``, one above the other, with one line of titles."""
    sheets = [Image.open(folder / f"{name}.png").convert("RGB") for name in FIGURE]
    titles, two_rows = 2 * TITLE, 2 * (LEAST_SIDE + 2)
    whole = Image.new("RGB", (sheets[0].width, titles + two_rows * len(sheets)))
    whole.paste(sheets[0], (0, 0))
    for k, sheet in enumerate(sheets):
        part = sheet.crop((0, titles, sheet.width, titles + two_rows))
        whole.paste(part, (0, titles + k * two_rows))
    whole.save(path, quality=92)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path)
    parser.add_argument("set")
    parser.add_argument("method")
    parser.add_argument("--cpu", type=float, default=90.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--pairs", type=int)
    parser.add_argument("--unpaired", action="store_true")
    parser.add_argument("--options", default="{}", help="JSON of options")
    parser.add_argument("--alone", action="store_true", help="without the baselines, which a line has already")
    parser.add_argument("--pictures", type=Path, help="a folder for pictures of the first held-out pairs")
    parser.add_argument("--figure", type=Path)
    parser.add_argument("--out", type=Path, default=RESULTS / "translation.jsonl")
    args = parser.parse_args()
    if args.figure:
        figure(args.pictures, args.figure)
        return
    torch.set_num_threads(1)
    for seed in args.seeds:
        row = measured(args, seed)
        with args.out.open("a") as file:
            file.write(json.dumps(row) + "\n")
        mine = row["outside"]["the generator"]
        print(
            args.set, args.method, seed, row["samples"], {k: round(v, 3) for k, v in mine.items()}, flush=True
        )


if __name__ == "__main__":
    main()
