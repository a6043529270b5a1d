"""How SIGTERM ends a long command: soon, and where its work can be gone on with."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from bot.ending import Ending


def told() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    assert signal.getsignal(signal.SIGTERM) is before


def heard(*, catches: bool) -> Iterator[int]:
    """Yield once, and wait for long; what waits may take the interrupt for its end."""
    yield 1
    try:
        told()
        time.sleep(100)
    except KeyboardInterrupt:
        if not catches:
            raise


@pytest.mark.parametrize("catches", [True, False])
def test_a_wait_ends_at_once(catches: bool) -> None:
    seen: list[int] = []
    with Ending() as ending:
        seen.extend(ending.waiting_for(heard(catches=catches)))
    assert seen == [1]


def test_work_goes_on_to_where_it_is_kept() -> None:
    done: list[int] = []
    with Ending() as ending:
        report = ending.checking(done.append)
        for number in range(5):
            report(number)
            if number == 2:
                told()
    assert done == [0, 1, 2, 3]


def test_work_that_comes_to_its_end_is_the_last() -> None:
    seen = []
    with Ending() as ending:
        for one in ending.waiting_for(iter([1, 2])):
            told()
            seen.append(one)
    assert seen == [1]


def test_a_second_signal_interrupts_whatever_it_is() -> None:
    with Ending():
        told()
        told()
        time.sleep(100)


def test_an_interrupt_of_somebody_else_is_theirs() -> None:
    with pytest.raises(KeyboardInterrupt), Ending():
        raise KeyboardInterrupt
