"""Training speed against the installable GAN libraries, with their own networks in both loops.

    pip install --target peers --no-deps torch-mimicry torchgan lightweight-gan einops kornia kornia-rs tqdm
    git clone https://github.com/brownvc/R3GAN peers/r3gan
    python benchmarks/peers.py --packages peers [--rounds 5] [--cases ...]

Each library's own networks (32 x 32, three channels), batch, loss, optimizer and discriminator steps,
trained by that library's trainer and by ``sparring.train``, in turn, in one process; images a second.
Theirs compute in float32; ours once in it too, and once in bf16, which the runtime chooses where there are
units for it ("precision" in the results). Penalties are computed in float32 either way.
The data are tensors in memory, so no time goes to reading. The libraries import packages for what is
not timed here (pictures and logs on the way, metrics); where these are missing, empty stand-ins take
their place, and nothing is written. What is changed from outside so that they run at all:

- torch-mimicry: ``torch._six``, which torch no longer has, is a stand-in.
- lightweight-gan refuses to run without a GPU: torch says it has one while it is imported, and its
  ``.cuda()`` and ``torch.device`` stay on the CPU. Its auto-encoding loss on real pictures, which no
  game of ours has, is nought and not computed. Ours plays on the sum of its two logits.
- R3GAN, published code and no library: ``pkg_resources``, which setuptools no longer has, is a stand-in.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import json
import re
import statistics
import sys
import tempfile
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Adam
from torch.utils.data import DataLoader, TensorDataset

from common import machine, save
from sparring.data.codec import Affine
from sparring.data.spec import Dataset, Spec
from sparring.games import losses, penalties
from sparring.games.adversarial import AdversarialGame
from sparring.machine.device import Runtime, Threads
from sparring.machine.threads import available_cores
from sparring.training.budget import Budget
from sparring.training.loop import train

BATCH, ITEMS, LATENT = 64, 2048, 128
SMALL_BATCH = 8  # lightweight-gan's attention at 32 x 32 takes gigabytes for each eight pictures
SPEC = Spec("image", (3, 32, 32), Affine("uint8", (127.5,), (127.5,)))
UNUSED = (
    "torchvision",
    "tensorboard",
    "skimage",
    "tensorflow",
    "adabelief_pytorch",
    "tabulate",
    "aim",
)  # by what is timed here
Run = Callable[[int], None]  # trains so many generator steps


class StandIn(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Makes any name of a missing package importable: a class that accepts everything and does nothing."""

    packages = tuple(name for name in UNUSED if importlib.util.find_spec(name) is None)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name.split(".")[0] in self.packages:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        if name in ("torch.utils.tensorboard", "torch._six"):  # the second is gone from torch
            return importlib.machinery.ModuleSpec(name, self)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        module = types.ModuleType(spec.name)
        module.__getattr__ = _nothing  # type: ignore[method-assign]
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        pass


def _nothing(name: str) -> type:
    if name.startswith("__"):
        raise AttributeError(name)
    return type(
        name, (), {"__init__": lambda *_, **__: None, "__getattr__": lambda *_: lambda *__, **___: None}
    )


