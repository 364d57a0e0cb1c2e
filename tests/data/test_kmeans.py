import pytest
import torch

from conftest import heaps
from sparring.data import kmeans


def test_heaps_that_lie_apart_are_found() -> None:
    vectors, heap = heaps([40, 10, 25])
    found = kmeans.assign(vectors, kmeans.centres(vectors, 3, torch.Generator().manual_seed(1)))
    assert found.dtype == torch.int64
    for k in range(3):
        assert len(found[heap == k].unique()) == 1
    assert len(found.unique()) == 3


def test_lloyds_iterations_end_where_each_centre_is_its_members_mean() -> None:
    vectors = torch.randn(300, 3, generator=torch.Generator().manual_seed(0)).double()
    found = kmeans.assign(vectors, kmeans.centres(vectors, 4, torch.Generator().manual_seed(0)))
    means = torch.stack([vectors[found == k].mean(0) for k in range(4)])
    agree = (torch.cdist(vectors, means).argmin(1) == found).double().mean()
    assert agree > 0.97  # a few vectors may still be on their way


def test_equal_vectors_are_one_cluster() -> None:
    ones = torch.ones(20, 2)
    found = kmeans.assign(ones, kmeans.centres(ones, 3, torch.Generator().manual_seed(0)))
    assert len(found.unique()) == 1


def test_one_centre_is_the_mean() -> None:
    vectors, _ = heaps([30, 20])
    found = kmeans.centres(vectors, 1, torch.Generator().manual_seed(0))
    torch.testing.assert_close(found[0], vectors.double().mean(0))


@pytest.mark.parametrize("count", [0, 6])
def test_more_centres_than_vectors_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="expected 1 to 5"):
        kmeans.centres(torch.zeros(5, 2), count, torch.Generator())
