"""Parse the command line with argparse, with plain messages for unknown names and wrong values."""

from __future__ import annotations

import argparse
import math
import re
import shutil
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from sparring.config.option import NONE
from sparring.errors import did_you_mean, printable_message, quoted, unknown
from sparring.errors.names import nearest
from sparring.history.find import run_named

OPTION = re.compile(r"[-–—]+[^\W\d]")  # also with the long dashes of editors; "-0.5" is a number
GAP = re.compile(" {2,}")  # between columns
MOST_COLUMNS = 100
USAGE_ERROR = 2  # exit status
UNTUNED = " Translations are not tuned: try their options by hand, with `sparring train --from A --to B`."
NOT_HERE = {("sparring tune", "--from"): UNTUNED, ("sparring tune", "--to"): UNTUNED}  # instead of a hint


class Parser(argparse.ArgumentParser):
    """A parser that keeps the layout of its texts and does not accept shortened options.

    Attributes:
        verbs: the parsers of the verbs, by name.
        elsewhere: a function from a name that is not a verb to a hint where it belongs, or "".
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **kwargs,
            allow_abbrev=False,
            formatter_class=lambda prog: _Layout(prog, max_help_position=34, width=_width()),
        )
        self._negative_number_matcher = re.compile(r"-\.?\d[\d.:e+-]*$")  # -1000:400 is a value of --levels
        self.verbs: Mapping[str, argparse.ArgumentParser] = {}
        self.elsewhere: Callable[[str], str] = lambda _: ""

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse the words like ``parse_args``, but report unknown names first."""
        if words[:1] == ["help"]:
            words = [*words[1:2], "--help"]
        verb = words[0] if words and not OPTION.match(words[0]) else None
        if verb is not None and verb not in self.verbs:
            self.error(
                (not nearest(verb, self.verbs) and self.elsewhere(verb)) or unknown("verb", verb, self.verbs)
            )
        here = self.verbs[verb] if verb else self
        self._check_options(words, here)
        found, rest = self.parse_known_args(words)
        rest = _late(here, found, rest)
        if rest:
            near = did_you_mean(f"--{rest[0].partition('=')[0]}", _options(here))
            near = near or " Put a name with spaces, or a pattern with *, in quotation marks."
            here.error(f"unexpected argument {quoted(rest[0])}.{near}")
        return found

    def error(self, message: str) -> NoReturn:
        """Print the message and how to get help, then exit with USAGE_ERROR."""
        message = message.removeprefix("argument ").replace("expected one argument", "expected a value")
        message = message.replace("the following arguments are required:", "missing:")
        ending = "" if message.endswith((".", "?")) else "."
        self.exit(USAGE_ERROR, f"sparring: {printable_message(message)}{ending} For help: {self.prog} --help\n")

    def _check_options(self, words: Sequence[str], here: argparse.ArgumentParser) -> None:
        """Refuse unknown options before they can cause other errors."""
        known = _options(here)
        for word in words:
            name, equals, value = word.partition("=")
            if word == "--":
                return
            if not OPTION.match(word):
                continue
            if name in known:
                if equals and known[name].nargs == 0:
                    here.error(f"{name} takes no value, but {quoted(value)} was given")
                continue
            if word[:2] in known and f"-{name}" not in known:  # -oFILE
                continue
            having = [verb for verb, parser in self.verbs.items() if name in _options(parser)]
            hint = f" `sparring {having[0]}` has it." if having else did_you_mean(name, known)
            hint = NOT_HERE.get((here.prog, name), hint)
            here.error(f"unknown option {quoted(name)}.{hint}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            raise argparse.ArgumentError(action, unknown("value", str(value), map(str, action.choices)))


class _Layout(argparse.RawDescriptionHelpFormatter):
    """Keeps the columns of texts, and folds lines that are wider than the terminal within their column."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines: list[str] = []
        for line in text.splitlines():
            goes_on = lines and lines[-1] and line and _goes_on(lines[-1], line)
            if goes_on and not GAP.search(line.lstrip()):
                lines[-1] += f" {line.lstrip()}"
            else:
                lines.append(line)
        return "\n".join(part for line in lines for part in _folded(line, width))


def _goes_on(before: str, line: str) -> bool:
    """Whether a line continues the last column of the one before; lines below a heading do not."""
    first, second = (len(text) - len(text.lstrip()) for text in (before, line))
    return second == _column(before) and not 0 < first == second


def _column(line: str) -> int:
    """The position at which the last column of a line begins."""
    gaps = list(GAP.finditer(line))
    return gaps[-1].end() if gaps else 0


def _folded(line: str, width: int) -> list[str]:
    column = _column(line)
    start, words = line[:column], line[column:]
    room = max(20, width - column)
    parts = textwrap.wrap(words, room, break_long_words=False, break_on_hyphens=False) or [""]
    return [start + parts[0], *(" " * column + part for part in parts[1:])]


def _width() -> int:
    """The width of a help text: that of the terminal, at most MOST_COLUMNS."""
    return min(MOST_COLUMNS, shutil.get_terminal_size((MOST_COLUMNS + 2, 24)).columns - 2)


def whole(text: str) -> int:
    """Read an integer; 1e6 is accepted, too.

    Raises:
        ArgumentTypeError: the text is not an integer.
    """
    with suppress(ValueError):
        return int(text)
    with suppress(ValueError, OverflowError, ArithmeticError):
        if math.isfinite(float(text)) and Decimal(text) == (found := int(Decimal(text))):  # exact, as 1e23
            return found
    raise argparse.ArgumentTypeError(f"{quoted(text)} is not an integer")


def number(text: str) -> float:
    """Read a number.

    Raises:
        ArgumentTypeError: the text is not a number.
    """
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{quoted(text)} is not a number") from None


def named(text: str) -> str:
    """Read a name that is not empty.

    Raises:
        ArgumentTypeError: the name is empty.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError("the name is empty")
    return text


def path(text: str) -> Path:
    """Read a path; the empty name would mean the current folder.

    Raises:
        ArgumentTypeError: the name is empty.
    """
    return Path(named(text))


def run(text: str) -> Path:
    """Read the folder of a run, or the name of players that come with the package.

    Raises:
        ArgumentTypeError: the name is empty.
    """
    return run_named(path(text))


def _late(verb: argparse.ArgumentParser, found: argparse.Namespace, rest: list[str]) -> list[str]:
    """Take names that stand behind options for the arguments that may be missing; return the others.

    argparse takes such an argument for missing where an option stands before it.
    """
    for action in verb._actions:
        missing = not action.option_strings and action.nargs == "?" and getattr(found, action.dest, "") is None
        if missing and rest and not OPTION.match(rest[0]):
            try:
                setattr(found, action.dest, verb._get_value(action, rest[0]))
            except argparse.ArgumentError as error:
                verb.error(str(error))
            rest = rest[1:]
    return rest


def given_options(args: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    """The values of those of the named options that the user gave."""
    return {name: value for name in names if (value := getattr(args, name, None)) is not None}


def or_none(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """A function that reads a value or the word NONE."""
    return lambda text: text if text == NONE else read(text)


def _options(parser: argparse.ArgumentParser) -> Mapping[str, argparse.Action]:
    return parser._option_string_actions
