"""A strict Bot API server on loopback, for tests.

It answers as Telegram's own does where that is documented or known, and refuses where Telegram
would silently drop something. Method names find their way to `api_<name in lower case>`, so a new
method is a new coroutine. Use it inside one event loop:

    async with Emulator() as emulator:
        ...                                   # start a bot with emulator.token and emulator.url
        emulator.say(7, "What is a corvid?")
        (message,) = await emulator.sent(1)
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import re
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from aiohttp import web

Json = dict[str, Any]

TEXT_UNITS = 4096
ENTITIES = 100
ENTITY_BYTES = 9_500

MARKS = {"bold", "italic", "underline", "strikethrough", "spoiler"}
QUOTES = {"blockquote", "expandable_blockquote"}
PARSE_MODES = {"HTML", "Markdown", "MarkdownV2"}
ENTITY_TYPES = (
    MARKS
    | QUOTES
    | {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "code"}
    | {"pre", "text_link", "text_mention", "custom_emoji", "date_time"}
)

# What Telegram makes links of in plain text, more greedily than it does (any top-level domain).
DETECTED = {
    "mention": re.compile(r"(?<!\w)@[A-Za-z0-9_]{2,32}(?!\w)"),
    "hashtag": re.compile(r"(?<![\w\u200c])#[\w\u200c]*[^\W\d_][\w\u200c]*"),
    "cashtag": re.compile(r"(?<![\w$])\$(?:1INCH|[A-Z]{1,8})(?![\w$])"),
    "bot_command": re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?![\w/<>])"),
    "url": re.compile(r"\w+://\S+|[^\s\u2060.@]+\.[^\W\d_]{2,}|\d{1,3}(?:\.\d{1,3}){3}"),
}

# Form fields that hold JSON; all others are plain text or numbers.
JSON_FIELDS = {"allowed_updates", "commands", "entities", "link_preview_options", "reply_markup"}
JSON_FIELDS |= {"reply_parameters", "scope"}


class ApiError(Exception):
    """An answer with `ok` false."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one request.

    Attributes:
        error: Answered in place of the result.
        delay_s: Waited before anything else.
        drop: The connection is closed without an answer.
        performed: The request has its effect before the error or the drop.
    """

    error: ApiError | None = None
    delay_s: float = 0.0
    drop: bool = False
    performed: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it came, the form decoded."""

    method: str
    params: Json


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of the bot.

    Attributes:
        entities: As the bot gave them.
        detected: (type, text) of what Telegram would make links of on its own.
        reply_to: None where the bot did not reply or the target was gone.
    """

    chat_id: int
    message_id: int
    text: str
    entities: tuple[Json, ...]
    detected: tuple[tuple[str, str], ...]
    reply_to: int | None
    params: Json = field(repr=False)

    def parts(self, *types: str) -> list[str]:
        """Return the texts under the entities of these types."""
        return [
            cut(self.text, entity["offset"], entity["length"])
            for entity in self.entities
            if entity["type"] in types
        ]


def units(text: str) -> int:
    """Count UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, offset: int, length: int) -> str:
    """Slice by UTF-16 code units; half a surrogate pair is a `UnicodeDecodeError`."""
    return text.encode("utf-16-le")[2 * offset : 2 * (offset + length)].decode("utf-16-le")


def violations(text: str, entities: list[Json]) -> Iterator[str]:
    """Yield what is wrong with a message's text and entities."""
    if not text.strip():
        yield "message text is empty"
    if units(text) > TEXT_UNITS:
        yield f"message is too long: {units(text)} units"
    if len(entities) > ENTITIES:
        yield f"too many entities: {len(entities)}"
    if (size := len(json.dumps(entities).encode())) > ENTITY_BYTES:
        yield f"entities are too large: {size} bytes"
    for entity in entities:
        yield from _flaws(text, entity)
    ordered = sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))
    for outer, inner in itertools.combinations(ordered, 2):
        overlap = outer["offset"] + outer["length"] - inner["offset"]
        if overlap > 0 and overlap < inner["length"]:
            yield f"entities intersect: {outer} {inner}"
        elif overlap > 0 and {outer["type"], inner["type"]} <= QUOTES:
            yield f"blockquotes nest: {outer} {inner}"
        elif overlap > 0 and outer["type"] == inner["type"]:
            yield f"entity in another of its type: {inner}"


def _flaws(text: str, entity: Json) -> Iterator[str]:
    offset, length = entity["offset"], entity["length"]
    if entity["type"] not in ENTITY_TYPES:
        yield f"unknown entity type: {entity}"
    if offset < 0 or length < 1 or offset + length > units(text):
        yield f"entity outside of the text: {entity}"
        return
    try:
        covered = cut(text, offset, length)
    except UnicodeDecodeError:
        yield f"entity splits a surrogate pair: {entity}"
        return
    if covered != covered.strip():
        yield f"entity begins or ends with white space: {entity}"
    if entity["type"] == "text_link":
        address = urlsplit(entity.get("url", ""))
        if address.scheme not in ("http", "https", "tg") or "." not in (address.hostname or ""):
            yield f"wrong URL: {entity}"
    if entity["type"] == "text_mention" and "user" not in entity:
        yield f"mention of nobody: {entity}"


