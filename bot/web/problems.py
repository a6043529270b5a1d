"""Problems: every error as a document of RFC 9457."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bot.errors import QuestionError
from bot.web.schema import ProblemDocument

_TEXTS = {
    404: "There is no such page or article.",
    405: "This address takes other methods.",
    413: "The body is too long.",
    500: "Something went wrong here; the operator's log has the details.",
}


def problem(status: int, detail: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """Make a document of what went wrong.

    Args:
        status: The HTTP status.
        detail: What was found and what was wanted; one is made for a usual status.
        headers: Further headers.
    """
    title = HTTPStatus(status).phrase
    document = ProblemDocument(title, status, detail or _TEXTS.get(status, title))
    return Response(
        msgspec.json.encode(document), status, dict(headers or {}), "application/problem+json"
    )


async def on_http_error(_request: Request, error: Exception) -> Response:
    """Answer an error that names its status."""
    assert isinstance(error, HTTPException), "registered for these"
    usual = error.detail == HTTPStatus(error.status_code).phrase
    return problem(error.status_code, "" if usual else error.detail, error.headers)


async def on_question_error(_request: Request, error: Exception) -> Response:
    """Answer a question that cannot be asked."""
    assert isinstance(error, QuestionError), "registered for these"
    return problem(422, str(error))


async def on_error(_request: Request, _error: Exception) -> Response:
    """Answer any other error, and tell nothing of it; the server logs it."""
    return problem(500)
