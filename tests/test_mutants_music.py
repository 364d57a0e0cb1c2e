"""A broken copy of what is measured, read and played of music must fail its test; see ``mutants``."""

import pytest

import test_midi
import test_music
import test_music_kind
import test_song
from mutants import Mutant, caught
from sparring.data import split
from sparring.data.music import chorales, codec, midi, roll, song
from sparring.metrics import chains, forest, judged_music
from sparring.metrics import music as measures

MUTANTS = [
    Mutant(measures, "chord_types", "% OCTAVE", "", test_music.test_a_chord_is_its_intervals_above_the_lowest_voice),
    Mutant(measures, "chord_types", ".min(-1", ".max(-1", test_music.test_a_chord_is_its_intervals_above_the_lowest_voice),
    Mutant(measures, "consonant", "types[types > 0]", "types", test_music.test_silent_beats_are_not_counted),
    Mutant(measures, "pairs", "types[:, :-1] * CHORD_TYPES + types[:, 1:]", "types[:, 1:] + types[:, :-1]", test_music.test_pairs_of_chords_are_known_in_their_order),
    Mutant(measures, "notes", "begins[:, 0] = lines[:, 0] != 0", "pass", test_music.test_notes_have_pitches_and_lengths),
    Mutant(measures, "notes", "lines.shape[1]), lines.shape[1])", "lines.shape[1]), lines.shape[1] - 1)", test_music.test_notes_have_pitches_and_lengths),
    Mutant(measures, "Notes", "np.diff(self.pitch)[together]", "np.diff(self.pitch)", test_music.test_notes_have_pitches_and_lengths),
    Mutant(measures, "Notes", "LEAST_INTERVAL", "-99", test_music.test_notes_have_pitches_and_lengths),
    Mutant(measures, "copied_bars", "if piece.any()", "", test_music.test_copied_bars_sound_alike_in_all_voices),
    Mutant(measures, "repeated_bars", "if piece.any()", "", test_music.test_bars_that_repeat_another_are_counted_but_silence_is_not),
    Mutant(measures, "nearest_bars", "argmax", "argmin", test_music_kind.test_a_copy_agrees_wholly_with_its_nearest_bar),
    Mutant(measures, "_bars", "np.abs(pieces[:, 0])", "pieces[:, 0]", test_music.test_copied_bars_sound_alike_in_all_voices),
    Mutant(measures, "features", "-np.diff(means) / OCTAVE", "means / OCTAVE", test_music.test_features_are_the_same_in_any_key_and_tell_what_they_say),
    Mutant(measures, "_moves", "(leaps <= high)", "(leaps < high)", test_music.test_features_are_the_same_in_any_key_and_tell_what_they_say),
    Mutant(forest, "area", "(below + up_to)", "(below + below)", test_music.test_the_area_under_the_curve_counts_pairs),
    Mutant(forest, "impurity", "(1 - ones", "(1 + ones", test_music.test_a_tree_puts_each_vector_into_its_leaf),
    Mutant(forest, "predict", "[goes_left] = predict(tree.left", "[goes_left] = predict(tree.right", test_music.test_a_tree_puts_each_vector_into_its_leaf),
    Mutant(forest, "told_apart", "np.arange(len(part)) < len(part) / 2", "np.arange(len(part)) % 2 < 1", test_music.test_the_halves_of_a_forest_are_not_shuffled),
    Mutant(forest, "grow", "argmin", "argmax", test_music.test_a_forest_tells_apart_what_differs_and_nothing_else),
    Mutant(chains, "independent_voices", "chain.get(before)", "None", test_music.test_chains_of_voices_follow_pitches),
    Mutant(chains, "_note_chain", "line[end] == -pitch", "False", test_music.test_chains_of_voices_keep_intervals_and_lose_chords),
    Mutant(chains, "beat_chain", "following.get(chords[window, place].tobytes())", "None", test_music.test_chains_of_beats_follow_chords_and_copy),
    Mutant(chains, "shuffled_bars", "size=(count, bars)", "size=(count, 1)", test_music.test_shuffled_bars_come_from_several_windows_and_hold_only_what_began),
    Mutant(chains, "_mended", "-rolls, rolls", "rolls, rolls", test_music.test_shuffled_bars_come_from_several_windows_and_hold_only_what_began),
    Mutant(judged_music, "evenly", "* len(rolls) // count", "", test_music.test_rolls_are_taken_evenly),
    Mutant(judged_music, "halves", "// run", "", test_music.test_halves_are_runs_of_neighbours_which_share_bars),
    Mutant(song, "key_of", "note.end - note.start", "1", test_song.test_a_key_is_of_what_sounds_longest),
    Mutant(song, "in_one_key", "> OCTAVE // 2", "> OCTAVE", test_song.test_a_far_key_moves_down),
    Mutant(song, "bars", "min(end, last)", "end", test_song.test_bars_follow_the_metres_to_the_last_note),
    Mutant(roll, "on_grid", "max(end, start + 1)", "end", test_song.test_notes_beside_the_grid_are_moved_to_it_and_none_is_lost),
    Mutant(roll, "_skyline", "number == before[slot]", "False", test_song.test_a_voice_that_takes_over_a_sounding_note_begins_it),
    Mutant(roll, "_slots", "count - 1 - k // 2", "k", test_song.test_voices_are_the_highest_the_lowest_and_those_between),
    Mutant(roll, "begun", "np.abs(roll[0])", "roll[0]", test_song.test_windows_begin_at_bar_lines_and_their_notes_with_them),
    Mutant(codec, "Hold.forward", "torch.lerp(held[-1], pitch, change)", "pitch", test_song.test_a_voice_changes_only_where_a_note_begins),
    Mutant(codec, "Notes.decode", "symbols.gather(1, begun)", "symbols", test_song.test_what_is_held_has_the_pitch_with_which_it_began),
    Mutant(chorales, "melodies", "ALIKE * least", "least * 2", test_song.test_chorales_of_one_melody_are_in_one_part),
    Mutant(split, "_whole_groups", "torch.isin(places, order[:chosen])", "torch.arange(len(places)) < count", test_song.test_a_hold_out_has_whole_pieces),
    Mutant(midi, "_variable", "| 0x80", "", test_midi.test_long_times_are_written_in_groups_of_seven_bits),
    Mutant(midi, "_notes", "velocity:", "True:", test_midi.test_a_note_has_the_times_of_the_file_in_quarter_notes),
]  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_broken_copy_is_caught(mutant: Mutant, request: pytest.FixtureRequest) -> None:
    caught(mutant, request)
