"""The API: documents for programs, the same that the command line prints."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot import documents
from bot.answers import fold_history
from bot.catalogue import Catalogue, article_key
from bot.conversation import of_reply
from bot.display import json_text
from bot.languages import language_of_header
from bot.library import Library
from bot.web.answering import Answering, Turn
from bot.web.limits import Limits, body_of
from bot.web.records import key_of, new_reader, read_key
from bot.web.schema import (
    ArticlesQuery,
    AskRequest,
    FeedbackDocument,
    ForgetDocument,
    StatusDocument,
    openapi,
)
from bot.web.streams import EVENTS, event, streamed, written
from bot.writing import written_document
from retrieval.types import Source

_T = TypeVar("_T")


class Api:
    """The endpoints below `/api`.

    Args:
        library: Knows what is searched, and who writes.
        answering: Answers questions.
        catalogue: Lists the articles.
        limits: Admits questions.
    """

    def __init__(
        self, library: Library, answering: Answering, catalogue: Catalogue, limits: Limits
    ) -> None:
        self._writer = library.writer
        self._searcher = library.searcher
        self._answering = answering
        self._catalogue = catalogue
        self._limits = limits
        self._openapi = openapi()

    def routes(self) -> list[Route]:
        """Return the routes, below `/api`."""
        return [
            Route("/ask", self._ask, methods=["POST"]),
            Route("/feedback", self._feedback, methods=["POST"]),
            Route("/forget", self._forget, methods=["POST"]),
            Route("/articles", self._articles),
            Route("/articles/{id:path}", self._article),
            Route("/status", self._status),
            Route("/openapi.json", self._schema),
        ]

    async def _ask(self, request: Request) -> Response:
        wanted = await _body(request, AskRequest)
        language = language_of_header(request.headers.get("Accept-Language", "")).code
        reader = new_reader()
        with self._limits.asking(request):
            turn = await self._answering.run(lambda: self._turn(wanted, language, reader))
        document = _of_turn(turn)
        if turn.kept:
            document["id"] = key_of(turn.kept[0], reader)
        answer = next(iter(turn.answers), None)
        if request.headers.get("Accept") == EVENTS:
            return streamed(written(self._writer, answer, event("answer", document)))
        if self._writer is not None and answer is not None:
            async with aclosing(self._writer.write(answer)) as sentences:
                found = [one async for one in sentences]
            document["written"] = written_document(self._writer, found)
        return _response(document)

    def _turn(self, wanted: AskRequest, language: str, reader: int) -> Turn:
        return self._answering.turn(
            wanted.question,
            fold_history(wanted.history),
            language,
            reader=reader,
            excerpts=wanted.excerpts,
        )

    async def _feedback(self, request: Request) -> Response:
        given = await _body(request, FeedbackDocument)
        key = read_key(given.id)
        vote = self._answering.records.vote
        with self._limits.asking(request):
            if key is None or not await self._answering.run(lambda: vote(*key, given.helpful)):
                raise HTTPException(404, "No answer with this id is kept.")
        return _response(msgspec.to_builtins(given))

    async def _forget(self, request: Request) -> Response:
        given = await _body(request, ForgetDocument)
        key = read_key(given.id)
        with self._limits.asking(request):
            if key is None or not await self._answering.run(lambda: self._forgotten(*key)):
                raise HTTPException(404, "No answer with this id is kept.")
        return _response(msgspec.to_builtins(given))

    def _forgotten(self, number: int, reader: int) -> bool:
        records = self._answering.records
        if not records.has(number, reader):
            return False
        # Each request is that of a reader of its own.
        records.forget(reader)
        return True

    async def _articles(self, request: Request) -> Response:
        query = _converted(dict(request.query_params), ArticlesQuery)
        return _response(await self._answering.run(lambda: self._listed(query)))

    def _listed(self, query: ArticlesQuery) -> dict[str, Any]:
        found = self._catalogue.titled(query.title)
        first = (query.page - 1) * query.size
        return {
            "articles": [_of_source(source) for source in found[first : first + query.size]],
            "page": query.page,
            "pages": -(-len(found) // query.size),
            "total": len(found),
        }

    async def _article(self, request: Request) -> Response:
        wanted = request.path_params["id"]
        article = await self._answering.run(lambda: self._catalogue.named(wanted))
        if article is None:
            raise HTTPException(404)
        key = article_key(article.source.path)
        return _response({"id": key, **documents.of_article(article)})

    async def _status(self, _request: Request) -> Response:
        generation = self._searcher.snapshot.generation
        published = generation.published.isoformat() if generation.published else None
        status = StatusDocument(
            generation.number,
            published,
            generation.articles,
            generation.chunks,
            self._searcher.encoder.name,
        )
        return _response(msgspec.to_builtins(status))

    async def _schema(self, _request: Request) -> Response:
        return _response(self._openapi)


def _of_turn(turn: Turn) -> dict[str, Any]:
    if turn.reply is not None:
        return of_reply(turn.message, turn.reply)
    return documents.of_answer(turn.answers[0])


def _of_source(source: Source) -> dict[str, Any]:
    return {"id": article_key(source.path), **documents.of_source(source)}


def _number(text: str) -> float:
    """Read a number; one without a fraction is an integer, as JSON Schema has it."""
    number = float(text)
    return int(number) if number.is_integer() else number


_JSON = msgspec.json.Decoder(float_hook=_number)


def _response(document: Mapping[str, Any]) -> Response:
    return Response(json_text(document), media_type="application/json")


async def _body(request: Request, kind: type[_T]) -> _T:
    media = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise HTTPException(415, "Wanted a body of the type application/json.")
    return _decoded(await body_of(request), kind)


def _decoded(body: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.convert(_JSON.decode(body), kind)
    except msgspec.ValidationError as exc:
        raise HTTPException(422, f"{exc}.") from None
    except RecursionError:
        raise HTTPException(400, "The body is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise HTTPException(400, f"The body is no JSON: {exc}.") from None


def _converted(values: Mapping[str, str], kind: type[_T]) -> _T:
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as exc:
        raise HTTPException(422, f"{exc}.") from None
