"""Ctrl-C during a training."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def after_the_step(alone: bool = False) -> Iterator[Callable[[], bool]]:
    """In this context, the first Ctrl-C stops a training after its step; the second interrupts at once.

    Yields a function that tells whether Ctrl-C was pressed. In a Python program it always returns False in
    other threads than the main one, and if the program handles Ctrl-C itself.

    Args:
        alone: the process does nothing else than this training. Then SIGTERM does the same as Ctrl-C, and
            the second signal ends the process.
    """
    pressed = False
    free = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not alone and (threading.current_thread() is not threading.main_thread() or not free):
        yield lambda: False
        return

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed and alone:
            os._exit(130)
        if pressed:
            signal.default_int_handler(number, frame)
        pressed = True

    numbers = (signal.SIGINT, signal.SIGTERM) if alone else (signal.SIGINT,)
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield lambda: pressed
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
