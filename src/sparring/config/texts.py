"""Options of texts that are written as text."""

from __future__ import annotations

from sparring.errors import ConfigError, quoted

AUTO = "auto"
LONGEST = 4_096  # symbols of a text, at most
VOCABULARY = 60_000  # different symbols, at most


def text_length(written: str) -> int | None:
    """The most symbols of a text, from ``--longest``; None for "auto".

    Raises:
        ConfigError: it is not a whole number in the range.
    """
    if written == AUTO:
        return None
    if not (written.isascii() and written.isdecimal() and 1 <= int(written[:9]) <= LONGEST):
        raise ConfigError(
            f"longest = {quoted(written)}: expected auto, or a whole number from 1 to {LONGEST:,}."
        )
    return int(written)
