"""What a user has in memory becomes samples and labels, or is refused with what to do."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, IterableDataset, SubsetRandomSampler, TensorDataset
from torch.utils.data import Dataset as TorchDataset

from sparring import kinds
from sparring.data import loaders
from sparring.data.given import take
from sparring.errors import ConfigError, DataError

COUNT = 12
PICTURES = np.random.default_rng(0).integers(0, 256, (COUNT, 8, 8), dtype=np.uint8)
TENSOR = torch.from_numpy(PICTURES)[:, None]
LABELS = torch.arange(COUNT) % 3
PAIR = TensorDataset(TENSOR, LABELS)


class Items(TorchDataset[Any]):
    """A torch Dataset whose items a function makes."""

    def __init__(self, item: Callable[[int], Any], count: int = COUNT) -> None:
        self.item, self.count = item, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, place: int) -> Any:
        return self.item(place)


class Stream(IterableDataset[Any]):
    def __iter__(self) -> Iterator[Any]:
        return iter(zip(TENSOR, LABELS, strict=True))


class Table:
    """As much of a table (pandas, polars) as is asked of one."""

    def __init__(self, **columns: Any) -> None:
        self.of, self.columns = {name: np.asarray(column) for name, column in columns.items()}, list(columns)
        self.shape, self.ndim = (len(next(iter(self.of.values()))), len(columns)), 2

    def __getitem__(self, name: str) -> Any:
        return self.of[name]

    def to_numpy(self) -> Any:
        return np.array([list(row) for row in zip(*self.of.values(), strict=True)], dtype=object)


def picture(place: int, mode: str = "L", side: int = 8) -> Image.Image:
    return Image.fromarray(PICTURES[place]).convert(mode).resize((side, side))


WITH_LABELS: dict[str, Any] = {
    "a DataLoader": DataLoader(PAIR, batch_size=5, shuffle=True, drop_last=True),
    "a TensorDataset": PAIR,
    "a Dataset of tensors": Items(lambda k: (TENSOR[k], int(LABELS[k]))),
    "a Dataset of pictures": Items(lambda k: (picture(k), LABELS[k])),
    "a Dataset of mappings": Items(lambda k: {"image": picture(k), "label": int(LABELS[k])}),
    "a stream": Stream(),
    "a loader of a stream": DataLoader(Stream(), batch_size=4),
    "a pair": (TENSOR, LABELS),
    "a list of both": [PICTURES, LABELS.numpy()],
    "a column of labels": (TENSOR, LABELS[:, None]),
    "labels as objects": (PICTURES, np.array([int(label) for label in LABELS], dtype=object)),
    "a mapping": {"images": TENSOR, "labels": LABELS},
    "a list of pairs": [(TENSOR[k], int(LABELS[k])) for k in range(COUNT)],
    "pictures and labels": ([picture(k) for k in range(COUNT)], LABELS),
}
WITHOUT: dict[str, Any] = {
    "a DataLoader": DataLoader(TensorDataset(TENSOR), batch_size=5),
    "a Dataset": Items(lambda k: PICTURES[k]),
    "a list of pictures": [picture(k) for k in range(COUNT)],
    "a list of tensors": list(TENSOR),
    "a list of arrays": list(PICTURES),
    "a pair without labels": (TENSOR, None),
    "a collate_fn of one's own": DataLoader(PAIR, collate_fn=lambda pairs: torch.stack([x for x, _ in pairs])),
    "a tensor that wants gradients": (TENSOR / 255).requires_grad_(),
}


@pytest.mark.parametrize("name", WITH_LABELS)
def test_samples_and_labels(name: str) -> None:
    data, _ = take(WITH_LABELS[name])
    assert torch.equal(data.samples, TENSOR)
    assert data.labels is not None
    assert data.labels.tolist() == LABELS.tolist()


@pytest.mark.parametrize("name", WITHOUT)
def test_samples_alone(name: str) -> None:
    data, _ = take(WITHOUT[name])
    assert data.labels is None
    bytes_again = data.samples * (255 if data.spec.codec.dtype == "float32" else 1)
    assert torch.equal(bytes_again.round(), TENSOR.to(data.samples.dtype))


def test_what_was_taken_is_said() -> None:
    assert take(DataLoader(PAIR))[1] == [
        "took 12 samples and their labels from the DataLoader's dataset, each once as it is now; the training "
        "makes its own batches (batch_size, seed)."
    ]
    assert take(Items(lambda k: TENSOR[k]))[1] == ["took 12 samples from the Items, each once as it is now."]
    assert take(TENSOR)[1] == []


def test_a_loader_of_a_part_gives_that_part() -> None:
    data, _ = take(DataLoader(PAIR, sampler=SubsetRandomSampler([2, 5, 7])))
    assert sorted(data.samples.flatten(1).sum(1).tolist()) == sorted(
        TENSOR[[2, 5, 7]].flatten(1).sum(1).tolist()
    )


def test_grey_and_coloured_pictures_together_become_colour() -> None:
    data, _ = take([picture(k, ("L", "RGB")[k % 2]) for k in range(COUNT)])
    assert data.spec.shape == (3, 8, 8)
    assert torch.equal(data.samples[:, :1], TENSOR)


def test_names_of_classes_may_be_objects() -> None:
    data, _ = take(PICTURES, np.array(["cat", "dog"] * 6, dtype=object))
    assert data.spec.class_names == ("cat", "dog")


def test_a_table_of_numbers_is_points_whatever_its_own_type() -> None:
    numbers = np.array([0, 1, 2, 3, 4.5], dtype=object)  # as a column has them that was once of words
    data, _ = take(Table(a=np.arange(5), b=np.linspace(0, 1, 5), c=numbers))
    assert data.samples[:, 0].tolist() == [0, 1, 2, 3, 4]


REFUSED: dict[str, tuple[Any, str]] = {
    "a name": ("mnist", r"'mnist' is a name or a path.*sparring.dataset\('mnist'\)"),
    "nothing": (None, "the data is None; accepted are"),
    "an iterator": (iter([1]), "of type list_iterator; accepted are"),
    "a Dataset of nothing": (Items(lambda k: None), "sample 0 is None"),
    "a Dataset of three": (Items(lambda k: (1, 2, 3)), "sample 0 has 3 parts"),
    "a Dataset of masks": (
        Items(lambda k: (TENSOR[k], TENSOR[k])),
        "comes with a Tensor, which is not",
    ),
    "a Dataset that fails": (Items(lambda k: [][k]), "sample 0 cannot be read: IndexError 'list index"),
    "a Dataset beyond memory": (Items(lambda k: TENSOR[0], 10**12), "GiB or more, over a quarter"),
    "labels of some": (Items(lambda k: (TENSOR[k], 1) if k else TENSOR[k]), "some samples have a label"),
    "pictures of two sizes": (
        [picture(k, side=8 + k % 2) for k in range(4)],
        r"\(8, 8\) and \(9, 9\) \(sample 1\)",
    ),
    "three tensors": (TensorDataset(TENSOR, LABELS, LABELS), "has 3 tensors"),
    "a collate_fn that fails": (DataLoader(PAIR, collate_fn=lambda pairs: pairs.missing), "give its dataset"),
    "training and test": (((TENSOR, LABELS), (TENSOR, LABELS)), "pair of pairs"),
    "one-hot labels": ((TENSOR, torch.eye(3)[LABELS].long()), r"one-hot: give labels.argmax\(1\)"),
    "a mapping of others": ({"left": TENSOR}, "keys .'left'.; name the samples"),
    "a table of words": (Table(a=[1, 2], kind=["x", "y"]), r"'kind'\] hold no numbers.*table\['kind'\]"),
    "a tensor without values": (torch.zeros(4, 3, device="meta"), "meta device, where it has no values"),
    "a sparse tensor": (torch.eye(4).to_sparse(), r"give x.to_dense\(\)"),
    "complex values": (torch.zeros(4, 3, dtype=torch.complex64), "expected integers or floats"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_data(name: str) -> None:
    data, words = REFUSED[name]
    with pytest.raises(DataError, match=words) as refusal:
        take(data)
    assert len(str(refusal.value)) < 500


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["a", 1] * 6, None),  # numpy makes names of both
        (np.array(["a", 1] * 6, dtype=object), "only integers or only names"),
        (np.array(["a", None] * 6, dtype=object), "has no label for 6 of 12 samples, first for sample 1"),
        ("folders", "labels are 'folders'; expected an array of 12"),
        (LABELS.float(), "Convert them to integers"),
        (torch.zeros(COUNT, device="meta"), "labels: the tensor is on torch's meta device"),
    ],
    ids=str,
)
def test_labels_beside_samples(labels: Any, words: str | None) -> None:
    if words is None:
        assert take(PICTURES, labels)[0].classes == 2
        return
    with pytest.raises(DataError, match=words):
        take(PICTURES, labels)


def test_labels_come_once() -> None:
    with pytest.raises(DataError, match="labels were given twice"):
        take(PAIR, LABELS)
    with pytest.raises(ConfigError, match="a Dataset has its own"):
        take(take(PAIR)[0], LABELS)


def test_a_stream_without_an_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(IterableDataset[Any]):
        def __iter__(self) -> Iterator[Any]:
            while True:
                yield TENSOR[0]

    monkeypatch.setattr(loaders, "MOST_STREAMED", 100)
    with pytest.raises(DataError, match="over 100 samples, or has no end"):
        take(Endless())


@pytest.mark.parametrize(
    ("samples", "question"),
    [
        (torch.rand(5, 784), r"pictures of 28 x 28 pixels\? Then give x.reshape\(-1, 28, 28\)"),
        (np.arange(5 * 3072).reshape(5, -1) % 256, r"32 x 32 pixels in colour\? .*\(-1, 3, 32, 32\)"),
        (2 * torch.rand(5, 784), None),
        (torch.rand(5, 783), None),
        (torch.rand(5, 4), None),
        (torch.rand(5, 28, 28), None),
    ],
)
def test_pictures_laid_out_in_rows_are_asked_about(samples: Any, question: str | None) -> None:
    data = take(samples)[0]
    said = kinds.of(data.spec).warning(data)
    assert said is None if question is None else re.search(question, said or "") is not None


def test_a_dataset_without_a_length_is_told_what_it_lacks() -> None:
    class Endless(TorchDataset[Any]):
        def __getitem__(self, place: int) -> float:
            return 0.0

    with pytest.raises(
        DataError, match="Endless does not say how many samples it has: give it a method __len__"
    ):
        take(Endless())
