"""A fitted detector in a folder: ``detector.json`` has the facts, ``detector.safetensors`` the tensors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from sparring import __version__
from sparring.config.groups import FilesConfig
from sparring.config.values import field, finite, flag, listed, number, one_of, text, whole
from sparring.errors import ConfigError, RunError, UnreadableError
from sparring.files import read_json, write_whole
from sparring.history.layout import DETECTOR
from sparring.metrics.detection import Interval
from sparring.uses.detect.detector import Candidate, Detector
from sparring.uses.detect.scorers import SCORERS

FORMAT = 1
TENSORS = "detector.safetensors"
HELD_OUT = "held_out"  # the scores of held-out normals, under the name of each scorer
MOST_SIDE = 4096
COUNTS = ("fitted", "choosing", "held_out")


@dataclass(frozen=True)
class About:
    """What a detector was fitted to.

    Attributes:
        data: the name of the normals.
        files: how their files were read, so that others are read alike.
        digests: of every normal, by which a test with the same pictures is noticed.
        suspects: names of normals that look odd.
        deep: whether the normals' files have more than 8 bits a channel.
        native: width and height of most of the normals' files; None if they were of no files.
    """

    data: str
    files: FilesConfig
    digests: tuple[str, ...] = ()
    suspects: tuple[str, ...] = ()
    deep: bool = False
    native: tuple[int, ...] | None = None


def write(detector: Detector, about: About, folder: Path) -> None:
    """Write a fitted detector into a folder, which is made; the JSON is put in place last."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {
        f"{name}/{key}": tensor.contiguous()
        for name, scorer in detector.scorers_.items()
        for key, tensor in (scorer.state() | {HELD_OUT: detector.held_out_[name]}).items()
    }
    for name, usual in detector.usual_.items():
        tensors |= {f"{name}/{key}": tensor.contiguous() for key, tensor in usual.state().items()}
    facts = {
        "format": FORMAT,
        "sparring": __version__,
        "data": about.data,
        "method": detector.method,
        "chosen": detector.chosen_,
        "false_alarms": detector.false_alarms,
        "threshold": detector.threshold_.value,
        "held_out": detector.held_out_[detector.chosen_].tolist(),
        "shape": detector.shape_,
        "features": detector.features_,
        "tile": detector.tile,
        "seed": detector.seed,
        "minutes": detector.minutes,
        "counts": detector.counts_,
        "heat": detector.heat_,
        "candidates": [asdict(each) | {"auroc": list(each.auroc)} for each in detector.candidates_],
        "files": asdict(about.files),
        "suspects": about.suspects,
        "digests": about.digests,
        "deep": about.deep,
        "native": about.native,
    }
    write_whole(folder / TENSORS, save(tensors))
    write_whole(folder / DETECTOR, json.dumps(facts, indent=1).encode())


def read(folder: Path) -> tuple[Detector, About]:
    """Read what ``write`` wrote.

    Raises:
        RunError: there is no detector, or it is damaged.
    """
    if not (folder / DETECTOR).is_file():
        raise RunError(f"{folder} holds no detector. Make one: sparring detect fit NORMALS --out {folder}.")
    try:
        return _restored(read_json(folder / DETECTOR), _tensors(folder / TENSORS))
    except UnreadableError as error:
        raise RunError(f"the detector in {folder} cannot be read: {error}. Fit it again.") from error
    except (SafetensorError, KeyError, RuntimeError, ValueError) as error:
        if isinstance(error, ConfigError):
            raise
        raise RunError(f"the detector in {folder} is damaged. Fit it again.") from error


def _tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a file of any size, by name."""
    if not path.is_file():
        raise UnreadableError(f"{path.name} is not there")
    with safe_open(path, "pt") as file:
        return {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118


def _restored(facts: Any, tensors: Mapping[str, Tensor]) -> tuple[Detector, About]:
    field(facts, "format", partial(whole, low=FORMAT, high=FORMAT))
    known = partial(one_of, tuple(SCORERS))
    features = field(facts, "features", partial(text, most=40))
    detector = Detector(
        field(facts, "method", partial(one_of, ("auto", *SCORERS))),
        false_alarms=field(facts, "false_alarms", finite),
        minutes=field(facts, "minutes", finite),
        features=features,
        tile=field({"tile": 0} | facts, "tile", partial(whole, low=0, high=MOST_SIDE)),
        seed=field(facts, "seed", whole),
    )
    detector.candidates_ = list(field(facts, "candidates", lambda each: listed(each, _candidate)))
    shape = field(facts, "shape", lambda sides: listed(sides, partial(whole, low=1, high=MOST_SIDE), most=3))
    if len(shape) < 3:
        raise UnreadableError(f"shape: {shape} is not one of pictures")
    detector.shape_ = shape
    detector.counts_ = {name: field(facts.get("counts"), name, whole) for name in COUNTS}
    low, high = field(facts, "heat", lambda ends: listed(ends, finite, most=2))
    detector.heat_ = (low, high)
    states: dict[str, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        name, _, part = key.partition("/")
        states.setdefault(known(name), {})[part] = tensor
    detector.restore({name: states[name] for name in SCORERS if name in states}, field(facts, "chosen", known))
    files = field(facts, "files", lambda options: FilesConfig(**options) if isinstance(options, dict) else None)
    if files is None:
        raise UnreadableError("files: no options of files")
    names = partial(listed, check=text, most=10_000_000)
    about = About(
        field(facts, "data", text),
        files,
        field(facts, "digests", names),
        field(facts, "suspects", names),
        field({"deep": False} | facts, "deep", flag),
        field({"native": None} | facts, "native", lambda sides: sides and listed(sides, whole, most=2)),
    )
    return detector, about


def _candidate(values: Any) -> Candidate:
    area = field(values, "auroc", lambda ends: Interval(*listed(ends, number, most=3)))
    return Candidate(
        field(values, "name", partial(one_of, tuple(SCORERS))), area, field(values, "seconds", number)
    )
