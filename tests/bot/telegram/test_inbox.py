"""The inbox: updates are kept until they are handled, and left to no kill."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.telegram.inbox import Inbox
from tests.paths import ROOT

from .bots import still_waiting
from .virtual import Clock

DAY = 86_400.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def inbox(tmp_path: Path, clock: Clock) -> Iterator[Inbox]:
    with closing(opened(tmp_path, clock)) as inbox:
        yield inbox


def opened(folder: Path, clock: Clock) -> Inbox:
    return Inbox.open(folder, 1, clock=clock)


def update(update_id: int, text: str = "why?") -> dict[str, Any]:
    return {"update_id": update_id, "message": {"message_id": 1, "text": text}}


def ids(updates: list[dict[str, Any]]) -> list[int]:
    return [update["update_id"] for update in updates]


def test_what_is_put_waits_until_it_is_done(inbox: Inbox, tmp_path: Path) -> None:
    updates = [update(1), update(2, "\0 \ud83d \u202e é")]

    assert inbox.put(updates) == updates
    assert still_waiting(tmp_path) == 2
    assert inbox.pending() == updates

    inbox.done(1)
    assert inbox.pending() == [updates[1]]
    assert still_waiting(tmp_path) == 1


def test_all_are_put_or_none(inbox: Inbox, tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="update_id"):
        inbox.put([update(1), {"message": {}}])

    assert still_waiting(tmp_path) == 0
    assert ids(inbox.put([update(1)])) == [1]


def test_a_handled_update_is_known_for_a_day(inbox: Inbox, clock: Clock) -> None:
    inbox.put([update(n) for n in range(2500)])
    for n in range(2499):
        inbox.done(n)
    clock.now += DAY
    inbox.purge()
    assert inbox.put([update(1)]) == []

    clock.now += 1
    inbox.purge()

    assert ids(inbox.put([update(n) for n in range(2500)])) == list(range(2499))


def test_what_was_handled_while_the_clock_was_ahead_is_forgotten_in_time(
    inbox: Inbox, clock: Clock
) -> None:
    clock.now += 365 * DAY
    inbox.put([update(1)])
    inbox.done(1)
    clock.now -= 365 * DAY
    inbox.purge()
    assert inbox.put([update(1)]) == []

    clock.now += DAY + 1
    inbox.purge()

    assert ids(inbox.put([update(1)])) == [1]


NUMBERS = st.integers(0, 5)
STEPS: st.SearchStrategy[tuple[str, list[int]]] = st.one_of(
    st.tuples(st.just("put"), st.lists(NUMBERS, max_size=4)),
    st.tuples(st.just("done"), st.lists(NUMBERS, min_size=1, max_size=1)),
    st.tuples(st.sampled_from(["wait", "purge", "restart"]), st.just([])),
)


@given(st.lists(STEPS, max_size=25))
@settings(max_examples=60, deadline=None)
def test_the_inbox_does_what_a_plain_model_does(steps: list[tuple[str, list[int]]]) -> None:
    clock = Clock()
    waiting: dict[int, int] = {}  # update id: starts; in the order of arrival
    handled: dict[int, float] = {}
    with TemporaryDirectory() as folder:
        inbox = opened(Path(folder), clock)
        for step, numbers in steps:
            if step == "put":
                new = [n for n in dict.fromkeys(numbers) if n not in waiting and n not in handled]
                assert ids(inbox.put([update(n) for n in numbers])) == new
                waiting |= dict.fromkeys(new, 0)
            elif step == "done":
                inbox.done(numbers[0])
                waiting.pop(numbers[0], None)
                handled[numbers[0]] = clock.now
            elif step == "wait":
                clock.now += 0.7 * DAY
            elif step == "purge":
                inbox.purge()
                handled = {n: at for n, at in handled.items() if clock.now - at <= DAY}
            else:
                inbox.close()
                inbox = opened(Path(folder), clock)
                waiting = {n: starts + 1 for n, starts in waiting.items()}
                handled |= {n: clock.now for n, starts in waiting.items() if starts == 3}
                waiting = {n: starts for n, starts in waiting.items() if starts < 3}
                assert ids(inbox.pending()) == list(waiting)
            assert still_waiting(Path(folder)) == len(waiting)
        inbox.close()


def test_threads_put_each_update_once(inbox: Inbox) -> None:
    def work(first: int) -> list[int]:
        new = []
        for n in range(50):
            mine, shared = first * 1000 + n, 10_000 + n
            new += ids(inbox.put([update(mine), update(shared)]))
            inbox.done(mine)
        return new

    with ThreadPoolExecutor(8) as pool:
        new = [number for of in pool.map(work, range(8)) for number in of]

    assert sorted(new) == sorted(
        [first * 1000 + n for first in range(8) for n in range(50)]
        + [10_000 + n for n in range(50)]
    )
    assert sorted(ids(inbox.pending())) == [10_000 + n for n in range(50)]


PROGRAM = """
import sys
from pathlib import Path
from bot.telegram.inbox import Inbox

inbox = Inbox.open(Path(sys.argv[1]), 1)
for n in range(10**6):
    inbox.put([{"update_id": 3 * n + k, "message": {"text": "why? " * 50}} for k in range(3)])
    inbox.done(3 * n)
    print(n, flush=True)
"""


def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    with child, child.stdout:
        # A thousand pages of log are moved into the file about every 200 rounds.
        for _ in range(600):
            assert child.stdout.readline()
        child.kill()
        told = [599, *map(int, re.findall(r"\d+(?=\n)", child.stdout.read()))]

    with closing(opened(tmp_path, Clock())) as inbox:
        found = ids(inbox.pending())
        rounds = told[-1] + 1
        assert found[: 2 * rounds] == [n for n in range(3 * rounds) if n % 3]
        # The round in which it was killed is there as a whole or not at all.
        assert found[2 * rounds :] in (
            [],
            [3 * rounds, 3 * rounds + 1, 3 * rounds + 2],
            [3 * rounds + 1, 3 * rounds + 2],
        )
        assert inbox.put([update(n) for n in range(3 * rounds)]) == []


def test_what_is_done_is_erased_from_the_file(inbox: Inbox, tmp_path: Path) -> None:
    """Rows come and go at random, so that SQLite moves them between its pages."""
    chance = random.Random(3)
    live: set[int] = set()
    for number in range(3000):
        inbox.put([update(number, f"SECRET{number:05d} " + "x" * chance.choice([9, 300, 3000]))])
        live.add(number)
        if chance.random() < 0.9 or len(live) > 200:
            gone = chance.choice(sorted(live))
            live.remove(gone)
            inbox.done(gone)

    inbox.purge()

    found = {
        int(number)
        for number in re.findall(
            rb"SECRET(\d{5})", b"".join(file.read_bytes() for file in tmp_path.iterdir())
        )
    }
    assert found == live
    assert len(ids(inbox.pending())) == len(live)
