"""Ctrl-C in a Python program's training."""

import signal
import threading

import pytest

from sparring.uses.interrupt import after_the_step


def test_the_first_ctrl_c_asks_and_the_second_interrupts() -> None:
    usual = signal.getsignal(signal.SIGINT)
    with after_the_step() as asked:
        assert not asked()
        signal.raise_signal(signal.SIGINT)
        assert asked()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is usual


def test_a_programs_own_answer_stays() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        with after_the_step() as asked:
            signal.raise_signal(signal.SIGINT)
            assert not asked()
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT]


def test_in_another_thread_nobody_asks() -> None:
    found: list[bool] = []

    def train() -> None:
        with after_the_step() as asked:
            found.append(asked())

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert found == [False]


def test_a_training_alone_in_its_process_stops_at_sigterm_too() -> None:
    usual = signal.getsignal(signal.SIGTERM)
    with after_the_step(alone=True) as asked:
        signal.raise_signal(signal.SIGTERM)
        assert asked()
    assert signal.getsignal(signal.SIGTERM) is usual
