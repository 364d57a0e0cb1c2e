"""Studies of tables: what is added to the rows, and boosted trees that predict the target."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import balanced_accuracy_score, r2_score, roc_auc_score

from sparring.data.table.dataset import from_columns
from sparring.data.table.guess import Raw
from sparring.errors import DataError
from sparring.metrics import trees
from sparring.uses.study import forger, rows
from sparring.uses.study.arms import REAL, Labelled
from sparring.uses.study.rows import Table
from sparring.uses.study.subsets import Block, blocks

COUNT = 600


def people(target: str = "member", seed: int = 0) -> Table:
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, COUNT)
    town = rng.choice(["Rom", "Ulm", "Gent"], COUNT)
    income = 1000 + 20 * age + rng.normal(0, 200, COUNT)
    member = np.where(0.05 * (age - 60) + (town == "Ulm") + rng.normal(0, 1, COUNT) > 0, "yes", "no")
    columns = {"age": age, "town": town, "income": income.round(2), "member": member}
    return table(columns, target)


def table(columns: dict, target: str) -> Table:
    """A study of columns of texts; "" is missing."""
    raws = []
    for name, values in columns.items():
        texts = [str(value) for value in values]
        known = sorted({*texts} - {""})
        raws.append(Raw(name, np.array([known.index(t) if t else -1 for t in texts], np.int32), known))
    return Table.of(from_columns(raws, "people", {"target": target}))


def one_block(subject: Table) -> Block:
    return blocks(subject.data.labels, subject.data.spec.class_names, subsets=3)[0]


@pytest.mark.parametrize("classes", [2, 3])
def test_boosting_is_scored_after_each_number_of_rounds_as_scikit_learn_does(classes):
    rng = np.random.default_rng(0)
    x, new = rng.normal(size=(300, 3)), rng.normal(size=(200, 3))
    y, truth = (np.digitize(each[:, 0] + each[:, 1] ** 2, [0.8, 2.0][: classes - 1]) for each in (x, new))
    weights = rng.uniform(0.5, 2, 300)
    found = trees.after_rounds(
        np.column_stack([x, y]), weights, [np.column_stack([new, truth])], 3, [3], (5, 20)
    )
    for rounds, (score,) in zip((5, 20), found, strict=True):
        model = HistGradientBoostingClassifier(max_iter=rounds, random_state=0, early_stopping=False)
        model.fit(x, y, sample_weight=weights)
        if classes == 2:
            expected = roc_auc_score(truth, model.predict_proba(new)[:, 1])
        else:
            expected = balanced_accuracy_score(truth, model.predict(new))
        assert score == pytest.approx(expected)


def test_a_number_is_scored_by_r2_and_a_single_class_by_chance():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 2))
    known = np.column_stack([x, x.sum(1)])
    ((score,),) = trees.after_rounds(known[:200], np.ones(200), [known[200:]], 2, [], (30,))
    assert 0.8 < score < 1
    assert trees._right(known[:, 0], known[:, 2], None) == pytest.approx(r2_score(known[:, 2], known[:, 0]))
    known[:, 2] = 1
    assert trees.after_rounds(known, np.ones(300), [known, known], 2, [2], (2, 4)) == [[0.5, 0.5]] * 2


def test_the_target_gives_the_classes_and_a_number_its_thirds():
    subject = people()
    assert subject.data.spec.class_names == ("no", "yes")
    assert "ROC area of member" in subject.measure
    assert "SMOTE" in subject.arms
    number = people("income")
    assert number.data.class_counts == pytest.approx([200, 200, 200], abs=1)
    assert "R²" in number.measure
    assert "SMOTE" not in number.arms
    assert [row.name for row in number.rows] == [REAL, "trees 50 %", "GAN 20 %", "GAN 50 %", "GAN only"]
    data = people().data
    with pytest.raises(DataError, match="--target COLUMN"):
        Table.of(replace(data, spec=replace(data.spec, codec=replace(data.spec.codec, target=""))))
    ruled = replace(data.spec.codec, rules=("member = age + income",))
    with pytest.raises(DataError, match="'member' is computed by a rule"):
        Table.of(replace(data, spec=replace(data.spec, codec=ruled)))


def test_rows_that_lack_the_target_are_left_out():
    subject = table({"x": [k % 17 for k in range(90)], "y": ["a", "b", ""] * 30}, "y")
    assert subject.data.class_counts == [30, 30]


def seen(subject: Table, name: str, monkeypatch: pytest.MonkeyPatch, forged: Labelled | None = None):
    """The rows and weights that an arm learns from."""
    known = {}

    def after(learnt, weights, unseen, target, categories, rounds, seed=0):
        known.update(rows=learnt, weights=weights)
        return [[0.5, 0.5]] * len(rounds)

    monkeypatch.setattr(trees, "after_rounds", after)
    block = one_block(subject)
    subject.learn(subject.arms[name], block.train, block, forged, (1, 2), 0)
    return known["rows"], known["weights"], subject.data.samples[block.train].numpy()


def test_what_a_gan_drew_weighs_its_share(monkeypatch):
    subject = people()
    forged = Labelled(subject.data.samples[:50] * 0, torch.zeros(50, dtype=torch.long))
    for name, share in (("GAN 20 %", 0.2), ("GAN 50 %", 0.5)):
        learnt, weights, real = seen(subject, name, monkeypatch, forged)
        assert weights[len(real) :].sum() / weights.sum() == pytest.approx(share)
        assert np.array_equal(learnt[: len(real)], real)
    learnt, _, _ = seen(subject, "GAN only", monkeypatch, forged)
    assert np.array_equal(learnt, forged.samples.numpy())


def test_class_weights_make_classes_equal(monkeypatch):
    subject = people()
    learnt, weights, _ = seen(subject, "class weights", monkeypatch)
    sums = [weights[learnt[:, subject.target] == k].sum() for k in (0, 1)]
    assert sums[0] == pytest.approx(sums[1])


def test_smote_makes_whole_rows_of_equal_classes(monkeypatch):
    subject = people()
    learnt, weights, real = seen(subject, "SMOTE", monkeypatch)
    made = learnt[len(real) :]
    assert weights[len(real) :].sum() == pytest.approx(len(real))
    assert abs((made[:, subject.target] == 0).mean() - 0.5) < 0.01
    for place in subject.codec.categories:
        assert set(made[:, place]) <= set(real[:, place])
    assert not np.isin(made[:, 0], real[:, 0]).all()
    assert real[:, 0].min() <= made[:, 0].min()
    assert made[:, 0].max() <= real[:, 0].max()


def test_trees_draw_as_many_rows_as_weigh_half(monkeypatch):
    monkeypatch.setattr(forger, "DRAWN", 70)
    subject = people()
    learnt, weights, real = seen(subject, "trees 50 %", monkeypatch)
    assert len(learnt) == len(real) + 70
    assert weights[len(real) :].sum() == pytest.approx(len(real))


def test_a_gan_of_rows_draws_the_target_with_them(monkeypatch):
    monkeypatch.setattr(forger, "DRAWN", 120)
    subject = people()
    block = one_block(subject)
    drawn = subject.forge(block.train, 128, 0, lambda _: None, lambda: False)
    assert drawn.samples.shape == (120, 4)
    assert torch.equal(drawn.labels, drawn.samples[:, subject.target].long())


def test_scores_rise_with_more_real_rows():
    subject = people()
    found = blocks(subject.data.labels, subject.data.spec.class_names, subsets=3, per_class=40)
    few = subject.learn(rows.ARMS[REAL], found[0].train[:20], found[0], None, (5, 20), 0)
    many = subject.learn(rows.ARMS[REAL], torch.cat([b.train for b in found]), found[0], None, (5, 20), 0)
    assert [score.steps for score in many] == [5, 20]
    assert many[1].test > max(few[1].test, 0.7)
