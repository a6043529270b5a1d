"""A strict Bot API server on loopback, for tests and benchmarks.

It answers as Telegram's own does where that is documented or known, and refuses where Telegram
would silently drop something. Method names find their way to `api_<name in lower case>` of one of
its parts (in `emulation/`), and their parameters stand in `wire.METHODS`, so a new method is a new
coroutine and a line there. Use it inside one event loop:

    async with Emulator() as emulator:
        ...                                   # start a bot with emulator.token and emulator.url
        emulator.say(7, "What is a corvid?")
        (message,) = await emulator.sent(1)
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, ValuesView
from types import TracebackType
from typing import Self, TypeVar

from aiohttp import web

from .emulation import wire
from .emulation.chats import channel, group, person, private, supergroup
from .emulation.floods import Floods, Limits
from .emulation.menus import Menus
from .emulation.people import People
from .emulation.queries import Answered, InlineAnswered
from .emulation.records import Record
from .emulation.sent import Content, Sent
from .emulation.texts import cut, detected, units, violations
from .emulation.wire import ApiError, Call, Fault, Json

__all__ = [
    "Answered",
    "ApiError",
    "Call",
    "Content",
    "Emulator",
    "Fault",
    "InlineAnswered",
    "Json",
    "Limits",
    "Sent",
    "channel",
    "cut",
    "detected",
    "group",
    "person",
    "private",
    "supergroup",
    "units",
    "violations",
]

T = TypeVar("T")

Performer = Callable[[Json], Awaitable[object]]


class Emulator(People):
    """The server, and the people who write to the bot.

    Attributes:
        calls: Every request with the right token, in order.
        url: What the bot's `base_url` is.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        recall: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        on_sent: Callable[[Sent], None] | None = None,
    ) -> None:
        """Prepare a server.

        Args:
            port: On 127.0.0.1; 0 takes a free one.
            recall: How many calls, messages, answers and so on are remembered, each at most twice
                as many; None for all. What was forgotten can be neither edited nor replied to.
            clock: For flood control, in seconds.
            on_sent: Called with each message as it is sent.
        """
        super().__init__(recall)
        self.port = port
        self.calls: Record[Call] = Record(recall)
        self.floods = Floods(clock)
        self.menus = Menus(self.chats)
        self.posts.on_sent = on_sent
        self._calls_by: defaultdict[str, Record[Call]] = defaultdict(lambda: Record(recall))
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._waiting: list[asyncio.Future[None]] = []
        self._runner: web.AppRunner | None = None
        parts = (self, self.chats, self.posts, self.queries, self.updates, self.menus)
        self._performers: dict[str, Performer] = {
            name.removeprefix("api_"): getattr(part, name)
            for part in parts
            for name in dir(part)
            if name.startswith("api_")
        }

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Serve, after a stop on the same port and with all that was pending."""
        application = web.Application()
        application.router.add_route("*", "/bot{token}/{method}", self._serve)
        # A poll that waits must not hold up the end of a test.
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.updates.webhook.start()

    async def stop(self) -> None:
        """Close all connections; nothing is lost."""
        self.updates.wake(ApiError(502, "Bad Gateway"))
        await self.updates.webhook.stop()
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    # What a test does and sees; the rest of it is in `People`.

    @property
    def messages(self) -> Record[Sent]:
        """The bot's messages, as they read now."""
        return self.posts.sent

    @property
    def pending(self) -> ValuesView[Json]:
        """What the bot has not confirmed."""
        return self.updates.pending.values()

    @property
    def actions(self) -> Record[tuple[int, str, int | None]]:
        """(chat, action, thread) of each sendChatAction."""
        return self.chats.actions

    @property
    def answers(self) -> Record[Answered]:
        """The bot's answers to presses."""
        return self.queries.answers

    @property
    def inline_answers(self) -> Record[InlineAnswered]:
        """The bot's answers to inline queries."""
        return self.queries.inline_answers

    @property
    def blocked(self) -> set[int]:
        """Chats where the bot may not write; a test adds to them."""
        return self.chats.blocked

    @property
    def commands(self) -> list[Json]:
        """The menu that users see where there is no other; all are in `menus`."""
        return self.menus.by_key.get(("default", None, ""), [])

    @property
    def webhook(self) -> str:
        """Where updates are posted; empty while the bot polls."""
        target = self.updates.webhook.target
        return target.url if target else ""

    def fail(self, method: str, *faults: Fault) -> None:
        """Let the next requests of a method meet these faults, one each."""
        self._faults[method.lower()].extend(faults)

    def flood(self, chat_id: int, seconds: float, methods: tuple[str, ...] | None = None) -> None:
        """Answer 429 in a chat for so long, to these methods or to all; 0 seconds end it."""
        named = None if methods is None else frozenset(map(str.lower, methods))
        self.floods.order(chat_id, seconds, named)

    def forget(self, chat_id: int, message_id: int) -> None:
        """Delete a message, as its author or an administrator may."""
        self.posts.forget(chat_id, message_id)

    # All of these wait for a count of all since the start, and return what is remembered.

    async def sent(self, count: int, within_s: float = 10.0) -> list[Sent]:
        """Wait until the bot has sent this many messages."""
        return await self._grown(self.messages, count, within_s)

    async def edited(self, count: int = 1, within_s: float = 10.0) -> list[Sent]:
        """Wait until the bot has edited this often, and return the messages of all edits."""
        return await self._grown(self.posts.edits, count, within_s)

    async def answered(self, count: int = 1, within_s: float = 10.0) -> list[Answered]:
        """Wait until the bot has answered this many presses."""
        return await self._grown(self.answers, count, within_s)

    async def answered_inline(self, count: int = 1, within_s: float = 10.0) -> list[InlineAnswered]:
        """Wait until the bot has answered this many inline queries."""
        return await self._grown(self.inline_answers, count, within_s)

    async def called(self, method: str, count: int = 1, within_s: float = 10.0) -> list[Call]:
        """Wait until a method was called this often, and return its calls."""
        return await self._grown(self._calls_by[method.lower()], count, within_s)

    async def until(self, condition: Callable[[], bool], within_s: float = 10.0) -> None:
        """Wait for a condition, which is looked at whenever a request has come or was answered."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(within_s):
            while not condition():
                self._waiting.append(loop.create_future())
                await self._waiting[-1]

    async def _grown(self, record: Record[T], count: int, within_s: float) -> list[T]:
        await self.until(lambda: record.total >= count, within_s)
        return list(record)

    def changed(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    # The server.

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"].lower()
        try:
            call = await wire.read(request, self.token)
            self.calls.add(call)
            self._calls_by[method].add(call)
            self.changed()
            result = await self._meet(method, call, request)
            if isinstance(result, web.Response):
                return result
        except ApiError as exc:
            reply: Json = {"ok": False, "error_code": exc.status, "description": exc.description}
            if exc.parameters:
                reply["parameters"] = exc.parameters
            return web.json_response(reply, status=exc.status)
        except ConnectionResetError:  # a bot that stops ends its requests; nobody hears this
            return web.Response()
        else:
            return web.json_response({"ok": True, "result": result})
        finally:
            self.changed()

    async def _meet(self, method: str, call: Call, request: web.Request) -> object:
        """Perform a call, unless it meets with a fault."""
        faults = self._faults.get(method)
        fault = faults.popleft() if faults else Fault()
        if fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if fault.answer is not None:
            return web.Response(text=fault.answer, content_type="application/json")
        result = None
        if fault.performed or not (fault.error or fault.drop):
            self.floods.check(method, call.params)
            wire.check_parameters(method, call.params)
            result = await self._performers[method](call.params)
        if fault.drop and request.transport:
            request.transport.abort()
        if fault.error:
            raise fault.error
        return result

    async def api_getme(self, params: Json) -> Json:
        return {
            **self.me(),
            "can_join_groups": True,
            "can_read_all_group_messages": self.reads_all,
            "supports_inline_queries": self.inline_mode,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    async def api_getupdates(self, params: Json) -> list[Json]:
        return await self.updates.api_getupdates(params)
