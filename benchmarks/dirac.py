"""The Dirac-GAN (Mescheder et al. 2018, section 2): one real point, one forged, a discriminator that is a line.

    python benchmarks/dirac.py

The real point lies at 0, the forged one at theta, and D(x) = psi x. Each player follows the slope of
its own loss, those of ``sparring.losses`` and ``sparring.penalties``. For every loss and penalty:
the eigenvalues of the vector field at the equilibrium (0, 0), computed by automatic differentiation
and in closed form, and how far from it a run of gradient descent ends.
"""

from __future__ import annotations

import cmath
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from common import save
from sparring.games import losses, penalties
from sparring.games.losses import Loss
from sparring.games.penalties import Penalty

Field = Callable[[Tensor], Tensor]  # (theta, psi) to the velocity of both, (2,) float64
START = (1.0, 1.0)
RATE, STEPS = 0.1, 1000
NOISE = 1.0  # deviation of the instance noise


@dataclass(frozen=True)
class Game:
    """A loss with what is done about it.

    ``slope`` is f'(0), how steep both losses are in the fake logit at 0; ``damping`` how fast psi
    falls by itself near 0, None where it has a kink there. ``clip`` bounds psi after each step.
    """

    name: str
    loss: Loss
    slope: float
    damping: float | None = 0.0
    penalties: tuple[Penalty, ...] = field(default=())
    noise: float = 0.0
    clip: float = 0.0

    def eigenvalues(self) -> tuple[complex, complex] | None:
        """Of the field at (0, 0): -damping/2 +- sqrt(damping^2/4 - slope^2) (lemmas 2.3 and 3.1 to 3.3)."""
        if self.damping is None:
            return None
        root = cmath.sqrt(self.damping**2 / 4 - self.slope**2)
        return -self.damping / 2 - root, -self.damping / 2 + root


GAMES = (
    Game("non-saturating", losses.non_saturating, 0.5),
    Game("minimax", losses.minimax, 0.5),
    Game("relativistic", losses.relativistic, 0.5),
    Game("Wasserstein", losses.wasserstein, 1.0),
    Game("Wasserstein, clipped", losses.wasserstein, 1.0, clip=1.0),
    Game("WGAN-GP", losses.wasserstein, 1.0, None, (penalties.gradient_penalty(0.25),)),
    Game("R1, gamma 0.3", losses.non_saturating, 0.5, 0.3, (penalties.r1(0.3),)),
    Game("R1, gamma 1: critical", losses.non_saturating, 0.5, 1.0, (penalties.r1(1.0),)),
    Game("R1, gamma 3", losses.non_saturating, 0.5, 3.0, (penalties.r1(3.0),)),
    Game("R2, gamma 1", losses.non_saturating, 0.5, 1.0, (penalties.r2(1.0),)),
    # The logistic loss's curvature, 1/4, under noise of variance NOISE^2 on both kinds of samples.
    Game("instance noise", losses.non_saturating, 0.5, 0.5 * NOISE**2, noise=NOISE),
)
NODES = 20  # of the quadrature that takes expectations over the noise


def vector_field(game: Game) -> Field:
    """Minus the slopes of both players' losses, each in its own parameter."""
    shifts, weights = gauss(game.noise)

    def velocity(at: Tensor) -> Tensor:
        theta, psi = at[0], at[1]
        real = shifts * psi
        fake = (theta + shifts) * psi
        d_loss = (game.loss.discriminator(real, fake) * weights).sum()
        for penalty in game.penalties:
            where = at_place(theta, penalty)
            d_loss = d_loss + penalty.weight * penalty.function(where, (where * psi)[:, 0]).sum()
        g_loss = (game.loss.generator(real, fake) * weights).sum()
        (of_psi,) = torch.autograd.grad(d_loss, psi, create_graph=True)
        (of_theta,) = torch.autograd.grad(g_loss, theta, create_graph=True)
        return -torch.stack([of_theta, of_psi])

    return velocity


def at_place(theta: Tensor, penalty: Penalty) -> Tensor:
    """Where a penalty takes D's slope (1, 1); in this game it is psi everywhere."""
    share = {"real": 0.0, "between": 0.5, "fake": 1.0}[penalty.on]
    return (share * theta.detach()).view(1, 1).requires_grad_()


def gauss(deviation: float) -> tuple[Tensor, Tensor]:
    """Points and weights (n,) whose weighted sums are expectations over N(0, deviation^2)."""
    if not deviation:
        return torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    # Golub & Welsch 1969: from the eigenvectors of the polynomials' tridiagonal matrix.
    side = torch.arange(1, NODES, dtype=torch.float64).sqrt()
    nodes, vectors = torch.linalg.eigh(torch.diag(side, 1) + torch.diag(side, -1))
    return nodes * deviation, vectors[0].square()


def at(point: tuple[float, float]) -> Tensor:
    return torch.tensor(point, dtype=torch.float64, requires_grad=True)


def jacobian(game: Game, point: tuple[float, float] = (0.0, 0.0)) -> Tensor:
    """Of the field, (2, 2)."""
    where = at(point)
    velocity = vector_field(game)(where)
    return torch.stack([torch.autograd.grad(v, where, retain_graph=True)[0] for v in velocity])


def trajectory(game: Game, rate: float = RATE, steps: int = STEPS, *, alternating: bool = True) -> Tensor:
    """Gradient descent from START, (steps + 1, 2): the discriminator first, or both at once."""
    velocity, point = vector_field(game), torch.tensor(START, dtype=torch.float64)
    path = [point]
    for _ in range(steps):
        for moves in ([0.0, 1.0], [1.0, 0.0]) if alternating else ([1.0, 1.0],):
            slopes = velocity(point.requires_grad_()).detach()
            point = point.detach() + rate * torch.tensor(moves, dtype=torch.float64) * slopes
        if game.clip:
            point[1].clamp_(-game.clip, game.clip)
        path.append(point)
    return torch.stack(path).detach()


def main() -> None:
    rows = []
    for game in GAMES:
        found = torch.linalg.eigvals(jacobian(game)) if game.damping is not None else []
        rows.append(
            {
                "game": game.name,
                "eigenvalues": [f"{complex(v):.4f}" for v in found],
                "distance_alternating": round(float(trajectory(game)[-1].norm()), 6),
                "distance_simultaneous": round(float(trajectory(game, alternating=False)[-1].norm()), 6),
            }
        )
        print(rows[-1])
    save("dirac", {"rate": RATE, "steps": STEPS, "start": START, "rows": rows})


if __name__ == "__main__":
    main()
