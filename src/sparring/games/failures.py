"""Where a player fails on its input, and what to change, found by trying other inputs on a copy."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import torch
from torch import Tensor, nn

from sparring.errors import Caution, PlayerError, quoted
from sparring.games.average import duplicate
from sparring.networks.network import play

if TYPE_CHECKING:
    from sparring.games.adversarial import AdversarialGame

WEIGHTED = ("in_features", "in_channels", "num_features")  # attributes in which layers say their input size


def refuse(name: str, words: str, cure: str, cause: Exception | None = None) -> NoReturn:
    """Refuse a player: the name of the disease, what is wrong, and what to change."""
    raise PlayerError(Caution(name, words, cure)) from cause


@dataclass
class Visit:
    """A call of a layer: its name in the network, the layer, its input's shape, and whether it returned."""

    name: str
    layer: nn.Module
    shape: tuple[int, ...] | None
    answered: bool = False

    @property
    def failed(self) -> bool:
        """Whether a layer of torch failed on its input."""
        return not self.answered and self.shape is not None and type(self.layer).__module__.startswith("torch.")


@contextmanager
def watched(network: nn.Module) -> Iterator[list[Visit]]:
    """Record the calls of the innermost layers in order; if the network fails, the last call shows where."""
    visits: list[Visit] = []

    def note(name: str) -> Any:
        def hook(layer: nn.Module, inputs: tuple[Any, ...]) -> None:
            first = inputs[0] if inputs and isinstance(inputs[0], Tensor) else None
            visits.append(Visit(name, layer, None if first is None else tuple(first.shape)))

        return hook

    def answered(*_: Any) -> None:
        visits[-1].answered = True

    leaves = [(name, layer) for name, layer in network.named_modules() if not any(layer.children())]
    handles = [layer.register_forward_pre_hook(note(name)) for name, layer in leaves]
    handles += [layer.register_forward_hook(answered) for _, layer in leaves]
    try:
        yield visits
    finally:
        for handle in handles:
            handle.remove()


def explain(
    twin: AdversarialGame,
    player: str,
    inputs: Tensor,
    labels: Tensor | None,
    visits: list[Visit],
    error: Exception,
) -> NoReturn:
    """Refuse a player that failed; the message names the layer, its input and, if one is found, a cure."""
    last = visits[-1] if visits else None
    if last and isinstance(last.layer, nn.modules.batchnorm._BatchNorm) and len(inputs) == 1:
        refuse(
            f"{player}-batch",
            f"The {player}'s BatchNorm takes the mean over a batch, and here each part of one has 1 sample.",
            "Use a larger batch_size, or another normalisation.",
            error,
        )
    if last and isinstance(last.layer, nn.Embedding) and labels is not None:
        _check_classes(player, last, labels, error)
    what = "latents" if player == "generator" else "samples"
    given = f"{what} of shape {tuple(inputs.shape)}"
    mend = _mend(twin, player, inputs, labels, visits)
    if last and last.failed:
        place = f" {last.name}" if last.name else ""
        words = f"The {player} fails on {given}: its layer{place}, {quoted(last.layer)}, gets {last.shape}."
        first = f"Let it take {what} (B, {listed(inputs.shape[1:])})."
        mend = mend or (first if last is visits[0] else "Change that layer, or those before it.")
    else:
        words = f"The {player}'s own forward fails on {given}: {type(error).__name__} {quoted(str(error))}."
        mend = mend or "The traceback shows the line."
    refuse(f"{player}-input", words, mend, error)


def check_exchanged(
    twin: AdversarialGame, player: str, latents: Tensor, labels: Tensor | None, real: Tensor
) -> None:
    """Refuse a generator and a discriminator that were given in exchanged order."""
    if player != "generator" or not _plays(twin.generator, real, labels):
        return
    if getattr(_played(twin.discriminator, latents, labels), "shape", None) == real.shape:
        refuse(
            "players-exchanged",
            "The players are exchanged: the generator takes samples, and the discriminator makes them.",
            "Give the generator first: AdversarialGame(generator, discriminator, latent_dim).",
        )


def _check_classes(player: str, visit: Visit, labels: Tensor, error: Exception) -> None:
    """Refuse an embedding with fewer rows than there are classes."""
    rows, classes = int(visit.layer.num_embeddings), int(labels.max()) + 1  # type: ignore[arg-type]
    if visit.shape == tuple(labels.shape) and classes > rows:
        refuse(
            f"{player}-labels",
            f"The {player}'s layer {visit.name}, {quoted(visit.layer)}, has rows for {rows} classes, and the "
            f"data's labels go from 0 to {classes - 1}.",
            f"Make it nn.Embedding({classes}, {visit.layer.embedding_dim}).",
            error,
        )


def _mend(
    twin: AdversarialGame, player: str, inputs: Tensor, labels: Tensor | None, visits: list[Visit]
) -> str | None:
    """What to change, found by trying other inputs on a copy; None if no input works."""
    wanted = next((v for visit in visits for name in WEIGHTED if (v := getattr(visit.layer, name, None))), None)
    count = len(inputs)
    if player == "discriminator":
        if _plays(twin.discriminator, inputs.flatten(1), labels):
            return "Put nn.Flatten() before its first layer."
        shape = _picture(inputs.shape[1], wanted) if inputs.ndim == 2 and wanted else None
        if shape and _plays(twin.discriminator, inputs.view(count, *shape), labels):
            return f"Reshape the data to (N, {listed(shape)}), or begin it with nn.Unflatten(1, {shape})."
        return None
    for size in dict.fromkeys((inputs.shape[1], wanted or inputs.shape[1])):
        for further in ((), (1, 1)):
            if _plays(twin.generator, torch.randn(count, size, *further, device=inputs.device), labels):
                change = "" if size == inputs.shape[1] else f"give AdversarialGame latent_dim={size}"
                if further:
                    wrap = f"nn.Sequential(nn.Unflatten(1, ({size}, 1, 1)), generator)"
                    change += f"{' and ' if change else ''}wrap it: {wrap}"
                return f"{change[0].upper()}{change[1:]}."
    return None


def listed(shape: Sequence[int]) -> str:
    """A shape without its parentheses, as in "3, 32, 32"."""
    return ", ".join(map(str, shape))


def _picture(numbers: int, channels: int) -> tuple[int, int, int] | None:
    """The shape of a square picture with these numbers of values and channels; None if there is none."""
    side = math.isqrt(numbers // channels)
    return (channels, side, side) if channels * side * side == numbers else None


def _plays(network: nn.Module, inputs: Tensor, labels: Tensor | None) -> bool:
    return _played(network, inputs, labels) is not None


def _played(network: nn.Module, inputs: Tensor, labels: Tensor | None) -> Any:
    """The outputs of a copy of a network; None if it fails."""
    try:
        with torch.no_grad():
            return play(duplicate(network), inputs, labels)
    except Exception:  # whatever a user's network raises
        return None
