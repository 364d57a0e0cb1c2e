"""Rescue: what it goes back to, what it changes, and what it says."""

import json
from pathlib import Path
from typing import Any

import pytest

from conftest import TINY
from sparring import games
from sparring.data.spec import Dataset
from sparring.doctor.diagnosis import Doctor, Finding, Prescription
from sparring.history.record import Record
from sparring.runs import folder as run
from sparring.runs import rescue
from sparring.runs.create import create
from sparring.runs.rescue import Rescuer, resumed
from sparring.training import suited

SICK = Finding(
    "made-up", "the discriminator has won", 10, 10, True, "high", (), "Because.",
    (Prescription("slower", {"d_lr": 1e-5}), Prescription("a penalty", {"r1_gamma": 0.7})),
)  # fmt: skip


def rescuer(path: Path, data: Dataset, said: list[str], most: int = 3) -> Rescuer:
    options = {"samples_seen": 16 * 60, "record_every": 1, "vitals": False, "pictures": 0}
    config = suited.configure(data, "sprint", **(TINY | options))
    folder = create(path, config, data)
    return Rescuer(folder, games.make(config, data.spec, data.classes), most, said.append)


def ill_when(monkeypatch: pytest.MonkeyPatch, sick: Any) -> None:
    """The doctor finds SICK where ``sick(config, record)`` says so."""

    def look(self: Doctor, record: Record) -> list[Finding]:
        return [SICK] if sick(self.options, record) else []

    monkeypatch.setattr(rescue.Doctor, "examine", look)


