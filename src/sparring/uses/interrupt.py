"""Ctrl-C during a training that a Python program has started."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def after_the_step() -> Iterator[Callable[[], bool]]:
    """In this context, the first Ctrl-C stops a training after its step; the second interrupts at once.

    Yields a function that tells whether Ctrl-C was pressed. In other threads than the main one, and in a
    program that handles Ctrl-C itself, the function always returns False.
    """
    pressed = False
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or previous is not signal.default_int_handler:
        yield lambda: False
        return

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            signal.default_int_handler(number, frame)
        pressed = True

    signal.signal(signal.SIGINT, handle)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, previous)
