"""Codecs: what the players see of stored samples, and the way back."""

import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sparring.data.codec import Affine, OneHot, StraightThrough
from sparring.errors import UnreadableError
from sparring.kinds import KINDS
from test_resume import OF_KIND

BYTES = Affine("uint8", (127.5,), (127.5,))
COLUMNS = Affine("float32", (1.0, -1.0), (2.0, 4.0), bounded=False)
LETTERS = OneHot((3,), ("", "a", "\n"), temperature=0.5, counts=(1, 9, 2))
VOICES = OneHot((3, 2))


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


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_reads_the_codec_it_writes(kind: str) -> None:
    codec = OF_KIND[kind]().spec.codec
    assert KINDS[kind].codec(json.loads(json.dumps(codec.to_dict()))) == codec


def test_numbers_are_one_or_as_many_as_the_last_axis_has() -> None:
    assert (BYTES.problem((3, 8, 8)), COLUMNS.problem((2,))) == ("", "")
    assert "2 and 2 numbers" in COLUMNS.problem((3,))


def test_one_symbol_of_each_group_is_one() -> None:
    assert LETTERS.encode(torch.tensor([[2, 0]])).tolist() == [[[0, 0, 1], [1, 0, 0]]]
    assert VOICES.encode(torch.tensor([[[2, 0], [0, 1]]])).tolist() == [[[0, 0, 1, 1, 0], [1, 0, 0, 0, 1]]]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1)), min_size=1))
def test_symbols_come_back(values: list[tuple[int, int]]) -> None:
    stored = torch.tensor([values], dtype=torch.uint8)
    assert torch.equal(VOICES.decode(VOICES.encode(stored)), stored)
    assert torch.equal(LETTERS.decode(LETTERS.encode(stored[..., 0])), stored[..., 0])


def test_symbols_are_stored_in_the_smallest_type() -> None:
    assert OneHot((256, 9)).dtype is torch.uint8
    assert OneHot((9, 257)).dtype is torch.int32
    assert LETTERS.decode(torch.rand(2, 5, 3)).dtype is torch.uint8


def test_a_generator_ends_with_symbols_and_the_gradient_of_a_softmax() -> None:
    logits = torch.tensor([[[0.0, 1.0, -1.0, 2.0, 3.0]]], requires_grad=True)
    found = StraightThrough((3, 2), temperature=0.5)(logits)
    assert found.tolist() == [[[0, 1, 0, 0, 1]]]
    weights = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])
    (found * weights).sum().backward()
    pieces = []
    for group, w in ((logits[0, 0, :3], weights[:3]), (logits[0, 0, 3:], weights[3:])):
        p = (group.detach() / 0.5).softmax(0)  # d(p.w)/dlogit = p (w - p.w) / temperature
        pieces.append(p * (w - (p * w).sum()) / 0.5)
    assert logits.grad is not None
    torch.testing.assert_close(logits.grad[0, 0], torch.cat(pieces))


def test_the_codec_gives_the_head_its_temperature() -> None:
    head = LETTERS.head()
    assert isinstance(head, StraightThrough)
    assert (head.sizes, head.temperature) == ((3,), 0.5)


@pytest.mark.parametrize("codec", [LETTERS, VOICES])
def test_symbols_are_read_as_they_are_written(codec: OneHot) -> None:
    read = OneHot.from_dict(codec.to_dict())
    assert (read, read.counts) == (codec, codec.counts)


def test_codecs_are_equal_whatever_occurs_how_often_which_old_files_do_not_say() -> None:
    written = LETTERS.to_dict()
    del written["counts"]
    assert OneHot.from_dict(written) == LETTERS
    assert OneHot.from_dict(written).counts == ()


@pytest.mark.parametrize(
    "change", [{"sizes": []}, {"sizes": [0]}, {"symbols": ["a" * 65]}, {"symbols": [1]}, {"temperature": 0}]
)
def test_symbols_that_cannot_be_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(UnreadableError, match=next(iter(change))):
        OneHot.from_dict(LETTERS.to_dict() | change)


def test_symbols_fill_the_last_axis() -> None:
    assert (LETTERS.problem((7, 3)), VOICES.problem((7, 5))) == ("", "")
    assert "5 symbols in all do not fit the shape [7, 3]" in VOICES.problem((7, 3))
    assert "do not fit the shape" in LETTERS.problem((3,))
    assert "counts: 1 for 3 symbols" in OneHot((3,), counts=(1,)).problem((7, 3))
    assert "2 names for 3 symbols" in OneHot((3,), ("a", "b")).problem((7, 3))


def test_a_codec_of_another_sort_is_refused() -> None:
    assert OneHot.of(LETTERS) is LETTERS
    with pytest.raises(UnreadableError, match="Affine is not a codec for symbols"):
        OneHot.of(BYTES)
