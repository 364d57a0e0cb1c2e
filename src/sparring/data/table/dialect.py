"""How a text file writes its table: what parts its cells, how its lines end, and the mark it begins with."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from sparring.config.values import field, flag, one_of
from sparring.files import HEAD_CHARACTERS, LINE_END, QUOTED, delimiter

COMMA, SEMICOLON, TAB = ",", ";", "\t"
DELIMITERS = f"{COMMA}{SEMICOLON}{TAB}|"
LINE_ENDS = ("\n", "\r\n", "\r")
MARK = "\ufeff"  # the byte order mark with which Excel begins a file in UTF-8


class Dialect(NamedTuple):
    """What of a text file comes back in drawn rows.

    Attributes:
        delimiter: between the cells.
        line_end: of the lines.
        marked: whether the text begins with MARK.
    """

    delimiter: str = COMMA
    line_end: str = LINE_ENDS[0]
    marked: bool = False

    @staticmethod
    def of(text: str, marked: bool = False) -> Dialect:
        """The dialect of a text, of which MARK has been taken away if it was ``marked``."""
        first = LINE_END.search(QUOTED.sub("", text[:HEAD_CHARACTERS]))
        return Dialect(delimiter(text, DELIMITERS), first[0] if first else LINE_ENDS[0], marked)

    @staticmethod
    def from_dict(values: Mapping[str, Any]) -> Dialect:
        """The fields of a file, or those of a file that begins and ends its lines as usual.

        Raises:
            UnreadableError: a value is not accepted.
        """
        given = {**USUAL._asdict(), **values}
        return Dialect(
            field(given, "delimiter", partial(one_of, tuple(DELIMITERS))),
            field(given, "line_end", partial(one_of, LINE_ENDS)),
            field(given, "marked", flag),
        )


USUAL = Dialect()
