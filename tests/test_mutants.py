"""A broken copy of each formula must fail its test: mutants made by one change of the source."""

import importlib
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import NamedTuple

import pytest

import test_clusters
import test_distances
import test_ema
import test_losses
import test_networks
import test_penalties
import test_schedules
import test_toy
from sparring import ema, losses, penalties, sample, schedules
from sparring.data import clusters, toy
from sparring.metrics import distances, quality
from sparring.networks import blocks, dcgan

FAILURES = (AssertionError, pytest.fail.Exception)  # the second: what should have been refused was not


class Mutant(NamedTuple):
    module: ModuleType
    name: str  # of a function, or Class.method
    original: str
    broken: str
    test: Callable[[], None]


MUTANTS = [
    Mutant(clusters, "k_means", "sums / members.clamp_min(1)", "sums", test_clusters.test_lloyds_iterations_end_where_each_centre_is_its_members_mean),
    Mutant(clusters, "k_means", "range(ITERATIONS)", "range(0)", test_clusters.test_lloyds_iterations_end_where_each_centre_is_its_members_mean),
    Mutant(clusters, "_nearest", "argmin", "argmax", test_clusters.test_heaps_that_lie_apart_are_found),
    Mutant(clusters, "_nearest", "- 2 *", "- 1 *", test_clusters.test_lloyds_iterations_end_where_each_centre_is_its_members_mean),
    Mutant(sample, "drawn_labels", "* count + torch", "* count + 0 * torch", test_clusters.test_drawn_labels_keep_the_shares_and_every_seed_differs),
    Mutant(sample, "blend", "roll(-1, 0)", "roll(1, 0)", test_clusters.test_blend_goes_from_label_to_label),
    Mutant(losses, "logistic_d", "softplus(-real)", "softplus(real)", test_losses.test_logistic_discriminator_is_binary_cross_entropy),
    Mutant(losses, "logistic_d", "+ softplus(fake)", "+ softplus(-fake)", test_losses.test_logistic_discriminator_is_binary_cross_entropy),
    Mutant(losses, "minimax_g", "-softplus(fake)", "softplus(fake)", test_losses.test_minimax_generator_is_the_discriminators_loss_turned_round),
    Mutant(losses, "minimax_g", "-softplus(fake)", "softplus(-fake)", test_losses.test_the_generators_gradients_where_the_discriminator_wins),
    Mutant(losses, "non_saturating_g", "softplus(-fake)", "softplus(fake)", test_losses.test_non_saturating_generator),
    Mutant(losses, "least_squares_d", "(real - 1)", "(real + 1)", test_losses.test_least_squares),
    Mutant(losses, "least_squares_d", "+ 0.5 * fake", "+ fake", test_losses.test_least_squares),
    Mutant(losses, "least_squares_g", "(fake - 1)", "fake", test_losses.test_least_squares),
    Mutant(losses, "hinge_d", "relu(1 - real)", "relu(-real)", test_losses.test_hinge_is_zero_past_the_margin),
    Mutant(losses, "hinge_d", "relu(1 + fake)", "relu(1 - fake)", test_losses.test_hinge_is_zero_past_the_margin),
    Mutant(losses, "critic_g", "-fake", "fake", test_losses.test_hinge_is_zero_past_the_margin),
    Mutant(losses, "wasserstein_d", "fake - real", "real - fake", test_losses.test_wasserstein),
    Mutant(losses, "relativistic_d", "fake - real", "real - fake", test_losses.test_relativistic),
    Mutant(losses, "relativistic_g", "real - fake", "fake - real", test_losses.test_relativistic),
    Mutant(losses, "check_logits", "real.ndim != 1 or", "", lambda: test_losses.test_shapes_that_would_broadcast_are_refused("hinge_d", ((4, 1), (4, 1)))),
    Mutant(losses, "check_logits", "or real.shape != fake.shape", "", lambda: test_losses.test_shapes_that_would_broadcast_are_refused("hinge_d", ((4,), (4, 1)))),
    Mutant(losses, "non_saturating_g", "softplus(-fake)", "-fake.sigmoid().log()", lambda: test_losses.test_extreme_logits_stay_finite_in_value_and_gradient("non_saturating_g")),
    Mutant(losses, "logistic_d", "softplus(-real)", "-real.sigmoid().log()", lambda: test_losses.test_extreme_logits_stay_finite_in_value_and_gradient("logistic_d")),
    Mutant(penalties, "squared_gradient_norm", "create_graph=True", "create_graph=False", lambda: test_penalties.test_the_penaltys_own_gradient_in_the_weights(penalties.zero_centred)),
    Mutant(penalties, "squared_gradient_norm", ".flatten(1).sum(1)", ".flatten(1).mean(1)", lambda: test_penalties.test_a_linear_critic((5, 7))),
    Mutant(penalties, "one_centred", ".sqrt()", "", lambda: test_penalties.test_a_linear_critic((5, 7))),
    Mutant(penalties, "r1", '"real"', '"fake"', test_penalties.test_the_makers_name_place_and_weight),
    Mutant(penalties, "r2", '"fake"', '"real"', test_penalties.test_the_makers_name_place_and_weight),
    Mutant(penalties, "squared_gradient_norm", ".square()", ".abs()", lambda: test_penalties.test_a_linear_critic((5, 7))),
    Mutant(penalties, "squared_gradient_norm", ".flatten(1).sum(1)", ".sum(1).flatten()", lambda: test_penalties.test_a_linear_critic((5, 3, 4))),
    Mutant(penalties, "zero_centred", "0.5 *", "1.0 *", test_penalties.test_a_quadratic_critic),
    Mutant(penalties, "one_centred", "norm - 1", "norm", lambda: test_penalties.test_a_linear_critic((5, 7))),
    Mutant(penalties, "one_centred", ".clamp_min(1e-12)", "", test_penalties.test_a_flat_critic_gives_finite_gradients),
    Mutant(penalties, "between", "lerp(real, fake", "lerp(fake, real", test_penalties.test_points_between),
    Mutant(schedules, "linear", "(1 - progress) / (1 - start)", "1 - progress", test_schedules.test_linear),
    Mutant(schedules, "cosine", "0.5 - 0.5", "0.5 + 0.5", test_schedules.test_cosine),
    Mutant(schedules, "ema_decay", "0.5 **", "0.37 **", test_schedules.test_half_the_weight_is_left_after_a_half_life),
    Mutant(schedules, "ema_decay", "ramp * samples_seen", "samples_seen", test_schedules.test_the_average_forgets_its_beginning),
    Mutant(schedules, "linear", "progress < start", "progress > start", test_schedules.test_linear),
    Mutant(schedules, "ema_decay", "batch_size / half_life", "1 / half_life", test_schedules.test_the_batch_size_does_not_change_the_average),
    Mutant(schedules, "ema_decay", "min(", "max(", test_schedules.test_the_half_life_grows_with_the_samples_until_it_is_the_one_asked_for),
    Mutant(ema, "WeightAverage.__init__", ".requires_grad_(False)", "", test_ema.test_the_copy_is_apart_frozen_and_in_evaluation_mode),
    Mutant(ema, "WeightAverage.__init__", "copy.deepcopy(network)", "network", test_ema.test_a_decay_of_nothing_copies_and_of_one_keeps),
    Mutant(ema, "WeightAverage.update", "1 - decay", "decay", test_ema.test_the_closed_form_after_n_steps),
    Mutant(ema, "WeightAverage.update", "ours.copy_(theirs)", "pass", test_ema.test_batch_statistics_follow),
    Mutant(distances, "frechet", "- 2 * eigenvalues", "- eigenvalues", test_distances.test_known_distance_of_two_gaussians),
    Mutant(distances, "frechet", ".square().sum()", ".abs().sum()", test_distances.test_means_alone),
    Mutant(distances, "frechet", "root @ b.covariance.double() @ root", "root @ b.covariance.double()", test_distances.test_known_distance_of_two_gaussians),
    Mutant(distances, "fit_gaussian", "features.T.cov()", "features.T.cov(correction=0)", test_distances.test_mean_and_covariance_are_numpys),
    Mutant(blocks, "MinibatchDeviation.forward", "flatten(1).mean(1)", "flatten(1).sum(1)", test_networks.test_minibatch_deviation_is_the_mean_deviation_of_each_group),
    Mutant(blocks, "MinibatchDeviation.forward", "min(count, self.group)", "count", test_networks.test_minibatch_deviation_is_the_mean_deviation_of_each_group),
    Mutant(distances, "_square_root", ".sqrt()", "", test_distances.test_known_distance_of_two_gaussians),
    Mutant(quality, "digit_quality", "/ 127.5 - 1", "/ 255", test_distances.test_class_shares_are_those_of_the_labels),
    Mutant(toy, "Mixture.sample", "self.sigma *", "", lambda: test_toy.test_every_mode_gets_its_share_and_its_width("ring")),
    Mutant(toy, "ring", "angles.sin()", "angles.cos()", lambda: test_toy.test_moments_of_samples("ring", 0.5001)),
    Mutant(toy, "grid", "(side - 1) / 2", "side / 2", lambda: test_toy.test_moments_of_samples("grid", 8.0025)),
    Mutant(blocks, "ClassHead.forward", "logits + projected", "logits", test_networks.test_the_projection_head),
    Mutant(blocks, "ClassHead.forward", ".squeeze(1)", "", test_networks.test_one_picture_gives_a_vector_of_one_logit),
    Mutant(blocks, "ClassHead.forward", ".squeeze(1)", ".squeeze()", test_networks.test_one_picture_gives_a_vector_of_one_logit),
    Mutant(blocks, "ClassLatent.forward", "[latents, weights.to(latents.dtype)]", "[weights.to(latents.dtype), latents]", test_networks.test_the_class_is_appended_to_the_latent),
    Mutant(dcgan, "scales", "min(height, width) / smallest", "max(height, width) / smallest", test_networks.test_how_often_a_picture_is_halved),
    Mutant(dcgan, "channels_by_scale", "min(2**scale, MOST_CHANNELS)", "2**scale", test_networks.test_how_often_a_picture_is_halved),
    Mutant(toy, "Mixture.log_density", "2 * self.sigma**2)", "self.sigma**2)", test_toy.test_density_integrates_to_one),
    Mutant(toy, "Mixture.log_density", "- math.log(len(self.means))", "", test_toy.test_density_integrates_to_one),
]  # fmt: skip


