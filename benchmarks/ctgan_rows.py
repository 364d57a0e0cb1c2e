"""Rows of CTGAN with its defaults: the peer of ``synthetic_tables.py``, in an environment of its own.

    python benchmarks/ctgan_rows.py training.csv drawn.csv --count 3000 --words Status Home --seconds 60

It trains as many epochs as fit into these CPU seconds, by short trainings, or as many as --epochs says. Its
licence permits comparisons, and little more. Prints its epochs and the CPU seconds of its training as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import torch
from ctgan import CTGAN

os.environ["LOKY_MAX_CPU_COUNT"] = "1"  # its columns are prepared in this process, whose seconds count
CALIBRATION = (1, 1, 11)  # epochs of three trainings; the last two tell how long one takes, after a first one


def fitting(frame: Any, words: list[str], seconds: float) -> int:
    """The epochs that take these CPU seconds, by short trainings."""
    took = []
    for epochs in CALIBRATION:
        began = time.process_time()
        CTGAN(epochs=epochs, enable_gpu=False).fit(frame, words)
        took.append(time.process_time() - began)
    one = (took[2] - took[1]) / (CALIBRATION[2] - CALIBRATION[1])
    return max(1, CALIBRATION[1] + int((seconds - took[1]) / one))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("training", type=Path)
    arguments.add_argument("drawn", type=Path)
    arguments.add_argument("--count", type=int, required=True)
    arguments.add_argument("--words", nargs="*", default=[], help="columns of categories")
    arguments.add_argument("--seconds", type=float, default=60.0, help="CPU seconds of the training")
    arguments.add_argument("--epochs", type=int, default=0, help="instead of --seconds")
    arguments.add_argument("--seed", type=int, default=0)
    args = arguments.parse_args()
    warnings.simplefilter("ignore")
    torch.manual_seed(args.seed)
    np.random.seed(args.seed)
    torch.set_num_threads(1)
    frame = pandas.read_csv(args.training)
    epochs = args.epochs or fitting(frame, args.words, args.seconds)
    model = CTGAN(epochs=epochs, enable_gpu=False)
    began = time.process_time()
    model.fit(frame, args.words)
    took = time.process_time() - began
    model.sample(args.count).to_csv(args.drawn, index=False)
    print(json.dumps({"epochs": epochs, "cpu_seconds": round(took, 1)}))


if __name__ == "__main__":
    main()
