"""The game that trained scorers share: a generator against a judge of patches, while there is time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, relu

from sparring.errors import NonFiniteError
from sparring.networks.repair import Judge
from sparring.runs.checkpoint import optimizer_tensors, restore_optimizer
from sparring.training.order import stream
from sparring.uses.detect.scorer import Fitting

LONGEST = 64  # pixels of the longer side that networks see; larger pictures are averaged
BATCH = 16
G_LR, D_LR, BETAS = 2e-3, 5e-4, (0.5, 0.99)  # of Adam
LAST_LR = 0.05  # share of the learning rates at the end, to which they fall in a straight line
ADVERSARIAL = 0.02  # weight of the adversary beside the pixels
CLIP = 1.0  # the largest norm of a step's gradient
TOLD = 20  # steps between two texts about the progress
SAVED_SECONDS = 5.0  # of processor time between two states that are kept


class Turn(NamedTuple):
    """What a step of the generator gave: what it made (B, C, H, W), the real pictures, and a loss () to add."""

    made: Tensor
    real: Tensor
    loss: Tensor


class Side(NamedTuple):
    """A network that learns, with its optimizer and the learning rate at the beginning."""

    network: nn.Module
    optimizer: torch.optim.Optimizer
    lr: float


def play(
    players: nn.Module,
    judge: Judge,
    turn: Callable[[Tensor, torch.Generator], Turn],
    normals: Tensor,
    fitting: Fitting,
    name: str,
) -> int:
    """Train until the time is spent; return the number of steps.

    The players lower their own loss plus ADVERSARIAL times the hinge loss of the generator (Lim & Ye 2017), the
    judge its hinge loss. A training that was stopped goes on from the state that it left.

    Args:
        players: everything that the generator's side learns.
        turn: takes encoded normals (B, C, H, W) and the random numbers of the step, and returns what the
            generator made of them.
        normals: encoded, (N, C, H, W).

    Raises:
        NonFiniteError: the loss is no longer finite.
    """
    mine, theirs = sides = [
        Side(part, torch.optim.Adam(part.parameters(), lr, BETAS), lr)
        for part, lr in ((players, G_LR), (judge, D_LR))
    ]

    def save(steps: int, seconds: float) -> None:
        fitting.kept.save(name, _state(sides, steps, seconds))

    steps, spent = _begun(fitting.kept.load(name), sides)
    if steps:
        fitting.tell(f"going on with {name} after {steps:,} steps")
    for step, progress in _progress(fitting, steps, spent, save):
        for side in sides:
            side.optimizer.param_groups[0]["lr"] = side.lr * (1 - progress * (1 - LAST_LR))
        rng = torch.Generator().manual_seed(stream(fitting.seed, step))
        chosen = torch.randint(len(normals), (min(BATCH, len(normals)),), generator=rng)
        made, real, loss = turn(normals[chosen], rng)
        total = loss - ADVERSARIAL * judge(made).mean()
        _step(mine, total)
        if step % 2 == 0:
            d_loss = relu(1 - judge(real)).mean() + relu(1 + judge(made.detach())).mean()
            _step(theirs, d_loss)
        if step % TOLD == 0:
            fitting.reach(progress)
            fitting.tell(f"training {name}: {progress:.0%}, {step:,} steps")
            if not total.isfinite():
                raise NonFiniteError(f"the loss of {name} is no longer finite. Fit with another seed (--seed).")
        steps = step + 1
    return steps


def _progress(
    fitting: Fitting, step: int, spent: float, save: Callable[[int, float], None]
) -> Iterator[tuple[int, float]]:
    """Numbers of steps from ``step``, with the share of the time, or of the steps, that is spent.

    Args:
        spent: seconds of processor time before.
        save: keeps the state, told the number of steps and the seconds, from time to time and at the end.
    """
    began, saved = time.process_time() - spent, time.process_time()
    while True:
        seconds = time.process_time() - began
        share = seconds / fitting.seconds if fitting.steps is None else step / fitting.steps
        over = share >= 1 and step > 0
        if over or time.process_time() - saved >= SAVED_SECONDS:
            save(step, seconds)
            saved = time.process_time()
        if over:
            return
        yield step, min(share, 1.0)
        step += 1


def _state(sides: Sequence[Side], steps: int, seconds: float) -> dict[str, Tensor]:
    """Everything from which the next step follows."""
    found = {"steps": torch.tensor(steps), "seconds": torch.tensor(seconds, dtype=torch.float64)}
    for k, side in enumerate(sides):
        found |= {f"{k}.{key}": tensor for key, tensor in side.network.state_dict().items()}
        found |= dict(optimizer_tensors(side.optimizer, f"optimizer {k}"))
    return found


def _begun(state: Mapping[str, Tensor], sides: Sequence[Side]) -> tuple[int, float]:
    """Take what ``_state`` gave; return the steps and seconds, none if there is no state."""
    if not state:
        return 0, 0.0
    for k, side in enumerate(sides):
        start = f"{k}."
        side.network.load_state_dict(
            {n.removeprefix(start): t for n, t in state.items() if n.startswith(start)}
        )
        restore_optimizer(side.optimizer, f"optimizer {k}", state)
    return int(state["steps"]), float(state["seconds"])


def _step(side: Side, loss: Tensor) -> None:
    side.optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(side.network.parameters(), CLIP)
    side.optimizer.step()


def encoded(pictures: Tensor) -> Tensor:
    """Pictures (N, C, H, W), uint8, in [-1, 1] and with at most LONGEST pixels a side."""
    return reduced(pictures.float()) / 127.5 - 1


def reduced(pictures: Tensor) -> Tensor:
    """Pictures (N, C, H, W) averaged until the longer side has at most LONGEST pixels."""
    height, width = pictures.shape[2:]
    scale = min(1.0, LONGEST / max(height, width))
    if scale == 1:
        return pictures
    return adaptive_avg_pool2d(pictures, (max(8, round(height * scale)), max(8, round(width * scale))))


def seeded(make: Callable[..., nn.Module], seed: int, *sizes: int) -> nn.Module:
    """A network whose first weights follow from the seed, without touching the global random numbers."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return make(*sizes)


def weights(networks: Mapping[str, nn.Module]) -> dict[str, Tensor]:
    """The weights of networks, by the name of each and its own names."""
    return {f"{name}.{key}": w for name, network in networks.items() for key, w in network.state_dict().items()}


def take_weights(networks: Mapping[str, nn.Module], state: Mapping[str, Tensor]) -> None:
    """Take what ``weights`` gave.

    Raises:
        RuntimeError: weights are missing or have other shapes.
    """
    for name, network in networks.items():
        start = f"{name}."
        network.load_state_dict({k.removeprefix(start): w for k, w in state.items() if k.startswith(start)})
    settle(networks)


def settle(networks: Mapping[str, nn.Module]) -> None:
    """Prepare trained networks for scoring."""
    for network in networks.values():
        network.eval().requires_grad_(False)
