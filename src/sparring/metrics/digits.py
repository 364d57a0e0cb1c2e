"""The classifier of handwritten digits whose weights the package ships."""

from __future__ import annotations

from importlib import resources

import torch
from safetensors.torch import load
from torch import Tensor

from sparring.metrics.classifiers import FEATURES, Classifier, Convolution
from sparring.metrics.distances import Gaussian
from sparring.metrics.features import CPU, Extractor, content_hash

FILE = "digit_classifier.safetensors"
SHAPE = (1, 28, 28)
TEST_DIGITS = 10_000
TEST_HASH = "f72e2a709bf79f32babecc25538eadba847de8177c005a70329b88ea90a83e48"
CONVOLUTIONS = (Convolution(32, 3, 1), Convolution(48, 3, 2), Convolution(64, 3, 2))


def new_digit_classifier() -> Classifier:
    """The network of the digit classifier, before training."""
    return Classifier(SHAPE, 10, CONVOLUTIONS)


def digit_classifier() -> tuple[Classifier, Gaussian, float]:
    """The shipped classifier, its feature statistics on MNIST's test set, and the floor.

    The floor is the Fréchet distance of 10,000 training digits to the 10,000 test digits, which a perfect
    generator would also have. All three are made by ``benchmarks/digit_classifier.py``.
    """
    tensors = load(resources.files("sparring.metrics").joinpath(FILE).read_bytes())
    reference = Gaussian(tensors.pop("test/mean"), unpack(tensors.pop("test/covariance")))
    floor = float(tensors.pop("test/floor"))
    network = new_digit_classifier()
    network.load_state_dict(tensors)
    return network.eval().requires_grad_(False), reference, floor


def is_test_set(samples: Tensor) -> bool:
    """Whether the samples are MNIST's test digits, whose statistics the package ships."""
    return len(samples) == TEST_DIGITS and content_hash(samples) == TEST_HASH


def digits(device: torch.device = CPU) -> Extractor:
    """The features of the shipped classifier, for pictures like those of MNIST."""
    network = digit_classifier()[0].to(device)
    return Extractor("digits", network.features, dimension=FEATURES, version="1", device=device)


def pack(symmetric: Tensor) -> Tensor:
    """The upper triangle (D (D + 1) / 2,) of a symmetric matrix (D, D), row by row."""
    rows, columns = torch.triu_indices(*symmetric.shape)
    return symmetric[rows, columns]


def unpack(triangle: Tensor) -> Tensor:
    """The symmetric matrix (D, D) of an upper triangle (D (D + 1) / 2,)."""
    size = int((2 * len(triangle)) ** 0.5)
    rows, columns = torch.triu_indices(size, size)
    symmetric = triangle.new_empty(size, size)
    symmetric[rows, columns] = symmetric[columns, rows] = triangle
    return symmetric
