"""What can go wrong, done to a healthy training as a user would do it by mistake, and healthy variants.

Each fault changes the options, the data or the built game; ``names`` are the findings that count as right.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam

from sparring.data.codec import Affine
from sparring.data.spec import Dataset
from sparring.games.adversarial import AdversarialGame
from sparring.games.average import WeightAverage
from sparring.games.losses import Loss


@dataclass(frozen=True)
class Case:
    """A training: options beside the control's, and what is done to the data and to the game."""

    options: dict[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ()  # findings that name it rightly; none of a healthy one
    data: Callable[[Dataset], Dataset] = lambda data: data
    game: Callable[[AdversarialGame], object] = lambda game: None
    pictures_only: bool = False
    points: dict[str, Any] | None = (
        None  # the options on points instead, whose control has other rates and sizes
    )


class Scaled(nn.Module):
    """A generator whose tanh was replaced by a sigmoid: it draws in [0, 1]."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, *inputs: Tensor) -> Tensor:
        drawn: Tensor = self.inner(*inputs)
        return (drawn + 1) / 2


class Deaf(nn.Module):
    """A generator that ignores its latent."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, latents: Tensor, *labels: Tensor) -> Tensor:
        drawn: Tensor = self.inner(0 * latents, *labels)
        return drawn


class Dull(nn.Module):
    """A generator that sees only a share of its latent in the first class."""

    def __init__(self, inner: nn.Module, share: float = 0.0) -> None:
        super().__init__()
        self.inner, self.share = inner, share

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:
        drawn: Tensor = self.inner(torch.where(labels[:, None] == 0, self.share * latents, latents), labels)
        return drawn


class Accumulating:
    """An optimizer step without zero_grad: each adds all gradients so far."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self.optimizer, self.plain = optimizer, optimizer.step
        self.sums: dict[int, Tensor] = {}

    def __call__(self, *_: Any) -> Any:
        for group in self.optimizer.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self.sums[id(weight)] = (
                        self.sums.get(id(weight), torch.zeros_like(weight.grad)) + weight.grad
                    )
                    weight.grad = self.sums[id(weight)].clone()
        return self.plain()


def wrapped(kind: Callable[[nn.Module], nn.Module]) -> Callable[[AdversarialGame], object]:
    """Put something around the generator, whose weights stay as they are."""

    def change(game: AdversarialGame) -> None:
        game.generator = kind(game.generator)
        if game.average is not None:
            game.average = WeightAverage(game.generator)

    return change


def wrong_optimizer(game: AdversarialGame) -> None:
    """The generator's optimizer was given the discriminator's parameters."""
    group = game.g_optimizer.param_groups[0]
    game.g_optimizer = Adam(game.discriminator.parameters(), group["lr"], group.get("betas", (0.5, 0.999)))


def frozen_discriminator(game: AdversarialGame) -> None:
    game.d_optimizer.step = lambda *_: None  # type: ignore[assignment, method-assign]


def uneven_kernels(game: AdversarialGame) -> None:
    """Kernels of 3 at stride 2 in the last layer: every other pixel gets less."""
    for network in [game.generator, *([game.average.network] if game.average else [])]:
        *_, (owner, name, old) = (
            (module, name, child)
            for module in network.modules()
            for name, child in module.named_children()
            if isinstance(child, nn.ConvTranspose2d)
        )
        new = nn.ConvTranspose2d(old.in_channels, old.out_channels, 3, 2, 1, output_padding=1)
        setattr(owner, name, new)
    if game.average:
        game.average.update(0.0)
    group = game.g_optimizer.param_groups[0]
    game.g_optimizer = Adam(game.generator.parameters(), group["lr"], group.get("betas", (0.5, 0.999)))


def stiff_average(game: AdversarialGame) -> None:
    """A constant decay of 0.99999, as code for a hundred times longer trainings has it."""
    assert game.average is not None
    update = game.average.update
    game.average.update = lambda _: update(0.99999)  # type: ignore[assignment, method-assign]


def swapped(game: AdversarialGame) -> None:
    loss = game.loss
    game.loss = Loss(lambda real, fake: loss.discriminator(fake, real), loss.generator, loss.pairs)


def wrong_sign(game: AdversarialGame) -> None:
    loss = game.loss
    game.loss = Loss(loss.discriminator, lambda real, fake: -loss.generator(real, fake), loss.pairs)


def accumulate(game: AdversarialGame) -> None:
    for optimizer in (game.d_optimizer, game.g_optimizer):
        optimizer.step = Accumulating(optimizer)  # type: ignore[assignment, method-assign]


def encoded(centre: float, scale: float) -> Callable[[Dataset], Dataset]:
    """Pictures in another range than tanh's."""

    def change(data: Dataset) -> Dataset:
        codec = replace(Affine.of(data.spec.codec), centre=(centre,), scale=(scale,))
        return replace(data, spec=replace(data.spec, codec=codec))

    return change


def first(count: int) -> Callable[[Dataset], Dataset]:
    """A random few of the samples."""

    def change(data: Dataset) -> Dataset:
        chosen = torch.randperm(len(data), generator=torch.Generator().manual_seed(0))[:count]
        labels = None if data.labels is None else data.labels[chosen]
        return replace(data, samples=data.samples[chosen], labels=labels)

    return change


def one_class(data: Dataset) -> Dataset:
    """Ten samples, again and again."""
    few = first(10)(data)
    times = math.ceil(2000 / len(few))
    labels = None if few.labels is None else few.labels.repeat(times)
    return replace(few, samples=few.samples.repeat(times, *[1] * (few.samples.ndim - 1)), labels=labels)


COLLAPSE = ("mode-collapse", "class-collapse", "partial-collapse")
WON = ("discriminator-won", "gradient-vanished")
FAST = ("generator-dead", "rate-too-high", "gradient-leap", "non-finite", "oscillation")

FAULTS: dict[str, Case] = {
    "generator's optimizer has the wrong weights": Case(names=("generator-frozen",), game=wrong_optimizer),
    "generator's rate is next to nothing": Case({"g_lr": 1e-9}, ("generator-frozen", "rate-too-low")),
    "discriminator is never stepped": Case(names=("discriminator-frozen",), game=frozen_discriminator),
    "real and forged swapped in D's loss": Case(names=("labels-swapped",), game=swapped),
    "wrong sign of the generator's loss": Case(names=("wrong-sign",), game=wrong_sign),
    "data in [0, 255], tanh": Case(
        names=("range-mismatch", "initial-scale"), data=encoded(0, 1), pictures_only=True
    ),
    "data in [0, 2], tanh": Case(names=("range-mismatch",), data=encoded(0, 127.5), pictures_only=True),
    "data in [-1, 1], sigmoid": Case(names=("range-mismatch",), game=wrapped(Scaled), pictures_only=True),
    "minimax against a fast discriminator": Case(
        {"loss": "minimax", "r1_gamma": 0.0, "d_lr": 1e-2, "d_steps": 3}, (*WON, *COLLAPSE)
    ),
    "five steps of a fast discriminator": Case(
        {"r1_gamma": 0.0, "d_lr": 1e-2, "d_steps": 5}, (*WON, "spectral-collapse", *COLLAPSE)
    ),
    "no penalty and a fast discriminator": Case(
        {"r1_gamma": 0.0, "d_lr": 2e-2}, (*WON, "spectral-collapse", *COLLAPSE, *FAST)
    ),
    "discriminator of width 1": Case({"d_width": 1}, ("discriminator-weak",)),
    "discriminator's rate next to nothing": Case({"d_lr": 1e-6}, ("discriminator-weak", "rate-too-low")),
    "R1 a thousand times too strong": Case({"r1_gamma": 1000.0}, ("discriminator-weak",)),
    "generator's rate far too high": Case({"g_lr": 0.5}, (*FAST, *COLLAPSE, *WON)),
    "both rates far too high": Case(
        {"g_lr": 0.5, "d_lr": 0.1}, (*FAST, "spectral-collapse", *COLLAPSE, *WON, "discriminator-weak")
    ),
    "both rates far too low": Case({"g_lr": 1e-6, "d_lr": 1e-6}, ("rate-too-low",)),
    "Wasserstein without a bound": Case(
        {"loss": "wasserstein", "r1_gamma": 0.0}, (*FAST, "spectral-collapse", *COLLAPSE, *WON)
    ),
    "no friction, no average": Case(
        {"r1_gamma": 0.0, "ema_half_life": None, "d_lr": 8e-3}, (*FAST, *COLLAPSE, *WON, "no-average")
    ),
    "numbers that overflow": Case({"g_lr": 1e6, "precision": "fp32"}, (*FAST, *COLLAPSE, *WON)),
    "a hundred samples": Case(names=("overfitting", "memorised"), data=first(100)),
    "sixty-four samples": Case(names=("overfitting", "memorised"), data=first(64)),
    "always augmented": Case(
        {"augment": "diffaugment", "augment_p": 1.0, "augment_target": None},
        ("leaky-augmentation",),
        pictures_only=True,
    ),
    "checkerboard kernels": Case(names=("checkerboard", "weave"), game=uneven_kernels, pictures_only=True),
    "batches of 2": Case({"batch_size": 2}, ("batch-too-small",)),
    "average with a decay of 0.99999": Case(names=("average-lags",), game=stiff_average),
    "latent ignored": Case(names=("class-collapse", "mode-collapse"), game=wrapped(Deaf)),
    "latent of one number": Case({"latent_dim": 1}, ("few-latents", *COLLAPSE)),
    "zero_grad forgotten": Case(names=(*FAST, *COLLAPSE, *WON), game=accumulate),
    "ten samples, two hundred times": Case(
        names=("duplicates", "overfitting", "memorised", *COLLAPSE), data=one_class
    ),
}

HEALTHY: dict[str, Case] = {
    "control": Case(),
    "fast generator": Case({"g_lr": 2e-2}, points={"g_lr": 2e-3}),
    "slow": Case({"g_lr": 4e-3, "d_lr": 1e-3}, points={"g_lr": 4e-4, "d_lr": 7e-4}),
    "batches of 32": Case({"batch_size": 32}),
    "batches of 128": Case({"batch_size": 128}),
    "without classes": Case({"conditional": False}),
    "augmented": Case({"augment": "diffaugment", "augment_target": 0.4}, pictures_only=True),
    "stronger penalty": Case({"r1_gamma": 1.0}),
    "hinge": Case({"loss": "hinge"}),
    "relativistic": Case({"loss": "relativistic", "r2_gamma": 0.1}),
    "5,000 samples": Case(data=first(5000)),
    "wide": Case({"g_width": 48, "d_width": 32}, points={"g_width": 384, "d_width": 384}),
    "WGAN-GP": Case(
        {"loss": "wasserstein", "r1_gamma": 0.0, "gp_weight": 10.0, "d_steps": 3},
        points={"loss": "wasserstein", "r1_gamma": 0.0, "gp_weight": 0.1, "d_steps": 3},
    ),
}
