"""How dates and times are written in text files: read in one form, and given back in the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sparring.errors import quoted

EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
NO_DAY = date(1900, 1, 1)  # of a time of day
CHINESE = "%Y年%m月%d日"
DATES = ("%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%d-%m-%Y", CHINESE)
CLOCKS = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f")
TWELVE = ("%I:%M %p", "%I:%M:%S %p")
HOURS = (*CLOCKS, *TWELVE)  # times of day, alone
SPELT = ("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y", "%Y-%m", "%b %Y", "%B %Y", "%Y年%m月")
TIMES = (
    *(f"{day}{between}{clock}{z}" for day in DATES for between in " T" for clock in CLOCKS for z in ("", "Z")),
    *(f"{day} {clock}" for day in DATES for clock in TWELVE),
    *(f"{CHINESE}{clock}" for clock in (*CLOCKS, "%H时%M分", "%H时%M分%S秒", "%H点%M分")),
    *HOURS,
)
FORMS = (*DATES, *SPELT, *TIMES)
ALL_DIGITS = "%Y%m%d"  # looks like a whole number; it is a date only if the column is called one
FRACTION = "%f"  # of a second
OFFSET = re.compile(r"(?::\d\d|\.\d+|:%-?[MS]|\.%f)( ?[+-]\d\d(?::?\d\d)?)$")  # from UTC, after a time of day
COUNTED = re.compile(r"([1-9]\d{8,9})(\d{3})?")  # seconds since 1970, or milliseconds, from 1973 on
BARE = re.compile(r"%-([dmHIp])")  # a number without a zero before it, as 5/1/2024; small am and pm
VARIANTS = ("", "dm", "HI", "dmHI", "p", "dmp", "HIp", "dmHIp")  # which of them a form may have


class Moments(NamedTuple):
    """Dates or moments as they were written.

    Attributes:
        type: "date" or "time".
        seconds: since 1970, of each word.
        form: of ``datetime.strftime``, with "%-d" for a number without a zero before it.
        note: what to know of how they were read.
    """

    type: str
    seconds: NDArray[np.float64]
    form: str
    note: str = ""


def read(words: Sequence[str], named: bool) -> Moments | None:
    """Dates or moments in the first of the known forms that all words have; None: they are something else.

    Args:
        named: the column is called a date, so that one of digits alone may be one.
    """
    ends = [_offset(word) for word in words]
    if not ends[0]:
        return _read(words, named)
    found = _read([word.removesuffix(end) for word, end in zip(words, ends, strict=True)], named)
    if found is None or not all(ends):
        return None
    if len(set(ends)) == 1:
        return found._replace(form=found.form + ends[0])
    if is_of_day(found.form):
        return None
    seconds = found.seconds - [_shift(end).total_seconds() for end in ends]
    zero = re.sub(r"\d", "0", ends[0]).replace("-", "+")
    note = f"times such as {quoted(words[0])} are of several zones: they are counted, and drawn, in UTC."
    return Moments("time", seconds, found.form + zero, note)


def _read(words: Sequence[str], named: bool) -> Moments | None:
    """As ``read``, of words without an offset from UTC."""
    fitting = []
    for form in FORMS:
        if form == ALL_DIGITS and not named:
            continue
        if moment(words[0], form) is not None and all(moment(word, form) is not None for word in words):
            fitting.append(form)
    if not fitting:
        return None
    found = [moment(word, fitting[0]) or EPOCH for word in words]
    note = (
        f"dates such as {quoted(words[0])} are read as day/month; write them as 2024-12-31 if that is wrong."
        if any(
            moment(word, form) != one for form in fitting[1:] for word, one in zip(words, found, strict=True)
        )
        else ""
    )
    kind = "time" if fitting[0] in TIMES else "date"
    seconds = np.array([(one - EPOCH).total_seconds() for one in found])
    return Moments(kind, seconds, _as_given(words, found, fitting[0]), note)


def _as_given(words: Sequence[str], found: Sequence[datetime], form: str) -> str:
    """The form in which these moments are written as these words, with or without zeros before numbers."""
    if FRACTION in form:
        return form
    for letters in VARIANTS:
        own = re.sub(rf"%([{letters}])", r"%-\1", form) if letters else form
        if all(written(one, own) == word for word, one in zip(words, found, strict=True)):
            return own
    return form


def moment(word: str, form: str) -> datetime | None:
    """The moment, without its zone, that a word in this form says; None: it has another form."""
    try:
        return datetime.strptime(word, form.replace("%-", "%"))
    except ValueError:
        return None


def of_any(word: str) -> datetime | None:
    """The date or moment that a text is, in the first of the known forms that fits; None: it is none."""
    bare = word.removesuffix(_offset(word))
    return next((found for form in FORMS if (found := moment(bare, form))), None)


def written(one: datetime, form: str, decimals: int | None = None) -> str:
    """A moment in a form, with these decimals of its seconds if the form has any; without a form, as ISO."""
    if not form:
        return one.isoformat()
    if FRACTION in form and decimals:
        form = form.replace(FRACTION, f"{one.microsecond:06d}"[:decimals])
    return one.strftime(BARE.sub(lambda found: one.strftime(f"%{found[1]}").lstrip("0").lower() or "0", form))


class Unit(NamedTuple):
    """In what a moment is counted from 1970 on, and how many of them are a second."""

    name: str
    per_second: int

    def since(self, one: datetime) -> int:
        """The count at a moment."""
        return round((one - EPOCH).total_seconds() * self.per_second)


def unit_of_epoch(word: str) -> Unit | None:
    """In what a whole number counts from 1970 on, if it looks like such a moment from 1973 on."""
    found = COUNTED.fullmatch(word)
    if found is None:
        return None
    return Unit("milliseconds", 1000) if found[2] else Unit("seconds", 1)


def from_epoch(word: str) -> str:
    """What to do with a moment that is a count of seconds or milliseconds since 1970; "" for other words."""
    unit = unit_of_epoch(word)
    if unit is None:
        return ""
    moment = (EPOCH + timedelta(seconds=int(word) / unit.per_second)).replace(microsecond=0)
    return (
        f"It looks like {unit.name} since 1970, {moment}: say whole, and it is learnt as a number; or write "
        "it as such a date in the table."
    )


def local(word: str, form: str) -> datetime:
    """The moment that a word says, in the form or as ISO, by the clock of the zone of the form.

    Raises:
        ValueError: it is in neither.
    """
    if found := moment(word, form):
        return found
    one, zone = datetime.fromisoformat(word), zone_of(form)
    return (one.astimezone(zone) if zone and one.tzinfo else one).replace(tzinfo=None)


def zone_of(form: str) -> tzinfo | None:
    """The zone of moments in this form; None: it does not say."""
    if end := _offset(form):
        return timezone(_shift(end))
    return UTC if form.endswith("Z") else None


def seconds_of_day(one: time) -> float:
    """A time of day in seconds since 1970, on the day that ``datetime.strptime`` gives it."""
    return (datetime.combine(NO_DAY, one.replace(tzinfo=None)) - EPOCH).total_seconds()


def is_of_day(form: str) -> bool:
    """Whether what is written in this form is a time of day, of no day."""
    return bool(form) and "%Y" not in form


def is_of_month(form: str) -> bool:
    """Whether what is written in this form is a month, which has no day."""
    return "%Y" in form and not re.search("%-?d", form)


def _offset(word: str) -> str:
    """What a time of day, or its form, ends in, such as +02:00; "" if it says no zone."""
    found = OFFSET.search(word)
    return found[1] if found else ""


def _shift(end: str) -> timedelta:
    """The hours and minutes of an offset such as " +0200"."""
    digits = re.sub(r"\D", "", end).ljust(4, "0")
    shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -shift if "-" in end else shift
