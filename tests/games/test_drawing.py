"""Drawing: latents, walks, grids and files."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from sparring.data.arrays import from_array
from sparring.data.spec import Spec
from sparring.errors import ConfigError
from sparring.games import drawing
from sparring.kinds import sheets, writers

GREY = Spec("image", (1, 4, 6), "uint8", (127.5,), (127.5,), ("a", "b/c"))
UNIT = Spec("image", (3, 4, 4), "float32", (0.5,), (0.5,))
PLANE = Spec("points", (2,), "float32", (0.0,), (2.0,))


def test_latents_repeat_with_the_seed_and_shrink_with_truncation() -> None:
    first = drawing.random_latents(50, 8, seed=1)
    assert torch.equal(first, drawing.random_latents(50, 8, seed=1))
    assert not torch.equal(first, drawing.random_latents(50, 8, seed=2))
    torch.testing.assert_close(drawing.random_latents(50, 8, 1, truncation=0.7), 0.7 * first)


def test_samples_are_decoded_a_chunk_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    generator, latents = nn.Sequential(nn.Linear(8, 24), nn.Unflatten(1, (1, 4, 6))), torch.randn(10, 8)
    whole = GREY.decode(drawing.draw(generator, latents))
    monkeypatch.setattr(drawing, "CHUNK", 4)
    sizes: list[int] = []

    def decode(encoded: torch.Tensor) -> torch.Tensor:
        sizes.append(len(encoded))
        return GREY.decode(encoded)

    assert torch.equal(drawing.draw(generator, latents, None, decode), whole)
    assert sizes == [4, 4, 2]
    assert torch.equal(drawing.to_measure(generator, latents, None, GREY), whole)
    unit = nn.Sequential(nn.Linear(8, 48), nn.Unflatten(1, (3, 4, 4)))
    assert drawing.to_measure(unit, latents, None, UNIT).dtype == torch.uint8


def test_slerp_ends_and_middle() -> None:
    x, y = torch.tensor([[2.0, 0.0]]), torch.tensor([[0.0, 2.0]])
    torch.testing.assert_close(drawing.slerp(x, y, 0.0), x)
    torch.testing.assert_close(drawing.slerp(x, y, 1.0), y, atol=1e-6, rtol=0)
    torch.testing.assert_close(drawing.slerp(x, y, 0.5), torch.tensor([[2**0.5, 2**0.5]]))


def test_slerp_keeps_the_norm_of_equal_norms() -> None:
    a, b = nn.functional.normalize(torch.randn(2, 10, 16, generator=torch.Generator().manual_seed(0)), dim=2)
    for share in (0.1, 0.5, 0.8):
        torch.testing.assert_close(drawing.slerp(a, b, share).norm(dim=1), torch.ones(10), rtol=1e-5, atol=0)


def test_slerp_of_parallel_and_opposite_latents_is_finite() -> None:
    x = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    y = torch.tensor([[3.0, 0.0], [-1.0, 0.0]])
    assert drawing.slerp(x, y, 0.5).isfinite().all()
    torch.testing.assert_close(drawing.slerp(x, y, 0.5)[0], torch.tensor([2.0, 0.0]))


def test_a_walk_visits_every_stop_and_moves_evenly() -> None:
    stops = torch.randn(4, 6, generator=torch.Generator().manual_seed(0))
    path = drawing.walk(stops, 40)
    assert path.shape == (40, 6)
    torch.testing.assert_close(path[::10], stops, atol=1e-5, rtol=0)
    back = (path - path.roll(-1, 0)).norm(dim=1)
    assert float(back.max()) < 3 * float(back.mean())


def test_draw_uses_evaluation_mode_and_restores_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "CHUNK", 3)
    network = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    latents = torch.randn(8, 2)
    drawn = drawing.draw(network, latents)
    assert network.training
    assert int(network[1].num_batches_tracked) == 0
    network.eval()
    torch.testing.assert_close(drawn, network(latents).detach())


def test_natural_labels_have_the_datas_proportions() -> None:
    labels = drawing.natural_labels(10, [1, 3, 1])
    assert labels is not None
    assert labels.bincount().tolist() == [2, 6, 2]
    thirds = drawing.natural_labels(10_000, [7, 7, 7])
    assert thirds is not None
    assert len(thirds) == 10_000
    assert drawing.natural_labels(10, []) is None


def test_a_part_of_natural_labels_has_all_classes() -> None:
    labels = drawing.natural_labels(10_000, [100, 100])
    assert labels is not None
    assert labels[:100].float().mean() == pytest.approx(0.5, abs=0.2)


def test_of_many_samples_only_the_decoded_ones_are_held() -> None:
    spec = from_array(np.arange(256, dtype=np.uint8).reshape(4, 8, 8)).spec
    network = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Unflatten(1, (1, 8, 8)))
    latents = torch.randn(2 * drawing.CHUNK + 1, 2)
    chunks: list[int] = []
    drawn = drawing.draw(network, latents, decode=lambda part: (chunks.append(len(part)), spec.decode(part))[1])
    assert chunks == [drawing.CHUNK, drawing.CHUNK, 1]
    assert drawn.dtype == torch.uint8
    assert torch.equal(drawn, drawing.decoded(network, spec, latents))
    assert torch.equal(drawn, spec.decode(drawing.draw(network, latents)))


def test_a_grid_places_its_tiles() -> None:
    tiles = np.zeros((5, 1, 4, 6), np.uint8)
    tiles[3] = 200
    picture = sheets.grid(tiles, GREY, columns=3, gap=2)
    assert picture.size == (3 * 8 + 2, 2 * 6 + 2)
    pixels = np.asarray(picture)
    assert (pixels[8:12, 2:8] == 200).all()
    assert (pixels == 200).sum() == 24


def test_float_pictures_become_bytes() -> None:
    values = np.array([0.0, 0.5, 1.0, 2.0], np.float32)
    tiles = np.broadcast_to(values[:, None, None, None], (4, 3, 4, 4))
    assert sheets.to_pixels(tiles, UNIT)[:, 0, 0, 0].tolist() == [0, 128, 255, 255]


def test_points_are_scattered_where_they_are() -> None:
    picture = np.asarray(
        sheets.scatter(np.array([[2.0, 0.0]] * 500 + [[np.nan, 1.0], [99.0, 0.0]]), PLANE, side=101)
    )
    row, column = np.unravel_index(picture.argmax(), picture.shape)
    assert (row, column) == (50, 90)
    assert (picture > 0).sum() == 1


@pytest.mark.parametrize("name", ["a.png", "a.gif", "a.webp", "a.npz", "deeper/a.png", "folder"])
def test_files(tmp_path: Path, name: str) -> None:
    tiles = np.random.default_rng(0).integers(0, 256, (3, 1, 4, 6), dtype=np.uint8)
    labels, path = np.array([0, 1, 0]), tmp_path / name
    writers.save(tiles, labels, GREY, path, None)
    if path.suffix == ".npz":
        with np.load(path) as content:
            assert (content["samples"] == tiles).all()
            assert content["labels"].tolist() == [0, 1, 0]
            assert content["class_names"].tolist() == ["a", "b/c"]
    elif path.suffix:
        with Image.open(path) as picture:
            assert getattr(picture, "n_frames", 1) == (1 if path.suffix == ".png" else 3)
    else:
        names = ["00000-a.png", "00001-b_c.png", "00002-a.png"]
        assert sorted(p.name for p in path.iterdir()) == names
        assert (np.asarray(Image.open(path / names[1])) == tiles[1, 0]).all()


def test_files_that_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"cannot write a.jpeg: accepted are .png, .gif, .webp, .npz, a folder"
    ):
        writers.save(np.zeros((1, 1, 4, 6), np.uint8), None, GREY, tmp_path / "a.jpeg")
    with pytest.raises(ConfigError, match="points can be written as"):
        writers.save(np.zeros((1, 2), np.float32), None, PLANE, tmp_path / "a.gif")
    with pytest.raises(ConfigError, match="no frames"):
        sheets.animate([], tmp_path / "a.gif")


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_slerp_of_nearly_opposite_latents_is_finite(share: float) -> None:
    x = torch.randn(20, 64, generator=torch.Generator().manual_seed(0))
    for y in (x, -x, -x + 1e-4, torch.zeros_like(x)):
        assert drawing.slerp(x, y, share).isfinite().all()


def test_a_walk_is_closed() -> None:
    stops = torch.randn(3, 16, generator=torch.Generator().manual_seed(0))
    path = drawing.walk(stops, 300)
    steps = (path.roll(-1, 0) - path).norm(dim=1)
    torch.testing.assert_close(path[0], stops[0], atol=1e-5, rtol=0)
    assert float(steps[-1]) == pytest.approx(float(steps[-2]), rel=0.1)


@pytest.mark.parametrize(("count", "size"), [(1, (10, 8)), (2, (18, 8)), (4, (18, 14)), (5, (26, 14))])
def test_a_grid_is_about_square(count: int, size: tuple[int, int]) -> None:
    assert sheets.grid(np.zeros((count, 1, 4, 6), np.uint8), GREY).size == size


def test_a_grid_of_points_is_a_scatter_plot() -> None:
    points = np.array([[0.0, 0.0], [1.0, 1.0]], np.float32)
    assert np.array_equal(np.asarray(sheets.grid(points, PLANE)), np.asarray(sheets.scatter(points, PLANE)))


def test_points_on_a_line_are_scattered_along_the_middle() -> None:
    line = Spec("points", (1,), "float32", (0.0,), (1.0,))
    rows, columns = np.nonzero(np.asarray(sheets.scatter(np.array([[-1.0], [1.0]]), line, side=101)))
    assert rows.tolist() == [50, 50]
    assert columns.tolist() == [10, 90]


def test_an_animation_rests_on_its_last_frame(tmp_path: Path) -> None:
    frames = [Image.new("L", (4, 4), level) for level in (0, 100, 200)]
    sheets.animate(frames, tmp_path / "a.gif", seconds=0.3)
    with Image.open(tmp_path / "a.gif") as picture:
        durations = []
        for k in range(picture.n_frames):
            picture.seek(k)
            durations.append(picture.info["duration"])
        assert durations == [100, 100, 1500]
        assert picture.info["loop"] == 0


def test_arrays_without_labels_have_none(tmp_path: Path) -> None:
    writers.save(np.zeros((2, 2), np.float32), None, PLANE, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as content:
        assert content.files == ["samples"]


def test_colours_survive_a_png(tmp_path: Path) -> None:
    spec = Spec("image", (3, 4, 4), "uint8", (127.5,), (127.5,))
    tiles = np.random.default_rng(0).integers(0, 256, (1, 3, 4, 4), dtype=np.uint8)
    writers.save(tiles, None, spec, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        assert np.array_equal(np.asarray(picture)[2:6, 2:6], tiles[0].transpose(1, 2, 0))
