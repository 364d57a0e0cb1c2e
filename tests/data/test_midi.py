"""MIDI files, sound and broken: what is kept of each, and what another library reads of ours."""

import io
import struct
from contextlib import suppress

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparring.data.music import midi
from sparring.data.music.song import Metre, Note
from sparring.errors import UnreadableError

ON, OFF, END = b"\x90", b"\x80", b"\x00\xff\x2f\x00"
ONE = b"\x00\x90\x3c\x40\x60\x80\x3c\x00"  # middle C, 96 ticks long


def file(*tracks: bytes, form: int = 1, division: int = 96) -> bytes:
    head = b"MThd" + struct.pack(">IHHH", 6, form, len(tracks), division & 0xFFFF)
    return head + b"".join(b"MTrk" + struct.pack(">I", len(track)) + track for track in tracks)


def pitches(content: bytes) -> list[int]:
    return [note.pitch for note in midi.read(content).notes]


def test_a_note_has_the_times_of_the_file_in_quarter_notes() -> None:
    silent = b"\x00\x90\x3e\x00"  # a note of velocity 0 is the end of one
    song = midi.read(file(b"\x00\xff\x58\x04\x03\x02\x18\x08" + ONE + silent + b"\x60\x90\x3e\x00" + END))
    assert song.notes == (Note(0.0, 1.0, 60, 0),)
    assert song.metres == (Metre(0.0, 3.0),)
    assert song.faults == ()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (file(ONE + b"\x00\x90\x3e"), "cut short"),
        (file(ONE + END)[:-7], "cut short"),
        (file(ONE + b"\xff\xff\xff\xff\x7f" + END), "a number of more than four bytes"),
        (file(ONE + b"\x00\xff\x51\x7f\x01"), "cut short"),
        (file(ONE), "no end of a track"),
        (file(ONE + b"\xff\xff\xff\x7f\x90\x40\x40" + END), "a time that no piece has"),
        (file(ONE + b"\x00\x90\xf7\x40" + END), "an event that cannot be read"),
        (file(b"\x00\x90\x3c\x40\x60\x90\x3e\x00" + END), "notes without an end"),
        (file(ONE + END, division=0), "no unit of time"),
        (file(ONE + b"\x00\x90\x00\x40\x60\x80\x00\x00" + END), "a note of pitch 0"),
    ],
)
def test_notes_before_a_fault_are_kept_and_the_fault_is_told(content: bytes, fault: str) -> None:
    song = midi.read(content)
    assert [note.pitch for note in song.notes] == [60]
    assert any(fault in found for found in song.faults)


def test_meta_events_that_make_no_sense_are_skipped() -> None:
    nonsense = (
        b"\x00\xff\x58\x01\x00"
        + b"\x00\xff\x58\x04\x00\x63\x00\x00"
        + b"\x00\xff\x51\x00"
        + b"\x00\xff\x7e\x02\xff\xff"
    )
    song = midi.read(file(nonsense + ONE + END))
    assert [note.pitch for note in song.notes] == [60]
    assert song.metres == ()


def test_a_header_is_found_behind_what_stands_before_it() -> None:
    sound = file(ONE + END)
    riff = b"RIFF" + struct.pack("<I", len(sound) + 12) + b"RMIDdata" + struct.pack("<I", len(sound)) + sound
    assert pitches(riff) == pitches(b"\0" * 128 + sound) == [60]


def test_chunks_of_other_kinds_and_false_lengths_do_not_hide_tracks() -> None:
    first, second = ONE + END, b"\x00\x90\x40\x40\x60\x80\x40\x00" + END
    other = b"XFIH" + struct.pack(">I", 3) + b"abc"
    whole = file(first, second)
    cut = whole.replace(struct.pack(">I", len(first)) + first, struct.pack(">I", 2) + first, 1)
    assert sorted(pitches(whole)) == sorted(pitches(cut)) == [60, 64]
    assert sorted(pitches(whole.replace(b"MTrk", other + b"MTrk", 1))) == [60, 64]


def test_a_note_without_an_end_ends_with_the_next_of_its_pitch() -> None:
    song = midi.read(file(b"\x00\x90\x3c\x40\x30\x90\x3c\x40\x60\x80\x3c\x00" + END))
    assert [(note.start, note.end) for note in song.notes] == [(0.0, 0.5), (0.5, 1.5)]


