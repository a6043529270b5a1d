"""Polling: updates are fetched from Telegram, and stored before they are confirmed.

The library's own updater is not used. It logs a refused token with the token in the text, stops
without a word where a token is revoked, retries conflicts for ever, and asks without end for an
update that it cannot parse.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import telegram
from telegram.error import Conflict, RetryAfter, TelegramError

from bot.telegram.inbox import HIGHEST_ID
from bot.telegram.transport import TokenRefused, flood_wait_s, readable

_T = TypeVar("_T")

_log = logging.getLogger(__name__)

_ENDPOINT = "get_Updates"
"""The library sends it as `getUpdates`. Under that name it would warn and call its method, which
parses the updates, and the first that it does not understand hides the others."""
_AT_ONCE = 100
"""The most updates that Telegram sends together."""
_POLL_S = 25
"""How long Telegram holds a poll when there is nothing; proxies may cut it off after 30 seconds."""
_ANSWER_S = 10.0
"""How long the connection may take beyond that."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0
"""Doubled from failure to failure up to the longest: someone waits when it works again."""
_LONGEST_FLOOD_S = 3600.0
"""After which it asks again in any case."""
_CONFLICTS, _CONFLICTS_S = 3, 60.0
"""One conflict may be the bot's own poll from before a lost connection; three are a rival."""


class Polling:
    """The loop that asks Telegram for updates.

    Args:
        bot: Initialised, with a request object for polls alone.
        receive: Stores raw updates for good before it returns; one may come again.
        ready: Returns when the bot has room for more.
        allowed_updates: The kinds of updates that Telegram shall send.
        sleep: Waits for so many seconds after a failure.
        clock: Seconds since any moment, never running backwards.
    """

    def __init__(
        self,
        bot: telegram.Bot,
        receive: Callable[[list[dict[str, Any]]], Awaitable[None]],
        ready: Callable[[], Awaitable[None]],
        allowed_updates: Sequence[str],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.last_contact: float | None = None
        """When Telegram last answered as it should, by the clock; None before the first time."""
        self._bot = bot
        self._receive = receive
        self._ready = ready
        self._allowed = list(allowed_updates)
        self._sleep = sleep
        self._clock = clock
        self._failures = _Failures(clock)
        self._offset: int | None = None
        self._unconfirmed = False
        self._webhook_gone = False

    async def run(self, stop: asyncio.Event) -> None:
        """Fetch updates until `stop` is set, which ends a poll that waits at once.

        Raises:
            TelegramError: The token is refused, or another process polls with it. After all other
                errors the bot tries again.
        """
        with contextlib.suppress(_Stopped):
            while not stop.is_set():
                try:
                    await self._round(stop)
                except (TelegramError, _NotStored) as exc:
                    await _until_stopped(stop, self._sleep(self._failures.pause_after(exc)))
                else:
                    self._failures.end()
        await self._confirm()

    async def _round(self, stop: asyncio.Event) -> None:
        if not self._webhook_gone:
            # Telegram refuses to be polled while it has one; what waits there is kept.
            await _until_stopped(stop, readable(self._bot.delete_webhook()))
            self._webhook_gone = True
        await _until_stopped(stop, self._ready())
        updates = _checked(await _until_stopped(stop, self._fetch(_AT_ONCE, _POLL_S)))
        # An answer without updates confirms all before the offset. It is dropped then, because
        # after a quiet week Telegram begins anew with a number that may be a lower one.
        offset = max((update["update_id"] for update in updates), default=-1) + 1 or None
        self.last_contact = self._clock()
        if updates:
            # Stopping waits for it, as updates are stored together or not at all.
            try:
                await self._receive(updates)
            except Exception as exc:
                raise _NotStored from exc
        self._offset = offset
        self._unconfirmed = bool(updates)

    async def _fetch(self, limit: int, timeout_s: int) -> object:
        arguments = {
            "offset": self._offset,
            "limit": limit,
            "timeout": timeout_s,
            "allowed_updates": self._allowed,
        }
        self._unconfirmed = False
        return await readable(
            self._bot.do_api_request(_ENDPOINT, arguments, read_timeout=timeout_s + _ANSWER_S)
        )

    async def _confirm(self) -> None:
        """Confirm what was received last, if no poll has come after it that did so."""
        if self._unconfirmed:
            # The answer is not confirmed, so Telegram keeps its updates for the next start.
            with contextlib.suppress(TelegramError):
                await self._fetch(1, 0)


class _Failures:
    """The failures since the last success, and the pause before the next attempt."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._conflicts: deque[float] = deque(maxlen=_CONFLICTS)
        self._streak = 0

    def pause_after(self, error: Exception) -> float:
        """Return the seconds to wait, and log the first of a streak of errors.

        Raises:
            Exception: The error, if another attempt cannot help.
        """
        if isinstance(error, TokenRefused) or self._is_rivalry(error):
            raise error
        if not self._streak and isinstance(error, _NotStored):
            _log.error("updates cannot be stored; asking for them again", exc_info=error.__cause__)
        elif not self._streak:
            _log.warning("cannot fetch updates from Telegram (%s); trying again", error)
        # Beyond that, the power would grow into one that no float holds.
        pause = min(_FIRST_PAUSE_S * 2.0 ** min(self._streak, 10), _LONGEST_PAUSE_S)
        self._streak += 1
        if isinstance(error, RetryAfter):
            return min(max(pause, flood_wait_s(error)), _LONGEST_FLOOD_S)
        return pause

    def end(self) -> None:
        """End the streak; conflicts stay counted, as rivals take turns."""
        if self._streak:
            _log.info("updates from Telegram come again")
        self._streak = 0

    def _is_rivalry(self, error: Exception) -> bool:
        if not isinstance(error, Conflict):
            return False
        now = self._clock()
        self._conflicts.append(now)
        return len(self._conflicts) == _CONFLICTS and now - self._conflicts[0] < _CONFLICTS_S


class _NotStored(Exception):
    """The receiver failed; Telegram has the updates still."""


class _Stopped(Exception):
    """The bot stops."""


async def _until_stopped(stop: asyncio.Event, work: Awaitable[_T]) -> _T:
    """Return the result of the work, or cancel it and raise `_Stopped` once the bot stops."""
    task = asyncio.ensure_future(work)
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((task, stopped), return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            raise _Stopped
        return task.result()
    finally:
        for each in (task, stopped):
            each.cancel()
        await asyncio.gather(task, stopped, return_exceptions=True)


def _checked(answer: object) -> list[dict[str, Any]]:
    """Return the updates; only their ids are checked."""
    if isinstance(answer, list) and all(
        isinstance(update, dict)
        and type(number := update.get("update_id")) is int
        and 0 <= number <= HIGHEST_ID
        for update in answer
    ):
        return answer
    raise TelegramError("an answer without a list of updates")
