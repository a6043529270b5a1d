"""The transport: HTTP requests to Telegram, and the faults that the operator is told of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, TypeVar

import httpx
from telegram.error import Conflict, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import HTTPXRequest

from bot.certificates import certificates
from bot.errors import BotError
from bot.telegram.metrics import Metrics

_T = TypeVar("_T")

_SEND = "sendMessage"
_ANSWER_S = 10.0
"""How long Telegram may take for an answer."""
_CONNECT_S = 10.0
_IDLE_S = 15.0
"""How long a connection is kept for the next request."""
_IDLE = 20
"""Connections that are kept; httpx looks at each of them at every request."""
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
"""Errors that come before a request goes out."""


before_sending: ContextVar[Callable[[], Awaitable[None]] | None] = ContextVar(
    "before_sending", default=None
)
"""What a task does when a message of its own is about to go out; what it raises prevents that."""


class TelegramFault(BotError):
    """The bot cannot work; the one-line message says what was found, wanted and what to do."""

    @classmethod
    def of(cls, error: TelegramError) -> TelegramFault:
        """Make of an error what the operator is told."""
        if isinstance(error, TokenRefused):
            return cls(
                f"Telegram refuses the bot token ({error}); it takes the token that @BotFather "
                "shows for a bot: correct EXCERPTA_TELEGRAM__TOKEN, or the file telegram.token_file"
            )
        if isinstance(error, Conflict):
            return cls(
                "another process polls Telegram with this bot's token, and only one may: stop the "
                "other one, or let @BotFather revoke the token if you do not know it"
            )
        return cls(
            f"Telegram's server does not answer as it should ({error}); the bot needs a "
            "connection to it: check the network, the proxy and the server's address"
        )


class TokenRefused(TelegramError):
    """Telegram does not know the token.

    The library's own `InvalidToken` will not do: `Bot.initialize` writes the token into its text,
    which is then logged, and an updater that meets it stops polling without telling anyone.
    """


class Transport(HTTPXRequest):
    """The library's HTTP client with errors that tell unsent requests and refused tokens apart.

    Args:
        pool_size: Requests at once; others wait.
        proxy: Address of a proxy; without one, the environment may name one.
        metrics: Counts the requests by their results.

    Raises:
        ValueError: The proxy's address is malformed.
    """

    def __init__(self, pool_size: int, proxy: str | None, metrics: Metrics) -> None:
        self._metrics = metrics
        try:
            super().__init__(
                read_timeout=_ANSWER_S,
                write_timeout=_ANSWER_S,
                connect_timeout=_CONNECT_S,
                pool_timeout=None,
                proxy=None if proxy is None else _proxy(proxy),
                httpx_kwargs={
                    "limits": httpx.Limits(
                        max_connections=pool_size,
                        max_keepalive_connections=_IDLE,
                        keepalive_expiry=_IDLE_S,
                    ),
                    "verify": certificates(),
                    # The token is part of the address, and no other server shall get it.
                    "follow_redirects": False,
                    "event_hooks": {"request": [_prepare], "response": [self._examine]},
                },
            )
        except httpx.InvalidURL:
            raise ValueError("no address") from None

    async def do_request(self, url: str, *args: Any, **kwargs: Any) -> tuple[int, bytes]:  # noqa: ANN401
        """Make a request, and count it; see `HTTPXRequest.do_request`.

        Raises:
            TimedOut: No answer came to a request that went out; it may have been obeyed.
            NetworkError: It did not go out, or a gateway answered.
            TokenRefused: Telegram does not know the token.
        """
        try:
            return await super().do_request(url, *args, **kwargs)
        except NetworkError as error:
            cause = error.__cause__
            if cause is None:
                raise
        self._metrics.requested(_method(url), None)
        if isinstance(cause, _NOT_SENT):
            raise NetworkError(f"{type(cause).__name__}: {cause}")
        # The error's own text may repeat what a server said, and with it the address.
        raise TimedOut(type(cause).__name__)

    async def _examine(self, response: httpx.Response) -> None:
        await response.aread()
        status, method = response.status_code, _method(response.url.path)
        self._metrics.requested(method, status)
        found = f"{status} {response.reason_phrase}".strip()
        kind = response.headers.get("Content-Type", "nothing").partition(";")[0].strip().lower()
        if kind != "application/json":
            # The library would log the page, and error pages like to repeat the address asked for,
            # of which the token is part. A gateway's page goes away by itself, any other does not.
            passing = status >= 500
            raise (NetworkError if passing else TelegramError)(
                f"{found}, and {kind} in place of application/json"
            )
        # Telegram answers 404 to a malformed token, but to an unknown method as well.
        asked = ("getMe", "getUpdates", "deleteWebhook")
        if status == 401 or (status == 404 and method in asked):
            raise TokenRefused(found)


async def _prepare(request: httpx.Request) -> None:
    """Call what the task has left in `before_sending`, as late as it can prevent a message."""
    prepare = before_sending.get()
    if prepare is None or _method(request.url.path) != _SEND:
        return

    async def trace(event: str, _: object) -> None:
        # Without its body, the server does nothing with the request.
        if event.endswith("send_request_body.started"):
            await prepare()

    request.extensions = {**request.extensions, "trace": trace}


async def readable(request: Awaitable[_T]) -> _T:
    """Await a request of which the library may not be able to read the answer.

    Raises:
        TelegramError: The request's own error, or the answer cannot be read: the library takes any
            JSON for one, nested however deep.
    """
    try:
        return await request
    except TelegramError:
        raise
    except Exception as exc:
        raise TelegramError(f"an answer that cannot be read ({type(exc).__name__})") from exc


def flood_wait_s(error: RetryAfter) -> float:
    """Return how many seconds Telegram wants to be left alone, in whichever form it came."""
    after = error.retry_after
    return after.total_seconds() if isinstance(after, dt.timedelta) else float(after)


def _method(url: str) -> str:
    return url.rpartition("/")[2]


def _proxy(address: str) -> httpx.Proxy:
    url = httpx.URL(address)
    if url.scheme.startswith("socks") and url.port is None:
        raise ValueError("a SOCKS proxy needs its port")
    return httpx.Proxy(url, ssl_context=certificates() if url.scheme == "https" else None)
