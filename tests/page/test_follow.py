"""What the page knows of a run: its view, which follows what is written, however broken."""

import json
import math
import os
import shutil
import time
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pytest

from page_runs import age, client, make_alone, make_run, record
from sparring.config.recipes import from_recipe
from sparring.config.toml import to_toml
from sparring.history.record import Record
from sparring.page import follow, reading
from sparring.page.follow import Followed, find
from sparring.page.report import report


def test_a_view_has_what_the_page_shows(tmp_path: Path) -> None:
    make_run(tmp_path / "a", spread=0.1)
    view = client(tmp_path / "a").get("/api/runs/a").json()
    assert view["state"] == "finished"
    assert (view["step"][0], view["step"][-1]) == (50, 1000)
    assert view["values"]["d_loss"] == [1.2] * 20
    assert view["pictures"] == [0, 500, 1000]
    assert view["scores"][3] == [-3, 3, list(range(24)), list(range(23, -1, -1))]
    assert view["diagnosis"]["findings"][0]["name"] == "mode-collapse"
    assert view["diagnosis"]["findings"][0]["cures"][0]["change"] == {"r1_gamma": 10}
    assert view["classes"] == list("0123456789")
    assert view["config"]["recipe"] == "sprint"
    assert view["changes"] == {}


def test_rows_of_the_table_say_of_runs_what_their_views_say(tmp_path: Path) -> None:
    ill, short = make_run(tmp_path / "runs/ill", spread=0.1), make_run(tmp_path / "runs/short", records=1)
    (short / "config.toml").write_text("recipe = 3")
    page = client(tmp_path / "runs")
    rows = page.get("/api/table?id=ill&id=nobody&id=short").json()
    assert [row["id"] for row in rows] == ["ill", "short"]
    assert (rows[0]["state"], rows[0]["recipe"], rows[0]["seconds"]) == ("finished", "sprint", 20)
    assert [finding["name"] for finding in rows[0]["findings"]] == ["mode-collapse"]
    assert (rows[1]["state"], rows[1]["recipe"], rows[1]["conclusion"]) == ("running", None, "short")
    view = page.get("/api/runs/ill").json()
    with (ill / "history.jsonl").open("a") as file:
        file.write(record(21, 40, times_real=3.0, non_finite=2.0).to_json() + "\n")
    (after,) = page.get("/api/table?id=ill").json()
    assert (after["state"], after["times_real"], after["seconds"]) == ("broken", 3, 21)
    assert after["changes"] == view["changes"]
    minutes = from_recipe("sprint", minutes=1.0, ema_half_life=None)
    (ill / "config.toml").write_text(to_toml(minutes))
    (row,) = page.get("/api/table?id=ill").json()
    assert row["changes"] == {"minutes": 1, "ema_half_life": None}  # without the budgets that are none
    (ill / "config.toml").write_text(to_toml(from_recipe("sprint")))
    (after,) = page.get("/api/table?id=ill").json()
    page.get("/api/runs/ill")
    assert page.get("/api/table?id=ill").json() == [after]  # from the view this time


def test_runs_of_a_folder_and_new_ones(tmp_path: Path) -> None:
    make_run(tmp_path / "runs/a")
    page = client(tmp_path / "runs")
    assert page.get("/api/runs").json() == ["a"]
    make_run(tmp_path / "runs/b")
    assert page.get("/api/runs").json() == ["a", "b"]
    make_run(tmp_path / "other/a")
    paths = [tmp_path / "runs", tmp_path / "other"]
    known = find(paths)
    assert {name: run.path.parent.name for name, run in known.items()} == {
        "a": "runs",
        "b": "runs",
        "a~2": "other",
    }
    assert list(known)[-1] == "a~2"  # the newest
    shutil.rmtree(tmp_path / "runs/a")
    assert {name: run.path.parent.name for name, run in find(paths, known).items()} == {
        "b": "runs",
        "a~2": "other",
    }


def test_players_alone_are_no_training_that_waits(tmp_path: Path) -> None:
    make_run(tmp_path / "runs/training")
    players = make_alone(tmp_path / "runs/players")
    page = client(tmp_path / "runs")
    assert page.get("/api/runs").json() == ["players", "training"]  # the newest training is last
    assert page.get("/api/alone").json() == ["players"]
    assert page.get("/api/runs/players").json()["state"] == "alone"
    make_run(tmp_path / "made")
    (tmp_path / "made/run.json").replace(players / "run.json")  # a training in its place
    assert page.get("/api/alone").json() == []
    assert page.get("/api/runs/players").json()["state"] == "waiting"


