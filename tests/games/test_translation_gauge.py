"""What is measured of a translation at each record."""

import pytest
import torch

from sparring.games.translation_gauge import agreement, changed
from test_translation import game, squares


def test_nothing_changed_everything_changed() -> None:
    sources, targets = torch.zeros(2, 1, 4, 4), torch.full((2, 1, 4, 4), 0.5)
    assert changed(sources, sources, targets) == 0
    assert changed(targets, sources, targets) == 1
    assert changed(-targets, sources, targets) == 1
    assert changed(2 * targets, sources, targets) == 2
    assert changed(targets, sources, sources) is None


def test_agreement_is_a_cosine_without_means() -> None:
    rows = torch.tensor([[0.0, 1.0, 0.0, 1.0], [1.0, 1.0, 0.0, 0.0]])
    assert agreement(rows, 3 * rows + 7) == pytest.approx(1)
    assert agreement(rows, 1 - rows) == pytest.approx(-1)
    assert agreement(rows, rows.flip(0)) == pytest.approx(0)


@pytest.mark.parametrize("unpaired", [False, True])
def test_a_copy_is_seen(unpaired: bool) -> None:
    """The targets are negatives: a copy is the opposite of its target, and all of its source."""
    copies = game(not unpaired)
    copies.generator.residual = True  # type: ignore[assignment]
    torch.nn.init.zeros_(copies.generator.last.weight)  # type: ignore[arg-type,union-attr]
    measure = copies.gauge(squares(unpaired, 50), squares(unpaired, 20), 0)
    found = measure()
    assert found["changed"] < 0.1
    assert found["agreement"] == pytest.approx(1 if unpaired else -1, abs=0.01)
