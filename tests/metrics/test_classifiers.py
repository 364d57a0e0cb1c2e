"""Small classifiers: they learn what can be learned, and alike from the same seed."""

import math
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor

from sparring.data.builtin import mnist
from sparring.errors import DataError
from sparring.metrics import classifiers, digits
from sparring.metrics.classifiers import Classifier
from sparring.metrics.features import Samples


def bars(count: int, seed: int = 0) -> Samples:
    """Noisy 8 x 8 pictures whose left, middle or right third is bright."""
    rng = torch.Generator().manual_seed(seed)
    labels = torch.randint(3, (count,), generator=rng)
    pictures = torch.randint(0, 100, (count, 1, 8, 8), generator=rng)
    for label in range(3):
        pictures[labels == label, :, :, 3 * label : 3 * label + 2] += 120
    return Samples(pictures.to(torch.uint8), labels)


def blobs(count: int, seed: int = 0) -> Samples:
    """Four round clouds far from the origin, in units a thousand times too great."""
    rng = torch.Generator().manual_seed(seed)
    labels = torch.randint(4, (count,), generator=rng)
    corners = torch.tensor([[0.0, 0], [0, 9], [9, 0], [9, 9]]) + 50
    return Samples(1000 * (corners[labels] + torch.randn(count, 2, generator=rng)), labels)


def rolls(count: int, seed: int = 0) -> Samples:
    """The bars as numbers of another shape than pictures have."""
    pictures, labels = bars(count, seed)
    return Samples(pictures.view(count, 4, 2, 8), labels)


@pytest.mark.parametrize(("draw", "classes"), [(bars, 3), (blobs, 4), (rolls, 3)])
def test_a_separable_set_is_learned_and_again_to_the_bit(draw, classes: int) -> None:  # type: ignore[no-untyped-def]
    train, test = draw(500), draw(500, seed=1)
    train_classifier = partial(classifiers.train_classifier, pictures=draw is bars)
    before = torch.get_rng_state()
    network = train_classifier(*train, classes, seed=3, steps=100)
    assert torch.equal(torch.get_rng_state(), before)
    assert network.accuracy(*test) > 0.98
    assert network.held_out_accuracy > 0.95
    features = network.features(test.samples)
    assert features.shape == (500, classifiers.FEATURES)
    assert torch.equal(network.head(features).argmax(1), network.predict(test.samples))
    assert not network.training
    assert not any(p.requires_grad for p in network.parameters())
    again = train_classifier(*train, classes, seed=3, steps=100)
    assert torch.equal(again.features(test.samples), features)
    other = train_classifier(*train, classes, seed=4, steps=100)
    assert not torch.equal(other.features(test.samples), features)


def test_labels_by_chance_are_not_learned_and_the_best_weights_are_kept() -> None:
    samples, labels = bars(400)
    labels = labels[torch.randperm(400, generator=torch.Generator().manual_seed(9))]
    network = classifiers.train_classifier(samples, labels, 3, seed=0, pictures=True)
    held = torch.randperm(400, generator=torch.Generator().manual_seed(0))[:40]
    assert network.held_out_accuracy == pytest.approx(network.accuracy(samples[held], labels[held]))
    assert network.held_out_accuracy < 0.65


def test_training_stops_where_nothing_is_gained() -> None:
    looks: list[int] = []
    accuracy = Classifier.accuracy

    def counted(self: Classifier, samples: Tensor, labels: Tensor) -> float:
        looks.append(len(samples))
        return accuracy(self, samples, labels)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Classifier, "accuracy", counted)
        classifiers.train_classifier(*blobs(300), 4, steps=1000)
    assert classifiers.PATIENCE < len(looks) < 12
    assert set(looks) == {30}


def test_pictures_are_seen_at_their_own_size_up_to_a_limit() -> None:
    def network(*shape: int) -> Classifier:
        return Classifier(shape, 2, classifiers.convolutions_for(shape))

    pictures = torch.zeros(2, 3, 100, 20, dtype=torch.uint8)
    assert network(3, 100, 20).resizer == network(1, 7, 5).resizer == Classifier((4,), 2).resizer == ""
    assert network(3, 100, 20).encode(pictures).shape == (2, 3, 100, 20)
    assert network(3, 100, 20).features(pictures).shape == (2, classifiers.FEATURES)
    assert network(3, 300, 20).resizer == "antialiased bicubic to 256 x 20"
    with pytest.raises(DataError, match=r"shape \(3, 100, 20\); got \(3, 20, 100\)"):
        network(3, 100, 20).encode(pictures.transpose(2, 3))


@pytest.mark.parametrize(
    ("side", "channels"), [(28, [24, 48]), (32, [24, 48]), (64, [12, 24, 48]), (256, [8, 8, 12, 24, 48])]
)
def test_larger_pictures_are_halved_more_often(side: int, channels: list[int]) -> None:
    found = classifiers.convolutions_for((3, side, side))
    assert [convolution.channels for convolution in found] == channels
    assert math.ceil(side / 2 ** len(found)) <= classifiers.LAST


