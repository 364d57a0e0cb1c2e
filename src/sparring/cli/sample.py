"""``sparring sample``: draw from a trained generator into a file or a folder."""

from __future__ import annotations

import argparse
import math
from contextlib import nullcontext
from pathlib import Path

from sparring import kinds
from sparring.cli.playground import at
from sparring.config.arguments import number, whole
from sparring.errors import ConfigError, counted, printable, warn
from sparring.games import drawing
from sparring.history import layout
from sparring.history.find import packaged
from sparring.machine.device import Runtime
from sparring.page.asked import DrawRequest, typed
from sparring.runs.folder import RunFolder
from sparring.runs.inference import Sampler

MOST_SAMPLES = 1_000_000


def run(args: argparse.Namespace) -> int:
    """Draw samples from a run into a file or a folder."""
    folder = RunFolder(args.run)
    folder.check_latents()
    if args.out:
        layout.refuse_training_file(args.out)
        layout.refuse_taken(args.out, args.force)
    if args.count is not None:
        whole("--count", args.count, 1, MOST_SAMPLES)
    number("--truncation", args.truncation, 0, 10)
    kind = kinds.of(folder.spec)
    if args.sound and not kind.sound:
        raise ConfigError(f"--sound: {kind.noun}s have no sound. Leave it out.")
    asked = _typed(args)
    until = math.inf if asked is None or asked.step is None else asked.step
    sampler = Sampler.load(folder, warn, Runtime(args.device, "fp32"), best=args.best, last=until)
    count = args.count or kind.count
    classes, columns = 0 if folder.spec.clusters else sampler.classes, None
    if classes and args.label is None and args.count is None and not args.interpolate:
        columns = -(-count // classes)  # a row for each class
        count = columns * classes
    natural = args.count is not None and not args.interpolate
    order: drawing.Order = "natural" if natural else "rows"
    labels = sampler.labels(count, args.label, order=order, seed=args.seed)
    if args.where and args.interpolate:
        raise ConfigError("--where draws anew what does not fit, which a walk cannot: leave out --interpolate.")
    drawn_anew = ""
    if asked is not None:
        samples, labels = at(sampler, asked), None
    elif (kind.kept or args.where) and not args.interpolate:
        found = sampler.kept(count, args.where or (), args.seed, args.truncation, args.label)
        samples, labels = found.samples, None
        if found.redrawn:
            drawn_anew = f"{found.redrawn:.1%} of the drawn {kind.noun}s did not fit and were drawn anew."
    elif args.interpolate:
        samples = sampler.walk(count, labels, seed=args.seed, truncation=args.truncation)
    else:
        samples = sampler.decoded(sampler.latents(count, args.seed, args.truncation), labels).numpy()
    shown = None if labels is None or folder.spec.clusters else labels.numpy()
    drawn = Path(layout.DRAWN) if packaged(folder.path) else folder.path / layout.DRAWN
    name = folder.name if packaged(folder.path) else f"step-{sampler.step}"
    place = nullcontext(args.out) if args.out else layout.new_file(drawn, name, kind.suffix)
    with layout.writing(args.out or drawn), place as out:
        kind.save(samples, shown, folder.spec, out, columns)
        if args.sound and kind.sound:
            kind.sound(samples, shown, folder.spec, out)
    if kind.lines and not args.out:
        print(*kind.lines(samples, folder.spec), sep="\n")
    if drawn_anew:
        print(drawn_anew)
    print(printable(f"{counted(len(samples), 'sample')} from step {sampler.step:,}: {out}"))
    return 0


def _typed(args: argparse.Namespace) -> DrawRequest | None:
    """The point of the latent space that is asked for; None without one.

    Raises:
        ConfigError: it cannot be read, or something else is asked for too.
    """
    if args.at is None:
        return None
    for name in ("count", "label", "where", "interpolate"):
        if getattr(args, name):
            raise ConfigError(f"--at is one point of the latent space: leave out --{name}.")
    return typed(args.at)
