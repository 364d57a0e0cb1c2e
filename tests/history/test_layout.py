"""Which files are a run's, by their names."""

import json
from pathlib import Path

import pytest

from sparring.errors import RunError
from sparring.history import layout


def test_only_names_that_sparring_writes_are_steps(tmp_path: Path) -> None:
    for name in (
        *["00000600.json", "100000000.json", "a.json", "600.json", "000000600.json", "Copy of 00000600.json"],
        *[
            "00000700.JSON",
            "00000700.json.bak",
            "٠٠٠٠٠٧٠٠.json",
            "-0000700.json",
            "00000800.png",
            "+0000007.json",
        ],
    ):
        (tmp_path / name).write_text("{}")
    (tmp_path / "00000900.json").mkdir()
    assert layout.steps(tmp_path, layout.STATE) == [600, 100_000_000]
    assert layout.steps(tmp_path / "nothing", layout.STATE) == []


def test_a_checkpoint_says_which_step_it_is_of(tmp_path: Path) -> None:
    for name, content in {
        "00000001": {"step": 1, "sha256": ""}, "00000002": {"step": 1, "sha256": ""}, "00000003": {"step": 3},
        "00000004": [],
    }.items():  # fmt: skip
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    (tmp_path / "00000005.json").write_text("[" * 100_000)
    assert layout.checkpoints(tmp_path) == [1]


@pytest.mark.parametrize(
    "part", ["", "history.jsonl", "samples.png", "samples", "samples/a.png", "best/00000001.json", "lock"]
)
def test_what_training_made_is_no_place_to_write_to(tmp_path: Path, part: str) -> None:
    (tmp_path / "run.json").write_text('{"sparring": "0"}')
    with pytest.raises(RunError, match="only a training writes to: choose another --out"):
        layout.refuse_training_file(tmp_path / part)
    (tmp_path / "link").symlink_to(tmp_path / part)
    with pytest.raises(RunError, match="choose another --out"):
        layout.refuse_training_file(tmp_path / "link")
    (tmp_path / "run.json").write_text("{}")  # of another program
    layout.refuse_training_file(tmp_path / part)


@pytest.mark.parametrize("part", ["drawn/a.png", "evaluation.json", "mine.png", "mine/samples.png"])
def test_other_places_in_a_run_are_free(tmp_path: Path, part: str) -> None:
    (tmp_path / "run.json").write_text('{"sparring": "0"}')
    layout.refuse_training_file(tmp_path / part)


def test_a_new_file_replaces_none_and_leaves_none_where_it_fails(tmp_path: Path) -> None:
    for _ in range(2):
        with layout.new_file(tmp_path / "drawn", "step-6", ".png") as path:
            path.write_text("drawn")
    with pytest.raises(KeyError), layout.new_file(tmp_path / "drawn", "step-6", ".png"):
        raise KeyError
    assert sorted(path.name for path in (tmp_path / "drawn").iterdir()) == ["step-6-2.png", "step-6.png"]
