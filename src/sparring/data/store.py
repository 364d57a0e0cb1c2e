"""Decode pictures once into a memory-mapped file in the cache, and find it again.

An entry is ``KEY.u8``, the pixels (N, C, H, W), and ``KEY.json`` beside it. KEY is a hash of the
bytes of the files and of the form they are brought to. An index from the names, sizes and times of
the files to KEY makes it unnecessary to read the files again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import shutil
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

import numpy as np
import PIL
import torch
from filelock import FileLock, Timeout
from numpy.typing import DTypeLike, NDArray
from PIL import Image
from torch import Tensor

from sparring.data import repeats
from sparring.data.crops import WHOLE, Crops, boxes
from sparring.data.levels import Depth, Ends, Extent, Tally, depth_of
from sparring.data.pictures import (
    UNREADABLE,
    Form,
    Patches,
    Size,
    cuts,
    decode,
    decoded,
    enlarges,
    hides,
    is_grey,
    look,
    reason_of,
)
from sparring.data.source import Source
from sparring.errors import DataError, printable, reason
from sparring.files import cache_folder, left_over, read_object, whole, write_whole
from sparring.machine.threads import available_cores

VERSION = 4  # of the decoding; a new version makes all entries again
AHEAD = 64  # files decoded before they are needed
PART_BYTES = 2**25  # bytes of patches that are made of a picture at a time
AHEAD_BYTES = 2**27  # bytes of pixels that wait to be written, about
BLOCK = 100  # pictures rewritten at a time
NAMED = 5  # files that a message names
UNREAD = "unread"  # instead of the digest of a file that could not be read
Watch = Callable[[str, int, int], None]  # called with the task, the number of files done and of all files
Item = TypeVar("Item")
Result = TypeVar("Result")


class Wanted(NamedTuple):
    """How pictures are to be read.

    ``size`` None: their own, which must be the same for all; "auto": ``own_or`` decides. ``levels``: the
    values of pictures of more than 8 bits that become black and white, as ``picture_levels`` returns them.
    """

    size: Size | str | None = None
    resize: str = "crop"
    channels: int = 0
    background: str = "black"
    max_broken: float = 0.0
    levels: Ends | str = "auto"
    crops: Crops = WHOLE


@dataclass(frozen=True)
class Decoded:
    """Pixels (N, C, H, W) in the order of the file names, and what was found while decoding.

    Attributes:
        samples: backed by a file, read-only, paged in when used.
        broken: the reason for each file left out, by its place in the source.
        duplicates: the number of pictures with the same pixels as an earlier one.
        smallest, largest: sizes of the originals, by area.
        alike: the number of originals that have the size of the samples.
        enlarged: the number of originals that have clearly fewer pixels than the samples.
        cut: the number of originals of which a crop keeps less than half.
        clear: the number of pictures that are transparent somewhere.
        hidden: how many of these are not seen before the background.
        path: the file with the pixels.
        several: the number of files with several frames or pages, of which only the first is read.
        depth: what was found in pictures of more than 8 bits; None if there are none.
    """

    samples: Tensor
    broken: Mapping[int, str]
    duplicates: int
    smallest: Size
    largest: Size
    alike: int
    enlarged: int
    cut: int
    clear: int
    hidden: int
    path: Path
    several: int
    depth: Depth | None

    def named_levels(self, levels: Ends | str) -> Ends | str:
        """The ``levels`` that give the same pictures again even if others are added: the ends that were found.

        If some files say how to show them, the result stays "auto", which follows them.
        """
        found = self.depth
        return found.own if levels == "auto" and found and found.own and not found.declared else levels


class _File(NamedTuple):
    digest: str
    size: Size | None
    reason: str = ""
    several: bool = False


class _Made(NamedTuple):
    """Pixels (N, C, H, W) of a file, whether they are grey, clear in places and hidden; or why it is broken."""

    pixels: NDArray[np.uint8] = np.zeros((0, 1, 1, 1), np.uint8)
    grey: bool = True
    clear: bool = False
    hidden: bool = False
    reason: str = ""


class _Part(NamedTuple):
    """The k-th file, and which of its patches are made."""

    k: int
    patches: slice


def load(
    source: Source, wanted: Wanted, own_or: Callable[[Counter[Size]], Size], watch: Watch | None
) -> Decoded:
    """Read the pictures of a source from the cache; they are decoded first if they are not there.

    Args:
        own_or: chooses a size from how many pictures have each size; called if no size is given.

    Raises:
        DataError: there are more broken files than ``wanted.max_broken``, or the disk is full or read-only.
    """
    where = cache_folder() / "pictures"
    try:
        found = _indexed_or_made(where, source, wanted, own_or, watch)
    except MemoryError as error:  # not kept in the cache, since there may be more memory another time
        raise DataError(
            f"a picture in {source.name} is too large for the free memory. Remove it, or free memory."
        ) from error
    except OSError as error:
        raise DataError(
            f"cannot keep the decoded pictures in {where} ({reason(error)}). "
            "Make room there, or set XDG_CACHE_HOME to a folder on another disk."
        ) from error
    _check_broken(source, found.broken, wanted)  # the cached entry may have accepted a larger share
    return found


def _indexed_or_made(
    where: Path,
    source: Source,
    wanted: Wanted,
    own_or: Callable[[Counter[Size]], Size],
    watch: Watch | None,
) -> Decoded:
    index = _index(where, source, wanted)
    if source.stamp and (found := _indexed(where, index)):
        return found
    index.parent.mkdir(parents=True, exist_ok=True)
    sweep(where)
    with FileLock(index.with_suffix(".lock")), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # from Pillow, about files that it can read nevertheless
        if source.stamp and (found := _indexed(where, index)):  # another process was faster
            return found
        Image.init()  # once, before many threads use it
        files, depth = _survey(source, watch)
        _check_broken(source, {k: file.reason for k, file in enumerate(files) if file.reason}, wanted)
        size = wanted.size if isinstance(wanted.size, Size) else own_or(_sizes(source, files, wanted))
        as_declared = wanted.levels == "auto" or not (depth and depth.declared)
        form = Form(
            *size, wanted.resize, wanted.channels, _ends(wanted, depth), as_declared, wanted.crops,
            wanted.background,
        )  # fmt: skip
        key = _key(form, files)
        found = _read(where, key)
        if found is None:
            with FileLock(where / "index" / f"{key}.lock"):
                if _read(where, key) is None:  # unless another process has made it
                    _write(where / key, source, files, depth, form, wanted, watch)
            found = _read(where, key)
        if found is None:
            raise DataError(f"{where / key}.u8 was not kept. Make room there, and try again.")
        if source.stamp and all(file.digest != UNREAD for file in files):  # unread files may be repaired
            explicit = wanted._replace(size=size, levels=found.named_levels(wanted.levels))
            for each in (wanted, explicit):  # the config of a run holds the explicit values
                write_whole(_index(where, source, each), json.dumps({"key": key}).encode())
        return found


def _ends(wanted: Wanted, depth: Depth | None) -> Ends | None:
    """The values that become black and white in a set; None: the limits of each file's type, or not needed."""
    if depth is None or wanted.levels == "full":
        return None
    return depth.own if isinstance(wanted.levels, str) else wanted.levels


