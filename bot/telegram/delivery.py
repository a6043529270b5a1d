"""How requests travel to Telegram and back, and what is told to the operator when they do not."""

from __future__ import annotations

from typing import Any

import httpx
from telegram.error import Conflict, NetworkError, TelegramError
from telegram.request import HTTPXRequest

from bot.errors import BotError
from bot.telegram.metrics import Metrics

_ANSWER_S = 10.0
"""How long Telegram may take for an answer."""


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


class Connection(HTTPXRequest):
    """A transport that tells a refused token and a server that is not Telegram's apart.

    Args:
        pool_size: Requests at once.
        proxy: Address of a proxy, or None.
        metrics: Counts the requests and what becomes of them.
    """

    def __init__(self, pool_size: int, proxy: str | None, metrics: Metrics) -> None:
        super().__init__(
            connection_pool_size=pool_size,
            read_timeout=_ANSWER_S,
            proxy=proxy,
            httpx_kwargs={"event_hooks": {"response": [_examine]}},
        )
        self._metrics = metrics

    async def do_request(self, url: str, *args: Any, **kwargs: Any) -> tuple[int, bytes]:  # noqa: ANN401
        """Make a request, as the library does, and count it."""
        status = None
        try:
            status, answer = await super().do_request(url, *args, **kwargs)
        finally:
            self._metrics.requested(url.rpartition("/")[2], status)
        return status, answer


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
