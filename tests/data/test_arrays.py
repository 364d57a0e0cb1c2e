"""The user's arrays: every layout that fits, and a clear refusal of what does not."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sparring.data import arrays
from sparring.data.arrays import from_array, from_file
from sparring.errors import DataError

NAN = np.where(np.arange(48).reshape(3, 4, 4) == 20, np.nan, 0.5)


@pytest.mark.parametrize(
    ("array", "shape", "dtype"),
    [
        (np.zeros((5, 8, 9), np.uint8), (1, 8, 9), "uint8"),
        (np.zeros((5, 3, 8, 9), np.uint8), (3, 8, 9), "uint8"),
        (np.zeros((5, 8, 9, 3), np.int64), (3, 8, 9), "uint8"),
        (np.zeros((5, 8, 9, 1), np.float64), (1, 8, 9), "float32"),
        (np.zeros((5, 4, 9, 3), np.uint8), (3, 4, 9), "uint8"),
        (np.zeros((5, 4, 9, 1), np.uint8), (1, 4, 9), "uint8"),
        (np.zeros((5, 3, 4, 4), np.uint8), (3, 4, 4), "uint8"),
        (np.ones((5, 8, 9), bool), (1, 8, 9), "uint8"),
        (-np.ones((5, 4, 8, 8), np.float16), (4, 8, 8), "float32"),
        (torch.zeros(5, 7), (7,), "float32"),
        ([[1, 2], [3, 4]], (2,), "float32"),
    ],
)
def test_layouts(array: Any, shape: tuple[int, ...], dtype: str) -> None:
    data = from_array(array)
    assert data.spec.shape == shape
    assert data.spec.codec.dtype == dtype
    assert data.samples.shape == (len(array), *shape)
    assert float(data.spec.encode(data.samples).abs().max()) <= 1


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (NAN, r"NaN or infinite values in 1 of 3 samples, first in sample 1"),
        (np.array([[np.inf, 0]]), "NaN or infinite"),
        (np.zeros(5), r"shape \(5,\); expected points \(N, D\) or pictures"),
        (np.zeros((2, 2, 2, 2, 2)), "expected points"),
        (np.zeros((0, 8, 8)), "holds no samples"),
        (np.zeros((4, 0, 8)), r"shape \(4, 0, 8\)"),
        (np.full((2, 8, 8), 300), "values from 300 to 300; expected 0 to 255"),
        (np.full((2, 8, 8), -1), "expected 0 to 255"),
        (np.ones((2, 8, 8), np.uint8), "this is almost black. Convert to bool, or multiply by 255"),
        (
            np.full((2, 8, 8), 255.0),
            r"from 255 to 255; floats must lie in \[0, 1\] or \[-1, 1\]: convert to uint8",
        ),
        (np.full((2, 8, 8), -7.5), r"floats must lie in .*: rescale first"),
        (np.zeros((2, 5, 8, 8)), r"neither axis 1 nor axis 3 is a number of channels \(1, 3, 4\). Keep 1"),
        (np.array([["a"]]), "hold strings: save texts as .txt"),
        ([["a", "b"], ["c", "d"]], "in Python give a list of strings, a text each"),
        ([b"ab", b"cd"], r"are bytes: decode texts first, \[text.decode\(\) for text in data\]"),
        (np.zeros((2, 2), complex), "expected integers or floats"),
        (np.array([[None]]), "expected integers or floats"),
        (np.array([[1e300]]), "beyond float32"),
        ([[1, 2], [3]], "cannot be made one array"),
    ],
)
def test_refusals(array: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        from_array(array)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros(3, int), r"4 samples but labels of shape \(3,\); expected \(4,\)"),
        (np.zeros(4), "labels of type float64; expected integers or names"),
        (np.zeros((4, 2), int), r"expected \(4,\)"),
        (np.arange(4), "4 different labels for 4 samples"),
        ([[1, 2], [3]], "labels"),
        (np.array([0, 1, np.nan, 1]), "labels of type float64"),
    ],
)
def test_labels_that_do_not_fit(labels: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        from_array(np.zeros((4, 8, 8), np.uint8), labels)


def test_labels_become_indices_with_names() -> None:
    data = from_array(np.zeros((4, 8, 8), np.uint8), ["cat", "dog", "cat", "cat"])
    assert data.spec.class_names == ("cat", "dog")
    assert data.labels is not None
    assert data.labels.tolist() == [0, 1, 0, 0]
    column = from_array(np.zeros((4, 8, 8), np.uint8), torch.tensor([[5], [9], [5], [9]]))
    assert column.spec.class_names == ("5", "9")


def test_names_beside_integer_labels_name_the_classes(tmp_path: Path) -> None:
    path, names = tmp_path / "a.npz", ["eel", "cat", "dog", "ant"]
    np.savez(path, samples=np.zeros((6, 2)), labels=[3, 1, 1, 0, 3, 3], class_names=names)
    data = from_file(path)
    assert data.spec.class_names == ("eel", "cat", "ant")
    assert data.labels is not None
    assert [data.spec.class_names[k] for k in data.labels] == ["ant", "cat", "cat", "eel", "ant", "ant"]
    np.savez(path, mine=np.zeros((4, 2)), y=["a", "b", "a", "b"], class_names=names)
    assert from_file(path).spec.class_names == ("a", "b")  # they name themselves


@pytest.mark.parametrize("names", [["a"], [["a", "b"]], [1, 2], ["a", "a"]])
def test_names_that_do_not_fit_the_labels_are_refused(tmp_path: Path, names: Any) -> None:
    np.savez(tmp_path / "a.npz", samples=np.zeros((4, 2)), labels=[0, 1, 0, 1], class_names=names)
    with pytest.raises(DataError, match="class_names"):
        from_file(tmp_path / "a.npz")


@settings(max_examples=50)
@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5))))
def test_bytes_survive_encoding_exactly(array: np.ndarray) -> None:
    assume(array.max() != 1)  # refused: all but black
    data = from_array(array)
    assert torch.equal(data.spec.decode(data.spec.encode(data.samples)), data.samples)


@settings(max_examples=50)
@given(hnp.arrays(np.float32, (3, 4), elements=st.floats(-1000, 1000, width=32)))
def test_points_survive_encoding_to_rounding(array: np.ndarray) -> None:
    data = from_array(array)
    again = data.spec.decode(data.spec.encode(data.samples))
    torch.testing.assert_close(again, data.samples, rtol=1e-5, atol=1e-3)


def test_encoding_leaves_the_data_alone() -> None:
    data = from_array(np.full((4, 2), 3.0, np.float32) * np.arange(4)[:, None])
    before = data.samples.clone()
    data.spec.encode(data.samples)
    assert torch.equal(data.samples, before)


def test_the_users_array_is_copied() -> None:
    mine = np.zeros((4, 8, 8), np.uint8)
    data = from_array(mine)
    mine[:] = 9
    assert int(data.samples.max()) == 0


def test_files(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((4, 8, 8), np.uint8))
    assert len(from_file(tmp_path / "a.npy")) == 4
    np.savez(tmp_path / "b.npz", x_train=np.zeros((4, 8, 8), np.uint8), y_train=[0, 0, 1, 1])
    assert from_file(tmp_path / "b.npz").classes == 2
    for key in ("label", "class", "target"):
        np.savez(tmp_path / "b.npz", images=np.zeros((4, 8, 8), np.uint8), ids=range(4), **{key: [0, 0, 1, 1]})
        assert from_file(tmp_path / "b.npz").classes == 2
    np.savez(tmp_path / "c.npz", something=np.zeros((4, 8, 8), np.uint8))
    assert len(from_file(tmp_path / "c.npz")) == 4


def test_files_that_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "good.npy", np.zeros((4, 8, 8), np.uint8))
    np.savez(tmp_path / "good.npz", samples=np.zeros((4, 8, 8), np.uint8))
    np.save(tmp_path / "pickled.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "placed.npz", np.zeros((4, 8, 8), np.uint8), [0, 0, 1, 1])
    np.savez(tmp_path / "kinds.npz", images=np.zeros((4, 8, 8), np.uint8), kind=[[0], [0], [1], [1]])
    np.savez(tmp_path / "two.npz", left=np.zeros((4, 8, 8)), right=np.zeros((4, 8, 8)))
    (tmp_path / "text.npy").write_text("hello")
    (tmp_path / "empty.npy").write_bytes(b"")
    for suffix in ("npy", "npz"):
        content = (tmp_path / f"good.{suffix}").read_bytes()
        (tmp_path / f"cut.{suffix}").write_bytes(content[: len(content) // 2])
    for name, message in {
        "missing.npy": "there is no file",
        "pickled.npy": "not of Python objects",
        "text.npy": "cannot read",
        "empty.npy": "cannot read",
        "cut.npy": "cannot read",
        "cut.npz": "cannot read",
        "placed.npz": "holds 'arr_1', with one number or name for each sample, as labels have.",
        "kinds.npz": "holds 'kind', with one number",
        "two.npz": "holds 'left, right'; name the samples one of",
    }.items():
        with pytest.raises(DataError, match=message):
            from_file(tmp_path / name)


@settings(max_examples=50)
@given(hnp.arrays(np.float32, (2, 3, 3), elements=st.floats(-1, 1, width=32)))
def test_float_pictures_survive_encoding_to_rounding(array: np.ndarray) -> None:
    data = from_array(array)
    unsigned = array.min() >= -arrays.ROUNDING
    assert data.spec.codec.centre == ((0.5,) if unsigned else (0.0,))
    expected = torch.from_numpy(array.clip(0) if unsigned else array)[:, None]
    torch.testing.assert_close(data.spec.decode(data.spec.encode(data.samples)), expected)


def test_what_resampling_leaves_beyond_the_range_is_cut_off() -> None:
    ends = np.zeros((2, 4, 4), np.float32)
    ends[0, 0, 0], ends[1, 0, 0] = -1e-7, 1.0005
    data = from_array(ends)
    assert (data.spec.codec.centre, float(data.samples.min()), float(data.samples.max())) == ((0.5,), 0, 1)
    assert from_array(ends - 0.01).spec.codec.centre == (0.0,)


def test_points_that_float32_runs_together_are_refused() -> None:
    dates = 1.7e9 + np.random.default_rng(0).normal(size=(1000, 2)) * [1e6, 100]
    with pytest.raises(DataError, match="in column 1, which float32 can hardly distinguish. Subtract"):
        from_array(dates)
    with pytest.raises(DataError, match="in column 1, which float32 can hardly distinguish. Subtract"):
        from_array(dates.astype(np.int32))
    assert from_array(dates.astype(np.float32)).spec.shape == (2,)
    assert len(from_array(dates - 1.7e9).samples.unique()) > 1900
    assert from_array(np.full((5, 2), 1.7e9)).spec.shape == (2,)


def test_points_that_hardly_differ_encode_to_finite_values() -> None:
    data = from_array(np.array([[0.0, 5.0], [1e-45, 5.0]], np.float32))
    assert data.spec.encode(data.samples).isfinite().all()


def test_a_table_of_booleans_stays_zero_and_one() -> None:
    assert sorted(from_array(np.eye(4, dtype=bool)).samples.unique().tolist()) == [0, 1]


@pytest.mark.parametrize("tensor", [torch.zeros(4, 8).to_sparse(), torch.zeros(4, 8).to(torch.float8_e4m3fn)])
def test_tensors_that_numpy_cannot_hold(tensor: torch.Tensor) -> None:
    with pytest.raises(DataError, match="samples"):
        from_array(tensor)


class Trap:
    """Unpickling one makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    trap = np.array([Trap(tmp_path / "sprung")], dtype=object)
    np.save(tmp_path / "a.npy", trap, allow_pickle=True)
    np.savez(tmp_path / "b.npz", samples=np.zeros((4, 8, 8), np.uint8), labels=trap)
    for name in ("a.npy", "b.npz"):
        with pytest.raises(DataError, match="not of Python objects"):
            from_file(tmp_path / name)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("kind", ["npy", "npz", "compressed"])
