"""Measures of translated pictures: closed forms, and what each cannot see."""

import pytest
import torch
from torch import Tensor

from sparring.metrics import translation as measures
from sparring.metrics.translation import edge_maps, found_again, perceptual, shapes, sharpness


def pictures(count: int = 6, side: int = 32, seed: int = 0) -> Tensor:
    """Bright blocks at random places."""
    rng = torch.Generator().manual_seed(seed)
    found = torch.zeros(count, 1, side, side, dtype=torch.uint8)
    for picture in found:
        y, x = torch.randint(0, side - 10, (2,), generator=rng).tolist()
        picture[0, y : y + 10, x : x + 6] = 255
    return found


def test_sharpness_counts_steps() -> None:
    stripes = torch.zeros(2, 1, 8, 8, dtype=torch.uint8)
    stripes[..., ::2] = 100
    assert sharpness(stripes) == pytest.approx(100)
    assert sharpness(stripes.transpose(2, 3)) == pytest.approx(100)
    assert sharpness(stripes * 0) == 0


def test_a_shape_is_found_again_whatever_its_brightness() -> None:
    some = pictures()
    dimmed = (some.float() / 3 + 40).to(torch.uint8)
    assert found_again(dimmed, some).all()
    assert found_again(dimmed.expand(-1, 3, -1, -1), some).all()
    assert found_again(some.roll(1, 0), some).sum() == 0
    assert found_again((255 - some.int()).to(torch.uint8), some).sum() <= 1


def test_a_shape_has_no_mean_and_length_one() -> None:
    found = shapes(pictures())
    assert found.shape == (6, 256)
    assert torch.allclose(found.norm(dim=1), torch.ones(6), atol=1e-5)
    assert torch.allclose(found.mean(1), torch.zeros(6), atol=1e-6)


def test_a_perceptual_distance_of_known_maps() -> None:
    """Orthogonal features are 2 apart at each place, opposite ones 4, and a length does not matter."""
    a = torch.zeros(2, 1, 4, 4, dtype=torch.uint8)

    def maps(seen: Tensor) -> list[Tensor]:
        turned = torch.zeros(len(seen), 2, 4, 4)
        turned[:, int(seen[0, 0, 0, 0]) % 2] = 1 + float(seen[0, 0, 0, 1])
        return [turned, -turned]

    b = a.clone()
    b[:, 0, 0, 1] = 7
    assert perceptual(a, b, maps).tolist() == pytest.approx([0, 0])
    b[:, 0, 0, 0] = 1
    assert perceptual(a, b, maps).tolist() == pytest.approx([4, 4])


def test_edges_see_blur_and_place() -> None:
    some = pictures()
    blurred = torch.nn.functional.avg_pool2d(some.float(), 5, 1, 2).to(torch.uint8)
    moved = some.roll(4, 3)
    nothing = perceptual(some, some, edge_maps)
    assert nothing.tolist() == pytest.approx([0] * 6, abs=1e-5)
    of_blur, of_move = (perceptual(some, other, edge_maps) for other in (blurred, moved))
    assert (of_blur > 0.01).all()
    assert (of_move > of_blur).all()


def test_batches_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = pictures(), pictures(seed=1)
    whole = perceptual(a, b, edge_maps)
    monkeypatch.setattr(measures, "BATCH", 4)
    assert torch.allclose(perceptual(a, b, edge_maps), whole, atol=1e-6)
