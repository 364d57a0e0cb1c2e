"""Training speed against the installable GAN libraries, with their own networks in both loops.

    pip install --target peers --no-deps torch-mimicry torchgan
    python benchmarks/peers.py --packages peers [--rounds 5] [--steps 10]

Each library's own networks (32 x 32, three channels), batch, loss, optimizer and discriminator steps,
trained by that library's trainer and by ``sparring.train``, in turn, in one process; images a second.
The data are tensors in memory, so no time goes to reading. Both libraries import packages for what is
not timed here (pictures and logs on the way, metrics); where these are missing, empty stand-ins take
their place, and nothing is written. lightweight-gan, the third one, refuses to be imported without a GPU.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import json
import statistics
import sys
import tempfile
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam
from torch.utils.data import DataLoader, TensorDataset

from common import machine, save
from sparring import losses
from sparring.data.spec import Dataset, Spec
from sparring.loop import Budget, train
from sparring.runtime import Runtime, Threads
from sparring.steps import Bout

BATCH, ITEMS, LATENT = 64, 2048, 128
SPEC = Spec("image", (3, 32, 32), "uint8", (127.5,), (127.5,))
UNUSED = ("torchvision", "tensorboard", "skimage", "tensorflow")  # by what is timed here
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
    """A peer's discriminator with logits (B,) instead of (B, 1)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, samples: Tensor) -> Tensor:
        logits: Tensor = self.network(samples)
        return logits.flatten()


def pictures() -> Tensor:
    return torch.randint(
        0, 256, (ITEMS, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )


def loader() -> DataLoader[tuple[Tensor, ...]]:
    encoded = SPEC.encode(pictures())
    return DataLoader(
        TensorDataset(encoded, torch.zeros(ITEMS)), batch_size=BATCH, shuffle=True, drop_last=True
    )


def ours(
    generator: nn.Module, discriminator: nn.Module, latent: int, loss: losses.Loss, d_steps: int, ghosts: int
) -> Run:
    runtime = Runtime()
    generator, discriminator = runtime.place(generator), runtime.place(Flat(discriminator))
    optimizers = [Adam(p.parameters(), 2e-4, (0.5, 0.9), fused=True) for p in (generator, discriminator)]
    bout = Bout(
        generator, discriminator, latent, g_optimizer=optimizers[0], d_optimizer=optimizers[1], loss=loss,
        d_steps=d_steps, ghost_batches=ghosts, runtime=runtime,
    )  # fmt: skip
    data, threads = Dataset("random", SPEC, pictures()), Threads()

    def run(steps: int) -> None:
        budget = Budget(samples_seen=bout.samples_seen + steps * d_steps * BATCH)
        chosen = Threads(fixed=torch.get_num_threads()) if bout.step else threads
        for _ in train(bout, data, budget, batch_size=BATCH, threads=chosen):
            pass

    return run


def mimicry(kind: str, width: int, d_steps: int) -> tuple[Run, Callable[[int], Run]]:
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

    return run, lambda ghosts: ours(G(ngf=2 * width), D(ndf=width), LATENT, loss, d_steps, ghosts)


def torchgan(width: int) -> tuple[Run, Callable[[int], Run]]:
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

    def make(ghosts: int) -> Run:
        generator = DCGANGenerator(**sizes, encoding_dims=LATENT)
        return ours(generator, DCGANDiscriminator(**of_critic), LATENT, losses.non_saturating, 1, ghosts)

    return run, make


CASES: dict[str, tuple[Callable[[], tuple[Run, Callable[[int], Run]]], int]] = {  # contenders, D steps
    "torch-mimicry DCGAN-32": (lambda: mimicry("dcgan", 32, 1), 1),
    "torch-mimicry SNGAN-32": (lambda: mimicry("sngan", 32, 5), 5),
    "torchgan DCGAN-32": (lambda: torchgan(64), 1),
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--packages", type=Path, required=True, help="folder with the peers")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10, help="of the discriminator, a turn")
    args = parser.parse_args()
    sys.path.append(str(args.packages.resolve()))
    sys.meta_path.insert(0, StandIn())
    facts: dict[str, Any] = machine()
    for case, (make, d_steps) in CASES.items():
        theirs, make_ours = make()
        steps = max(1, args.steps // d_steps)
        contenders = {"theirs": theirs, "ours": make_ours(1), "ours, 2 ghost batches": make_ours(2)}
        speeds: dict[str, list[float]] = {who: [] for who in contenders}
        for turn in range(args.rounds + 1):
            for who, run in contenders.items():
                start = time.perf_counter()
                with contextlib.redirect_stdout(io.StringIO()):
                    run(steps if turn else 1)
                if turn:  # the first is a warm-up
                    speeds[who].append(steps * d_steps * BATCH / (time.perf_counter() - start))
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


if __name__ == "__main__":
    main()