def test_a_damaged_byte_is_read_or_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / ("a.npy" if kind == "npy" else "a.npz")
    array = np.zeros((2, 2), np.uint8)
    if kind == "npy":
        np.save(path, array)
    elif kind == "npz":
        np.savez(path, samples=array)
    else:
        pictures = np.arange(64, dtype=np.uint8).reshape(4, 4, 4)
        np.savez_compressed(path, samples=pictures, labels=[0, 1, 0, 1], class_names=["cat", "dog"])
    content, surprises = path.read_bytes(), set()
    for place in range(len(content)):
        for byte in (content[place] ^ 1, content[place] ^ 0x55, ord("(")):
            path.write_bytes(content[:place] + bytes([byte]) + content[place + 1 :])
            try:
                from_file(path)
            except DataError:
                pass
            except Exception as error:
                surprises.add(f"{type(error).__name__}: {error}")
    assert not surprises


def test_an_archive_without_arrays_says_what_to_name_them(tmp_path: Path) -> None:
    np.savez(tmp_path / "none.npz")
    with pytest.raises(DataError, match="holds nothing; name the samples one of samples, images"):
        from_file(tmp_path / "none.npz")
    np.savez(tmp_path / "labels.npz", y=np.zeros(4, int))
    with pytest.raises(DataError, match="holds 'y'; name the samples one of"):
        from_file(tmp_path / "labels.npz")


def test_an_array_larger_than_the_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.npy"
    with path.open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (10**16,)}
        np.lib.format.write_array_header_1_0(file, header)
        file.write(bytes(8))
    with pytest.raises(DataError, match="cannot read"):
        from_file(path)
