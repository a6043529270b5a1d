"""The webhook: Telegram sends updates, and each is stored before Telegram is told that it came."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

import telegram
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram.error import BadRequest

from bot.records import StateUnreachable
from bot.serving import listening, read_body
from bot.telegram.inbox import HIGHEST_ID
from bot.telegram.transport import TelegramFault, readable
from config import TelegramSettings, UpdateMode

_log = logging.getLogger(__name__)

_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
_BODY_BYTES = 1_000_000
"""The longest body that is read, many times the longest message."""
_BODY_S = 10.0
"""A sender that takes longer holds a connection for nothing."""
_CONNECTIONS = 40
"""Telegram's own default; to store an update takes milliseconds."""
_RETRY_AFTER_S = 5
"""When Telegram shall send again if the bot is full; it may follow a schedule of its own."""


@dataclass(frozen=True, slots=True)
class WebhookAddress:
    """Where Telegram finds the bot, and where the bot listens.

    Attributes:
        url: What Telegram calls; a proxy in between keeps its path.
        listen: Host to listen at.
        port: Port to listen at; 0 takes any that is free.
        secret: Telegram sends it with each update, so that nobody else can send any.
    """

    url: str
    listen: str
    port: int
    secret: SecretStr

    def check(self, token: str) -> None:
        """Refuse an address that gives a secret away or that Telegram does not take.

        Raises:
            TelegramFault: The URL holds the bot's token or braces, or the secret is not one of
                Telegram's.
        """
        if any(part and part in unquote(self.url) for part in (token, token.partition(":")[2])):
            raise TelegramFault(
                "telegram.webhook_url holds the bot's token, which proxies would write into "
                "their logs: choose any other path; the webhook's secret keeps strangers out"
            )
        if re.search("[{}]", unquote(self.url)):
            # In Starlette's paths they mean whatever stands in their place.
            raise TelegramFault("telegram.webhook_url has braces: choose a path without { and }")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", self.secret.get_secret_value()):
            raise TelegramFault(
                "telegram.webhook_secret is empty, too long or has characters that Telegram does "
                "not take; wanted up to 256 of A-Z a-z 0-9 _ -: make one with `openssl rand -hex "
                "32`, or leave it out"
            )


def address_of(token: SecretStr, settings: TelegramSettings) -> WebhookAddress | None:
    """Return the webhook's address, with a secret of its own if none is set; None while polling.

    Raises:
        TelegramFault: No URL is set, or `WebhookAddress.check` refuses the address.
    """
    if settings.mode is UpdateMode.POLLING:
        return None
    if settings.webhook_url is None:
        raise TelegramFault(
            'telegram.mode is "webhook", and telegram.webhook_url is not set: set it to the '
            "https address at which Telegram reaches the bot, or use polling"
        )
    secret = settings.webhook_secret or SecretStr(secrets.token_urlsafe(32))
    if settings.webhook_secret is None and isinstance(settings.state, SecretStr):
        # All replicas find the same one, which tells nobody the token.
        key = token.get_secret_value().encode()
        secret = SecretStr(hashlib.blake2b(b"webhook", key=key[:64], digest_size=32).hexdigest())
    address = WebhookAddress(
        settings.webhook_url, settings.webhook_listen, settings.webhook_port, secret
    )
    address.check(token.get_secret_value())
    return address


