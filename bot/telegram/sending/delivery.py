"""How requests travel to Telegram and back, and what is told to the operator when they do not."""

from __future__ import annotations

from urllib.parse import urlencode

import aiohttp
from aiohttp_socks import ProxyConnector
from telegram.error import Conflict, NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from yarl import URL

from bot.errors import BotError
from bot.telegram.metrics import Metrics

_ANSWER_S = 10.0
"""How long Telegram may take for an answer."""
_CONNECT_S = 10.0
# Encoded here, where it costs a tenth of what aiohttp's own form costs, which is made for files.
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


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


class Connection(BaseRequest):
    """A transport that tells a refused token and a server that is not Telegram's apart.

    Over aiohttp, which the webhook needs in any case: a request costs less than half of what it
    does over httpx, the library's own choice, and sending is most of what the event loop does.

    Args:
        pool_size: Requests at once.
        proxy: Address of a proxy, or None.
        metrics: Counts the requests and what becomes of them.

    Raises:
        ValueError: The proxy's address is none.
    """

    def __init__(self, pool_size: int, proxy: str | None, metrics: Metrics) -> None:
        self._pool_size = pool_size
        self._proxy = URL(proxy) if proxy else None
        self._metrics = metrics
        self._socks = self._proxy is not None and self._proxy.scheme.startswith("socks")
        if self._socks and self._proxy is not None and self._proxy.port is None:
            raise ValueError("a SOCKS proxy needs its port")
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """How long an answer may take, in seconds."""
        return _ANSWER_S

    async def initialize(self) -> None:
        """Open the session, unless it is open."""
        if self._session is None:
            connector: aiohttp.TCPConnector
            if self._socks:
                connector = ProxyConnector.from_url(str(self._proxy), limit=self._pool_size)
            else:
                connector = aiohttp.TCPConnector(limit=self._pool_size)
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
                trust_env=self._proxy is None,
            )

    async def shutdown(self) -> None:
        """Close the session, if it is open."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = None,
        write_timeout: object = None,
        connect_timeout: object = None,
        pool_timeout: object = None,
    ) -> tuple[int, bytes]:
        """Make a request without files, and count it; see `BaseRequest.do_request`.

        Raises:
            TimedOut: No answer came to a request that went out; it may have been obeyed.
            NetworkError: It did not go out, or a gateway answered.
            TokenRefused: Telegram does not know the token.
        """
        if self._session is None:
            raise RuntimeError("the transport is not initialised")
        # Of the time-outs only this one is ever given, by long polls.
        answer_s = read_timeout if isinstance(read_timeout, int | float) else _ANSWER_S
        status = None
        try:
            async with self._session.request(
                method,
                url,
                data=urlencode(request_data.json_parameters) if request_data else None,
                headers=_FORM if request_data else None,
                proxy=None if self._socks else self._proxy,
                timeout=aiohttp.ClientTimeout(sock_connect=_CONNECT_S, sock_read=answer_s),
                # Another address is not to get the token, which is part of this one.
                allow_redirects=False,
            ) as response:
                payload = await response.read()
            status = response.status
        except (aiohttp.ClientError, OSError) as exc:
            # Not chained, and not in its own words: some repeat the address.
            reason = getattr(exc, "strerror", None)
            said = ": ".join(filter(None, (type(exc).__name__, reason)))
            kept_back = aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError
            raise (NetworkError if isinstance(exc, kept_back) else TimedOut)(said) from None
        finally:
            self._metrics.requested(url.rpartition("/")[2], status)
        _examine(response)
        return status, payload


def _examine(response: aiohttp.ClientResponse) -> None:
    found = f"{response.status} {response.reason}".strip()
    if response.content_type != "application/json":
        # The library would log the page, and error pages like to repeat the address asked for,
        # of which the token is part. A gateway's page goes away by itself, any other does not.
        passing = response.status >= 500
        raise (NetworkError if passing else TelegramError)(
            f"{found}, and {response.content_type} in place of application/json"
        )
    # Telegram answers 404 to a malformed token, but to an unknown method as well.
    asked = response.url.path.rpartition("/")[2]
    if response.status == 401 or (
        response.status == 404 and asked in ("getMe", "getUpdates", "deleteWebhook")
    ):
        raise TokenRefused(found)
