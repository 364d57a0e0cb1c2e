"""Find the data that DATA names: a built-in set, hf:NAME, a file of arrays, or files of one kind."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sparring import kinds
from sparring.config.groups import DatasetConfig, FilesConfig
from sparring.config.option import NONE
from sparring.config.pictures import picture_size
from sparring.config.recipes import RECIPES, USUAL
from sparring.data import hub, pairs
from sparring.data.arrays import Form, from_file
from sparring.data.builtin import BUILT_IN
from sparring.data.folders import ORIGINALS
from sparring.data.given import take
from sparring.data.pictures import SUFFIXES
from sparring.data.spec import Dataset, Spec
from sparring.data.store import Watch
from sparring.errors import ConfigError, DataError, did_you_mean, quoted, unknown
from sparring.files import similar_entries
from sparring.history.find import marked
from sparring.kinds.kind import Kind

ARRAYS = (".npy", ".npz")  # hold samples of any kind; the rank of the array tells which
HUB = "hf:"
OTHERS = (
    (SUFFIXES, "it is one picture, and many are needed. Give the folder that holds them, or a zip of it"),
    ((".gz", ".bz2", ".xz", ".zst", ".7z", ".tar", ".tgz", ".rar"), "it is packed. Unpack it, and give that"),
    ((".psv", ".tab", ".dat", ".data"), "if it is a table in text, give it the ending .csv or .tsv"),
    (
        (".feather", ".arrow", ".orc", ".dta", ".sav", ".sas7bdat", ".xpt", ".rds", ".db", ".sqlite", ".h5",
         ".hdf5", ".pkl", ".pickle"),
        "if it is a table, save it as .parquet or .csv from the program that reads it, or read it in Python, "
        "as with pandas, and give the table to GAN().fit",
    ),
)  # fmt: skip


def dataset(name: str, files: FilesConfig | None = None, watch: Watch | None = None, **options: Any) -> Dataset:
    """Read a built-in set by name, a file or folder by path, or a set of the Hugging Face hub.

    Args:
        files: how files are read.
        watch: receives the progress of reading files.
        options: override single options of ``files``; ``size=None`` keeps the size of the pictures, which
            must all have the same.

    Raises:
        DataError: an unknown name (the message offers the nearest one), or a file that cannot be used.
        ConfigError: options of files for data that is not read with them.
    """
    if not name.strip():
        raise DataError(f"the name of the data is empty: give {', '.join(BUILT_IN)}, a path, or hf:NAME.")
    chosen = dataclasses.asdict(files or FilesConfig()) | options
    for path in (name, str(Path(name).absolute()), str(Path(chosen["labels"]).absolute())):
        if path.encode("utf-8", "replace").decode() != path:
            raise DataError(f"{quoted(path)} is not UTF-8, and config.toml can hold only UTF-8: rename it.")
    if name.startswith(HUB):
        found = hub.from_hub(name.removeprefix(HUB), **{key: chosen[key] for key in _of_the_hub()}, watch=watch)
        refuse_options({key: value for key, value in chosen.items() if key not in _of_the_hub()}, found)
        return found
    if is_run(name):
        raise DataError(
            f"{name} is a run folder, not data: continue it with `sparring resume {name}`, or give data."
        )
    kind = kind_of_files(name, chosen)
    taken = {key: value for key, value in chosen.items() if kind and key in kind.options}
    # Without its "..", which need the links on the way. Other links stay: they are where moved data is found.
    place = Path(name).resolve() if ".." in Path(name).parts else Path(name)
    found = kind.read(place, taken, watch) if kind and kind.read else _arrays(name, place)
    refuse_options({key: value for key, value in chosen.items() if key not in taken}, found)
    return found


def chosen(named: DatasetConfig, files: FilesConfig | None = None, watch: Watch | None = None) -> Dataset:
    """Read the data that the options name, with the sources from which it shall be made, if they name some.

    Raises:
        DataError: as ``dataset``, or sources and targets do not belong together.
        ConfigError: options that do not go together.
    """
    files = files or FilesConfig()
    halves = named.paired in pairs.HALVES
    if named.source == NONE and not halves:
        found = dataset(named.data, files, watch)
        if named.paired != NONE and found.given is not None:  # a built-in set of pairs
            return found
        if named.paired != NONE:
            raise ConfigError(
                "--paired (paired) needs sources beside the targets: `--from SOURCES --to TARGETS` "
                "(gan.fit(sources, targets)); --paired halves takes pictures that hold both side by side."
            )
        return found
    if files.labels != NONE:
        raise ConfigError("--labels (labels): a translation uses no labels. Leave it out.")
    if files.crops and named.paired != NONE:
        raise ConfigError(
            "--crops (crops) takes patches at random places, which are not the same in a source and its "
            "target: cut both into pieces of the same names first, or leave out --crops, or --paired (paired)."
        )
    if halves:
        if named.source not in (NONE, named.data):
            raise ConfigError(f"--paired {named.paired} takes one folder, and two are given: leave out --from.")
        return pairs.cut_in_two(_side_by_side(named.data, files, watch), named.paired)
    if _same_place(named.source, named.data):
        raise DataError(
            f"sources and targets are the same, {named.data}: give two folders, or --paired halves for "
            "pictures that hold both side by side."
        )
    targets = dataset(named.data, files, watch)
    like = {}
    if "size" in options(named.source):
        *_, height, width = targets.spec.shape
        like = {"size": f"{width}x{height}"}
    return pairs.joined(dataset(named.source, files, watch, **like), targets, named.paired)


def _same_place(a: str, b: str) -> bool:
    return Path(a).absolute() == Path(b).absolute()


def _side_by_side(name: str, files: FilesConfig, watch: Watch | None) -> Dataset:
    """Pictures twice as wide as the size asked for, which is that of each half, or of their own size."""
    if size := picture_size(files.size):
        return dataset(name, files, watch, size=f"{2 * size[0]}x{size[1]}")
    found = dataset(name, files, watch)
    *_, height, width = found.spec.shape
    as_they_are = found.origin is not None and found.origin.facts.get(ORIGINALS) == f"{width} x {height} pixels"
    return found if width > height or as_they_are else dataset(name, files, watch, size=f"{2 * width}x{height}")


def refuse_options(options: Mapping[str, Any], data: Dataset) -> None:
    """Refuse options of files for data that was not read with them.

    Raises:
        ConfigError: which of them differ from the defaults.
    """
    defaults = dataclasses.asdict(FilesConfig())
    if refused := [key for key, value in options.items() if value != defaults[key]]:
        raise ConfigError(
            f"{', '.join(sorted(refused))}: accepted only for {' and '.join(_takers(refused))}, but "
            f"{data.name} holds {kinds.of(data.spec).noun}s of shape {data.spec.shape}. "
            f"Leave {'it' if len(refused) == 1 else 'them'} out."
        )


def samples(
    data: Any, labels: Any = None, files: FilesConfig | None = None, like: Spec | None = None
) -> tuple[Dataset, list[str]]:
    """The samples and labels in what a user has in memory, and notes on how they were taken; see ``take``.

    Args:
        like: of samples with which they are compared.

    Raises:
        DataError: no samples can be found in it.
        ConfigError: options of files that such data does not take.
    """
    chosen = dataclasses.asdict(files or FilesConfig())
    taken: tuple[str, ...] = ()
    for kind in kinds.KINDS.values():
        own = {key: value for key, value in chosen.items() if key in kind.options and key != "labels"}
        if like and like.kind == kind.name:
            own = {key: value for key, value in kind.comparable(own, like).items() if key in own}
        if kind.given and (found := kind.given(data, labels, own)) is not None:
            taken, notes = tuple(own), list[str]()
            break
    else:
        found, notes = take(data, labels, _forms())
    if not isinstance(data, Dataset):
        refuse_options({key: value for key, value in chosen.items() if key not in taken}, found)
    return found, notes


def kind_of_files(name: str, chosen: Mapping[str, Any] | None = None, like: Spec | None = None) -> Kind | None:
    """The kind that reads the file or folder of this name; None for arrays and for missing files.

    Of several kinds that could read it, it is that of ``like``, or for a file that whose options were chosen.
    """
    path = Path(name)
    if name in BUILT_IN or name.startswith(HUB):
        return None
    readers = [kind for kind in kinds.KINDS.values() if kind.reads(path)]
    defaults = dataclasses.asdict(FilesConfig())
    said = {key for key, value in (chosen or {}).items() if value != defaults[key] and path.is_file()}
    return max(
        readers,
        key=lambda kind: (like is not None and kind.name == like.kind, len(said & {*kind.options})),
        default=None,
    )


def options(name: str) -> tuple[str, ...]:
    """The options of files with which this data is read."""
    if name.startswith(HUB):
        return _of_the_hub()
    kind = kind_of_files(name)
    return kind.options if kind else ()


def comparable(name: str, like: Spec | None, files: FilesConfig) -> dict[str, Any]:
    """The options with which data is read to be compared with samples of a Spec, without labels."""
    chosen = dataclasses.asdict(files) | {"labels": FilesConfig().labels}
    if name.startswith(HUB):  # a set of the hub may have pictures of many sizes
        alike = kinds.of(like).comparable(chosen, like) if like else chosen
        return {**alike, "size": chosen["size"], "resize": chosen["resize"]}
    kind = kind_of_files(name, chosen, like)
    return (
        {key: value for key, value in kind.comparable(chosen, like).items() if key in kind.options}
        if kind
        else {}
    )


def is_run(name: str) -> bool:
    """Whether a name means a run folder, even a half-written one, not data."""
    return name not in BUILT_IN and marked(Path(name))


def suffixes() -> tuple[str, ...]:
    """The suffixes of all files that can be read."""
    return (*ARRAYS, *(suffix for kind in kinds.KINDS.values() for suffix in kind.suffixes))


def stem(name: str) -> str:
    """The beginning of the names of files about this data."""
    return Path(name).stem.removeprefix(HUB).replace(":", "-")


def shadowed(name: str) -> list[str]:
    """A warning if a folder has the same name as a built-in set, which is read instead."""
    if name not in BUILT_IN or not Path(name).is_dir():
        return []
    return [f"{name} means the built-in set; for the folder of this name write ./{name}."]


def remarks(data: Dataset) -> list[str]:
    """Warnings about data, for the user before a training."""
    found: list[str] = []
    if data.origin:
        found += [*data.origin.notes, *filter(None, (data.origin.unused_classes,))]
    warning = kinds.of(data.spec).warning(data)
    return [*found, warning] if warning else found


def _forms() -> list[Form]:
    """What each kind makes of an array, in the order in which they are asked."""
    return [kind.form for kind in kinds.KINDS.values() if kind.form]


def _of_the_hub() -> tuple[str, ...]:
    """The options of files that sets of the Hugging Face hub take: those of pictures."""
    return kinds.of(USUAL).options


def _takers(refused: list[str]) -> list[str]:
    """What takes all of these options of files: kinds of files, and sets of the hub."""
    files = [k.files for k in kinds.KINDS.values() if k.files and set(refused) <= set(k.options)]
    hub_too = ["hf: sets"] if set(refused) <= set(_of_the_hub()) else []
    return [*files, *hub_too]


def other_form(path: Path) -> str:
    """What to do with a file that is packed, or of a form that other programs turn into one that is read."""
    return next((how for suffixes, how in OTHERS if path.suffix.lower() in suffixes), "")


def _arrays(name: str, path: Path) -> Dataset:
    """Read a built-in set, or a file of arrays."""
    if name in BUILT_IN:
        return BUILT_IN[name]()
    known = suffixes()
    if path.suffix.lower() in ARRAYS and path.exists():
        return from_file(path.absolute(), _forms())  # a run may be resumed from elsewhere
    if path.exists():
        if how := other_form(path):
            raise DataError(f"{name} cannot be read as data: {how}.")
        raise DataError(
            f"{name} cannot be read as data. Accepted are {', '.join(known)} files, folders of pictures, "
            f"MIDI files or texts, and the built-in sets {', '.join(BUILT_IN)}."
        )
    if path.suffix.lower() in known or len(path.parts) > 1:
        near = did_you_mean(path.name, similar_entries(path, known))
        raise DataError(
            f"there is no file or folder {name}.{near} If the data of a run has moved, put a link at this path."
        )
    if "\n" in name.strip():
        raise DataError(
            "the data is a text of several lines, where a name or a path is expected: in Python give a list of "
            "texts, GAN().fit(text.splitlines()); elsewhere save it as .txt and give its path."
        )
    recipe = (
        f" {name} is a recipe; recipes are chosen with sparring train DATA --recipe {name}."
        if name in RECIPES
        else ""
    )
    raise DataError(
        unknown("data", name, BUILT_IN, similar_entries(path, known))
        + recipe
        + f" Or give the path of a {', '.join(known)} file or of a folder, or hf:NAME."
    )
