"""Where answers are computed: a few threads, and turns for users."""

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
    """Threads for work that keeps a processor busy.

    Attributes:
        waiting: Tasks that have not begun to be worked on; they can be cancelled without loss.
    """

    def __init__(self, count: int | None = None) -> None:
        # More threads than cores would only share them.
        count = count or os.cpu_count() or 1
        self.waiting: set[asyncio.Task[object]] = set()
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="answer")
        self._clerk = ThreadPoolExecutor(1, thread_name_prefix="memory")
        self._free = asyncio.Semaphore(count)
        self._turns: WeakValueDictionary[tuple[int, ...], asyncio.Lock] = WeakValueDictionary()

    async def run(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call a function in one of the threads, first come, first served."""
        async with self._waited_for(self._free):
            return await asyncio.get_running_loop().run_in_executor(
                self._pool, lambda: work(*args, **kwargs)
            )

    async def run_for(
        self, user: int, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Call a function as `run` does, one at a time for a user: nobody takes all threads."""
        async with self.turn(user):
            return await self.run(work, *args, **kwargs)

    async def note(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call a function that only writes something down, in order, whatever else there is."""
        return await asyncio.get_running_loop().run_in_executor(
            self._clerk, lambda: work(*args, **kwargs)
        )

    @asynccontextmanager
    async def turn(self, *whose: int) -> AsyncIterator[None]:
        """Do things one after the other, in the order in which they came.

        Args:
            whose: A user; or a chat and a user, for what must keep its order there, but may wait
                long for the chat without holding up what the user asks elsewhere.
        """
        lock = self._turns.setdefault(whose, asyncio.Lock())
        async with self._waited_for(lock):
            yield

    def close(self) -> None:
        """End the threads when they are idle."""
        self._pool.shutdown()
        self._clerk.shutdown()

    @asynccontextmanager
    async def _waited_for(self, gate: asyncio.Lock | asyncio.Semaphore) -> AsyncIterator[None]:
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
