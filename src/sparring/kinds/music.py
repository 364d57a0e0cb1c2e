"""Music: rolls of notes (T, voices), encoded one-hot as (T, N)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from sparring.data.music import folder
from sparring.data.music.codec import Notes, fitted
from sparring.data.music.midi import BEATS_A_MINUTE
from sparring.data.music.song import PITCHES, QUARTERS
from sparring.data.spec import Spec
from sparring.errors import ConfigError, counted
from sparring.history.record import LOGGED, Logged
from sparring.kinds import score, sheets, tunes, writers
from sparring.kinds.kind import Array, Kind, Measure
from sparring.metrics import music as measures
from sparring.metrics import shares
from sparring.metrics.extractors import FOR_ALL, Features, Reals
from sparring.metrics.features import CONSTANT, Extractor, content_hash
from sparring.metrics.judged_music import judge

GRID = 16  # of arrays that do not say it
MOST_VOICES = 16  # of arrays; more columns are no voices
FILES = {".mid": "audio/midi", ".wav": "audio/wav"}  # that the page offers
PAIR_COLUMNS = 4  # columns of single rolls, half as many of pairs


def problem(spec: Spec) -> str:
    """What is wrong with a Spec of music; "" if nothing is wrong."""
    return (
        ""
        if len(spec.shape) == 2
        else f"shape: {list(spec.shape)} does not fit music; accepted: [steps, symbols]"
    )


def describe(spec: Spec) -> str:
    """Describe one sample, as in "2 bars of 16 steps, 4 voices"."""
    codec = Notes.of(spec.codec)
    bars, rest = divmod(spec.shape[0], codec.grid)
    time = f"{counted(bars, 'bar')} of {codec.grid} steps" if not rest else f"{spec.shape[0]} steps"
    return f"{time}, {counted(codec.voices, 'voice')}"


def vectors(notes: Tensor) -> Tensor:
    """Encoded notes (B, T, N) as vectors: each symbol's share of every four steps."""
    steps = notes.shape[1] // 4 * 4 or notes.shape[1]
    beats: Tensor = notes[:, :steps].unflatten(1, (-1, min(4, steps)))
    return beats.mean(2).flatten(1)


def coarse(notes: Tensor) -> Tensor:
    """Encoded notes (B, T, N) as vectors: each symbol's share of all steps."""
    return notes.mean(1)


def rolls_of(samples: Tensor | Array) -> Array:
    """Decoded samples as an array."""
    return samples.cpu().numpy() if isinstance(samples, Tensor) else samples


def consonance(fakes: Tensor, reals: Tensor, spec: Spec) -> float:
    """The share of consonant beats of decoded fakes."""
    return measures.consonant(measures.chord_types(rolls_of(fakes), Notes.of(spec.codec).beat))


def chord_distance(fakes: Tensor, reals: Tensor, spec: Spec) -> float:
    """The divergence of the chords of decoded fakes from those of decoded reals, in bits."""
    types = (measures.chord_types(rolls_of(rolls), Notes.of(spec.codec).beat) for rolls in (fakes, reals))
    return shares.shannon(*types)


def listened(reals: Reals) -> Extractor:
    """The features of ``metrics.music``, each divided by its deviation among the reals, if it has one."""
    assert reals.spec is not None
    steps = Notes.of(reals.spec.codec).beat
    found = torch.from_numpy(measures.features(rolls_of(reals.samples), steps)).float()
    mean, scale = found.mean(0), found.std(0)
    scale = scale.where(scale > CONSTANT, 1.0)  # as a voice that never rests

    def function(samples: Tensor) -> Tensor:
        features = measures.features(rolls_of(samples), steps)
        return (torch.from_numpy(features).float() - mean) / scale

    return Extractor("notes", function, dimension=found.shape[1], version=content_hash(mean, scale), batch=1000)


def pair_sheet(fakes: Tensor, reals: Tensor, spec: Spec) -> Image.Image:
    """Fakes, each beside a real, in rows of pairs; each column has a title."""
    pairs = torch.stack([fakes, reals], 1).flatten(0, 1)
    rows = sheets.mosaic(score.tiles(rolls_of(pairs), spec), PAIR_COLUMNS, 4)
    return sheets.titled(rows, ("forged", "nearest real"), PAIR_COLUMNS)


def form(array: Array, name: str) -> tuple[Spec, Tensor] | None:
    """Whole numbers (N, T, voices), some of them negative, are rolls on a grid of sixteenths."""
    fits = array.ndim == 3 and array.dtype.kind == "i" and 1 <= array.shape[2] <= MOST_VOICES
    if not fits or array.min() >= 0 or array.min() <= -PITCHES or array.max() >= PITCHES:
        return None
    rolls = torch.from_numpy(array.astype(np.int16))
    codec = fitted(rolls, GRID)
    return Spec("music", (array.shape[1], sum(codec.sizes)), codec), rolls


def show(rolls: Array, spec: Spec) -> bytes:
    """Rolls as JSON, which the page draws and plays: of each note its first step, the last, pitch and voice."""
    return _json(rolls, spec)


def beside(rolls: Array, training: Array, spec: Spec) -> bytes:
    """As ``show``, each with the training bars that are nearest to its bars, and how far they agree."""
    bar = Notes.of(spec.codec).grid
    found = [measures.nearest_bars(roll, training, min(bar, len(roll))) for roll in rolls]
    return _json(
        rolls,
        spec,
        nearest=[_notes(nearest, spec) for nearest, _ in found],
        agreement=[shares.round(3).tolist() for _, shares in found],
    )


