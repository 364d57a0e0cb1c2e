"""Codecs: what the players see of stored samples, and the way back."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sparring.data.codec import Affine
from sparring.kinds import KINDS
from sparring.kinds.kind import Kind

BYTES = Affine("uint8", (127.5,), (127.5,))
COLUMNS = Affine("float32", (1.0, -1.0), (2.0, 4.0), bounded=False)


def test_the_ends_of_the_range_are_minus_one_and_one() -> None:
    assert BYTES.encode(torch.tensor([0, 255], dtype=torch.uint8)).tolist() == [-1, 1]
    assert COLUMNS.encode(torch.tensor([[-1.0, 3.0]])).tolist() == [[-1, 1]]


@given(st.lists(st.integers(0, 255), min_size=1))
def test_bytes_come_back(values: list[int]) -> None:
    stored = torch.tensor(values, dtype=torch.uint8)
    assert torch.equal(BYTES.decode(BYTES.encode(stored)), stored)


def test_bytes_between_two_are_rounded() -> None:
    assert BYTES.decode(torch.tensor([0.999, -0.999])).tolist() == [255, 0]


def test_only_what_is_bounded_is_cut_off() -> None:
    assert BYTES.decode(torch.tensor([-2.0, 2.0])).tolist() == [0, 255]
    assert COLUMNS.decode(torch.tensor([[2.0, -2.0]])).tolist() == [[5, -9]]


@pytest.mark.parametrize("codec", [BYTES, COLUMNS])
def test_a_generator_can_end_as_the_codec_needs(codec: Affine) -> None:
    reached = codec.head()(torch.tensor([-9.0, 9.0]))
    assert (float(reached.abs().max()) <= 1) is codec.bounded


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_kind_reads_the_codec_it_writes(kind: Kind) -> None:
    codec = kind.codec(BYTES.to_dict())
    assert kind.codec(codec.to_dict()) == codec


def test_numbers_are_one_or_as_many_as_the_last_axis_has() -> None:
    assert (BYTES.problem((3, 8, 8)), COLUMNS.problem((2,))) == ("", "")
    assert "2 and 2 numbers" in COLUMNS.problem((3,))