def test_running_status_goes_on_over_meta_and_system_events() -> None:
    assert pitches(file(b"\x00\x90\x3c\x40\x10\x3e\x40\x00\xf0\x01\xf7\x10\x90\x40\x40" + END)) == [60, 62, 64]
    sung = b"\x00\x90\x3c\x40\x00\xff\x05\x02la\x60\x3c\x00\x00\xfe\x00\x3e\x40\x00\xf0\x01\xf7\x60\x3e\x00"
    song = midi.read(file(sung + END))
    assert [note[:3] for note in song.notes] == [(0.0, 1.0, 60), (1.0, 2.0, 62)]
    assert song.faults == ()


def test_patterns_of_format_2_are_played_one_after_the_other() -> None:
    song = midi.read(file(ONE + END, ONE + END, form=2))
    assert [note.start for note in song.notes] == [0.0, 1.0]


def test_channels_and_tracks_are_parts_and_drums_are_none() -> None:
    two = b"\x00\x90\x3c\x40\x00\x91\x40\x40\x00\x99\x24\x40\x60\x80\x3c\x00\x00\x81\x40\x00" + END
    song = midi.read(file(two, ONE + END))
    assert song.parts == 3
    assert [note.part for note in song.notes] == [0, 2, 1]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"abc", "no MIDI header"),
        (file(END), "no notes"),
        (file(b"\x00\x99\x24\x40\x60\x89\x24\x00" + END), "only 1 drum beat"),
        (file(b"\x00\x90\x00\x40\x60\x80\x00\x00" + END), "no notes"),
    ],
)
def test_a_file_that_gives_nothing_says_why(content: bytes, why: str) -> None:
    with pytest.raises(UnreadableError, match=why):
        midi.read(content)


def test_film_frames_are_taken_for_120_quarter_notes_a_minute() -> None:
    song = midi.read(file(b"\x00\x90\x3c\x40\x87\x68\x80\x3c\x00" + END, division=-(25 << 8) + 40))
    assert song.notes[0].end == pytest.approx(2.0)  # 1,000 ticks of a millisecond


def test_long_times_are_written_in_groups_of_seven_bits() -> None:
    assert midi._variable(0) == b"\0"
    assert midi._variable(200_000) == bytes([0x8C, 0x9A, 0x40])
    late = Note(1000.0, 1001.0, 60, 0)
    assert midi.read(midi.write([[late]])).notes == (late,)


NOTES = st.lists(
    st.tuples(st.integers(0, 63), st.integers(1, 16), st.integers(1, 127)),
    min_size=1,
    max_size=20,
    unique_by=lambda n: n[0],
)


@given(NOTES)
@settings(max_examples=40, deadline=None)
def test_another_library_reads_what_was_written(drawn: list[tuple[int, int, int]]) -> None:
    ordered = sorted(drawn)
    ends = [start for start, *_ in ordered[1:]] + [10_000]
    notes = [
        Note(start / 4, min(start + length, end) / 4, pitch, 0)
        for (start, length, pitch), end in zip(ordered, ends, strict=True)
    ]
    written = midi.write([notes, []])
    assert midi.read(written).notes == tuple(notes)
    read, now, found, begun = mido.MidiFile(file=io.BytesIO(written)), 0, [], {}
    for message in read.tracks[1]:
        now += message.time
        if message.type == "note_on":
            begun[message.note] = now
        elif message.type == "note_off":
            found.append((begun[message.note] / read.ticks_per_beat, now / read.ticks_per_beat, message.note))
    assert found == [note[:3] for note in notes]


@given(st.binary(max_size=200), st.integers(0, 60))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_refused(noise: bytes, place: int) -> None:
    sound = file(ONE + b"\x00\xff\x58\x04\x03\x02\x18\x08" + ONE + END)
    place = min(place, len(sound))
    for content in (noise, sound[:place] + noise, sound[:place] + noise + sound[place:]):
        with suppress(UnreadableError):
            song = midi.read(content)
            assert all(0 <= note.start < note.end and 0 <= note.pitch < 128 for note in song.notes)
