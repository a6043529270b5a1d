"""How SIGTERM ends a long command: soon, and where its work can be gone on with.

Each is a process of its own, as a signal is for all of a process, and so for all of its tests.
"""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

import pytest

from tests.paths import ROOT

_BEFORE = """
import os, signal, time
from bot.ending import Ending

def told():
    os.kill(os.getpid(), signal.SIGTERM)

"""
# A process that waits for longer than this was not ended.
_LONG_S = 50


def said(program: str) -> str:
    """Return what a process prints that ends by itself, with SIGTERM as it was before."""
    after = "\nassert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL"
    ended = subprocess.run(
        [sys.executable, "-c", _BEFORE + dedent(program) + after],
        cwd=ROOT, capture_output=True, text=True, timeout=_LONG_S, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout.strip()


@pytest.mark.parametrize("catches", [True, False])
def test_a_wait_ends_at_once(catches: bool) -> None:
    # What waits may take the interrupt for its end.
    assert said(f"""
        def heard():
            yield 1
            try:
                told()
                time.sleep(100)
            except KeyboardInterrupt:
                if not {catches}:
                    raise

        seen = []
        with Ending() as ending:
            seen.extend(ending.waiting_for(heard()))
        print(seen)
    """) == "[1]"  # fmt: skip


def test_work_goes_on_to_where_it_is_kept() -> None:
    assert said("""
        done = []
        with Ending() as ending:
            report = ending.checking(done.append)
            for number in range(5):
                report(number)
                if number == 2:
                    told()
        print(done)
    """) == "[0, 1, 2, 3]"  # fmt: skip


def test_work_that_comes_to_its_end_is_the_last() -> None:
    assert said("""
        seen = []
        with Ending() as ending:
            for one in ending.waiting_for(iter([1, 2])):
                told()
                seen.append(one)
        print(seen)
    """) == "[1]"  # fmt: skip


def test_a_second_signal_interrupts_whatever_it_is() -> None:
    assert said("""
        with Ending():
            told()
            told()
            time.sleep(100)
        print("ended")
    """) == "ended"  # fmt: skip


def test_an_interrupt_of_somebody_else_is_theirs() -> None:
    assert said("""
        try:
            with Ending():
                raise KeyboardInterrupt
        except KeyboardInterrupt:
            print("theirs")
    """) == "theirs"  # fmt: skip
