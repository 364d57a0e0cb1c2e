"""GANs that others wrote, trained for so many CPU seconds: the peers of ``pictures.py``.

The DCGAN of PyTorch's tutorial, and lightweight-gan with its own networks, losses, augmentation and trainer,
at the defaults of its command line; its package, and how it runs without a GPU, as in ``peers.py``.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from peers import StandIn, lightweight_library, pretending

Pictures = NDArray[np.uint8]
LATENT, WIDTH, BATCH = 100, 64, 128  # of the tutorial's DCGAN
CHUNK = 10  # lightweight-gan's batch, of which it accumulates the gradients of four
CALLED_FEW = 100_000  # pictures, below which it augments more the fewer there are


def dcgan_players(channels: int, side: int) -> tuple[nn.Module, nn.Module]:
    """The networks of PyTorch's DCGAN tutorial (64 pixels), with as many scales as the side needs."""
    scales = max(2, (side - 1).bit_length() - 2)  # 64 -> 4, 32 -> 3
    widths = [WIDTH * 2**k for k in range(scales)]
    g: list[nn.Module] = [nn.ConvTranspose2d(LATENT, widths[-1], 4, 1, 0, bias=False)]
    for wide, narrow in zip(widths[::-1], [*widths[-2::-1], channels], strict=True):
        g += [nn.BatchNorm2d(wide), nn.ReLU(True), nn.ConvTranspose2d(wide, narrow, 4, 2, 1, bias=False)]
    d: list[nn.Module] = [nn.Conv2d(channels, WIDTH, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True)]
    for narrow, wide in pairwise(widths):
        d += [nn.Conv2d(narrow, wide, 4, 2, 1, bias=False), nn.BatchNorm2d(wide), nn.LeakyReLU(0.2, True)]
    d += [nn.Conv2d(widths[-1], 1, 4, 1, 0, bias=False)]
    players = nn.Sequential(*g, nn.Tanh()), nn.Sequential(*d, nn.Flatten(0))
    for player in players:
        player.apply(tutorial_weights)
    return players


def tutorial_weights(layer: nn.Module) -> None:
    """The tutorial's ``weights_init``."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)


def dcgan(pictures: Pictures, seconds: float, seed: int, count: int) -> tuple[Pictures, int]:
    """Pictures of the tutorial's loop: cross-entropy, Adam 2e-4 with beta1 0.5, batches of 128."""
    torch.manual_seed(seed)
    began, side = time.process_time(), pictures.shape[-1]
    full = 1 << (side - 1).bit_length()  # 28 -> 32: the tutorial resizes
    data = torch.from_numpy(pictures)
    g, d = dcgan_players(pictures.shape[1], side)
    optimizers = [torch.optim.Adam(player.parameters(), 2e-4, (0.5, 0.999)) for player in (g, d)]
    loss, seen = nn.BCEWithLogitsLoss(), 0
    while time.process_time() - began < seconds:
        real = data[torch.randint(len(data), (BATCH,))].float().div(127.5).sub(1)
        real = nn.functional.interpolate(real, (full, full), mode="bilinear") if full != side else real
        ones, noughts = torch.ones(BATCH), torch.zeros(BATCH)
        fake = g(torch.randn(BATCH, LATENT, 1, 1))
        d_loss = loss(d(real), ones) + loss(d(fake.detach()), noughts)
        step(d, optimizers[1], d_loss)
        step(g, optimizers[0], loss(d(fake), ones))
        seen += BATCH
    with torch.no_grad():
        latents = torch.randn(count, LATENT, 1, 1).split(BATCH)
        drawn = torch.cat([g(part) for part in latents])
    if full != side:
        drawn = nn.functional.interpolate(drawn, (side, side), mode="bilinear")
    return drawn.add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8).numpy(), seen


def step(player: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def lightweight_gan(pictures: Pictures, seconds: float, seed: int, count: int) -> tuple[Pictures, int]:
    """Pictures of lightweight-gan's trainer. Its weight average, which begins at 20,000 steps, is not used."""
    sys.meta_path.insert(0, StandIn())
    library = lightweight_library()
    torch.manual_seed(seed)
    trainer = library.Trainer(
        base_dir=tempfile.mkdtemp(), image_size=pictures.shape[-1], greyscale=pictures.shape[1] == 1,
        batch_size=CHUNK, gradient_accumulate_every=4, disc_output_size=1, attn_res_layers=[32],
        aug_prob=min(0.5, max(0.0, CALLED_FEW - len(pictures)) * 3e-6),
        aug_types=["cutout", "translation"], use_aim=False,
    )  # fmt: skip
    trainer.save = trainer.evaluate = lambda *_, **__: None
    trainer.loader = _chunks(torch.from_numpy(pictures))
    began, seen = time.process_time(), 0
    with (
        pretending(nn.Module, "cuda", lambda self, *_: self),
        pretending(Tensor, "cuda", lambda self, *_: self),
    ):
        trainer.init_GAN()
        while time.process_time() - began < seconds:
            with contextlib.redirect_stdout(io.StringIO()):
                trainer.train()
            seen += CHUNK * trainer.gradient_accumulate_every
    generator = trainer.GAN.G.eval()
    with torch.no_grad():
        drawn = torch.cat([generator(part) for part in torch.randn(count, trainer.latent_dim).split(CHUNK)])
    return drawn.clamp(0, 1).mul(255).round().to(torch.uint8).numpy(), seen


def _chunks(pictures: Tensor) -> Iterator[Tensor]:
    """Batches of random pictures between 0 and 1, without end."""
    while True:
        yield pictures[torch.randint(len(pictures), (CHUNK,))].float().div(255)


PEERS = {"dcgan": dcgan, "lightweight-gan": lightweight_gan}
