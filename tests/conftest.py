"""What several tests share: tiny pictures, and options that make a training take a blink."""

import ctypes
import gc
import resource
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, settings

from sparring.cli.main import main
from sparring.config.recipes import from_recipe
from sparring.data.arrays import from_array
from sparring.data.spec import Dataset
from sparring.history import layout
from sparring.networks import NETWORKS

MOST_MEMORY = 2**31  # bytes of a worker; the libraries of tables, of search and of ONNX take 0.4 GB of them
torch.set_num_threads(1)
# A busy machine must not fail a property.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

TINY = {
    "batch_size": 16, "g_width": 4, "d_width": 4, "latent_dim": 4, "threads": 1, "device": "cpu",
    "precision": "fp32", "record_every": 2, "pictures": 3, "checkpoint_seconds": 0,
}  # fmt: skip
TINY_LINE = [word for name, value in TINY.items() for word in (f"--{name.replace('_', '-')}", str(value))]


def takes_pictures(recipe: str) -> bool:
    """Whether a recipe makes pictures of latents."""
    network = NETWORKS[from_recipe(recipe).networks.generator]
    return network.axes in ("", "C H W") and not network.given


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--browser-must-run", action="store_true", help="fail, not skip, where Chromium is missing"
    )


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Modules and tests stay: no search for garbage looks at them, neither now nor later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests keep their decoded pictures and statistics to themselves, and take cheap features."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        # Seconds for a hundred pictures: test_pretrained.py has the network, the others any features.
        patch.setattr("sparring.metrics.extractors.has_imagenet", lambda: False)
        # A fake takes a microsecond, so that there is always time for 256 in each draw at a training's end.
        patch.setattr("sparring.uses.evaluate._seconds", lambda *_: (0.0, 1e-6))
        patch.setattr("sparring.cli.closing.QUALITY_SECONDS", 3 * 256.5e-6)
        patch.setattr("os.fsync", lambda descriptor: None)  # no test cuts the power
        yield


@pytest.fixture(scope="session", autouse=True)
def _answers_ctrl_c() -> None:
    """A shell that runs the tests in the background has told them to ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def held() -> list[int]:
    """The bytes that the worker had when it last gave back what is free."""
    return [memory()]


@pytest.fixture(autouse=True)
def _memory(held: list[int]) -> Iterator[None]:
    """A worker takes no more than MOST_MEMORY: the test that takes it farther fails."""
    before = peak_memory()
    yield
    if memory() > held[0] + 100 * 2**20:
        give_back()
        held[0] = memory()
    now = peak_memory()
    if before <= MOST_MEMORY < now:
        pytest.fail(f"the tests take {now / 2**30:.2f} GiB from here on, {before / 2**30:.2f} before")


def peak_memory() -> int:
    """The most bytes that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def memory() -> int:
    """The bytes that it has, as far as the system tells."""
    counts = Path("/proc/self/statm")
    return int(counts.read_text().split()[1]) * resource.getpagesize() if counts.exists() else 0


def give_back() -> None:
    """What is free goes back to the system: the C library would keep the holes between small things."""
    gc.collect()
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def heaps(sizes: list[int], distance: float = 10.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Vectors in tight heaps on a line of the plane, and which heap each is from."""
    rng = torch.Generator().manual_seed(0)
    heap = torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes))
    vectors = distance * torch.stack([heap, -heap], 1) + 0.1 * torch.randn(len(heap), 2, generator=rng)
    return vectors, heap


@pytest.fixture
def pictures() -> Dataset:
    """64 random pictures of 8 x 8 pixels in two classes."""
    return tiny_pictures()


def tiny_pictures() -> Dataset:
    rng = np.random.default_rng(0)
    samples = rng.integers(0, 256, (64, 8, 8), dtype=np.uint8)
    return from_array(samples, np.arange(64) % 2, name="tiny")


@pytest.fixture
def pictures_file(tmp_path: Path, pictures: Dataset) -> Path:
    """The same as an .npz file."""
    return write_npz(tmp_path, pictures)


def write_npz(folder: Path, pictures: Dataset) -> Path:
    assert pictures.labels is not None
    path = folder / "tiny.npz"
    np.savez(path, samples=pictures.samples.numpy(), labels=pictures.labels.numpy())
    return path


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the file of pictures and a finished tiny run, made by the command line."""
    folder = tmp_path_factory.mktemp("trained")
    words = ["train", str(write_npz(folder, tiny_pictures())), "--out", str(folder / "run")]
    assert main([*words, *TINY_LINE, "--samples-seen", "96"]) == 0
    return folder


@pytest.fixture
def run(tmp_path: Path, pictures_file: Path, trained: Path) -> Path:
    """The same run, trained on the file of this test."""
    path = tmp_path / "run"
    shutil.copytree(trained / "run", path)
    for name in (layout.CONFIG, layout.RUN):
        (path / name).write_text((path / name).read_text().replace(str(trained), str(tmp_path)))
    return path
