"""Schema: the types of requests and documents, and the OpenAPI document that is made of them."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

_MOST_EXCERPTS = 50
_MOST_EARLIER = 20
_MOST_ON_PAGE = 200


class AskRequest(Struct, forbid_unknown_fields=True):
    """A question.

    Attributes:
        question: The question, or small talk.
        history: Earlier messages of the same person, oldest first; for an answer, its `searched`.
        excerpts: The number of excerpts; by default, as many as are worth it.
    """

    question: str
    history: Annotated[list[str], Meta(max_length=_MOST_EARLIER)] = []
    excerpts: Annotated[int, Meta(ge=1, le=_MOST_EXCERPTS)] | None = None


AnswerId = Annotated[str, Meta(min_length=1, max_length=40)]


class FeedbackDocument(Struct, forbid_unknown_fields=True):
    """What a reader says of an answer; the last word counts.

    Attributes:
        id: That of the answer.
        helpful: Whether it helped.
    """

    id: AnswerId
    helpful: bool


class ForgetDocument(Struct, forbid_unknown_fields=True):
    """An answer that is to be forgotten, with its question and its votes.

    Attributes:
        id: That of the answer.
    """

    id: AnswerId


class ArticlesQuery(Struct, forbid_unknown_fields=True):
    """Which articles are listed.

    Attributes:
        page: The page, from 1.
        size: The number of articles on a page.
        title: Words that titles are to have; by default, all articles are listed.
    """

    page: Annotated[int, Meta(ge=1, le=1_000_000)] = 1
    size: Annotated[int, Meta(ge=1, le=_MOST_ON_PAGE)] = 50
    title: Annotated[str, Meta(max_length=200)] = ""


class RepeatDocument(Struct, forbid_unknown_fields=True):
    """An article that says the same in the same words."""

    article: str
    title: str
    date: str | None
    url: str | None


class ExcerptDocument(Struct, forbid_unknown_fields=True):
    """A cited excerpt; `start` and `end` count characters of the article's text."""

    citation: int
    article: str
    title: str
    date: str | None
    url: str | None
    page: int | None
    paragraph: int
    last_paragraph: int
    start: int
    end: int
    text: str
    highlights: list[tuple[int, int]]
    score: float
    also: list[RepeatDocument]


class ReplyDocument(Struct, forbid_unknown_fields=True):
    """What is said to small talk, or before what a reply quotes."""

    kind: str
    language: str
    text: str


class AnswerDocument(Struct, forbid_unknown_fields=True):
    """An answer, as `excerpta ask --json` prints it; by its `id` it can be voted on."""

    question: str
    searched: str
    answered: bool
    confidence: float
    generation: int
    elapsed_ms: float
    foreign: dict[str, Any] | None
    excerpts: list[ExcerptDocument]
    written: dict[str, Any] | None
    reply: ReplyDocument | msgspec.UnsetType = msgspec.UNSET
    id: str | msgspec.UnsetType = msgspec.UNSET


class SourceDocument(Struct, forbid_unknown_fields=True):
    """What is known of an article; `article` is its path under the articles folder."""

    id: str
    article: str
    title: str
    date: str | None
    url: str | None
    author: str | None
    language: str
    tags: list[str]


class ArticleDocument(SourceDocument, forbid_unknown_fields=True):
    """An article as it is indexed; offsets in answers count characters of its text."""

    text: str


class ArticlesDocument(Struct, forbid_unknown_fields=True):
    """A page of the list of articles, the newest first."""

    articles: list[SourceDocument]
    page: int
    pages: int
    total: int


class StatusDocument(Struct, forbid_unknown_fields=True):
    """What is searched."""

    generation: int
    published: str | None
    articles: int
    chunks: int
    encoder: str


class ProblemDocument(Struct):
    """A problem, as RFC 9457 describes them."""

    title: str
    status: int
    detail: str
    type: str = "about:blank"


_REF = "#/components/schemas/{name}"
_TYPES = (
    AskRequest,
    AnswerDocument,
    FeedbackDocument,
    ForgetDocument,
    ArticlesDocument,
    ArticleDocument,
    StatusDocument,
    ProblemDocument,
)


def openapi() -> dict[str, Any]:
    """Return the OpenAPI document of the API."""
    _, components = msgspec.json.schema_components(_TYPES, ref_template=_REF)
    asked = msgspec.json.schema(ArticlesQuery)["$defs"]["ArticlesQuery"]["properties"]
    query = [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in asked.items()
    ]
    key = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Excerpta", "version": version("excerpta")},
        "paths": {
            "/api/ask": {
                "post": _operation(
                    "Answer a question with cited excerpts.",
                    AnswerDocument,
                    requestBody=_body(AskRequest),
                )
            },
            "/api/feedback": {
                "post": _operation(
                    "Say whether an answer helped.",
                    FeedbackDocument,
                    requestBody=_body(FeedbackDocument),
                )
            },
            "/api/forget": {
                "post": _operation(
                    "Erase what is kept of a question and its answer.",
                    ForgetDocument,
                    requestBody=_body(ForgetDocument),
                )
            },
            "/api/articles": {
                "get": _operation("List the articles.", ArticlesDocument, parameters=query)
            },
            "/api/articles/{id}": {
                "get": _operation(
                    "Return an article by its id, or by its path under the articles folder.",
                    ArticleDocument,
                    parameters=[key],
                )
            },
            "/api/status": {"get": _operation("Say what is searched.", StatusDocument)},
        },
        "components": {"schemas": components},
    }


def _operation(summary: str, document: type[Struct], **more: object) -> dict[str, Any]:
    done = {"description": "Done.", "content": {"application/json": {"schema": _ref(document)}}}
    problem = {"application/problem+json": {"schema": _ref(ProblemDocument)}}
    return {
        "summary": summary,
        **more,
        "responses": {"200": done, "default": {"description": "A problem.", "content": problem}},
    }


def _body(document: type[Struct]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": _ref(document)}}}


def _ref(document: type[Struct]) -> dict[str, str]:
    return {"$ref": _REF.format(name=document.__name__)}
