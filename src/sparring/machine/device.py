"""Where a training runs: device, precision and processes (by Lightning Fabric), and CPU threads."""

from __future__ import annotations

import ctypes
import logging
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from sparring.config.arguments import instance, whole
from sparring.config.choices import PRECISIONS
from sparring.config.machine import MachineConfig
from sparring.errors import ConfigError, counted, quoted, unknown
from sparring.machine.synchronised import synchronised
from sparring.machine.threads import available_cores

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # deprecations in other packages do not concern the user
    from lightning_fabric import Fabric

logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it prints advertisements otherwise


T = TypeVar("T")
_pool = cache(ThreadPoolExecutor)

LAUNCHED = "TORCHELASTIC_RUN_ID"  # set in the processes that torchrun starts
AMD = "AuthenticAMD"  # the vendor id of AMD processors
MOST_PER_CORE = 16  # threads per core; more take memory and only wait for each other
MOST_TURNS = 40  # rounds of timing when the number of threads is chosen


class Runtime:
    """The device, the precision and the rank of one process of a training.

    Args:
        device: "auto", "cpu", "cuda", "cuda:1" or "mps".
        precision: "auto" (see ``fast_precision``), "fp32" or "bf16".
        processes: how many processes train together; they are started here, unless torchrun started them.
            None: as many as torchrun started, or one.

    Raises:
        ConfigError: this machine lacks the device, or torchrun started another number of processes.
    """

    def __init__(self, device: str = "auto", precision: str = "auto", processes: int | None = None) -> None:
        processes = launched() or 1 if processes is None else whole("processes", processes, 1)
        instance("device", device, str, "auto, cpu, cuda, cuda:1 or mps")
        instance("precision", precision, str, "auto, fp32 or bf16")
        if precision not in PRECISIONS:
            raise ConfigError(unknown("precision", precision, PRECISIONS))
        kind, index = _device(device)
        _check_processes(kind, index, processes)
        if kind == "cpu":
            _keep_freed_memory()
        self.precision = fast_precision(kind) if precision == "auto" else precision
        self.fabric = Fabric(
            accelerator=kind,
            devices=[index] if index is not None else processes,
            strategy="ddp" if processes > 1 else "auto",
            precision="bf16-mixed" if self.precision == "bf16" else "32-true",
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.fabric.launch()
        self.parallel_parts = 1  # parts of a step that are computed in parallel

    @staticmethod
    def of(machine: MachineConfig) -> Runtime:
        """The runtime that a config asks for.

        Raises:
            ConfigError: this machine lacks the device, or torchrun started another number of processes.
        """
        return Runtime(machine.device, machine.precision, machine.processes)

    @property
    def device(self) -> torch.device:
        return self.fabric.device

    @property
    def processes(self) -> int:
        return self.fabric.world_size

    @property
    def rank(self) -> int:
        return self.fabric.global_rank

    def autocast(self) -> AbstractContextManager[Any]:
        """The precision context of forward passes. Penalties are computed outside of it, in float32."""
        return self.fabric.autocast()

    def place(self, network: nn.Module) -> nn.Module:
        """Move a network to this device. Its BatchNorm then uses the batches of all processes."""
        if self.processes > 1:
            network = synchronised(network)
        network = network.to(self.device)
        if any(isinstance(module, nn.Conv2d | nn.ConvTranspose2d) for module in network.modules()):
            network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return network

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace each gradient by its mean over the processes, in one exchange.

        Fabric's DistributedDataParallel wrapper would do this in backward, but it supports neither
        second-order gradients nor two forward passes before one backward.
        """
        if self.processes == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = torch.cat([g.flatten() for g in gradients])
        dist.all_reduce(flat)
        flat /= self.processes
        for gradient, part in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))

    def mean(self, values: Tensor) -> Tensor:
        """The mean of ``values`` over all processes; each process gets it."""
        if self.processes > 1:
            values = values.clone()
            dist.all_reduce(values)
            values /= self.processes
        return values

    def share(self, batch: Tensor) -> Tensor:
        """The part of a batch that this process computes; all processes drew the same batch."""
        if self.processes == 1:
            return batch
        size = len(batch) // self.processes
        return batch[self.rank * size : (self.rank + 1) * size]

    def use_threads(self, count: int, parts: int = 1) -> None:
        """Set the number of CPU threads: first for parts of a step in parallel, then for each layer.

        Two cores work well on two whole parts, and badly on one small layer. As long as each layer has
        one thread, the results do not depend on ``count``.

        Raises:
            ConfigError: more threads than the cores of this machine can use.
        """
        check_threads(count)
        self.parallel_parts = min(count, parts)
        torch.set_num_threads(count // self.parallel_parts)

    def together(self, function: Callable[..., T], *arguments: Sequence[Any]) -> list[T]:
        """Apply ``function`` to each row of arguments, in parallel as set by ``use_threads``."""
        rows = list(zip(*arguments, strict=True))
        parallel, threads = min(len(rows), self.parallel_parts), torch.get_num_threads()
        if parallel == 1:
            return [function(*row) for row in rows]

        def run(row: tuple[Any, ...]) -> T:
            torch.set_num_threads(threads)  # for this thread only
            return function(*row)

        return list(_pool(parallel).map(run, rows))

    def agree(self, value: Any) -> Any:
        """The value of the first process; each process gets it."""
        return self.fabric.broadcast(value) if self.processes > 1 else value


def check_threads(count: int) -> None:
    """Refuse more threads than the cores of this machine can use.

    Raises:
        ConfigError: there are too many; the message says how many are accepted.
    """
    most = MOST_PER_CORE * available_cores()
    if count > most:
        raise ConfigError(
            f"threads = {count:,}: this machine has {available_cores()} cores, and more than {most} threads "
            "only take memory and wait. Leave --threads out: the best number is measured."
        )


def another_ended(error: RuntimeError) -> bool:
    """Whether an exchange failed because another process has ended; gloo says so only in the message."""
    return isinstance(error, dist.DistError) or "by peer" in str(error)


def _device(name: str) -> tuple[str, int | None]:
    """Fabric's accelerator and device index for a name such as "cuda:1"."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    kind, _, index = name.partition(":")
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not present.get(kind) or (index and not index.isdigit()):
        here = ", ".join(k for k, there in present.items() if there)
        raise ConfigError(f"this machine has no device {quoted(name)}. It has {here}. Or use --device auto.")
    if kind == "cuda" and index and int(index) >= torch.cuda.device_count():
        raise ConfigError(
            f"device {quoted(name)}: this machine has {counted(torch.cuda.device_count(), 'CUDA device')}."
        )
    return kind, int(index) if index and kind != "cpu" else None


def launched() -> int:
    """The number of processes that torchrun started, this one included; 0 without torchrun."""
    return int(os.environ.get("WORLD_SIZE", 1)) if LAUNCHED in os.environ else 0


def _check_processes(kind: str, index: int | None, processes: int) -> None:
    if processes > 1 and not launched() and not hasattr(sys.modules["__main__"], "__file__"):
        raise ConfigError(
            f"each of {processes} processes runs the program's file again, and this program has no file: "
            "write a script, or use `sparring train --processes`."
        )
    started = launched()
    if started and started != processes:
        raise ConfigError(
            f"processes is {processes}, but torchrun started {counted(started, 'process')}: leave "
            f"--processes out. To resume a run that began with {processes}, use "
            f"`torchrun --nproc-per-node {processes}`."
        )
    if processes > 1 and index is not None:
        raise ConfigError(f"{processes} processes cannot share one {kind} device: name it without an index.")
    if kind == "cuda" and processes > torch.cuda.device_count():
        raise ConfigError(
            f"{processes} processes need as many GPUs; this machine has {torch.cuda.device_count()}."
        )


def fast_precision(kind: str) -> str:
    """The fastest precision of a device: bf16 if the hardware multiplies in bf16, else fp32.

    Each call gives the same answer.
    """
    if kind == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    if kind == "cpu" and _cpu_is_fast_in_bf16():
        return "bf16"
    return "fp32"


def _cpu_is_fast_in_bf16() -> bool:
    """Whether the CPU has Intel's AMX or AMD's bf16 units; on others bf16 was slower (docs/benchmarks.md)."""
    try:
        if torch.cpu._is_amx_tile_supported():
            return True
        return AMD in _cpu_description() and bool(torch.cpu._is_avx512_bf16_supported())
    except (AttributeError, RuntimeError):
        return False


def _cpu_description() -> str:
    """The description of the processors by the system, with the vendor id."""
    listed = Path("/proc/cpuinfo")
    return listed.read_text() if listed.exists() else platform.processor()


@cache
def _keep_freed_memory() -> None:
    """Tell glibc to reuse large freed blocks instead of giving them back to the kernel.

    A step frees and allocates the same activations again; having the kernel clear their pages each
    time costs more than some of the layers (docs/guides/speed.md). It changes no result.
    """
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        trim_threshold, mmap_threshold = -1, -3  # from malloc.h
        if not libc.mallopt(mmap_threshold, 1 << 30):
            libc.mallopt(mmap_threshold, 1 << 25)  # the maximum of glibc before 2.35
        libc.mallopt(trim_threshold, 2**31 - 1)


@dataclass
class Threads:
    """The number of CPU threads, chosen by timing real steps.

    Args:
        fixed: the number to use; None: the best, which is measured.
        adaptive: measure again when the speed drops. With another number of threads convolutions sum in
            another order, so a run that must repeat bit for bit is not adaptive.
        use: sets a number of threads.
    """

    fixed: int | None = None
    adaptive: bool = False
    use: Callable[[int], object] = torch.set_num_threads
    chosen: int = 0
    best_speed: float = 0.0
    measured_at: float = 0.0

    def choose(self, probe: Callable[[], object]) -> int:
        """Set the best number of threads and return it; ``probe`` runs one training step on a copy."""
        if self.fixed is not None:
            self.chosen = self.fixed
        else:
            most = available_cores()
            self.chosen = fastest(probe, sorted({1, max(1, most // 2), most}), use=self.use)
            self.best_speed, self.measured_at = 0.0, time.monotonic()
        self.use(self.chosen)
        return self.chosen

    def watch(self, samples_per_second: float, probe: Callable[[], object]) -> None:
        """Choose again if the speed has fallen by a third, or after a while if some cores have no thread."""
        if self.fixed is not None or not self.adaptive:
            return
        waited = time.monotonic() - self.measured_at
        self.best_speed = max(self.best_speed, samples_per_second)
        slow = samples_per_second < 0.67 * self.best_speed and waited > 5
        spare_cores = self.chosen < available_cores() and waited > 15
        if slow or spare_cores:
            self.choose(probe)


def fastest(
    probe: Callable[[], object],
    candidates: Sequence[int],
    seconds_each: float = 0.1,
    use: Callable[[int], object] = torch.set_num_threads,
) -> int:
    """The number of threads with which ``probe`` takes the least time on average.

    The candidates take turns, so that other load on the machine affects all of them equally.
    """
    if len(candidates) == 1:
        return candidates[0]
    spent = dict.fromkeys(candidates, 0.0)
    for turn in range(MOST_TURNS):
        for threads in candidates:
            use(threads)
            probe()  # the first step after a change wakes or makes the threads
            start = time.perf_counter()
            probe()
            spent[threads] += time.perf_counter() - start
        if turn >= 2 and sum(spent.values()) > seconds_each * len(candidates):
            break
    return min(spent, key=spent.__getitem__)
