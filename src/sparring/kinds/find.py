"""What DATA means: a built-in name, hf:NAME, an array's file, or files of a kind, each of which is asked."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from sparring import kinds
from sparring.config.groups import PictureFilesConfig
from sparring.config.recipes import RECIPES
from sparring.data import hub
from sparring.data.arrays import from_file
from sparring.data.builtin import BUILT_IN
from sparring.data.spec import Dataset
from sparring.data.store import Watch
from sparring.errors import ConfigError, DataError, did_you_mean, first_of, quoted, unknown
from sparring.files import similar_entries
from sparring.history import layout
from sparring.kinds.kind import Kind

ARRAYS = (".npy", ".npz")  # of samples of any kind, told apart by their rank
HUB = "hf:"


def dataset(
    name: str, files: PictureFilesConfig | None = None, watch: Watch | None = None, **options: Any
) -> Dataset:
    """A built-in set by name, a file or a folder of pictures by path, a set of the Hugging Face hub.

    Args:
        files: how picture files are read.
        watch: told how far the reading of files is.
        options: of these, said otherwise; ``size=None`` is pictures' own, which must be one.

    Raises:
        DataError: an unknown name (the nearest is offered), or a file that cannot be used.
        ConfigError: options of files for data that are none.
    """
    usual = dataclasses.asdict(PictureFilesConfig())
    options = (dataclasses.asdict(files) if files else usual) | options
    for written in (name, str(Path(name).absolute()), str(Path(options["labels"]).absolute())):
        if written.encode("utf-8", "replace").decode() != written:
            raise DataError(f"{quoted(written)} is not UTF-8, as config.toml must be: rename it.")
    if name.startswith(HUB):
        return hub.from_hub(name.removeprefix(HUB), **options, watch=watch)
    if is_run(name):
        raise DataError(f"{name} is a run folder; go on with `sparring resume {name}`, or give pictures.")
    kind = read_by(name)
    found = kind.read(Path(name), options, watch) if kind and kind.read else _as_it_is(name, Path(name))
    given = [key for key, value in options.items() if value != usual[key]]
    if given and not (kind and kind.takes_options):
        raise ConfigError(
            f"{', '.join(given)}: for folders and zips of pictures and for hf: sets; {name} has samples of "
            f"shape {found.spec.shape} as it is. Leave it out."
        )
    return found


def read_by(name: str) -> Kind | None:
    """The kind whose files a name is of; None of samples as they are, and of what is not there."""
    path = Path(name)
    if name in BUILT_IN or name.startswith(HUB):
        return None
    return next((kind for kind in kinds.KINDS.values() if kind.reads(path)), None)


def holds_files(name: str) -> bool:
    """Whether options say how this is read, as of picture files, and not samples as they are."""
    kind = read_by(name)
    return name.startswith(HUB) or (kind is not None and kind.takes_options)


def is_run(name: str) -> bool:
    """Whether a run is meant, not data."""
    return name not in BUILT_IN and (Path(name) / layout.RUN).exists()


def suffixes() -> tuple[str, ...]:
    """Of the files that are read."""
    return (*ARRAYS, *(suffix for kind in kinds.KINDS.values() for suffix in kind.suffixes))


def stem(name: str) -> str:
    """What files about this data are called."""
    return Path(name).stem.removeprefix(HUB).replace(":", "-")


def shadowed(name: str) -> list[str]:
    """That a folder is not meant which has the name of a built-in set."""
    if name not in BUILT_IN or not Path(name).is_dir():
        return []
    return [f"{name} is taken for the built-in set; for the folder write ./{name}."]


def remarks(data: Dataset, files: PictureFilesConfig) -> list[str]:
    """What a user should hear of data before it is trained on, as it was read with these options."""
    said: list[str] = []
    if data.origin:
        said += data.origin.notes
        if some := data.origin.class_like:
            named = first_of(some)
            said.append(
                f"{len(some):,} subfolders look like classes ({named}): --labels folders makes them so."
            )
        if files.levels != "auto" and not data.origin.values:
            said.append(f"no picture in {data.name} has more than 8 bits: --levels changes nothing.")
    question = kinds.of(data.spec).question(data)
    return [*said, question] if question else said


def _as_it_is(name: str, path: Path) -> Dataset:
    """A built-in set, or an array's file."""
    if name in BUILT_IN:
        return BUILT_IN[name]()
    known = suffixes()
    if path.suffix.lower() in ARRAYS and path.exists():
        return from_file(path.absolute())  # a run may be resumed from elsewhere
    if path.exists():
        raise DataError(
            f"{name} is a {path.suffix or 'nameless'} file; accepted: {', '.join([*BUILT_IN, *known])}, "
            "a folder of pictures."
        )
    if path.suffix.lower() in known or len(path.parts) > 1:
        near = did_you_mean(path.name, similar_entries(path, known))
        raise DataError(f"there is no file or folder {name}.{near} Of a run whose data moved: link them there.")
    recipe = f" {name} is a recipe: sparring train DATA --recipe {name}." if name in RECIPES else ""
    raise DataError(
        unknown("data", name, BUILT_IN, similar_entries(path, known))
        + recipe
        + f" Or the path of a {', '.join(known)} file or of a folder, or hf:NAME."
    )
