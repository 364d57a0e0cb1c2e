"""``sparring.study`` in Python."""

import pytest

import planted
import sparring
from sparring.errors import ConfigError, DataError, RunError
from sparring.uses.study import forger, session, trial
from sparring.uses.study.arms import REAL, Labelled
from sparring.uses.study.plan import Costs, Plan

SMALL = {"subsets": 3, "per_class": 5}


@pytest.fixture(autouse=True)
def short(monkeypatch):
    def plan(minutes, costs, arms, counts, most, seed, **_):
        return Plan(most, (1, 2), 64, (REAL, "half", "double", "GAN 50 %"), counts, starts=1)

    monkeypatch.setattr(session, "planned", plan)
    monkeypatch.setattr(trial, "costs_of", lambda *_: Costs(0.0, 0.0, 0.0))
    monkeypatch.setattr(forger, "forge", lambda data, *_: Labelled(data.samples, data.labels))


def test_arrays_are_studied_and_the_result_speaks(tmp_path):
    data = planted.pictures(180, 0)
    x, y = data.samples.numpy(), data.labels.numpy()
    found = sparring.study(x, y, out=tmp_path / "study", **SMALL)
    assert str(found).startswith("50 % GAN pictures")
    assert found.subsets == 3
    again = sparring.study(x, y, out=tmp_path / "study", minutes=99, **SMALL)
    assert again.values == found.values
    with pytest.raises(RunError, match="asked otherwise"):
        sparring.study(x, y, out=tmp_path / "study", seed=1, **SMALL)


def test_what_does_not_fit_is_refused():
    data = planted.pictures(180, 0)
    with pytest.raises(DataError, match="needs labels of 2 classes"):
        sparring.study(data.samples.numpy(), **SMALL)
    with pytest.raises(DataError, match="labelled pictures, or of a table"):
        sparring.study("ring")
    with pytest.raises(ConfigError, match="subsets = 2"):
        sparring.study(data, subsets=2)
    with pytest.raises(ConfigError, match="unknown class 'dog'"):
        sparring.study(data, rare={"dog": 3}, **SMALL)
