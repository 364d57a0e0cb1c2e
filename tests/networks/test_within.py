"""Clusters within classes: what a latent chooses, what labels tell, and what a head says."""

import math

import pytest
import torch

from sparring.networks import skips, within
from sparring.networks.within import ClusteredHead, ClusteredLatent, clusters_of

COUNTS = torch.tensor([[10, 20, 30, 40], [100, 0, 0, 0], [0, 50, 0, 50]])  # (classes, clusters)
CLASSES, CLUSTERS = COUNTS.shape


def latent() -> ClusteredLatent:
    made = ClusteredLatent(CLASSES, CLUSTERS)
    made.cluster_counts.copy_(COUNTS)
    return made


def test_a_latent_chooses_each_cluster_as_often_as_the_data_has_it() -> None:
    latents = torch.randn(60_000, 5, generator=torch.Generator().manual_seed(0))
    chosen = latent().chosen(latents)
    for label, counts in enumerate(COUNTS):
        shares = torch.bincount(chosen[:, label], minlength=CLUSTERS) / len(latents)
        assert (shares - counts / 100).abs().max() < 0.008  # 4 standard deviations
        assert (shares[counts == 0] == 0).all()


def test_the_choice_follows_the_angle_and_not_the_length() -> None:
    turns = torch.tensor([0.05, 0.15, 0.25, 0.55, 0.65, 0.95]) - 0.5  # of the clusters of the first class
    ends = torch.stack([(2 * math.pi * turns).cos(), torch.zeros(6), (2 * math.pi * turns).sin()], 1)
    for length in (0.01, 1.0, 30.0):
        assert latent().chosen(length * ends)[:, 0].tolist() == [0, 1, 1, 2, 3, 3]
    assert latent().chosen(torch.tensor([[-1.0, 0.0, 0.0]]))[0].tolist() == [3, 0, 3]  # the last that there is


def test_labels_tell_the_class_or_its_cluster() -> None:
    made, latents = latent(), torch.randn(50, 3, generator=torch.Generator().manual_seed(1))
    classes, chosen = torch.arange(50) % CLASSES, latent().chosen(latents)
    of_class = chosen.gather(1, classes[:, None])[:, 0]
    told = CLASSES + classes + CLASSES * of_class
    assert torch.equal(made.weights(latents, classes), made.weights(latents, told))
    other = CLASSES + classes + CLASSES * ((of_class + 1) % CLUSTERS)
    assert torch.equal(made.weights(latents, other).argmax(1) + CLASSES, other)
    assert torch.equal(made(latents, told)[:, :3], latents)


def test_weights_of_classes_go_to_the_clusters_that_the_latent_chooses() -> None:
    made, latents = latent(), torch.randn(9, 3, generator=torch.Generator().manual_seed(2))
    shares = torch.rand(9, CLASSES, generator=torch.Generator().manual_seed(3))
    spread = made.weights(latents, shares).unflatten(1, (CLUSTERS, CLASSES))
    chosen = made.chosen(latents)
    for row in range(9):
        for label in range(CLASSES):
            expected = torch.zeros(CLUSTERS)
            expected[chosen[row, label]] = shares[row, label]
            assert torch.equal(spread[row, :, label], expected)
    known = torch.rand(9, CLASSES * CLUSTERS)
    assert made.weights(latents, known) is known


def test_a_head_has_an_embedding_for_each_cluster_and_their_mean_for_a_class() -> None:
    torch.manual_seed(0)
    head, features = ClusteredHead(6, CLASSES, CLUSTERS), torch.randn(1, 6)
    of_clusters = head(features.expand(12, -1), CLASSES + torch.arange(12))  # class after class, then clusters
    plain = head.linear(features)[0]
    assert head.projection is not None
    torch.testing.assert_close(of_clusters, plain + head.projection.weight @ features[0])
    of_classes = head(features.expand(3, -1), torch.arange(3))
    torch.testing.assert_close(of_classes, of_clusters.view(CLUSTERS, CLASSES).mean(0))


def test_networks_without_such_clusters_know_classes_alone() -> None:
    assert isinstance(within.class_head(6, 3, 2), ClusteredHead)
    assert type(within.class_head(6, 3, 1)) is within.ClassHead
    assert type(within.class_latent(3, 1)) is within.ClassLatent
    assert clusters_of(skips.Generator(shape=(1, 8, 8), latent_dim=4, classes=3)) is None
    known = clusters_of(skips.Generator(shape=(1, 8, 8), latent_dim=4, classes=3, class_clusters=2))
    assert known is not None
    assert known.cluster_counts.shape == (3, 2)


def test_a_generator_of_clusters_wants_labels() -> None:
    with pytest.raises(ValueError, match="call it with labels"):
        latent()(torch.randn(2, 3))
