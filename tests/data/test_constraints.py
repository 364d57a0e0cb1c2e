"""Rules of rows that the command line gives."""

from pathlib import Path

import numpy as np
import pandas
import pytest

from sparring import GAN
from sparring.cli.main import main
from sparring.data.table import rules
from sparring.errors import ConfigError


def spans(count: int = 200) -> pandas.DataFrame:
    rng = np.random.default_rng(0)
    start = rng.integers(0, 50, count)
    parts = rng.integers(1, 9, (count, 2))
    length = rng.integers(0, 30, count)
    return pandas.DataFrame(
        {"start": start, "end": start + length, "a": parts[:, 0], "b": parts[:, 1], "total": parts.sum(1)}
    )


def test_rules_of_an_option_are_parted() -> None:
    assert rules.listed("a <= b; 0 <= c <= 9 ;") == ("a <= b", "0 <= c <= 9")
    assert rules.listed("none") == ()


def test_every_drawn_row_keeps_to_what_the_command_line_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    spans().to_csv("spans.csv", index=False)
    asked = "start <= end; 5 <= start <= 40; total = a + b"
    assert main(["train", "spans.csv", "--constraint", asked, "--recipe", "forest", "--out", "run"]) == 0
    assert "of 200 rows break the rule '5 <= start <= 40'" in capsys.readouterr().err
    assert main(["sample", "run", "--count", "300", "--out", "fake.csv"]) == 0
    assert "did not fit and were drawn anew" in capsys.readouterr().out
    drawn = pandas.read_csv("fake.csv")
    assert list(drawn) == list(spans())
    assert (drawn["start"] <= drawn["end"]).all()
    assert drawn["start"].between(5, 40).all()
    assert (drawn["total"] == drawn["a"] + drawn["b"]).all()
    assert main(["resume", "run"]) == 0
    assert main(["evaluate", "run", "--quick", "--count", "60"]) == 0


def test_a_rule_of_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="there is no column 'ends'. Did you mean 'end'"):
        GAN(constraint="start <= ends").fit(spans())
