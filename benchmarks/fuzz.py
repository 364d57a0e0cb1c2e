"""Ten thousand broken inputs of every kind that sparring reads: how many end in a traceback, or worse.

    python benchmarks/fuzz.py [--cases 10000] [--seed 0]

The cases are those of ``tests/mutated_kinds.py``, of which the tests run some hundreds. A worker process
takes many of them, within MEMORY bytes of address space beside what torch takes when it is loaded; one
that dies or hangs is counted, and another goes on with the next case.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import multiprocessing
import os
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from common import machine, save

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import mutated
import mutated_kinds

MEMORY = 2 * 10**9  # bytes that the cases of a worker may need together
SECONDS = 20.0  # after which a case counts as hanging
PATIENCE = 3 * SECONDS  # for a worker that does not even hear the alarm


def work(pipe: Connection, base: mutated_kinds.Sound, folder: Path) -> None:
    """Take cases from the pipe and give back what is wrong with each."""
    os.chdir(folder)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    with contextlib.suppress(EOFError):
        while True:
            kind, seed = pipe.recv()
            here = folder / "case"
            shutil.rmtree(here, ignore_errors=True)
            here.mkdir()
            pipe.send(mutated.outcome(mutated_kinds.case(base, here, kind, seed), SECONDS))


class Worker:
    """A process that takes cases one at a time."""

    def __init__(self, base: mutated_kinds.Sound, folder: Path) -> None:
        context = multiprocessing.get_context("fork")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs, base, folder), daemon=True)
        self.process.start()
        theirs.close()

    def __call__(self, kind: str, seed: int) -> str:
        """What is wrong with what came of a case; the process is gone where it died."""
        self.pipe.send((kind, seed))
        try:
            if self.pipe.poll(PATIENCE):
                return str(self.pipe.recv())
            self.process.kill()
        except EOFError:
            pass
        self.process.join()
        return f"the process ended with {self.process.exitcode}"


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--cases", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=0, help="of the first case of each kind")
    options.add_argument("--kind", choices=mutated_kinds.KINDS, help="cases of this kind only")
    options.add_argument("--out", default="fuzz", help="name of the results")
    asked = options.parse_args()
    kinds = [asked.kind] if asked.kind else list(mutated_kinds.KINDS)
    cases, failed = Counter[str](), list[dict[str, Any]]()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        os.environ["XDG_CACHE_HOME"] = f"{place}/cache"
        (Path(place) / "work").mkdir()
        with contextlib.redirect_stdout(io.StringIO()):
            base = mutated_kinds.sound(Path(place))
        worker = Worker(base, Path(place) / "work")
        for number in range(asked.cases):
            kind, seed = kinds[number % len(kinds)], asked.seed + number // len(kinds)
            fault = worker(kind, seed)
            cases[kind] += 1
            if fault:
                failed.append({"kind": kind, "seed": seed, "fault": fault})
                print(json.dumps(failed[-1]), flush=True)
            if not worker.process.is_alive():
                worker = Worker(base, Path(place) / "work")
        worker.process.kill()
    seconds = round(time.perf_counter() - began, 1)
    facts = {"cases": asked.cases, "failures": len(failed), "seconds": seconds, "memory_bytes": MEMORY}
    save(asked.out, machine() | facts | {"by_kind": dict(cases), "failed": failed})
    print(f"{asked.cases:,} cases in {seconds:g} s, failures: {len(failed)}")


if __name__ == "__main__":
    main()
