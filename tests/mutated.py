"""Inputs that are broken on purpose, from a seed, and what must come of each: success or a plain refusal."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import io
import json
import re
import signal
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from sparring.cli.main import main
from sparring.errors import SparringError

DIGITS = "@digits@"  # stands for a number that json.dumps would not write
NUMBERS: tuple[Any, ...] = (
    0, 1, -1, 2, 0.5, -0.0, 1e-320, 255, 256, 10**6, 10**12, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 2**64,
    10**20, 1e30, 1e39, 1e308, -1e308, float("inf"), float("-inf"), float("nan"), 10**400, f"{DIGITS}401",
    f"{DIGITS}5000",
)  # fmt: skip
TEXTS = (
    "", " ", "0", "a\0b", "\0", "\ud800", "b\udcffc", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\r\n\x08",
    "\u202eabc", "é" * 40, "x" * 100_000, "../x", "/x", "~", "nan", "None", "[bold]rich[/bold]",
    "<script>", "%s%n{0}", "🙂",
)  # fmt: skip
OTHERS: tuple[Any, ...] = (
    None, True, False, [], {}, [[]], [None], {"": None}, [1, "a"], list(range(200)), {"a": {"b": []}},
    [0, 0, 0],
)  # fmt: skip
MOST_SAID, MOST_PRINTED = 2_000, 20_000  # characters of an error, and of what a verb prints
BORROWED = (
    "Traceback", "Errno", "NoneType", "object has no attribute", "KeyError", "ValueError", "TypeError",
    "expected scalar", "Exceeds the limit", "codec can't", "not subscriptable", "unhashable",
    "Expecting value", "Extra data", "PIL.", "recursion", "No space left", "object cannot be",
    "DefaultCPUAllocator", "embedded null", "Unable to allocate", "invalid literal", "could not convert",
    "out of range", "must be str", "<class", "size mismatch", "not iterable", "buffer", "SafetensorError",
    "must be real number", "Error(", "Overflow when", "unpack", "Bad CRC", "is not a zip file", "Bad magic",
    "Error -", "image file is truncated", "broken data stream", "decoder", "cannot identify", "bytes-like",
    "malformed node", "allow_pickle", "getaddrinfo", "Name or service", "start byte", "surrogates",
    "invalid combination", "Truncated File", "unrecognized data", "cannot load this image",
    "Unsupported BMP", "exceeds limit", "Invalid argument",
)  # fmt: skip
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Hang(BaseException):
    """A case that took too long."""


def nested(depth: int, rng: Random) -> Any:
    """Lists or objects within one another."""
    value: Any = 0
    for _ in range(depth):
        value = [value] if rng.random() < 0.7 else {"a": value}
    return value


def nasty(rng: Random) -> Any:
    """A value that hardly anybody expects."""
    which = rng.random()
    if which < 0.45:
        return rng.choice(NUMBERS)
    if which < 0.75:
        return rng.choice(TEXTS)
    return nested(rng.choice((3, 60, 500)), rng) if which > 0.95 else copy.deepcopy(rng.choice(OTHERS))


def word(rng: Random) -> str:
    """The same as a word of the command line or of an address."""
    value = nasty(rng)
    return spelled(str(value)) if not isinstance(value, str) else spelled(value)


def spelled(text: str) -> str:
    """With the numbers of so many digits that were stood for."""
    return re.sub(f'"?{DIGITS}([0-9]+)"?', lambda found: "9" * int(found[1]), text)


def mutate(value: Any, rng: Random) -> Any:
    """A JSON value with some part of it replaced, dropped, doubled or renamed."""
    value = copy.deepcopy(value)
    places = list(_places(value))
    if not places:
        return nasty(rng)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        holder, key = rng.choice(places)
        try:
            holder[key]
        except (LookupError, TypeError):
            continue
        way = rng.random()
        if way < 0.7:
            holder[key] = nasty(rng)
        elif way < 0.85:
            del holder[key]
        elif isinstance(holder, list):
            holder.insert(0, nasty(rng))
        else:
            holder[str(rng.choice(TEXTS))] = holder.pop(key)
    return value if rng.random() < 0.97 else nasty(rng)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys: Any = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def as_json(value: Any) -> bytes:
    """JSON of any such value; half characters stay escaped."""
    return spelled(json.dumps(value)).encode()


def mutate_json(content: bytes, rng: Random) -> bytes:
    """A JSON file, changed in its meaning or in its bytes."""
    if rng.random() < 0.75:
        with contextlib.suppress(ValueError, RecursionError):  # changed before, and no JSON any more
            return as_json(mutate(json.loads(content), rng))
    return rng.choice((mutate_bytes, mutate_bytes, _hopeless))(content, rng)


def mutate_lines(content: bytes, rng: Random) -> bytes:
    """A file of JSON lines, some of them changed, dropped or doubled."""
    lines = content.splitlines()
    for _ in range(rng.choice((1, 2, 5))):
        k = rng.randrange(len(lines))
        lines[k] = rng.choice((mutate_json(lines[k], rng), lines[rng.randrange(len(lines))], b"", b"\xff\xfe"))
    return b"\n".join(lines) + rng.choice((b"\n", b"", b"\0"))


def mutate_toml(content: bytes, rng: Random) -> bytes:
    """A TOML file of ``key = value`` with some values changed, or its bytes."""
    lines = content.splitlines()
    for _ in range(rng.choice((1, 1, 2, 3))):
        k = rng.randrange(len(lines))
        key = lines[k].split(b" =")[0]
        value = nasty(rng)
        literal = f'"{value}"'.encode("utf-8", "surrogatepass") if isinstance(value, str) else _toml(value)
        lines[k] = (
            key + b" = " + spelled(literal.decode("utf-8", "surrogatepass")).encode("utf-8", "surrogatepass")
        )
    changed = b"\n".join(lines)
    return changed if rng.random() < 0.8 else rng.choice((mutate_bytes, _hopeless))(changed, rng)


def _toml(value: Any) -> bytes:
    return spelled(json.dumps(value)).replace("NaN", "nan").replace("Infinity", "inf").encode()


def mutate_bytes(content: bytes, rng: Random) -> bytes:
    """Any file with bytes flipped, cut, doubled, or overwritten."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 8, 40))):
        place, way = rng.randrange(len(changed) + 1), rng.random()
        if way < 0.5 and place < len(changed):
            changed[place] = rng.choice((0, 255, rng.randrange(256), changed[place] ^ 1 << rng.randrange(8)))
        elif way < 0.65:
            del changed[place : place + rng.choice((1, 4, 100))]
        elif way < 0.8:
            changed[place:place] = rng.choice(
                (b"\0", b"\xff" * 8, b"9" * 30, b"[", b"\x1b[2J", b"\xed\xa0\x80")
            )
        elif way < 0.9:
            changed = changed[:place]
        else:
            changed += changed[place : place + 200]
    return bytes(changed)


