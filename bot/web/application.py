"""The application: the routes, and what stands around them."""

from __future__ import annotations

from typing import Any, cast

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from bot.catalogue import Catalogue
from bot.errors import QuestionError
from bot.library import Library
from bot.web.access import Access, TrustedHeader
from bot.web.answering import Answering
from bot.web.api import Api
from bot.web.editor import Editor
from bot.web.limits import Limits, address_of
from bot.web.metrics import Metrics
from bot.web.pages import Pages
from bot.web.problems import problem_of
from bot.web.rendering import Renderer
from bot.web.security import Safeguards
from bot.web.sessions import Sessions
from bot.web.upkeep import Doctor, Refreshes
from retrieval.search import Searcher

_LOOPBACK = frozenset({"127.0.0.1", "::/64"})


def build(
    library: Library,
    answering: Answering,
    metrics: Metrics,
    refreshes: Refreshes | None = None,
    doctor: Doctor | None = None,
) -> ASGIApp:
    """Make the application of a library.

    Args:
        library: What is asked.
        answering: Asks it.
        metrics: Counts it.
        refreshes: What refreshes came to, for editors.
        doctor: Examines the index, for editors.

    Raises:
        SettingsError: The editor's page cannot be guarded as the settings say.
    """
    settings = library.settings.web
    catalogue = Catalogue(library.searcher)
    limits = Limits(settings)
    api = Api(library, answering, catalogue, limits)
    sessions, renderer = Sessions(settings.conversation_minutes), Renderer()
    pages = Pages(library, answering, catalogue, limits, sessions, renderer)
    monitor = _Monitor(library.searcher, metrics)
    editing = []
    if settings.has_editor:
        access = Access(settings)
        editor = Editor(library, sessions, renderer, access, refreshes or Refreshes(), doctor)
        editing = editor.routes()

    async def on_error(request: Request, error: Exception) -> Response:
        return problem_of(error) if _is_api(request) else pages.problem(request, error)

    app = Starlette(
        routes=[
            Mount("/api", routes=api.routes()),
            Route("/health", monitor.health),
            Route("/metrics", monitor.metrics),
            *editing,
            *pages.routes(),
        ],
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=settings.origins,
                allow_methods=["GET", "POST"],
                allow_headers=["Content-Type"],
            ),
        ],
        exception_handlers={
            HTTPException: on_error,
            QuestionError: on_error,
            Exception: on_error,
        },
    )
    # An address with one more slash is another address.
    app.router.redirect_slashes = False
    counted = metrics.counting(Safeguards(app, settings))
    trusted = [str(network) for network in settings.proxy]
    # uvicorn has types of its own for what is the same here.
    served = (
        cast(ASGIApp, ProxyHeadersMiddleware(cast(Any, counted), trusted)) if trusted else counted
    )
    if settings.editor_header is None:
        return served
    return TrustedHeader(served, settings.editor_header, settings.proxy)


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")


class _Monitor:
    """Health and metrics; the latter are shown to this machine only."""

    def __init__(self, searcher: Searcher, metrics: Metrics) -> None:
        self._searcher = searcher
        self._metrics = metrics

    async def health(self, _request: Request) -> Response:
        """Say that questions are answered, and from which generation."""
        number = self._searcher.snapshot.generation.number
        return JSONResponse({"status": "ok", "generation": number})

    async def metrics(self, request: Request) -> Response:
        """Show the metrics."""
        if address_of(request) not in _LOOPBACK:
            raise HTTPException(404)
        generation = self._searcher.snapshot.generation
        text = self._metrics.text(generation.number, generation.articles)
        return Response(text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})
