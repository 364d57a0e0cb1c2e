"""Masks of defective pictures: whatever number marks a pixel, and however the picture is made smaller."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from sparring.config.groups import FilesConfig
from sparring.data import source as sources
from sparring.data.masks import Masks, brought, marked
from sparring.data.pictures import Form, Size, decode
from sparring.errors import DataError

SIZE = (30, 20)  # width and height


def png(pixels: NDArray[np.generic], form: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form)
    return file.getvalue()


def square(value: int, kind: type = np.uint8) -> NDArray[np.generic]:
    pixels = np.zeros(SIZE[::-1], kind)
    pixels[8:16, 8:24] = value
    return pixels


def of_palette() -> bytes:
    picture = Image.fromarray(square(1))
    picture.putpalette([0, 0, 0, 0, 0, 40])
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        png(square(1)), png(square(255)), png(square(1).astype(bool)), png(square(1, np.uint16)),
        png(square(65535, np.uint16)), of_palette(), png(square(200), "JPEG"), png(square(255), "TIFF"),
    ],
)  # fmt: skip
def test_a_pixel_is_marked_by_any_number(content: bytes) -> None:
    assert np.array_equal(marked(content).numpy(), square(1) > 0)


def test_labels_of_several_regions_are_all_marked_and_grey_borders_by_half() -> None:
    labels = square(1)
    labels[0, 0] = 3
    assert int(marked(png(labels)).sum()) == 8 * 16 + 1
    slope = np.tile(np.arange(0, 240, 8, dtype=np.uint8), (20, 1)) + np.arange(20, dtype=np.uint8)[:, None] % 2
    assert np.array_equal(marked(png(slope)).numpy(), slope > int(slope.max()) // 2)


@pytest.mark.parametrize("resize", ["crop", "fit", "stretch"])
def test_a_line_of_one_pixel_stays_whole_where_its_picture_has_it(resize: str) -> None:
    """In whatever form, all places in which the picture shows the line are marked, and few others."""
    for place in range(0, 200, 7):
        mask = np.zeros((120, 200), np.uint8)
        mask[:, place] = 255
        for size in (Size(32, 32), Size(50, 17)):
            found = brought(torch.from_numpy(mask > 0), size, resize).numpy()
            assert found.shape == (size.height, size.width)
            shown = decode(png(mask), Form(*size, resize, 1))[..., 0]
            assert found[shown > 60].all()
            assert found.any(0).sum() <= 2


def test_masks_are_found_by_kind_beside_a_test_and_by_the_folders_in_it(tmp_path: Path) -> None:
    for folder, name in (
        ("Test/Spot/a", "1.png"),
        ("Ground_Truth/spot/a", "1_MASK.png"),
        ("Ground_Truth/spot", "2.png"),
    ):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / name).write_bytes(png(square(1)))
    files = FilesConfig(size="15x10", resize="stretch")
    for place, name in ((tmp_path, "Test/Spot/a/1.png"), (tmp_path / "Test", "Spot/a/1.png")):
        source = sources.folder(place)
        masks = Masks(place, source)
        found = masks.of("Spot", source, [name], files)
        assert found is not None
        assert (tuple(found.shape), int(found.sum())) == ((1, 10, 15), 4 * 8)
        assert masks.of("dent", source, [], files) is None
        with pytest.raises(DataError, match="there is no mask 9_mask.png for "):
            masks.of("Spot", source, [name.replace("1", "9")], files)