class Flat(nn.Module):
    """A peer's discriminator with logits (B,) instead of (B, 1), the sum of several."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, samples: Tensor) -> Tensor:
        found: Tensor | tuple[Tensor | None, ...] = self.network(samples)
        logits = [found] if isinstance(found, Tensor) else [part for part in found if part is not None]
        return torch.stack([part.flatten() for part in logits]).sum(0)


def pictures() -> Tensor:
    return torch.randint(
        0, 256, (ITEMS, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )


def loader(batch: int = BATCH) -> DataLoader[tuple[Tensor, ...]]:
    encoded = SPEC.encode(pictures())
    return DataLoader(
        TensorDataset(encoded, torch.zeros(ITEMS)), batch_size=batch, shuffle=True, drop_last=True
    )


def ours(
    generator: nn.Module,
    discriminator: nn.Module,
    latent: int,
    loss: losses.Loss,
    d_steps: int,
    precision: str,
    penalty: tuple[penalties.Penalty, ...] = (),
    batch: int = BATCH,
) -> Run:
    runtime = Runtime(precision=precision)
    generator, discriminator = runtime.place(generator), runtime.place(Flat(discriminator))
    optimizers = [Adam(p.parameters(), 2e-4, (0.5, 0.9), fused=True) for p in (generator, discriminator)]
    game = AdversarialGame(
        generator, discriminator, latent, g_optimizer=optimizers[0], d_optimizer=optimizers[1], loss=loss,
        penalties=penalty, d_steps=d_steps, runtime=runtime,
    )  # fmt: skip
    data, threads = Dataset("random", SPEC, pictures()), Threads()

    def run(steps: int) -> None:
        budget = Budget(samples_seen=game.clock.samples_seen + steps * d_steps * batch)
        chosen = Threads(fixed=threads.chosen) if game.clock.step else threads
        for _ in train(game, data, budget, batch_size=batch, threads=chosen):
            pass

    return run


def mimicry(kind: str, width: int, d_steps: int) -> tuple[Run, Callable[[str], Run]]:
    """torch-mimicry's residual networks and trainer."""
    from torch_mimicry.nets import dcgan, sngan
    from torch_mimicry.training import Trainer

    G, D = {
        "dcgan": (dcgan.DCGANGenerator32, dcgan.DCGANDiscriminator32),
        "sngan": (sngan.SNGANGenerator32, sngan.SNGANDiscriminator32),
    }[kind]
    loss = losses.hinge if kind == "sngan" else losses.non_saturating
    netG, netD = G(ngf=2 * width), D(ndf=width)
    optD, optG = Adam(netD.parameters(), 2e-4, (0.0, 0.9)), Adam(netG.parameters(), 2e-4, (0.0, 0.9))

    def run(steps: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            never = 10**9
            Trainer(
                netD=netD, netG=netG, optD=optD, optG=optG, n_dis=d_steps, num_steps=steps,
                dataloader=loader(), log_dir=folder, device="cpu",
                print_steps=never, vis_steps=never, log_steps=never, save_steps=never,
            ).train()  # fmt: skip

    return run, lambda precision: ours(G(ngf=2 * width), D(ndf=width), LATENT, loss, d_steps, precision)


def torchgan(width: int) -> tuple[Run, Callable[[str], Run]]:
    """torchgan's DCGAN and trainer."""
    from torchgan.losses import MinimaxDiscriminatorLoss, MinimaxGeneratorLoss
    from torchgan.models import DCGANDiscriminator, DCGANGenerator
    from torchgan.trainer import Trainer

    adam = {"name": Adam, "args": {"lr": 2e-4, "betas": (0.5, 0.999)}}
    sizes = {"out_size": 32, "out_channels": 3, "step_channels": width}
    of_critic = {"in_size": 32, "in_channels": 3, "step_channels": width}
    folder = tempfile.mkdtemp()
    trainer = Trainer(
        {
            "generator": {"name": DCGANGenerator, "args": sizes | {"encoding_dims": LATENT}, "optimizer": adam},
            "discriminator": {"name": DCGANDiscriminator, "args": of_critic, "optimizer": adam},
        },
        [MinimaxGeneratorLoss(), MinimaxDiscriminatorLoss()],
        device=torch.device("cpu"), sample_size=BATCH, epochs=1, recon=folder, checkpoints=f"{folder}/gan",
    )  # fmt: skip
    batches = [tuple(batch) for batch in loader()]

    def run(steps: int) -> None:
        # Its train() saves and draws at the end of each epoch; its inner loop is this.
        trainer.batch_size = BATCH
        for step in range(steps):
            trainer.real_inputs, trainer.labels = batches[step % len(batches)]
            _, _, d_iterations, g_iterations = trainer.train_iter()
            trainer.loss_information["generator_iters"] += g_iterations
            trainer.loss_information["discriminator_iters"] += d_iterations

    def make(precision: str) -> Run:
        generator = DCGANGenerator(**sizes, encoding_dims=LATENT)
        return ours(generator, DCGANDiscriminator(**of_critic), LATENT, losses.non_saturating, 1, precision)

    return run, make


def lightweight_library() -> types.ModuleType:
    """lightweight-gan's module, which refuses to be imported without a GPU and then works without one."""
    with pretending(torch.cuda, "is_available", lambda: True):
        library = importlib.import_module("lightweight_gan.lightweight_gan")
    library.torch = _OnCpu()  # type: ignore[attr-defined]
    return library


def lightweight() -> tuple[Run, Callable[[str], Run]]:
    """lightweight-gan's networks and trainer, with its gradient penalty every fourth step."""
    library = lightweight_library()
    folder = tempfile.mkdtemp()
    trainer = library.Trainer(
        base_dir=folder, image_size=32, latent_dim=LATENT, batch_size=SMALL_BATCH, disc_output_size=1,
        fmap_max=LATENT, aug_prob=0, use_aim=False,
    )  # fmt: skip
    with pretending(nn.Module, "cuda", lambda self, *_: self):
        trainer.init_GAN()
    trainer.save = trainer.evaluate = lambda *_, **__: None
    judge = trainer.GAN.D.forward
    trainer.GAN.D.forward = lambda x, calc_aux_loss=False: (*judge(x)[:2], torch.zeros(()))
    trainer.loader = library.cycle([pictures for pictures, _ in loader(SMALL_BATCH)])

    def run(steps: int) -> None:
        with pretending(Tensor, "cuda", lambda self, *_: self):
            for _ in range(steps):
                trainer.train()

    def make(precision: str) -> Run:
        sizes = {"image_size": 32, "fmap_max": LATENT}
        generator = library.Generator(latent_dim=LATENT, **sizes)
        discriminator = library.Discriminator(disc_output_size=1, **sizes)
        slopes = (penalties.r1(2.5, every=4), penalties.r2(2.5, every=4))
        return ours(generator, discriminator, LATENT, losses.hinge, 1, precision, slopes, SMALL_BATCH)

    return run, make


class _OnCpu:
    """torch, but for devices: there is one."""

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)

    def device(self, *_: Any) -> torch.device:
        return torch.device("cpu")


