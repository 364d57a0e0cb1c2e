"""A translation in two processes, which exchange their gradients by gloo, beside one with the joint batch."""

import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import distributed

from sparring.machine.device import Runtime
from test_translation_parity import made, stepped, trained

RECIPES = ("paired", "unpaired", "cyclegan")


class Joined(Runtime):
    """One of two processes that found each other already."""

    device, rank, processes = torch.device("cpu"), 0, 2  # type: ignore[assignment]
    precision, parallel_parts, autocast = "fp32", 1, nullcontext  # type: ignore[assignment]

    def __init__(self, rank: int) -> None:
        self.rank = rank  # type: ignore[misc]


def train(folder: Path, rank: int) -> None:
    """What each of the two processes does; they meet in a file."""
    distributed.init_process_group("gloo", init_method=f"file://{folder / 'meeting'}", rank=rank, world_size=2)
    for recipe in RECIPES:
        weights = trained(*made(recipe, Joined(rank)))
        save_file({name: t.contiguous() for name, t in weights.items()}, folder / f"{recipe}-{rank}")
    distributed.destroy_process_group()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("processes")
    program = "import sys; from pathlib import Path; from test_translation_processes import train; "
    program += "train(Path(sys.argv[1]), int(sys.argv[2]))"
    children = [
        subprocess.Popen([sys.executable, "-c", program, path, str(rank)], cwd=Path(__file__).parent)
        for rank in range(2)
    ]
    assert [child.wait() for child in children] == [0, 0]
    return path


@pytest.mark.parametrize("recipe", RECIPES)
def test_two_processes_learn_what_one_does_with_the_joint_batch(recipe: str, folder: Path) -> None:
    (one,) = stepped(recipe, 1)
    first, second = (load_file(folder / f"{recipe}-{rank}") for rank in range(2))
    assert first.keys() == one.keys()
    for name, expected in one.items():
        assert torch.equal(first[name], second[name]), name
        assert torch.allclose(first[name], expected, rtol=1e-9, atol=1e-12), name
