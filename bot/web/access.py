"""Access: who may see the editor's page, by a password, a token or the header of a proxy."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Sequence
from hmac import compare_digest
from ipaddress import IPv4Network, IPv6Network, ip_address

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.quota import Quota, Verdict
from bot.web.limits import address_of
from config import WebSettings

_COOKIE = "editor"
_PATH = "/editor"
_LOGGED_IN_S = 12 * 3600.0
_LOGINS = 100
"""Logins that are kept; the oldest are forgotten first."""
_TRIES = 5
"""Tries to log in that one address has in a minute."""
# A hash takes 32 MB and a tenth of a second: the least that OWASP advises for scrypt.
# https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
_LN, _R, _P = 15, 8, 3
_SALT_BYTES = 16
_PASSWORD_CHARS = 1000


def hash_password(password: str) -> str:
    """Return the hash of a password in the PHC string format, as `web.editor_password` takes it.

    The hash is made by scrypt, which comes with Python. Argon2 would resist a thief of the
    settings somewhat longer, at the price of one more compiled dependency for all.
    """
    return _hashed(password, secrets.token_bytes(_SALT_BYTES), _LN, _R, _P)


def is_password(password: str, hashed: str) -> bool:
    """Whether a password has this hash."""
    _, _, numbers, salt, _ = hashed.split("$")
    cost, block, times = (int(one.partition("=")[2]) for one in numbers.split(","))
    made = _hashed(password, base64.b64decode(f"{salt}=="), cost, block, times)
    return compare_digest(made, hashed)


def _hashed(password: str, salt: bytes, cost: int, block: int, times: int) -> str:
    most = 128 * block * (2**cost + times + 2)
    digest = hashlib.scrypt(
        *(password.encode("utf-8", "replace"),),
        salt=salt,
        n=2**cost,
        r=block,
        p=times,
        maxmem=most,
        dklen=32,
    )
    texts = (base64.b64encode(one).decode().rstrip("=") for one in (salt, digest))
    return f"$scrypt$ln={cost},r={block},p={times}${'$'.join(texts)}"


class Access:
    """Lets editors in.

    Args:
        settings: They have the password's hash, the file of the token, and the proxy's header.
        clock: Seconds, monotonic.

    Raises:
        SettingsError: The file of the token cannot be used, or no proxy may send the header.
    """

    def __init__(self, settings: WebSettings, clock: Callable[[], float] = time.monotonic) -> None:
        password, token = settings.editor_password, settings.read_editor_token()
        self._password = password.get_secret_value() if password else None
        self._token = token.get_secret_value() if token else None
        self._header = settings.editor_header
        self._clock = clock
        self._tries = Quota(_TRIES, clock)
        self._logins: dict[str, float] = {}
        self._one_at_a_time = asyncio.Lock()

    @property
    def has_login(self) -> bool:
        """Whether there is a password or a token to log in with."""
        return bool(self._password or self._token)

    def admits(self, request: Request) -> bool:
        """Whether a request comes from an editor."""
        if self._header and request.headers.get(self._header):
            return True
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer" and self._is_token(token):
            return True
        login = self._logins.get(request.cookies.get(_COOKIE, ""), -_LOGGED_IN_S)
        return self._clock() - login < _LOGGED_IN_S

    async def log_in(self, request: Request, word: str, response: Response) -> bool:
        """Let the browser stay logged in if a word is the password or the token.

        Raises:
            HTTPException: There were too many tries.
        """
        address = address_of(request)
        if self._tries.admit(address) is not Verdict.ADMITTED:
            raise HTTPException(429, headers={"Retry-After": "60"})
        try:
            async with self._one_at_a_time:
                if not await asyncio.to_thread(self._is_right, word[:_PASSWORD_CHARS]):
                    return False
        finally:
            self._tries.leave(address)
        login = secrets.token_urlsafe(24)
        self._logins[login] = self._clock()
        while len(self._logins) > _LOGINS:
            del self._logins[next(iter(self._logins))]
        response.set_cookie(
            *(_COOKIE, login),
            max_age=int(_LOGGED_IN_S),
            path=_PATH,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return True

    def log_out(self, request: Request, response: Response) -> None:
        """End a login."""
        self._logins.pop(request.cookies.get(_COOKIE, ""), None)
        response.delete_cookie(_COOKIE, path=_PATH)

    def _is_right(self, word: str) -> bool:
        if self._is_token(word):
            return True
        return self._password is not None and is_password(word, self._password)

    def _is_token(self, word: str) -> bool:
        return self._token is not None and compare_digest(word.encode(), self._token.encode())


class TrustedHeader:
    """An application that takes a header away, unless a proxy that is trusted sends it.

    It stands before what believes X-Forwarded-For, and so sees who is connected.

    Args:
        app: The application that believes the header.
        header: The header.
        proxies: Who may send it.
    """

    def __init__(
        self, app: ASGIApp, header: str, proxies: Sequence[IPv4Network | IPv6Network]
    ) -> None:
        self._app = app
        self._header = header
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        client = scope.get("client")
        if not client or not self._trusts(client[0]):
            headers = MutableHeaders(raw=list(scope["headers"]))
            del headers[self._header]
            scope = {**scope, "headers": headers.raw}
        await self._app(scope, receive, send)

    def _trusts(self, host: str) -> bool:
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._proxies)
