"""Precision, recall, density, coverage and the Fréchet distance against the packages people use.

    python benchmarks/metrics_speed.py [--count 10000] [--width 512] [--frechet-width 2048] [--rounds 5]

Needs the dependency group ``benchmarks``. Times: one process, in turn (ours, theirs, ours ...), ratios
turn by turn. Peak memory: each computation in a process of its own, less what the process took before.

- ``prdc``: the package of Naeem et al. 2020, k = 5, features in float32.
- ``pytorch-fid``: its formula, the trace of ``scipy.linalg.sqrtm(A @ B)``.
- ``torchmetrics``: its formula, the roots of the eigenvalues of the product A @ B.

The Fréchet distance is timed from moments given, and with the moments of one set of samples; ours and
torchmetrics' take the means and covariances in float64, as ``numpy.cov`` does for pytorch-fid.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import io
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import prdc
import scipy.linalg
import torch
from torch import Tensor

from common import machine, save
from sparring.metrics import coverage, distances
from sparring.metrics.distances import Gaussian

Computation = Callable[[], tuple[float, ...]]


@cache
def features(count: int, width: int, seed: int) -> Tensor:
    """Float32 features (count, width) with a falling spectrum, as networks give them, all non-negative."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(width, width, generator=torch.Generator().manual_seed(0)) / width**0.5
    scale = torch.arange(1, width + 1) ** -0.5
    latents = torch.randn(count, width, generator=generator) * scale
    mixed: Tensor = latents @ mixing * (1 + 0.1 * seed) + 0.1
    return mixed.relu_()


@cache
def moments(count: int, width: int, seed: int) -> Gaussian:
    return distances.fit_gaussian(features(count, width, seed))


def their_prdc(real: Tensor, fake: Tensor) -> tuple[float, ...]:
    with contextlib.redirect_stdout(io.StringIO()):  # it prints its counts
        found = prdc.compute_prdc(real.numpy(), fake.numpy(), nearest_k=5)
    return tuple(float(found[name]) for name in coverage.Coverage._fields)


def by_matrix_root(a: Gaussian, b: Gaussian) -> tuple[float, ...]:
    root = scipy.linalg.sqrtm((a.covariance @ b.covariance).numpy())
    return (shift_and_traces(a, b) - 2 * float(np.trace(root).real),)


def by_eigenvalues(a: Gaussian, b: Gaussian) -> tuple[float, ...]:
    roots = torch.linalg.eigvals(a.covariance @ b.covariance).sqrt()
    return (shift_and_traces(a, b) - 2 * float(roots.real.sum()),)


def shift_and_traces(a: Gaussian, b: Gaussian) -> float:
    return float((a.mean - b.mean).square().sum() + a.covariance.trace() + b.covariance.trace())


def numpy_moments(samples: Tensor) -> Gaussian:
    array = samples.double().numpy()
    return Gaussian(torch.from_numpy(array.mean(0)), torch.from_numpy(np.cov(array, rowvar=False)))


def torch_moments(samples: Tensor) -> Gaussian:
    """Sums of vectors and of their products in float64, batch by batch, as a running metric keeps them."""
    total = torch.zeros(samples.shape[1], dtype=torch.float64)
    products = torch.zeros(samples.shape[1], samples.shape[1], dtype=torch.float64)
    for part in samples.double().split(100):
        total += part.sum(0)
        products += part.T @ part
    mean = total / len(samples)
    return Gaussian(mean, (products - len(samples) * mean.outer(mean)) / (len(samples) - 1))


def computations(name: str, count: int, width: int) -> dict[str, Computation]:
    """Who computes what: ours first; inputs are made here, before any clock or memory is read."""
    real, fake = features(count, width, 0), features(count, width, 1)
    if name == "prdc":
        return {"sparring": lambda: coverage.prdc(real, fake), "prdc": lambda: their_prdc(real, fake)}
    a, b = moments(count, width, 0), moments(count, width, 1)
    if name == "frechet":
        return {
            "sparring": lambda: (distances.frechet(a, b),),
            "pytorch-fid": lambda: by_matrix_root(a, b),
            "torchmetrics": lambda: by_eigenvalues(a, b),
        }
    return {
        "sparring": lambda: (distances.frechet(distances.fit_gaussian(fake), a),),
        "pytorch-fid": lambda: by_matrix_root(numpy_moments(fake), a),
        "torchmetrics": lambda: by_eigenvalues(torch_moments(fake), a),
    }


def timed(compute: Computation) -> tuple[float, tuple[float, ...]]:
    start = time.perf_counter()
    result = compute()
    return time.perf_counter() - start, result


def peak_megabytes(name: str, who: str, count: int, width: int) -> float:
    command = [sys.executable, __file__, "--child", name, who, str(count), str(width)]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def child(name: str, who: str, count: int, width: int) -> float:
    """The peak of this process while computing, above what it held before, in megabytes."""
    compute = computations(name, count, width)[who]
    small = computations(name, 100, 16)[who]
    small()  # libraries load what they load
    ctypes.CDLL(None).malloc_trim(0)  # Linux: freed memory goes back, and the peak so far is forgotten
    Path("/proc/self/clear_refs").write_text("5")
    before = high_water()
    compute()
    return high_water() - before


def high_water() -> float:
    """The most memory this process held since its peak was forgotten, in megabytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024  # the kernel writes kB


def measure(name: str, count: int, width: int, rounds: int) -> dict[str, object]:
    contenders = computations(name, count, width)
    for warm_up in computations(name, 300, 64).values():
        warm_up()
    seconds: list[dict[str, float]] = []
    results: dict[str, tuple[float, ...]] = {}
    for _ in range(rounds):
        seconds.append({})
        for who, compute in contenders.items():
            seconds[-1][who], results[who] = timed(compute)
        print(name, seconds[-1], file=sys.stderr, flush=True)
    memory = {who: round(peak_megabytes(name, who, count, width), 1) for who in contenders}
    facts: dict[str, object] = {"count": count, "width": width, "seconds": seconds}
    for who in list(contenders)[1:]:
        ratios = [row[who] / row["sparring"] for row in seconds]
        facts[f"{who}_over_ours"] = {
            "median": statistics.median(ratios),
            "min": min(ratios),
            "max": max(ratios),
            "memory": memory[who] / memory["sparring"],
            "largest_difference": max(
                abs(x - y) for x, y in zip(results[who], results["sparring"], strict=True)
            ),
        }
    return facts | {"peak_megabytes": memory, "results": results}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--frechet-width", type=int, default=2048)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--name", default="metrics_speed", help="of the results file")
    parser.add_argument("--child", nargs=4, metavar=("NAME", "WHO", "COUNT", "WIDTH"), help="measure memory")
    args = parser.parse_args()
    if args.child:
        name, who, count, width = args.child
        print(child(name, who, int(count), int(width)))
        return
    facts = machine() | {"threads": torch.get_num_threads()}
    widths = {"prdc": args.width, "frechet": args.frechet_width, "frechet with moments": args.frechet_width}
    for name, width in widths.items():
        facts[name] = measure(name, args.count, width, args.rounds)
    save(args.name, facts)
    print(json.dumps({name: facts[name] for name in widths}, indent=1))


if __name__ == "__main__":
    main()
