"""Turns: who is next when more is asked than the processor can answer.

The thread that comes free goes to whoever has used the least of them in about the last minute, and
of those who have used alike to whose question is short, which seldom costs much. So forty users
with costly questions make each other wait, and hardly anybody else.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable

_MINUTE_S = 60.0
_ALIKE_S = 0.1
"""Who differ by less have used alike: the first to come is the first served."""
_SHORT_CHARS = 250
"""Questions below this length are alike."""
_REMEMBERED = 50_000
"""Users and chats whose use is remembered; those who have not asked for longest are forgotten."""


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
        if not self._waiting:
            self._free += 1
            return
        # The first of those with the least: a dictionary keeps the order.
        turn = min(self._waiting, key=lambda turn: self._order(*self._waiting[turn]))
        del self._waiting[turn]
        turn.set_result(None)

    def _order(self, chat: int, user: int, chars: int) -> tuple[float, float, int]:
        """Compare a group with everybody, and its members with each other."""
        own = self._used.of(user)
        return max(own, self._used.of(chat)), own, chars // _SHORT_CHARS


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
