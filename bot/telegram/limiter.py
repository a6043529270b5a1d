"""The limiter of outgoing requests: it delays, repeats and drops them as Telegram demands."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from telegram.error import BadRequest, ChatMigrated, NetworkError, RetryAfter, TimedOut
from telegram.ext import BaseRateLimiter

from bot.telegram.transport import flood_wait_s

_log = logging.getLogger(__name__)

_PAUSES_S = (0.5, 2.0)
"""Before each further attempt, after a lost connection or a server's error."""
_SEND = "sendMessage"
_TEXT, _BUTTONS = "editMessageText", "editMessageReplyMarkup"
"""The edits that a newer one makes superfluous; one of the buttons leaves the text as it is."""

_Json = dict[str, Any]
_Result = bool | _Json | list[_Json]
_Call = Callable[[], Coroutine[Any, Any, _Result]]


@dataclass(frozen=True, slots=True)
class Rates:
    """How much Telegram lets a bot send (core.telegram.org/bots/faq), and how long it waits.

    Attributes:
        overall_per_s: Requests to all chats, in any second.
        chat_per_s: Requests to one chat, in the long run.
        chat_burst: How many of them may go at once. Telegram allows "short bursts" and does not
            say how long; an answer in parts, or a few presses of buttons in a row, are three.
        group_per_min: Requests to one group or channel, in any minute.
        patience_s: The longest that a request waits for its turn. A group that used up its share
            has some again within a minute; stopping the bot waits for it, too.
    """

    overall_per_s: int = 30
    chat_per_s: float = 1.0
    chat_burst: int = 3
    group_per_min: int = 20
    patience_s: float = 60.0

    def __post_init__(self) -> None:
        if min(self.overall_per_s, self.chat_burst, self.group_per_min) < 1 or self.chat_per_s <= 0:
            raise ValueError(f"{self} lets no request go: counts start at 1, rates above 0")