def sweep(where: Path) -> None:
    """Remove unfinished files that killed processes left, if no process has locked them."""
    for file, name in left_over(where).items():
        lock = FileLock(where / "index" / f"{name.split('.')[0]}.lock", timeout=0)
        with contextlib.suppress(Timeout), lock:
            file.unlink(missing_ok=True)


def _index(where: Path, source: Source, wanted: Wanted) -> Path:
    facts = repr((VERSION, PIL.__version__, source.stamp, wanted._replace(max_broken=0)))
    return where / "index" / f"{hashlib.sha256(facts.encode()).hexdigest()}.json"


def named(source: Source, broken: Mapping[int, str]) -> list[str]:
    """A line for each file that is left out, with its name and the reason."""
    lost = [(source.files[k], broken[k]) for k in sorted(broken)] + sorted(source.refused.items())
    return [f"{printable(name)}: {reason}" for name, reason in lost]


def too_many(lost: int, total: int, share: float) -> bool:
    """Whether ``lost`` files are more than this share of ``total``."""
    return lost > share * total + 1e-9  # 0.29 * 100 is less than 29 in floating point


def _check_broken(source: Source, broken: Mapping[int, str], wanted: Wanted) -> None:
    total, lost = len(source.files) + len(source.refused), len(broken) + len(source.refused)
    if not too_many(lost, total, wanted.max_broken) and len(broken) < len(source.files):
        return
    lines = named(source, broken)
    more = f"\n  and {lost - NAMED:,} more" if lost > NAMED else ""
    listed = ":\n  " + "\n  ".join(lines[:NAMED]) + more + "\n"
    if len(broken) == len(source.files):
        raise DataError(
            f"none of the {total:,} picture files in {source.name} can be read{listed}Repair or replace them."
        )
    raise DataError(
        f"{lost:,} of {total:,} files in {source.name} cannot be read, more than the accepted share of "
        f"{wanted.max_broken:g}{listed}Repair them, remove them, or accept a larger share with --max-broken "
        "(max_broken), at most 1. `sparring data` lists them all."
    )