def test_a_cure_that_helps_is_kept(tmp_path: Path, pictures: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    ill_when(monkeypatch, lambda options, record: options["d_lr"] != 1e-5 and record.step >= 10)
    said: list[str] = []
    ward = rescuer(tmp_path / "run", pictures, said)
    steps = [record.step for record in ward.train(pictures)]
    assert steps[:10] == list(range(1, 11))
    assert steps[-1] == 60
    assert ward.folder.config.optimizers.d_lr == 1e-5
    assert ward.game.base[0][0] == 1e-5
    assert "d_lr = 1e-05" in (ward.folder.path / "config.toml").read_text()
    lines = [json.loads(text) for text in (ward.folder.path / "rescue.jsonl").read_text().splitlines()]
    assert [line["what"] for line in lines] == ["allowed", "tried", "kept"]
    assert "--d-lr 1e-05" in lines[1]["words"]
    assert len(said) == 3
    history = [record.step for record in ward.folder.records()]
    assert history == sorted(set(history))  # what was in vain is not in it


def test_it_goes_back_to_a_healthy_state_well_before_the_finding(
    tmp_path: Path, pictures: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = Finding(**(vars(SICK) | {"step": 20}))
    monkeypatch.setattr(
        rescue.Doctor,
        "examine",
        lambda self, r: [late] if self.options["d_lr"] != 1e-5 and r.step >= 20 else [],
    )
    said: list[str] = []
    ward = rescuer(tmp_path / "run", pictures, said)
    steps = [record.step for record in ward.train(pictures)]
    again = steps[20]
    assert 1 < again <= 20 - rescue.APART + 1
    assert f"back to step {again - 1}" in said[1]


def test_a_cure_that_does_not_help_is_undone_and_the_next_one_tried(
    tmp_path: Path, pictures: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    ill_when(monkeypatch, lambda options, record: options["r1_gamma"] != 0.7 and record.step >= 10)
    said: list[str] = []
    ward = rescuer(tmp_path / "run", pictures, said)
    before = ward.folder.config.optimizers.d_lr
    assert [record.step for record in ward.train(pictures)][-1] == 60
    assert (ward.folder.config.optimizers.d_lr, ward.folder.config.penalties.r1_gamma) == (before, 0.7)
    lines = (ward.folder.path / "rescue.jsonl").read_text().splitlines()
    assert [json.loads(text)["what"] for text in lines] == ["allowed", "tried", "undone", "tried", "kept"]


@pytest.mark.parametrize("most", [0, 1])
def test_never_more_than_was_allowed(
    tmp_path: Path, pictures: Dataset, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    ill_when(monkeypatch, lambda _, record: record.step >= 10)
    said: list[str] = []
    ward = rescuer(tmp_path / "run", pictures, said, most)
    assert [record.step for record in ward.train(pictures)][-1] == 60
    assert len([words for words in said if "back to step" in words]) == most
    assert ward.folder.config.penalties.r1_gamma != 0.7
    assert ward.findings == [SICK]


def test_a_cure_has_time_to_work(tmp_path: Path, pictures: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    # Ill from step 10 on, and well again only PATIENCE - 1 records after the cure's beginning.
    def sick(options: Any, record: Record) -> bool:
        return record.step >= 10 if options["d_lr"] != 1e-5 else record.step < rescue.PATIENCE

    ill_when(monkeypatch, sick)
    said: list[str] = []
    ward = rescuer(tmp_path / "run", pictures, said)
    assert [record.step for record in ward.train(pictures)][-1] == 60
    assert [words for words in said if "undone" in words] == []
    assert ward.folder.config.optimizers.d_lr == 1e-5


def test_what_is_so_already_is_no_cure(
    tmp_path: Path, pictures: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    ward = rescuer(tmp_path / "run", pictures, said)
    as_it_is = Prescription("as it is", {"d_lr": ward.folder.config.optimizers.d_lr})
    finding = Finding(**(vars(SICK) | {"cures": (as_it_is, SICK.cures[1])}))
    monkeypatch.setattr(
        rescue.Doctor,
        "examine",
        lambda self, r: [finding] if self.options["r1_gamma"] != 0.7 and r.step >= 10 else [],
    )
    assert [record.step for record in ward.train(pictures)][-1] == 60
    assert [words for words in said if "back to" in words] == [words for words in said if "r1-gamma" in words]
    assert ward.folder.config.penalties.r1_gamma == 0.7


def test_a_kept_cure_is_never_taken_back(
    tmp_path: Path, pictures: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    ward = rescuer(tmp_path / "run", pictures, said)
    had = ward.folder.config.optimizers.d_lr
    back = Finding(**(vars(SICK) | {"cures": (Prescription("as before", {"d_lr": had}),)}))

    def look(self: Doctor, record: Record) -> list[Finding]:
        if self.options["d_lr"] != 1e-5:
            return [SICK] if record.step >= 10 else []
        return [back] if record.step >= 40 else []

    monkeypatch.setattr(rescue.Doctor, "examine", look)
    assert [record.step for record in ward.train(pictures)][-1] == 60
    assert [words.split(" with ")[-1] for words in said if "back to step" in words] == ["--d-lr 1e-05"]
    assert ward.folder.config.optimizers.d_lr == 1e-5


def test_what_a_rescue_went_back_to_is_saved_at_once(
    tmp_path: Path, pictures: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = Finding(**(vars(SICK) | {"step": 20}))
    monkeypatch.setattr(
        rescue.Doctor,
        "examine",
        lambda self, r: [late] if self.options["d_lr"] != 1e-5 and r.step >= 20 else [],
    )
    ward = rescuer(tmp_path / "run", pictures, [])
    records = ward.train(pictures)
    steps = [next(records).step for _ in range(21)]
    assert steps[-1] < 20  # it went back
    saved = {int(path.stem) for path in ward.folder.checkpoints.glob("*.json")}
    assert steps[-1] - 1 in saved
    assert "d_lr = 1e-05" in (ward.folder.path / "config.toml").read_text()


def stopped_on_trial(path: Path, data: Dataset) -> Rescuer:
    """A run that was left three records after its first cure began."""
    ward = rescuer(path, data, [])
    for count, _ in enumerate(ward.train(data), 1):
        if count == 13:
            break
    assert ward.was
    return ward


def test_a_stopped_rescue_goes_on_and_takes_back_what_does_not_help(
    tmp_path: Path, pictures: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    ill_when(monkeypatch, lambda options, record: options["r1_gamma"] != 0.7 and record.step >= 10)
    had = stopped_on_trial(tmp_path / "run", pictures).was["d_lr"]
    with (tmp_path / "run/rescue.jsonl").open("a") as file:
        file.write('{"what": "ke')  # a kill left half a line
    folder = run.RunFolder(tmp_path / "run")
    assert folder.config.optimizers.d_lr == 1e-5
    ward = resumed(folder, folder.game(lambda _: None)[0])
    assert (ward.most, ward.watched, len(ward.tried)) == (3, rescue.WATCH, 1)
    assert [record.step for record in ward.train(pictures)][-1] == 60
    assert (ward.folder.config.optimizers.d_lr, ward.folder.config.penalties.r1_gamma) == (had, 0.7)
    assert len(ward.tried) == 2
    lines = [json.loads(text) for text in ward.log.read_text().splitlines()]
    assert [line["what"] for line in lines] == ["allowed", "tried", "undone", "tried", "kept"]


@pytest.mark.parametrize(("more", "most"), [(None, 3), (0, 1), (5, 6)])
def test_how_many_cures_are_left(
    tmp_path: Path, pictures: Dataset, monkeypatch: pytest.MonkeyPatch, more: int | None, most: int
) -> None:
    ill_when(monkeypatch, lambda options, record: options["d_lr"] != 1e-5 and record.step >= 10)
    stopped_on_trial(tmp_path / "run", pictures)
    folder = run.RunFolder(tmp_path / "run")
    ward = resumed(folder, folder.game(lambda _: None)[0], more)
    assert ward.most == most
    assert ward.was
    assert [record.step for record in ward.train(pictures)][-1] == 60
    assert ward.folder.config.optimizers.d_lr == 1e-5  # kept
    assert not ward.was


def test_a_run_without_rescue_resumes_without_one(tmp_path: Path, pictures: Dataset) -> None:
    ward = rescuer(tmp_path / "run", pictures, [], most=0)
    for _ in ward.train(pictures):
        pass
    assert not ward.log.exists()
    assert resumed(ward.folder, ward.game).most == 0


def test_nothing_is_called_healthy_while_a_cure_is_on_trial(
    tmp_path: Path, pictures: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = Finding(**(vars(SICK) | {"step": 20}))
    monkeypatch.setattr(
        rescue.Doctor,
        "examine",
        lambda self, r: [late] if self.options["d_lr"] != 1e-5 and r.step >= 20 else [],
    )
    ward = rescuer(tmp_path / "run", pictures, [])
    saved = []
    for record in ward.train(pictures):
        if ward.was:
            saved.append(sorted(int(path.stem) for path in ward.folder.healthy.glob("*.json")))
            assert all(step < 20 - rescue.APART + 1 for step in saved[-1]), record.step
    assert len(saved) >= rescue.WATCH - 1
    assert saved[0] == saved[-1] != []


@pytest.mark.parametrize(
    "changes",
    [
        {"tried": [["a"]]}, {"tried": [["a", 3]]}, {"tried": 7}, {"was": []}, {"was": {"no": 1}},
        {"was": {"g_lr": []}},
        {"ill": [["g_lr", {}]]}, {"heard_from": None}, {"most": -1}, {"most": float("inf")},
    ],
)  # fmt: skip
def test_a_state_that_no_rescue_wrote_gives_way_to_the_one_before(
    changes: dict[str, Any], tmp_path: Path, pictures: Dataset
) -> None:
    ward = rescuer(tmp_path / "run", pictures, [])
    sound = {"tried": [["a", "b"]], "was": {}, "ill": [["g_lr", 0.5]], "heard_from": 3, "most": 2}
    ward.log.write_text(f"{json.dumps(sound)}\n{json.dumps(sound | changes)}\n")
    again = resumed(ward.folder, ward.game)
    assert (again.tried, again.ill, again.was) == ({("a", "b")}, {("g_lr", 0.5)}, {})
    assert (again.heard_from, again.most) == (3, 2)