@contextlib.contextmanager
def pretending(owner: Any, name: str, value: Any) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def r3gan(width: int) -> tuple[Run, Callable[[str], Run]]:
    """R3GAN's published trainer and networks, as wide and deep as the recipe ``modern`` is."""
    version = types.ModuleType("pkg_resources")
    version.parse_version = lambda text: tuple(map(int, re.findall(r"\d+", text)[:3]))  # type: ignore[attr-defined]
    sys.modules.setdefault("pkg_resources", version)
    networks = importlib.import_module("R3GAN.Networks")
    training = importlib.import_module("R3GAN.Trainer")
    widths = [8 * width, 4 * width, 2 * width, width]
    groups = [max(1, 2 * channels // 16) for channels in widths]

    def players() -> tuple[nn.Module, nn.Module]:
        generator = networks.Generator(LATENT, widths, groups, [1] * 4, 2)
        return generator, networks.Discriminator(widths[::-1], groups[::-1], [1] * 4, 2)

    G, D = players()
    game, gamma = training.AdversarialTraining(G, D), 0.1
    optimizers = [Adam(player.parameters(), 2e-4, (0.0, 0.9)) for player in (D, G)]
    batches = [pictures for pictures, _ in loader()]

    def run(steps: int) -> None:
        # As its training loop does: one player's gradients off, accumulate, step; then the other's.
        for step in range(steps):
            real = batches[step % len(batches)]
            for player, other, optimizer in ((D, G, optimizers[0]), (G, D, optimizers[1])):
                other.requires_grad_(False)
                player.requires_grad_(True)
                optimizer.zero_grad(set_to_none=True)
                latents = torch.randn(BATCH, LATENT)
                if player is D:
                    game.AccumulateDiscriminatorGradients(latents, real, None, gamma)
                else:
                    game.AccumulateGeneratorGradients(latents, real, None)
                optimizer.step()

    def make(precision: str) -> Run:
        slopes = (penalties.r1(gamma), penalties.r2(gamma))
        return ours(*players(), LATENT, losses.relativistic, 1, precision, slopes)

    return run, make


class Case(NamedTuple):
    """What is timed: both contenders, and how much of it a turn."""

    make: Callable[[], tuple[Run, Callable[[str], Run]]]
    d_steps: int = 1  # to one of the generator
    batch: int = BATCH
    steps: int = 10  # of the discriminator, a turn


CASES = {
    "torch-mimicry DCGAN-32": Case(lambda: mimicry("dcgan", 32, 1)),
    "torch-mimicry SNGAN-32": Case(lambda: mimicry("sngan", 32, 5), d_steps=5),
    "torchgan DCGAN-32": Case(lambda: torchgan(64)),
    "lightweight-gan 32": Case(lightweight, batch=SMALL_BATCH, steps=4),  # one of them with its penalty
    "R3GAN modern-32": Case(lambda: r3gan(16)),
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--packages", type=Path, required=True, help="folder with the peers")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=CASES)
    args = parser.parse_args()
    sys.path += [str(args.packages.resolve()), str((args.packages / "r3gan").resolve())]
    sys.meta_path.insert(0, StandIn())
    facts: dict[str, Any] = machine()
    for case in args.cases:
        theirs, make_ours = CASES[case].make()
        steps, images = CASES[case].steps // CASES[case].d_steps, CASES[case].steps * CASES[case].batch
        contenders = {"theirs": theirs, "ours in float32": make_ours("fp32"), "ours in bf16": make_ours("bf16")}
        speeds: dict[str, list[float]] = {who: [] for who in contenders}
        for turn in range(args.rounds + 1):
            for who, run in contenders.items():
                torch.set_num_threads(available_cores())  # as torch itself does; ours may choose fewer
                start = time.perf_counter()
                with contextlib.redirect_stdout(io.StringIO()):
                    run(steps if turn else 1)
                if turn:  # the first is a warm-up
                    speeds[who].append(images / (time.perf_counter() - start))
        ratios = {
            who: sorted(o / t for o, t in zip(speeds[who], speeds["theirs"], strict=True))
            for who in contenders if who != "theirs"
        }  # fmt: skip
        facts[case] = {
            "images_per_second": {who: [round(s, 1) for s in found] for who, found in speeds.items()},
            "times_theirs": {
                who: {"median": statistics.median(r), "min": r[0], "max": r[-1]} for who, r in ratios.items()
            },
        }
        print(case, json.dumps(facts[case]), flush=True)
    save("peers", facts)
    sys.meta_path.pop(0)
    sys.modules.pop("tabulate", None)  # torch looks for it at the end


if __name__ == "__main__":
    main()
