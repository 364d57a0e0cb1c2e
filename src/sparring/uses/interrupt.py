"""Ctrl-C in a training that a Python program has begun."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def after_the_step() -> Iterator[Callable[[], bool]]:
    """Within, the first Ctrl-C asks a training to stop after its step, and a second one interrupts at once.

    What is given says whether somebody has asked. Only a program's main thread can be told; elsewhere, or
    where the program has its own answer to Ctrl-C, nobody asks.
    """
    asked = False
    usual = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or usual is not signal.default_int_handler:
        yield lambda: False
        return

    def ask(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            signal.default_int_handler(number, frame)
        asked = True

    signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, usual)
