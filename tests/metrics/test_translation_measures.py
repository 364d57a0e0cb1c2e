"""Measures of translated pictures: closed forms, and what each cannot see."""

import pytest
import torch
from torch import Tensor

from sparring.metrics import translation as measures
from sparring.metrics.translation import (
    FEWEST,
    contents,
    edge_maps,
    found_again,
    leaked,
    perceptual,
    sharpness,
)


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


def test_contents_are_found_again_in_another_style() -> None:
    """Dimmed, in colour or as outlines, but not of another picture, and not as the mean of all."""
    some = pictures()
    own = contents(some, edge_maps)
    outlines = some.clone()
    for picture in outlines:
        y, x = (picture[0] > 0).nonzero().amin(0).tolist()
        picture[0, y + 2 : y + 8, x + 2 : x + 4] = 0
    dimmed = (some.float() / 3 + 40).to(torch.uint8)
    for other in (dimmed, dimmed.expand(-1, 3, -1, -1), outlines):
        assert found_again(contents(other, edge_maps), own).all()
    assert found_again(own.roll(1, 0), own).sum() == 0
    mean = some.float().mean(0, keepdim=True).to(torch.uint8).expand_as(some)
    assert found_again(contents(mean, edge_maps), own).sum() == 1


def glyphs(count: int, seed: int) -> Tensor:
    """Bars of random places and lengths."""
    rng = torch.Generator().manual_seed(seed)
    found = torch.zeros(count, 1, 32, 32, dtype=torch.uint8)
    for picture in found:
        for y, x, length, upright in torch.randint(0, 20, (5, 4), generator=rng).tolist():
            high, wide = (8 + length // 2, 2) if upright % 2 else (2, 8 + length // 2)
            picture[0, y + 2 : y + 2 + high, x + 2 : x + 2 + wide] = 255
    return found


def test_pairs_that_nobody_told_are_seen_and_others_are_not() -> None:
    sources = glyphs(60, 0)
    more = 255 - torch.maximum(sources, glyphs(60, 4)) // 2  # the same with other bars among them
    mixed = more[torch.randperm(60, generator=torch.Generator().manual_seed(1))]
    in_order, in_disorder, others = (leaked(sources, side) for side in (more, mixed, 255 - glyphs(60, 9)))
    assert in_order is not None
    assert in_disorder is not None
    assert others is not None
    assert in_order > in_disorder + 0.2
    assert in_disorder > 0.3
    assert others < 0.15
    assert leaked(sources, mixed.expand(-1, 3, -1, -1)) == pytest.approx(in_disorder, abs=0.05)
    fewer = leaked(sources, more[:FEWEST])
    assert fewer is not None
    assert fewer > 0.2
    assert leaked(sources, more[: FEWEST - 1]) is None


def test_contents_of_known_maps() -> None:
    """Two maps, each without the mean of the set and of one length; places are averaged to 7 a side."""

    def maps(seen: Tensor) -> list[Tensor]:
        return [seen.float(), 100 * seen.float()[:, :, ::4, ::4] + 3]

    some = torch.zeros(2, 1, 14, 14, dtype=torch.uint8)
    some[0, 0, :2, :2] = 8
    found = contents(some, maps)
    assert found.shape == (2, 49 + 16)
    assert torch.allclose(found[0], -found[1])
    assert found[0, [0, 49]].tolist() == pytest.approx([0.5**0.5] * 2)
    assert found[0].norm() == pytest.approx(1)


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
    whole, of = perceptual(a, b, edge_maps), contents(a, edge_maps)
    monkeypatch.setattr(measures, "BATCH", 4)
    assert torch.allclose(contents(a, edge_maps), of, atol=1e-6)
    assert torch.allclose(perceptual(a, b, edge_maps), whole, atol=1e-6)
