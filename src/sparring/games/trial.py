"""Try one step on copies of the players; if it fails, say what failed, where, and what to change.

These problems are certain. ``preflight`` looks for problems that are only likely.
"""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from sparring.data.given import as_picture
from sparring.data.spec import Batch
from sparring.errors import ConfigError, PlayerError, quoted
from sparring.games.adversarial_step import discriminator_update, generator_update
from sparring.games.average import duplicate
from sparring.games.endings import ending, lacking, out_of_reach, span
from sparring.games.failures import check_exchanged, explain, listed, refuse, watched
from sparring.games.losses import hinge, minimax, non_saturating, relativistic, wasserstein
from sparring.games.players import PLAYERS, RETURN_TENSOR, described, not_logits, randomness_kept
from sparring.networks.network import play, takes

if TYPE_CHECKING:
    from sparring.games.adversarial import AdversarialGame

ON_LOGITS = {loss.generator for loss in (non_saturating, minimax, hinge, wasserstein, relativistic)}


def try_step(game: AdversarialGame, batch: Batch) -> None:
    """Make one step on copies of the players; the game does not change.

    The batch must be on the device of the game.

    Raises:
        PlayerError: the step fails, or a player cannot learn.
    """
    twin = copied(game)
    if twin is None:
        return
    real, labels = batch.real, batch.labels
    latents = game.given(batch, torch.Generator().manual_seed(0))
    with randomness_kept(game):
        fake = _called(twin, "generator", latents, labels, real)
        _check_samples(fake, real)
        logits = _called(twin, "discriminator", real, labels, real)
        if logits.shape != (len(real),):
            classes = 0 if labels is None else int(labels.max()) + 1
            refuse("no-logits", *not_logits(logits, len(real), classes))
        _check_finite("generator", "samples", fake)
        _check_finite("discriminator", "logits", logits)
        _check_slopes(game, twin, fake, real, labels)
        _check_endings(twin, fake, logits, real)
        _check_updates(twin, batch, latents)


def copied(game: AdversarialGame) -> AdversarialGame | None:
    """The same game with copies of the players in training mode; None if a player cannot be copied."""
    twin = copy.copy(game)
    try:
        twin.generator, twin.discriminator = duplicate(game.generator), duplicate(game.discriminator)
    except (TypeError, RuntimeError, NotImplementedError, AttributeError):
        return None
    twin.generator.train()
    twin.discriminator.train()
    return twin


def check_optimizers(game: AdversarialGame) -> None:
    """Refuse an optimizer that does not hold exactly the trainable weights of its player.

    Raises:
        PlayerError: an optimizer holds other weights, or not all.
    """
    given = {player: _weights(optimizer) for player, optimizer in game.optimizers.items()}
    own = {player: {id(weight) for weight in network.parameters()} for player, network in game.players.items()}
    for player, other in (PLAYERS, PLAYERS[::-1]):
        network = game.players[player]
        learning = {id(weight) for weight in network.parameters() if weight.requires_grad}
        mend = f"Give it {player}.parameters()."
        if (given[player], given[other]) == (own[other], own[player]) != (own[player], own[other]):
            refuse(
                f"{player}-frozen",
                "The optimizers are exchanged: each holds the weights of the other player.",
                "AdversarialGame takes the generator's first: g_optimizer, then d_optimizer.",
            )
        if not learning:
            refuse(
                f"{player}-frozen",
                f"The {player} has no weights that learn.",
                f"Set them free: {player}.requires_grad_(True).",
            )
        if foreign := (given[player] & own[other]) - own[player]:
            refuse(
                f"{player}-frozen",
                f"The {player}'s optimizer holds {len(foreign)} weights of the {other}.",
                f"{mend} Both optimizers may also be left out; they are Adam then.",
            )
        if missing := len(learning - given[player]):
            refuse(
                f"{player}-frozen",
                f"The {player}'s optimizer lacks {missing} of its {len(learning)} weights.",
                f"{mend} Those that shall stay as they are take requires_grad_(False).",
            )


def _weights(optimizer: torch.optim.Optimizer) -> set[int]:
    return {id(weight) for group in optimizer.param_groups for weight in group["params"]}