def _survey(source: Source, watch: Watch | None) -> tuple[list[_File], Depth | None]:
    """The digest and size of every file, in order, and the values of pictures of more than 8 bits."""

    def of(name: str) -> tuple[_File, Extent | None]:
        try:
            content = source.read(name)
        except UNREADABLE as error:
            return _File(UNREAD, None, reason_of(error)), None
        digest = hashlib.sha256(content).hexdigest()
        try:
            found = look(content)
        except DataError as error:
            return _File(digest, None, str(error)), None
        return _File(digest, found.size, several=found.several), found.extent

    files, tally = [], Tally()
    for file, extent in _in_order(of, source.files, "reading", watch):
        files.append(file)
        if extent:
            tally.add(extent)
    return files, tally.depth()


def _sizes(source: Source, files: Sequence[_File], wanted: Wanted) -> Counter[Size]:
    """How many pictures have each size, without broken files.

    A broken file can have a readable header. So if files of other sizes than the most frequent one are
    few enough to be all broken, they are decoded. If there are more, some of them must be readable, or
    the source is refused later.
    """
    counts = Counter(file.size for file in files if file.size)
    ((most, count),) = counts.most_common(1)
    rest = [k for k, file in enumerate(files) if file.size and file.size != most]
    if too_many(len(rest), len(files) + len(source.refused), wanted.max_broken):
        return counts
    sound = Counter(size for k in rest if (size := files[k].size) and not _is_broken(source, files, k))
    return Counter({most: count}) + sound


def _is_broken(source: Source, files: Sequence[_File], k: int) -> bool:
    try:
        decode(_read_again(source, source.files[k], files[k].digest), Form(8, 8, ends=(0.0, 1.0)))
    except DataError:
        return True
    return False


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise DataError(
            f"cannot keep the decoded pictures in {folder}: {needed:,} bytes are needed, {free:,} are "
            "free. Make room there, or set XDG_CACHE_HOME to a folder on another disk."
        )


def _write(
    path: Path,
    source: Source,
    files: list[_File],
    depth: Depth | None,
    form: Form,
    wanted: Wanted,
    watch: Watch | None,
) -> None:
    """Decode all files into an entry of the cache; the pixels are written first."""
    each = form.decoded * form.height * form.width
    _check_room(path.parent, len(files) * max(1, form.crops.count) * each)

    def work(part: _Part) -> _Made:
        k, patches = part
        file = files[k]
        if file.reason or file.size is None:
            return _Made(reason=file.reason)
        content = _read_again(source, source.files[k], file.digest)
        found = boxes(form.crops, file.digest, file.size, (form.width, form.height))[patches]
        try:
            at = Patches(file.size, found) if found else None
            pixels, clear = decoded(content, form, at)
            hidden = clear and hides(content, pixels, form, at)
        except DataError as error:
            return _Made(reason=str(error))
        grey = form.channels == 0 and is_grey(pixels)
        return _Made(pixels.transpose(0, 3, 1, 2), grey, clear, hidden)

    broken: dict[int, str] = {}
    distinct: set[bytes] = set()
    clear: set[int] = set()
    seen: set[int] = set()
    count, all_grey = 0, form.channels == 0
    parts, ahead = _parts(len(files), form.crops.count, each)
    with whole(path.with_suffix(".u8")) as file:
        for (k, _), made in zip(parts, _in_order(work, parts, "decoding", watch, ahead), strict=True):
            if made.reason:
                broken[k] = made.reason
                _check_broken(source, broken, wanted)
                continue
            for pixels in made.pixels:
                file.write(content := pixels.tobytes())
                distinct.add(repeats.digest(content))
            count, all_grey = count + len(made.pixels), all_grey and made.grey
            clear.update([k] * made.clear)
            seen.update([k] * (not made.hidden))
        if all_grey:
            _keep_first_channel(file, count, form)
    sizes = sorted((file.size for file in files if file.size), key=lambda size: (math.prod(size), size))
    read = [file.size for k, file in enumerate(files) if file.size and k not in broken]
    manifest = {
        "shape": [count, 1 if all_grey else form.decoded, form.height, form.width],
        "broken": [[k, reason] for k, reason in broken.items()],
        "duplicates": count - len(distinct),
        "smallest": sizes[0],
        "largest": sizes[-1],
        "alike": sum(size == (form.width, form.height) for size in read),
        "enlarged": sum(enlarges(size, form) for size in read),
        "cut": sum(cuts(size, form) for size in read),
        "clear": len(clear),
        "hidden": len(clear - seen),
        "several": sum(file.several for file in files),
        "depth": depth,
    }
    write_whole(path.with_suffix(".json"), json.dumps(manifest).encode())


