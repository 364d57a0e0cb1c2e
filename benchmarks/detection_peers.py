"""GANomaly and f-AnoGAN, by their published objectives and scores, on small networks of equal size.

Our own writing of the objectives, not the authors' code; the networks are those of our own detectors, so that
all have the same capacity and time. Neither uses a label of the test, also not to choose an epoch, as the
published code of GANomaly does. Its adversarial loss is that of the paper, a distance of features; the first
code has another.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, leaky_relu, mse_loss

from sparring.networks.repair import Rebuilder
from sparring.uses.detect.adversary import encoded

CODE, BATCH = 100, 32
LR, BETAS = 2e-4, (0.5, 0.999)  # GANomaly's
F_LR, F_BETAS = 1e-4, (0.0, 0.9)  # f-AnoGAN's: WGAN-GP
CRITICS, PENALTY = 5, 10.0  # steps of the critic for one of the generator, and the weight of the penalty
KAPPA = 1.0  # of the features in f-AnoGAN's residual
WEIGHTS = (1.0, 50.0, 1.0)  # GANomaly: adversarial, contextual, encoder


def _players(normals: Tensor) -> Rebuilder:
    channels, height, width = normals.shape[1:]
    return Rebuilder(channels, height, width, code=CODE)


def ganomaly_loss(
    x: Tensor, made: Tensor, codes: tuple[Tensor, Tensor], features: tuple[Tensor, Tensor]
) -> Tensor:
    """GANomaly's loss () of the generator's side (Akcay et al. 2018, equations 1 to 4).

    Args:
        codes: (B, D), of x and of what was made of it. features: (B, F), of the discriminator, of both.
    """
    adversarial, contextual, encoder = WEIGHTS
    return (
        adversarial * mse_loss(features[1], features[0])
        + contextual * (x - made).abs().mean()
        + encoder * mse_loss(codes[1], codes[0])
    )


def izi_f(x: Tensor, made: Tensor, features: tuple[Tensor, Tensor]) -> Tensor:
    """f-AnoGAN's residual (B,), which trains the encoder and is the score (Schlegl et al. 2019, equation 4)."""
    pixels = (x - made).square().flatten(1).mean(1)
    residual: Tensor = pixels + KAPPA * (features[0] - features[1]).square().mean(1)
    return residual


def gradient_penalty(critic: Callable[[Tensor], Tensor], x: Tensor, made: Tensor, share: Tensor) -> Tensor:
    """The penalty () of WGAN-GP (Gulrajani et al. 2017, equation 3) between real pictures and made ones.

    Args:
        share: (B, 1, 1, 1), how much of the real picture is in each place between.
    """
    between = (share * x + (1 - share) * made).requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    penalty: Tensor = PENALTY * (slope.flatten(1).norm(dim=1) - 1).square().mean()
    return penalty


class Critic(nn.Module):
    """A convolutional discriminator with one logit (B,) and the features (B, F) before it."""

    def __init__(self, channels: int, norm: bool, width: int = 32) -> None:
        super().__init__()
        sizes = ((channels, width), (width, 2 * width), (2 * width, 4 * width))
        self.layers = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1) for a, b in sizes)
        self.norms = nn.ModuleList(nn.BatchNorm2d(b) if norm else nn.Identity() for _, b in sizes)
        self.last = nn.Linear(4 * width * 16, 1)

    def features(self, x: Tensor) -> Tensor:
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = leaky_relu(norm(layer(x)), 0.2)
        return nn.functional.adaptive_avg_pool2d(x, 4).flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.last(self.features(x))
        return logits[:, 0]


def batches(normals: Tensor, seconds: float, seed: int) -> Iterator[Tensor]:
    """Random batches until the processor time is spent."""
    rng, began = torch.Generator().manual_seed(seed), time.process_time()
    while time.process_time() - began < seconds:
        yield normals[torch.randint(len(normals), (BATCH,), generator=rng)]


class Ganomaly:
    """Akcay et al. 2018: encoder, decoder, encoder; the score is the mean square between the two codes."""

    def fit(self, pictures: Tensor, seconds: float, seed: int) -> None:
        torch.manual_seed(seed)
        normals = encoded(pictures)
        self.g = _players(normals)
        self.e = _players(normals).encoder
        d = Critic(normals.shape[1], norm=True)
        g_step = torch.optim.Adam([*self.g.parameters(), *self.e.parameters()], LR, BETAS)
        d_step = torch.optim.Adam(d.parameters(), LR, BETAS)
        for x in batches(normals, seconds, seed):
            z = self.g.encoder(x)
            made = self.g.decoded(z)
            loss = ganomaly_loss(x, made, (z, self.e(made)), (d.features(x).detach(), d.features(made)))
            g_step.zero_grad()
            loss.backward()
            g_step.step()
            real, fake = d(x), d(made.detach())
            d_loss = binary_cross_entropy_with_logits(real, torch.ones_like(real))
            d_loss = d_loss + binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
            d_step.zero_grad()
            d_loss.backward()
            d_step.step()

    @torch.no_grad()
    def score(self, pictures: Tensor) -> Tensor:
        x = encoded(pictures)
        self.g.eval()
        self.e.eval()
        z = self.g.encoder(x)
        apart: Tensor = z - self.e(self.g.decoded(z))
        return apart.square().mean(1)


class FAnoGan:
    """Schlegl et al. 2019: a WGAN-GP, then an encoder by the residual of pixels and features (izi_f)."""

    def fit(self, pictures: Tensor, seconds: float, seed: int) -> None:
        torch.manual_seed(seed)
        normals = encoded(pictures)
        self.g = _players(normals)
        self.d = Critic(normals.shape[1], norm=False)
        makers = [p for name, p in self.g.named_parameters() if not name.startswith("encoder")]
        g_step = torch.optim.Adam(makers, F_LR, F_BETAS)
        d_step = torch.optim.Adam(self.d.parameters(), F_LR, F_BETAS)
        for k, x in enumerate(batches(normals, 0.6 * seconds, seed)):
            made = self.g.decoded(torch.randn(len(x), CODE))
            if k % (CRITICS + 1) == CRITICS:
                loss = -self.d(made).mean()
                g_step.zero_grad()
                loss.backward()
                g_step.step()
                continue
            penalty = gradient_penalty(self.d, x, made.detach(), torch.rand(len(x), 1, 1, 1))
            loss = self.d(made.detach()).mean() - self.d(x).mean() + penalty
            d_step.zero_grad()
            loss.backward()
            d_step.step()
        e_step = torch.optim.Adam(self.g.encoder.parameters(), F_LR, F_BETAS)
        for x in batches(normals, 0.4 * seconds, seed + 1):
            loss = self._residual(x).mean()
            e_step.zero_grad()
            loss.backward()
            e_step.step()

    def _residual(self, x: Tensor) -> Tensor:
        made = self.g(x)
        return izi_f(x, made, (self.d.features(x), self.d.features(made)))

    @torch.no_grad()
    def score(self, pictures: Tensor) -> Tensor:
        self.g.eval()
        return self._residual(encoded(pictures))


PEERS: dict[str, type[Ganomaly] | type[FAnoGan]] = {"GANomaly": Ganomaly, "f-AnoGAN": FAnoGan}
