"""Read and write standard MIDI files (MIDI 1.0, RP-001), also such that other readers refuse.

Everything before a fault is kept. Events that make no sense are skipped, tracks that are cut short end
where they are cut, a header is found behind whatever is before it (RIFF, MacBinary), and a note that is
never ended ends with the next of its pitch, or with its track.
"""

from __future__ import annotations

import struct
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sparring.data.music.song import Metre, Note, Song
from sparring.errors import UnreadableError, counted

HEADER, TRACK = b"MThd", b"MTrk"
SEARCHED = 2**16  # bytes in which the header must begin
USUAL_TICKS = 480  # in a quarter note, where the file says none
HALF_SECOND = 0.5  # a quarter note where time is counted in film frames: 120 a minute
DRUMS = 9  # the channel whose notes are no pitches
MOST_BEATS = 100_000  # quarter notes, about fourteen hours; a time beyond them is a fault
MOST_NOTES = 1_000_000  # of one file
META, SYSEX, ESCAPE = 0xFF, 0xF0, 0xF7
TEXT, END_OF_TRACK, TEMPO, METRE = 0x01, 0x2F, 0x51, 0x58
DATA_BYTES = {0x8: 2, 0x9: 2, 0xA: 2, 0xB: 2, 0xC: 1, 0xD: 1, 0xE: 2}  # after a status, by its first half
SYSTEM_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}
LONGEST_BAR = 64  # quarter notes
VELOCITY = 80  # of written notes
ORGAN = 19  # their instrument in General MIDI
TICKS = 480  # a quarter note of written files
BEATS_A_MINUTE = 90  # of written files


class _FaultError(Exception):
    """A track cannot be read further; the message says why."""


class _Event(NamedTuple):
    tick: int
    status: int
    data: bytes


@dataclass
class _Faults:
    """What went wrong, counted by its words."""

    counts: Counter[str] = field(default_factory=Counter)

    def listed(self) -> tuple[str, ...]:
        return tuple(
            f"{words} ({count:,} times)" if count > 1 else words for words, count in self.counts.items()
        )


def read(content: bytes) -> Song:
    """The notes of a MIDI file, without those of drums.

    Raises:
        UnreadableError: there is no header, or not one note.
    """
    at = content.find(HEADER, 0, SEARCHED)
    if at < 0 or len(content) < at + 14:
        raise UnreadableError("no MIDI header" if content else "empty")
    size, form, _, division = struct.unpack_from(">IHHh", content, at + 4)
    faults = _Faults()
    ticks = _ticks_of_a_beat(division, faults)
    notes: list[Note] = []
    metres: set[Metre] = set()
    drums, offset, part = 0, 0, 0
    for body, end in _tracks(content, at + 8 + max(6, size if size < SEARCHED else 6)):
        events = list(_events(body, end, MOST_BEATS * ticks, faults))
        found, struck = _notes(events, faults)
        drums += struck
        parts = sorted({channel for *_, channel in found})
        for start, stop, pitch, channel in found:
            spot = part + parts.index(channel)
            notes.append(Note((offset + start) / ticks, (offset + stop) / ticks, pitch, spot))
        metres |= set(_metres(events, ticks, offset / ticks))
        part += len(parts)
        if form == 2 and events:  # patterns of their own, which are played one after the other
            offset += events[-1].tick
        if len(notes) > MOST_NOTES:
            faults.counts[f"more than {MOST_NOTES:,} notes: the rest is not read"] += 1
            break
    if not notes:
        raise UnreadableError(f"only {counted(drums, 'drum beat')}" if drums else "no notes")
    ordered = tuple(sorted(notes, key=lambda note: (note.start, note.pitch, note.part)))
    return Song(ordered, part, tuple(sorted(metres)), faults.listed())


def _ticks_of_a_beat(division: int, faults: _Faults) -> float:
    """Ticks of a quarter note."""
    if division > 0:
        return division
    if division == 0:
        faults.counts[f"no unit of time: {USUAL_TICKS} ticks a quarter note are assumed"] += 1
        return USUAL_TICKS
    frames, ticks = -(division >> 8), division & 0xFF
    faults.counts["time is counted in film frames: 120 quarter notes a minute are assumed"] += 1
    return max(1.0, frames * max(1, ticks) * HALF_SECOND)


def _tracks(content: bytes, at: int) -> Iterator[tuple[memoryview, int]]:
    """What follows each track's header to the next track, and how many bytes of it the header says."""
    while (at := content.find(TRACK, at)) >= 0:
        body = at + 8
        (said,) = struct.unpack_from(">I", content.ljust(body, b"\0"), at + 4)
        after = content.find(TRACK, body + said if content[body + said : body + said + 4] == TRACK else body)
        yield memoryview(content)[body : after if after >= 0 else len(content)], said
        at = after if after >= 0 else len(content)