@pytest.mark.parametrize(
    ("labels", "classes", "message"),
    [
        (torch.zeros(20).long(), 1, "at least 2 classes"),
        (torch.full((20,), 2), 2, "from 2 to 2 do not fit 20 samples of 2 classes"),
        (torch.full((20,), -1), 2, "from -1 to -1 do not fit"),
        (torch.zeros(19).long(), 2, r"shape \(19,\)"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels: Tensor, classes: int, message: str) -> None:
    with pytest.raises(DataError, match=message):
        classifiers.train_classifier(torch.zeros(20, 3), labels, classes)
    with pytest.raises(DataError, match="10 samples"):
        classifiers.train_classifier(torch.zeros(9, 3), torch.zeros(9).long(), 2)


def test_the_extractor_says_what_it_is() -> None:
    network = classifiers.train_classifier(*blobs(200), 4, steps=50)
    extractor = classifiers.classifier_extractor(network, "blobs")
    assert (extractor.name, extractor.label) == ("classifier-blobs", "FD-classifier-blobs")
    assert extractor.note == f"held-out accuracy {network.held_out_accuracy:.1%}"
    assert torch.equal(extractor(blobs(5).samples), network.features(blobs(5).samples))
    same, other = (classifiers.train_classifier(*blobs(200), 4, steps=50, seed=seed) for seed in (0, 1))
    assert classifiers.classifier_extractor(same, "blobs").version == extractor.version
    assert classifiers.classifier_extractor(other, "blobs").version != extractor.version


class Copycat:
    """Says what it was trained on, as an accuracy: its mean plus ten times that of what it is tested on."""

    def __init__(self, samples: Tensor) -> None:
        self.mean, self.count = float(samples.mean()), len(samples)

    def accuracy(self, samples: Tensor, labels: Tensor) -> float:
        assert len(samples) == len(labels)
        return self.mean + 10 * float(samples.mean())


def test_gan_train_and_gan_test_cross_reals_and_fakes() -> None:
    """Training reals are 1, test reals 2, fakes 3: 3 + 10 * 2, 1 + 10 * 3, 1 + 10 * 2."""
    trained: list[Copycat] = []

    def train(samples: Tensor, labels: Tensor, classes: int, *, seed: int) -> Classifier:
        assert (len(samples), classes, seed) == (len(labels), 5, 7)
        trained.append(Copycat(samples))
        return trained[-1]  # type: ignore[return-value]

    def constant(value: float, count: int) -> Samples:
        return Samples(torch.full((count, 2), value), torch.arange(count))

    found, _ = classifiers.gan_train_test(
        constant(1.0, 30), constant(2.0, 20), constant(3.0, 12), 5, seed=7, train=train
    )
    assert found == (23, 31, 21, 12)
    assert found.trained_on == 12
    assert [one.count for one in trained] == [12, 12]
    assert (found.gan_train, found.gan_test, found.real) == (23, 31, 21)


def test_samples_are_drawn_with_their_own_labels_and_once() -> None:
    samples, labels = classifiers._drawn(Samples(torch.arange(50), torch.arange(50)), 20, seed=0)
    assert torch.equal(samples, labels)
    assert len(set(labels.tolist())) == 20


def test_fakes_that_lack_a_class_cost_gan_train_and_not_gan_test() -> None:
    fakes = blobs(400, seed=2)
    kept = fakes.labels < 3
    found, _ = classifiers.gan_train_test(
        blobs(400), blobs(400, seed=1), Samples(fakes.samples[kept], fakes.labels[kept]), 4
    )
    assert found.real > 0.98
    assert found.gan_test > 0.98
    assert 0.6 < found.gan_train < 0.85  # three of four classes


def test_the_shipped_digits_weigh_less_than_a_megabyte_and_know_99_of_100() -> None:
    path = Path(digits.__file__).with_name(digits.FILE)
    assert 900_000 < path.stat().st_size < 1_000_000
    test = mnist("test")
    assert test.labels is not None
    network, reference, floor = digits.digit_classifier()
    assert 0.985 < network.accuracy(test.samples[::4], test.labels[::4]) < 1  # all: 0.9919
    assert reference.covariance.shape == (classifiers.FEATURES, classifiers.FEATURES)
    assert floor == pytest.approx(1.279236, abs=1e-6)
    extractor = digits.digits()
    assert extractor.label == "FD-digits"
    assert torch.equal(extractor(test.samples[:9]), network.features(test.samples[:9]))


def test_a_symmetric_matrix_in_half_the_space() -> None:
    factor = torch.randn(5, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    symmetric = factor + factor.T
    assert digits.pack(symmetric).shape == (15,)
    assert torch.equal(digits.unpack(digits.pack(symmetric)), symmetric)
    assert digits.pack(torch.tensor([[1, 2], [2, 3]])).tolist() == [1, 2, 3]
