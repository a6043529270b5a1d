"""Turns: the thread that comes free goes to whoever has used the least lately."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from bot.records import ChatPlace
from bot.telegram.workers import Turns, Workers

from .virtual import Clock

pytestmark = pytest.mark.anyio

GROUP = -5


class Threads:
    """Gives turns of one thread to those who ask for it, and notes in which order they came."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.turns = Turns(1, self.clock)
        self.order: list[int] = []

    async def ask(
        self, user: int, seconds: float, chat: int | None = None, chars: int = 50
    ) -> None:
        chat = user if chat is None else chat
        await self.turns.wait(chat, user, chars)
        self.order.append(user)
        self.clock.now += seconds
        await asyncio.sleep(0)  # others come meanwhile
        self.turns.end(chat, user, seconds)


@pytest.fixture
def threads() -> Threads:
    return Threads()


async def test_the_first_to_come_is_the_first_served(threads: Threads) -> None:
    for _ in range(2):
        await asyncio.gather(*(threads.ask(user, 0.01) for user in range(10)))
    assert threads.order == [*range(10)] * 2


async def test_who_has_used_much_waits_for_who_has_not(threads: Threads) -> None:
    costly = range(1, 41)
    await asyncio.gather(*(threads.ask(user, 1) for user in costly))
    await asyncio.gather(
        *(threads.ask(user, 1) for user in costly),
        *(threads.ask(user, 0.02) for user in (50, 51)),
    )
    # One of the forty came first, when the thread was free.
    assert threads.order[41:43] == [50, 51]
    assert sorted(threads.order[40:]) == [*costly, 50, 51]


async def test_who_asks_for_the_first_time_at_length_waits_for_who_asks_briefly(
    threads: Threads,
) -> None:
    await asyncio.gather(
        *(threads.ask(user, 1, chars=1000) for user in range(1, 41)),
        threads.ask(50, 0.02, chars=200),
        threads.ask(51, 0.02, chars=20),
    )
    assert threads.order == [1, 50, 51, *range(2, 41)]


async def test_what_was_used_long_ago_does_not_count(threads: Threads) -> None:
    await threads.ask(1, 10)
    threads.clock.now += 600
    await asyncio.gather(*(threads.ask(user, 1) for user in (7, 1, 2)))
    assert threads.order == [1, 7, 1, 2]


async def test_a_group_counts_as_one_whoever_asks_in_it(threads: Threads) -> None:
    await threads.ask(1, 2, GROUP)
    await asyncio.gather(
        threads.ask(9, 0.1),
        *(threads.ask(member, 1, GROUP) for member in range(1, 20)),
        threads.ask(50, 0.1),
    )
    assert threads.order[:3] == [1, 9, 50]
    # And in the group itself who has used the most is the last.
    assert threads.order[3:] == [*range(2, 20), 1]


async def test_who_asks_in_many_groups_counts_as_one(threads: Threads) -> None:
    await asyncio.gather(
        *(threads.ask(1, 1, -group) for group in range(1, 10)), threads.ask(50, 0.1, -20)
    )
    assert threads.order[:2] == [1, 50]


async def test_a_cancelled_wait_gives_its_turn_back(threads: Threads) -> None:
    await threads.turns.wait(1, 1)
    waits = [asyncio.create_task(threads.turns.wait(user, user)) for user in (2, 3, 4)]
    await asyncio.sleep(0)
    waits[0].cancel()
    await asyncio.sleep(0)
    threads.turns.end(1, 1, 0)
    waits[1].cancel()  # at the very moment that its turn comes
    await asyncio.gather(waits[2])
    threads.turns.end(4, 4, 0)
    async with asyncio.timeout(5):
        await threads.turns.wait(5, 5)


async def test_all_that_wait_may_be_cancelled_in_the_moment_that_a_turn_comes(
    threads: Threads,
) -> None:
    await threads.turns.wait(1, 1)
    waits = [asyncio.create_task(threads.turns.wait(user, user)) for user in (2, 3, 4)]
    await asyncio.sleep(0)
    threads.turns.end(1, 1, 0)
    for wait in waits:  # as a signal does
        wait.cancel()
    ended = await asyncio.gather(*waits, return_exceptions=True)
    assert [type(error) for error in ended] == [asyncio.CancelledError] * 3
    async with asyncio.timeout(5):
        await threads.turns.wait(5, 5)


async def test_users_who_burn_the_processor_hold_up_nobody_else() -> None:
    workers = Workers(1)
    costly, done, all_known = range(1, 7), list[int](), threading.Event()

    def burn(user: int, seconds: float) -> None:
        end = time.thread_time() + seconds
        while time.thread_time() < end:
            pass
        done.append(user)
        if {*costly} <= {*done}:
            all_known.set()

    async def ask(user: int, seconds: float) -> None:
        await workers.run(ChatPlace(user, None, user), burn, user, seconds)

    crowd = asyncio.gather(*(ask(user, 0.12) for user in costly for _ in range(3)))
    await asyncio.to_thread(all_known.wait, 60)
    before = len(done)
    await ask(50, 0.001)
    # One had the thread, and another may have had it before the loop heard of the question.
    assert done.index(50) - before <= 2
    await crowd
    workers.close()