def mutated(mutant: Mutant) -> Callable[..., object]:
    """The function with one change, living in a copy of its module's names."""
    owner: object = mutant.module
    for part in mutant.name.split("."):
        owner = getattr(owner, part)
    source = inspect.cleandoc("\n" + inspect.getsource(owner))  # type: ignore[arg-type]
    assert mutant.original in source, "the source has changed: mend the mutant"
    names = dict(vars(mutant.module))
    exec(source.replace(mutant.original, mutant.broken), names)
    function = names[mutant.name.split(".")[-1]]
    assert callable(function)
    return function


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: f"{m.name}: {m.original} -> {m.broken}")
def test_a_broken_copy_fails_its_test(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant.test()
    *classes, name = mutant.name.split(".")
    owner: object = mutant.module
    for part in classes:
        owner = getattr(owner, part)
    monkeypatch.setattr(owner, name, mutated(mutant))
    with pytest.raises(FAILURES):
        mutant.test()


@pytest.mark.parametrize("name", test_losses.GAMES)
def test_a_game_with_swapped_players_or_pairing_fails_its_test(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    game: losses.Loss = getattr(losses, name)
    swapped = losses.Loss(game.generator, game.discriminator, game.pairs)
    for broken in (swapped, game._replace(pairs=not game.pairs)):
        monkeypatch.setattr(losses, name, broken)
        with pytest.raises(AssertionError):
            test_losses.test_each_game_has_its_two_players(name)


def test_every_loss_and_penalty_has_a_mutant() -> None:
    covered = {(m.module.__name__, m.name) for m in MUTANTS}
    for module, ends in ((losses, ("_d", "_g")), (penalties, ("_centred", "_norm"))):
        for name in vars(importlib.import_module(module.__name__)):
            if name.endswith(ends) and callable(getattr(module, name)):
                assert (module.__name__, name) in covered
