"""``sparring export``: give a trained generator, or a detector, to other programs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from sparring.errors import ConfigError, RunError, printable, quoted, warn
from sparring.history import layout
from sparring.history.find import alone, packaged
from sparring.machine.device import Runtime
from sparring.runs.create import free_path
from sparring.runs.folder import RunFolder
from sparring.runs.inference import Sampler
from sparring.uses import pretrained
from sparring.uses.detect import saved
from sparring.uses.export import folder, hub, onnx_file, program
from sparring.uses.export.card import UNSTATED
from sparring.uses.export.detecting import DetectorGraph
from sparring.uses.export.graph import Graph, Traced
from sparring.uses.export.parity import Parity
from sparring.uses.progress import working

# Of each form of one file: its suffix, and what writes it.
FILES: dict[str, tuple[str, Callable[[Traced, Path], Parity]]] = {
    "onnx": (".onnx", onnx_file.write),
    "torch": (".pt2", program.write),
}
SUFFIXES = (*(suffix for suffix, _ in FILES.values()), ".safetensors", ".pt", ".pth")  # of files
CARDS = ("safetensors", "hub")  # forms with a model card


def run(args: argparse.Namespace) -> int:
    """Write a generator to a file or a folder for other programs, or to the hub; or a detector to a file."""
    if (args.run / layout.DETECTOR).is_file():
        return _detector(args)
    source = RunFolder(args.run)
    _check(args)
    sampler = Sampler.load(source, warn, Runtime("cpu", "fp32"), best=args.best)
    if args.to == "hub":
        return _to_hub(args, source, sampler)
    if args.to not in FILES:
        return _to_folder(args, source, sampler)
    place, name = _beside(source, sampler)
    return _to_file(args, Graph.of(sampler), place, name, f"step {sampler.step:,}")


def _detector(args: argparse.Namespace) -> int:
    """Write the method of a detector to a file.

    Raises:
        ConfigError: its pictures are cut into tiles, or another form or a checkpoint is asked for.
    """
    if args.to not in FILES:
        raise ConfigError(
            f"--to {args.to}: a detector is exported --to {' or '.join(FILES)}. Its own folder is what "
            f"sparring reads: copy {args.run}."
        )
    if args.best:
        raise ConfigError("--best: a detector has no checkpoints. Leave it out.")
    _check(args)
    graph = DetectorGraph.of(saved.read(args.run)[0])
    about = graph.about()
    words = f"{about['method']}, odd above {about['threshold']:.6g}"
    return _to_file(args, graph, args.run / layout.EXPORTED, about["method"], words)


def _check(args: argparse.Namespace) -> None:
    """Refuse options that this form does not take, and what is missing, before anything is loaded.

    Raises:
        ConfigError: which option or package.
        RunError: ``--out`` cannot be written.
    """
    of_hub, of_cards = args.name or args.private, args.license != UNSTATED
    if of_hub and args.to != "hub":
        raise ConfigError("--name and --private are for --to hub. Leave them out.")
    if of_cards and args.to not in CARDS:
        raise ConfigError("--license is for the model card of --to safetensors and --to hub. Leave it out.")
    folder.check_licence(args.license)
    if args.to == "hub":
        if args.out:
            raise ConfigError("--out is for files; with --to hub it is --name OWNER/NAME. Leave it out.")
        if not args.name:
            raise ConfigError("--to hub needs --name OWNER/NAME, such as maria/digits.")
        hub.check_name(args.name)
    elif args.to == "onnx":
        onnx_file.check_installed()
    if args.out and args.to in FILES:
        layout.refuse_training_file(args.out)
        _check_file(args.out, FILES[args.to][0], args.to)
        layout.refuse_taken(args.out, args.force)
    elif args.out and args.out.suffix.lower() in SUFFIXES:
        raise ConfigError(
            f"--to {args.to} writes a folder with weights and a model card, and {args.out} looks like a file: "
            f"give --out a folder, such as {args.out.stem}."
        )
    elif args.out and layout.is_run(args.out):
        _check_kept(args)
        layout.refuse_taken(args.out, args.force)


def _check_file(out: Path, suffix: str, form: str) -> None:
    """Refuse what is no place for a file of this suffix.

    Raises:
        ConfigError: another suffix.
        RunError: it is a folder, or its folder is none.
    """
    above, what = out.parent, ""
    if out.is_dir():
        what = f"{out} is a folder"
    elif above.exists() and not above.is_dir():
        what = f"{above} is a file, not a folder"
    elif not above.is_dir():
        what = f"there is no folder {above}"
    if what:
        raise RunError(f"{what}: give --out a file, such as generator{suffix}.")
    if out.suffix.lower() != suffix:
        raise ConfigError(
            f"--to {form} writes a {suffix} file: give --out {quoted(str(out.with_suffix(suffix)))}."
        )


def _check_kept(args: argparse.Namespace) -> None:
    """Refuse to put players alone in the place of a training, or of the run that is exported.

    Raises:
        RunError: ``--out`` is one of them.
    """
    same = args.out.resolve() == args.run.resolve()
    if same or not alone(args.out):
        raise RunError(
            f"{args.out} exists already: it is {'what is exported' if same else 'a training'}, which would be "
            "lost. Choose another --out."
        )


def _to_file(args: argparse.Namespace, graph: Traced, place: Path, name: str, about: str) -> int:
    """Write a graph to ``--out``, or under a new name in ``place``."""
    suffix, write = FILES[args.to]
    taken = nullcontext(args.out) if args.out else layout.new_file(place, name, suffix)
    with layout.writing(args.out or place), working() as tell, taken as out:
        tell(f"exporting, and comparing {graph.output}")
        found = write(graph, out)
    print(printable(f"{out}  {out.stat().st_size / 1e6:.1f} MB, {about}"))
    print(
        printable(f"    made of  {graph.takes}\n       gives  {graph.gives}\n     checked  {found}", kept="\n")
    )
    return 0


def _to_folder(args: argparse.Namespace, source: RunFolder, sampler: Sampler) -> int:
    place, name = _beside(source, sampler)
    with layout.writing(args.out or place):
        out = args.out or free_path(place, name)
        folder.write(source, out, warn, sampler=sampler, best=args.best, licence=args.license, force=args.force)
    print(printable(f"{out}  a folder with a model card, {folder.CARD}, step {sampler.step:,}"))
    print(printable(f"    in Python  sparring.GAN.from_pretrained({str(out)!r})"))
    return 0


def _to_hub(args: argparse.Namespace, source: RunFolder, sampler: Sampler) -> int:
    name = hub.check_name(args.name)
    with working() as tell:
        tell("sending")
        address = pretrained.push(
            source, sampler, name, warn, best=args.best, private=args.private, licence=args.license
        )
    print(
        printable(f"{address}\n    in Python  sparring.GAN.from_pretrained({hub.PREFIX + name!r})", kept="\n")
    )
    return 0


def _beside(source: RunFolder, sampler: Sampler) -> tuple[Path, str]:
    """Where exports of a run go by default, and their name without suffix."""
    if packaged(source.path):
        return Path(), source.name
    return source.path / layout.EXPORTED, f"step-{sampler.step}"
