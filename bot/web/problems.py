"""Problems: every error as a document of RFC 9457."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from starlette.exceptions import HTTPException
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
        detail: What was found and what was wanted; of a usual status it need not be given.
        headers: Further headers.
    """
    title = HTTPStatus(status).phrase
    document = ProblemDocument(title, status, detail or _TEXTS.get(status, title))
    return Response(
        msgspec.json.encode(document), status, dict(headers or {}), "application/problem+json"
    )


def problem_of(error: Exception) -> Response:
    """Make the document of an error; of one that nobody foresaw it tells nothing."""
    match error:
        case HTTPException():
            return problem(error.status_code, detail_of(error), error.headers)
        case QuestionError():
            return problem(422, str(error))
    return problem(500)


def detail_of(error: HTTPException) -> str:
    """Return what an error says, or what is usually said of its status."""
    title = HTTPStatus(error.status_code).phrase
    return error.detail if error.detail != title else _TEXTS.get(error.status_code, title)
