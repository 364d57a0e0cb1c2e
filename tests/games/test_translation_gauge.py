"""What is measured of a translation at each record."""

import numpy as np
import pytest
import torch

from sparring.data.arrays import from_array
from sparring.data.pairs import joined
from sparring.games.translation_gauge import FEW, agreement, changed, polarity
from sparring.metrics.translation import FEWEST
from test_translation import game, squares


def test_nothing_changed_everything_changed() -> None:
    sources, targets = torch.zeros(2, 1, 4, 4), torch.full((2, 1, 4, 4), 0.5)
    assert changed(sources, sources, targets) == 0
    assert changed(targets, sources, targets) == 1
    assert changed(-targets, sources, targets) == 1
    assert changed(2 * targets, sources, targets) == 2
    assert changed(targets, sources, sources) is None


def test_agreement_is_that_with_its_own_beyond_that_with_others() -> None:
    rng = torch.Generator().manual_seed(0)
    own = torch.randn(200, 50, generator=rng) + 2 * torch.randn(
        50, generator=rng
    )  # all have something in common
    assert agreement(3 * own + 7, own) == pytest.approx(1)
    assert agreement(own.roll(1, 0), own) == pytest.approx(0, abs=0.05)
    assert agreement(own.mean(0, keepdim=True).expand(200, -1), own) == pytest.approx(0, abs=0.05)
    assert agreement(1 - own, own) == pytest.approx(-1)
    assert agreement(own, own[:1].expand(200, -1)) is None


def test_agreement_of_two_by_hand() -> None:
    """Cosines with the own: 0 and 1; with the other: 1 and 0; among themselves 0."""
    own = torch.tensor([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]])
    assert agreement(own[[1, 1]], own) == pytest.approx(0)
    assert agreement(own + own[[1, 0]], own) == pytest.approx(0)
    assert agreement(2 * own + own[[1, 0]], own) == pytest.approx((2 - 1) / 5**0.5)


@pytest.mark.parametrize(
    ("sides", "expected"),
    [(("dark", "dark"), 1), (("dark", "light"), -1), (("light", "light"), 1), (("dark", "even"), 1)],
)
def test_lines_on_black_and_drawings_on_paper_are_of_opposite_polarity(
    sides: tuple[str, str], expected: int
) -> None:
    page = torch.full((1, 100), -1.0)
    page[:, :20] = 1.0
    pages = {"dark": page, "light": -page, "even": torch.linspace(-1, 1, 100)}
    assert polarity(*(pages[side] for side in sides)) == expected


@pytest.mark.parametrize("unpaired", [False, True])
@pytest.mark.parametrize("light", [False, True])
def test_a_copy_is_seen(unpaired: bool, light: bool) -> None:
    """The targets are negatives: with pairs a copy is the opposite. Without, it is if one side is on paper."""
    rng = np.random.default_rng(0)
    ink = rng.integers(0, 256, (50, 16, 16), dtype=np.uint8) * (rng.random((50, 16, 16)) < 0.2)
    data = joined(from_array(ink), from_array(255 - ink if light else ink), "none" if unpaired else "names")
    copies = game(not unpaired)
    copies.generator.residual = True  # type: ignore[assignment]
    torch.nn.init.zeros_(copies.generator.last.weight)  # type: ignore[arg-type,union-attr]
    found = copies.gauge(data, None, 0)()
    assert found.get("changed", 0.0) < 0.1
    assert found["agreement"] == pytest.approx(-1 if light else 1, abs=0.02)


def test_pairs_are_looked_for_where_none_were_told() -> None:
    ink = np.zeros((FEWEST, 16, 16), np.uint8)
    for picture, (y, x) in zip(ink, np.random.default_rng(0).integers(0, 12, (FEWEST, 2)), strict=True):
        picture[y : y + 4, x : x + 3] = 255
    sides = from_array(ink), from_array(ink // 2 + 60)
    told = game(True).gauge(joined(*sides, "names"), None, 0)()
    untold = game(False).gauge(joined(*sides, "none"), None, 0)()
    assert untold["leaked"] > 0.4
    assert "leaked" not in told


@pytest.mark.parametrize(("count", "used"), [(FEW, FEW), (FEW - 1, 40)])
def test_too_few_held_out_pictures_are_not_measured_on(count: int, used: int) -> None:
    gauge = game().gauge(squares(False, 40), squares(False, count), 0)
    assert len(gauge.targets) == used  # type: ignore[attr-defined]
