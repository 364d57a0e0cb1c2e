"""``GAN.fit_iter``: a training as an ordinary loop."""

from pathlib import Path

import pytest

from conftest import TINY
from sparring.data.spec import Dataset
from sparring.errors import ConfigError, DataError, RunError
from sparring.gan import GAN
from sparring.history.record import Record
from sparring.runs.folder import RunFolder

WHOLE = 128  # samples: eight steps, four records


def gan() -> GAN:
    return GAN("sprint", **TINY | {"checkpoint_seconds": 1000.0})


def test_what_the_loop_does_changes_nothing(pictures: Dataset) -> None:
    looped, seen = gan(), list[Record]()
    for record in looped.fit_iter(pictures, samples_seen=WHOLE):
        seen.append(record)
        assert looped.history[-1] is record
        assert looped.sample(2).shape == (2, 1, 8, 8)
    assert [record.step for record in seen] == [2, 4, 6, 8]
    assert (looped.sample(5) == gan().fit(pictures, samples_seen=WHOLE).sample(5)).all()


@pytest.mark.parametrize("folder", [True, False], ids=["in a run folder", "in memory"])
def test_a_break_leaves_a_fitted_gan_that_goes_on(pictures: Dataset, tmp_path: Path, folder: bool) -> None:
    out, broken = tmp_path / "run" if folder else None, gan()
    for record in broken.fit_iter(pictures, samples_seen=WHOLE, out=out):
        if record.step == 4:
            break
    assert [record.step for record in broken.history] == [2, 4]
    there = broken.sample(5)
    if out:
        assert [record.step for record in RunFolder(out).records()] == [2, 4]
        assert (GAN.load(out).sample(5) == there).all()
        broken = GAN.load(out)
    broken.fit(pictures, samples_seen=WHOLE, resume=True)
    assert [record.step for record in broken.history] == [2, 4, 6, 8]
    assert (broken.sample(5) == gan().fit(pictures, samples_seen=WHOLE).sample(5)).all()


def test_mistakes_are_told_before_the_loop_begins(pictures: Dataset, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the name of the data is empty"):
        gan().fit_iter("")
    with pytest.raises(ConfigError, match="epochs = 'x': expected a number, or none.$"):
        gan().fit_iter(pictures, epochs="x")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="unknown argument of fit 'hours'"):
        gan().fit_iter(pictures, hours=1)  # type: ignore[call-arg]
    (tmp_path / "mine").write_text("")
    with pytest.raises(RunError, match="exists already"):
        gan().fit_iter(pictures, out=tmp_path)


def test_another_fit_within_the_loop_is_refused(pictures: Dataset) -> None:
    mine = gan()
    records = mine.fit_iter(pictures, samples_seen=WHOLE)
    records = mine.fit_iter(pictures, samples_seen=WHOLE)  # the first has not begun
    assert next(records).step == 2
    for again in (mine.fit, mine.fit_iter):
        with pytest.raises(RunError, match="leave it by break"):
            again(pictures, samples_seen=WHOLE)
    assert [record.step for record in records] == [4, 6, 8]
    mine.fit(pictures, samples_seen=WHOLE)


def test_an_error_of_the_loop_loses_nothing(pictures: Dataset, tmp_path: Path) -> None:
    records = gan().fit_iter(pictures, samples_seen=WHOLE, out=tmp_path / "run")
    assert next(records).step == 2
    assert next(records).step == 4
    with pytest.raises(RunError, match="another process"):
        gan().fit(pictures, out=tmp_path / "run", force=True)
    records.close()  # type: ignore[attr-defined]
    assert GAN.load(tmp_path / "run").fit(pictures, samples_seen=WHOLE, resume=True).history[-1].step == 8