def _parts(files: int, crops: int, each: int) -> tuple[list[_Part], int]:
    """What is made at a time, in order, and how much of it ahead, so that memory is bounded.

    Args:
        each: bytes of a patch or picture.
    """
    step = max(1, min(crops or 1, PART_BYTES // each))
    parts = [
        _Part(k, slice(first, first + step)) for k in range(files) for first in range(0, max(crops, 1), step)
    ]
    return parts, max(2, min(AHEAD, AHEAD_BYTES // (step * each)))


def _read_again(source: Source, name: str, digest: str) -> bytes:
    with contextlib.suppress(*UNREADABLE):
        content = source.read(name)
        if hashlib.sha256(content).hexdigest() == digest:
            return content
    raise DataError(f"{printable(name)} in {source.name} changed while it was being read. Try again.")


def _keep_first_channel(file: BinaryIO, count: int, form: Form) -> None:
    """Rewrite (count, 3, H, W) as (count, 1, H, W) in the same file, from the start."""
    pixels = form.height * form.width
    for start in range(0, count, BLOCK):
        file.seek(3 * pixels * start)
        block = np.frombuffer(file.read(3 * pixels * BLOCK), np.uint8).reshape(-1, 3, pixels)
        file.seek(pixels * start)
        file.write(block[:, 0].tobytes())
    file.truncate(pixels * count)


def _key(form: Form, files: Iterable[_File]) -> str:
    digest = hashlib.sha256(repr((VERSION, PIL.__version__, sorted(asdict(form).items()))).encode())
    for file in files:
        digest.update(file.digest.encode())
    return digest.hexdigest()


def _indexed(where: Path, index: Path) -> Decoded | None:
    facts = read_object(index)
    return _read(where, str(facts["key"])) if "key" in facts else None


def _read(where: Path, key: str) -> Decoded | None:
    """The entry; None if it is missing or incomplete."""
    path, facts = where / f"{key}.u8", read_object(where / f"{key}.json")
    with contextlib.suppress(OSError, KeyError, TypeError, ValueError):
        if facts and path.stat().st_size == math.prod(facts["shape"]):
            return Decoded(
                mapped(path, tuple(facts["shape"])),
                {int(k): str(reason) for k, reason in facts["broken"]},
                int(facts["duplicates"]),
                Size(*facts["smallest"]),
                Size(*facts["largest"]),
                int(facts["alike"]),
                int(facts["enlarged"]),
                int(facts["cut"]),
                int(facts["clear"]),
                int(facts["hidden"]),
                path,
                int(facts["several"]),
                depth_of(facts["depth"]),
            )
    return None


def mapped(path: Path, shape: tuple[int, ...], dtype: DTypeLike = np.uint8) -> Tensor:
    """A file of numbers as a read-only tensor that takes memory only for the parts in use.

    The mapping is shared, since Linux refuses a private (copy-on-write) mapping larger than its memory.
    """
    values = np.memmap(path, dtype, "r", shape=shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # torch warns about writing, which never happens
        return torch.from_numpy(values)


def _in_order(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    what: str,
    watch: Watch | None,
    ahead: int = AHEAD,
) -> Iterator[Result]:
    """Apply the function to every item in threads (Pillow and hashlib release the lock); results in order."""
    pool, waiting = ThreadPoolExecutor(available_cores()), deque[Future[Result]]()

    def futures() -> Iterator[Future[Result]]:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= ahead:
                yield waiting.popleft()
        while waiting:
            yield waiting.popleft()

    try:
        for done, future in enumerate(futures(), 1):
            yield future.result()
            if watch:
                watch(what, done, len(items))
    finally:
        pool.shutdown(cancel_futures=True)
