"""The limiter of outgoing requests: what waits for a turn, what is sent again, what not at all."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from telegram.error import BadRequest, ChatMigrated, NetworkError, RetryAfter, TimedOut
from telegram.ext import BaseRateLimiter

from bot.telegram.sending.turns import Rates, Turns

__all__ = ["Limiter", "Rates"]

_log = logging.getLogger(__name__)

_PAUSES_S = (0.5, 2.0)
"""Before each further attempt, after a lost connection or a server's error."""
_SEND = "sendMessage"
_TEXT, _BUTTONS = "editMessageText", "editMessageReplyMarkup"
"""The edits that a newer one makes superfluous; one of the buttons leaves the text as it is."""

_Json = dict[str, Any]
_Result = bool | _Json | list[_Json]
_Call = Callable[[], Coroutine[Any, Any, _Result]]


class Limiter(BaseRateLimiter[int]):
    """Sends requests as fast as Telegram takes them, and again after flood control and errors.

    Requests of a chat keep their order, and flood control stops the chat that it was met in and no
    other, as it would with the library's own limiter. An edit that a newer one of the same message
    catches up with is not sent, and "typing" only where nothing else would have to wait for it.
    What names no chat, such as the answer to a press or to an inline query, goes at once.

    A message whose confirmation was lost is sent once more and may arrive twice, which is the
    lesser evil: the other one is an asker without an answer.

    Args:
        rates: What may be sent.
        clock: Seconds, from any start.
        sleep: Waits for seconds of that clock.
    """

    def __init__(
        self,
        rates: Rates,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._patience_s = rates.patience_s
        self._clock = clock
        self._sleep = sleep
        self._turns = Turns(rates, clock, sleep)

    async def initialize(self) -> None:
        """Do nothing."""

    async def shutdown(self) -> None:
        """Do nothing: what still waits is for its caller to cancel."""

    def backlog(self, chat_id: int | str) -> int:
        """Return how many requests of a chat wait for their turn."""
        return self._turns.backlog(_key(chat_id))

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, _Result]],
        args: tuple[object, ...],
        kwargs: dict[str, Any],
        endpoint: str,
        data: _Json,
        rate_limit_args: int | None,
    ) -> _Result:
        """Make the request when its turn comes, up to three times.

        If the group has become a supergroup, the request goes there. Messages have other numbers
        there: what was to be a reply is none, and what names a message fails.

        Returns:
            Telegram's answer; True for what was not worth sending.

        Raises:
            RetryAfter: The request would have to wait longer than `Rates.patience_s`.
            TelegramError: The error of the last attempt.
        """
        try:
            return await self._process(lambda: callback(*args, **kwargs), endpoint, data)
        except ChatMigrated as exc:
            if "message_id" in data:
                raise
            moved = {**data, "chat_id": exc.new_chat_id}
        moved.pop("reply_parameters", None)
        # The library hands the data over twice, and sends those among the arguments.
        there = [moved if arg is data else arg for arg in args]
        return await self._process(lambda: callback(*there, **kwargs), endpoint, moved)

    async def _process(self, call: _Call, endpoint: str, data: _Json) -> _Result:
        if "chat_id" in data:
            key = _key(data["chat_id"])
        elif "inline_message_id" in data:
            key = f"inline {data['inline_message_id']}"  # is in a chat that bots are not told
        else:
            return await self._at_once(call, endpoint)
        if endpoint == "sendChatAction":
            return await self._if_spare(call, key)
        edits = str(data.get("message_id")) if endpoint in (_TEXT, _BUTTONS) else None
        return await self._in_turn(call, endpoint, key, edits)

    async def _at_once(self, call: _Call, endpoint: str) -> _Result:
        deadline = self._clock() + self._patience_s
        for pause in _PAUSES_S:
            try:
                return await call()
            except BadRequest:
                raise
            except (NetworkError, RetryAfter) as exc:
                wait = _seconds(exc) if isinstance(exc, RetryAfter) else pause
                if self._clock() + wait > deadline:
                    raise
                _log.info("%s: %s; again in %.1f s", endpoint, exc, wait)
            await self._sleep(wait)
        return await call()

    async def _if_spare(self, call: _Call, key: int | str) -> _Result:
        if not self._turns.spare(key):
            return True
        try:
            return await call()
        except RetryAfter as exc:
            self._turns.halt(key, _seconds(exc))
            raise

    async def _in_turn(
        self, call: _Call, endpoint: str, key: int | str, edits: str | None
    ) -> _Result:
        turn = self._turns.join(key, edits, text=endpoint == _TEXT)
        pauses = iter(_PAUSES_S)
        while await self._turns.come(turn):
            try:
                return await call()
            except BadRequest:
                raise
            except (NetworkError, RetryAfter) as exc:
                pause = next(pauses, None)
                if isinstance(exc, TimedOut) and endpoint == _SEND:
                    # It may have arrived, and so may the next: that one is the last.
                    pauses = iter(())
                wait = _seconds(exc) if isinstance(exc, RetryAfter) else pause or 0.0
                self._turns.halt(key, wait)
                if pause is None or not self._turns.again(turn):
                    raise
                _log.info("%s: %s; again in %.1f s at the earliest", endpoint, exc, wait)
            finally:
                self._turns.leave(turn)
        return True


def _key(chat_id: object) -> int | str:
    """Return one name for a chat, whichever way it is written; "@name" is a group or channel."""
    name = str(chat_id).strip().lower()
    try:
        return int(name)
    except ValueError:
        return name


def _seconds(error: RetryAfter) -> float:
    after = error.retry_after
    return after.total_seconds() if isinstance(after, dt.timedelta) else float(after)
