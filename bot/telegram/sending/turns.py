"""Turns: when a request to a chat may go to Telegram, by what was sent and what waits."""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from telegram.error import RetryAfter


@dataclass(frozen=True, slots=True)
class Rates:
    """How much Telegram lets a bot send (core.telegram.org/bots/faq), and what is waited for.

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


class _Window:
    """At most so many requests in any span; a token bucket lets twice as many into some spans."""

    __slots__ = ("_span_s", "_times")

    def __init__(self, count: int, span_s: float) -> None:
        self._span_s = span_s
        self._times = deque([-math.inf] * count, count)

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
class Turn:
    """A request's place in the queue of its chat.

    Attributes:
        deadline: When it has waited too long.
        edits: The message that the request edits, or None.
        text: Whether that is an edit of the text, which replaces the buttons as well.
        verdict: True when it may be sent, False once superseded, an error if it waits too long.
    """

    chat: _Chat
    deadline: float
    edits: str | None
    text: bool
    verdict: asyncio.Future[bool | RetryAfter]

    def supersedes(self, older: Turn) -> bool:
        """Tell whether the older request need not be sent any more."""
        return self.edits is not None and self.edits == older.edits and self.text >= older.text


@dataclass(eq=False, slots=True)
class _Chat:
    """A chat's queue. One request is under way at a time: a retry would come out of order.

    Attributes:
        engaged: Something will look at the queue again: a timer, the queue of chats, or the end of
            the request that is under way. It is true whenever a turn waits.
    """

    limits: list[_Window]
    waiting: deque[Turn] = field(default_factory=deque)
    halted_until: float = -math.inf
    engaged: bool = False

    def free_at(self, now: float, ahead: int = 0) -> float:
        start = max(now, self.halted_until)
        return max(limit.free_at(start, ahead) for limit in self.limits)

    def idle(self, now: float) -> bool:
        return not self.engaged and self.halted_until <= now

    def dismiss(self, turn: Turn, verdict: bool | RetryAfter) -> None:
        self.waiting.remove(turn)
        if not turn.verdict.done():  # else its task is being cancelled
            turn.verdict.set_result(verdict)


class Turns:
    """The queues of all chats, and the queue of those chats whose first request may go.

    A chat that has to wait is in no one's way, and none is served twice while another waits for
    the overall limit. A request costs O(1), an edit or a halt O(waiting requests of its chat).

    Args:
        rates: What may be sent.
        clock: Seconds, from any start.
        sleep: Waits for seconds of that clock.
    """

    def __init__(
        self, rates: Rates, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._rates = rates
        self._clock = clock
        self._sleep = sleep
        self._overall = _Window(rates.overall_per_s, 1.0)
        self._chats: OrderedDict[int | str, _Chat] = OrderedDict()
        self._ready: deque[_Chat] = deque()
        self._pausing = False
        self._timers: set[asyncio.Task[None]] = set()

    def backlog(self, key: int | str) -> int:
        """Return how many requests of a chat wait."""
        chat = self._chats.get(key)
        return len(chat.waiting) if chat else 0

    def join(self, key: int | str, edits: str | None = None, *, text: bool = False) -> Turn:
        """Queue a request at the end of its chat; `Turn` tells what `edits` and `text` are.

        Raises:
            RetryAfter: It would wait too long.
        """
        chat, now = self._chat(key), self._clock()
        free_at = max(
            chat.free_at(now, len(chat.waiting)), self._overall.free_at(now, len(self._ready))
        )
        deadline = now + self._rates.patience_s
        if free_at > deadline:
            raise _flood(free_at - now)
        turn = Turn(chat, deadline, edits, text, asyncio.get_running_loop().create_future())
        for older in [older for older in chat.waiting if turn.supersedes(older)]:
            chat.dismiss(older, False)
        chat.waiting.append(turn)
        self._advance(chat)
        return turn

    async def come(self, turn: Turn) -> bool:
        """Wait until the request may be sent; `leave` must follow. False if it is superseded.

        Raises:
            RetryAfter: It would wait too long.
        """
        try:
            verdict = await turn.verdict
        except asyncio.CancelledError:
            if turn in turn.chat.waiting:
                turn.chat.waiting.remove(turn)
            elif not turn.verdict.cancelled() and turn.verdict.result() is True:
                self.leave(turn)
            raise
        if isinstance(verdict, RetryAfter):
            raise verdict
        return verdict

    def leave(self, turn: Turn) -> None:
        """Let the next request of the chat have its turn."""
        self._release(turn.chat)

    def again(self, turn: Turn) -> bool:
        """Put a request that is under way back to the head of its chat; False if it is too late."""
        chat = turn.chat
        if chat.halted_until > turn.deadline:
            return False
        turn.verdict = asyncio.get_running_loop().create_future()
        if any(newer.supersedes(turn) for newer in chat.waiting):
            turn.verdict.set_result(False)
        else:
            chat.waiting.appendleft(turn)
        return True

    def halt(self, key: int | str, seconds: float) -> None:
        """Send nothing to a chat for so long, and refuse what would wait too long for it.

        A halt is a time and not a switch, so that nothing but time ends it.
        """
        chat, now = self._chat(key), self._clock()
        chat.halted_until = max(chat.halted_until, now + seconds)
        ahead = 0
        for turn in list(chat.waiting):
            free_at = chat.free_at(now, ahead)
            if free_at > turn.deadline:
                chat.dismiss(turn, _flood(free_at - now))
            else:
                ahead += 1

    def spare(self, key: int | str) -> bool:
        """Take a place for what must not hold anything up; False if there is none to spare."""
        chat, now = self._chat(key), self._clock()
        windows = [*chat.limits, self._overall]
        if not chat.idle(now) or not all(window.half_free(now) for window in windows):
            return False
        for window in windows:
            window.take(now)
        return True

    def _advance(self, chat: _Chat) -> None:
        if chat.engaged or not chat.waiting:
            return
        chat.engaged = True
        now = self._clock()
        wait = chat.free_at(now) - now
        if wait > 0:
            self._later(wait, lambda: self._release(chat))
        else:
            self._ready.append(chat)
            self._serve()

    def _release(self, chat: _Chat) -> None:
        chat.engaged = False
        self._advance(chat)

    def _serve(self) -> None:
        while self._ready and not self._pausing:
            now = self._clock()
            wait = self._overall.free_at(now) - now
            if wait > 0:
                self._pausing = True
                self._later(wait, self._resume)
                return
            chat = self._ready.popleft()
            while chat.waiting and chat.waiting[0].verdict.done():
                chat.waiting.popleft()  # its task is being cancelled
            if chat.waiting and chat.free_at(now) <= now:
                for window in (*chat.limits, self._overall):
                    window.take(now)
                chat.waiting.popleft().verdict.set_result(True)
            else:
                self._release(chat)

    def _resume(self) -> None:
        self._pausing = False
        self._serve()

    def _later(self, seconds: float, then: Callable[[], None]) -> None:
        async def timer() -> None:
            await self._sleep(seconds)
            then()

        task = asyncio.create_task(timer())
        self._timers.add(task)
        task.add_done_callback(self._timers.discard)

    def _chat(self, key: int | str) -> _Chat:
        chat = self._chats.get(key)
        if chat is None:
            self._forget()
            rates = self._rates
            chat = _Chat([_Window(rates.chat_burst, rates.chat_burst / rates.chat_per_s)])
            if key < 0 if isinstance(key, int) else key.startswith("@"):
                chat.limits.append(_Window(rates.group_per_min, 60.0))
            self._chats[key] = chat
        return chat

    def _forget(self) -> None:
        """Look at two chats for each new one, so that unused ones cannot pile up."""
        now = self._clock()
        for _ in range(min(2, len(self._chats))):
            key, chat = self._chats.popitem(last=False)
            if not chat.idle(now) or not all(limit.unused(now) for limit in chat.limits):
                self._chats[key] = chat


def _flood(seconds: float) -> RetryAfter:
    return RetryAfter(math.ceil(seconds))
