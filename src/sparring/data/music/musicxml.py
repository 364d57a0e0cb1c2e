"""Read the notes of scores in MusicXML, as far as chorales need it: parts, bars, voices, ties."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import PurePosixPath

from sparring.data.music.song import Metre, Note, Song
from sparring.errors import UnreadableError

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def read(content: bytes, voices: tuple[str, ...]) -> Song:
    """The parts with these names, in this order; only the first voice of each, without grace notes.

    Repeats are not played twice. A first bar that is not full ends with its last note, as an upbeat does.

    Raises:
        UnreadableError: it is no score, or has no such parts.
    """
    try:
        root = ElementTree.fromstring(_score(content))
    except (ElementTree.ParseError, zipfile.BadZipFile, StopIteration) as error:
        raise UnreadableError("no score in MusicXML") from error
    names = {part.get("id"): part.findtext("part-name", "") for part in root.iter("score-part")}
    parts = {names.get(part.get("id")): part for part in root.iter("part")}
    if any(voice not in parts for voice in voices):
        raise UnreadableError(f"no parts {', '.join(voices)}")
    notes: list[Note] = []
    metres: dict[float, float] = {}
    for number, voice in enumerate(voices):
        found, metres = _part(parts[voice], number)
        notes += found
    ordered = tuple(sorted(notes, key=lambda note: (note.start, note.pitch, note.part)))
    return Song(ordered, len(voices), tuple(Metre(start, bar) for start, bar in sorted(metres.items())))


def _score(content: bytes) -> bytes:
    """The text of a score, which may be zipped."""
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        inside = (PurePosixPath(name) for name in packed.namelist())
        return packed.read(
            str(next(path for path in inside if path.suffix == ".xml" and "META-INF" not in path.parts))
        )


def _part(part: ElementTree.Element, number: int) -> tuple[list[Note], dict[float, float]]:
    """The notes of a part, and the length of bars from each time on at which it changes."""
    notes: list[Note] = []
    metres: dict[float, float] = {}
    divisions, bar, begin, up = 1.0, 4.0, 0.0, 0
    for measure in part.iter("measure"):
        now, furthest = begin, begin
        voice = None
        for item in measure:
            if item.tag == "attributes":
                divisions = float(item.findtext("divisions") or divisions)
                up = int(item.findtext("transpose/chromatic") or up)
                if (beats := item.findtext("time/beats")) and (unit := item.findtext("time/beat-type")):
                    bar = 4 * float(beats) / float(unit)
                    metres[begin] = bar
            length = float(item.findtext("duration") or 0) / divisions
            if item.tag == "backup":
                now -= length
            elif item.tag == "forward":
                now += length
            elif item.tag == "note" and item.find("grace") is None:
                voice = voice or item.findtext("voice")
                if item.find("chord") is not None or item.findtext("voice") != voice:
                    now += 0 if item.find("chord") is not None else length
                    continue
                if (pitch := item.find("pitch")) is not None:
                    _add(notes, Note(now, now + length, _number(pitch) + up, number), item)
                now += length
            furthest = max(furthest, now)
        if furthest - begin < bar - 1e-6 and begin == 0:
            metres = {0.0: furthest, furthest: bar}  # an upbeat is a bar of its own
        begin = furthest
    return notes, metres


def _add(notes: list[Note], note: Note, item: ElementTree.Element) -> None:
    """Add a note, or make the one before it longer if a tie ends here."""
    tied = any(tie.get("type") == "stop" for tie in item.findall("tie"))
    if tied and notes and notes[-1].pitch == note.pitch and abs(notes[-1].end - note.start) < 1e-6:
        notes[-1] = notes[-1]._replace(end=note.end)
    else:
        notes.append(note)


def _number(pitch: ElementTree.Element) -> int:
    """The number of a pitch in MIDI."""
    step = STEPS[pitch.findtext("step", "C")] + int(float(pitch.findtext("alter") or 0))
    return step + 12 * (int(pitch.findtext("octave", "4")) + 1)
