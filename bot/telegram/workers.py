"""Workers: the threads that compute answers, the one that writes the memory, and users' turns."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import ParamSpec, TypeVar
from weakref import WeakValueDictionary

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
        self._free = asyncio.Semaphore(count)
        self._turns: WeakValueDictionary[tuple[int, ...], asyncio.Lock] = WeakValueDictionary()

    async def run(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call a function in one of the threads, first come, first served."""
        async with self._acquired(self._free):
            return await asyncio.get_running_loop().run_in_executor(
                self._pool, lambda: work(*args, **kwargs)
            )

    async def run_for(
        self, user: int, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Call a function as `run` does, one at a time for each user: nobody takes all threads."""
        async with self.turn(user):
            return await self.run(work, *args, **kwargs)

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
        lock = self._turns.setdefault(whose, asyncio.Lock())
        async with self._acquired(lock):
            yield

    def close(self) -> None:
        """End the threads when they are idle."""
        self._pool.shutdown()
        self._memory_thread.shutdown()

    @asynccontextmanager
    async def _acquired(self, gate: asyncio.Lock | asyncio.Semaphore) -> AsyncIterator[None]:
        task = asyncio.current_task()
        assert task is not None, "called from a coroutine"
        self.waiting.add(task)
        try:
            await gate.acquire()
        finally:
            self.waiting.discard(task)
        try:
            yield
        finally:
            gate.release()
