"""Measures of music against what can be counted by hand, the forest, the chains and the table of all."""

import itertools

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from sparring.data.music.codec import fitted
from sparring.data.spec import Spec
from sparring.metrics import chains, forest, judged_music
from sparring.metrics import music as measures
from sparring.metrics.comparison import FLOOR, GENERATOR, Trial

C_MAJOR, F_MAJOR_OVER_A, CLUSTER = [60, 64, 67], [69, 72, 77], [60, 61, 62]
MAJOR, SIXTH = 1 | 1 << 4 | 1 << 7, 1 | 1 << 3 | 1 << 8


def chords(*listed: list[int], steps: int = 4) -> NDArray[np.int16]:
    """A roll (1, T, voices) of chords that are held for some steps each."""
    roll = np.repeat(np.array(listed, np.int16), steps, 0)
    held = np.arange(len(roll)) % steps != 0
    roll[held] *= -1
    return roll[None]


def test_a_chord_is_its_intervals_above_the_lowest_voice() -> None:
    roll = chords(C_MAJOR, F_MAJOR_OVER_A, [0, 0, 0], [0, 60, 0], [72, 55, 0])
    assert measures.chord_types(roll, 4).tolist() == [[MAJOR, SIXTH, 0, 1, 1 | 1 << 5]]
    assert (measures.chord_types(roll + 3 * np.sign(roll), 4) == measures.chord_types(roll, 4)).all()


@pytest.mark.parametrize(
    ("chord", "is_consonant"),
    [
        (C_MAJOR, True),
        (F_MAJOR_OVER_A, True),
        ([67, 71, 77], True),  # part of a dominant seventh
        ([59, 62, 68], True),  # part of a diminished seventh
        ([60, 60, 72], True),
        (CLUSTER, False),
        ([60, 65, 70], False),  # two fourths
    ],
)
def test_consonant_is_what_belongs_to_one_triad_or_seventh_chord(chord: list[int], is_consonant: bool) -> None:
    assert measures.consonant(measures.chord_types(chords(chord), 4)) == is_consonant


def test_silent_beats_are_not_counted() -> None:
    types = measures.chord_types(chords(C_MAJOR, [0, 0, 0], CLUSTER), 4)
    assert measures.consonant(types) == 0.5
    assert measures.consonant(types[:, 1:2]) == 0.0


def test_pairs_of_chords_are_known_in_their_order() -> None:
    reference = measures.chord_types(chords(C_MAJOR, F_MAJOR_OVER_A, CLUSTER), 4)
    forth, back = chords(C_MAJOR, F_MAJOR_OVER_A, C_MAJOR), chords(F_MAJOR_OVER_A, C_MAJOR)
    assert measures.known_pairs(measures.chord_types(forth, 4), reference) == 0.5
    assert measures.known_pairs(measures.chord_types(back, 4), reference) == 0.0


LINE = np.array([[[-60], [-60], [62], [-62], [0], [50], [50], [-50]]], np.int16)


def test_notes_have_pitches_and_lengths() -> None:
    line, pitch, length = measures.notes(np.concatenate([LINE, LINE], 2))
    assert line.tolist() == [0] * 4 + [1] * 4
    assert pitch.tolist() == [60, 62, 50, 50] * 2
    assert length.tolist() == [2, 2, 1, 2] * 2
    assert measures.notes(np.concatenate([LINE, LINE], 2)).intervals.tolist() == [2, -12, 0] * 2
    assert measures.notes(np.array([[[40], [80], [40]]], np.int16)).intervals.tolist() == [12, -12]


def test_copied_bars_sound_alike_in_all_voices() -> None:
    training = chords(C_MAJOR, F_MAJOR_OVER_A)
    known = measures.bars(training, 4)
    assert len(known) == 2
    new = training.copy()
    new[0, 5, 1] = 72
    assert measures.copied_bars(training, known, 4) == 1.0
    assert measures.copied_bars(new, known, 4) == 0.5
    held = np.concatenate([training, -np.abs(training[:, 4:])], 1)
    assert measures.copied_bars(held, known, 4) == 1.0  # a bar that goes on sounds as one that begins
    assert measures.copied_bars(np.concatenate([new, np.zeros_like(new)], 1), known, 4) == 0.5