def _hopeless(content: bytes, rng: Random) -> bytes:
    """No file of the kind at all."""
    return rng.choice(
        (
            b"", b"\0" * 64, b"\xff\xfe", b"[" * 100_000, b'{"a":' * 5_000, b"a = " + b"[" * 20_000,
            b"a." * 20_000 + b"b = 1", b"9" * 6_000,
            b"a" * 200_000, b"null", b"PK\x03\x04", b"\x93NUMPY", content[:1],
            content.decode("latin1").encode("utf-16"),
        )
    )  # fmt: skip


def signed(facts: Any, tensors: bytes) -> bytes:
    """A checkpoint's JSON with a checksum that fits, so that what it says is reached."""
    if not isinstance(facts, dict):
        return as_json(facts)
    facts = {key: value for key, value in facts.items() if key != "sha256"}
    read = json.loads(as_json(facts)) if DIGITS + "5000" not in str(facts) else facts
    total = hashlib.sha256(tensors + json.dumps(read, sort_keys=True).encode()).hexdigest()
    return as_json(facts | {"sha256": total})


def command(*words: object) -> Callable[[], None]:
    """Run the command line; an exit with the status of a refusal is as good as success."""

    def run() -> None:
        line = [str(word) for word in words]
        with contextlib.suppress(SystemExit):
            status = main(line)
            assert status in (0, 1, 2, 3, 4), f"exit status {status}"

    return run


def outcome(act: Callable[[], object], seconds: float = 0.0) -> str:
    """What is wrong with what came of a case; empty: nothing.

    Args:
        seconds: after which it counts as hanging; 0: never.
    """
    out, err = io.StringIO(), io.StringIO()
    said = ""
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _alarm(seconds):
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                act()
            except SparringError as error:
                said = str(error)
            except Hang:
                return f"hangs for {seconds:g} seconds"
            except Exception as error:
                return f"{type(error).__name__} at {_place(error)}: {str(error)[:200]!r}"
        said += "\n".join(str(warning.message) for warning in warned if warning.category is UserWarning)
        strange = [warning for warning in warned if warning.category is not UserWarning]  # ours are of that
    if strange:
        return f"{strange[0].category.__name__} at {strange[0].filename}: {strange[0].message}"
    return unfit(said + err.getvalue(), MOST_SAID) or unfit(out.getvalue(), MOST_PRINTED)


def _place(error: BaseException) -> str:
    """File and line where an error was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"


def unfit(text: str, most: int) -> str:
    """Why a text should not have been shown to anybody; empty: it is fit."""
    if len(text) > most:
        return f"{len(text):,} characters: {text[:200]!r}"
    if found := CONTROL.search(text):
        return f"a control character in {text[max(0, found.start() - 60) : found.end() + 20]!r}"
    borrowed = next((words for words in BORROWED if words in text), "")
    return f"borrowed {borrowed!r} in {text[:300]!r}" if borrowed else ""


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def ring(*_: object) -> None:
        raise Hang

    if seconds:
        before = signal.signal(signal.SIGALRM, ring)
        signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        if seconds:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