class Webhook:
    """The server that Telegram calls.

    Args:
        bot: Initialised.
        receive: Stores raw updates for good before it returns; one may come again.
        has_room: Whether the bot takes another update; Telegram keeps it if not.
        address: Where Telegram finds the bot.
        allowed_updates: The kinds of updates that Telegram shall send.
        clock: Seconds since any moment, never running backwards.
        body_s: How many seconds a request's body may take.

    Raises:
        TelegramFault: See `WebhookAddress.check`.
    """

    def __init__(
        self,
        bot: telegram.Bot,
        receive: Callable[[list[dict[str, Any]]], Awaitable[None]],
        has_room: Callable[[], bool],
        address: WebhookAddress,
        allowed_updates: Sequence[str],
        *,
        clock: Callable[[], float] = time.monotonic,
        body_s: float = _BODY_S,
    ) -> None:
        address.check(bot.token)
        self.last_contact: float | None = None
        """When Telegram last sent an update, by the clock; None before the first."""
        self._bot = bot
        self._receive = receive
        self._has_room = has_room
        self._address = address
        path = unquote(urlsplit(address.url).path) or "/"
        self._app = Starlette(routes=[Route(path, self._answer, methods=["POST"])])
        # An address with one more slash is another address.
        self._app.router.redirect_slashes = False
        self._secret = address.secret.get_secret_value().encode()
        self._allowed = list(allowed_updates)
        self._clock = clock
        self._body_s = body_s
        self._stopping = False
        self._reading: set[asyncio.Timeout] = set()

    @asynccontextmanager
    async def serving(self, *, register: bool = True) -> AsyncIterator[int]:
        """Listen, and tell Telegram where. It is not told of the end, so it keeps later updates.

        Args:
            register: Whether Telegram is told; if not, the caller does so.

        Yields:
            The port.

        Raises:
            BotError: The bot cannot listen there.
            TelegramError: Telegram is out of reach or does not know the token; a `TelegramFault`
                where it does not take the URL.
        """
        address = self._address
        async with listening(
            self._app, address.listen, address.port, "telegram.webhook_port"
        ) as port:
            try:
                if register:
                    await self.register()
                yield port
            finally:
                self._stopping = True
                for timeout in self._reading:
                    if not timeout.expired():
                        timeout.reschedule(0)

    async def register(self) -> None:
        """Tell Telegram where the bot listens.

        Raises:
            TelegramError: As in `serving`.
        """
        try:
            await readable(
                self._bot.set_webhook(
                    self._address.url,
                    secret_token=self._address.secret.get_secret_value(),
                    allowed_updates=self._allowed,
                    max_connections=_CONNECTIONS,
                )
            )
        except BadRequest as exc:
            raise TelegramFault(
                f"Telegram does not take telegram.webhook_url ({exc}); wanted an https address "
                "that the internet reaches at port 443, 80, 88 or 8443: correct it, or use polling"
            ) from exc

    async def _answer(self, request: Request) -> Response:
        # A header may hold bytes that are no text.
        given = request.headers.get(_SECRET_HEADER, "").encode("latin-1")
        if not hmac.compare_digest(given, self._secret):
            raise HTTPException(403)
        if self._stopping or not self._has_room():
            raise _unavailable()
        kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise HTTPException(415)
        update = _parse(await self._read(request))
        self.last_contact = self._clock()
        try:
            await self._receive([update])
        except StateUnreachable as exc:
            _log.warning("an update cannot be stored; Telegram sends it again: %s", exc)
            raise _unavailable() from None
        except Exception:  # noqa: BLE001 (whatever it is, Telegram has the update still)
            _log.exception("an update cannot be stored; Telegram sends it again")
            return Response(status_code=500)
        return Response()

    async def _read(self, request: Request) -> bytes:
        timeout = asyncio.timeout(self._body_s)
        self._reading.add(timeout)
        try:
            async with timeout:
                return await read_body(request, _BODY_BYTES)
        except TimeoutError:
            raise (_unavailable() if self._stopping else HTTPException(408)) from None
        finally:
            self._reading.discard(timeout)


def _unavailable() -> HTTPException:
    return HTTPException(503, headers={"Retry-After": str(_RETRY_AFTER_S)})


def _parse(body: bytes) -> dict[str, Any]:
    """Return the update; only its id is checked."""
    try:
        update = json.loads(body.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    number = update.get("update_id") if isinstance(update, dict) else None
    if type(number) is not int or not 0 <= number <= HIGHEST_ID:
        raise HTTPException(400)
    return dict(update)


def _no_number(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
