"""Security: which hosts are ours, and what browsers may do with what is served."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.problems import problem
from config import WebSettings


class Safeguards:
    """An application that refuses other hosts, and sends the headers of security, around another.

    A page of another site whose name comes to mean this machine's address could else read what is
    served here.

    Args:
        app: The other application.
        settings: They have the names of this host, and the sites that may frame the page.
    """

    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        self._app = app
        self._names = {"localhost", settings.host.lower(), *map(str.lower, settings.names)}
        framing = " ".join(["'self'", *settings.origins])
        self._headers = {
            "Content-Security-Policy": (
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                "connect-src 'self'; form-action 'self'; base-uri 'none'; "
                f"frame-ancestors {framing}"
            ),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
            # "no-referrer" would hide from this server, too, which page sent a form.
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        host = Headers(scope=scope).get("Host", "")
        answer = self._app if self._is_ours(host) else _not_ours(host)
        await answer(scope, receive, sent)

    def _is_ours(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
            return name in self._names or bool(ipaddress.ip_address(name))
        except ValueError:
            return False


def _not_ours(host: str) -> Response:
    return problem(
        421,
        f"The host {host[:100]!r} is none of this server's; its operator can name it in web.names.",
    )
