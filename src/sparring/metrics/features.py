"""The feature network for handwritten digits: a small classifier whose weights come with the package."""

from __future__ import annotations

from importlib import resources

import torch
from safetensors.torch import load
from torch import Tensor, nn

from sparring.metrics.distances import Gaussian

FEATURES = 64


class DigitClassifier(nn.Module):
    """Digits (B, 1, 28, 28) in [-1, 1] to class logits (B, 10); ``features`` gives the layer before."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 48, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(48, 64, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(64 * 7 * 7, FEATURES),
            nn.ReLU(),
        )
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Linear(FEATURES, 10)

    def forward(self, digits: Tensor) -> Tensor:
        logits: Tensor = self.head(self.dropout(self.body(digits)))
        return logits

    @torch.no_grad()
    def features(self, digits: Tensor, chunk: int = 1000) -> Tensor:
        """Features (N, FEATURES) of digits (N, 1, 28, 28) in [-1, 1]."""
        return torch.cat([self.body(part) for part in digits.split(chunk)])


def digit_classifier() -> tuple[DigitClassifier, Gaussian, float]:
    """The shipped classifier, its feature statistics on MNIST's test set, and the floor.

    The floor is the Fréchet distance of 10,000 real training digits to the 10,000 test digits: what
    a perfect generator would score. All three are made by ``benchmarks/digit_classifier.py``.
    """
    file = resources.files("sparring.metrics").joinpath("digit_classifier.safetensors")
    tensors = load(file.read_bytes())
    reference = Gaussian(tensors.pop("test/mean"), tensors.pop("test/covariance"))
    floor = float(tensors.pop("test/floor"))
    network = DigitClassifier()
    network.load_state_dict(tensors)
    return network.eval().requires_grad_(False), reference, floor
