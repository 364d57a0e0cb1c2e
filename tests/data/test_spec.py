"""A data set whose samples are each made from something given."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from sparring.config.groups import DatasetConfig
from sparring.data.arrays import from_array
from sparring.data.spec import Dataset
from sparring.data.split import split_hold_out
from sparring.errors import DataError
from sparring.runs.folder import digest, facts_of
from sparring.training import plan


def pairs(count: int = 8) -> Dataset:
    """Grey pictures, each given in colour with the same number in every pixel."""
    number = np.arange(count, dtype=np.uint8)[:, None, None]
    grey, colour = (np.broadcast_to(number[..., None], (count, 8, 8, axes)) for axes in (1, 3))
    data = from_array(grey.copy(), number[:, 0, 0] % 2)
    return replace(data, given=from_array(colour.copy()))


def test_a_batch_brings_what_is_given_as_the_players_see_it() -> None:
    data = pairs().to(torch.device("cpu"))
    batch = data.batch(torch.tensor([5, 2]))
    assert batch.given is not None
    assert batch.given.shape == (2, 3, 8, 8)
    assert torch.equal(batch.given[:, :1], batch.real)


def test_samples_too_large_for_a_gpu_come_with_labels_that_are_there() -> None:
    spec, gpu = from_array(np.zeros((2, 8, 8), np.uint8)).spec, torch.device("cuda:0")
    with FakeTensorMode():  # tensors without values, on devices that need not exist
        samples, labels = (
            torch.zeros(9, 1, 8, 8, dtype=torch.uint8),
            torch.zeros(9, dtype=torch.int64, device=gpu),
        )
        data = Dataset("large", spec, samples, labels, device=gpu)
        for where in ("cpu", gpu):  # of the indices
            batch = data.batch(torch.zeros(3, dtype=torch.int64, device=where))
            assert batch.labels is not None
            assert (batch.real.device.type, batch.labels.device.type) == ("cuda", "cuda")


def test_both_parts_of_a_split_keep_what_is_given() -> None:
    for part in split_hold_out(pairs(), 0.25):
        assert part.given is not None
        assert torch.equal(part.given.samples[:, :1], part.samples)
    trained, held_out = plan.parts(DatasetConfig(hold_out=0.25, conditional=False), pairs())
    assert all(part is not None and part.given is not None for part in (trained, held_out))


def test_other_given_samples_are_other_data() -> None:
    data = pairs()
    assert data.given is not None
    turned = replace(data, given=replace(data.given, samples=data.given.samples.flip(0)))
    assert len({digest(data), digest(turned), digest(replace(data, given=None))}) == 3
    assert facts_of(data)["given"]["spec"]["shape"] == (3, 8, 8)
    assert "given" not in facts_of(replace(data, given=None))


def test_each_sample_needs_one_to_be_made_from() -> None:
    with pytest.raises(DataError, match="has 8 samples and 7 given to make them from: give one for each"):
        replace(pairs(), given=pairs(7).given)
