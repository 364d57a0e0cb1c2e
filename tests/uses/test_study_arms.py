"""Batches of each arm, and the classifier that learns from them."""

import numpy as np
import pytest
import torch

from sparring.uses.study import arms, classifier
from sparring.uses.study.arms import ARMS, Arm, Filler, Labelled

RARE = Labelled(
    torch.linspace(-1, 0, 110).view(110, 1, 1, 1).repeat(1, 1, 6, 6), (torch.arange(110) >= 100).long()
)
FORGED = Labelled(torch.ones(40, 1, 6, 6), torch.arange(40) % 2)


def batch(arm: Arm, size: int = 2000, seed: int = 0) -> arms.Batch:
    return Filler(arm, RARE, FORGED, 2).batch(torch.Generator().manual_seed(seed), size)


def rare(found: arms.Batch) -> float:
    return float(found.targets[:, 1].mean())


def test_real_samples_come_as_often_as_in_the_data_and_weigh_the_same():
    found = batch(ARMS[arms.REAL])
    assert rare(found) == pytest.approx(10 / 110, abs=0.02)
    assert found.weights.unique().tolist() == [1.0]
    assert torch.isin(found.samples[:, 0, 0, 0], RARE.samples[:, 0, 0, 0]).all()


def test_oversampling_shows_rare_classes_as_often_as_others():
    assert rare(batch(ARMS["oversampling"])) == pytest.approx(0.5, abs=0.04)


def test_class_weights_give_all_classes_the_same_sum_and_a_mean_of_one():
    found = batch(ARMS["class weights"])
    per_class = [float(found.weights[found.targets[:, k] == 1][0]) for k in (0, 1)]
    assert per_class == pytest.approx([110 / 200, 110 / 20])


@pytest.mark.parametrize(("name", "share"), [("GAN 20 %", 0.2), ("GAN 50 %", 0.5), ("GAN only", 1.0)])
def test_a_share_of_each_batch_is_forged_with_equal_classes(name, share):
    found = batch(ARMS[name])
    forged = found.samples[:, 0, 0, 0] == 1
    assert forged.double().mean() == pytest.approx(share, abs=0.005)
    assert found.targets[forged, 1].mean() == pytest.approx(0.5, abs=0.06)


def test_smote_fills_half_of_a_batch_with_equal_classes():
    found = batch(ARMS["SMOTE"])
    made = ~torch.isin(found.samples[:, 0, 0, 0], RARE.samples[:, 0, 0, 0])
    assert made.double().mean() == pytest.approx(0.5, abs=0.01)
    assert found.targets[1000:, 1].mean() == pytest.approx(0.5, abs=0.05)


def test_mixup_blends_samples_and_labels_by_one_share():
    filler, rng = Filler(ARMS["mixup"], RARE, None, 2), torch.Generator().manual_seed(0)
    shares = []
    for _ in range(300):
        found = filler.batch(rng)
        assert torch.allclose(found.targets.sum(1), torch.ones(arms.BATCH))
        blended = found.targets[(found.targets[:, 1] > 0) & (found.targets[:, 1] < 1), 1]
        shares += blended[:1].tolist()
    variance = 1 / (4 * (2 * arms.MIXED + 1))  # of Beta(a, a)
    assert np.var(shares) == pytest.approx(variance, abs=0.03)
    x, y = torch.tensor([[0.0], [1.0]]), torch.eye(2)
    mixed = arms.mixed(x, y, torch.Generator().manual_seed(3))
    assert torch.allclose(mixed[0][:, 0], mixed[1][:, 1])


def test_moved_pictures_are_shifted_and_turned_within_limits():
    dot = torch.full((400, 1, 21, 31), -1.0)
    dot[:, :, 9:12, 14:17] = 1
    found = arms.moved(dot, torch.Generator().manual_seed(0))
    light = (found + 1)[:, 0]
    rows = (light.sum(2) * torch.arange(21)).sum(1) / light.sum((1, 2)) - 10
    columns = (light.sum(1) * torch.arange(31)).sum(1) / light.sum((1, 2)) - 15
    far = torch.stack([rows / 21, columns / 31]).square().sum(0).sqrt()
    assert 0.12 < far.max() < 0.1 * 2**0.5 + 0.015  # a tenth of both sides, turned
    assert rows.abs().mean() == pytest.approx(21 * 0.05, abs=0.15)
    assert columns.abs().mean() == pytest.approx(31 * 0.05, abs=0.2)
    bar = torch.full((400, 1, 41, 41), -1.0)
    bar[:, :, 20, 5:36] = 1
    tilted = arms.moved(bar, torch.Generator().manual_seed(0))[:, 0] + 1
    left, right = tilted[:, :, 10:13].sum(2), tilted[:, :, 28:31].sum(2)
    height = [(each * torch.arange(41)).sum(1) / each.sum(1) for each in (left, right)]
    slopes = torch.rad2deg(torch.atan((height[1] - height[0]) / 18))
    assert 13 < slopes.abs().max() < 16.5


def test_half_of_the_pictures_are_mirrored_if_asked():
    bright = torch.cat([torch.ones(400, 1, 20, 10), -torch.ones(400, 1, 20, 10)], 3)
    rng = torch.Generator().manual_seed
    assert (arms.moved(bright, rng(0))[:, 0, :, :4].mean((1, 2)) > 0).all()
    mirrored = arms.moved(bright, rng(0), flipped=True)[:, 0, :, :4].mean((1, 2)) < 0
    assert 0.42 < mirrored.double().mean() < 0.58


def test_arms_for_unequal_classes_are_left_out_where_classes_are_equal():
    assert arms.pointless([5, 5, 5]) == ("oversampling", "class weights")
    assert arms.pointless([5, 5, 4]) == ()


def pictures(count: int, seed: int) -> Labelled:
    """Noise with a bright bar: upright or lying."""
    rng = torch.Generator().manual_seed(seed)
    x = (60 * torch.rand(count, 1, 12, 12, generator=rng)).to(torch.uint8)
    y = torch.arange(count) % 2
    x[y == 0, :, :, 5] = 160
    x[y == 1, :, 5, :] = 160
    return Labelled(x, y)


def test_one_training_serves_both_budgets():
    real, choose, test = (pictures(40, seed) for seed in range(3))
    arm = ARMS[arms.REAL]
    both = classifier.learn(arm, real, None, choose, test, 2, (10, 25), seed=4)
    alone = classifier.learn(arm, real, None, choose, test, 2, (10,), seed=4)
    assert [score.steps for score in both] == [10, 25]
    assert both[0] == alone[0]
    assert both[1].test > 0.9
    early, other = (classifier.learn(arm, real, None, choose, test, 2, (1,), seed=seed) for seed in (4, 5))
    assert early != other


def test_a_training_touches_no_other_random_numbers():
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    classifier.learn(ARMS["mixup"], pictures(20, 0), None, pictures(8, 1), pictures(8, 2), 2, (1, 2))
    assert torch.equal(torch.rand(1), expected)


def test_every_class_counts_the_same():
    labels = torch.tensor([0, 0, 0, 0, 1, 1])
    predicted = torch.tensor([0, 0, 0, 0, 0, 1])
    assert classifier.recalls(predicted, labels) == [1.0, 0.5]
