"""``sparring watch`` and ``sparring report``: the page's verbs, and the generator that its playground asks."""

from __future__ import annotations

import argparse
import io
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparring.errors import ConfigError, RunError

if TYPE_CHECKING:
    from sparring.page.server import Wish
    from sparring.run import RunFolder
    from sparring.steps import Bout

INSTALL = "pip install 'sparring[page]'"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PORT, TRIED_PORTS = 8555, 20
KNOB_SEED = 12345  # of the directions that the knobs go along


def watch(args: argparse.Namespace) -> int:
    """Serve the page until interrupted.

    Raises:
        ConfigError: the web server is missing, or another address without a token.
        RunError: no such folder.
    """
    for path in args.run:
        if not path.is_dir():
            raise RunError(f"there is no {path}. Give a run folder, or a folder of runs.")
    if args.host not in LOOPBACK and not args.token:
        raise ConfigError(
            f"--host {args.host} shows your runs to others: give a --token too, such as "
            f"{secrets.token_urlsafe(8)}."
        )
    try:
        import uvicorn

        from sparring.page.server import app
    except ImportError as error:
        raise ConfigError(f"the page needs a web server: {INSTALL}") from error
    listening = listen(args.host, args.port)
    port = listening.getsockname()[1]
    names = [f"[{name}]" if ":" in name else name for name in LOOPBACK]
    hosts = tuple(f"{name}:{port}" for name in names) if args.host in LOOPBACK else ()
    shown = f"[{args.host}]" if ":" in args.host else args.host
    print(f"http://{shown}:{port}/{f'?token={args.token}' if args.token else ''}  (Ctrl-C ends it)", flush=True)
    server = uvicorn.Server(
        uvicorn.Config(
            app(args.run, Painter(), hosts, args.token, lambda: server.should_exit),
            log_level="warning",
            timeout_graceful_shutdown=2,
        )
    )
    with suppress(KeyboardInterrupt):  # its way to end
        server.run([listening])
    return 0


def report(args: argparse.Namespace) -> int:
    """Write a run's page as one file."""
    from sparring.page.report import write_report

    if not args.run.is_dir():
        raise RunError(f"there is no run folder {args.run}. `sparring train` makes one.")
    out: Path = args.out or args.run / "report.html"
    if out.exists() and not args.force and args.out:
        raise RunError(f"{out} exists already: replace it with --force, or choose another --out.")
    size = write_report(args.run, out)
    print(f"{out}  {size / 1e6:.1f} MB")
    return 0


def listen(host: str, wished: int) -> socket.socket:
    """A socket that listens on the wished port, or where none was wished on the first free one from PORT on.

    Raises:
        ConfigError: it is taken, or the address is not this machine's.
    """
    if not 0 <= wished < 2**16:
        raise ConfigError(f"--port {wished}: expected 1 to 65535.")
    for port in [wished] if wished else range(PORT, PORT + TRIED_PORTS):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        trial = socket.socket(family)
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
            trial.listen()  # two that are only bound may share a port
        except OSError as error:
            trial.close()
            reason = error.strerror or str(error)
            continue
        return trial
    raise ConfigError(f"cannot listen on {host}, port {wished or PORT}: {reason}. Choose another --port.")


@contextmanager
def page_beside(run: Path) -> Iterator[None]:
    """A page of this run in a process of its own, for as long as the block lasts."""
    command = [sys.executable, "-m", "sparring", "watch", str(run)]
    page = subprocess.Popen(command, start_new_session=True)  # Ctrl-C is for the training
    try:
        yield
    finally:
        page.terminate()
        page.wait()


class Painter:
    """Draws what the playground wishes, with the newest checkpoint of a run."""

    def __init__(self) -> None:
        self.loaded: dict[Path, tuple[Sequence[Path], RunFolder, Bout]] = {}

    def __call__(self, path: Path, wish: Wish) -> bytes:
        """A PNG.

        Raises:
            RunError: there is no whole checkpoint.
            ConfigError: the label is none of its classes.
        """
        from sparring import sample

        folder, bout = self._newest(path)
        labels = self._labels(folder, wish)
        drawn = sample.draw(bout.artist, self._latents(wish, bout.latent_dim), labels)
        file = io.BytesIO()
        sample.grid(folder.spec.decode(drawn).numpy(), folder.spec, gap=0 if wish.count == 1 else 2).save(
            file, "PNG"
        )
        return file.getvalue()

    def _newest(self, path: Path) -> tuple[RunFolder, Bout]:
        from sparring.run import RunFolder
        from sparring.runtime import Runtime

        folder = RunFolder(path)
        saved = sorted(folder.checkpoints.glob("*.json"))
        known = self.loaded.get(path)
        if known is None or known[0] != saved:
            bout, _ = folder.bout(lambda _: None, Runtime("cpu", "fp32"))
            self.loaded = {path: (saved, folder, bout)}  # one generator in memory
        _, folder, bout = self.loaded[path]
        return folder, bout

    def _latents(self, wish: Wish, dim: int) -> Any:
        """Latents (count, dim) by a wish's words: blended, near the first, along directions."""
        import torch

        from sparring import sample

        def of(seed: int) -> torch.Tensor:
            return sample.random_latents(1, dim, seed)

        latents = torch.cat([of(wish.seed + k) for k in range(wish.count)])
        if wish.near and wish.other is not None:
            share = min(wish.near, 1.0)
            latents = (1 - share**2) ** 0.5 * latents + share * of(wish.other)
        elif wish.other is not None:
            latents = sample.slerp(latents, of(wish.other).expand_as(latents), wish.share)
        if any(wish.sliders):
            basis = torch.linalg.qr(sample.random_latents(dim, dim, KNOB_SEED))[0]  # (dim, dim), orthonormal
            count = min(len(wish.sliders), dim)
            latents = latents + torch.tensor(wish.sliders[:count]) @ basis[:count] * (dim**0.5 / 4)
        return latents

    def _labels(self, folder: RunFolder, wish: Wish) -> Any:
        import torch

        from sparring import sample

        if not folder.classes:
            return None
        if folder.spec.clusters or wish.label is None:
            return sample.drawn_labels(wish.count, folder.facts["class_counts"], wish.seed)
        if not 0 <= wish.label < folder.classes:
            raise ConfigError(f"label {wish.label}: expected 0 to {folder.classes - 1}.")
        return torch.full((wish.count,), wish.label)