def test_bars_that_repeat_another_are_counted_but_silence_is_not() -> None:
    pieces = chords(C_MAJOR, F_MAJOR_OVER_A, C_MAJOR, [0, 0, 0], [0, 0, 0])
    assert measures.repeated_bars(pieces, 4) == pytest.approx(1 / 3)
    assert measures.repeated_bars(np.zeros_like(pieces), 4) == 0.0


def test_features_are_the_same_in_any_key_and_tell_what_they_say() -> None:
    roll = np.concatenate([LINE, LINE + 7 * np.sign(LINE)], 2)[:, :, ::-1]
    found = measures.features(roll, 4)
    assert np.allclose(found, measures.features(roll + 2 * np.sign(roll), 4))
    intervals, spacing, rest = found[0, :12], found[0, 12], found[0, 13:]
    assert intervals.tolist() == [0.5] + [0] * 6 + [0.5] + [0] * 4
    assert spacing == pytest.approx(7 / 12)
    begins, rests, length, moves = rest[:8], rest[8:10], rest[10:12], rest[12:]
    assert begins.reshape(4, 2)[:, 0].tolist() == [0.5, 0.5, 1.0, 0.0]
    assert rests.tolist() == [1 / 8, 1 / 8]
    assert length.tolist() == pytest.approx([7 / 16] * 2)
    assert moves.reshape(2, 5)[0].tolist() == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3, 0])


def test_the_area_under_the_curve_counts_pairs() -> None:
    assert forest.area(np.array([0.0, 1, 2, 3]), np.array([2.0, 4])) == pytest.approx((2.5 + 4) / 8)
    assert forest.area(np.array([1.0]), np.array([1.0])) == 0.5


def test_a_forest_tells_apart_what_differs_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(120, 6)), rng.normal(size=(140, 6))
    assert 0.35 < forest.told_apart(one, other, trees=20) < 0.65
    shifted = other.copy()
    shifted[:, 3] += 8
    assert forest.told_apart(one, shifted, trees=20) == 1.0
    both = np.sign(other[:, :1])  # what differs is how two features go together
    ring = np.concatenate([both * np.abs(other[:, 1:2]), other], 1)
    assert forest.told_apart(np.concatenate([one[:, :1], one], 1), ring) > 0.6


def test_the_halves_of_a_forest_are_not_shuffled() -> None:
    rng = np.random.default_rng(0)
    pieces = np.repeat(rng.normal(size=(40, 4)), 6, 0)  # windows of one piece are alike
    others = np.repeat(rng.normal(size=(40, 4)), 6, 0)
    assert forest.told_apart(pieces, others, trees=20) < 0.75


def test_a_tree_puts_each_vector_into_its_leaf() -> None:
    split = forest.Split(0, 0.5, forest.Leaf(0.25), forest.Split(1, 2.0, forest.Leaf(0.0), forest.Leaf(1.0)))
    vectors = np.array([[0.0, 9.0], [1.0, 1.0], [1.0, 3.0]])
    assert forest.predict(split, vectors).tolist() == [0.25, 0.0, 1.0]
    assert forest.impurity(np.array([4, 4, 0]), np.array([2, 4, 0])).tolist() == [2.0, 0.0, 0.0]
    same = forest.grow(np.ones((9, 2)), np.arange(9) < 3, np.random.default_rng(0))
    assert same == forest.Leaf(pytest.approx(1 / 3))


def training(count: int = 60) -> NDArray[np.int16]:
    """Windows of two bars of eight steps in two voices that go together."""
    rng = np.random.default_rng(1)
    lowest = rng.choice([48, 50, 52], (count, 8)).repeat(2, 1)
    roll = np.stack([lowest + 12, lowest], 2).astype(np.int16)
    roll[:, 1::2] *= -1
    return roll


def test_chains_of_voices_keep_intervals_and_lose_chords() -> None:
    made = chains.independent_voices(training(), 80, np.random.default_rng(0))
    assert made.shape == (80, 16, 2)
    assert set(measures.notes(made).length.tolist()) <= {2}
    assert set(np.abs(made[:, :, 1]).flatten().tolist()) == {48, 50, 52}
    together = (np.abs(made[:, :, 0]) - np.abs(made[:, :, 1]) == 12).mean()
    assert 0.2 < together < 0.5


