"""Guess in which encoding a text is that is not in UTF-8."""

from __future__ import annotations

import re

LEAST_RUN = 1.5  # mean signs in a row, from which all letters of a text are such, as in Chinese and Russian
LEAST_USUAL = 0.8  # of these signs that are usual ones in an encoding, from which the text is in it
GUESSED = 20_000  # bytes from which an encoding is guessed
# Encodings of East Asia, and the first and second bytes of their usual signs: marks, letters of every day.
ENCODINGS = {
    "EUC-KR": rb"[\xa1\xb0-\xc8][\xa1-\xfe]",
    "EUC-JP": rb"[\xa1\xa4\xa5\xb0-\xcf][\xa1-\xfe]",
    "GB18030": rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]",
    "BIG5": rb"[\xa1-\xa3\xa4-\xc6][\x40-\x7e\xa1-\xfe]",
    "SHIFT_JIS": rb"[\x81-\x83\x88-\x97][\x40-\x7e\x80-\xfc]",
}


def likely(content: bytes) -> str:
    """The encoding that a text which is not in UTF-8 probably has, by a name that iconv knows."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "UTF-16"
    if 0 in content:  # in no other encoding of text; without the mark that says which byte comes first
        return "UTF-16LE" if content[1::2].count(0) >= content[::2].count(0) else "UTF-16BE"
    usual = {name: _usual_signs(content, name) for name in ENCODINGS}
    best = max(usual, key=lambda name: usual[name])
    if usual[best] >= LEAST_USUAL:
        return best
    runs = re.findall(rb"[\x80-\xff]+", content[:GUESSED])
    return "WINDOWS-1251" if sum(map(len, runs)) > LEAST_RUN * len(runs) else "WINDOWS-1252"


def _usual_signs(content: bytes, encoding: str) -> float:
    """The share of the signs of a text that are usual ones in an encoding; 0 if it is not in it.

    Accented letters between plain ones, which also decode as signs, are single.
    """
    try:
        text = content[:GUESSED].decode(encoding, "strict" if len(content) <= GUESSED else "ignore")
    except UnicodeDecodeError:
        return 0.0
    runs = re.findall(r"[^\x00-\x7f]+", text)
    signs = "".join(runs)
    if len(signs) < LEAST_RUN * len(runs):
        return 0.0
    known = re.compile(ENCODINGS[encoding])
    return sum(bool(known.fullmatch(sign.encode(encoding))) for sign in signs) / max(len(signs), 1)
