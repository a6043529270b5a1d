"""Workers: the threads that compute answers, and the one that writes the memory.

More may be asked than the processor can answer. The thread that comes free goes to whoever has used
the least of them in about the last minute, and of those who have used alike to whose question is
short, which seldom costs much. So forty users with costly questions make each other wait, and
hardly anybody else.
"""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import ParamSpec, TypeVar
from weakref import WeakValueDictionary

from bot.records import ChatPlace
from bot.telegram.addressing import AskedQuestion

_P = ParamSpec("_P")
_T = TypeVar("_T")

_MINUTE_S = 60.0
_ALIKE_S = 0.1
"""Who differ by less have used alike: the first to come is the first served."""
_SHORT_CHARS = 250
"""Questions below this length are alike."""
_NOTHING = (0.0, 0.0, 0)
"""How who has used nothing and asks something short compares; nobody comes before."""
_REMEMBERED = 50_000
"""Users and chats whose use is remembered; those who have not asked for longest are forgotten."""


class Workers:
    """Threads for work that would hold up the event loop.

    Attributes:
        waiting: Tasks that have not begun to be worked on; they can be cancelled without loss.
    """

    def __init__(self, count: int | None = None) -> None:
        # More threads than cores would only share them.
        count = count or os.cpu_count() or 1
        self.waiting: set[asyncio.Task[object]] = set()
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="answer")
        self._memory_thread = ThreadPoolExecutor(1, thread_name_prefix="memory")
        self._turns = Turns(count)
        self._locks: WeakValueDictionary[tuple[int, ...], asyncio.Lock] = WeakValueDictionary()

    async def run(
        self, place: ChatPlace, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Call a function in one of the threads, one at a time for each user.

        Args:
            place: The chat and the user that asked for it; who has used the threads least lately
                comes first.
            work: The function.
            *args: Its arguments.
            **kwargs: Its named arguments.
        """
        return await self._run(place, 0, lambda: work(*args, **kwargs))

    async def answer(self, asked: AskedQuestion, work: Callable[[AskedQuestion], _T]) -> _T:
        """Call a function with a question, as `run` does."""
        return await self._run(asked.place, len(asked.question), lambda: work(asked))

    async def _run(self, place: ChatPlace, chars: int, work: Callable[[], _T]) -> _T:
        begun = ended = 0.0

        def timed() -> _T:
            nonlocal begun, ended
            begun = time.perf_counter()
            try:
                return work()
            finally:
                ended = time.perf_counter()

        async with self.turn(place.user):
            with self._is_waiting():
                await self._turns.wait(place.chat, place.user, chars)
            try:
                return await asyncio.get_running_loop().run_in_executor(self._pool, timed)
            finally:
                self._turns.end(place.chat, place.user, ended - begun)

    async def note(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call a short function of the memory or the inbox, in order, in a thread of its own."""
        return await asyncio.get_running_loop().run_in_executor(
            self._memory_thread, lambda: work(*args, **kwargs)
        )

    @asynccontextmanager
    async def turn(self, *whose: int) -> AsyncIterator[None]:
        """Wait for a turn, and hold it: one turn after the other, in the order asked.

        Args:
            whose: A user; or a chat and a user, where the turn may wait long for the chat
                and shall not hold up the user elsewhere.
        """
        lock = self._locks.setdefault(whose, asyncio.Lock())
        with self._is_waiting():
            await lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def close(self) -> None:
        """End the threads when they are idle."""
        self._pool.shutdown()
        self._memory_thread.shutdown()

    @contextmanager
    def _is_waiting(self) -> Iterator[None]:
        task = asyncio.current_task()
        assert task is not None, "called from a coroutine"
        self.waiting.add(task)
        try:
            yield
        finally:
            self.waiting.discard(task)


class Turns:
    """Gives a number of threads to those who wait.

    Args:
        count: The threads.
        clock: Seconds, monotonic.
    """

    def __init__(self, count: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._free = count
        self._clock = clock
        self._used = _Used(clock)
        self._waiting: dict[asyncio.Future[None], tuple[int, int, int]] = {}

    async def wait(self, chat: int, user: int, chars: int = 0) -> None:
        """Wait for a thread; the caller calls `end` when it is free again.

        Args:
            chat: Where it was asked; the user's own id, outside of groups.
            user: Who asked.
            chars: Length of the question.
        """
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting[turn] = (chat, user, chars)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on()
            raise
        finally:
            self._waiting.pop(turn, None)

    def end(self, chat: int, user: int, seconds: float) -> None:
        """End a turn, which is charged to its user and, in a group, to the group as well."""
        for each in {chat, user}:
            self._used.add(each, seconds)
        self._pass_on()

    def _pass_on(self) -> None:
        while self._waiting:
            turn = self._next()
            del self._waiting[turn]
            if not turn.cancelled():  # its task may not have heard of it yet
                turn.set_result(None)
                return
        self._free += 1

    def _next(self) -> asyncio.Future[None]:
        """Return the first of those who have used least: a dictionary keeps the order."""
        turns = iter(self._waiting)
        first = next(turns)
        least = self._order(*self._waiting[first])
        for turn in turns:
            if least == _NOTHING:
                break  # most of a crowd have not asked before
            if (order := self._order(*self._waiting[turn])) < least:
                first, least = turn, order
        return first

    def _order(self, chat: int, user: int, chars: int) -> tuple[float, float, int]:
        """Compare a group with everybody, and its members with each other."""
        own = self._used.of(user)
        together = own if chat == user else max(own, self._used.of(chat))
        return together, own, chars // _SHORT_CHARS


class _Used:
    """How long users and chats have used threads lately; what is a minute old counts a third."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seconds: OrderedDict[int, tuple[float, float]] = OrderedDict()

    def add(self, who: int, seconds: float) -> None:
        self._seconds[who] = (self._exactly(who) + seconds, self._clock())
        self._seconds.move_to_end(who)
        if len(self._seconds) > _REMEMBERED:
            self._seconds.popitem(last=False)

    def of(self, who: int) -> float:
        """Return it in steps, so that small differences do not count."""
        return self._exactly(who) // _ALIKE_S

    def _exactly(self, who: int) -> float:
        seconds, since = self._seconds.get(who, (0.0, 0.0))
        return seconds * math.exp((since - self._clock()) / _MINUTE_S) if seconds else 0.0