def test_a_run_is_its_folder_whatever_links_lead_there(tmp_path: Path) -> None:
    make_run(tmp_path / "runs/one")
    (tmp_path / "runs/latest").symlink_to("one")
    known = find([tmp_path / "runs"])
    assert list(known) == ["one"]
    make_run(tmp_path / "runs/two")
    (tmp_path / "runs/latest").unlink()
    (tmp_path / "runs/latest").symlink_to("two")
    again = find([tmp_path / "runs"], known)
    assert {name: run.path.name for name, run in again.items()} == {"one": "one", "two": "two"}
    assert again["one"] is known["one"]


def test_a_run_that_replaces_another_is_another(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a")
    followed = Followed("a", run)
    first = followed.view()["generation"]
    assert followed.view()["generation"] == first
    shutil.rmtree(run)
    make_run(run)
    assert followed.view()["generation"] != first


def test_a_checkpoint_is_noticed(tmp_path: Path) -> None:
    followed = Followed("a", make_run(tmp_path / "a"))
    assert followed.view()["checkpoint"] is None
    (tmp_path / "a/checkpoints/00000050.json").write_text("{}")
    assert followed.view()["checkpoint"] == 50


def test_pictures_and_fields(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a")
    (run / "fields").mkdir()
    (run / "fields/00000500.json").write_text("{}")
    (tmp_path / "secret").write_text("secret")
    (run / "samples/00000700.png").symlink_to(tmp_path / "secret")
    page = client(run)
    assert page.get("/api/runs/a/pictures/500.png").headers["content-type"] == "image/png"
    assert page.get("/api/runs/a/fields/00000500.json").json() == {}
    long = "9" * 5000
    names = ["501.png", "700.png", "real.png", "٧.png", f"{long}.png"]
    missing = [f"pictures/{name}" for name in names] + [f"fields/{n}.json" for n in ("1", "secret", long)]
    for name in [*missing, "nothing"]:
        assert page.get(f"/api/runs/a/{name}").status_code == 404
    assert page.get("/api/runs/b").status_code == 404


def test_broken_lines_are_counted_and_passed_over(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", records=5)
    with (run / "history.jsonl").open("ab") as file:
        file.write(
            b'{"step": 300, "sam\n\xff\xfe\x00garbage\n[1, 2]\n\n' + record(7, 20).to_json().encode() + b"\n"
        )
        file.write(b'{"step": 999')
    view = Followed("a", run).view()
    assert view["step"] == [50, 100, 150, 200, 250, 350]
    assert view["broken_lines"] == 4


def test_numbers_that_json_has_not(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", records=3, of=20, distance=math.inf, spread=math.nan)
    view = client(run).get("/api/runs/a").json()
    assert view["values"]["distance"] == [None] * 3
    assert view["values"]["spread"] == [None] * 3


def test_states_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(tmp_path / "a", records=5)
    followed = Followed("a", run)
    view = followed.view()
    assert view["state"] == "running"
    assert view["left_seconds"] == pytest.approx(15, abs=5)
    age(run, 100)
    view = followed.view()
    assert (view["state"], view["left_seconds"]) == ("stopped", None)
    assert view["silent_seconds"] == pytest.approx(100, abs=5)
    age(run, -86_400)  # a clock that runs ahead
    assert followed.view()["state"] == "running"
    later = time.monotonic() + 100
    monkeypatch.setattr(follow.time, "monotonic", lambda: later)
    assert followed.view()["state"] == "stopped"
    (run / "history.jsonl").write_text(record(5, 20, non_finite=1.0).to_json() + "\n")
    assert followed.view()["state"] == "broken"
    (run / "history.jsonl").write_text("")
    assert followed.view()["state"] == "waiting"
    run.rename(tmp_path / "b")
    assert followed.view()["state"] == "gone"


@pytest.mark.parametrize(
    "name", ["run.json", "config.toml", "history.jsonl", "evaluation.json", "rescue.jsonl"]
)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\x00",
        b"[1]",
        b'{"spec": 3}',
        b"{" * 2000,
        None,
        b'{"classes": 3, "spec": {"class_names": 5}}',
        b'{"data": "\\ud800", "classes": 3, "spec": {"class_names": null}}',
        b'{"frechet_mean": null, "real": 3}',
        b'{"step": 1, "samples_seen": 2, "seconds": Infinity, "progress": NaN}\n' * 5,
    ],
)
def test_no_file_can_break_a_view(tmp_path: Path, name: str, content: bytes | None) -> None:
    run = make_run(tmp_path / "a")
    (run / name).unlink(missing_ok=True)
    if content is not None:
        (run / name).write_bytes(content)
    view = Followed("a", run).view()
    assert view["id"] == "a"
    assert client(run).get("/api/runs/a").json()["id"] == "a"
    assert report(run)
    json.dumps(view, allow_nan=False)


def test_a_pipe_keeps_nobody_waiting(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a")
    (run / "config.toml").unlink()
    os.mkfifo(run / "config.toml")
    assert Followed("a", run).view()["problem"] == "config.toml is missing"


def test_a_folder_whose_name_is_no_text(tmp_path: Path) -> None:
    make_run(tmp_path / "runs" / os.fsdecode(b"caf\xe9"))
    page = client(tmp_path / "runs")
    (name,) = page.get("/api/runs").json()
    assert page.get(f"/api/runs/{quote(name)}").json()["state"] == "finished"


@pytest.mark.parametrize(
    ("records", "conclusion"), [(0, "short"), (1, "short"), (2, "short"), (3, "partly"), (20, "healthy")]
)
def test_what_cannot_be_judged_is_not_called_healthy(tmp_path: Path, records: int, conclusion: str) -> None:
    view = Followed("a", make_run(tmp_path / "a", records=records)).view()
    assert view["diagnosis"]["conclusion"] == conclusion
    few = make_run(tmp_path / "b")
    kept = ("step", "samples_seen", "seconds", "progress", "d_loss")
    rows = map(json.loads, (few / "history.jsonl").read_text().splitlines())
    lines = [json.dumps({name: row[name] for name in kept}) for row in rows]
    (few / "history.jsonl").write_text("\n".join(lines) + "\n")
    assert Followed("b", few).view()["diagnosis"]["conclusion"] == "partly"


def test_a_resumed_history_grows_anew(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", records=8)
    with (run / "history.jsonl").open("a") as file:  # steps 250 and 300 once more
        file.writelines(record(k, 20, g_loss=5.0).to_json() + "\n" for k in (5, 6))
    view = Followed("a", run).view()
    assert view["step"] == [50, 100, 150, 200, 250, 300]
    assert view["values"]["g_loss"][-2:] == [5.0, 5.0]


def test_a_long_history_is_sampled(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    line = record(1, 20).to_json()
    tail = line[line.index(",") :]
    with path.open("w") as file:
        file.writelines(f'{{"step": {k}{tail}\n' for k in range(1, 100_001))
    records, broken, whole = reading.history(path)
    steps = [r.step for r in records]
    assert (broken, whole) == (0, False)
    assert steps[0] == 1
    assert steps[-1] == 100_000
    assert reading.LINES / 2 < len(steps) < 2 * reading.LINES
    assert max(b - a for a, b in pairwise(steps)) < 3 * 100_000 / reading.LINES


def test_a_history_without_line_ends_is_read_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(bytes(30_000_000))
    assert reading.history(path)[0] == []
    assert max(len(piece) for piece in reading._lines(path, whole=False)) == reading.LINE_BYTES


def test_all_records_of_a_middling_history_are_judged_and_fewer_shown(tmp_path: Path) -> None:
    records = [Record(k, k, float(k), k / 5000, {"d_loss": 1.0}) for k in range(1, 5001)]
    (tmp_path / "a").mkdir()
    (tmp_path / "a/history.jsonl").write_text("".join(entry.to_json() + "\n" for entry in records))
    view = Followed("a", tmp_path / "a").view()
    assert view["diagnosis"]["records"] == 5000
    assert view["whole"]
    assert len(view["step"]) <= reading.POINTS
    assert (view["step"][0], view["step"][-1000:]) == (1, list(range(4001, 5001)))


@pytest.mark.parametrize(
    "times", ['"seconds": 1e308, "progress": 1e-300', '"seconds": Infinity, "progress": NaN']
)
def test_times_of_any_size_are_shown_or_passed_over(tmp_path: Path, times: str) -> None:
    run = make_run(tmp_path / "a", records=2, of=4)
    line = f'{{"step": 1000, "samples_seen": 64000, {times}, "d_loss": 1e999, "g_loss": {"9" * 400}}}\n'
    with (run / "history.jsonl").open("a") as file:
        file.write(line)
    answer = client(tmp_path).get("/api/runs/a")
    assert answer.status_code == 200
    assert len(answer.json()["step"]) + answer.json()["broken_lines"] == 3


def test_a_time_left_that_is_endless_is_none(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", records=0)
    (run / "history.jsonl").write_text('{"step": 1, "samples_seen": 1, "seconds": 1e30, "progress": 1e-320}\n')
    answer = client(tmp_path).get("/api/runs/a")
    assert (answer.status_code, answer.json()["left_seconds"]) == (200, None)


def test_names_on_the_page_are_printable(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a")
    facts = json.loads((run / "run.json").read_text())
    facts["data"], facts["spec"]["class_names"] = "\ud800", ["\x1b[2J", *facts["spec"]["class_names"][1:]]
    (run / "run.json").write_text(json.dumps(facts))
    view = client(tmp_path).get("/api/runs/a").json()
    assert (view["facts"]["data"], view["classes"][0]) == (r"\ud800", r"\x1b[2J")
