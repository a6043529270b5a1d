"""How requests travel to Telegram and back, and what is told to the operator when they do not."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
from telegram.error import BadRequest, Conflict, NetworkError, RetryAfter, TelegramError
from telegram.ext import BaseRateLimiter
from telegram.request import HTTPXRequest

from bot.errors import BotError

_log = logging.getLogger(__name__)

_PAUSES_S = (0.5, 2.0)
"""Before each further attempt, after a lost connection or a server's error."""
_PATIENCE_S = 30.0
"""The longest flood control that is waited for: stopping the bot waits for it, too."""

_Json = dict[str, Any]
_Result = bool | _Json | list[_Json]


class TelegramFault(BotError):
    """The bot cannot work; the one-line message says what was found, wanted and what to do."""

    @classmethod
    def of(cls, error: TelegramError) -> TelegramFault:
        """Say what an error means for the operator."""
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


def connection(pool_size: int) -> HTTPXRequest:
    """Make a transport that tells a refused token and a server that is not Telegram's apart."""
    return HTTPXRequest(
        connection_pool_size=pool_size,
        read_timeout=10.0,
        httpx_kwargs={"event_hooks": {"response": [_examine]}},
    )


async def _examine(response: httpx.Response) -> None:
    found = f"{response.status_code} {response.reason_phrase}".strip()
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/json":
        # The library would log the page, and error pages like to repeat the address asked for,
        # of which the token is part. A gateway's page goes away by itself, any other does not.
        passing = response.status_code >= 500
        raise (NetworkError if passing else TelegramError)(
            f"{found}, and {kind or 'no content'} in place of application/json"
        )
    # Telegram answers 404 to a malformed token, but to an unknown method as well.
    asked = response.request.url.path.rpartition("/")[2]
    if response.status_code == 401 or (
        response.status_code == 404 and asked in ("getMe", "getUpdates", "deleteWebhook")
    ):
        raise TokenRefused(found)


class Retries(BaseRateLimiter[int]):
    """Makes a request again after flood control, lost connections and errors of the server.

    Each request waits for itself only: flood control in one chat does not hold up another, as it
    would with the library's own limiter. A message whose confirmation was lost may arrive twice,
    which is the lesser evil: the other one is an asker without an answer.
    """

    async def initialize(self) -> None:
        """Do nothing."""

    async def shutdown(self) -> None:
        """Do nothing."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, _Result]],
        args: tuple[object, ...],
        kwargs: dict[str, Any],
        endpoint: str,
        data: _Json,
        rate_limit_args: int | None,
    ) -> _Result:
        """Make the request, up to three times; "typing" is not worth a second attempt."""
        for pause in _PAUSES_S if endpoint != "sendChatAction" else ():
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as exc:
                after = exc.retry_after
                wait = after.total_seconds() if isinstance(after, dt.timedelta) else float(after)
                if wait > _PATIENCE_S:
                    raise
                error: TelegramError = exc
            except BadRequest:
                raise
            except NetworkError as exc:
                wait, error = pause, exc
            _log.info("%s: %s; again in %.1f s", endpoint, error, wait)
            await asyncio.sleep(wait)
        return await callback(*args, **kwargs)
