"""Broken copies of what reads, encodes and parts data must fail their tests."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

import test_arrays
import test_clusters
import test_codec
import test_crops
import test_cures
import test_dicom
import test_folders
import test_kmeans
import test_labels
import test_levels
import test_npy
import test_pictures
import test_store
import test_text_kind
import test_texts
import test_toy
from mutants import Mutant, caught, in_suite
from sparring.data import (
    arrays,
    clusters,
    codec,
    dicom,
    kmeans,
    labels,
    levels,
    npy,
    pictures,
    split,
    store,
    toy,
)
from sparring.data.text import dataset as text_data
from sparring.data.text import vocabulary
from sparring.files import cache_folder
from sparring.kinds import text as text_kind

MUTANTS = [
    Mutant(codec, "Affine.encode", ".sub(centre)", "", test_codec.test_the_ends_of_the_range_are_minus_one_and_one),
    Mutant(codec, "Affine.decode", "samples.round()", "samples", test_codec.test_bytes_between_two_are_rounded),
    Mutant(codec, "Affine.decode", "if self.bounded", "if True", test_codec.test_only_what_is_bounded_is_cut_off),
    Mutant(codec, "Affine.head", "if self.bounded", "if True", lambda: test_codec.test_a_generator_can_end_as_the_codec_needs(test_codec.COLUMNS)),
    Mutant(codec, "OneHot.encode", "+ firsts", "", test_codec.test_one_symbol_of_each_group_is_one),
    Mutant(codec, "OneHot.decode", ".argmax(-1)", ".argmin(-1)", test_codec.test_symbols_come_back),
    Mutant(codec, "OneHot.dtype", "<= 2**8", "< 2**8", test_codec.test_symbols_are_stored_in_the_smallest_type),
    Mutant(codec, "OneHot.head", "self.temperature", "1.0", test_codec.test_the_codec_gives_the_head_its_temperature),
    Mutant(codec, "StraightThrough._chosen", "/ self.temperature", "", test_codec.test_a_generator_ends_with_symbols_and_the_gradient_of_a_softmax),
    Mutant(codec, "StraightThrough._chosen", "soft.detach()", "soft", test_codec.test_a_generator_ends_with_symbols_and_the_gradient_of_a_softmax),
    Mutant(codec, "StraightThrough._chosen", "hard + (soft - soft.detach())", "soft", test_codec.test_a_generator_ends_with_symbols_and_the_gradient_of_a_softmax),
    Mutant(text_kind, "repeated", "1 - ", "", test_text_kind.test_the_measures_see_a_repeated_text),
    Mutant(vocabulary, "ended", ".cumprod(1)", "", test_texts.test_a_text_ends_at_its_first_end),
    Mutant(vocabulary, "choose", "-counts[symbol]", "counts[symbol]", test_texts.test_symbols_are_the_end_and_then_the_most_frequent),
    Mutant(text_data, "_longest", "max(USUAL_LONGEST, almost)", "almost", test_texts.test_long_texts_are_left_out_and_that_is_said),
    Mutant(kmeans, "centres", "sums / members.clamp_min(1)", "sums", test_kmeans.test_lloyds_iterations_end_where_each_centre_is_its_members_mean),
    Mutant(kmeans, "centres", "range(ITERATIONS)", "range(0)", test_kmeans.test_lloyds_iterations_end_where_each_centre_is_its_members_mean),
    Mutant(kmeans, "assign", "argmin", "argmax", test_kmeans.test_heaps_that_lie_apart_are_found),
    Mutant(kmeans, "assign", "- 2 *", "- 1 *", test_kmeans.test_lloyds_iterations_end_where_each_centre_is_its_members_mean),
    Mutant(split, "_of_equal", "numbers.setdefault(name, len(numbers))", "0", lambda: in_a_cache(lambda _: test_folders.test_copies_are_held_out_together_and_no_more_than_asked_for(fresh(), 12))),
    Mutant(split, "_part", "digest(kept.numpy().data).hex()", "len(kept)", test_folders.test_another_split_of_the_same_size_has_its_own_files),
    Mutant(split, "split_hold_out", "training = _part(data, (~held)", "training = _part(data, (held | ~held)", test_cures.test_what_is_set_aside_is_not_trained_on_and_the_same_every_time),
    Mutant(split, "_part", "rows_of[kept]", "rows_of[: len(kept)]", test_cures.test_what_is_set_aside_is_not_trained_on_and_the_same_every_time),
    Mutant(pictures, "is_grey", "pixels[..., 1] == pixels[..., 2]", "pixels[..., 1] == pixels[..., 1]", test_pictures.test_grey_is_what_has_equal_channels_everywhere),
    Mutant(pictures, "is_grey", "pixels[..., 0] == pixels[..., 1]", "pixels[..., 1] == pixels[..., 1]", test_pictures.test_grey_is_what_has_equal_channels_everywhere),
    Mutant(pictures, "_channels", "Image.alpha_composite(Image.new(\"RGBA\", picture.size, background), picture)", "picture", lambda: test_pictures.test_every_mode_in_colour("alpha")),
    Mutant(pictures, "hides", "alpha.min()) >= FAINT", "alpha.min()) >= 256", lambda: in_a_cache(lambda _: test_folders.test_pictures_that_vanish_before_their_background_are_told("black", fresh()))),
    Mutant(pictures, "cuts", "HALF * max", "max", lambda: in_a_cache(lambda _: test_crops.test_what_is_cut_off_or_enlarged_is_told(fresh(), (16, 8), {}, ""))),
    Mutant(pictures, "_channels", ' or "transparency" in picture.info', "", lambda: test_pictures.test_every_mode_in_colour("palette with a transparent colour")),
    Mutant(pictures, "_placed", "(form.height - inside.height) // 2", "0", test_pictures.test_fit_keeps_all_and_puts_black_around),
    Mutant(pictures, "_placed", "scale = min(", "scale = max(", test_pictures.test_fit_keeps_all_and_puts_black_around),
    Mutant(pictures, "_placed", "ImageOps.fit(picture, size, method)", "picture.resize(size, method)", test_pictures.test_crop_keeps_the_centre),
    Mutant(pictures, "look", "<= 8", "<= 9", lambda: test_pictures.test_pictures_are_upright(9, "PNG", {})),
    Mutant(pictures, "look", "5 <=", "6 <=", lambda: test_pictures.test_pictures_are_upright(5, "PNG", {})),
    Mutant(labels, "_folders", "shared += 1", "break", lambda: test_labels.test_each_subfolder_is_a_class_below_what_all_share("train/")),
    Mutant(labels, "by_table", "times[short] == 1", "times[short]", lambda: test_labels.test_a_bare_name_that_two_pictures_have_is_no_label(fresh())),
    Mutant(labels, "by_table", "len(found) == 1", "found", lambda: test_labels.test_ids_that_fit_several_pictures_or_rows_are_told(fresh(), "x/1,cat\ny/1,dog\n2,dog\n", ["1.png", "2.png"])),
    Mutant(levels, "ramp", "255 / (high - low)", "255 / high", test_dicom.test_levels_are_in_the_files_units_and_go_before_its_window),
    Mutant(levels, "ramp", "np.rint(wide, out=wide)", "np.floor(wide, out=wide)", test_pictures.test_16_bits_become_8_by_rounding_to_the_nearest),
    Mutant(levels, "eight_bit", "255 - found", "found", test_dicom.test_full_is_what_the_stored_bits_hold),
    Mutant(levels, "deep", "high * 256", "high * 255", lambda: test_levels.test_all_bits_of_every_kind_of_file_are_used("colour")),
    Mutant(levels, "deep", "OTHER_BYTES[order]", "order", lambda: test_levels.test_all_bits_of_every_kind_of_file_are_used("colour TIFF")),
    Mutant(levels, "_codes", "~bits", "bits", lambda: test_levels.test_the_ends_hold_all_values_and_are_not_far_from_them(test_levels.TAIL, (-4.0, 4.0))),
    Mutant(levels, "_own_ends", "> FAR *", "> 1e9 *", test_levels.test_a_hot_pixel_does_not_make_all_others_black),
    Mutant(levels, "_own_ends", "first < last and", "", test_levels.test_a_dark_field_with_few_stars_keeps_them),
    Mutant(levels, "_own_ends", "math.ceil(beyond) - 1", "beyond", test_levels.test_a_hot_pixel_does_not_make_all_others_black),
    Mutant(levels, "_round", "high - low >= FILLED", "high - low >= 0", lambda: test_levels.test_the_ends_hold_all_values_and_are_not_far_from_them(test_levels.NARROW, (1000, 1300))),
    Mutant(dicom, "_as_declared", "centre - 0.5", "centre", lambda: test_dicom.test_grey_is_shown_through_the_files_window("a threshold")),
    Mutant(dicom, "_as_declared", "-4 *", "-2 *", lambda: test_dicom.test_grey_is_shown_through_the_files_window("sigmoid")),
    Mutant(dicom, "_first", "255 - shown", "shown", lambda: test_dicom.test_grey_is_shown_through_the_files_window("inverted")),
    Mutant(dicom, "_full", "2 ** (bits - 1) - 1", "2**bits - 1", test_dicom.test_full_is_what_the_stored_bits_hold),
    Mutant(npy, "_stored", "claimed > left", "claimed > 2 * left", lambda: test_npy.test_claims_of_headers_are_refused_in_few_words(fresh(), *test_npy.CLAIMS["more than is there"], "npy")),
    Mutant(arrays, "_check_steps", "high - low", "high", test_arrays.test_points_that_float32_runs_together_are_refused),
    Mutant(arrays, "_picture_range", "array.clip(0, 1)", "array", test_arrays.test_what_resampling_leaves_beyond_the_range_is_cut_off),
    Mutant(store, "_keep_first_channel", "block[:, 0]", "block[:, 1]", lambda: grey_in_place(5)),
    Mutant(store, "_keep_first_channel", "file.seek(pixels * start)", "pass", lambda: grey_in_place(5)),
    Mutant(store, "_key", "digest.update(file.digest.encode())", "digest.update(b'')", lambda: in_a_cache(lambda path: test_store.test_other_content_is_another_entry(path, cache_folder() / "pictures", "content"))),
    Mutant(store, "_key", "sorted(asdict(form).items())", "form.width", lambda: in_a_cache(lambda path: test_store.test_another_form_is_another_entry(path, cache_folder() / "pictures", {"resize": "fit"}))),
    Mutant(clusters, "_projected", "- len(data) * mean.outer(mean)", "", test_clusters.test_the_directions_are_those_of_greatest_variance_about_the_mean),
    Mutant(clusters, "_projected", ") - mean) @", ")) @", test_clusters.test_the_directions_are_those_of_greatest_variance_about_the_mean),
    Mutant(clusters, "_projected", "directions[:, -DIRECTIONS:]", "directions[:, :DIRECTIONS]", test_clusters.test_the_directions_are_those_of_greatest_variance_about_the_mean),
    Mutant(toy, "Mixture.sample", "self.sigma *", "", lambda: test_toy.test_every_mode_gets_its_share_and_its_width("ring")),
    Mutant(toy, "ring", "angles.sin()", "angles.cos()", lambda: test_toy.test_moments_of_samples("ring", 0.5001)),
    Mutant(toy, "grid", "(side - 1) / 2", "side / 2", lambda: test_toy.test_moments_of_samples("grid", 8.0025)),
    Mutant(toy, "Mixture.log_density", "2 * self.sigma**2)", "self.sigma**2)", test_toy.test_density_integrates_to_one),
    Mutant(toy, "Mixture.log_density", "- math.log(len(self.means))", "", test_toy.test_density_integrates_to_one),
]  # fmt: skip


def fresh() -> Path:
    """A folder of its own for a test that wants one."""
    return Path(tempfile.mkdtemp())


def grey_in_place(count: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        test_store.test_grey_takes_a_third_of_the_space_whatever_the_blocks(count, fresh(), patch)


def in_a_cache(test: Callable[[Path], None]) -> None:
    """Run a test of twelve pictures with a cache of its own."""
    folder = fresh()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        test(test_store.make_photos(folder / "photos"))


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_broken_copy_fails_its_test(mutant: Mutant, request: pytest.FixtureRequest) -> None:
    caught(mutant, request)


def test_the_tests_that_catch_broken_copies_are_in_the_suite() -> None:
    assert [str(mutant) for mutant in MUTANTS if not in_suite(mutant)] == []
