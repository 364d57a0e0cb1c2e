"""Where a training runs: processes, precision, devices, threads."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from sparring.cli import live
from sparring.config.groups import Config
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, RunError
from sparring.games import game as games
from sparring.history.record import Record
from sparring.machine import device as runtime
from sparring.machine.device import Runtime, Threads
from sparring.runs.folder import RunFolder
from sparring.runs.rescue import Rescuer
from sparring.training import loop, suited
from sparring.training.thread_use import ThreadUse


def test_unknown_devices_are_refused_with_what_is_here() -> None:
    for name in ("gpu", "cuda:x", "tpu"):
        with pytest.raises(ConfigError, match=r"It has .*cpu"):
            Runtime(name)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_cuda_without_cuda_is_refused() -> None:
    with pytest.raises(ConfigError, match="this machine has no device 'cuda'"):
        Runtime("cuda")


def test_bf16_only_where_the_cpu_multiplies_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for vendor, amx, vectors, precision in (
        (runtime.AMD, False, True, "bf16"),
        (runtime.AMD, False, False, "fp32"),
        ("GenuineIntel", True, True, "bf16"),
        ("GenuineIntel", False, True, "fp32"),
    ):
        monkeypatch.setattr(runtime, "_cpu_description", lambda found=vendor: f"vendor_id : {found}")
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda found=amx: found)
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda found=vectors: found)
        assert runtime.fast_precision("cpu") == precision
    monkeypatch.delattr(torch.cpu, "_is_amx_tile_supported")
    assert runtime.fast_precision("cpu") == "fp32"


def test_autocast_lowers_the_forward_pass() -> None:
    layer, inputs = nn.Linear(4, 4), torch.ones(2, 4)
    with Runtime("cpu", "bf16").autocast():
        assert layer(inputs).dtype == torch.bfloat16
    with Runtime("cpu", "fp32").autocast():
        assert layer(inputs).dtype == torch.float32


class Clock:
    """A clock for probes whose time depends on the number of threads."""

    def __init__(self, seconds: dict[int, float]) -> None:
        self.seconds, self.now = seconds, 0.0

    def probe(self) -> None:
        self.now += self.seconds[torch.get_num_threads()]


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    monkeypatch.setattr(runtime, "available_cores", lambda: 2)
    yield
    torch.set_num_threads(before)


def timed(monkeypatch: pytest.MonkeyPatch, seconds: dict[int, float]) -> Clock:
    clock = Clock(seconds)
    monkeypatch.setattr(runtime.time, "perf_counter", lambda: clock.now)
    return clock


@pytest.mark.usefixtures("two_cores")
@pytest.mark.parametrize(("seconds", "best"), [({1: 1.0, 2: 0.6}, 2), ({1: 1.0, 2: 7.0}, 1)])
def test_the_faster_number_of_threads_is_taken(
    monkeypatch: pytest.MonkeyPatch, seconds: dict[int, float], best: int
) -> None:
    assert Threads().choose(timed(monkeypatch, seconds).probe) == best
    assert torch.get_num_threads() == best


@pytest.mark.usefixtures("two_cores")
def test_a_fixed_number_is_not_measured() -> None:
    def never() -> None:
        raise AssertionError("measured")

    assert Threads(fixed=1).choose(never) == 1
    Threads(fixed=1, adaptive=True).watch(1.0, never)


@pytest.mark.usefixtures("two_cores")
def test_a_drop_in_speed_measures_again_only_where_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = timed(monkeypatch, {1: 1.0, 2: 0.6})
    for adaptive, expected in ((True, 1), (False, 2)):
        clock.seconds = {1: 1.0, 2: 0.6}
        threads = Threads(adaptive=adaptive)
        threads.choose(clock.probe)
        clock.seconds = {1: 1.0, 2: 7.0}  # a neighbour came
        threads.measured_at -= 10
        threads.watch(1000.0, clock.probe)
        assert torch.get_num_threads() == 2
        threads.watch(300.0, clock.probe)
        assert torch.get_num_threads() == expected


@pytest.mark.parametrize(("processes", "fixed", "used"), [(1, None, 1), (1, 3, 3), (2, 3, 3), (2, None, None)])
def test_several_processes_compute_on_as_many_threads_as_the_user_says(
    processes: int, fixed: int | None, used: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[int] = []
    monkeypatch.setattr(runtime, "available_cores", lambda: 1)
    place = SimpleNamespace(
        device=torch.device("cpu"), processes=processes, use_threads=lambda count, **_: counts.append(count)
    )
    game: Any = SimpleNamespace(runtime=place, parts=1)
    ThreadUse(game, Threads(fixed), lambda: None).for_step()
    assert counts[-1:] == ([] if used is None else [used])


def train(folder: Path, processes: int, data: Path) -> dict[str, torch.Tensor]:
    """One step of the default recipe through the command line; the state after it."""
    out = folder / f"run-{processes}"
    options = ["--precision", "fp32", "--device", "cpu", "--threads", "1", "--samples-seen", "16"]
    small = ["--batch-size", "16", "--g-width", "8", "--d-width", "8", "--d-norm", "batch"]
    small += ["--loss", "relativistic"]
    command = [sys.executable, "-m", "sparring", "train", str(data), "--out", str(out)]
    command += [*options, *small, "--r2-gamma", "0.3", "--gp-weight", "0.1", "--processes", str(processes)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    return load_file(out / "checkpoints/00000001.safetensors")


def test_two_processes_reproduce_one_with_the_joint_batch(tmp_path: Path) -> None:
    """Gradients (Adam's first moments), penalties' and BatchNorm's included, agree to float32 rounding."""
    rng = np.random.default_rng(0)
    data = tmp_path / "pictures.npz"
    np.savez(data, samples=rng.integers(0, 256, (64, 16, 16), dtype=np.uint8), labels=np.arange(64) % 3)
    one, two = train(tmp_path, 1, data), train(tmp_path, 2, data)
    assert one.keys() == two.keys()
    compared = [name for name in one if name.endswith(("exp_avg", "running_mean", "running_var"))]
    assert len(compared) > 10
    for name in compared:
        scale = float(one[name].abs().max())
        torch.testing.assert_close(two[name], one[name], rtol=0, atol=2e-4 * scale + 1e-8, msg=name)


@pytest.mark.parametrize(
    ("rank", "message", "raised"),
    [
        (1, "[gloo/transport/tcp/pair.cc:553] Connection closed by peer [127.0.0.1]:1", RunError),
        (1, "[gloo/transport/tcp/pair.cc:553] Connection reset by peer", RunError),
        (1, "a matrix is singular", RuntimeError),
        (0, "Connection closed by peer", RuntimeError),
    ],
)
def test_a_process_that_lost_another_says_so_in_a_line(
    rank: int, message: str, raised: type[RuntimeError], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def breaks(*_: object, **__: object) -> Iterator[Record]:
        raise RuntimeError(message)
        yield

    monkeypatch.setattr("sparring.runs.rescue.train_in", breaks)
    place = SimpleNamespace(rank=rank, device="cpu", precision="fp32", processes=2)
    spec, facts = SimpleNamespace(kind="points"), {"own": {}}
    folder = SimpleNamespace(path=tmp_path, spec=spec, facts=facts, config=Config())
    game: Any = SimpleNamespace(runtime=place, clock=games.Clock())
    with pytest.raises(RuntimeError) as caught:
        live.train_live(Rescuer(folder, game, 0), None, None, None)  # type: ignore[arg-type]
    assert caught.type is raised
    assert ("see its own message" in str(caught.value)) == (raised is RunError)


@pytest.fixture
def torchrun(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in one of two processes that torchrun started."""
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "x")
    monkeypatch.setenv("WORLD_SIZE", "2")


@pytest.mark.usefixtures("torchrun")
@pytest.mark.parametrize("processes", [1, 3])
def test_torchrun_and_processes_must_agree(processes: int) -> None:
    with pytest.raises(ConfigError, match=f"processes is {processes}, but torchrun started 2 processes: leave"):
        Runtime("cpu", "fp32", processes)


@pytest.mark.usefixtures("torchrun")
def test_a_config_has_as_many_processes_as_torchrun_started(pictures: Dataset) -> None:
    assert suited.configure(pictures, "dcgan", batch_size=8).machine.processes == 2
    assert (
        suited.configure(pictures, "dcgan", batch_size=8, processes=4).machine.processes == 4
    )  # refused by the runtime


def test_torchrun_alone_says_how_many_processes_train(tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command += [
        "-m",
        "sparring",
        "train",
        "ring",
        "--samples-seen",
        "512",
        "--out",
        str(out),
        "--device",
        "cpu",
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    assert "2 processes" in done.stdout
    folder = RunFolder(out)
    assert folder.config.machine.processes == 2
    assert "spread" in list(folder.records())[-1].values


@pytest.mark.parametrize(("rank", "measured"), [(0, {"spread": 1.0}), (1, {})])
def test_only_the_first_process_measures(
    rank: int, measured: dict[str, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "Vitals", lambda *_: lambda: {"spread": 1.0})
    shared: list[dict[str, float]] = []
    place = SimpleNamespace(rank=rank, agree=lambda value: shared.append(value) or {"spread": 2.0})
    game: Any = SimpleNamespace(runtime=place, gauge=lambda *_: lambda: {"held_out_gap": 0.0})
    for vitals in (True, False):
        data: Any = object()
        assert loop._measure(game, data, data, 0, vitals)() == {"spread": 2.0}  # what the first one found
    assert shared[0] == measured
    assert bool(shared[1]) == (rank == 0)


def test_a_program_without_a_file_cannot_be_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)
    with pytest.raises(ConfigError, match="this program has no file: write a script"):
        Runtime("cpu", "fp32", processes=2)
