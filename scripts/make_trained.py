"""Train the players that come with the package, src/sparring/trained/NAME, with the default recipe.

    python scripts/make_trained.py [--names mnist emoji] [--sheets FOLDER]

One thread, half a CPU minute for digits and sixteen for emoji; more samples make them better. The emoji in the
package were made when features saw small pictures as they are, not enlarged: today's hatch more. A folder has
what drawing, measuring and fine-tuning need of a run: its options, the facts about its data, and the weights
of the generator's average and of the discriminator in half precision. How far the pictures of half precision
differ from those of the training is printed, and a sheet is written into the folder of --sheets.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from sparring.config.choices import TRAINED
from sparring.gan import GAN
from sparring.history.find import PACKAGED
from sparring.runs import alone
from sparring.runs.folder import RunFolder

SAMPLES = {"mnist": 60_000, "emoji": 150_000}
MOST_BYTES = 1_000_000


def main() -> None:
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser()
    parser.add_argument("--names", nargs="+", default=TRAINED, choices=TRAINED)
    parser.add_argument("--sheets", type=Path)
    args = parser.parse_args()
    for name in args.names:
        began = time.process_time()
        with tempfile.TemporaryDirectory() as temporary:
            run = Path(temporary) / "run"
            GAN(seed=0, device="cpu", threads=1).fit(name, samples_seen=SAMPLES[name], out=run, verbose=False)
            seconds = time.process_time() - began
            shutil.rmtree(PACKAGED / name, ignore_errors=True)
            alone.write(RunFolder(run), PACKAGED / name, print, half=True)
            exact = GAN.load(run, device="cpu").sample(500, seed=1)
        found = GAN.pretrained(name, device="cpu")
        apart = np.abs(found.sample(500, seed=1).astype(int) - exact)
        size = sum(path.stat().st_size for path in (PACKAGED / name).rglob("*") if path.is_file())
        print(
            f"{name}: {seconds:.0f} CPU seconds, {size:,} bytes; in half precision pixels differ by "
            f"{apart.mean():.3f} of 255 on average, at most {apart.max()}"
        )
        if size > MOST_BYTES:
            raise SystemExit(f"{PACKAGED / name} is larger than {MOST_BYTES:,} bytes")
        if args.sheets:
            args.sheets.mkdir(parents=True, exist_ok=True)
            found.show(100).save(args.sheets / f"{name}.png")


if __name__ == "__main__":
    main()
