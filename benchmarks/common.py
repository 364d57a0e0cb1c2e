"""What the benchmarks share: the plain loop that tutorials print, results files, the machine's state."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from sparring import __version__
from sparring.data.builtin import mnist
from sparring.machine.device import fast_precision

RESULTS = Path(__file__).parent / "results"
LATENT, BATCH = 100, 64


class PlainMnist(Dataset[tuple[Tensor, int]]):
    """MNIST an item at a time through a picture and two transforms, as torchvision gives it."""

    def __init__(self) -> None:
        data = mnist("train")
        assert data.labels is not None
        self.pictures, self.labels = data.samples[:, 0].numpy(), data.labels.tolist()

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        picture = Image.fromarray(self.pictures[index])
        # ToTensor, then Normalize((0.5,), (0.5,)).
        tensor = torch.from_numpy(np.array(picture, np.uint8, copy=True))
        tensor = tensor.view(28, 28, 1).permute(2, 0, 1).contiguous().to(torch.float32).div(255)
        mean, deviation = torch.tensor([0.5]), torch.tensor([0.5])
        return tensor.sub_(mean.view(-1, 1, 1)).div_(deviation.view(-1, 1, 1)), self.labels[index]


def tutorial_players() -> tuple[nn.Module, nn.Module]:
    """The beginner's networks, with the sigmoid inside the discriminator."""
    generator = nn.Sequential(nn.Linear(LATENT, 256), nn.ReLU(), nn.Linear(256, 784), nn.Tanh())
    discriminator = nn.Sequential(nn.Linear(784, 256), nn.LeakyReLU(0.2), nn.Linear(256, 1), nn.Sigmoid())
    return generator, discriminator


def plain_loop() -> Iterator[int]:
    """The loop of the tutorials; yields the samples of each batch, for ever."""
    generator, discriminator = tutorial_players()
    loader = DataLoader(PlainMnist(), batch_size=BATCH, shuffle=True)
    criterion = nn.BCELoss()
    g_optimizer = torch.optim.Adam(generator.parameters(), lr=2e-4)
    d_optimizer = torch.optim.Adam(discriminator.parameters(), lr=2e-4)
    while True:
        for pictures, _ in loader:
            real = pictures.view(-1, 784)
            ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)
            fake = generator(torch.randn(len(real), LATENT))
            d_loss = criterion(discriminator(real), ones) + criterion(discriminator(fake.detach()), zeros)
            d_optimizer.zero_grad()
            d_loss.backward()
            d_optimizer.step()
            g_loss = criterion(discriminator(fake), ones)
            g_optimizer.zero_grad()
            g_loss.backward()
            g_optimizer.step()
            yield len(real)


def machine() -> dict[str, Any]:
    """What a result must say of where it was measured."""
    return {
        "sparring": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0)),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "precision": fast_precision("cpu"),
        "load_average_before": round(os.getloadavg()[0], 2),
    }


def rows_in(path: Path) -> list[dict[str, Any]]:
    """The rows of a JSON lines file so far; none where there is no file yet."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def keep_row(path: Path, row: dict[str, Any], same: Collection[str]) -> None:
    """One more row, in place of an older one that has the same values of these keys."""
    others = [old for old in rows_in(path) if any(old[key] != row[key] for key in same)]
    path.write_text("".join(f"{json.dumps(one)}\n" for one in [*others, row]), "utf-8")


def append_row(path: Path, row: dict[str, Any]) -> None:
    """One more row, at once, so that a broken-off benchmark can be gone on with."""
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps(row) + "\n")


def save(name: str, facts: dict[str, Any]) -> None:
    """Write results/name.json."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(facts, indent=1) + "\n")


def load(name: str) -> dict[str, Any]:
    """What results/name.json holds."""
    facts: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text())
    return facts
