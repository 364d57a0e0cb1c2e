"""Write what ``sparring export`` was asked for, once its options were checked."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from sparring.cli.export import FILES
from sparring.errors import printable, warn
from sparring.history import layout
from sparring.history.find import packaged
from sparring.machine.device import Runtime
from sparring.runs.create import free_path
from sparring.runs.folder import RunFolder
from sparring.runs.inference import Sampler
from sparring.uses import pretrained
from sparring.uses.detect import saved
from sparring.uses.export import folder, hub, onnx_file, program
from sparring.uses.export.detecting import DetectorGraph
from sparring.uses.export.graph import Graph, Traced
from sparring.uses.export.parity import Parity
from sparring.uses.progress import working

WRITERS: dict[str, Callable[[Traced, Path], Parity]] = {"onnx": onnx_file.write, "torch": program.write}


def generator(args: argparse.Namespace) -> int:
    """Write the generator of a run to a file or a folder, or to the hub.

    Raises:
        ConfigError: a package is missing.
    """
    source = RunFolder(args.run)
    if args.to == "onnx":
        onnx_file.check_installed()
    sampler = Sampler.load(source, warn, Runtime("cpu", "fp32"), best=args.best)
    if args.to == "hub":
        return _to_hub(args, source, sampler)
    if args.to not in FILES:
        return _to_folder(args, source, sampler)
    place, name = _beside(source, sampler)
    return _to_file(args, Graph.of(sampler), place, name, f"step {sampler.step:,}")


def detector(args: argparse.Namespace) -> int:
    """Write the method of a detector to a file.

    Raises:
        ConfigError: its pictures are cut into tiles, or a package is missing.
    """
    if args.to == "onnx":
        onnx_file.check_installed()
    graph = DetectorGraph.of(saved.read(args.run)[0])
    about = graph.about()
    words = f"{about['method']}, odd above {about['threshold']:.6g}"
    return _to_file(args, graph, args.run / layout.EXPORTED, about["method"], words)


def _to_file(args: argparse.Namespace, graph: Traced, place: Path, name: str, about: str) -> int:
    """Write a graph to ``--out``, or under a new name in ``place``."""
    suffix, write = FILES[args.to], WRITERS[args.to]
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
