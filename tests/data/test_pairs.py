"""Sources and targets become one data set: by name, by halves, or each on its own."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sparring.config.groups import DatasetConfig, FilesConfig
from sparring.data import shapes
from sparring.data.arrays import from_array
from sparring.data.pairs import cut_in_two, joined
from sparring.data.spec import Dataset
from sparring.data.split import split_hold_out
from sparring.errors import ConfigError, DataError
from sparring.kinds import find
from sparring.training.order import Order


def shades(count: int, first: int = 0, side: int = 8) -> Dataset:
    return from_array(np.stack([np.full((side, side), first + k, np.uint8) for k in range(count)]))


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """edges/0.png to edges/11.png and shoes/0.bmp to shoes/11.bmp, in red each of one shade, by its number."""
    for folder, suffix, mode in (("edges", "png", "L"), ("shoes", "bmp", "RGB")):
        (tmp_path / folder).mkdir()
        for k in range(12):
            Image.new(mode, (8, 8), 10 * k if mode == "L" else (10 * k, 10 * k, 255 - 10 * k)).save(
                tmp_path / folder / f"{k}.{suffix}"
            )
    return tmp_path


def read(place: Path, paired: str = "names", **files: object) -> Dataset:
    named = DatasetConfig(source=str(place / "edges"), data=str(place / "shoes"), paired=paired)
    return find.chosen(named, FilesConfig(**files))  # type: ignore[arg-type]


def test_pairs_have_the_same_name(folders: Path) -> None:
    data = read(folders)
    assert data.given is not None
    assert len(data) == len(data.given) == 12
    assert torch.equal(data.samples[:, 0], data.given.samples[:, 0])
    assert (data.spec.shape, data.given.spec.shape) == ((3, 8, 8), (1, 8, 8))
    assert data.spec.given == data.given.spec
    assert not data.spec.unpaired


def test_pictures_without_a_partner_are_named(folders: Path) -> None:
    for name in ("edges/3.png", "edges/7.png", "shoes/5.bmp"):
        (folders / name).unlink()
    Image.new("L", (8, 8)).save(folders / "edges" / "lonely.png")
    data = read(folders)
    assert data.given is not None
    assert len(data) == 9
    assert torch.equal(data.samples[:, 0], data.given.samples[:, 0])
    assert data.origin is not None
    (sources,) = [note for note in data.origin.notes if "sources" in note]
    (targets,) = [note for note in data.origin.notes if "targets" in note]
    assert sources == "2 pictures of the sources without a partner left out: 5, lonely."
    assert targets == "2 pictures of the targets without a partner left out: 3, 7."


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda place: [f.rename(f.with_stem(f"x{f.stem}")) for f in (place / "edges").iterdir()],
         "no name is in both: .*x0.png, x1.png, x10.png and 9 more"),
        (lambda place: shutil.copy(place / "edges/3.png", place / "edges/3.bmp"), "several pictures named 3"),
        (lambda place: [f.unlink() for f in (place / "edges").iterdir()], "holds no pictures"),
    ],
)  # fmt: skip
def test_folders_that_do_not_pair_are_refused(change: object, why: str, folders: Path) -> None:
    change(folders)  # type: ignore[operator]
    with pytest.raises(DataError, match=why):
        read(folders)


@pytest.mark.parametrize(
    ("size", "resize", "told"),
    [((32, 16), "crop", 1), ((32, 16), "stretch", 0), ((32, 32), "crop", 0), ((100, 98), "crop", 0)],
)
def test_pairs_of_other_proportions_are_told(
    size: tuple[int, int], resize: str, told: int, folders: Path
) -> None:
    for file in (folders / "edges").iterdir():
        Image.new("L", size).save(file)
    origin = read(folders, resize=resize).origin
    assert origin is not None
    assert sum("--resize stretch keeps all of both" in note for note in origin.notes) == told
    assert not any("keeps all of both" in note for note in read(folders, "none").origin.notes)  # type: ignore[union-attr]


def test_one_picture_is_no_side(folders: Path) -> None:
    with pytest.raises(DataError, match="3.png cannot be read as data: it is one picture, .* Give the folder"):
        find.chosen(DatasetConfig(source=str(folders / "edges/3.png"), data=str(folders / "shoes")))


def test_pairs_may_lie_in_folders_of_other_names(folders: Path) -> None:
    (folders / "edges/left").mkdir()
    for file in list((folders / "edges").glob("*.png")):
        file.rename(folders / "edges/left" / file.name)
    assert len(read(folders)) == 12


def test_sources_are_read_at_the_size_of_the_targets(folders: Path) -> None:
    Image.new("L", (64, 32), 200).save(folders / "edges/3.png")
    data = read(folders, "none")
    assert data.given is not None
    assert data.given.spec.shape == (1, 8, 8)
    assert data.spec.unpaired
    assert read(folders, "none", size="16").spec.shape == (3, 16, 16)


def test_names_on_both_sides_are_told_where_no_pairs_are_asked_for(folders: Path) -> None:
    def notes() -> list[str]:
        origin = read(folders, "none").origin
        assert origin is not None
        return [note for note in origin.notes if "both sides" in note]

    (note,) = notes()
    assert note.startswith("12 names of files are on both sides: if they are pairs, --paired")
    for k in range(7):
        (folders / f"edges/{k}.png").rename(folders / f"edges/other-{k}.png")
    assert notes() == []


def test_the_same_folder_twice_is_refused(folders: Path) -> None:
    named = DatasetConfig(source=str(folders / "edges"), data=f"{folders}/edges/")
    with pytest.raises(DataError, match="sources and targets are the same"):
        find.chosen(named)


@pytest.mark.parametrize(
    ("named", "files", "why"),
    [
        (DatasetConfig(data="mnist", paired="names"), FilesConfig(), "needs sources beside the targets"),
        (DatasetConfig(data="a", source="b"), FilesConfig(labels="folders"), "uses no labels"),
        (DatasetConfig(data="a", source="b", paired="halves"), FilesConfig(), "takes one folder, and two"),
        (DatasetConfig(data="a", source="b", paired="names"), FilesConfig(crops=2), "not the same in a source"),
        (DatasetConfig(data="a", paired="halves"), FilesConfig(crops=2), "not the same in a source"),
    ],
)
def test_options_that_do_not_go_together(named: DatasetConfig, files: FilesConfig, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        find.chosen(named, files)


def test_shapes_come_in_pairs_and_are_the_same_each_time() -> None:
    a, b, other = shapes.shapes(6), shapes.shapes(6), shapes.shapes(6, seed=1)
    assert a.given is not None
    assert b.given is not None
    assert (a.given.spec.shape, a.spec.shape) == ((1, 32, 32), (3, 32, 32))
    assert torch.equal(a.samples, b.samples)
    assert torch.equal(a.given.samples, b.given.samples)
    assert not torch.equal(a.samples, other.samples)
    outline = a.given.samples[:, 0] > 200
    inside = (a.samples.int() - torch.tensor(shapes.PAPER)[:, None, None]).abs().sum(1) > 30
    near = torch.nn.functional.max_pool2d(inside.float(), 3, 1, 1) > 0
    assert float(near[outline].float().mean()) > 0.95  # an outline is at the rim of what is filled


@pytest.mark.parametrize("distance", shapes.DISTANCES.values())
def test_a_distance_is_below_0_inside_alone(distance: Callable[..., np.ndarray]) -> None:
    assert distance(np.zeros(1), np.zeros(1))[0] == pytest.approx(-1)
    angles = np.linspace(0, 2 * np.pi, 50)
    assert (distance(0.9 * np.cos(angles), 0.9 * np.sin(angles)) < 0).all()
    assert (distance(2.1 * np.cos(angles), 2.1 * np.sin(angles)) > 0).all()


@pytest.mark.parametrize(("paired", "source"), [("halves", 20), ("right-halves", 200)])
def test_halves_of_a_picture(paired: str, source: int, tmp_path: Path) -> None:
    for k in range(3):
        picture = Image.new("L", (200, 100), 20)
        picture.paste(200, (100, 0, 200, 100))
        picture.save(tmp_path / f"{k}.png")
    data = find.chosen(DatasetConfig(data=str(tmp_path), paired=paired))
    assert data.given is not None
    assert data.spec.shape == data.given.spec.shape == (1, 64, 64)
    assert int(data.given.samples[0, 0, 32, 5]) == source
    assert int(data.samples[0, 0, 32, 5]) == 220 - source
    assert data.origin is not None
    again = find.chosen(
        DatasetConfig(data=str(tmp_path), paired=paired), FilesConfig(size=data.origin.options["size"])
    )
    assert torch.equal(again.samples, data.samples)


@pytest.mark.parametrize("size", [(8, 8), (8, 12)])
def test_tall_halves_are_cut_whole(size: tuple[int, int], tmp_path: Path) -> None:
    for k in range(3):
        pixels = np.random.default_rng(k).integers(0, 256, size[::-1], dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{k}.png")
    data = find.chosen(DatasetConfig(data=str(tmp_path), paired="halves"))
    assert data.given is not None
    assert torch.equal(torch.cat([data.given.samples[2], data.samples[2]], 2)[0], torch.from_numpy(pixels))


def test_an_odd_width_has_no_halves() -> None:
    with pytest.raises(
        DataError, match="7 pixels in width cannot be cut .*: give the size of a half, as --size 3x8"
    ):
        cut_in_two(from_array(np.zeros((4, 8, 7), np.uint8)), "halves")


def test_arrays_are_paired_in_their_order() -> None:
    data = joined(shades(5), shades(5, 100), "names")
    batch = data.batch(torch.tensor([3, 1]))
    assert batch.given is not None
    assert torch.allclose((batch.real - batch.given) * 127.5, torch.tensor(100.0))
    with pytest.raises(DataError, match="5 sources and 4 targets without the names"):
        joined(shades(5), shades(4), "names")


@pytest.mark.parametrize(
    ("sources", "targets", "why"),
    [
        (shades(5), shades(5, side=16), "8 x 8 and 16 x 16 pixels"),
        (shades(5), from_array(np.zeros((5, 2), np.float32)), "give two sets of pictures"),
    ],
)
def test_sides_that_are_not_alike_are_refused(sources: Dataset, targets: Dataset, why: str) -> None:
    with pytest.raises(DataError, match=why):
        joined(sources, targets, "none")


def test_unpaired_sides_have_orders_of_their_own() -> None:
    data = joined(shades(30), shades(7, 100), "none")
    order = Order(7, seed=3)
    other = order.other(30)
    drawn = torch.cat([other(start, 5) for start in range(0, 60, 5)])
    assert sorted(drawn[:30].tolist()) == sorted(drawn[30:].tolist()) == list(range(30))
    assert drawn[:30].tolist() != drawn[30:].tolist()
    assert torch.equal(drawn, Order(7, seed=3).other(30)(0, 60))
    assert not torch.equal(order.other(7)(0, 7), order(0, 7))
    batch = data.batch(torch.tensor([2, 6]), torch.tensor([29, 0]))
    assert batch.given is not None
    assert (batch.given * 127.5 + 127.5).round()[:, 0, 0, 0].tolist() == [29, 0]
    assert (batch.real * 127.5 + 127.5).round()[:, 0, 0, 0].tolist() == [102, 106]


@pytest.mark.parametrize("paired", ["names", "none"])
def test_a_hold_out_keeps_pairs_together_and_sides_apart(paired: str) -> None:
    data = joined(shades(40), shades(40, 100), paired)
    training, held = split_hold_out(data, 0.25)
    assert training.given is not None
    assert held.given is not None
    assert [len(part) for part in (training, training.given, held, held.given)] == [30, 30, 10, 10]
    for part in (training, held):
        assert part.given is not None
        a, b = part.given.samples[:, 0, 0, 0].tolist(), part.samples[:, 0, 0, 0].tolist()
        if paired == "names":
            assert [x + 100 for x in a] == b
    seen = set(training.given.samples[:, 0, 0, 0].tolist())
    assert not seen & set(held.given.samples[:, 0, 0, 0].tolist())
