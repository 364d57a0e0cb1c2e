"""Columns that tell rows apart: how they are recognised, and numbered or made anew in drawn rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from sparring.errors import quoted

NOUNS = "account|case|client|customer|cust|device|employee|emp|item|member|order|patient|person|product|record|"
NOUNS += "session|store|student|ticket|trans|transaction|user"
NAMED = re.compile(
    rf"(^|[_\W])(id|uuid|guid|rownames|row|index|key|nr|no)$|^id([_\W]|$)|({NOUNS})id$", re.IGNORECASE
)
JOINED = re.compile(r"[a-z](Id|ID)$|^id[A-Z]|^ID(?![A-Z])")  # customerId, idCustomer; not paid or ideal
COUNTED = re.compile(r"^(.*?)(\d{1,30})$", re.DOTALL)
DASHED = re.compile(r"[\da-fA-F]{8}(-[\da-fA-F]{4}){3}-[\da-fA-F]{12}")
PLAIN = re.compile(r"[\da-fA-F]{32}")
# Unique identifiers of 128 bits (RFC 9562), in which x is any digit of 16 and y one of 8, 9, a and b.
UUID, HEX = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx", "x" * 32
FORMS = (UUID, UUID.upper(), HEX, HEX.upper())


def is_named(name: str) -> bool:
    """Whether a column is called as one that tells rows apart."""
    return bool(NAMED.search(name) or JOINED.search(name))


def universal(words: Sequence[str]) -> str:
    """The form of unique identifiers of 128 bits, one of FORMS; "" if words are something else."""
    for pattern, form in ((DASHED, UUID), (PLAIN, HEX)):
        if pattern.fullmatch(words[0]) and all(pattern.fullmatch(word) for word in words):
            return form if all(word == word.lower() for word in words) else form.upper()
    return ""


def numbering(words: Sequence[str]) -> dict[str, Any]:
    """The fields of a column of identifiers: the text before the number and its digits, or one of FORMS."""
    if form := universal(words):
        return {"form": form}
    parts = [COUNTED.match(word) for word in words]
    before = {part[1] for part in parts if part}
    if len(before) != 1 or not all(parts):
        return {}
    form, numbers = before.pop(), [part[2] for part in parts if part]
    widths = set(map(len, numbers))
    is_padded = len(widths) == 1 and (form or any(number[0] == "0" for number in numbers))
    return {"form": form, "decimals": widths.pop() if is_padded else None}


def remark(name: str, words: Sequence[str]) -> str:
    """What becomes of a column of identifiers."""
    anew = f"{quoted(name)} is different in every row: an identifier, which is not learnt but made anew"
    fields = numbering(words)
    if fields.get("form") in FORMS:
        return f"{anew}, in the form of {quoted(words[0], 40)}."
    digits = fields.get("decimals")
    first, second = (quoted(one, 40) for one in numbered(fields.get("form", ""), digits, 2))
    is_kept = fields and (digits is not None or len(set(map(len, words))) > 1)
    other = "" if is_kept else f", without the form of {quoted(words[0], 40)}"
    return f"{anew}: {first}, {second} and so on{other}."


def numbered(form: str, digits: int | None, count: int) -> list[str]:
    """The first identifiers with this text before their number, which has so many digits."""
    return [f"{form}{number:0{digits or 1}}" for number in range(1, count + 1)]


def made(form: str, count: int, salt: bytes) -> list[str]:
    """Identifiers in one of FORMS, which follow from the salt; the first ones are the same for any count."""
    found = []
    for number in range(count):
        digits = blake2b(
            number.to_bytes(8, "big"), key=blake2b(salt, digest_size=32).digest(), digest_size=16
        ).hexdigest()
        if form in (UUID, UUID.upper()):
            digits = f"{digits[:12]}4{digits[13:16]}{'89ab'[int(digits[16], 16) % 4]}{digits[17:]}"
            digits = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
        found.append(digits if form.islower() else digits.upper())
    return found
