"""Music through every verb, and heard: files that another library reads, sound that has its pitches in time."""

import io
import json
import wave
from pathlib import Path

import mido
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from page_runs import client
from sparring import GAN, kinds
from sparring.cli.main import main
from sparring.cli.playground import Playground
from sparring.data.music import folder, midi
from sparring.data.music.codec import Notes, fitted
from sparring.data.music.song import Note
from sparring.data.spec import Spec
from sparring.errors import ConfigError, RunError
from sparring.history.record import read_history
from sparring.kinds import find, music, score, sound, tunes

TINY = ["--g-width", "8", "--d-width", "8", "--depth", "1", "--latent-dim", "4", "--threads", "1"]
LIKE = {"threads": 1, "voices": 2, "bars": 1, "labels": "folders", "lr_schedule": "constant"}
ROLL = np.array(
    [[72, 57], [-72, -57], [74, -57], [0, -57], [74, 56], [-74, 0], [74, 0], [-74, 45]], np.int16
)  # of eighths
SPEC = Spec("music", (8, 7 + 1 + 13 + 1 + 4), Notes((72, 45), (7, 13), 8))
SECONDS = tunes.SECONDS / 2  # of a step


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty pieces in two folders: scales in thirds, up or down."""
    place = tmp_path_factory.mktemp("songs")
    for k in range(40):
        steps = [60 + k % 5 + (step if k % 2 else 14 - step) for step in range(15)] + [67]
        parts = [
            [Note(n / 2, n / 2 + 0.5, step + 4, 0) for n, step in enumerate(steps)],
            [Note(n / 2, n / 2 + 0.5, step, 1) for n, step in enumerate(steps)],
        ]
        path = place / ("down", "up")[k % 2] / f"{k:02}.mid"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(midi.write(parts))
    return place


@pytest.fixture(scope="module")
def run(songs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short conditional training on the songs, with a hold-out and a best checkpoint."""
    out = tmp_path_factory.mktemp("runs") / "run"
    line = ["train", str(songs), "--bars", "1", "--voices", "2", "--labels", "folders", "--hold-out", "0.3"]
    short = ["--batch-size", "8", "--samples-seen", "64", "--record-every", "4", "--evaluate-every", "32"]
    assert main([*line, *short, *TINY, "--out", str(out)]) == 0
    return out


def heard(content: bytes) -> list[tuple[float, float, int, int]]:
    """The notes of a file as another library reads them: start and end in quarter notes, pitch, track."""
    read, found = mido.MidiFile(file=io.BytesIO(content)), []
    for number, track in enumerate(read.tracks):
        now, begun = 0, {}
        for message in track:
            now += message.time
            if message.type == "note_on":
                begun[message.note] = now
            elif message.type == "note_off":
                start = begun.pop(message.note)
                found.append((start / read.ticks_per_beat, now / read.ticks_per_beat, message.note, number))
    return sorted(found)


def sampled(rolls: NDArray[np.int16], grid: int) -> list[tuple[float, float, int, int]]:
    """The notes of rolls one after the other, counted step by step."""
    found, steps, quarter = [], rolls.shape[1], grid / 4
    for number, roll in enumerate(rolls):
        for voice in range(roll.shape[1]):
            for step in range(steps):
                value = int(roll[step, voice])
                if value > 0 or (value and step == 0):
                    end = step + 1
                    while end < steps and roll[end, voice] == -abs(value):
                        end += 1
                    at = number * steps
                    found.append(((at + step) / quarter, (at + end) / quarter, abs(value), voice + 1))
    return sorted(found)


def test_what_was_sampled_is_what_another_library_reads(run: Path, tmp_path: Path) -> None:
    for name in ("drawn.npz", "tune.mid", "tunes"):
        assert main(["sample", str(run), "--count", "5", "--seed", "3", "--out", str(tmp_path / name)]) == 0
    with np.load(tmp_path / "drawn.npz") as drawn:
        rolls = drawn["samples"]
    assert rolls.shape == (5, 16, 2)
    assert heard((tmp_path / "tune.mid").read_bytes()) == sampled(rolls, 16)
    files = sorted((tmp_path / "tunes").iterdir())
    assert [file.suffix for file in files] == [".mid"] * 5
    assert {file.stem.partition("-")[2] for file in files} == {"down", "up"}
    for file, roll in zip(files, rolls, strict=True):
        assert heard(file.read_bytes()) == sampled(roll[None], 16)


def loudest(sounds: NDArray[np.float64], count: int) -> set[int]:
    """The loudest pitches of a moment of sound."""
    power = np.abs(np.fft.rfft(sounds * np.hanning(len(sounds)), 2**16))
    at = {pitch: power[round(sound.hertz(pitch) * 2**16 / sound.RATE)] for pitch in range(40, 100)}
    return set(sorted(at, key=lambda pitch: -at[pitch])[:count])


