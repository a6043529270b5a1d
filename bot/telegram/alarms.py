"""Alarms: messages to administrators when an error repeats; they hold nobody's text."""

from __future__ import annotations

import logging
import traceback
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from telegram.error import TelegramError

from bot.telegram.views import Language, Message, reports

_log = logging.getLogger(__name__)

_REPEATS = 3
_HOUR_S = 3600.0
_KINDS = 100
"""Different errors that are counted; the least recent are forgotten."""


class Alarms:
    """Counts errors by kind and place.

    Args:
        send: Sends a message to a user.
        administrators: Who is told.
        language: The language of the message.
        clock: Seconds, monotonic.
        alone: Asked before an error is told; whether no other replica has told of it for so many
            seconds.
    """

    def __init__(
        self,
        send: Callable[[int, Message], Awaitable[object]],
        administrators: Iterable[int],
        language: Language,
        clock: Callable[[], float],
        alone: Callable[[str, float], Awaitable[bool]] | None = None,
    ) -> None:
        self._send = send
        self._administrators = sorted(administrators)
        self._language = language
        self._clock = clock
        self._alone = alone
        self._seen: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    async def note(self, error: BaseException) -> None:
        """Count an error, and tell of it when it comes for the third time within an hour.

        After that it is counted anew, so that an error that stays is told of at most once an hour.
        """
        key = (type(error).__name__, _place(error))
        now = self._clock()
        since, times = self._seen.pop(key, (now, 0))
        if now - since > _HOUR_S:
            since, times = now, 0
        self._seen[key] = since, times + 1
        while len(self._seen) > _KINDS:
            self._seen.popitem(last=False)
        if times + 1 != _REPEATS:
            return
        if self._alone is None or await self._alone(" ".join(key), _HOUR_S):
            message = reports.alarm(self._language, *key, _REPEATS)
            for administrator in self._administrators:
                try:
                    await self._send(administrator, message)
                except TelegramError as exc:
                    _log.warning("an administrator cannot be told of an error: %s", exc)


def _place(error: BaseException) -> str:
    """Return file and line of the last frame, and nothing of the message, which may hold texts."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
