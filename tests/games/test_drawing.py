"""Drawing: latents and walks."""

import pytest
import torch
from torch import nn

from sparring.data.codec import Affine
from sparring.data.spec import Spec
from sparring.games import drawing

GREY = Spec("image", (1, 4, 6), Affine("uint8", (127.5,), (127.5,)), ("a", "b/c"))
UNIT = Spec("image", (3, 4, 4), Affine("float32", (0.5,), (0.5,)))


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
    assert torch.equal(drawing.for_features(generator, latents, None, GREY), whole)
    unit = nn.Sequential(nn.Linear(8, 48), nn.Unflatten(1, (3, 4, 4)))
    assert drawing.for_features(unit, latents, None, UNIT).dtype == torch.uint8


def test_large_samples_are_drawn_in_smaller_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    generator, latents = nn.Sequential(nn.Linear(8, 24), nn.Unflatten(1, (1, 4, 6))), torch.randn(100, 8)
    whole = drawing.draw(generator, latents)
    sizes: list[int] = []
    generator.register_forward_hook(lambda _, inputs, __: sizes.append(len(inputs[0])))
    for numbers, expected in (
        (24 * 40, [1, 40, 40, 20]),
        (24, [1, 16, 16, 16, 16, 16, 16, 4]),
        (10**6, [1, 100]),
    ):
        monkeypatch.setattr(drawing, "CHUNK_NUMBERS", numbers)
        torch.testing.assert_close(drawing.draw(generator, latents), whole)
        assert sizes == expected
        sizes.clear()
    drawing.draw(generator, latents[:16])
    assert sizes == [16]


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


@pytest.mark.parametrize(
    ("order", "drawn"),
    [("turns", [0, 1, 0, 1, 0, 1]), ("rows", [0, 0, 0, 1, 1, 1]), ("natural", [0, 1, 1, 1, 1, 1])],
)
def test_classes_come_in_the_order_that_is_asked_for(order: drawing.Order, drawn: list[int]) -> None:
    found = drawing.label_indices(None, 6, GREY, [100, 500], order=order)
    assert found is not None
    assert found.tolist() == drawn
    assert torch.equal(
        drawing.label_indices(None, 6, GREY, [100, 500], 3, "random"), drawing.drawn_labels(6, [100, 500], 3)
    )