def _called(twin: AdversarialGame, player: str, inputs: Tensor, labels: Tensor | None, real: Tensor) -> Tensor:
    """The output of a player; anything but a floating-point tensor on the game's device is refused."""
    network = twin.players[player]
    _check_weights(player, network, inputs.device)
    _check_parameters(player, network, labels)
    given = inputs.clone()
    with watched(network) as visits, twin.runtime.autocast():
        try:
            outputs: Any = play(network, given, labels)
        except Exception as error:
            seen = list(visits)  # the attempts below call layers too
            check_exchanged(twin, player, inputs, labels, real)
            explain(twin, player, inputs, labels, seen, error)
    if not torch.equal(given, inputs):
        refuse(
            f"{player}-input",
            f"The {player} changes what it is given in place, and others need it unchanged.",
            "Take inplace=False in its first layer, and x = x + 1 in place of x += 1.",
        )
    if not isinstance(outputs, Tensor):
        expected = "logits (B,)" if player == "discriminator" else f"samples (B, {listed(real.shape[1:])})"
        refuse(
            f"{player}-output",
            f"The {player} returns {described(outputs)}; expected {expected}.",
            RETURN_TENSOR,
        )
    if not outputs.is_floating_point():
        refuse(
            f"{player}-output",
            f"The {player} returns {str(outputs.dtype).removeprefix('torch.')} values; expected float32.",
            "Leave out argmax, rounding and conversions: through them no gradient flows.",
        )
    if outputs.device != inputs.device:
        refuse(
            f"{player}-device",
            f"The {player} was given tensors on {inputs.device} and returns them on {outputs.device}.",
            "Make tensors inside it on its input's device, as torch.zeros(3, device=x.device).",
        )
    return outputs


def _check_weights(player: str, network: nn.Module, device: torch.device) -> None:
    for name, weight in network.named_parameters():
        if weight.dtype != torch.float32:
            kind = str(weight.dtype).removeprefix("torch.")
            refuse(
                f"{player}-weights",
                f"The {player}'s {name} is {kind}; players are float32.",
                f"Call {player}.float(); for lower precision Runtime(precision='bf16') casts by itself.",
            )
        if weight.device != device:
            refuse(
                f"{player}-device",
                f"The {player}'s {name} is on {weight.device}, the game on {device}.",
                f"Call {player}.to({str(device)!r}), or give the game runtime=Runtime({str(weight.device)!r}).",
            )


def _check_parameters(player: str, network: nn.Module, labels: Tensor | None) -> None:
    """Refuse a forward that needs labels if the data has none, or takes no labels if the data has some."""
    if takes(network, 1 if labels is None else 2):
        return
    inputs = "latents" if player == "generator" else "samples"
    if labels is None and takes(network, 2):
        refuse(
            f"{player}-labels",
            f"The {player}'s forward wants labels too, and the data has none.",
            "Give them with the data, as train(game, (samples, labels), budget), or let it take "
            f"{inputs} alone.",
        )
    if labels is not None and takes(network, 1):
        refuse(
            f"{player}-labels",
            f"The data has labels, and the {player}'s forward takes {inputs} alone.",
            f"Let it take ({inputs}, labels), or give the data without labels.",
        )
    wanted = inputs if labels is None else f"{inputs} and labels"
    refuse(f"{player}-labels", f"The {player}'s forward cannot be called with {wanted} alone.", "Let it be.")


def _check_samples(fake: Tensor, real: Tensor) -> None:
    if fake.shape == real.shape:
        return
    drawn, wanted = tuple(fake.shape[1:]), tuple(real.shape[1:])
    if fake.ndim == 0 or len(fake) != len(real):
        words = f"The generator draws {tuple(fake.shape)} from {len(real)} latents; expected one sample of each"
        refuse("shape-mismatch", f"{words}.", "Keep the first axis, the batch, as it is.")
    cure = f"Let it draw {wanted}, or bring the data to {drawn}."
    if len(drawn) == len(wanted) == 3 and drawn == (*wanted[1:], wanted[0]):
        cure = "Put the channels first: end its forward with .permute(0, 3, 1, 2)."
    elif len(wanted) == 1 < len(drawn) and (shape := as_picture(wanted[0], drawn)):
        cure = f"Are the data pictures? Then give them as such, x.reshape(-1, {listed(shape)})"
        cure += "." if shape == drawn else f", and let it draw {shape}."
    elif math.prod(drawn) == math.prod(wanted):
        flat = "" if len(drawn) == 1 else "nn.Flatten(), "
        shaped = "nn.Flatten()" if len(wanted) == 1 else f"{flat}nn.Unflatten(1, {wanted})"
        cure = f"End it with {shaped}."
    refuse("shape-mismatch", f"The generator draws {drawn}, the data are {wanted}.", cure)


