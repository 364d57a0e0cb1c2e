"""How much memory a set larger than memory takes: python benchmarks/resident_memory.py

Makes a folder of JPEG pictures that decode to 2 GB, decodes it once, and then, in a new process, opens
it again, clusters it, recognises it by its digest and goes through two epochs in random order. Reported
at each stage: the process's own memory (RssAnon) and the pages of the file that it has mapped (RssFile),
which the system takes back whenever it needs them. To see that, run it in a control group of less memory
than the set has. Linux only; raw results in benchmarks/results/resident_memory.json.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from common import machine, save
from sparring import kinds
from sparring.data import clusters
from sparring.data.folders import from_folder
from sparring.runs.folder import digest
from sparring.training.order import Order

SIDE, ORIGINALS, TIMES, BATCH = 256, 100, 107, 64  # 100 pictures under 107 names each: 2.1 GB of pixels


def make(folder: Path) -> None:
    """Smooth random pictures, each under many names; duplicates take as much room as others."""
    rng = np.random.default_rng(0)
    for k in range(ORIGINALS):
        noise = Image.fromarray(rng.integers(0, 256, (24, 32, 3), dtype=np.uint8))
        first = folder / f"{k:03}-000.jpg"
        noise.resize((400, 300), Image.Resampling.BICUBIC).save(first, quality=85)
        for copy in range(1, TIMES):
            os.link(first, folder / f"{k:03}-{copy:03}.jpg")


def resident() -> dict[str, int]:
    """Of this process, in MB: its own memory, and pages of files."""
    lines = Path("/proc/self/status").read_text().splitlines()
    values = dict(line.split(":", 1) for line in lines)
    return {f"{name} MB": int(values[name].split()[0]) // 1024 for name in ("RssAnon", "RssFile")}


def measure(folder: Path) -> list[dict[str, Any]]:
    """The stages of a start and two epochs, in this process."""
    stages: list[dict[str, Any]] = []
    since = time.perf_counter()

    def done(stage: str) -> None:
        nonlocal since
        seconds = time.perf_counter() - since
        stages.append({"stage": stage, "seconds": round(seconds, 2), **resident()})
        since = time.perf_counter()

    done("imported")
    data = from_folder(folder, size=SIDE)
    done("opened")
    digest(data)
    done("recognised by its digest")
    clusters.clustered(data, 100, kinds.of(data.spec).coarse)
    done("clustered")
    order = Order(len(data), seed=0)
    greatest = 0
    for epoch in range(2):
        for start in range(0, len(data) - BATCH, BATCH):
            data.batch(order(epoch * len(data) + start, BATCH))
            greatest = max(greatest, resident()["RssAnon MB"]) if start % (16 * BATCH) == 0 else greatest
        done(f"epoch {epoch + 1}")
    stages.append({"stage": "greatest within the epochs", "RssAnon MB": greatest})
    return stages


def child(folder: Path) -> Any:
    done = subprocess.run(
        [sys.executable, __file__, str(folder)], stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout)


def main() -> None:
    torch.set_num_threads(1)
    if len(sys.argv) > 1:
        print(json.dumps(measure(Path(sys.argv[1]))))
        return
    with tempfile.TemporaryDirectory() as place:
        os.environ["XDG_CACHE_HOME"] = f"{place}/cache"
        folder = Path(place) / "photos"
        folder.mkdir()
        make(folder)
        started = time.perf_counter()
        data = from_folder(folder, size=SIDE)
        report = {
            "pictures": len(data),
            "decoded MB": data.samples.nbytes // 2**20,
            "first start": {"seconds": round(time.perf_counter() - started, 1), **resident()},
            **machine(),
            "next start": child(folder),
        }
    save("resident_memory", report)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
