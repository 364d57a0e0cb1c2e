"""After a hold-out is split off, a table is encoded by its training rows alone."""

import numpy as np
import pytest

from sparring.config.groups import DatasetConfig
from sparring.data.spec import Dataset
from sparring.data.split import split_hold_out
from sparring.data.table import pairs, refit
from sparring.data.table.codec import Columns
from sparring.data.table.dataset import from_columns
from sparring.data.table.reading import from_text
from sparring.training import plan

SHARE = 0.25
RNG = np.random.default_rng(0)
LINES = [
    f"{RNG.normal():.4f},{'' if k % 11 == 0 else k * k % 7},{RNG.normal(0, 9)!r},2024-01-{k % 28 + 1:02},"
    f"{('red', 'green', 'blue')[k % 3]},{('r', 'g', 'b')[k % 3]}"
    for k in range(200)
]


def table(lines: list[str]) -> Dataset:
    columns = from_text("x,count,long,day,colour,code\n" + "\n".join(lines), "t.csv")
    return from_columns(columns, "t", {})


def of(data: Dataset) -> Columns:
    return Columns.of(data.spec.codec)


@pytest.fixture
def parts() -> tuple[Dataset, Dataset, list[str]]:
    """A training set, a hold-out, and the lines of the training set."""
    whole = table(LINES)
    rows = of(whole).matrix(whole.samples.numpy())
    training, held_out = split_hold_out(whole, SHARE)
    seen = of(training).matrix(training.samples.numpy())
    kept = [line for line, row in zip(LINES, rows, strict=True) if (np.isclose(seen[:, 0], row[0])).any()]
    return training, held_out, kept


def test_it_is_as_if_the_training_rows_had_been_read_alone(parts: tuple[Dataset, Dataset, list[str]]) -> None:
    training, held_out, lines = parts
    fitted, _ = refit.refitted(training, held_out)
    alone = table(lines)
    assert len(fitted) == len(alone) == 150
    assert of(fitted).rows == 150
    for mine, theirs in zip(of(fitted).learnt, of(alone).learnt, strict=True):
        assert mine.ranks == theirs.ranks, mine.name
        assert np.allclose(mine.values, theirs.values, rtol=1e-12), mine.name
        assert (mine.shares, mine.levels, mine.missing) == (theirs.shares, theirs.levels, theirs.missing)
    counts = fitted.samples[:, 1][~fitted.samples[:, 1].isnan()]
    assert len(counts.unique()) == len(counts)  # each row of a value of many has a rank of its own
    mine, theirs = (of(data).matrix(data.samples.numpy()) for data in (fitted, alone))
    assert np.allclose(mine, theirs, equal_nan=True, rtol=1e-5, atol=1e-5)
    assert of(fitted).correlations == pairs.upper(pairs.correlations(fitted.samples.numpy()))


def test_the_hold_out_keeps_its_values_inside_the_range_of_the_training(
    parts: tuple[Dataset, Dataset, list[str]],
) -> None:
    training, before, _ = parts
    fitted, held_out = refit.refitted(training, before)
    was, now = of(before).matrix(before.samples.numpy()), of(fitted).matrix(held_out.samples.numpy())
    seen = of(fitted).matrix(fitted.samples.numpy())
    inside = was.clip(np.nanmin(seen, 0), np.nanmax(seen, 0))
    assert np.allclose(now, inside, equal_nan=True, rtol=1e-4, atol=1e-3)
    assert held_out.spec == fitted.spec


def test_a_plan_holds_out_before_it_fits(parts: tuple[Dataset, Dataset, list[str]]) -> None:
    trained, held_out = plan.parts(DatasetConfig(hold_out=SHARE, conditional=False), table(LINES))
    assert held_out is not None
    fitted, others = refit.refitted(*parts[:2])
    assert of(trained) == of(held_out) == of(fitted)
    for mine, theirs in ((trained, fitted), (held_out, others)):
        assert np.array_equal(mine.samples.numpy(), theirs.samples.numpy(), equal_nan=True)


def test_levels_and_gaps_of_the_hold_out_alone_stay_known() -> None:
    text = "number,word\n" + "\n".join(f"{k % 9},{'ab'[k % 2]}" for k in range(40)) + "\n,rare"
    whole = from_columns(from_text(text, "t.csv"), "t", {})
    training = Dataset(whole.name, whole.spec, whole.samples[:-1], None)
    held_out = Dataset(whole.name, whole.spec, whole.samples[-1:], None)
    fitted, others = refit.refitted(training, held_out)
    number, word = of(fitted).learnt
    assert fitted.spec.shape == whole.spec.shape
    assert number.missing > 0
    assert word.levels == ("a", "b", "rare")
    assert word.shares == (0.5, 0.5, 0.0)
    assert others.samples[0, 0].isnan()
    assert others.spec.encode(others.samples).isfinite().all()


def test_combinations_are_those_of_the_training_rows() -> None:
    whole = table(LINES)
    together = (("colour", "code"), (("red", "r"), ("green", "g"), ("blue", "b"), ("blue", "r")))
    codec = Columns(**{**vars_of(of(whole)), "combinations": (together,)})
    data = Dataset("t", type(whole.spec)("table", whole.spec.shape, codec), whole.samples, None)
    fitted, _ = refit.refitted(*split_hold_out(data, SHARE))
    assert of(fitted).combinations == ((("colour", "code"), (("blue", "b"), ("green", "g"), ("red", "r"))),)


def vars_of(codec: Columns) -> dict[str, object]:
    return {name: getattr(codec, name) for name in ("columns", "rows", "correlations")}
