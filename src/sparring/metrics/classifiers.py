"""Small classifiers: they give features of labelled data, and the accuracies GAN-train and GAN-test."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from sparring.errors import DataError
from sparring.metrics.features import (
    CPU,
    Extractor,
    Samples,
    check_pictures,
    content_hash,
    resize,
    resizer_name,
)

FEATURES = 64  # width of the last hidden layer
STEPS, BATCH, LR = 400, 128, 3e-3
CHECK = 50  # steps between two checks on the hold-out
PATIENCE = 3  # checks without a gain, after which the training ends
HELD_OUT = 0.1  # share of the samples
MOST_HELD_OUT = 2000  # samples
AT_ONCE = 250  # samples that are looked at without gradients: of digits 25 MB in each layer


class Convolution(NamedTuple):
    """One convolution: output channels, kernel size, stride."""

    channels: int
    kernel: int
    stride: int


LAST = 8  # convolutions of stride 2 follow one another until a picture has at most so many pixels per side
CHANNELS = 48  # of the last convolution; each one before has half as many, LEAST_CHANNELS at least
LEAST_CHANNELS = 8
SIDE = 256  # pixels per side, to which larger pictures are resized


def convolutions_for(shape: tuple[int, ...]) -> tuple[Convolution, ...]:
    """The convolutions for pictures (C, H, W), which see them at their own size; two at least."""
    count = max(2, math.ceil(math.log2(max(_size(shape)) / LAST)))
    widths = [max(LEAST_CHANNELS, CHANNELS >> k) for k in reversed(range(count))]
    return tuple(Convolution(width, 5, 2) for width in widths)


class Classifier(nn.Module):
    """A network from encoded samples to class logits (B, classes).

    It has convolutions for pictures or one layer for numbers, then a layer of FEATURES units and the head.
    ``features``, ``predict`` and ``accuracy`` take decoded samples.

    Args:
        shape: of one sample. Pictures (C, H, W) are resized to at most SIDE x SIDE.
        classes: the number of classes.
        convolutions: the convolutions for pictures, in order; () for samples that are no pictures.
    """

    centre: Tensor  # (D,), of numbers
    scale: Tensor  # (D,), of numbers

    def __init__(self, shape: tuple[int, ...], classes: int, convolutions: Sequence[Convolution] = ()) -> None:
        super().__init__()
        self.shape, self.pictures = shape, bool(convolutions)
        self.held_out_accuracy = math.nan
        size = math.prod(shape)
        self.body = _picture_body(shape, convolutions) if self.pictures else _body(size)
        self.head = nn.Linear(FEATURES, classes)
        if not self.pictures:
            self.register_buffer("centre", torch.zeros(size))
            self.register_buffer("scale", torch.ones(size))

    @property
    def resizer(self) -> str:
        if not self.pictures or _size(self.shape) == self.shape[1:]:
            return ""
        return resizer_name(*_size(self.shape))

    def forward(self, encoded: Tensor) -> Tensor:
        logits: Tensor = self.head(self.body(encoded))
        return logits

    def encode(self, samples: Tensor) -> Tensor:
        """Turn decoded samples into the network's input: pixels in [-1, 1], or standardised numbers (N, D).

        Raises:
            DataError: samples of another shape or type.
        """
        if tuple(samples.shape[1:]) != self.shape:
            raise DataError(
                f"this classifier takes samples of shape {self.shape}; got {tuple(samples.shape[1:])}."
            )
        if not self.pictures:
            return (samples.flatten(1).float() - self.centre) / self.scale
        check_pictures(samples, "a classifier's")
        return resize(samples.float(), *_size(self.shape)) / 127.5 - 1

    def features(self, samples: Tensor) -> Tensor:
        """Features (N, FEATURES) of decoded samples (N, *shape), on the CPU."""
        return self._in_batches(self.body, samples)

    def predict(self, samples: Tensor) -> Tensor:
        """The most likely class (N,) of each decoded sample (N, *shape)."""
        return self._in_batches(self, samples).argmax(1)

    def accuracy(self, samples: Tensor, labels: Tensor) -> float:
        """The share of decoded samples whose most likely class is their label (N,)."""
        return float((self.predict(samples) == labels.cpu()).double().mean())

    @torch.no_grad()
    def _in_batches(self, function: Callable[[Tensor], Tensor], samples: Tensor) -> Tensor:
        device = self.head.weight.device
        parts = [function(self.encode(part.to(device))).cpu() for part in samples.split(AT_ONCE)]
        return torch.cat(parts)


def _size(shape: tuple[int, ...]) -> tuple[int, int]:
    """Height and width of a picture in the network."""
    return min(shape[1], SIDE), min(shape[2], SIDE)


def _picture_body(shape: tuple[int, ...], convolutions: Sequence[Convolution]) -> nn.Sequential:
    layers: list[nn.Module] = []
    channels, (height, width) = shape[0], _size(shape)
    for outputs, kernel, stride in convolutions:
        layers += [nn.Conv2d(channels, outputs, kernel, stride, padding=kernel // 2), nn.ReLU()]
        channels, height, width = outputs, -(-height // stride), -(-width // stride)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * height * width, FEATURES), nn.ReLU())


def _body(size: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(size, 2 * FEATURES), nn.ReLU(), nn.Linear(2 * FEATURES, FEATURES), nn.ReLU())


def train_classifier(
    samples: Tensor,
    labels: Tensor,
    classes: int,
    *,
    seed: int = 0,
    steps: int = STEPS,
    device: torch.device = CPU,
    pictures: bool = False,
) -> Classifier:
    """Train a classifier on decoded samples (N, *shape) with labels (N,).

    On the CPU the same seed gives the same classifier. It trains by Adam with a cosine decay over at most
    ``steps`` batches. A tenth of the samples is held out: the weights with the best accuracy on it are kept,
    and PATIENCE checks without a gain end the training. This choice makes ``held_out_accuracy`` slightly too
    high.

    Args:
        pictures: whether the samples are pictures (N, C, H, W) in 8 bits.

    Raises:
        DataError: fewer than 10 samples, fewer than 2 classes, or labels that do not fit.
    """
    _check_labels(samples, labels, classes)
    rng = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(samples), generator=rng)
    held_out, training = order.split(
        [count := min(int(HELD_OUT * len(order)), MOST_HELD_OUT), len(order) - count]
    )
    network = _initialised(samples, training, classes, seed, pictures).to(device)
    optimizer = torch.optim.Adam(network.parameters(), LR)
    best, without_gain = -1.0, 0
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = LR * (0.5 + 0.5 * math.cos(math.pi * step / steps))
        chosen = training[torch.randint(len(training), (BATCH,), generator=rng)]
        logits = network(network.encode(samples[chosen].to(device)))
        optimizer.zero_grad()
        cross_entropy(logits, labels[chosen].to(device)).backward()
        optimizer.step()
        if (step + 1) % CHECK == 0 or step + 1 == steps:
            accuracy = network.accuracy(samples[held_out], labels[held_out])
            without_gain += 1
            if accuracy > best:
                best, without_gain = accuracy, 0
                weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}
            if without_gain == PATIENCE:
                break
    network.load_state_dict(weights)
    network.held_out_accuracy = best
    return network.eval().requires_grad_(False)


def _initialised(samples: Tensor, training: Tensor, classes: int, seed: int, pictures: bool) -> Classifier:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Classifier(
            tuple(samples.shape[1:]), classes, convolutions_for(tuple(samples.shape[1:])) if pictures else ()
        )
    if not pictures:
        numbers = samples[training].flatten(1).float()
        network.centre.copy_(numbers.mean(0))
        network.scale.copy_(numbers.std(0).clamp_min(1e-12))
    return network


def _check_labels(samples: Tensor, labels: Tensor, classes: int) -> None:
    if classes < 2 or len(samples) < 10 or samples.ndim < 2:
        raise DataError(
            "a classifier needs at least 2 classes and 10 samples (N, *shape); got "
            f"{classes} classes and samples of shape {tuple(samples.shape)}."
        )
    if labels.shape != samples.shape[:1] or int(labels.min()) < 0 or int(labels.max()) >= classes:
        raise DataError(
            f"labels of shape {tuple(labels.shape)} from {labels.min()} to {labels.max()} do not fit "
            f"{len(samples)} samples of {classes} classes; expected ({len(samples)},), 0 to {classes - 1}."
        )


def classifier_extractor(network: Classifier, data: str, device: torch.device = CPU) -> Extractor:
    """The features of a classifier that was trained on the data set with this name."""
    return Extractor(
        f"classifier-{data}",
        network.features,
        dimension=FEATURES,
        resizer=network.resizer,
        version=content_hash(*network.state_dict().values()),
        device=device,
        note=f"held-out accuracy {network.held_out_accuracy:.1%}",
    )


class Trainer(Protocol):
    """A function that trains a classifier, as ``train_classifier`` does."""

    def __call__(self, samples: Tensor, labels: Tensor, classes: int, *, seed: int) -> Classifier: ...


class GanTrainTest(NamedTuple):
    """Accuracies in [0, 1] (Shmelkov et al. 2018, "How good is my GAN?").

    Attributes:
        gan_train: of a classifier trained on fakes and tested on reals. It is low if fakes lack variety.
        gan_test: of a classifier trained on reals and tested on fakes. It is low if fakes do not show the
            class of their label, and above ``real`` if they repeat the training set.
        real: of a classifier trained on reals and tested on reals.
        trained_on: how many samples each training had.
    """

    gan_train: float
    gan_test: float
    real: float
    trained_on: int


def gan_train_test(
    real_train: Samples,
    real_test: Samples,
    fake: Samples,
    classes: int,
    *,
    seed: int = 0,
    train: Trainer = train_classifier,
) -> tuple[GanTrainTest, Classifier]:
    """Measure GAN-train and GAN-test accuracy; return them and the classifier trained on reals.

    Both classifiers are trained on equally many samples.
    """
    count = min(len(real_train.samples), len(fake.samples))
    on_reals = train(*_drawn(real_train, count, seed), classes, seed=seed)
    on_fakes = train(*_drawn(fake, count, seed), classes, seed=seed)
    accuracies = GanTrainTest(
        gan_train=on_fakes.accuracy(*real_test.both),
        gan_test=on_reals.accuracy(*fake.both),
        real=on_reals.accuracy(*real_test.both),
        trained_on=count,
    )
    return accuracies, on_reals


def _drawn(samples: Samples, count: int, seed: int) -> tuple[Tensor, Tensor]:
    """``count`` random samples without repetition, and their labels."""
    chosen = torch.randperm(len(samples.samples), generator=torch.Generator().manual_seed(seed))[:count]
    values, labels = samples.both
    return values[chosen], labels[chosen]
