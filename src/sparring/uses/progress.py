"""Show the progress of a training: a live view in a terminal, plain lines elsewhere."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from rich.console import Console, Group
from rich.live import Live
from rich.measure import Measurement
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

from sparring.errors import clock, printable, warn
from sparring.history.record import Record, times_real_text
from sparring.uses.notebook import Cell

if TYPE_CHECKING:  # a recipe and a run are shown without torch
    from sparring.kinds.kind import Pixels

REDRAW_SECONDS = 1.0
WIDEST = 10_000  # characters of a line of a table
LINE_SECONDS = 10.0  # between two lines of progress without a terminal
SHOWN = {  # logged name: its name in lines of text, its name in the live view, digits, style
    "g_loss": ("g_loss", "generator loss", 3, "bold cyan"),
    "d_loss": ("d_loss", "discriminator loss", 3, "bold magenta"),
    "d_real": ("D(real)", "D(real)", 2, "bold green"),
    "d_fake": ("D(fake)", "D(fake)", 2, "bold red"),
}


class HalfBlocks:
    """A picture (H, W, C) for a terminal, two pixels per character; a rich renderable."""

    def __init__(self, pixels: Pixels) -> None:
        height, width, colours = pixels.shape
        rgb = np.repeat(pixels, 3, axis=2) if colours == 1 else pixels[:, :, :3]
        if colours == 4:  # over black
            rgb = (rgb.astype(np.uint16) * pixels[:, :, 3:] // 255).astype(np.uint8)
        self.rgb = np.concatenate([rgb, np.zeros((height % 2, width, 3), np.uint8)])

    def __rich_console__(self, *_: Any) -> Any:
        for top, bottom in zip(self.rgb[::2], self.rgb[1::2], strict=True):
            for upper, lower in zip(top.tolist(), bottom.tolist(), strict=True):
                style = Style.parse(f"rgb({','.join(map(str, upper))}) on rgb({','.join(map(str, lower))})")
                yield Segment("▀", style)
            yield Segment.line()


def shrink(pixels: Pixels, columns: int) -> Pixels:
    """Average whole blocks of pixels until the picture is at most ``columns`` wide."""
    factor = -(-pixels.shape[1] // columns)
    height, width = (side // factor * factor for side in pixels.shape[:2])
    blocks = pixels[:height, :width].reshape(height // factor, factor, width // factor, factor, -1)
    shrunk: Pixels = blocks.mean((1, 3)).round().astype(np.uint8)
    return shrunk


class Display:
    """Shows each record of a training. ``picture`` is called from time to time for the current samples.

    Use it as a context manager around the loop. A terminal shows a bar, the numbers and a small picture; a
    notebook shows a bar, the numbers, curves and ``sheet``, in one output. Elsewhere each record is one line.
    """

    def __init__(
        self,
        console: Console,
        picture: Callable[[], Pixels | list[str]] | None = None,
        sheet: Callable[[], Image.Image] | None = None,
    ) -> None:
        self.console, self.picture = console, picture
        self.live: Live | None = None
        self.cell: Cell | None = None
        self.drawn_at = 0.0
        self.thumbnail: HalfBlocks | Text | None = None
        if console.is_jupyter:
            self.cell = Cell(sheet)
        elif console.is_terminal and not console.is_dumb_terminal:
            self.bar = Progress(
                TextColumn("{task.percentage:>3.0f} %"),
                BarColumn(bar_width=40),
                TextColumn("{task.fields[speed]}  {task.fields[left]}"),
                console=console,
            )
            self.task = self.bar.add_task("", total=1.0, speed="", left="")
            self.live = Live(self.bar, console=console, refresh_per_second=8, transient=True)

    def __enter__(self) -> Display:
        if self.live:
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.live:
            self.live.stop()

    def show(self, record: Record, remark: str = "", news: bool = False) -> None:
        """Show one record with a remark. Plain lines show the remark only if it is news."""
        if self.cell is not None:
            self.cell.show(
                record, [plain_line(record), time_left(record) if record.progress < 1 else "", remark]
            )
            return
        if self.live is None:
            for line in (plain_line(record), remark if news else ""):
                if line:
                    self.console.print(line, markup=False, highlight=False, soft_wrap=True)
            return
        speed = f"{record.values['samples_per_second']:,.0f} samples/s"
        self.bar.update(self.task, completed=record.progress, speed=speed, left=time_left(record))
        parts: list[Any] = [self.bar, score_line(record)]
        if remark:
            parts.append(Text(remark))
        if (picture := self._thumbnail()) is not None:
            parts.append(picture)
        self.live.update(Group(*parts))

    def _thumbnail(self) -> HalfBlocks | Text | None:
        can_show = self.console.color_system in ("256", "truecolor") and "utf" in self.console.encoding
        if self.picture is None or not can_show or self.console.height < 20:
            return None
        if time.monotonic() - self.drawn_at > REDRAW_SECONDS:
            found = self.picture()
            if isinstance(found, list):
                self.thumbnail = Text("\n".join(found))
                self.thumbnail.truncate(self.console.width * (self.console.height - 8))
            else:
                self.thumbnail = HalfBlocks(shrink(found, min(self.console.width, 80)))
            self.drawn_at = time.monotonic()
        return self.thumbnail


class Lines:
    """Prints progress on standard error every LINE_SECONDS; the first line at once with ``at_once``."""

    def __init__(self, at_once: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.due = clock() + (0 if at_once else LINE_SECONDS)

    def __call__(self, text: str) -> None:
        if self.clock() >= self.due:
            warn(f"{text} …")
            self.due = self.clock() + LINE_SECONDS


class Reading:
    """A progress bar on standard error while pictures are read; plain lines outside a terminal.

    Call it with what is being done, how many are done, and how many there are.
    """

    def __init__(self) -> None:
        self.lines = Lines(at_once=False)
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=40),
            TextColumn("{task.completed:,} of {task.total:,}"),
            TimeRemainingColumn(),
            console=Console(stderr=True, highlight=False, emoji=False),
            transient=True,
        )
        self.tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Reading:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.tasks:
            self.bar.stop()

    def __call__(self, what: str, done: int, total: int) -> None:
        if not self.bar.console.is_terminal:
            self.lines(f"{what}, {done:,} of {total:,}")
            return
        if what not in self.tasks:
            if not self.tasks:
                self.bar.start()
            self.tasks[what] = self.bar.add_task(what, total=total)
        self.bar.update(self.tasks[what], completed=done)


def score_line(record: Record) -> Text:
    """The losses and the mean scores of the discriminator as one line, as far as the game has them."""
    text, gap = Text("      "), ""
    for name, (_, label, digits, style) in _shown(record).items():
        text.append(f"{gap}{label} ").append(f"{record.values[name]:.{digits}f}", style)
        gap = "  "
    return text


def plain_line(record: Record) -> str:
    """One record as a line of text."""
    v = record.values
    quality = f"{times_real_text(v['times_real'])}  " if "times_real" in v else ""
    numbers = (f"{label} {v[name]:.{digits}f}  " for name, (label, _, digits, _) in _shown(record).items())
    return (
        f"{record.progress:4.0%}  {quality}step {record.step:,}  {record.samples_seen:,} samples  "
        f"{record.seconds:.0f} s  {''.join(numbers)}{v['samples_per_second']:,.0f} samples/s"
    )


def _shown(record: Record) -> dict[str, tuple[str, str, int, str]]:
    """The names that are shown of a record: those in SHOWN, and the losses of other games."""
    losses = {name: (name, name, 3, "bold") for name in record.values if name.endswith("loss")}
    return {name: how for name, how in (SHOWN | losses | SHOWN).items() if name in record.values}


def time_left(record: Record) -> str:
    """The remaining time at the speed so far."""
    if record.progress <= 0:
        return ""
    return f"{clock(record.seconds * (1 - record.progress) / record.progress)} left"


@contextmanager
def working() -> Iterator[Callable[[str], None]]:
    """Yield a function that shows what is being done: on one line of a terminal, elsewhere on new lines."""
    screen = Console(stderr=True)
    if not screen.is_terminal or screen.is_dumb_terminal:
        yield Lines(at_once=True)
        return
    columns = SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()
    with Progress(*columns, console=screen, transient=True) as line:
        task = line.add_task("")
        yield lambda text: line.update(task, description=text)


class _Console(Console):
    """A console that prints no control characters, which names of files or classes may contain."""

    def print(self, *objects: Any, **options: Any) -> None:
        texts = (printable(part, kept="\n\t") if isinstance(part, str) else part for part in objects)
        super().print(*texts, **options)


def shows_progress(verbose: bool | None) -> bool:
    """Whether a training shows its progress; by default in a notebook and in a terminal."""
    if verbose is not None:
        return verbose
    return Console().is_jupyter or (sys.stdout is not None and sys.stdout.isatty())


def console() -> Console:
    """The console on standard output; characters that its encoding lacks are replaced."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    return _Console(highlight=False, emoji=False)


def show_whole(screen: Console, table: Table) -> None:
    """Print a table whole: where the terminal is narrower, it wraps the lines, and no number is cut."""
    needed = Measurement.get(screen, screen.options.update(width=WIDEST), table).maximum
    usual, screen.width = screen.width, max(needed, screen.width)
    screen.print(table)
    screen.width = usual


def say(screen: Console, text: str) -> None:
    """Print a line that the terminal may wrap."""
    screen.print(text, markup=False, soft_wrap=True)