def _json(rolls: Array, spec: Spec, **more: Any) -> bytes:
    codec = Notes.of(spec.codec)
    shape = {
        "grid": codec.grid,
        "steps": int(rolls.shape[1]),
        "beats_a_minute": BEATS_A_MINUTE,
        "low": min(codec.lowest),
        "high": max(codec.highest),
        "files": list(FILES),
    }
    return json.dumps(shape | {"pieces": [_notes(roll, spec) for roll in rolls]} | more).encode()


def _notes(roll: Array, spec: Spec) -> list[list[int]]:
    """The notes of a roll: first step, the one behind the last, pitch, voice."""
    grid = Notes.of(spec.codec).grid
    steps = grid / QUARTERS
    return [
        [round(note.start * steps), round(note.end * steps), note.pitch, voice]
        for voice, part in enumerate(tunes.parts(roll, grid))
        for note in part
    ]


def comparable(options: Mapping[str, Any], like: Spec | None) -> dict[str, Any]:
    """Options by which files give samples of the form of a Spec."""
    if like is None or like.kind != MUSIC.name:
        return dict(options)
    return {**options, **{name: int(number) for name, number in read_like(like).items()}}


def read_like(spec: Spec) -> dict[str, str]:
    """The options with which files give samples of the form of a Spec."""
    codec = Notes.of(spec.codec)
    bars = max(1, spec.shape[0] // codec.grid)
    return {"grid": str(codec.grid), "bars": str(bars), "voices": str(codec.voices)}


def repeated(fakes: Tensor, reals: Tensor, spec: Spec) -> float:
    """The share of bars of decoded fakes that repeat another one."""
    return measures.repeated_bars(rolls_of(fakes), min(Notes.of(spec.codec).grid, fakes.shape[1]))


def traits(rolls: Array, spec: Spec) -> dict[str, Array]:
    """The mean pitch of decoded pieces (N, T, voices), in semitones, and how many notes begin in each."""
    begins = rolls > 0
    notes = begins.sum((1, 2))
    return {
        "pitch": np.where(begins, rolls, 0).sum((1, 2)) / np.maximum(notes, 1),
        "notes": notes.astype(float),
    }


class Rolls(np.ndarray[Any, np.dtype[np.int16]]):
    """Samples (N, T, voices) that can write themselves: a pitch where a note begins, minus it where it is held.

    Attributes:
        spec: of the data.
    """

    spec: Spec | None = None

    def __array_finalize__(self, of: Any) -> None:
        self.spec = getattr(of, "spec", None)

    def save(self, path: str | Path) -> None:
        """Write the samples to a .mid, .wav, .txt, .png or .npz file, or each as MIDI to a folder.

        Raises:
            ConfigError: another suffix, or this is a part of samples without all voices.
        """
        rolls = np.asarray(self[None] if self.ndim == 2 else self)  # one sample, as in rolls[0].save(…)
        if self.spec is None or rolls.ndim != 3 or rolls.shape[2] != Notes.of(self.spec.codec).voices:
            raise ConfigError(
                f"notes of shape {self.shape} are no samples (N, steps, voices): save all of their voices."
            )
        MUSIC.save(rolls, None, self.spec, Path(path))


def handed(rolls: Array, spec: Spec) -> Rolls:
    """Rolls as ``GAN.sample`` gives them."""
    found = rolls.view(Rolls)
    found.spec = spec
    return found


MUSIC = Kind(
    name="music",
    noun="piece",
    axes="T N",
    codec=Notes.from_dict,
    recipe="counterpoint",
    count=8,
    discrete=True,
    problem=problem,
    describe=describe,
    vectors=vectors,
    coarse=coarse,
    measures={
        "consonant": Measure(
            consonance,
            Logged("share", "near that of the data", "beats whose notes belong to one triad or seventh chord"),
            decoded=True,
        ),
        "chords": Measure(
            chord_distance,
            Logged("bits", "below 0.2", "Jensen-Shannon divergence of the chords at beats from the data's"),
            decoded=True,
        ),
        "dead_symbols": Measure(shares.dead_symbols, LOGGED["dead_symbols"]),
        "repeats": Measure(repeated, LOGGED["repeats"], decoded=True),
    },
    features=Features(("notes", FOR_ALL), own={"notes": listened}),
    judge=judge,
    sheet=score.sheet,
    tiles=score.tiles,
    thumbnail=score.blocks,
    pair_sheet=pair_sheet,
    handed=handed,
    media="application/json",
    traits=traits,
    show=show,
    beside=beside,
    offered=FILES,
    writers={
        ".mid": tunes.write_midi,
        ".wav": tunes.write_wav,
        ".txt": tunes.write_text,
        ".png": writers.of_sheets(score.sheet),
        ".npz": writers.arrays,
        "": tunes.write_folder,
    },
    sound=tunes.write_sounds,
    suffixes=folder.SUFFIXES,
    files="MIDI files and folders and zips of them",
    reads=folder.holds_music,
    read=lambda path, options, watch: folder.from_path(path, **options, watch=watch),
    form=form,
    options=("grid", "bars", "voices", "lines", "one_key", "labels", "max_broken"),
    read_like=read_like,
    comparable=comparable,
)