class Limiter(BaseRateLimiter[int]):
    """Sends requests as fast as Telegram takes them, and again after flood control and errors.

    A lock for each chat keeps its requests in order, one under way at a time, so that a retry comes
    before its followers; flood control stops the chat that it was met in and no other, as it would
    with the library's own limiter. Requests that only the overall rate holds up go in the order
    asked, one for each chat. An edit that a newer one of the same message catches up with is not
    sent, and "typing" only where nothing else would have to wait for it. What names no chat, such
    as the answer to a press or to an inline query, goes at once.

    A message whose confirmation was lost is sent once more and may arrive twice, which is the
    lesser evil: the other one is an asker without an answer.

    Args:
        rates: How much may be sent.
        clock: Seconds, monotonic.
        sleep: Waits for seconds of that clock.
    """

    def __init__(
        self,
        rates: Rates,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._rates = rates
        self._clock = clock
        self._sleep = sleep
        self._chats: OrderedDict[int | str, _Queue] = OrderedDict()
        self._overall = _Queue([_Window(rates.overall_per_s, 1.0)])
        self._replicas = 0

    def share(self, replicas: int) -> None:
        """Keep to the share that one of so many replicas has of the overall rate; call it often.

        A smaller share counts at once, and a larger one from the next call on, when the others know
        of theirs, too. So one that joins sends a message a second at first, unless it is alone.

        Args:
            replicas: How many share the rate, this one included.
        """
        rate = self._rates.overall_per_s
        most = max(replicas, self._replicas or (rate if replicas > 1 else 1))
        self._replicas = replicas
        (window,) = self._overall.windows
        self._overall.windows = [window.resized(max(1, rate // most), max(1.0, most / rate))]

    async def initialize(self) -> None:
        """Do nothing."""

    async def shutdown(self) -> None:
        """Do nothing: what still waits is for its caller to cancel."""

    def backlog(self, chat_id: int | str) -> int:
        """Return how many requests of a chat wait for their turn."""
        chat = self._chats.get(_key(chat_id))
        return len(chat.waiting) if chat else 0

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
        deadline = self._clock() + self._rates.patience_s
        return await self._in_turn(_Request(call, endpoint, edits, deadline), self._chat(key))

    async def _at_once(self, call: _Call, endpoint: str) -> _Result:
        deadline = self._clock() + self._rates.patience_s
        for pause in _PAUSES_S:
            try:
                return await call()
            except BadRequest:
                raise
            except (NetworkError, RetryAfter) as exc:
                wait = flood_wait_s(exc) if isinstance(exc, RetryAfter) else pause
                if self._clock() + wait > deadline:
                    raise
                _log.info("%s: %s; again in %.1f s", endpoint, exc, wait)
            await self._sleep(wait)
        return await call()

    async def _if_spare(self, call: _Call, key: int | str) -> _Result:
        chat, now = self._chat(key), self._clock()
        if not chat.idle(now) or not chat.half_free(now) or not self._overall.half_free(now):
            return True
        chat.take(now)
        self._overall.take(now)
        try:
            return await call()
        except RetryAfter as exc:
            self._chat(key).halt(self._clock(), flood_wait_s(exc))
            raise

    async def _in_turn(self, request: _Request, chat: _Queue) -> _Result:
        now = self._clock()
        free_at = max(queue.free_at(now, len(queue.waiting)) for queue in (chat, self._overall))
        if free_at > request.deadline:
            raise _flood(free_at - now)
        for older in [older for older in chat.waiting if request.supersedes(older)]:
            chat.dismiss(older, True)
        chat.waiting.append(request)
        try:
            async with request.scope, chat.lock:
                return await self._attempts(request, chat)
        except TimeoutError:
            if isinstance(request.outcome, RetryAfter):
                raise request.outcome from None
            if request.outcome is None:  # it was not dismissed
                raise
            return request.outcome
        finally:
            if request in chat.waiting:  # it is being cancelled
                chat.waiting.remove(request)

    async def _attempts(self, request: _Request, chat: _Queue) -> _Result:
        pauses = iter(_PAUSES_S)
        while True:
            await self._turn(request, chat)
            try:
                return await request.call()
            except BadRequest:
                raise
            except (NetworkError, RetryAfter) as exc:
                pause = next(pauses, None)
                if isinstance(exc, TimedOut) and request.endpoint == _SEND:
                    # It may have arrived, and so may the next: that one is the last.
                    pauses = iter(())
                wait = flood_wait_s(exc) if isinstance(exc, RetryAfter) else pause or 0.0
                chat.halt(self._clock(), wait)
                if pause is None or chat.halted_until > request.deadline:
                    raise
                _log.info("%s: %s; again in %.1f s or later", request.endpoint, exc, wait)
            if any(newer.supersedes(request) for newer in chat.waiting):
                return True
            chat.waiting.appendleft(request)

    async def _turn(self, request: _Request, chat: _Queue) -> None:
        """Wait until the request that holds its chat's lock may go, and take a place for it.

        Raises:
            TimeoutError: The request was dismissed at the very moment of its turn.
        """
        overall = self._overall
        while True:
            await self._sleep_until(chat.free_at)
            overall.waiting.append(request)
            try:
                async with overall.lock:
                    await self._sleep_until(overall.free_at)
            finally:
                overall.waiting.remove(request)
            if request.outcome is not None:
                raise TimeoutError  # which its scope has not done yet
            now = self._clock()
            if chat.free_at(now) <= now:  # else it was halted meanwhile
                chat.waiting.remove(request)
                chat.take(now)
                overall.take(now)
                return

    async def _sleep_until(self, free_at: Callable[[float], float]) -> None:
        while (wait := free_at(now := self._clock()) - now) > 0:
            await self._sleep(wait)

    def _chat(self, key: int | str) -> _Queue:
        chat = self._chats.get(key)
        if chat is None:
            self._forget()
            rates = self._rates
            windows = [_Window(rates.chat_burst, rates.chat_burst / rates.chat_per_s)]
            if key < 0 if isinstance(key, int) else key.startswith("@"):
                windows.append(_Window(rates.group_per_min, 60.0))
            chat = self._chats[key] = _Queue(windows)
        return chat

    def _forget(self) -> None:
        """Drop up to two unused chats for each new one, so that they cannot pile up."""
        now = self._clock()
        for _ in range(min(2, len(self._chats))):
            key, chat = self._chats.popitem(last=False)
            if not chat.idle(now) or not all(window.unused(now) for window in chat.windows):
                self._chats[key] = chat


class _Window:
    """At most so many requests in any span; a token bucket lets twice as many into some spans."""

    __slots__ = ("_span_s", "_times")

    def __init__(self, count: int, span_s: float) -> None:
        self._span_s = span_s
        self._times = deque([-math.inf] * count, count)

    def resized(self, count: int, span_s: float) -> _Window:
        """Return one of another size, for which what was sent counts, too."""
        window = _Window(count, span_s)
        window._times.extend(self._times)
        return window

    def take(self, now: float) -> None:
        self._times.append(now)

    def free_at(self, start: float, ahead: int = 0) -> float:
        """Return the first time, from `start` on, for a request with so many others before it."""
        rounds, place = divmod(ahead, len(self._times))
        return max(self._times[place] + self._span_s, start) + rounds * self._span_s

    def half_free(self, now: float) -> bool:
        """Tell whether a request would leave half of the window, and at least one place."""
        return self.free_at(now, max(1, len(self._times) // 2)) <= now

    def unused(self, now: float) -> bool:
        return self._times[-1] + self._span_s <= now


@dataclass(eq=False, slots=True)
class _Request:
    """A request to a chat.

    Attributes:
        edits: The message whose text or buttons it edits, or None.
        deadline: When it has waited too long.
        scope: Ends the wait of a request that is dismissed.
        outcome: What the caller of a request that was dismissed gets; None before.
    """

    call: _Call
    endpoint: str
    edits: str | None
    deadline: float
    scope: asyncio.Timeout = field(default_factory=lambda: asyncio.timeout(None))
    outcome: bool | RetryAfter | None = None

    def supersedes(self, older: _Request) -> bool:
        """Tell whether the older request need not be sent: a new text has its buttons with it."""
        replaces_all = self.endpoint in (_TEXT, older.endpoint)
        return self.edits is not None and self.edits == older.edits and replaces_all


@dataclass(eq=False, slots=True)
class _Queue:
    """The requests to a chat; or those of all chats that only the overall rate holds up.

    Attributes:
        lock: Held by the request whose turn it is: in a chat, until all its attempts are over.
        waiting: In the order asked. The holder of the lock is one of them until it is sent.
    """

    windows: list[_Window]
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: deque[_Request] = field(default_factory=deque)
    halted_until: float = -math.inf

    def take(self, now: float) -> None:
        for window in self.windows:
            window.take(now)

    def free_at(self, now: float, ahead: int = 0) -> float:
        """Return the first time for a request with so many others before it."""
        start = max(now, self.halted_until)
        return max(window.free_at(start, ahead) for window in self.windows)

    def half_free(self, now: float) -> bool:
        return all(window.half_free(now) for window in self.windows)

    def idle(self, now: float) -> bool:
        return not self.lock.locked() and not self.waiting and self.halted_until <= now

    def dismiss(self, request: _Request, outcome: bool | RetryAfter) -> None:
        """End the wait of a request at once."""
        self.waiting.remove(request)
        request.outcome = outcome
        request.scope.reschedule(-math.inf)

    def halt(self, now: float, seconds: float) -> None:
        """Send nothing for so long, and dismiss the requests that would wait too long for it.

        A halt is a time and not a switch, so that nothing but time ends it.
        """
        self.halted_until = max(self.halted_until, now + seconds)
        ahead = 0
        for request in list(self.waiting):
            free_at = self.free_at(now, ahead)
            if free_at > request.deadline:
                self.dismiss(request, _flood(free_at - now))
            else:
                ahead += 1


def _key(chat_id: object) -> int | str:
    """Return one name for a chat, whichever way it is written; "@name" is a group or channel."""
    name = str(chat_id).strip().lower()
    try:
        return int(name)
    except ValueError:
        return name


def _flood(seconds: float) -> RetryAfter:
    return RetryAfter(math.ceil(seconds))
