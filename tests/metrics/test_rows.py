"""Rows of a table, judged beside what is known of them, and baselines that draw rows."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sparring.data.spec import Dataset
from sparring.data.table.codec import Columns
from sparring.data.table.dataset import from_columns
from sparring.data.table.reading import from_text
from sparring.metrics import table, trees
from sparring.metrics.comparison import FLOOR, GENERATOR, Trial


@pytest.fixture(autouse=True)
def few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough of them for tables of three columns."""
    monkeypatch.setattr(trees, "ROUNDS", 12)


def rows(count: int = 400, seed: int = 0) -> Dataset:
    """Two numbers that go together, and a word that follows from them, mostly."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=count)
    y = x + 0.3 * rng.normal(size=count)
    word = np.where(x + y + 0.5 * rng.normal(size=count) > 0, "up", "down")
    lines = [f"{a:.4f},{b:.4f},{c}" for a, b, c in zip(x, y, word, strict=True)]
    return from_columns(from_text("x,y,word\n" + "\n".join(lines), "t.csv"), "t", {"target": "word"})


def judged(data: Dataset) -> table.Judged:
    stored = data.samples.numpy().astype(np.float64)
    return table.Judged(Columns.of(data.spec.codec), stored[:200], stored[200:], 0)


def test_real_rows_cannot_be_told_apart_and_torn_ones_can() -> None:
    against = judged(rows())
    real, torn = (
        table.numbers(against, against.training),
        table.numbers(against, table.independent(against.training, 200)),
    )
    assert abs(real["told apart"] - 0.5) < 0.12
    assert torn["told apart"] > 0.8
    assert real["predicts"] > 0.9
    assert torn["predicts"] < 0.7
    assert real["pairs"] > torn["pairs"] + 0.1
    assert torn["columns"] == pytest.approx(real["columns"], abs=0.05)


def test_copies_are_nearer_to_training_rows() -> None:
    against = judged(rows())
    assert table.nearer(against, against.training) == 1
    assert table.nearer(against, against.unseen) == 0
    both = replace_unseen(against)
    assert table.nearer(both, against.unseen[:7]) == 0.5
    assert str(table.near_of(1.0, 200)) == "100.0% of them (95 % interval 100.0% to 100.0%)"
    assert str(table.near_of(0.5, 100)) == "50.0% of them (95 % interval 40.2% to 59.8%)"


def replace_unseen(against: table.Judged) -> table.Judged:
    return against._replace(training=against.unseen)


def test_distances_of_known_columns() -> None:
    one, other = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.3, 0.4, 0.5, 0.6])
    assert table.kolmogorov(one, other) == 0.5
    assert table.kolmogorov(one, one) == 0
    assert table.kolmogorov(one, one[:0]) == 1
    both = np.stack([one, -one, [1, np.nan, 1, 1]], 1)
    assert table.correlation(both, 0, 1) == pytest.approx(-1)
    assert table.correlation(both, 0, 2) == 0


def test_a_copula_keeps_margins_and_correlations() -> None:
    data = rows(1000)
    stored = data.samples.numpy().astype(np.float64)
    drawn = table.copula(Columns.of(data.spec.codec), stored, 4000)
    assert set(np.unique(drawn[:, 2])) == {0.0, 1.0}
    assert drawn[:, 2].mean() == pytest.approx(stored[:, 2].mean(), abs=0.03)
    assert table.correlation(drawn, 0, 1) == pytest.approx(table.correlation(stored, 0, 1), abs=0.03)
    lacking = stored.copy()
    lacking[:300, 0] = np.nan
    drawn = table.copula(Columns.of(data.spec.codec), lacking, 4000)
    assert np.isnan(drawn[:, 0]).mean() == pytest.approx(0.3, abs=0.03)


def test_trees_draw_values_that_there_are_and_keep_what_goes_together() -> None:
    stored = rows(600).samples.numpy().astype(np.float64)
    for drawn in (trees.column_after_column(stored, [2], 500), trees.adversarial_forest(stored, 500)):
        assert drawn.shape == (500, 3)
        assert np.isin(drawn, stored).all()
        assert table.correlation(drawn, 0, 1) > 0.85
        assert not (drawn[:, None] == stored[None, :, :]).all(2).any(1).all()


def test_a_comparison_sets_baselines_beside_the_generator_and_says_what_copies_prove() -> None:
    data = rows()
    encoded = data.spec.encode(data.samples)
    trial = Trial(encoded[:150], encoded[150:300], encoded[300:], data.spec, 0, lambda line: None)
    found = table.judge(trial)
    assert list(found.columns) == [FLOOR, GENERATOR, "independent", "copula", "CART", "forest"]
    assert list(found.scales) == ["told apart", "predicts", "pairs", "columns", "nearer"]
    assert "nearer" not in found.columns[FLOOR]
    assert "'word'" in found.scales["predicts"].meaning
    assert "ROC area" in found.scales["predicts"].meaning
    assert "no proof of privacy" in found.notes[0]
    assert found.near is not None
    assert found.near.share == found.columns[GENERATOR]["nearer"]
    assert found.count == 150
    alone = table.judge(trial._replace(held_out=None))
    assert "No rows were held out" in alone.notes[1]
    spec = replace(data.spec, codec=replace(Columns.of(data.spec.codec), target=""))
    without = table.judge(trial._replace(spec=spec))
    assert "predicts" not in without.scales
    assert any("--target" in note for note in without.notes)


def test_predictions_of_a_number_and_of_many_levels() -> None:
    x = np.arange(400) % 20 / 20
    table_of_three = np.stack([x, 2 * x, np.floor(4 * x)], 1)
    assert trees.predicts(table_of_three, table_of_three, 1, [2]) > 0.9
    assert trees.predicts(table_of_three, table_of_three, 2, [2]) == 1
    same = table_of_three.copy()
    same[:, 2] = 1
    assert trees.predicts(same, table_of_three, 2, [2]) == 0.5


def test_nothing_of_scikit_learn_is_needed_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "installed", lambda: False)
    data = rows(200)
    encoded = data.spec.encode(data.samples)
    found = table.judge(Trial(encoded[:60], encoded[60:120], encoded[120:], data.spec, 0, lambda line: None))
    assert list(found.columns) == [FLOOR, GENERATOR, "independent", "copula"]
    assert list(found.scales) == ["pairs", "columns", "nearer"]
    assert any('pip install "sparring[tables]"' in note for note in found.notes)
    assert torch.isfinite(encoded).all()


def test_rows_that_were_trained_on_are_no_merit_and_independent_columns_copy_by_nothing() -> None:
    data = rows()
    encoded = data.spec.encode(data.samples)
    known, unseen = encoded[:200], encoded[200:]
    honest = table.judge(Trial(unseen, known, unseen, data.spec, 0, lambda line: None))
    assert any("far below 0.5 is no merit (the generator)" in note for note in honest.notes)
    copied = table.judge(Trial(known, known, unseen, data.spec, 0, lambda line: None))
    assert not any("no merit" in note for note in copied.notes)
    assert copied.notes[-1] == table.LEARNS_NOTHING
    assert table.LEARNS_NOTHING not in honest.notes


def test_all_columns_of_a_comparison_have_as_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(
        table, "numbers", lambda against, rows: seen.append(len(rows)) or {"told apart": 0.5, "nearer": 0.5}
    )
    monkeypatch.setattr(table, "MOST", 50)
    data = rows()
    encoded = data.spec.encode(data.samples)
    found = table.judge(Trial(encoded[:300], encoded[:80], encoded[300:], data.spec, 0, lambda line: None))
    assert set(seen) == {80} == {found.count}
    assert any("on the first 50 of the 80 rows" in note for note in found.notes)
