"""What a training shows, in a terminal and elsewhere."""

import io
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from rich.table import Table

from conftest import TINY_LINE
from sparring.cli.main import main
from sparring.cli.recipes import recipe_table, recipes_table
from sparring.config.recipes import RECIPES
from sparring.history.record import Record
from sparring.uses import progress
from sparring.uses.progress import Display, HalfBlocks, plain_line, score_line, shrink, time_left

VALUES = {"g_loss": 1.25, "d_loss": 0.75, "d_real": 0.8, "d_fake": 0.2, "samples_per_second": 1960.4}


def record(progress: float = 0.5, seconds: float = 30.0) -> Record:
    return Record(step=200, samples_seen=12_800, seconds=seconds, progress=progress, values=VALUES)


def terminal(**options: object) -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    settings = {"force_terminal": True, "color_system": "truecolor", "width": 100, "height": 40} | options
    return Console(file=file, **settings), file  # type: ignore[arg-type]


def test_plain_lines_where_there_is_no_terminal() -> None:
    file = io.StringIO()
    with Display(Console(file=file)) as display:
        display.show(record())
        display.show(record(1.0))
    lines = file.getvalue().splitlines()
    assert lines == [plain_line(record()), plain_line(record(1.0))]
    assert " 50%  step 200  12,800 samples  30 s" in lines[0]
    assert "D(real) 0.80  D(fake) 0.20  1,960 samples/s" in lines[0]
    far = VALUES | {"times_real": 2381.4}
    assert plain_line(Record(200, 12_800, 30.0, 0.5, far)).startswith(" 50%  2,381 times real  step 200")


def test_a_live_view_in_a_terminal() -> None:
    console, file = terminal()
    pixels = np.full((28, 140, 1), 255, np.uint8)
    with Display(console, lambda: pixels) as display:
        display.show(record())
    shown = file.getvalue()
    for part in ("50 %", "1,960 samples/s", "0:30 left", "D(real)", "▀"):
        assert part in shown


@pytest.mark.parametrize(
    "options", [{"width": 20}, {"height": 10}, {"color_system": None}, {"color_system": "standard"}]
)
def test_a_terminal_that_is_small_or_without_colours(options: dict[str, object]) -> None:
    console, file = terminal(**options)
    with Display(console, lambda: np.zeros((28, 140, 1), np.uint8)) as display:
        display.show(record())
    assert ("▀" in file.getvalue()) == (options == {"width": 20})


def test_what_is_being_done_is_shown_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    console, file = terminal()
    monkeypatch.setattr(progress, "Console", lambda stderr: console)
    with progress.working() as tell:
        tell("features of 500 of 60,000 [reals]")
    assert "features of 500 of 60,000 [reals]" in file.getvalue()


def test_what_is_being_done_is_a_line_now_and_then_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.working() as tell:
        tell("drawing [fakes]")
        tell("features of 1 of 60,000 reals")
    assert capsys.readouterr().err == "sparring: drawing [fakes] …\n"
    for at_once, said in ((True, ["0", "10", "20"]), (False, ["10", "20"])):
        now = iter(
            [0.0, *(float(second) for second in range(25) for _ in range(1 + (second in map(int, said))))]
        )
        lines = progress.Lines(at_once, lambda now=now: next(now))
        for second in range(25):
            lines(str(second))
        assert capsys.readouterr().err.split() == [word for text in said for word in ("sparring:", text, "…")]


def test_reading_for_long_is_told_without_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with progress.Reading() as watch:
        watch("decoding pictures", 1, 40)
        assert capsys.readouterr().err == ""
        watch.lines.due = 0.0
        watch("decoding pictures", 2, 40)
    assert capsys.readouterr().err == "sparring: decoding pictures, 2 of 40 …\n"


