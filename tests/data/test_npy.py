"""numpy's files: what a header claims is checked before memory is taken, and no member is taken for another."""

import io
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sparring.data import npy
from sparring.data.arrays import from_array, from_file
from sparring.errors import DataError

PICTURES = np.arange(4 * 8 * 8, dtype=np.uint8).reshape(4, 8, 8)


def header(shape: str, kind: str = "|u1", version: int = 1) -> bytes:
    """The head of a .npy file that claims this."""
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode("latin1")
    return b"\x93NUMPY" + bytes([version, 0]) + len(text).to_bytes(2 if version == 1 else 4, "little") + text


CLAIMS = {
    "20 digits": ("(99999999999999999999, 8, 8)", "claims the shape"),
    "digits without end": ("(" + "9" * 3000 + ", 8)", "claims the shape"),
    "truth values": ("(True, 8, 8)", "has the shape .* in its header"),
    "below 0": ("(-1, 8, 8)", "has the shape .* in its header"),
    "many axes": ("(" + "1, " * 99 + ")", "has the shape .* in its header"),
    "more than is there": ("(4, 8, 9)", "takes 288 bytes; only 256 are there"),
    "no numbers": ("('a', 8)", "damaged, or not an array"),
    "deep": ("(" * 500 + ")" * 500, "damaged, or not an array"),
}


@pytest.mark.parametrize(("shape", "said"), CLAIMS.values(), ids=CLAIMS)
@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_claims_of_headers_are_refused_in_few_words(tmp_path: Path, shape: str, said: str, suffix: str) -> None:
    path, content = tmp_path / f"a.{suffix}", header(shape, version=2) + PICTURES.tobytes()
    if suffix == "npy":
        path.write_bytes(content)
    else:
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("samples.npy", content)
    with pytest.raises(DataError, match=said) as told:
        from_file(path)
    assert len(str(told.value)) - len(str(path)) < 350


def test_little_that_claims_much_is_refused_before_it_takes_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(npy, "LARGE", 2**20)
    np.savez_compressed(tmp_path / "a.npz", samples=np.zeros((2**17, 16, 8), np.uint8))
    tracemalloc.start()
    with pytest.raises(
        DataError, match=r"claims to unpack .* bytes to 16,777,344, more than 200 times .* numpy.savez"
    ):
        from_file(tmp_path / "a.npz")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20


def test_what_is_packed_well_below_that_is_read(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", samples=np.zeros((2**10, 16, 8), np.uint8))
    assert len(from_file(tmp_path / "a.npz")) == 2**10


def test_members_that_are_no_arrays_are_passed_over(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", samples=PICTURES, labels=[0, 1, 0, 1])
    with zipfile.ZipFile(tmp_path / "a.npz", "a") as file:
        file.writestr("README.txt", "my pictures")
        file.writestr("empty.npy", b"")
    data = from_file(tmp_path / "a.npz")
    assert (len(data), data.classes) == (4, 2)


@pytest.mark.parametrize("name", ["samples", "labels", "class_names"])
def test_a_member_that_is_needed_and_no_array_is_told(tmp_path: Path, name: str) -> None:
    arrays = {"samples": PICTURES, "labels": np.array([0, 1, 0, 1])}
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        for key, array in arrays.items():
            content = io.BytesIO()
            np.save(content, array)
            if key != name:
                file.writestr(f"{key}.npy", content.getvalue())
        file.writestr(name, "cat, dog")
    with pytest.raises(DataError, match=f"holds '{name}', which is not an array: save it with numpy.savez"):
        from_file(tmp_path / "a.npz")


def test_names_as_one_text_or_as_objects_are_refused_with_the_way_to_write_them(tmp_path: Path) -> None:
    arrays: dict[str, Any] = {"samples": PICTURES, "labels": [0, 1, 0, 1]}
    np.savez(tmp_path / "a.npz", **arrays, class_names="cat, dog")
    with pytest.raises(DataError, match=r"class_names of shape \(\).*names of the labels 0, 1"):
        from_file(tmp_path / "a.npz")
    np.savez(tmp_path / "a.npz", **arrays, class_names=np.array(["cat", "dog"], dtype=object))
    with pytest.raises(
        DataError, match=r"its 'class_names.npy' holds Python objects; .*numpy.array\(names, dtype=str\)"
    ):
        from_file(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("c\x1b[31mat", "c\\x1b[31mat"),
        ("c\0at", "c\\x00at"),
        ("c\nat", "c\\x0aat"),
        ("c\ud800at", "c\\ud800at"),
        (b"c\xffat", "c\\xffat"),
        ("Käse 猫", "Käse 猫"),
    ],
)
def test_names_of_classes_can_be_printed_whatever_they_are(tmp_path: Path, name: Any, expected: str) -> None:
    other = b"dog" if isinstance(name, bytes) else "dog"
    np.savez(tmp_path / "a.npz", samples=PICTURES, labels=[0, 1, 0, 1], class_names=[name, other])
    assert from_file(tmp_path / "a.npz").spec.class_names == (expected, "dog")
    assert from_array(PICTURES, [name, other, name, other]).spec.class_names == (expected, "dog")


def test_names_beyond_all_text_and_of_any_length_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="have more than 200 characters: give each class a short name") as told:
        from_array(PICTURES, ["a" * 99_999, "b"] * 2)
    assert len(str(told.value)) < 300
    beyond = np.array([0x7FFFFFFF, 98, 0x7FFFFFFF, 98], np.uint32).view("<U1")
    np.savez(tmp_path / "a.npz", samples=PICTURES, labels=beyond)
    with pytest.raises(DataError, match="names of classes that are not text"):
        from_file(tmp_path / "a.npz")
    among_others = np.array([[97, 0x7FFFFFFF], [97, 98]] * 2, np.uint32).view("<U2")[:, 0]
    with pytest.raises(DataError, match="names of classes that are not text"):
        from_array(PICTURES, among_others)


def test_masks_are_not_ignored() -> None:
    masked = np.ma.masked_array(PICTURES, PICTURES < 3)
    with pytest.raises(DataError, match=r"samples hold 3 masked values: fill them first, as with .filled\(0\)"):
        from_array(masked)
    with pytest.raises(DataError, match="3 masked values"):
        from_array(list(masked))
    with pytest.raises(DataError, match="labels hold 1 masked value:"):
        from_array(PICTURES, np.ma.masked_array([0, 1, 0, 1], [0, 0, 1, 0]))
    assert len(from_array(np.ma.masked_array(PICTURES))) == 4
    assert int(from_array(masked.filled(0)).samples.sum()) == PICTURES.sum() - 3


def test_faults_of_the_system_are_told_in_our_words(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot read .*: it is a folder"):
        from_file(tmp_path)
