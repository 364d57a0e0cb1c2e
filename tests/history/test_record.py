"""Records: one line each, read back, tolerant of a line cut by a kill."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import TINY
from sparring.data.spec import Dataset
from sparring.errors import RunError
from sparring.gan import GAN
from sparring.history.record import LOGGED, HistoryWriter, Record, Scores, read_history, truncate_history

RECORD = Record(step=10, samples_seen=640, seconds=1.5, progress=0.25, values={"d_loss": 1.386, "g_loss": 0.7})


def test_a_line_gives_back_the_record() -> None:
    assert Record.from_json(RECORD.to_json()) == RECORD


@pytest.mark.parametrize("line", ["", "{", "[]", "3", "{}", '{"step": 1}', '{"step": "x", "samples_seen": 1}'])
def test_what_is_not_a_record(line: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Record.from_json(line)


def test_broken_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(b"\xff\xfe rubbish\n" + RECORD.to_json().encode() + b'\n{"step": 11, "samp')
    assert list(read_history(path)) == [RECORD]


def test_no_history(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no history at"):
        next(read_history(tmp_path / "history.jsonl"))


def test_truncating_keeps_the_steps_up_to_the_last(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    truncate_history(path, 5)
    assert path.read_text() == ""
    writer = HistoryWriter(path)
    for step in (10, 20, 30):
        writer.write(Record(step, 64 * step, 1.0, 0.1, {}))
    writer.close()
    truncate_history(path, 20)
    assert [record.step for record in read_history(path)] == [10, 20]


FOR_MORE_SAMPLES = ("times_real", "times_real_error")
OF_TRANSLATIONS = (
    "reconstruction", "perceptual", "contrast", "cycle", "identity", "changed", "agreement", "leaked",
)  # fmt: skip
FOR_OTHER_DATA = (
    "repeats",
    "copies",
    "dead_symbols",
    "cluster_spread",
    "grown",
    "second_d_loss",
)  # symbols, clusters, sizes
OF_TABLES = ("tears", "dead_levels", "flat_columns")


def test_every_logged_name_is_in_the_table_and_the_other_way_round(pictures: Dataset) -> None:
    gan = GAN(**TINY, r1_gamma=0.1, augment="ada", hold_out=0.25).fit(pictures, samples_seen=64)
    others = {"frechet", "non_finite", *FOR_MORE_SAMPLES, *FOR_OTHER_DATA, *OF_TABLES, *OF_TRANSLATIONS}
    assert set(gan.history[-1].values) | others == set(LOGGED)


FINITE = st.floats(-1e30, 1e30)
COUNTS = st.integers(0, 2**60)


@settings(max_examples=50)
@given(
    COUNTS, COUNTS, st.floats(0, 1e9), st.floats(0, 1), st.dictionaries(st.sampled_from(sorted(LOGGED)), FINITE)
)
def test_any_record_comes_back_to_rounding(
    step: int, samples_seen: int, seconds: float, progress: float, values: dict[str, float]
) -> None:
    line = Record(step, samples_seen, seconds, progress, values).to_json()
    again = Record.from_json(line)
    assert "\n" not in line
    assert (again.step, again.samples_seen, again.values.keys()) == (step, samples_seen, values.keys())
    assert again.seconds == pytest.approx(seconds, abs=1e-3)
    assert again.progress == pytest.approx(progress, abs=1e-6)
    assert again.values == pytest.approx(values, rel=1e-5)


HEAD = '"samples_seen": 1, "seconds": 1, "progress": 0'


@pytest.mark.parametrize(
    "line",
    [
        f'{{"step": Infinity, {HEAD}}}',
        f'{{"step": 1, {HEAD}, "d_loss": "x"}}',
        f'{{"step": -1, {HEAD}}}',
        f'{{"step": {"9" * 400}, {HEAD}}}',
        f'{{"step": {"9" * 5000}, {HEAD}}}',
        f'{{"step": true, {HEAD}}}',
        '{"step": 1, "samples_seen": 1, "seconds": Infinity, "progress": 0}',
        '{"step": 1, "samples_seen": 1, "seconds": 1, "progress": 1e308}',
        f'{{"step": 1, {HEAD}, "{"x" * 1000}": 1}}',
        "[" * 100_000,
    ],
)
def test_lines_that_are_json_but_no_record_are_passed_over(tmp_path: Path, line: str) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text(f"{line}\n{RECORD.to_json()}\n")
    assert list(read_history(path)) == [RECORD]


def test_scores_come_back_and_older_lines_have_none() -> None:
    scores = Scores(-1.5, 2.25, (0, 3), (4, 0))
    record = Record(1, 2, 3.0, 0.5, {"d_loss": 1.0}, scores)
    assert Record.from_json(record.to_json()) == record
    assert Record.from_json(Record(1, 2, 3.0, 0.5, {}).to_json()).scores is None
    for bad in ("[1, 2]", "3", '[1, 2, ["x"], [1]]', "[1, 2, 3, 4]"):
        with pytest.raises(ValueError, match=r"."):
            Record.from_json(f'{{"step": 1, "samples_seen": 1, "seconds": 1, "progress": 1, "scores": {bad}}}')