def detected(text: str, entities: list[Json]) -> Iterator[tuple[str, str]]:
    """Yield the type and text of each link that Telegram adds, which it does not inside links."""
    taken = [
        (entity["offset"], entity["offset"] + entity["length"])
        for entity in entities
        if entity["type"] in ("text_link", "text_mention", "code", "pre")
    ]
    for kind, pattern in DETECTED.items():
        for match in pattern.finditer(text):
            start, end = units(text[: match.start()]), units(text[: match.end()])
            if not any(start < stop and begin < end for begin, stop in taken):
                yield kind, match.group()


class Emulator:
    """The server. `calls` has every request, in order; `pending` what the bot has not confirmed."""

    token = "987654321:AAEmulatedTokenOfNoRealBot-0123456789"
    username = "emulated_bot"

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.messages: list[Sent] = []
        self.pending: deque[Json] = deque()
        self.blocked: set[int] = set()
        self.commands: list[Json] = []
        self.webhook = ""
        self._allowed: list[str] = []
        self._chats: dict[int, Json] = {}
        self._known: set[tuple[int, int]] = set()
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._update_ids = itertools.count(1001)
        self._message_ids = itertools.count(1)
        self._poll: asyncio.Future[None] | None = None
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_route("*", "/bot{token}/{method}", self._serve)
        # A poll that waits must not hold up the end of a test.
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._wake(ApiError(502, "Bad Gateway"))
        await self._runner.cleanup()

    # What a test does.

    def say(self, chat_id: int, text: str, **fields: object) -> int:
        """Write to the bot in a private chat; `fields` override those of the message.

        Returns:
            The update's id; the message's id is `last_message_id`.
        """
        person = {"id": chat_id, "first_name": f"Person {chat_id}"}
        message: Json = {
            "text": text,
            "from": {**person, "is_bot": False, "language_code": "en"},
            "chat": {**person, "type": "private"},
        }
        if command := re.match(r"/\w+(@\w+)?", text):
            span = {"offset": 0, "length": units(command.group())}
            message["entities"] = [{"type": "bot_command", **span}]
        return self.push("message", **{**message, **fields})

    def push(self, kind: str, **payload: object) -> int:
        """Make an update of any kind; message-like ones get an id and a date."""
        update_id = next(self._update_ids)
        if isinstance(chat := payload.get("chat"), dict):
            self.last_message_id = next(self._message_ids)
            payload = {"message_id": self.last_message_id, "date": int(time.time()), **payload}
            self._chats[chat["id"]] = chat
            self._known.add((chat["id"], self.last_message_id))
        # As with Telegram, the filter holds for updates made after the poll that set it.
        if not self._allowed or kind in self._allowed:
            self.pending.append({"update_id": update_id, kind: payload})
            self._wake()
        return update_id

    def fail(self, method: str, *faults: Fault) -> None:
        """Let the next requests of a method meet these faults, one each."""
        self._faults[method.lower()].extend(faults)

    async def sent(self, count: int, within_s: float = 10.0) -> list[Sent]:
        """Wait until the bot has sent this many messages in all, and return them."""
        await self.until(lambda: len(self.messages) >= count, within_s)
        return list(self.messages)

    async def called(self, method: str, count: int = 1, within_s: float = 10.0) -> list[Call]:
        """Wait until a method was called this often, and return its calls."""
        await self.until(lambda: len(self._calls_of(method)) >= count, within_s)
        return self._calls_of(method)

    async def until(self, condition: Callable[[], bool], within_s: float = 10.0) -> None:
        """Wait for a condition, which is looked at whenever a request has come or was answered."""
        async with asyncio.timeout(within_s), self._changed:
            await self._changed.wait_for(condition)

    def _calls_of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method.lower() == method.lower()]

    # The server.

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"].lower()
        try:
            call = await self._read(request)
            self.calls.append(call)
            await self._notify()
            faults = self._faults[method]
            fault = faults.popleft() if faults else Fault()
            await asyncio.sleep(fault.delay_s)
            if fault.performed or not (fault.error or fault.drop):
                result = await self._perform(method, call)
            if fault.drop and request.transport:
                request.transport.abort()
            if fault.error:
                raise fault.error
        except ApiError as exc:
            reply: Json = {"ok": False, "error_code": exc.status, "description": exc.description}
            if exc.parameters:
                reply["parameters"] = exc.parameters
            return web.json_response(reply, status=exc.status)
        else:
            return web.json_response({"ok": True, "result": None if fault.drop else result})
        finally:
            await self._notify()

    async def _read(self, request: web.Request) -> Call:
        token = request.match_info["token"]
        if not re.fullmatch(r"\d+:[\w-]+", token):
            raise ApiError(404, "Not Found")
        if token != self.token:
            raise ApiError(401, "Unauthorized")
        if request.content_type == "application/json":
            params: Json = await request.json()
        else:
            form = {**request.query, **await request.post()}
            params = {
                name: json.loads(str(value)) if name in JSON_FIELDS else str(value)
                for name, value in form.items()
            }
        return Call(request.match_info["method"], params)

    async def _perform(self, method: str, call: Call) -> object:
        performer = getattr(self, f"api_{method}", None)
        if performer is None:
            raise ApiError(404, "Not Found: method not found")
        return await performer(call.params)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _wake(self, error: ApiError | None = None) -> None:
        """Let the poll that waits look again, or end it."""
        if self._poll and not self._poll.done():
            if error:
                self._poll.set_exception(error)
            else:
                self._poll.set_result(None)

    # The methods.

    async def api_getme(self, params: Json) -> Json:
        return {
            "id": int(self.token.partition(":")[0]),
            "is_bot": True,
            "first_name": "Emulated",
            "username": self.username,
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    async def api_getupdates(self, params: Json) -> list[Json]:
        if self.webhook:
            raise ApiError(409, "Conflict: can't use getUpdates method while webhook is active")
        # The newer poll wins, and the older is told.
        rival = "Conflict: terminated by other getUpdates request"
        self._wake(ApiError(409, f"{rival}; make sure that only one bot instance is running"))
        if "allowed_updates" in params:
            self._allowed = params["allowed_updates"]
        offset = int(params.get("offset", 0))
        limit = int(params.get("limit", 100))
        if not 1 <= limit <= 100:
            raise ApiError(400, "Bad Request: limit must be from 1 to 100")
        while self.pending and (
            len(self.pending) > -offset if offset < 0 else self.pending[0]["update_id"] < offset
        ):
            self.pending.popleft()
        if not self.pending:
            self._poll = asyncio.get_running_loop().create_future()
            # A rival's error may come when the poll has just ended, and nobody fetches it.
            self._poll.add_done_callback(lambda poll: poll.cancelled() or poll.exception())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._poll, float(params.get("timeout", 0)))
        return list(itertools.islice(self.pending, limit))

    async def api_sendmessage(self, params: Json) -> Json:
        chat_id = int(params["chat_id"])
        text = str(params.get("text", ""))
        entities: list[Json] = params.get("entities", [])
        if chat_id not in self._chats:
            raise ApiError(400, "Bad Request: chat not found")
        if chat_id in self.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        if params.get("parse_mode", "HTML") not in PARSE_MODES:
            raise ApiError(400, "Bad Request: unsupported parse_mode")
        for violation in violations(text, entities):
            raise ApiError(400, f"Bad Request: {violation}")
        sent = Sent(
            chat_id=chat_id,
            message_id=next(self._message_ids),
            text=text,
            entities=tuple(entities),
            detected=tuple(detected(text, entities)),
            reply_to=self._target(chat_id, params),
            params=params,
        )
        self._known.add((chat_id, sent.message_id))
        self.messages.append(sent)
        return {
            "message_id": sent.message_id,
            "date": int(time.time()),
            "from": await self.api_getme({}),
            "chat": self._chats[chat_id],
            "text": text,
            "entities": entities,
        }

    def _target(self, chat_id: int, params: Json) -> int | None:
        reply = params.get("reply_parameters")
        if reply is None or (chat_id, reply["message_id"]) in self._known:
            return reply and int(reply["message_id"])
        if not reply.get("allow_sending_without_reply"):
            raise ApiError(400, "Bad Request: message to be replied not found")
        return None

    def forget(self, chat_id: int, message_id: int) -> None:
        """Delete a message, as its author may."""
        self._known.discard((chat_id, message_id))

    async def api_sendchataction(self, params: Json) -> bool:
        if int(params["chat_id"]) not in self._chats:
            raise ApiError(400, "Bad Request: chat not found")
        if params.get("action") != "typing":
            raise ApiError(400, "Bad Request: wrong parameter action in request")
        return True

    async def api_setmycommands(self, params: Json) -> bool:
        for command in params["commands"]:
            if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
                raise ApiError(400, "Bad Request: BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"]) <= 256:
                raise ApiError(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands = params["commands"]
        return True

    async def api_deletewebhook(self, params: Json) -> bool:
        self.webhook = ""
        if params.get("drop_pending_updates") == "true":
            self.pending.clear()
        return True

    async def api_getwebhookinfo(self, params: Json) -> Json:
        return {
            "url": self.webhook,
            "has_custom_certificate": False,
            "pending_update_count": len(self.pending),
        }
