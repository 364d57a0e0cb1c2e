"""A run's page as one file."""

import json
import re
import time
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image

from page_runs import client, make_run
from sparring.cli.main import main
from sparring.errors import RunError
from sparring.page.report import report


def test_a_report_of_large_pictures_stays_small(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a")
    noise = np.random.default_rng(0).integers(0, 256, (1500, 1500, 3), dtype=np.uint8)
    for k in (0, 500, 1000):
        Image.fromarray(noise).save(run / "samples" / f"{k:08d}.png")
    (run / "samples/00000600.png").write_bytes(b"rubbish")
    page = report(run)
    assert 100_000 < len(page) < 5_000_000
    assert page.count(b"data:image/png;base64,") >= 1


def test_rubbish_among_fields_is_left_out_of_a_report(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a")
    (run / "fields").mkdir()
    (run / "fields/00000050.json").write_text("{half")
    (run / "fields/00000100.json").write_text('{"points": []}')
    inside = json.loads(report(run).decode().split('id="report">')[1].split("</script>")[0])
    assert inside["view"]["fields"] == [100]


def test_a_report_of_a_training_says_when_it_was_written(tmp_path: Path) -> None:
    inside = json.loads(
        report(make_run(tmp_path / "a", records=5)).decode().split('id="report">')[1].split("</script>")[0]
    )
    assert inside["view"]["state"] == "unfinished"
    assert inside["view"]["written"].startswith(time.strftime("%Y-"))


def test_a_report_is_one_small_file(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a")
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    for k in range(30):
        Image.fromarray(noise).save(run / "samples" / f"{k:08d}.png")
    page = report(run).decode()
    assert len(page) < 5_000_000
    assert len(page) > 2_000_000
    assert page.count("<script") == 17
    assert "src=" not in page
    assert "data:image/png;base64," in page
    text = page.split('id="report">')[1].split("</script>")[0]
    inside = json.loads(text)
    steps = inside["view"]["pictures"]
    assert (steps[0], steps[-1]) == (0, 1000)
    assert set(map(str, steps)) == set(inside["pictures"])
    with pytest.raises(RunError, match="nothing|no history"):
        report(tmp_path)


def test_the_report_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "a")
    out = tmp_path / "a.html"
    assert main(["report", str(run), "-o", str(out)]) == 0
    assert main(["report", str(run), "-o", str(out)]) == 1
    assert "--force" in capsys.readouterr().err
    assert main(["report", str(run), "-o", str(out), "--force"]) == 0
    assert main(["report", str(run)]) == 0
    assert (run / "report.html").exists()
    assert main(["report", str(tmp_path / "nowhere")]) == 1
    capsys.readouterr()
    assert main(["report", str(run), "-o", str(tmp_path), "--force"]) == 1
    assert "is a folder" in capsys.readouterr().err
    assert main(["report", str(run), "-o", str(tmp_path / "no/a.html")]) == 1
    assert f"there is no folder {tmp_path / 'no'}" in capsys.readouterr().err
    assert main(["report", str(run), "-o", str(tmp_path / "a.pdf")]) == 1
    assert "a report is a page, .html or .htm; a browser prints it as PDF" in capsys.readouterr().err


def test_names_are_words_and_never_markup(tmp_path: Path) -> None:
    run = make_run(tmp_path / "<!--<script>alert(1)")
    (run / "rescue.jsonl").write_text(json.dumps({"step": 1, "words": "</script><script>alert(2)</script>"}))
    page = report(run).decode()
    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert page.count("</script>") == 17
    name = quote(run.name)
    assert client(run).get(f"/api/runs/{name}").json()["id"] == run.name


def test_numbers_of_the_plane_that_json_has_not_are_left_out(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a")
    (run / "fields").mkdir()
    for name in ("00000050.json", "real.json"):
        (run / "fields" / name).write_text('{"points": [[NaN, 1e999]], "side": 1}')
    found = re.search(r'id="report">(.*?)</script>', report(run).decode())
    assert found
    fields = json.loads(found[1], parse_constant=pytest.fail)["fields"]
    assert fields == {name: {"points": [[None, None]], "side": 1} for name in ("50", "real")}