def test_chains_of_voices_follow_pitches() -> None:
    scales = np.array([[[60], [62], [64], [65]], [[64], [65], [60], [62]]], np.int16)
    made = chains.independent_voices(scales, 60, np.random.default_rng(0))
    follows = {(60, 62), (62, 64), (64, 65), (65, 60)}
    assert all(set(itertools.pairwise(w)) <= follows for w in made[:, :, 0].tolist())


def test_chains_of_beats_follow_chords_and_copy() -> None:
    pieces = training()
    made = chains.beat_chain(pieces, 80, 4, np.random.default_rng(0))
    types, known = measures.chord_types(made, 4), measures.chord_types(pieces, 4)
    assert measures.known_pairs(types, known) == 1.0
    assert measures.known_pairs(types[:, :1], known) == 0.0  # one beat alone
    assert measures.copied_bars(made, measures.bars(pieces, 4), 4) == 1.0
    first = {window[:4].tobytes() for window in pieces}
    assert all(window[:4].tobytes() in first for window in made)
    ring = np.repeat(np.array([[48], [50], [52], [48]], np.int16), 4, 0)[None]
    made = np.abs(chains.beat_chain(ring, 20, 4, np.random.default_rng(0)))[:, ::4, 0]
    assert all(set(itertools.pairwise(w)) <= {(48, 50), (50, 52), (52, 48)} for w in made.tolist())


def test_shuffled_bars_come_from_several_windows_and_hold_only_what_began() -> None:
    pieces = np.concatenate([training(), np.full((1, 16, 2), -70, np.int16)])
    made = chains.shuffled_bars(pieces, 300, 8, np.random.default_rng(0))
    assert measures.copied_bars(made, measures.bars(pieces, 8), 8) == 1.0
    whole = {window.tobytes() for window in pieces}
    assert np.mean([window.tobytes() in whole for window in made]) < 0.2
    held, before = made[:, 1:] < 0, np.abs(made[:, :-1])
    assert (np.abs(made[:, 1:])[held] == before[held]).all()


def test_the_table_has_the_floor_the_generator_and_the_baselines() -> None:
    pieces = training(200)
    seen, unseen = torch.from_numpy(pieces[:120]), torch.from_numpy(pieces[120:])
    codec = fitted(torch.from_numpy(pieces), 16)
    spec = Spec("music", (16, sum(codec.sizes)), codec)
    fakes = torch.from_numpy(chains.independent_voices(pieces, 90, np.random.default_rng(3)))
    told: list[str] = []
    found = judged_music.judge(Trial(fakes, seen, unseen, spec, 0, told.append))
    assert found.count == 80
    assert tuple(found.columns) == (FLOOR, GENERATOR, "independent voices", "beat chain", "bar shuffle")
    assert all(set(numbers) == set(found.scales) for numbers in found.columns.values())
    mine, other = found.columns[GENERATOR], found.columns["beat chain"]
    assert mine["chords"] > 0.2 > 0.05 > other["chords"]
    assert mine["told apart"] > 0.9
    assert any("beat chain" in line for line in found.summary() if line.startswith("Better than"))
    assert len(told) == 5
    alone = judged_music.judge(Trial(fakes, seen, None, spec, 0, told.append))
    assert alone.count == 60
    assert "one half of it" in alone.notes[0]
    assert {*alone.scales} - {*alone.columns[FLOOR]} == {"copied bars"}  # its own bars are no copies


def test_halves_are_runs_of_neighbours_which_share_bars() -> None:
    for count, run in ((1000, 16), (24, 3), (5, 1)):
        seen, unseen = judged_music.halves(np.arange(count))
        assert sorted([*seen, *unseen]) == list(range(count))
        assert seen[:run].tolist() == list(range(run))
        assert unseen[:run].tolist() == list(range(run, 2 * run))
        assert abs(len(seen) - len(unseen)) <= run


def test_rolls_are_taken_evenly() -> None:
    assert judged_music.evenly(np.arange(10), 4).tolist() == [0, 2, 5, 7]
