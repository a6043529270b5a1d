"""Rendering: pages made of templates in a reader's language, and the forms that they send."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.conversation import closing, language_of_reply, opening
from bot.languages import (
    LANGUAGES,
    Language,
    language_of,
    language_of_header,
    said_before_closest,
)
from bot.web import quotes
from bot.web.limits import body_of
from bot.web.sessions import Session

FOLDER = Path(__file__).parent


class Renderer:
    """Makes pages of the templates."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.know(
            languages=LANGUAGES,
            before_closest=said_before_closest,
            closing=closing,
            language_of_reply=language_of_reply,
            opening=opening,
            quotes=quotes,
            static=_static,
            framed=None,
        )

    def know(self, **values: object) -> None:
        """Let all templates have these values."""
        self._templates.globals |= values

    def page(
        self,
        request: Request,
        name: str,
        language: Language,
        status: int = 200,
        headers: Any = None,  # noqa: ANN401 - a mapping, as Starlette takes it
        **values: object,
    ) -> Response:
        """Render a template."""
        template = self._templates.get_template(name)
        html = template.render(language=language, path=_back(request), **values)
        fresh = {"Cache-Control": "private, no-cache", "Vary": "Accept-Language, Cookie, Accept"}
        return HTMLResponse(html, status, fresh | dict(headers or {}))

    def language(self, request: Request, session: Session | None) -> Language:
        """Return the language that a reader has chosen, or that the browser asks for."""
        if session is not None and session.language is not None:
            return language_of(session.language)
        return language_of_header(request.headers.get("Accept-Language", ""))


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form.

    Raises:
        HTTPException: It was sent by a page of another site, or is none.
    """
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("Host"):
        raise HTTPException(403)
    body = (await body_of(request)).decode("utf-8", "replace")
    try:
        return dict(parse_qsl(body, keep_blank_values=True, max_num_fields=10))
    except ValueError:
        raise HTTPException(400) from None


def _back(request: Request) -> str:
    """Return the address of a page, for the form that changes the language."""
    if request.method != "GET":
        return "/"
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


@cache
def _static(name: str) -> str:
    """Return the address of a file, another one for other contents."""
    content = (FOLDER / "static" / name).read_bytes()
    return f"/static/{name}?{blake2b(content, digest_size=6).hexdigest()}"
