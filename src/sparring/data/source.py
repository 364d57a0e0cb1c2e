"""List the files of one kind in a folder tree or a zip, without decoding or extracting them."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
import zipfile
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath

from sparring.data import dicom
from sparring.data.pictures import MOST_BYTES, SUFFIXES, UNREADABLE, reason_of
from sparring.errors import DataError, reason
from sparring.history import layout

SYSTEM_FOLDERS = ("__MACOSX", "@eaDir")  # folders that operating systems create
RUN_FILES = {layout.RUN, layout.CONFIG}  # a folder with these is a run; its pictures are not data
# Pictures of formats that are not read: of telephones, of drawings, raw ones of cameras.
FOREIGN = (
    ".heic", ".heif", ".avif", ".jxl", ".jp2", ".svg", ".psd", ".xcf", ".eps",
    ".cr2", ".cr3", ".nef", ".arw", ".dng", ".orf", ".raf", ".rw2",
)  # fmt: skip
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")  # files that may hold pictures
NAMED = (*FOREIGN, *ARCHIVES)  # of files that are ignored
TABLES = (".csv", ".tsv", ".txt", ".json")  # files that may hold labels
SAYS_UTF8 = 0x800  # the flag of a zip's member whose name is in UTF-8
# Methods that can be inflated piece by piece, so that a header with a false size costs no memory.
READ_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

Belongs = Callable[[str, Callable[[], bytes]], bool]


@dataclass(frozen=True)
class Source:
    """Files of one kind by name, in the order of their names, and a function that reads one.

    Attributes:
        name: names the source from any folder.
        files: their names, with / between folders.
        read: takes a name and returns the bytes of the file; raises one of ``pictures.UNREADABLE``.
        stamp: changes when a file changes, found without reading the files; None if that is not possible.
        others: the number of files of other kinds.
        refused: names of files that are not read, with the reason.
        tables: files beside them that may hold their labels; ``read`` reads them too.
        foreign: how many of the others are pictures of a format that is not read, or archives, by suffix.
    """

    name: str
    files: tuple[str, ...]
    read: Callable[[str], bytes]
    stamp: str | None = None
    others: int = 0
    refused: Mapping[str, str] = field(default_factory=dict)
    tables: tuple[str, ...] = ()
    foreign: Mapping[str, int] = field(default_factory=dict)

    @property
    def unconverted(self) -> str:
        """A sentence on pictures of formats that are not read, and one on archives; "" if there are none."""
        pictures, archives = (self._listed(suffixes) for suffixes in (FOREIGN, ARCHIVES))
        said = [f"{pictures} cannot be read: save such pictures as JPEG or PNG first."] if pictures else []
        if archives:
            said.append(
                f"What is in {archives} is not seen: unpack it there, or give a .zip as the data itself."
            )
        return " ".join(said)

    def _listed(self, suffixes: Collection[str]) -> str:
        """How many of the foreign files have each of these suffixes, most first."""
        found = {suffix: count for suffix, count in self.foreign.items() if suffix in suffixes}
        most_first = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        return ", ".join(f"{count:,} {suffix}" for suffix, count in most_first)

    def only(self, names: Collection[str]) -> Source:
        """The files of these names alone."""
        kept = frozenset(names)
        files = tuple(name for name in self.files if name in kept)
        refused = {name: why for name, why in self.refused.items() if name in kept}
        stamp = self.stamp and _digest(self.stamp, (*files, *refused))
        return replace(self, files=files, refused=refused, stamp=stamp, others=0, tables=(), foreign={})


def is_picture(name: str, head: Callable[[], bytes]) -> bool:
    """Whether a file is a picture, by its name, or, as scanners number their files, by its first bytes."""
    suffix = PurePosixPath(name).suffix.lower()
    return suffix in SUFFIXES or (dicom.may_be(name) and dicom.is_dicom(head()))


def folder(path: Path, belongs: Belongs = is_picture) -> Source:
    """List the files below a folder that belong to a kind, without hidden files and runs; links are followed.

    Args:
        belongs: takes the name of a file without its folders, and a function that returns its first bytes.
    """
    files: dict[str, str] = {}
    refused: dict[str, str] = {}
    tables: list[str] = []
    others = 0
    foreign: Counter[str] = Counter()

    def refuse(error: OSError) -> None:
        refused[str(PurePosixPath(os.path.relpath(str(error.filename), path)))] = reason(error)

    for place, names in _folders(path, refuse):
        for name in names:
            full = os.path.join(place, name)
            relative = os.path.relpath(full, path).replace(os.sep, "/")
            if _ignored(name):
                continue
            suffix = os.path.splitext(name)[1].lower()
            if not belongs(name, partial(_head, full)):
                others += 1
                if suffix in NAMED:
                    foreign[suffix] += 1
                if suffix in TABLES:
                    tables.append(relative)
                continue
            try:
                status = os.stat(full)
            except OSError as error:  # a broken link
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
        foreign,
    )


def archive(path: Path, belongs: Belongs = is_picture) -> Source:
    """List the files in a zip as ``folder`` does; members are read in memory, and nothing is extracted.

    Raises:
        DataError: the file is not a zip.
    """
    try:
        zipped = zipfile.ZipFile(path)
        status = path.stat()
    except UNREADABLE as error:
        raise DataError(f"cannot read {path} ({reason_of(error)}). Expected a zip archive.") from error
    members: dict[str, zipfile.ZipInfo] = {}
    refused: dict[str, str] = {}
    tables: set[str] = set()
    others = 0
    foreign: Counter[str] = Counter()
    lock = threading.Lock()

    def read(name: str) -> bytes:
        with lock, zipped.open(members[name]) as file:  # all threads share one file position
            return file.read(members[name].file_size + 1)  # one byte more, so that the checksum is tested

    def head(member: zipfile.ZipInfo, readable: bool) -> bytes:
        try:
            with zipped.open(member) as file:
                return file.read(dicom.HEAD) if readable else b""
        except UNREADABLE:
            return b""

    listed = [(_within(_name_of(member)), member) for member in zipped.infolist()]
    runs = _runs(path for path, _ in listed)
    for inside, member in listed:
        name = str(inside)
        if any(_ignored(part) for part in inside.parts) or not runs.isdisjoint(inside.parents):
            continue
        if member.filename.endswith(("/", "\\")):  # a folder
            continue
        suffix = inside.suffix.lower()
        readable = member.compress_type in READ_METHODS and not member.flag_bits & 1
        if not belongs(inside.name, partial(head, member, readable)):
            others += 1
            if suffix in NAMED:
                foreign[suffix] += 1
            if readable and suffix in TABLES and member.file_size <= MOST_BYTES:
                tables.add(name)
                members[name] = member
        elif name in members:
            refused[name] = "a second file of the same name"
        elif member.flag_bits & 1:
            refused[name] = "encrypted"
        elif member.compress_type not in READ_METHODS:
            refused[name] = "compressed in a way that cannot be read; zip it again with deflate"
        elif member.file_size > MOST_BYTES:
            refused[name] = _too_large(member.file_size)
        else:
            members[name] = member
    stamp = _stamp("zip", path.absolute(), [f"{status.st_size} {status.st_mtime_ns}"])
    files = tuple(sorted(name for name in members if name not in tables))
    return Source(str(path.absolute()), files, read, stamp, others, refused, tuple(sorted(tables)), foreign)


def _folders(path: Path, refuse: Callable[[OSError], None]) -> Iterator[tuple[str, list[str]]]:
    """Every folder below a path once, with its files, without hidden folders and runs.

    Links are followed last, so that a folder has its own name and not that of a link to it.
    """
    visited: set[tuple[int, int]] = set()
    waiting = deque([str(path)])
    while waiting:
        for place, folders, names in os.walk(waiting.popleft(), onerror=refuse):
            status = os.stat(place)
            again = (status.st_dev, status.st_ino) in visited
            visited.add((status.st_dev, status.st_ino))
            if again or set(names) >= RUN_FILES:
                folders.clear()
                continue
            kept = sorted(name for name in folders if not _ignored(name))
            full = {name: os.path.join(place, name) for name in kept}
            folders[:] = [name for name in kept if not os.path.islink(full[name])]
            waiting += [full[name] for name in kept if os.path.islink(full[name])]
            yield place, names


def _head(path: str) -> bytes:
    """The first bytes of a file; no bytes if it cannot be read or is not a file."""
    try:
        if os.path.isfile(path):
            with open(path, "rb") as file:
                return file.read(dicom.HEAD)
    except OSError:
        pass
    return b""


def _name_of(member: zipfile.ZipInfo) -> str:
    """The name of a member; some programs write UTF-8 and do not say so, and it is read as another code."""
    if member.flag_bits & SAYS_UTF8:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return member.filename


def _within(name: str) -> PurePosixPath:
    """The name of a zip's member as a path inside the zip; some old programs write \\ between folders."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return PurePosixPath(*(part for part in parts if part.strip("/") not in ("", ".", "..")))


def _runs(paths: Iterable[PurePosixPath]) -> set[PurePosixPath]:
    """The folders among the parents of these paths that are run folders."""
    found: dict[PurePosixPath, set[str]] = {}
    for path in paths:
        if path.name in RUN_FILES:
            found.setdefault(path.parent, set()).add(path.name)
    return {folder for folder, names in found.items() if names == RUN_FILES}


def _ignored(name: str) -> bool:
    return name.startswith(".") or name in SYSTEM_FOLDERS


def _too_large(size: int) -> str:
    return f"{size:,} bytes; at most {MOST_BYTES:,} are read"


def _stamp(kind: str, path: Path, lines: Iterable[str]) -> str:
    return _digest(f"{kind} {path}", lines)


def _digest(first: str, lines: Iterable[str]) -> str:
    digest = hashlib.sha256(os.fsencode(f"{first}\n"))
    for line in lines:
        digest.update(os.fsencode(line + "\n"))
    return digest.hexdigest()
