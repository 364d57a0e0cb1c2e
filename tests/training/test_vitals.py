"""Vital signs by their definitions, on players that draw what they are told to."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from conftest import TINY
from sparring import games
from sparring.data import toy
from sparring.data.arrays import from_array
from sparring.data.codec import Affine
from sparring.data.spec import Batch, Dataset, Spec
from sparring.games.adversarial import AdversarialGame
from sparring.history.record import LOGGED
from sparring.kinds import image
from sparring.kinds.image import SIDE
from sparring.runs import checkpoint
from sparring.training import suited
from sparring.training import vitals as vitals_module
from sparring.training.budget import Budget
from sparring.training.loop import train
from sparring.training.vitals import COUNT, LEAST_FOR_VARIANCE, LEAST_OF_A_CLASS, NEAR, Reals, Vitals

POINTS = torch.randn(600, 3, generator=torch.Generator().manual_seed(0))


class Draws(nn.Module):
    """A generator that gives COUNT samples that are put into it, part after part, again and again."""

    def __init__(self, drawn: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4))
        self.drawn, self.place = drawn, 0

    def forward(self, latents: Tensor, *labels: Tensor) -> Tensor:
        start, self.place = self.place, (self.place + len(latents)) % COUNT
        return self.drawn[start : start + len(latents)]


class Judge(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4))

    def forward(self, samples: Tensor, *labels: Tensor) -> Tensor:
        return samples.flatten(1).sum(1) * self.weight[0]


def plain(samples: Tensor, labels: Tensor | None = None, classes: int = 0) -> Dataset:
    """Samples as they are, encoded by the identity."""
    kind = "points" if samples.ndim == 2 else "image"
    channels = 1 if samples.ndim == 2 else samples.shape[1]
    codec = Affine("float32", (0.0,) * channels, (1.0,) * channels, bounded=kind == "image")
    spec = Spec(kind, tuple(samples.shape[1:]), codec, tuple(map(str, range(classes))))
    return Dataset("plain", spec, samples, labels)


def vitals(drawn: Tensor, data: Dataset, **more: Dataset) -> Vitals:
    return Vitals(AdversarialGame(Draws(drawn), Judge(), 2), data, seed=0, **more)


def test_samples_of_the_data_itself_are_healthy() -> None:
    found = vitals(POINTS[300:], plain(POINTS[:300]))()
    assert found["spread"] == pytest.approx(1, abs=0.1)
    assert found["missing"] == 0
    assert "out_of_reach" not in found  # nothing bounds where points are drawn
    assert 0 < found["distance"] < 0.02
    assert set(found) <= set(LOGGED)


def test_one_sample_again_and_again_has_no_spread_and_misses_nearly_all() -> None:
    found = vitals(torch.zeros(COUNT, 3), plain(POINTS))()
    assert found["spread"] == pytest.approx(0, abs=1e-6)
    assert found["missing"] > 0.8
    assert found["distance"] == pytest.approx(1, rel=0.1)  # by its unit: the mean again and again


def test_the_unit_of_the_distance_is_the_mean_drawn_again_and_again() -> None:
    shifted = torch.zeros(COUNT, 3) + torch.tensor([3.0, 4.0, 0.0])  # 25 + the variance of 3
    assert vitals(shifted, plain(POINTS))()["distance"] == pytest.approx(28 / 3, rel=0.12)


def test_spread_is_in_units_of_the_reals() -> None:
    half = plain(2 * POINTS[:300])
    assert vitals(POINTS[300:], half)()["spread"] == pytest.approx(0.5, abs=0.05)


def test_missing_is_the_share_of_reals_in_modes_that_are_not_drawn() -> None:
    ring = toy.ring()
    points = ring.sample(2000, torch.Generator().manual_seed(0)).float()
    left = points[points[:, 0] < 0.1]
    found = vitals(left[:COUNT], plain(points))()
    assert found["missing"] == pytest.approx(1 - len(left) / len(points), abs=0.1)


def test_a_class_that_looks_alike() -> None:
    labels = torch.arange(600) % 2
    drawn = torch.where(labels[:, None] == 0, POINTS, 0.0)
    data = plain(POINTS, labels, 2)
    order = torch.randperm(600, generator=torch.Generator().manual_seed(0))
    by_label = torch.where(labels[order[:COUNT], None] == 0, drawn[torch.arange(COUNT) * 2], 0.0)
    found = vitals(by_label, data)()
    assert found["class_spread"] == pytest.approx(0, abs=1e-6)
    assert found["spread"] > 0.4
    assert "class_spread" not in vitals(drawn, plain(POINTS))()


def test_what_the_generator_cannot_reach() -> None:
    reals = torch.linspace(-1, 1, COUNT)
    drawn, data = (values.view(-1, 1, 1, 1).expand(-1, 1, 4, 4) for values in (reals.clamp_min(0), reals))
    found = vitals(drawn, plain(data))()  # from 0 to 1
    assert found["out_of_reach"] == float((reals < -NEAR * 2).float().mean())  # what is near counts as reached
    assert 0 < NEAR < 0.1


def test_a_weave_of_dots_is_power_in_the_corners_of_the_spectrum() -> None:
    rng = torch.Generator().manual_seed(0)
    smooth = torch.randn(COUNT, 1, 1, 1, generator=rng).expand(-1, 1, 16, 16)
    grain = 0.1 * torch.randn(COUNT, 1, 16, 16, generator=rng)
    weave = 0.1 * (1 - 2.0 * ((torch.arange(16)[:, None] + torch.arange(16)) % 2))
    reals = (smooth + grain).contiguous()
    assert vitals(reals.flip(0), plain(reals))()["corners"] == pytest.approx(1, abs=0.15)
    # 3 x 2 frequencies lie in the corners, and the weave is one of them, with the power of 256 pixels.
    expected = 1 + 256 / 6
    assert vitals(reals + weave, plain(reals))()["corners"] == pytest.approx(expected, rel=0.15)
    odd = reals[..., :15, :15].contiguous()
    assert vitals(odd + weave[:15, :15], plain(odd))()["corners"] > 6
    # Of data without any grain, what no eye sees is no weave.
    assert vitals(smooth + 0.03 * weave, plain(smooth.contiguous()))()["corners"] < 1


def test_jitter_and_changes_since_the_last_record() -> None:
    signs = vitals(POINTS, plain(POINTS))
    first = signs()
    assert "jitter" not in first
    assert (first["g_change"], first["d_change"]) == (0, 0)
    signs.game.generator.drawn = POINTS + torch.tensor([0.0, 0.3, 0.0])
    with torch.no_grad():
        signs.game.generator.weight[0] += 1  # from (1, 1, 1, 1): 1 over the root of 7
    found = signs()
    assert found["jitter"] == pytest.approx(0.3 / signs.reals.mean_distance, rel=1e-4)
    assert found["g_change"] == pytest.approx(1 / math.sqrt(7))
    assert found["d_change"] == 0
    still = signs()
    assert (still["jitter"], still["g_change"]) == (0, 0)


def test_how_far_the_average_lags() -> None:
    game = AdversarialGame(Draws(POINTS), Judge(), 2, ema_half_life=10)
    assert game.average is not None
    game.average.network.drawn = POINTS + 0.5
    signs = Vitals(game, plain(POINTS), seed=0)
    assert signs()["average_lag"] == pytest.approx(0.5 * math.sqrt(3) / signs.reals.mean_distance, rel=1e-4)
    assert "average_lag" not in vitals(POINTS, plain(POINTS))()


def test_copies_are_nearer_to_what_was_trained_on() -> None:
    train_set, held_out = plain(POINTS[:300]), plain(POINTS[300:])
    assert vitals(POINTS[:300], train_set, held_out=held_out)()["copied"] == 1
    assert vitals(POINTS[300:], train_set, held_out=held_out)()["copied"] == 0
    fresh = torch.randn(COUNT, 3, generator=torch.Generator().manual_seed(9))
    assert vitals(fresh, train_set, held_out=held_out)()["copied"] == pytest.approx(0.5, abs=0.12)


def test_what_equals_seen_and_unseen_samples_is_no_copy() -> None:
    few = POINTS.round().clamp(-1, 1)  # as rows of a table with few levels
    data = {"data": plain(few[:300]), "held_out": plain(few[300:])}
    assert vitals(few[:300], **data)()["copied"] == pytest.approx(0.5, abs=0.05)


def test_samples_that_are_not_finite_are_passed_over() -> None:
    signs = vitals(torch.full((COUNT, 3), math.nan), plain(POINTS))
    signs()
    found = signs()
    assert "spread" not in found
    assert found["jitter"] == 1e30
    assert all(math.isfinite(value) for value in found.values())


def test_measuring_leaves_the_game_as_it_is(pictures: Dataset) -> None:
    config = suited.configure(pictures, "sprint", **(TINY | {"d_norm": "batch", "batch_size": 16}))
    game = games.make(config, pictures.spec, 2)
    before = {name: tensor.clone() for name, tensor in checkpoint._tensors(game).items()}
    state = torch.get_rng_state()
    found = Vitals(game, pictures, seed=0)()
    assert {"spread", "class_spread", "corners", "detail", "variety", "average_lag"} <= set(found)
    assert game.generator.training
    after = checkpoint._tensors(game)
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert torch.equal(state, torch.get_rng_state())


def test_looking_at_a_weight_moves_no_singular_vector(pictures: Dataset) -> None:
    config = suited.configure(pictures, "sprint", **(TINY | {"d_norm": "spectral", "g_width": 4}))
    game = games.make(config, pictures.spec, 2)
    before = [buffer.clone() for buffer in game.discriminator.buffers()]
    found = Vitals(game, pictures, seed=0)()
    assert before
    assert "d_rank" in found
    assert all(torch.equal(*pair) for pair in zip(before, game.discriminator.buffers(), strict=True))


def test_records_have_them_where_asked_and_the_weights_are_the_same(pictures: Dataset) -> None:
    finals = []
    for asked in (True, False):
        torch.manual_seed(0)
        config = suited.configure(pictures, "sprint", **TINY)
        game = games.make(config, pictures.spec, 2)
        records = list(
            train(game, pictures, Budget(samples_seen=96), batch_size=16, record_every=2, vitals=asked)
        )
        assert all(("spread" in record.values) == asked for record in records)
        assert all(0 <= record.values["auc"] <= 1 for record in records)
        finals.append(checkpoint._tensors(game))
    assert all(torch.equal(finals[0][name], finals[1][name]) for name in finals[0])


def test_auc_counts_pairs_in_order() -> None:
    data = from_array(torch.randn(64, 2, generator=torch.Generator().manual_seed(0)))
    data = replace(data, samples=data.samples)
    game = AdversarialGame(Draws(torch.full((64, 2), -50.0)), Judge(), 2)
    game.generator.forward = lambda latents: -50.0 * game.generator.weight[0] + torch.zeros(len(latents), 2)
    (record,) = train(game, data, Budget(samples_seen=16), batch_size=16)
    assert record.values["auc"] == 1


def test_samples_are_made_in_parts(pictures: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    config = suited.configure(pictures, "sprint", **TINY)
    game = games.make(config, pictures.spec, 2)
    whole = Vitals(game, pictures, seed=0)()
    monkeypatch.setattr("sparring.training.vitals.PART", 10)
    monkeypatch.setattr("sparring.training.vitals.NUMBERS", 64 * 40)
    parts = Vitals(game, pictures, seed=0)
    assert len(parts.reals.batch.real) == 40
    monkeypatch.setattr("sparring.training.vitals.NUMBERS", 2**23)
    assert Vitals(game, pictures, seed=0)() == pytest.approx(whole, rel=1e-4)


def judge_of(*weights: Tensor) -> nn.Module:
    layers = [nn.Linear(weight.shape[1], weight.shape[0], bias=False) for weight in weights]
    for layer, weight in zip(layers, weights, strict=True):
        layer.weight.data = weight
    return nn.Sequential(*layers)


def test_rank_kept_is_one_of_random_weights_and_nought_of_a_single_direction() -> None:
    rng = torch.Generator().manual_seed(0)
    random = torch.randn(400, 900, generator=rng)
    single = torch.randn(64, 1, generator=rng) @ torch.randn(1, 128, generator=rng)
    head = torch.randn(1, 64, generator=rng)  # one direction by its shape: it says nothing
    assert vitals_module._rank_kept(judge_of(random, head)) == pytest.approx(1, abs=0.05)
    assert vitals_module._rank_kept(judge_of(single)) == pytest.approx(0, abs=1e-4)
    assert vitals_module._rank_kept(judge_of(random, single)) == pytest.approx(0.5, abs=0.03)
    assert vitals_module._rank_kept(judge_of(head)) is None


def test_rank_kept_of_equal_singular_values() -> None:
    # Stable rank 16 of a random one's 16 * 16 / (4 + 4)^2 = 4.
    assert vitals_module._rank_kept(judge_of(3 * torch.eye(16))) == pytest.approx(15 / 3, rel=1e-5)


def test_rank_kept_survives_weights_that_are_not_finite() -> None:
    broken = torch.eye(16)
    broken[0, 0] = math.nan
    assert vitals_module._rank_kept(judge_of(broken)) is None


def test_changes_are_over_all_weights_of_a_player() -> None:
    layer = nn.Linear(3, 2)
    expected = torch.cat([layer.weight.flatten(), layer.bias])
    assert torch.equal(vitals_module._weights(layer), expected)


def test_pictures_are_averaged_to_the_size_they_are_compared_in() -> None:
    small = torch.rand(2, 1, 3, SIDE, generator=torch.Generator().manual_seed(0))
    assert torch.equal(image.vectors(small), small.flatten(1))
    odd = torch.zeros(1, 1, SIDE + 1, 4)  # 2 x 2 are one, and the last row by itself
    odd[..., 0, :2], odd[..., -1, :] = 1, 3
    expected = torch.zeros(SIDE // 2 + 1, 2)
    expected[0, 0], expected[-1] = 0.5, 3
    assert torch.equal(image.vectors(odd), expected.flatten()[None])


def test_vectors_of_a_set_are_the_same_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    data, chosen = plain(POINTS), torch.tensor([5, 3, 8, 1])
    monkeypatch.setattr(vitals_module, "NUMBERS", 2 * 3)
    assert torch.equal(vitals_module._vectors_of(data, chosen), POINTS[chosen])


def test_as_many_of_two_sets_are_compared() -> None:
    of_both = vitals_module._equal_parts(
        plain(POINTS[:100]), plain(POINTS[100:130]), torch.device("cpu"), torch.Generator().manual_seed(0)
    )
    rows = [
        {tuple(row) for row in part.tolist()} for part in (POINTS[:100], POINTS[100:130], *of_both.split(30))
    ]
    assert len(of_both) == 60
    assert rows[2] < rows[0]
    assert rows[3] == rows[1]


def test_what_is_known_of_the_reals() -> None:
    data = plain(torch.tensor([[0.0], [2.0]]).repeat(30, 1))
    reals = vitals_module._reals(data, torch.device("cpu"), torch.Generator().manual_seed(0))
    assert reals.mean_distance == pytest.approx(2 * 30 / 59)  # 30 of 59 others are 2 away
    assert reals.variance == pytest.approx(1)
    assert sorted(reals.batch.real[:, 0].tolist()) == [0.0] * 30 + [2.0] * 30
    found = zip(reals.centres[:, 0].tolist(), reals.shares.tolist(), strict=True)
    assert sum(centre * share for centre, share in found) == pytest.approx(1)
    assert float(reals.shares.sum()) == pytest.approx(1)


def test_cells_with_hardly_any_samples_are_missing() -> None:
    shares = torch.tensor([0.5, 0.25, 0.125, 0.125], dtype=torch.float64)
    centres = torch.tensor([[0.0], [10.0], [20.0], [30.0]], dtype=torch.float64)
    reals = Reals(Batch(torch.empty(0)), torch.empty(0), 1.0, 1.0, centres, shares, {})
    drawn = torch.tensor([0.0] * 93 + [10.0] * 6 + [20.0] * 1)[:, None]  # a fifth of 25 % is 5 %
    assert vitals_module._missing(drawn, reals) == 0.25


def test_the_class_with_the_least_spread_is_told_and_few_samples_tell_nothing() -> None:
    few = LEAST_OF_A_CLASS - 1
    labels = torch.tensor([0] * 20 + [1] * LEAST_OF_A_CLASS + [2] * few)
    vectors = torch.randn(len(labels), 3, generator=torch.Generator().manual_seed(0))
    scale = torch.tensor([0.9, 0.5, 0.1])[labels, None]
    reals = Reals(Batch(vectors, labels), vectors, 1.0, 1.0, torch.empty(0), torch.empty(0), {})
    assert vitals_module._least_spread(scale * vectors, reals) == pytest.approx(0.5, rel=1e-5)
    alone = reals._replace(batch=Batch(vectors, torch.arange(len(labels))))
    assert vitals_module._least_spread(vectors, alone) is None


def test_the_mean_distance_is_over_pairs_of_different_ones() -> None:
    places = torch.tensor([[0.0], [3.0], [6.0]])
    assert vitals_module._mean_of_pairs(torch.cdist(places, places)) == pytest.approx((3 + 3 + 6) / 3)


def test_large_sets_are_not_searched_for_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    halves = {"data": plain(POINTS[:300]), "held_out": plain(POINTS[300:])}
    monkeypatch.setattr(vitals_module, "MOST_COPIED", 300)
    assert "copied" in vitals(POINTS, **halves)()
    monkeypatch.setattr(vitals_module, "MOST_COPIED", 299)
    assert "copied" not in vitals(POINTS, **halves)()


def test_the_class_with_the_least_variance_is_told() -> None:
    counts = [LEAST_FOR_VARIANCE, LEAST_FOR_VARIANCE, LEAST_FOR_VARIANCE - 1]
    labels = torch.arange(3).repeat_interleave(torch.tensor(counts))
    vectors = torch.randn(len(labels), 3, generator=torch.Generator().manual_seed(0))
    own = vitals_module._variances(vectors, labels)
    assert own.keys() == {0, 1}
    assert own[1] == pytest.approx(float(vectors[labels == 1].double().var(0).sum()))
    reals = Reals(Batch(vectors, labels), vectors, 1.0, 1.0, torch.empty(0), torch.empty(0), own | {7: 1.0})
    drawn = vectors * torch.tensor([0.9, 0.5, 0.1])[labels, None]
    assert vitals_module._least_variance(drawn, reals) == {
        "class_variance": pytest.approx(0.25, rel=1e-3),
        "least_class": 1.0,
    }
    assert vitals_module._least_variance(drawn, reals._replace(class_variances={})) == {}
    assert vitals_module._least_variance(drawn, reals._replace(class_variances={7: 1.0})) == {}


def test_clusters_are_not_called_classes() -> None:
    labels = torch.arange(600) % 2
    named = {"class_spread", "class_variance", "least_class", "cluster_spread"}
    for clusters, told in ((False, named - {"cluster_spread"}), (True, {"cluster_spread"})):
        data = plain(POINTS, labels, 2)
        data = replace(data, spec=replace(data.spec, clusters=clusters))
        assert named & vitals(POINTS, data)().keys() == told


def test_what_a_user_draws_is_measured() -> None:
    pictures = torch.randn(COUNT, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    game = AdversarialGame(Draws(pictures), Judge(), 2, ema_half_life=10)
    assert game.average is not None
    game.average.network.drawn = 0.5 * pictures
    found = Vitals(game, plain(pictures), seed=0)()
    assert found["detail"] == pytest.approx(0.25, rel=0.1)
    assert "detail" not in vitals(torch.full_like(pictures, math.nan), plain(pictures))()


def test_nothing_is_measured_in_the_distances_of_reals_that_are_all_alike() -> None:
    """In floating point equal vectors are not quite 0 apart; a spread in multiples of that says nothing."""
    one = torch.randint(0, 256, (1, 3, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    alike = from_array(one.expand(64, -1, -1, -1).contiguous())
    config = suited.configure(alike, "pictures", **(TINY | {"clusters": None, "ema_half_life": 50}))
    signs = Vitals(games.make(config, alike.spec, 0), alike, seed=0)
    assert signs.reals.mean_distance == 0
    signs()
    found = signs()
    assert "missing" in found
    assert {"spread", "jitter", "average_lag"}.isdisjoint(found)


def test_a_distance_within_rounding_is_none() -> None:
    vectors = torch.eye(4)  # of norm 1
    assert vitals_module._beyond_rounding(0.001, vectors) == 0
    assert vitals_module._beyond_rounding(0.003, vectors) == 0.003
    assert vitals_module._beyond_rounding(0.003, 2 * vectors) == 0