@pytest.mark.parametrize("width", [80, 60])
@pytest.mark.parametrize("table", [recipes_table, *(partial(recipe_table, r) for r in RECIPES)])
def test_tables_of_recipes_need_no_wide_terminal(table: Callable[[], Table], width: int) -> None:
    file = io.StringIO()
    Console(file=file, width=width).print(table())
    lines = file.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    assert "…" not in file.getvalue()
    named = [line for line in lines if not line.startswith(" ")]
    assert len(lines) <= 1 + 4 * (len(named) - 1)  # a heading, and no more than four lines each


def test_half_blocks_carry_two_pixels() -> None:
    pixels = np.array([[[255]], [[0]], [[10]]], np.uint8)
    console, file = terminal()
    console.print(HalfBlocks(pixels))
    first, second = file.getvalue().splitlines()[:2]
    assert "38;2;255;255;255;48;2;0;0;0m▀" in first
    assert "38;2;10;10;10;48;2;0;0;0m▀" in second


def test_transparent_pixels_lie_over_black() -> None:
    console, file = terminal()
    console.print(HalfBlocks(np.array([[[200, 100, 50, 128]], [[9, 9, 9, 0]]], np.uint8)))
    assert "38;2;100;50;25;48;2;0;0;0m▀" in file.getvalue()


@pytest.mark.parametrize(("side", "shape"), [(8, (16, 40)), (64, (128, 192))])
def test_a_terminal_shows_fewer_of_large_pictures(
    side: int, shape: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = []

    class Watching(Display):
        def __enter__(self) -> Display:
            assert self.picture is not None
            shown.append(self.picture().shape[:2])
            return super().__enter__()

    monkeypatch.setattr("sparring.cli.live.Display", Watching)
    np.save(tmp_path / "a.npy", np.zeros((20, side, side), np.uint8))
    out = ["--out", str(tmp_path / "run"), "--samples-seen", "16"]
    assert main(["train", str(tmp_path / "a.npy"), *TINY_LINE, *out]) == 0
    assert shown == [shape]


def test_shrinking_averages_blocks() -> None:
    pixels = np.zeros((4, 8, 1), np.uint8)
    pixels[:2, :2] = 100
    small = shrink(pixels, 4)
    assert small.shape == (2, 4, 1)
    assert small[0, 0, 0] == 100
    assert int(small.sum()) == 100


@pytest.mark.parametrize(
    ("progress", "seconds", "text"),
    [(0.0, 5.0, ""), (0.5, 30.0, "0:30 left"), (0.01, 60.0, "1:39:00 left"), (1.0, 60.0, "0:00 left")],
)
def test_time_left(progress: float, seconds: float, text: str) -> None:
    assert time_left(record(progress, seconds)) == text


def test_both_views_of_the_discriminator() -> None:
    assert "D(real) 0.80  D(fake) 0.20" in score_line(record()).plain


def test_a_picture_is_never_wider_than_the_terminal() -> None:
    console, file = terminal(width=30)
    with Display(console, lambda: np.zeros((56, 280, 3), np.uint8)) as display:
        display.show(record())
    rows = [line.count("▀") for line in re.sub(r"\x1b\[[^A-Za-z]*[A-Za-z]", "", file.getvalue()).splitlines()]
    assert 0 < max(rows) <= 30


def test_a_picture_is_drawn_at_most_once_a_second() -> None:
    console, _ = terminal()
    drawn = []
    with Display(console, lambda: (drawn.append(1), np.zeros((4, 4, 1), np.uint8))[1]) as display:
        display.drawn_at = -10.0
        for _ in range(5):
            display.show(record())
    assert len(drawn) == 1


def test_an_error_gives_the_cursor_back() -> None:
    console, file = terminal()
    with pytest.raises(KeyError), Display(console) as display:
        display.show(Record(0, 0, 0.0, 0.0, {}))
    assert file.getvalue().rfind("\x1b[?25h") > file.getvalue().rfind("\x1b[?25l") >= 0


def test_colours_of_a_picture() -> None:
    console, file = terminal()
    console.print(HalfBlocks(np.array([[[1, 2, 3]], [[4, 5, 6]]], np.uint8)))
    assert "38;2;1;2;3;48;2;4;5;6m▀" in file.getvalue()
