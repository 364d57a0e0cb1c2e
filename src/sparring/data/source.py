"""Where picture files come from: a folder tree or a zip, listed without being decoded or extracted."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
import zipfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from sparring.data import dicom
from sparring.data.pictures import MOST_BYTES, SUFFIXES, UNREADABLE, reason_of
from sparring.errors import DataError, reason
from sparring.history import layout

NOT_THE_USERS = ("__MACOSX", "@eaDir")  # folders that systems make
OF_A_RUN = {layout.RUN, layout.CONFIG}  # a training's own pictures lie beside these
TABLES = (".csv", ".tsv", ".txt", ".json")  # files that may hold labels
# Methods that can be inflated piece by piece, so that a header with a false size costs no memory.
INFLATED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class Source:
    """Picture files by name, in the order of the names, and how to read one.

    Attributes:
        name: as the user may give it again from anywhere.
        files: their names, with / between folders.
        read: a name to the file's bytes; raises one of ``pictures.UNREADABLE``.
        stamp: changes when a file does, without reading any; None where that cannot be told.
        others: how many files are none of pictures.
        refused: names that cannot even be read, with the reason.
        tables: files beside the pictures that may hold their labels, which ``read`` reads too.
    """

    name: str
    files: tuple[str, ...]
    read: Callable[[str], bytes]
    stamp: str | None = None
    others: int = 0
    refused: Mapping[str, str] = field(default_factory=dict)
    tables: tuple[str, ...] = ()


def folder(path: Path) -> Source:
    """The pictures below a folder; hidden files and runs are passed over, links followed, each folder once."""
    files: dict[str, str] = {}
    refused: dict[str, str] = {}
    tables: list[str] = []
    others = 0

    def lost(error: OSError) -> None:
        refused[str(PurePosixPath(os.path.relpath(str(error.filename), path)))] = reason(error)

    for place, names in _folders(path, lost):
        for name in names:
            full = os.path.join(place, name)
            relative = os.path.relpath(full, path).replace(os.sep, "/")
            if _passed_over(name):
                continue
            suffix = os.path.splitext(name)[1].lower()
            if suffix not in SUFFIXES and not (dicom.may_be(name) and dicom.is_dicom(_head(full))):
                others += 1
                if suffix in TABLES:
                    tables.append(relative)
                continue
            try:
                status = os.stat(full)
            except OSError as error:  # a link that leads nowhere
                refused[relative] = reason(error)
                continue
            if not stat.S_ISREG(status.st_mode):
                refused[relative] = "not a file"
            elif status.st_size > MOST_BYTES:
                refused[relative] = _too_large(status.st_size)
            else:
                files[relative] = f"{status.st_size} {status.st_mtime_ns}"
    root = path.absolute()
    return Source(
        str(root),
        tuple(sorted(files)),
        lambda name: (root / name).read_bytes(),
        _stamp("folder", root, (f"{name} {files[name]}" for name in sorted(files))),
        others,
        refused,
        tuple(sorted(tables)),
    )


def archive(path: Path) -> Source:
    """The pictures in a zip, read member by member in memory; nothing is extracted.

    Raises:
        DataError: not a zip.
    """
    try:
        zipped = zipfile.ZipFile(path)
        status = path.stat()
    except UNREADABLE as error:
        raise DataError(f"cannot read {path} ({reason_of(error)}). Expected a zip of pictures.") from error
    members: dict[str, zipfile.ZipInfo] = {}
    refused: dict[str, str] = {}
    tables: set[str] = set()
    others = 0
    lock = threading.Lock()

    def read(name: str) -> bytes:
        with lock, zipped.open(members[name]) as file:  # one file position for all threads
            return file.read(members[name].file_size + 1)  # the end is met, and the checksum with it

    def is_dicom(member: zipfile.ZipInfo) -> bool:
        try:
            with zipped.open(member) as file:
                return dicom.is_dicom(file.read(dicom.HEAD))
        except UNREADABLE:
            return False

    listed = [(_within(member.filename), member) for member in zipped.infolist()]
    runs = _runs(path for path, _ in listed)
    for inside, member in listed:
        name = str(inside)
        if any(_passed_over(part) for part in inside.parts) or not runs.isdisjoint(inside.parents):
            continue
        if member.filename.endswith(("/", "\\")):  # a folder
            continue
        suffix, legible = inside.suffix.lower(), member.compress_type in INFLATED and not member.flag_bits & 1
        if suffix not in SUFFIXES and not (legible and dicom.may_be(inside.name) and is_dicom(member)):
            others += 1
            if legible and suffix in TABLES and member.file_size <= MOST_BYTES:
                tables.add(name)
                members[name] = member
        elif name in members:
            refused[name] = "a second one of that name"
        elif member.flag_bits & 1:
            refused[name] = "encrypted"
        elif member.compress_type not in INFLATED:
            refused[name] = "compressed in a way that is not read; zip it again with deflate"
        elif member.file_size > MOST_BYTES:
            refused[name] = _too_large(member.file_size)
        else:
            members[name] = member
    stamp = _stamp("zip", path.absolute(), [f"{status.st_size} {status.st_mtime_ns}"])
    files = tuple(sorted(name for name in members if name not in tables))
    return Source(str(path.absolute()), files, read, stamp, others, refused, tuple(sorted(tables)))


def _folders(path: Path, lost: Callable[[OSError], None]) -> Iterator[tuple[str, list[str]]]:
    """Every folder below a path once, with its files; hidden ones and runs are passed over.

    Links are followed last, so that a folder goes by its own name and not by that of a link to it.
    """
    seen: set[tuple[int, int]] = set()
    waiting = deque([str(path)])
    while waiting:
        for place, folders, names in os.walk(waiting.popleft(), onerror=lost):
            status = os.stat(place)
            known = (status.st_dev, status.st_ino) in seen
            seen.add((status.st_dev, status.st_ino))
            if known or set(names) >= OF_A_RUN:
                folders.clear()
                continue
            kept = sorted(name for name in folders if not _passed_over(name))
            full = {name: os.path.join(place, name) for name in kept}
            folders[:] = [name for name in kept if not os.path.islink(full[name])]
            waiting += [full[name] for name in kept if os.path.islink(full[name])]
            yield place, names


def _head(path: str) -> bytes:
    """The first bytes of a file; none of one that cannot be read, or that is no file."""
    try:
        if os.path.isfile(path):
            with open(path, "rb") as file:
                return file.read(dicom.HEAD)
    except OSError:
        pass
    return b""


def _within(name: str) -> PurePosixPath:
    """A zip's name for a member as a path that stays within; some old programs part folders by \\."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return PurePosixPath(*(part for part in parts if part.strip("/") not in ("", ".", "..")))


def _runs(paths: Iterable[PurePosixPath]) -> set[PurePosixPath]:
    """The folders that are run folders."""
    found: dict[PurePosixPath, set[str]] = {}
    for path in paths:
        if path.name in OF_A_RUN:
            found.setdefault(path.parent, set()).add(path.name)
    return {folder for folder, names in found.items() if names == OF_A_RUN}


def _passed_over(name: str) -> bool:
    return name.startswith(".") or name in NOT_THE_USERS


def _too_large(size: int) -> str:
    return f"{size:,} bytes; at most {MOST_BYTES:,} are read"


def _stamp(kind: str, path: Path, lines: Iterable[str]) -> str:
    digest = hashlib.sha256(os.fsencode(f"{kind} {path}\n"))
    for line in lines:
        digest.update(os.fsencode(line + "\n"))
    return digest.hexdigest()