def _events(body: memoryview, said: int, latest: float, faults: _Faults) -> Iterator[_Event]:
    """The events of a track until its end or its first fault."""
    at, tick, running = 0, 0, 0  # the running status is that of the last event of a channel
    try:
        while at < len(body):
            delta, at = _number(body, at)
            tick += delta
            if tick > latest:
                raise _FaultError("a time that no piece has")
            if at >= len(body):
                raise _FaultError("cut short")
            status = running
            if body[at] >= 0x80:
                status, at = body[at], at + 1
            if status < 0xF0:
                running = status
            if status in (META, SYSEX, ESCAPE):
                kind = body[at] if status == META and at < len(body) else 0
                length, at = _number(body, at + (status == META))
                if status == META and kind == END_OF_TRACK:
                    return
                if at + length > len(body):
                    raise _FaultError("cut short")
                if status == META:
                    yield _Event(tick, META, bytes([kind]) + bytes(body[at : at + length]))
                at += length
                continue
            if status < 0x80:
                raise _FaultError("an event without a status")
            wanted = DATA_BYTES[status >> 4] if status < 0xF0 else SYSTEM_BYTES.get(status, 0)
            data = bytes(body[at : at + wanted])
            if len(data) < wanted:
                raise _FaultError("cut short")
            if max(data, default=0) >= 0x80:
                # The next event may begin here: go on with its status, as if a time of 0 stood before it.
                faults.counts["events that are no events"] += 1
                broken = next(k for k, value in enumerate(data) if value >= 0x80)
                at, status = at + broken + 1, data[broken]
                if status >= 0xF0:
                    raise _FaultError("an event that cannot be read")
                running = status
                more = bytes(body[at : at + DATA_BYTES[status >> 4]])
                if len(more) < DATA_BYTES[status >> 4] or any(value >= 0x80 for value in more):
                    raise _FaultError("an event that cannot be read")
                at, data = at + len(more), more
            else:
                at += wanted
            yield _Event(tick, status, data)
        raise _FaultError("cut short" if said > len(body) else "no end of a track")
    except _FaultError as fault:
        faults.counts[str(fault)] += 1


def _number(body: memoryview, at: int) -> tuple[int, int]:
    """A number of variable length, of at most four bytes, and the place behind it."""
    value = 0
    for place in range(at, at + 4):
        if place >= len(body):
            raise _FaultError("cut short")
        value = value << 7 | body[place] & 0x7F
        if body[place] < 0x80:
            return value, place + 1
    raise _FaultError("a number of more than four bytes")


def _notes(events: Sequence[_Event], faults: _Faults) -> tuple[list[tuple[int, int, int, int]], int]:
    """(start, end, pitch, channel) of each note in ticks, and how often drums are struck."""
    sounding: dict[tuple[int, int], list[int]] = defaultdict(list)
    notes: list[tuple[int, int, int, int]] = []
    drums = 0
    for tick, status, data in events:
        event, channel = status >> 4, status & 0xF
        if event not in (0x8, 0x9) or status == META:
            continue
        pitch, velocity = data
        starts = sounding[channel, pitch]
        if event == 0x9 and velocity:
            if channel == DRUMS:
                drums += 1
                continue
            if not pitch:  # 0 is a rest in rolls
                faults.counts["a note of pitch 0, too low to be heard, is left out"] += 1
                continue
            notes += [(start, tick, pitch, channel) for start in starts]
            starts[:] = [tick]
        elif starts:
            notes.append((starts.pop(0), tick, pitch, channel))
    last = events[-1].tick if events else 0
    for (channel, pitch), starts in sounding.items():
        for start in starts:
            faults.counts["notes without an end"] += 1
            notes.append((start, max(last, start + 1), pitch, channel))
    return [note for note in notes if note[1] > note[0]], drums


def _metres(events: Sequence[_Event], ticks: float, offset: float) -> Iterator[Metre]:
    """The metres of a track; those that make no sense are skipped."""
    for tick, status, data in events:
        if status == META and data[0] == METRE and len(data) >= 3 and data[1] >= 1 and data[2] <= 6:
            bar = 4 * data[1] / 2 ** data[2]
            if bar <= LONGEST_BAR:
                yield Metre(offset + tick / ticks, bar)


def write(parts: Sequence[Sequence[Note]], name: bytes = b"") -> bytes:
    """A file of format 1: a track with the tempo, then one for each part, on a channel of its own.

    Args:
        parts: the notes of each part.
        name: a text at the beginning, of less than 128 bytes.
    """
    tempo = round(60_000_000 / BEATS_A_MINUTE).to_bytes(3, "big")
    tracks = [_track([(0, bytes([META, TEXT, len(name)]) + name), (0, bytes([META, TEMPO, 3]) + tempo)])]
    channels = [channel for channel in range(16) if channel != DRUMS]
    for number, notes in enumerate(parts):
        channel = channels[number % len(channels)]
        events = [(0, bytes([0xC0 | channel, ORGAN]))]
        for note in notes:
            events.append((round(note.start * TICKS), bytes([0x90 | channel, note.pitch, VELOCITY])))
            events.append((round(note.end * TICKS), bytes([0x80 | channel, note.pitch, 0])))
        tracks.append(_track(events))
    return HEADER + struct.pack(">IHHH", 6, 1, len(tracks), TICKS) + b"".join(tracks)


def _track(events: Sequence[tuple[int, bytes]]) -> bytes:
    body, now = b"", 0
    # At one tick notes end before others start.
    for tick, event in sorted(events, key=lambda pair: (pair[0], pair[1][0] >> 4 == 0x9)):
        body += _variable(tick - now) + event
        now = tick
    body += bytes([0, META, END_OF_TRACK, 0])
    return TRACK + struct.pack(">I", len(body)) + body


def _variable(number: int) -> bytes:
    """A number in groups of seven bits, all but the last with the highest bit set."""
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.insert(0, number & 0x7F | 0x80)
    return bytes(groups)
