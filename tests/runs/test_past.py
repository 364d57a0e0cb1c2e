"""Generators along the way of a training: when they are kept, what they draw, and when they go."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from conftest import TINY
from sparring import games
from sparring.data.arrays import from_array
from sparring.data.spec import Dataset
from sparring.history import layout
from sparring.machine.device import Runtime
from sparring.runs import past
from sparring.runs.create import create
from sparring.runs.folder import RunFolder
from sparring.runs.inference import Sampler
from sparring.runs.past import half_precision, nearest
from sparring.runs.writer import train_in
from sparring.training import suited

OPTIONS: dict[str, Any] = TINY | {"record_every": 1, "samples_seen": 16 * 26, "checkpoint_seconds": 1000.0}
LATENTS = torch.linspace(-1, 1, 12).reshape(3, 4)


def trained(data: Dataset, path: Path, **options: Any) -> dict[int, np.ndarray]:
    """A run of 26 steps, with a checkpoint at its end alone; what its generator drew at each of them."""
    data = data.unlabelled()
    config = suited.configure(data, "dcgan" if data.spec.kind == "image" else "mlp", **OPTIONS | options)
    folder = create(path, config, data)
    game = games.make(config, data.spec, data.classes)
    drawn = {}
    for record in train_in(folder, game, data):
        sampler = Sampler.of(game, data.spec, config, data.class_counts)
        drawn[record.step] = sampler.decoded(LATENTS).numpy()
    return drawn


def kept(run: Path) -> list[int]:
    return layout.checkpoints(run / layout.PAST)


def draws(run: Path, last: float) -> tuple[int, np.ndarray]:
    sampler = Sampler.load(run, pytest.fail, Runtime("cpu", "fp32"), last=last)
    return sampler.step, sampler.decoded(LATENTS).numpy()


def test_early_ones_are_closer_together_and_draw_what_was_drawn_then(pictures: Dataset, tmp_path: Path) -> None:
    """The k-th of 10 is due at (k/10)^(3/2) of 26 steps; the last is that of the checkpoint."""
    drawn = trained(pictures, tmp_path / "run")
    assert kept(tmp_path / "run") == [0, 1, 3, 5, 7, 10, 13, 16, 19, 23]
    for last, expected in ((5, 5), (6.5, 5), (25, 23), (26, 26)):
        step, found = draws(tmp_path / "run", last)
        assert step == expected
        assert np.abs(found.astype(int) - drawn[step].astype(int)).max() <= 2
    size = max(path.stat().st_size for path in (tmp_path / "run/past").glob("*.safetensors"))
    whole = next((tmp_path / "run/checkpoints").glob("*.safetensors")).stat().st_size
    assert size < whole / 4  # half the digits, and no optimizer


def test_of_large_generators_fewer_are_kept(
    pictures: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(pictures, tmp_path / "a", samples_seen=16)
    written = load_file(tmp_path / "a/past/00000000.safetensors")
    size = sum(t.nbytes for t in written.values())
    whole = [t.float() if t.dtype == torch.float16 else t for t in written.values()]
    assert past.half_precision_bytes(whole) == size
    monkeypatch.setattr(past, "MOST_BYTES", 3 * size - 1)
    trained(pictures, tmp_path / "b")
    assert kept(tmp_path / "b") == [0, 10]
    monkeypatch.setattr(past, "MOST_BYTES", size - 1)
    trained(pictures, tmp_path / "c")
    assert kept(tmp_path / "c") == []


def test_none_are_kept_where_nothing_is_drawn_from_them(pictures: Dataset, tmp_path: Path) -> None:
    trained(pictures, tmp_path / "a", pictures=0)
    ring = from_array(np.random.default_rng(0).normal(0, 1, (64, 2)).astype(np.float32), name="ring")
    trained(ring, tmp_path / "b", latent_dim=4)
    assert kept(tmp_path / "a") == kept(tmp_path / "b") == []


def test_they_go_with_the_steps_that_are_trained_anew(pictures: Dataset, tmp_path: Path) -> None:
    run = tmp_path / "run"
    trained(pictures, run)
    (run / "past" / "mine.txt").write_text("mine")
    RunFolder(run).drop_after(9, *layout.BY_STEP)
    assert kept(run) == [0, 1, 3, 5, 7]
    assert nearest(run, 6) == run / layout.PAST
    config = RunFolder(run).config
    create(run, config, pictures, force=True)
    assert kept(run) == []
    assert [path.name for path in (run / "past").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: torch.tensor([0.5, -2.0]), torch.float16),
        (lambda: torch.tensor([0.5, 7e4]), torch.float32),  # more than half precision has
        (lambda: torch.tensor(3), torch.int64),
    ],
)
def test_values_that_are_too_large_stay_whole(make: Callable[[], torch.Tensor], expected: torch.dtype) -> None:
    tensor = make()
    assert half_precision(tensor).dtype == expected
    assert torch.equal(half_precision(tensor).to(tensor.dtype), tensor)
