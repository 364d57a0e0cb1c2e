"""The type of what scores pictures: fitted to normal ones, it says how odd another one is, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from sparring.errors import Tell
from sparring.uses.detect.kept import Kept

BATCH = 64  # pictures that are scored at once, which limits the memory


class Scored(NamedTuple):
    """How odd pictures are.

    Attributes:
        scores: (N,), higher is odder.
        maps: (N, h, w), how odd each place is; coarser than the pictures where the scorer sees no more.
    """

    scores: Tensor
    maps: Tensor


def joined(parts: Sequence[Scored]) -> Scored:
    """What was found in parts, as one."""
    return Scored(torch.cat([part.scores for part in parts]), torch.cat([part.maps for part in parts]))


def scores(found: Mapping[str, Scored]) -> dict[str, Tensor]:
    """The scores (N,) alone, by the names of scorers."""
    return {name: each.scores for name, each in found.items()}


class Fitting(NamedTuple):
    """What a scorer is fitted with.

    Attributes:
        seed: every random draw follows from it.
        seconds: of processor time that a training may take.
        steps: how many steps a training takes instead, for a result that does not depend on the machine.
        tell: receives a text about the progress.
        reach: receives how much of a training is done, between 0 and 1.
        kept: where a training leaves its state, and from where it goes on.
    """

    seed: int = 0
    seconds: float = 60.0
    steps: int | None = None
    tell: Tell = lambda text: None
    kept: Kept = Kept()
    reach: Callable[[float], None] = lambda share: None


class Scorer(Protocol):
    """Learns what is normal, and scores pictures.

    Attributes:
        sees: the name of the view in which it is given pictures: "pixels" (N, C, H, W), uint8, or "features".
        about: what it does, in a few words.
        trained: whether it is trained for as long as there is time, by an adversary.
    """

    sees: str
    about: str
    trained: bool

    def fit(self, normals: Tensor, fitting: Fitting) -> None:
        """Fit to normal pictures in its view."""

    def score(self, view: Tensor) -> Scored:
        """Score pictures in its view."""

    def state(self) -> dict[str, Tensor]:
        """What was learned, by name."""

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take what ``state`` gave.

        Raises:
            KeyError, RuntimeError: it is the state of something else.
        """
