"""Flood control: answers of 429, by order of a test or where the bot writes too fast."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass

from .wire import ApiError, Json

COUNTED = {"sendmessage", "editmessagetext"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What Telegram allows a bot, by its FAQ.

    Attributes:
        slack_s: By how much every period is shorter here, for requests that were sent at the
            right time and came a little closer together.
    """

    chat_per_s: int = 1
    group_per_min: int = 20
    overall_per_s: int = 30
    slack_s: float = 0.05


class _Window:
    """The times of the last requests, as many as a period allows."""

    def __init__(self, count: int, period_s: float) -> None:
        self._times: deque[float] = deque(maxlen=count)
        self._period_s = period_s

    def wait_s(self, now: float) -> float:
        if len(self._times) < (self._times.maxlen or 0):
            return 0.0
        return self._times[0] + self._period_s - now

    def add(self, now: float) -> None:
        self._times.append(now)


class Floods:
    """Floods that tests ordered, and the limits, if there are any.

    Attributes:
        exceeded: Requests that were over the limits.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ordered: dict[int, tuple[float, frozenset[str] | None]] = {}
        self.exceeded = 0
        self.set_limits(None)

    def set_limits(self, limits: Limits | None) -> None:
        """Hold the bot to these limits from now on."""
        self._limits = limits
        if limits:
            second, minute = 1.0 - limits.slack_s, 60.0 - limits.slack_s
            self._overall = _Window(limits.overall_per_s, second)
            self._chats = defaultdict[int, _Window](lambda: _Window(limits.chat_per_s, second))
            self._groups = defaultdict[int, _Window](lambda: _Window(limits.group_per_min, minute))

    def order(self, chat_id: int, seconds: float, methods: frozenset[str] | None) -> None:
        """Answer 429 in this chat for so long, to these methods (lower case) or to all."""
        self._ordered[chat_id] = (self._clock() + seconds, methods)

    def check(self, method: str, params: Json) -> None:
        """Refuse a request that comes too soon."""
        now = self._clock()
        chat_id = int(params["chat_id"]) if _is_whole(params.get("chat_id")) else None
        if chat_id in self._ordered:
            until, methods = self._ordered[chat_id]
            if until > now and (methods is None or method in methods):
                raise _too_many(until - now)
        if self._limits and method in COUNTED:
            windows = [self._overall]
            if chat_id is not None:
                windows.append(self._chats[chat_id])
            if chat_id is not None and chat_id < 0:
                windows.append(self._groups[chat_id])
            if (wait_s := max(window.wait_s(now) for window in windows)) > 0:
                self.exceeded += 1
                raise _too_many(wait_s)
            for window in windows:
                window.add(now)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and value.lstrip("-").isdecimal())


def _too_many(wait_s: float) -> ApiError:
    seconds = math.ceil(wait_s)
    return ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