def _check_finite(player: str, what: str, outputs: Tensor) -> None:
    if not bool(outputs.isfinite().all()):
        broken = int((~outputs.isfinite()).flatten(1 if outputs.ndim > 1 else 0).sum())
        refuse(
            "initial-scale",
            f"Before any step, {broken:,} of {outputs.numel():,} numbers in the {player}'s {what} are infinite "
            "or NaN.",
            "Look for a division by 0, a logarithm or a root of 0, or weights that are far too large.",
        )


def _check_slopes(
    game: AdversarialGame, twin: AdversarialGame, fake: Tensor, real: Tensor, labels: Tensor | None
) -> None:
    """Refuse players through which no gradient flows."""
    # If a program replaced the forward of a network, its copy may still use the original weights.
    g_weights, d_weights = (
        [*getattr(game, player).parameters(), *getattr(twin, player).parameters()] for player in PLAYERS
    )
    cut = "Look for .detach(), .data, torch.no_grad, argmax or rounding on its way."
    if not _reaches(fake, g_weights):
        refuse("generator-frozen", "No gradient reaches the generator: its samples do not hold one.", cut)
    samples = fake.detach().float().requires_grad_()
    logits = play(twin.discriminator, samples + 0, labels)
    if not _reaches(logits, [samples]):
        why = "the discriminator's scores do not depend on its samples, or hold no slope in them"
        refuse("generator-frozen", f"No gradient reaches the generator: {why}.", cut)
    if not _reaches(play(twin.discriminator, real, labels), d_weights):
        refuse("discriminator-frozen", "No gradient reaches the discriminator's weights.", cut)


def _reaches(outputs: Tensor, leaves: list[Tensor]) -> bool:
    """Whether the outputs depend on any of the leaves, according to the graph of autograd."""
    leaves = [leaf for leaf in leaves if leaf.requires_grad]
    if not outputs.requires_grad:
        return False
    try:
        slopes = torch.autograd.grad(outputs.float().sum(), leaves, allow_unused=True, retain_graph=True)
    except RuntimeError as error:
        refuse(
            "in-place",
            "A gradient cannot be computed: a value that it needs was changed in place, or a layer has no "
            "derivative.",
            "Take inplace=False, and x = x + 1 in place of x += 1.",
            error,
        )
    return any(slope is not None for slope in slopes)


def _check_endings(twin: AdversarialGame, fake: Tensor, logits: Tensor, real: Tensor) -> None:
    """Refuse players whose last function limits outputs to a range that does not fit the game."""
    last = ending(logits)
    if last and twin.loss.generator in ON_LOGITS and (last.least >= 0 or last.most <= 0):
        refuse(
            "bounded-logits",
            f"The discriminator ends in {last.words}; the loss takes logits, of either sign, and "
            "applies the sigmoid itself where there is one.",
            "Leave that last function out.",
        )
    last = ending(fake)
    if last and lacking(last.ends, range_ := span(real)):
        raise PlayerError(out_of_reach(last.ends, range_, last))


def _check_updates(twin: AdversarialGame, batch: Batch, latents: Tensor) -> None:
    """Try both updates with the losses, penalties and other parts of the game."""
    rng = torch.Generator(twin.runtime.device).manual_seed(0)
    for player in PLAYERS[::-1]:
        fake = play(twin.generator, latents, batch.labels).float()
        try:
            if player == "discriminator":
                discriminator_update(twin, batch, fake.detach(), rng)
            else:
                generator_update(twin, batch, fake, rng)
        except ConfigError:
            raise
        except Exception as error:
            refuse(
                f"{player}-update",
                f"The {player}'s loss or penalty fails: {type(error).__name__} {quoted(str(error))}.",
                "Losses take (real (B,), fake (B,)) and give (B,); penalties need second derivatives, which "
                "some layers lack: try it without penalties.",
                error,
            )
