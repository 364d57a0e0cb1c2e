"""The game of translation: a generator is given pictures, and makes them into pictures of another sort."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from sparring.data.spec import Batch, Dataset
from sparring.errors import Caution, ConfigError, PlayerError, quoted
from sparring.games.adversarial import AdversarialGame
from sparring.games.average import duplicate
from sparring.games.game import Logged
from sparring.games.optimizers import adam
from sparring.games.players import check_player
from sparring.games.translation_gauge import TranslationGauge
from sparring.games.translation_step import Weights, given_of, translation_step
from sparring.networks.imagenet import ImageNetFeatures

EXTRAS = ("back", "back_discriminator", "projector")  # players that only some objectives need


@dataclass
class TranslationGame(AdversarialGame):
    """A generator that is given pictures, a discriminator of its outputs, and what else its outputs must be.

    ``generator(pictures (B, C', H, W))`` gives pictures (B, C, H, W) in [-1, 1]. ``discriminator`` gives one
    logit for each picture (B,) or each of its patches (B, …); in paired data it sees the source's channels,
    then the picture's. ``latent_dim`` has no meaning here.

    Args:
        weights: of the terms in the generator's loss.
        paired: whether each picture that is given has its own target.
        projector: maps features of patches to vectors that are compared, for the contrast of patches.
        back, back_discriminator: the players of the other direction, for the cycle.
    """

    latent_dim: int = 1
    weights: Weights = field(default_factory=Weights)
    paired: bool = True
    projector: nn.Module | None = None
    back: nn.Module | None = None
    back_discriminator: nn.Module | None = None
    make_optimizer: Callable[[nn.Module], Optimizer] = adam

    progress: float = field(default=1.0, init=False)  # the share of the training, as last given to ``at``

    def __post_init__(self) -> None:
        self._check_weights()
        self.extras = {name: getattr(self, name) for name in EXTRAS if getattr(self, name) is not None}
        self.extra_optimizers: dict[str, Optimizer] = {}
        for name, player in self.extras.items():
            check_player(name, player)
            self.extras[name] = self.runtime.place(player)
            setattr(self, name, self.extras[name])
            self.extra_optimizers[name] = self.make_optimizer(self.extras[name])
        self.features = self.runtime.place(ImageNetFeatures()) if self.weights.perceptual else None
        super().__post_init__()

    def _check_weights(self) -> None:
        """Refuse terms without the pairs or the players that they need.

        Raises:
            ConfigError: what is missing.
        """
        weights = self.weights
        if weights.reconstruction is not None and not self.paired:
            raise ConfigError("a reconstruction needs pairs: each source its own target.")
        if weights.perceptual and not self.paired:
            raise ConfigError("a perceptual distance needs pairs: each source its own target.")
        if weights.contrast and (self.projector is None or not hasattr(self.generator, "encode")):
            raise ConfigError(
                "a contrast of patches needs a projector, and a generator with a method encode(pictures) that "
                "gives a list of features (B, C, H, W)."
            )
        if weights.cycle and (self.back is None or self.back_discriminator is None):
            raise ConfigError("a cycle needs players of the other direction: back and back_discriminator.")
        if not (weights.adversarial or weights.reconstruction is not None or weights.perceptual):
            raise ConfigError(
                "nothing is asked of the generator: give an adversarial weight, a reconstruction or a "
                "perceptual weight."
            )

    @property
    def players(self) -> dict[str, nn.Module]:
        """The generator and the discriminator, and those of the other direction or of the contrast."""
        return {"generator": self.generator, "discriminator": self.discriminator, **self.extras}

    @property
    def optimizers(self) -> dict[str, Optimizer]:
        """The optimizer of each player."""
        return {"generator": self.g_optimizer, "discriminator": self.d_optimizer, **self.extra_optimizers}

    def at(self, progress: float) -> dict[str, float]:
        """Set what depends on this share of the budget, as in any game, and whether the adversary has begun."""
        self.progress = progress
        return super().at(progress)

    def step(self, batches: Sequence[Batch], rng: torch.Generator) -> Logged:
        """Make one step of the game: see ``translation_step``."""
        return translation_step(self, batches, rng)

    def try_out(self, batch: Batch) -> None:
        """Try a step on copies of the players.

        Raises:
            PlayerError: the step fails.
        """
        twin = self._twin()
        if twin is None:
            return
        twin.progress = 1.0  # with all that will be asked of them
        rng = torch.Generator(self.runtime.device).manual_seed(0)
        given = given_of(batch)
        try:
            output: Any = twin.generator(given)
        except Exception as error:  # a user's network may raise anything
            _refuse("generator", f"called with pictures of shape {tuple(given.shape)}", error)
        if not isinstance(output, Tensor) or output.shape != batch.real.shape:
            shape = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
            raise PlayerError(
                Caution(
                    "generator-shape",
                    f"The generator makes {shape} of pictures of shape {tuple(given.shape)}; the targets "
                    f"have {tuple(batch.real.shape)}.",
                    "Let it end in as many channels, at the same size.",
                )
            )
        try:
            twin.step([batch] * self.batches, rng)
        except ConfigError:
            raise
        except Exception as error:
            channels = batch.real.shape[1] + (given.shape[1] if self.paired else 0)
            _refuse("discriminator", f"which sees {channels} channels", error)

    def _twin(self) -> TranslationGame | None:
        """The same game with copies of the players and of their optimizers; None if they cannot be copied."""
        twin = copy.copy(self)
        with suppress(TypeError, RuntimeError, NotImplementedError, AttributeError):
            twin.generator, twin.discriminator = duplicate(self.generator), duplicate(self.discriminator)
            twin.extras = {name: duplicate(player) for name, player in self.extras.items()}
            for name, player in twin.extras.items():
                setattr(twin, name, player)
            twin.g_optimizer, twin.d_optimizer = adam(twin.generator), adam(twin.discriminator)
            twin.extra_optimizers = {name: adam(player) for name, player in twin.extras.items()}
            twin.average, twin.lecam, twin.gamma = None, None, None
            return twin
        return None

    def gauge(self, data: Dataset, held_out: Dataset | None, seed: int) -> Callable[[], dict[str, float]]:
        """A function that measures what becomes of sources."""
        return TranslationGauge(self, data, held_out)

    def described(self) -> tuple[dict[str, Any], dict[str, str]]:
        """The options that describe the game, and a text about each part that no option describes."""
        known, words = super().described()
        return known | {"rules": "translation"} | self.weights.described(), words

    def _groups(self) -> list[dict[str, Any]]:
        extra = [group for optimizer in self.extra_optimizers.values() for group in optimizer.param_groups]
        return [*super()._groups(), *extra]


def _refuse(player: str, where: str, error: Exception) -> None:
    raise PlayerError(
        Caution(
            f"{player}-fails",
            f"The {player}, {where}, fails: {type(error).__name__} {quoted(str(error))}.",
            "Change its first layer or its sizes.",
        )
    ) from error
