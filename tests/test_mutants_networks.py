"""Broken copies of networks must fail their tests."""

from functools import partial

import pytest

import test_associations
import test_imagenet
import test_modern
import test_networks
import test_resnet
import test_second_order
import test_skips
import test_spectral
import test_tokens
from mutants import Mutant, caught, in_suite
from sparring.networks import associations, blocks, dcgan, imagenet, modern, network, resnet, skips, tokens

MUTANTS = [
    Mutant(associations, "agreeing", "counts - 1", "counts", test_associations.test_agreeing_counts_ordered_pairs_of_texts_with_one_symbol),
    Mutant(associations, "excess", "(len(first) - 1)", "len(first)", test_associations.test_excess_is_what_is_beyond_chance_in_its_roots),
    Mutant(associations, "excess", "math.sqrt(max(chance, 1.0))", "max(chance, 1.0)", test_associations.test_excess_is_what_is_beyond_chance_in_its_roots),
    Mutant(associations, "dependent", "texts[texts[:, second] > 0]", "texts", test_associations.test_places_after_the_end_of_a_text_do_not_count),
    Mutant(associations, "dependent", "-scored[0]", "scored[0]", test_associations.test_the_places_that_rhyme_are_found_first_and_neighbours_are_left_out),
    Mutant(associations, "dependent", "first + NEAREST", "first + 1", test_associations.test_the_places_that_rhyme_are_found_first_and_neighbours_are_left_out),
    Mutant(associations, "of_symbols", "chance + 1", "chance + 2", test_associations.test_vectors_give_observed_less_expected_over_the_root_of_expected_and_one),
    Mutant(associations, "factors", "[:rank].sqrt()", "[:rank]", test_associations.test_factors_are_the_nearest_matrix_of_their_rank),
    Mutant(associations, "Associations.look_at", "if self.places.any():", "if False:", test_associations.test_what_was_found_once_stays),
    Mutant(associations, "Associations.look_at", "spread.sqrt()", "spread", test_associations.test_what_is_shown_has_a_spread_of_one_and_tells_rhymes_from_others),
    Mutant(associations, "Associations.look_at", "LEAST * spread.max()", "0 * spread.max()", test_associations.test_what_is_shown_has_a_spread_of_one_and_tells_rhymes_from_others),
    Mutant(tokens, "started", "/ math.sqrt(layer.in_features)", "", test_tokens.test_layers_keep_the_variance_of_a_signal),
    Mutant(tokens, "near", "gain)", "gain / 3)", test_tokens.test_layers_keep_the_variance_of_a_signal),
    Mutant(tokens, "Block.forward", "1 + self.gains(style)", "self.gains(style)", test_tokens.test_a_style_scales_each_channel),
    Mutant(network, "at_rest", "player.eval()", "pass", test_networks.test_at_rest_every_layer_evaluates_and_is_then_as_it_was),
    Mutant(network, "at_rest", "module.training = training", "module.training = True", test_networks.test_at_rest_every_layer_evaluates_and_is_then_as_it_was),
    Mutant(blocks, "UpsampleConv2d.forward", "kernel[:, :, 1:] + kernel[:, :, :-1]", "kernel[:, :, 1:] * 2", partial(test_networks.test_upsampling_is_nearest_enlargement_and_a_convolution, True)),
    Mutant(blocks, "UpsampleConv2d.forward", "self.bias, ", "None, ", partial(test_networks.test_upsampling_is_nearest_enlargement_and_a_convolution, True)),
    Mutant(blocks, "UpsampleConv2d.reset_parameters", "(9 * len", "(4 * len", test_networks.test_upsampling_is_initialised_as_a_convolution_is),
    Mutant(blocks, "MinibatchDeviation.forward", "flatten(1).mean(1)", "flatten(1).sum(1)", test_networks.test_minibatch_deviation_is_the_mean_deviation_of_each_group),
    Mutant(blocks, "MinibatchDeviation.forward", "min(count, self.group)", "count", test_networks.test_minibatch_deviation_is_the_mean_deviation_of_each_group),
    Mutant(modern, "Bottleneck.forward", "self.layers(features)", "self.layers(features.detach())", lambda: test_second_order.test_the_slope_itself_against_finite_differences("modern")),
    Mutant(modern, "Bottleneck.forward", "self.layers(features)", "torch.func.functional_call(self.layers, {n: w.detach() for n, w in self.layers.named_parameters()}, features)", lambda: test_second_order.test_a_penaltys_gradient_in_all_weights("modern", "zero_centred")),
    Mutant(blocks, "spectral", "list(network.modules())", "list(network.modules())[:3]", lambda: test_spectral.test_every_weight_has_a_greatest_singular_value_of_one("resnet")),
    Mutant(blocks, "spectral", " | nn.Embedding", "", lambda: test_spectral.test_every_weight_has_a_greatest_singular_value_of_one("mlp")),
    Mutant(blocks, "ConditionalBatchNorm.forward", "* normed +", "+ normed +", test_resnet.test_conditional_batch_norm_is_batch_norm_with_the_classes_scale_and_shift),
    Mutant(blocks, "ConditionalBatchNorm.forward", "self.shift[labels]", "self.shift[0 * labels]", test_resnet.test_conditional_batch_norm_is_batch_norm_with_the_classes_scale_and_shift),
    Mutant(blocks, "ConditionalBatchNorm.forward", "labels @ self.shift", "self.shift[labels.argmax(1)]", test_resnet.test_weights_of_classes_lie_between_the_classes),
    Mutant(blocks, "ClassHead.forward", "* features", "", test_resnet.test_the_discriminator_is_the_projection_of_summed_features),
    Mutant(resnet, "Discriminator.forward", ".sum((2, 3))", ".mean((2, 3))", test_resnet.test_the_discriminator_is_the_projection_of_summed_features),
    Mutant(resnet, "_UpBlock.forward", "_double(self.norm1(features, labels).relu())", "_double(self.norm1(features, labels))", test_resnet.test_an_up_block_is_the_published_one),
    Mutant(resnet, "_UpBlock.forward", "residual + _double(self.shortcut(features))", "residual", test_resnet.test_an_up_block_is_the_published_one),
    Mutant(resnet, "_DownBlock.forward", "features if self.first else features.relu()", "features", lambda: test_resnet.test_a_down_block_is_the_published_one(1)),
    Mutant(resnet, "_DownBlock.forward", "features if self.first else features.relu()", "features.relu()", lambda: test_resnet.test_a_down_block_is_the_published_one(0)),
    Mutant(resnet, "_DownBlock.forward", "residual, features = avg_pool2d(residual, 2)", "residual, features = -avg_pool2d(-residual.relu(), 2)", lambda: test_resnet.test_a_down_block_is_the_published_one(1)),
    Mutant(modern, "resampling_kernel", "(0.0, *FILTER)", "(*FILTER, 0.0)", test_modern.test_the_filter_is_one_three_three_one),
    Mutant(modern, "resampling_kernel", "line / line.sum()", "line", test_modern.test_the_filter_is_one_three_three_one),
    Mutant(modern, "Halve.forward", "padding=1", "padding=2", lambda: test_modern.test_halving_and_doubling_by_their_definition(6, 6)),
    Mutant(modern, "Double", "4 * resampling", "resampling", lambda: test_modern.test_halving_and_doubling_by_their_definition(6, 6)),
    Mutant(modern, "Bottleneck", "bias=False), 0.0)", "bias=False), gain)", test_modern.test_every_residual_is_nought_at_first_but_can_learn),
    Mutant(modern, "Bottleneck", "(-1 / 4)", "(-1 / 2)", test_modern.test_the_weights_of_a_residual_shrink_with_the_number_of_blocks),
    Mutant(modern, "Bottleneck.forward", "features + residual", "residual", test_modern.test_every_residual_is_nought_at_first_but_can_learn),
    Mutant(modern, "Discriminator.forward", ".sum((2, 3))", ".mean((2, 3))", test_modern.test_the_discriminators_last_layer_is_a_basis_over_all_places),
    Mutant(blocks, "ClassHead.forward", "logits + projected", "logits", test_networks.test_the_projection_head),
    Mutant(blocks, "ClassHead.forward", ".squeeze(1)", "", test_networks.test_one_picture_gives_a_vector_of_one_logit),
    Mutant(blocks, "ClassHead.forward", ".squeeze(1)", ".squeeze()", test_networks.test_one_picture_gives_a_vector_of_one_logit),
    Mutant(blocks, "ClassLatent.forward", "[latents, weights.to(latents.dtype)]", "[weights.to(latents.dtype), latents]", test_networks.test_the_class_is_appended_to_the_latent),
    Mutant(dcgan, "scales", "min(height, width) / smallest", "max(height, width) / smallest", test_networks.test_how_often_a_picture_is_halved),
    Mutant(dcgan, "channels_by_scale", "min(2**scale, MOST_CHANNELS)", "2**scale", test_networks.test_how_often_a_picture_is_halved),
    Mutant(skips, "Generator.forward", "self.latent_percent / 100", "1", test_skips.test_latents_are_made_as_long_as_their_percentage_says),
    Mutant(skips, "Generator.forward", "picture + self", "self", test_skips.test_the_picture_is_the_sum_of_the_scales),
    Mutant(skips, "Generator.forward", '"bilinear" if', '"nearest" if', test_skips.test_a_coarse_scale_is_enlarged_without_steps),
    Mutant(skips, "Generator.forward", 'else "nearest"', 'else "bilinear"', test_skips.test_a_scale_does_not_learn_before_it_comes_in_and_pixels_are_repeated_for_it),
    Mutant(skips, "Discriminator.grow_to", "max(self.halvings, self.growth.left_out)", "self.halvings", partial(test_skips.test_the_second_discriminator_sees_no_detail_that_cannot_be_drawn_yet, 64, 0.0, 1)),
    Mutant(skips, "Discriminator.forward", " + sum(of_patches)", "", test_skips.test_the_logit_is_that_of_the_whole_and_the_mean_of_the_patches),
    Mutant(skips, "Discriminator.forward", ".mean((2, 3))", ".amax((2, 3))", test_skips.test_a_patch_counts_by_its_share_of_the_picture),
    Mutant(skips, "Discriminator.forward", "seen = half_size(seen)", "seen = seen[..., ::2, ::2]", test_skips.test_where_pictures_entered_they_are_still_seen),
    Mutant(skips, "Discriminator.forward", "range(first):\n        seen = half_size(seen)", "range(first):\n        seen = seen[..., ::2, ::2]", test_skips.test_a_discriminator_sees_only_what_has_come_in),
    Mutant(skips, "Growth.grow_to", "min(wait, int(self.fewest))", "wait", test_skips.test_a_scale_that_has_come_in_stays),
    Mutant(skips, "Growth.grow_to", "self.fewest.fill_(self.left_out)", "pass", test_skips.test_a_scale_that_has_come_in_stays),
    Mutant(skips, "leaky_tanh", "x.tanh() + LEAK * x", "x.tanh()", test_skips.test_a_picture_that_is_all_white_can_still_learn),
    Mutant(blocks, "half_size", "[..., 1:width:2]) / 4", "[..., 1:width:2]) / 2", partial(test_skips.test_half_size_is_the_mean_of_four_pixels, 8, 6)),
    Mutant(skips, "doublings", "int(", "round(", test_skips.test_pictures_double_at_equal_distances),
    Mutant(skips, "Growth.grow_to", "progress / self.grow", "progress", test_skips.test_pictures_double_at_equal_distances),
    Mutant(blocks, "ModulatedBatchNorm.forward", "scale.tanh()", "scale", test_skips.test_modulated_batch_norm_has_the_latents_scale_and_shift),
    Mutant(blocks, "ModulatedBatchNorm.forward", "scale, shift", "shift, scale", test_skips.test_modulated_batch_norm_has_the_latents_scale_and_shift),
    Mutant(skips, "Generator.forward", "norm(grow(features), known)", "norm(grow(features), 0 * known)", lambda: test_skips.test_every_scale_knows_the_latent(0)),
    Mutant(skips, "Generator.forward", "self.noises[scale](features, latents)", "features", partial(test_skips.test_a_scale_has_noise, 64, 3)),
    Mutant(skips, "Generator", "channels[1:-1]", "channels[1:]", partial(test_skips.test_small_pictures_have_no_noise_of_single_pixels, (3, 32, 32), 16)),
    Mutant(skips, "Generator", "channels[1:] if", "channels[1:-1] if", partial(test_skips.test_small_pictures_have_no_noise_of_single_pixels, (3, 64, 70), 64)),
    Mutant(blocks, "LatentNoise.forward", "nn.functional.normalize(latents, dim=1, eps=0.01)", "latents", test_skips.test_latent_noise_is_normal_and_has_no_pattern),
    Mutant(blocks, "LatentNoise.forward", "features, strength, noise", "features, torch.ones_like(strength), noise", test_skips.test_latent_noise_is_normal_and_has_no_pattern),
    Mutant(blocks, "LatentNoise.forward", "noise.to(features.dtype)", "noise.float()", test_skips.test_latent_noise_keeps_the_precision_of_features),
    Mutant(blocks, "normal_numbers", "np.random.RandomState(seed)", "np.random.default_rng(seed)", test_skips.test_a_latent_has_one_noise_in_every_copy_of_a_network),
    Mutant(imagenet, "around", "(kernel - stride) // 2", "(kernel - stride + 1) // 2", test_imagenet.test_more_is_added_behind_than_before),
    Mutant(imagenet, "Convolution.forward", "first = after - before", "first = 0", lambda: test_imagenet.test_features_are_those_of_the_whole_network(test_imagenet.smooth())),
    Mutant(imagenet, "Block.forward", "x + y", "y", lambda: test_imagenet.test_features_are_those_of_the_whole_network(test_imagenet.smooth())),
    Mutant(imagenet, "enlarged", "** 0.5", "** 0.25", test_imagenet.test_enlarged_pictures_are_interpolated),
    Mutant(imagenet, "enlarged", '"bilinear"', '"nearest"', test_imagenet.test_enlarged_pictures_are_interpolated),
    Mutant(imagenet, "FeatureDiscriminator.see", "enlarged(pictures, self.side)", "pictures", partial(test_imagenet.test_features_see_pictures_of_64_to_127_pixels, (28, 28), 1.0, 0, (64, 64))),
    Mutant(imagenet, "FeatureDiscriminator.judge", ".mean((2, 3))", ".sum((2, 3))", lambda: test_imagenet.test_a_feature_logit_is_the_sum_over_stages_of_the_means_over_places(test_imagenet.smooth())),
    Mutant(skips, "silence", "zeros_", "ones_", test_skips.test_a_scale_that_has_not_learnt_adds_nothing),
]  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_broken_copy_fails_its_test(mutant: Mutant, request: pytest.FixtureRequest) -> None:
    caught(mutant, request)


def test_the_tests_that_catch_broken_copies_are_in_the_suite() -> None:
    assert [str(mutant) for mutant in MUTANTS if not in_suite(mutant)] == []