def test_the_sound_has_its_pitches_in_time() -> None:
    with wave.open(io.BytesIO(tunes.to_wav(ROLL, 8))) as file:
        assert (file.getnchannels(), file.getframerate()) == (1, sound.RATE)
        values = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)
    for step, notes in enumerate(np.abs(ROLL)):
        begin = round((step * SECONDS + sound.RELEASE) * sound.RATE)
        moment = values[begin : round((step + 1) * SECONDS * sound.RATE)]
        pitches = {int(pitch) for pitch in notes if pitch}
        assert loudest(moment, len(pitches)) == pitches, step
    assert np.abs(values).max() == pytest.approx(sound.LOUD * 32767, rel=0.01)


def test_silence_sounds_as_long_as_it_is() -> None:
    with wave.open(io.BytesIO(tunes.to_wav(np.zeros((8, 2), np.int16), 8))) as file:
        assert file.getnframes() / file.getframerate() == pytest.approx(8 * SECONDS + sound.RELEASE, abs=0.01)


def test_sound_lies_beside_what_was_drawn(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw = ["sample", str(run), "--count", "2", "--sound", "--out"]
    assert main([*draw, str(tmp_path / "tunes")]) == 0
    assert sorted(path.suffix for path in (tmp_path / "tunes").iterdir()) == [".mid", ".mid", ".wav", ".wav"]
    assert main([*draw, str(tmp_path / "tune.mid"), "--interpolate"]) == 0
    assert (tmp_path / "tune.wav").exists()
    ring = Path(__file__).parents[1] / "runs/format-1/ring-mlp"
    assert main(["sample", str(ring), "--sound", "--out", str(tmp_path / "x.npz")]) == 1
    assert "--sound: points have no sound" in capsys.readouterr().err


def test_a_later_draw_replaces_an_earlier_one_and_nothing_else(tmp_path: Path) -> None:
    place = tmp_path / "tunes"
    kinds.of(SPEC).save(np.stack([ROLL] * 3), None, SPEC, place)
    tunes.write_sounds(np.stack([ROLL] * 3), None, SPEC, place)
    (place / "00007.mid").write_bytes(b"mine")
    kinds.of(SPEC).save(ROLL[None], None, SPEC, place)
    assert sorted(path.name for path in place.iterdir()) == ["00000.mid", "00000.wav", "00007.mid"]
    with pytest.raises(RunError, match="00007.mid exists, and sparring did not draw it"):
        kinds.of(SPEC).save(np.stack([ROLL] * 8), None, SPEC, place)


def test_notes_have_names(tmp_path: Path) -> None:
    kinds.of(SPEC).save(ROLL[None], None, SPEC, tmp_path / "names.txt")
    high, low = (tmp_path / "names.txt").read_text().splitlines()
    assert high.split() == ["C5", "-", "D5", ".", "D5", "-", "D5", "-"]
    assert low.split() == ["A3", "-", "-", "-", "G#3", ".", ".", "A2"]


def test_a_piano_roll_has_a_colour_for_each_voice() -> None:
    pixels = score.tiles(ROLL[None], SPEC)[0]
    assert pixels.shape == (score.HEIGHT * (79 - 45 + 2 * score.MARGIN), 8 * score.STEP, 3)
    row = {pitch: score.HEIGHT * (79 + score.MARGIN - 1 - pitch) for pitch in (72, 57)}
    assert pixels[row[72], score.STEP + 1].tolist() == list(score.colour_of(0))
    assert pixels[row[57], 3 * score.STEP + 1].tolist() == list(score.colour_of(1))
    assert pixels[row[72], 4 * score.STEP + 1].tolist() not in [list(c) for c in score.COLOURS]
    assert score.colour_of(4) != score.colour_of(0)
    assert score.sheet(np.stack([ROLL] * 3), SPEC, 3).width == 3 * (8 * score.STEP + 4) + 4


def test_the_terminal_shows_a_block_for_each_step() -> None:
    picture = score.blocks(np.stack([ROLL] * 20), SPEC)
    rows = (79 - 45 + 2 * score.MARGIN) // 2
    assert picture.shape == (rows, 8 * (8 + 1) - 1, 3)
    top = (79 + score.MARGIN - 1 - 74) // 2
    assert picture[top, 5].tolist() == list(score.colour_of(0))
    assert picture[top, 3].tolist() not in [list(colour) for colour in score.COLOURS]
    assert (picture[:, 8] == 40).all()


def test_every_verb_takes_music(
    run: Path, songs: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    *_, last = (record.values for record in read_history(run / "history.jsonl"))
    assert {"consonant", "chords", "copied", "copies", "repeats", "dead_symbols", "frechet"} <= last.keys()
    assert main(["data", str(songs), "--voices", "2", "--out", str(tmp_path / "sheet.png")]) == 0
    said = capsys.readouterr().out
    assert "2 bars of 16 steps, 2 voices" in said
    assert "40 of 40" in said
    assert main(["evaluate", str(run), "--count", "40", "--draws", "1", "--out", str(tmp_path / "e.json")]) == 0
    said = capsys.readouterr().out
    assert "FD-notes" in said
    assert "beat chain" in said
    assert {"chords", "told apart"} <= json.loads((tmp_path / "e.json").read_text())["comparison"][
        "scales"
    ].keys()
    for line in (["doctor", str(run)], ["report", str(run)], ["info", str(run)]):
        assert main(line) in (0, 3, 4, 5)
    draw = ["sample", str(run), "--count", "3", "--truncation", "0.5", "--label", "up", "--best"]
    assert main([*draw, "--out", str(tmp_path / "up.png")]) == 0


def test_a_resumed_training_equals_an_unbroken_one(songs: Path) -> None:
    def fitted_gan(*budgets: int) -> GAN:
        gan = GAN(g_width=8, d_width=8, depth=1, latent_dim=4, batch_size=4, **LIKE)
        for k, budget in enumerate(budgets):
            gan.fit(str(songs), resume=k > 0, samples_seen=budget)
        return gan

    whole, parts = fitted_gan(32), fitted_gan(16, 32)
    drawn = whole.sample(6)
    assert isinstance(drawn, music.Rolls)
    assert (np.asarray(drawn) == np.asarray(parts.sample(6))).all()
    walk = np.asarray(whole.interpolate(4))
    assert walk.shape == (4, 16, 2)
    again, _ = find.samples(np.where(np.arange(16)[:, None] % 2, -np.abs(walk), np.abs(walk)))
    assert again.spec.kind == "music"


def test_samples_in_python_write_themselves(tmp_path: Path) -> None:
    rolls = music.handed(np.stack([ROLL] * 3), SPEC)
    rolls[1:].save(tmp_path / "tune.mid")
    assert heard((tmp_path / "tune.mid").read_bytes()) == sampled(np.stack([ROLL] * 2), 8)
    rolls[1].save(tmp_path / "one.mid")
    assert heard((tmp_path / "one.mid").read_bytes()) == sampled(ROLL[None], 8)
    rolls.save(str(tmp_path / "tunes"))
    assert len(list((tmp_path / "tunes").iterdir())) == 3
    with pytest.raises(ConfigError, match="are no samples"):
        rolls[:, :, :1].save(tmp_path / "x.mid")


def test_arrays_that_are_no_rolls_are_not_taken_for_music() -> None:
    assert music.form(ROLL[None], "x") is not None
    assert music.form(np.abs(ROLL)[None], "x") is None
    assert music.form(ROLL[None].astype(float), "x") is None
    assert music.form(ROLL[None] * 3, "x") is None


def test_a_spec_that_is_no_music_is_refused() -> None:
    assert music.problem(SPEC) == ""
    assert "accepted: [steps, symbols]" in music.problem(Spec("music", (8, 2, 2), SPEC.codec))
    assert SPEC.codec.problem(SPEC.shape) == ""
    assert "symbols" in SPEC.codec.problem((8, 5))
    assert "pitches above 127" in Notes((120,), (20,), 16).problem((8, 23))


def test_the_page_gets_notes_files_and_what_is_nearest(run: Path) -> None:
    page = client(run, draw=Playground())
    answer = page.get("/api/runs/run/draw?seed=3&beside=1")
    found = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert (found["grid"], found["steps"], found["files"]) == (16, 16, [".mid", ".wav"])
    assert len(found["pieces"]) == len(found["nearest"]) == 1
    assert 0 <= found["agreement"][0][0] <= 1
    assert "nearest" not in page.get("/api/runs/run/draw?seed=3").json()
    file = page.get("/api/runs/run/draw?seed=3&form=.mid")
    assert file.headers["content-type"] == "audio/midi"
    voices = {(start / 4, end / 4, pitch, voice + 1) for start, end, pitch, voice in found["pieces"][0]}
    assert set(heard(file.content)) == voices
    assert page.get("/api/runs/run/draw?seed=3&form=.wav").content[:4] == b"RIFF"
    refused = page.get("/api/runs/run/draw?seed=3&form=.exe")
    assert refused.status_code == 400
    assert "files of pieces here: .mid, .wav" in refused.text


def test_a_copy_agrees_wholly_with_its_nearest_bar() -> None:
    training = np.stack([ROLL, ROLL + 2 * np.sign(ROLL)])
    found = json.loads(music.beside(training[1:], training, SPEC))
    assert found["agreement"] == [[1.0]]
    assert found["nearest"] == found["pieces"]
    changed = training[1].copy()
    changed[0, 0] += 1
    assert json.loads(music.beside(changed[None], training, SPEC))["agreement"] == [
        [pytest.approx(15 / 16, abs=1e-3)]
    ]


def test_features_are_scaled_by_the_reals(songs: Path) -> None:
    data = folder.from_path(songs, voices=2, bars=1)
    extractor = music.listened(music.Reals(data.samples, spec=data.spec))
    found = extractor(data.samples)
    spread = found.std(0)
    assert torch.allclose(found.mean(0), torch.zeros(found.shape[1]), atol=1e-4)
    assert ((spread - 1).abs() < 1e-3).logical_or(spread < 1).all()
    constant = spread < 1e-6
    silent = extractor(torch.zeros_like(data.samples))
    lines = data.spec.shape[0]
    assert constant.any()
    assert silent[:, constant].abs().max() <= lines  # in their own units, not in thousandths of them
    assert fitted(data.samples, 16) == data.spec.codec
