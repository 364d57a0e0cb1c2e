"""Music as data: keys, voices, windows, the codec, chorales by melody, and folders of files."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sparring.data.music import chorales, codec, folder, midi, musicxml, roll, song
from sparring.data.music.song import Metre, Note, Song
from sparring.data.split import split_hold_out
from sparring.errors import DataError, UnreadableError
from sparring.kinds import find

SCALE = (0, 2, 4, 5, 7, 9, 11, 12)


def melody(tonic: int, length: float = 1.0) -> Song:
    notes = tuple(Note(k * length, (k + 1) * length, tonic + step, 0) for k, step in enumerate(SCALE))
    return Song(notes, 1)


def tune(path: Path, *parts: list[Note]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(midi.write(parts))
    return path


@pytest.mark.parametrize("tonic", [55, 60, 66])
def test_a_scale_is_in_its_key_and_moves_to_c(tonic: int) -> None:
    scale = melody(tonic)
    assert song.key_of(scale.notes)[0] == tonic % 12
    moved = song.in_one_key(scale)
    assert song.key_of(moved.notes) == (0, False)
    assert abs(moved.notes[0].pitch - tonic) <= 6


def test_a_minor_key_moves_to_a() -> None:
    notes = tuple(Note(k, k + 1, 64 + step, 0) for k, step in enumerate((0, 2, 3, 5, 7, 8, 11, 12, 0, 3, 7)))
    assert song.key_of(notes) == (4, True)
    assert song.key_of(song.in_one_key(Song(notes, 1)).notes) == (9, True)


def test_a_key_is_of_what_sounds_longest() -> None:
    long, short = (0, 4, 7), (6, 10, 1, 6, 10, 1, 6, 10, 1)
    notes = [Note(4 * k, 4 * k + 4, 60 + step, 0) for k, step in enumerate(long)]
    notes += [Note(12 + k / 8, 12 + (k + 1) / 8, 60 + step, 0) for k, step in enumerate(short)]
    assert song.key_of(notes) == (0, False)


def test_a_far_key_moves_down() -> None:
    assert song.in_one_key(melody(61)).notes[0].pitch == 60
    assert song.in_one_key(melody(67)).notes[0].pitch == 72


def test_a_note_that_would_leave_the_range_stays_in_its_pitch_class() -> None:
    notes = tuple(Note(k, k + 1, pitch, 0) for k, pitch in enumerate((1, 5, 60, 127)))
    assert [note.pitch for note in song.shifted(Song(notes, 1), -5).notes] == [8, 12, 55, 122]
    assert [note.pitch for note in song.shifted(Song(notes, 1), 6).notes] == [7, 11, 66, 121]


def test_bars_follow_the_metres_to_the_last_note() -> None:
    piece = Song((Note(0, 9, 60, 0),), 1, (Metre(0, 1), Metre(1, 4), Metre(5, 3), Metre(20, 4)))
    assert song.bars(piece) == [(0, 1), (1, 4), (5, 3), (8, 3)]
    assert [bar.start for bar in song.bars(Song((Note(0, 6, 60, 0),), 1))] == [0, 4]


def test_voices_are_the_highest_the_lowest_and_those_between() -> None:
    chord = [Note(0, 1, pitch, 0) for pitch in (48, 55, 60, 64, 67)] + [
        Note(1, 2, pitch, 0) for pitch in (50, 62)
    ]
    found = roll.roll_of(Song(tuple(chord), 1), 4, 4, "skyline")
    assert found.tolist() == [[67, 64, 55, 48], [62, 0, 0, 50]]


def test_a_voice_that_takes_over_a_sounding_note_begins_it() -> None:
    piece = Song((Note(0, 2, 60, 0), Note(0, 4, 50, 1), Note(2, 4, 70, 0), Note(2, 3, 40, 1)), 2)
    assert roll.roll_of(piece, 4, 2, "skyline").tolist() == [[60, 50], [-60, -50], [70, 40], [-70, 50]]


def test_parts_are_the_fullest_from_high_to_low() -> None:
    notes = (
        [Note(k, k + 1, 40, 0) for k in range(3)]
        + [Note(k, k + 1, 70, 1) for k in range(3)]
        + [Note(0, 3, 90, 2)]
    )
    found = roll.roll_of(Song(tuple(notes), 3), 4, 2, "parts")
    assert found.tolist() == [[70, 40]] * 3
    assert roll.roll_of(Song(tuple(notes), 3), 4, 4, "parts")[:, 3].tolist() == [0, 0, 0]


def test_notes_beside_the_grid_are_moved_to_it_and_none_is_lost() -> None:
    triplet = Song(tuple(Note(k / 3, (k + 1) / 3, 60 + k, 0) for k in range(3)), 1)
    assert roll.roll_of(triplet, 16, 1, "skyline")[:, 0].tolist() == [60, 61, -61, 62]
    assert roll.off_grid(triplet, 16) == pytest.approx(2 / 3)
    assert roll.off_grid(triplet, 24) == 0
    grace = Song((Note(0, 0.01, 72, 0), Note(0.25, 1, 60, 0)), 1)
    assert roll.roll_of(grace, 16, 1, "skyline")[:, 0].tolist() == [72, 60, -60, -60]
    assert roll.on_grid(grace, 16)[0][:2] == (0, 1)


def test_windows_begin_at_bar_lines_and_their_notes_with_them() -> None:
    piece = Song(tuple(Note(2 * k, 2 * k + 2, 60 + k, 0) for k in range(6)), 1, (Metre(0, 1), Metre(1, 4)))
    notes = roll.roll_of(piece, 4, 1, "skyline")
    found = list(roll.windows(notes, piece, 4, 1))
    assert [window[:, 0].tolist() for window in found] == [
        [60, -60, 61, -61], [60, 61, -61, 62], [62, 63, -63, 64],
    ]  # fmt: skip
    padded = list(roll.windows(notes, piece, 4, 1, padded=True))
    assert padded[-1][:, 0].tolist() == [64, 65, -65, 0]


ROLLS = hnp.arrays(np.int16, (3, 8, 2), elements=st.integers(-66, 66).map(lambda p: p if abs(p) > 59 else 0))


def whole(drawn: np.ndarray) -> np.ndarray:
    """Rolls in which only what has begun is held."""
    drawn = drawn.copy()
    drawn[:, 0] = np.abs(drawn[:, 0])
    for step in range(1, drawn.shape[1]):
        held = drawn[:, step] < 0
        same = np.abs(drawn[:, step]) == np.abs(drawn[:, step - 1])
        drawn[:, step] = np.where(held & ~same, -drawn[:, step], drawn[:, step])
    return drawn


@given(ROLLS)
@settings(max_examples=50, deadline=None)
def test_rolls_are_encoded_one_hot_and_decoded(drawn: np.ndarray) -> None:
    rolls = torch.from_numpy(whole(drawn))
    notes = codec.fitted(rolls, 16)
    encoded = notes.encode(rolls)
    assert encoded.shape == (3, 8, sum(notes.sizes))
    assert notes.problem(tuple(encoded.shape[1:])) == ""
    assert (encoded.sum(-1) == 4).all()
    assert (notes.decode(encoded) == rolls).all()
    assert codec.Notes.from_dict(notes.to_dict()) == notes
    assert (codec.Hold(notes.sizes[:2])(encoded) == encoded).all()


def test_a_voice_changes_only_where_a_note_begins() -> None:
    notes = codec.Notes((60, 40), (3, 2), 16)
    logits = torch.randn(5, 12, sum(notes.sizes), generator=torch.Generator().manual_seed(0)).requires_grad_()
    made = notes.head()(logits)
    pitches, begins = made[..., : notes.pitch_symbols], made[..., notes.pitch_symbols + 1 :: 2]
    first, second = pitches.split([4, 3], -1)
    for voice, symbols in enumerate((first, second)):
        changes = (symbols[:, 1:] != symbols[:, :-1]).any(-1)
        assert not (changes & (begins[:, 1:, voice] == 0)).any()
    assert (begins[:, 0] == 1).all()
    assert (notes.encode(notes.decode(made)).argmax(-1) >= 0).all()
    assert (notes.decode(made).abs() == notes.decode(notes.encode(notes.decode(made))).abs()).all()
    (gradient,) = torch.autograd.grad((made * torch.randn_like(made)).sum(), logits)
    assert (gradient.abs().sum((0, 2)) > 0).all()


def test_what_is_held_has_the_pitch_with_which_it_began() -> None:
    notes = codec.Notes((60,), (3,), 16)
    encoded = notes.encode(torch.tensor([[[60], [61], [0], [62]]]))
    encoded[:, 1:3, 4:] = torch.tensor([1.0, 0.0])  # goes on
    assert notes.decode(encoded)[0, :, 0].tolist() == [60, -60, -60, 62]


def test_a_pitch_that_a_voice_does_not_have_is_sung_as_near_as_it_can() -> None:
    notes = codec.Notes((60,), (3,), 16)
    rolls = torch.tensor([[[50], [61], [99]]])
    assert notes.decode(notes.encode(rolls))[0, :, 0].tolist() == [60, 61, 62]


SCORE = """<score-partwise><part-list>{names}</part-list>{parts}</score-partwise>"""


def score(*lines: str) -> bytes:
    names = "".join(
        f'<score-part id="P{k}"><part-name>{v}</part-name></score-part>' for k, v in enumerate(chorales.VOICES)
    )
    parts = "".join(f'<part id="P{k}">{line}</part>' for k, line in enumerate(lines))
    return SCORE.format(names=names, parts=parts).encode()


def measure(*notes: str, head: str = "") -> str:
    return f"<measure>{head}{''.join(notes)}</measure>"


def written(pitch: int, quarters: int, tie: str = "") -> str:
    named = song.name_of(pitch)
    name, sharp = named[0], int("#" in named)
    tied = f'<tie type="{tie}"/>' if tie else ""
    octave = pitch // 12 - 1
    return (
        f"<note><pitch><step>{name}</step><alter>{sharp}</alter><octave>{octave}</octave></pitch>"
        f"<duration>{quarters}</duration>{tied}<voice>1</voice></note>"
    )


TIME = "<attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>"


def hymn(steps: list[int], tonic: int = 60) -> bytes:
    """A chorale in which all voices sing one melody, with an upbeat."""
    lines = []
    for voice in range(4):
        sung = [written(tonic - 12 * (voice // 2) + step, 1) for step in steps]
        bars = [measure(sung[0], head=TIME)] + [measure(*sung[k : k + 4]) for k in range(1, len(sung), 4)]
        lines.append("".join(bars))
    return score(*lines)


def test_scores_have_ties_upbeats_and_voices() -> None:
    tied = measure(written(60, 1), head=TIME) + measure(written(61, 3), written(62, 1, "start"))
    line = tied + measure(written(62, 2, "stop"), "<note><rest/><duration>2</duration></note>")
    read = musicxml.read(score(line, line, line, line), chorales.VOICES)
    assert [note for note in read.notes if note.part == 0] == [
        Note(0, 1, 60, 0), Note(1, 4, 61, 0), Note(4, 7, 62, 0),
    ]  # fmt: skip
    assert read.metres == (Metre(0, 1), Metre(1, 4))
    with pytest.raises(UnreadableError, match="no score"):
        musicxml.read(b"<a>", chorales.VOICES)
    with pytest.raises(UnreadableError, match="no parts Violin"):
        musicxml.read(score(line), ("Violin",))


def test_chorales_of_one_melody_are_in_one_part() -> None:
    rng = np.random.default_rng(0)
    tunes = [[int(SCALE[k]) for k in rng.integers(0, 7, 33)] for _ in range(10)]
    files = {
        f"{k:02}{c}.xml": hymn(steps, tonic)
        for k, steps in enumerate(tunes)
        for c, tonic in (("a", 60), ("b", 65))
    }
    files["other.xml"] = b"<a/>"
    songs = {name: musicxml.read(text, chorales.VOICES) for name, text in files.items() if name != "other.xml"}
    found = chorales.melodies(songs)
    assert all(found[name] == f"{name[:2]}a.xml" for name in songs)
    held = chorales.held_out(set(found.values()))
    assert len(held) == 2
    made = chorales.make(files)
    assert made["train"].shape[1:] == made["test"].shape[1:] == (32, 4)
    assert not {r.tobytes() for r in made["train"]} & {r.tobytes() for r in made["test"]}


def test_the_package_with_the_scores_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chorales, "PACKAGE", "no_such_package")
    with pytest.raises(DataError, match=r"pip install 'sparring\[chorales\]'"):
        chorales.load()


def test_the_chorales_are_kept_in_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    some = chorales._files(chorales.scores())[:24]
    monkeypatch.setattr(chorales, "_files", lambda folder: some)
    rolls, notes = chorales.load("train")
    held, same = chorales.load("test")
    assert notes == same
    assert rolls.shape[1:] == held.shape[1:] == (32, 4)
    monkeypatch.setattr(chorales, "make", None)
    assert (chorales.load("train")[0] == rolls).all()


def quarters(*pitches: int) -> list[Note]:
    return [Note(k, k + 1, pitch, 0) for k, pitch in enumerate(pitches)]


def test_voices_that_files_lack_are_told(tmp_path: Path) -> None:
    two = [[Note(k, k + 1, pitch + k, 0) for k in range(8)] for pitch in (70, 50)]
    tune(tmp_path / "a.mid", *two)
    tune(tmp_path / "b.mid", two[0])
    for lines, told in (
        ("parts", ["1 file with fewer than 2 parts, whose other voices are silent."]),
        ("skyline", []),
    ):
        origin = folder.from_path(tmp_path, voices=2, bars=1, lines=lines).origin
        assert origin is not None
        assert list(origin.notes) == told
    alone = folder.from_path(tmp_path / "b.mid", voices=2, bars=1).origin
    assert alone is not None
    assert alone.notes == ("only 1 of the 2 voices asked for sings; those that never do are left out.",)


def test_a_folder_is_read_file_by_file_with_what_was_wrong(tmp_path: Path) -> None:
    tune(tmp_path / "a/one.mid", quarters(*range(60, 68)), quarters(*range(48, 56)))
    tune(tmp_path / "b/two.MIDI", quarters(*range(62, 70)))
    (tmp_path / "a/none.mid").write_bytes(b"")
    cut = tune(tmp_path / "a/cut.mid", quarters(*range(60, 68)))
    cut.write_bytes(cut.read_bytes()[:-9])
    (tmp_path / "readme.txt").write_text("x")
    with pytest.raises(DataError, match=r"1 of 4 files .*a/none.mid: empty.*--max-broken 0.25"):
        folder.from_path(tmp_path)
    data = folder.from_path(tmp_path, max_broken=0.3, labels="folders")
    assert data.origin is not None
    assert data.origin.left_out == ("a/none.mid: empty",)
    assert data.spec.class_names == ("a", "b")
    assert data.samples.shape == (3, 32, 2)
    assert data.class_counts == [2, 1]
    notes = " ".join(data.origin.notes)
    assert "only 2 of the 4 voices asked for sing; those that never do are left out." in notes
    assert "read as far as possible: a/cut.mid" in notes


def test_a_hold_out_has_whole_pieces(tmp_path: Path) -> None:
    for k in range(5):
        tune(tmp_path / f"{k}.mid", quarters(*range(60, 60 + 8 * (k + 1))))
    data = folder.from_path(tmp_path, bars=1)
    train, held = split_hold_out(data, 0.3)
    assert train.groups is not None
    assert held.groups is not None
    assert not set(train.groups.tolist()) & set(held.groups.tolist())
    assert len(held) >= 0.3 * len(data) > 0
    assert len(train) + len(held) == len(data)


def test_what_holds_music_is_told_from_what_holds_pictures(tmp_path: Path) -> None:
    alone = tune(tmp_path / "songs/one.mid", quarters(*range(60, 68)))
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures/a.png").write_bytes(b"")
    with zipfile.ZipFile(tmp_path / "songs.zip", "w") as packed:
        packed.write(alone, "one.mid")
    assert [folder.holds_music(tmp_path / name) for name in ("songs", "pictures", "songs.zip", "none")] == [
        True, False, True, False,
    ]  # fmt: skip
    for path in (alone, tmp_path / "songs", tmp_path / "songs.zip"):
        data = find.dataset(str(path), voices=1, bars=1)
        assert data.spec.kind == "music"
        assert data.samples.shape == (2, 16, 1)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([], "no notes"),
        ([[Note(0, 1, 60, 0)] * 0], "no notes"),
    ],
)
def test_silence_is_no_data(tmp_path: Path, parts: list[list[Note]], said: str) -> None:
    tune(tmp_path / "silent.mid", *parts)
    with pytest.raises(DataError, match=f"no file in .* gives a note .*{said}"):
        folder.from_path(tmp_path)


def test_three_hundred_tracks_are_four_voices(tmp_path: Path) -> None:
    tune(tmp_path / "many.mid", *[quarters(*[30 + k % 60] * 8) for k in range(300)])
    data = folder.from_path(tmp_path, bars=1)
    assert data.samples[0, 0].tolist() == [89, 88, 31, 30]


def test_a_hold_out_of_one_piece_is_refused(tmp_path: Path) -> None:
    tune(tmp_path / "one.mid", quarters(*range(60, 76)))
    with pytest.raises(DataError, match="from one file or piece"):
        split_hold_out(folder.from_path(tmp_path), 0.2)
