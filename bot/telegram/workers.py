"""Workers: the threads that compute answers, and the one that writes the memory."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import ParamSpec, TypeVar
from weakref import WeakValueDictionary

from bot.telegram.addressing import AskedQuestion
from bot.telegram.memory import ChatPlace
from bot.telegram.turns import Turns

_P = ParamSpec("_P")
_T = TypeVar("_T")


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
