"""Virtual time: a clock that is set, and a loop whose clock leaps to the next timer."""

from __future__ import annotations

import asyncio
import selectors
from collections import defaultdict, deque
from collections.abc import Coroutine
from typing import Any

from telegram.error import NetworkError, RetryAfter, TelegramError

from bot.telegram.limiter import Limiter, Rates

STEP_S = 1e-9
"""What a turn of the loop takes; a clock that stands still would show no progress at all."""


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class LeapingSelector(selectors.SelectSelector):
    now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "all tasks wait for each other"
        self.now += max(timeout, 0) + STEP_S
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._leaping = LeapingSelector()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.now


class Telegram:
    """Takes requests through a limiter, and notes when each arrives, in seconds from the start."""

    def __init__(self, latency_s: float = 0.1, **rates: Any) -> None:  # noqa: ANN401 - any rate
        self.limiter = Limiter(Rates(**rates), self.clock, self.sleep)
        self.latency_s = latency_s
        self.faults: defaultdict[object, deque[TelegramError | None]] = defaultdict(deque)
        self.sent: list[tuple[float, str, dict[str, Any]]] = []
        self.sleeps: list[float] = []
        self._start = asyncio.get_running_loop().time()

    def clock(self) -> float:
        return asyncio.get_running_loop().time() - self._start

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(round(seconds, 3))
        await asyncio.sleep(seconds)

    def fail(self, about: object, *faults: TelegramError | None) -> None:
        """Let requests to a chat, or to an endpoint, fail; None lets one pass."""
        self.faults[about].extend(faults)

    async def answer(self, endpoint: str, data: dict[str, Any]) -> bool | dict[str, Any]:
        self.sent.append((self.clock(), endpoint, data))
        # By the time of arrival, as Telegram decides.
        about = next((key for key in (data.get("chat_id"), endpoint) if self.faults[key]), None)
        fault = self.faults[about].popleft() if about is not None else None
        await asyncio.sleep(data.get("latency_s", self.latency_s))
        if fault:
            raise fault
        return {"text": data.get("text")}

    def call(self, endpoint: str, **data: Any) -> Coroutine[Any, Any, Any]:  # noqa: ANN401
        return self.limiter.process_request(self.answer, (endpoint, data), {}, endpoint, data, None)

    def say(self, chat: int | str, text: str = "", **data: Any) -> asyncio.Task[Any]:  # noqa: ANN401
        return asyncio.ensure_future(self.call("sendMessage", chat_id=chat, text=text, **data))

    def edit(self, message: int, text: str, chat: int = 7) -> asyncio.Task[Any]:
        call = self.call("editMessageText", chat_id=chat, message_id=message, text=text)
        return asyncio.ensure_future(call)

    def buttons(self, message: int, text: str, chat: int = 7) -> asyncio.Task[Any]:
        call = self.call("editMessageReplyMarkup", chat_id=chat, message_id=message, text=text)
        return asyncio.ensure_future(call)

    async def typing(self, chat: int, **data: Any) -> bool:  # noqa: ANN401
        """Tell whether it was sent."""
        return await self.call("sendChatAction", chat_id=chat, **data) is not True

    def texts(self, chat: object = None) -> list[str]:
        return [data["text"] for _, _, data in self.sent if chat in (None, data.get("chat_id"))]

    def times(self, chat: object = None) -> list[float]:
        return [round(at, 3) for at, _, data in self.sent if chat in (None, data.get("chat_id"))]


def error(fault: str | int | None) -> TelegramError | None:
    """Make flood control of so many seconds, or a lost connection."""
    if isinstance(fault, int):
        return RetryAfter(fault)
    return NetworkError(fault) if fault else None


async def settle() -> None:
    """Let all tasks run until they wait for time to pass."""
    await asyncio.sleep(0.001)
