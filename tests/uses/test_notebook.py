"""What a notebook's cell shows of a training, by IPython's own display machinery."""

import base64
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from PIL import Image
from rich.console import Console

import sparring
from conftest import TINY
from sparring.data.spec import Dataset
from sparring.gan import GAN
from sparring.history.record import Record
from sparring.uses import fitting, notebook
from sparring.uses.notebook import ACCENT, FAKE, INSPECTOR, POINTS, charts
from sparring.uses.progress import Display


@pytest.fixture
def published() -> Iterator[list[dict[str, Any]]]:
    """What a cell publishes, in a shell of IPython."""
    shell = InteractiveShell.instance()
    shell.display_pub = CapturingDisplayPublisher()
    yield shell.display_pub.outputs
    InteractiveShell.clear_instance()


def record(step: int, total: int = 10, **values: float) -> Record:
    return Record(step, 16 * step, float(step), step / total, {"samples_per_second": 16.0} | values)


def test_the_colours_are_those_of_the_palette() -> None:
    css = (Path(sparring.__file__).parent / "page/static/palette.css").read_text("utf-8")
    for name, colour in (("fake", FAKE), ("inspector", INSPECTOR), ("accent", ACCENT)):
        assert re.search(rf"--{name}: (#\w+);", css)[1] == colour  # type: ignore[index]


def test_curves_go_from_the_first_step_to_the_last_and_from_the_least_to_the_greatest() -> None:
    drawn = charts([record(0, g_loss=1.0, d_loss=3.0), record(50, g_loss=2.0), record(100, g_loss=1.5)])
    lines = dict(re.findall(r'points="([^"]+)" fill="none" stroke="(#\w+)"', drawn))
    assert lines == {"6.0,114.0 150.0,60.0 294.0,87.0": FAKE, "6.0,6.0": INSPECTOR}
    assert "losses, 1 to 3 in 100 steps" in drawn
    assert "D(real)" not in drawn
    assert charts([record(0)]) == ""


def test_what_is_not_finite_is_left_out_and_long_curves_are_means() -> None:
    assert 'points="294.0,6.0"' in charts([record(1, g_loss=float("nan")), record(2, g_loss=2.0)])
    long = [record(k, g_loss=float(k % 2)) for k in range(2 * POINTS)]
    assert ">g_loss 0.5<" in charts(long)
    points = re.findall(r"[\d.]+,([\d.]+)", charts(long).split('points="')[1].split('"')[0])
    assert points == ["6.0"] * POINTS  # each of a 0 and a 1, so that all are the greatest


def test_one_output_is_renewed(published: list[dict[str, Any]]) -> None:
    sheet = Image.fromarray(np.full((8, 8), 200, np.uint8))
    with Display(Console(file=io.StringIO(), force_jupyter=True), sheet=lambda: sheet) as display:
        display.show(record(5, g_loss=1.25, d_loss=0.5), "doctor: <all> is well")
        display.show(record(10, g_loss=1.0, d_loss=0.75))
    first, *later = published
    assert len(later) == 2
    ids = {output["transient"]["display_id"] for output in published}
    assert len(ids) == 1
    assert [output["update"] for output in published] == [False, True, True]
    for output in later:
        page = output["data"]["text/html"]
        content = re.search(r"data:image/png;base64,([^\"]+)", page)[1]  # type: ignore[index]
        with Image.open(io.BytesIO(base64.b64decode(content))) as picture:
            assert picture.size == (8, 8)
        assert 'width="320"' in page
    assert "doctor: &lt;all&gt; is well" in later[0]["data"]["text/html"]
    assert "width:50.0%" in later[0]["data"]["text/html"]
    assert "g_loss 1.000" in later[1]["data"]["text/plain"]
    assert first["data"] == {"text/plain": ""}


def test_a_picture_takes_a_tenth_of_the_time_at_most(
    published: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    now, drawn = 100.0, list[float]()

    def sheet() -> Image.Image:
        nonlocal now
        drawn.append(now)
        now += 2
        return Image.new("L", (4, 4))

    monkeypatch.setattr(notebook.time, "monotonic", lambda: now)
    cell = notebook.Cell(sheet)
    for step in range(1, 10):
        cell.show(record(step), [])
        now += 5
    assert drawn == [100.0, 122.0, 144.0]
    cell.show(record(10), [])
    assert len(drawn) == 4  # the last one in any case


def test_fit_shows_itself_in_a_notebook(
    published: list[dict[str, Any]], pictures: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "console", lambda: Console(file=io.StringIO(), force_jupyter=True))
    gan = GAN("sprint", **TINY).fit(pictures, samples_seen=64, verbose=True)
    page = published[-1]["data"]["text/html"]
    assert "data:image/png;base64," in page
    assert f"g_loss {gan.history['g_loss'][-1]:.3g}" in page
