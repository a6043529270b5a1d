"""The editor's page: what readers asked and did not find, and how the index is."""

from __future__ import annotations

import asyncio
import datetime as dt
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.errors import BotError
from bot.languages import Language
from bot.library import Library
from bot.records import default_place, questions_at
from bot.web.access import Access
from bot.web.rendering import Renderer, form_of
from bot.web.report import CHART_HEIGHT, CHART_WIDTH, Report, make_report
from bot.web.sessions import Sessions
from bot.web.upkeep import Doctor, Refreshes
from retrieval.errors import RetrievalError
from retrieval.languages import language_of_question
from retrieval.refresh import Comparison, compare
from retrieval.types import Source

PERIODS = (7, 30, 90)
_MOST = 100_000
"""Questions of one memory that are read, the newest."""


class Editor:
    """The editor's page.

    Args:
        library: Knows the settings, and what comes close to a question.
        sessions: They know the language that the editor has chosen.
        renderer: Makes the page.
        access: Lets editors in.
        refreshes: What refreshes came to.
        doctor: Examines the index; None where it cannot.
    """

    def __init__(
        self,
        library: Library,
        sessions: Sessions,
        renderer: Renderer,
        access: Access,
        refreshes: Refreshes,
        doctor: Doctor | None,
    ) -> None:
        self._library = library
        self._sessions = sessions
        self._renderer = renderer
        self._access = access
        self._refreshes = refreshes
        self._doctor = doctor

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/editor", self._show),
            Route("/editor/login", self._log_in, methods=["POST"]),
            Route("/editor/logout", self._log_out, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        if not self._access.admits(request):
            return self._login(request, 401)
        asked = request.query_params.get("days", "")
        days = next((days for days in PERIODS if str(days) == asked), PERIODS[1])
        report, compared, fault, index_fault = None, None, "", ""
        try:
            report = await asyncio.to_thread(self._report, days)
        except BotError as exc:
            fault = str(exc)
        try:
            compared = await asyncio.to_thread(self._compared)
        except RetrievalError as exc:
            index_fault = str(exc)
        generation = self._library.searcher.snapshot.generation
        return self._private(
            request,
            "editor.html",
            report=report,
            fault=fault,
            days=days,
            periods=PERIODS,
            width=CHART_WIDTH,
            height=CHART_HEIGHT,
            generation=generation,
            settings=self._library.settings,
            refreshes=self._refreshes,
            compared=compared,
            index_fault=index_fault,
            examines=self._doctor is not None,
            examination=await self._doctor.look(generation.number) if self._doctor else None,
            has_login=self._access.has_login,
        )

    def _compared(self) -> Comparison | None:
        """Compare index and articles, where another process refreshes; else None."""
        settings = self._library.settings
        if settings.web.watch:
            return None
        return compare(settings.articles, settings.index, settings.search.stores_tokens)

    def _report(self, days: int) -> Report:
        library = self._library
        midnight = dt.datetime.combine(dt.datetime.now().astimezone().date(), dt.time())
        since = midnight - dt.timedelta(days=days - 1)
        place = library.settings.telegram.state or default_place()
        likely = frozenset(library.searcher.snapshot.languages)
        return make_report(
            questions_at(place, since.timestamp(), _MOST),
            days,
            lambda question: library.encoder.encode_query(question).vector,
            self._closest,
            lambda question: language_of_question(question, likely),
        )

    def _closest(self, question: str) -> tuple[Source, ...]:
        limit = self._library.settings.search.max_question_chars
        return self._library.answerer.answer(question[:limit]).nearest

    async def _log_in(self, request: Request) -> Response:
        form = await form_of(request)
        response = RedirectResponse("/editor", 303)
        if await self._access.log_in(request, form.get("word", ""), response):
            return response
        return self._login(request, 401, wrong=True)

    async def _log_out(self, request: Request) -> Response:
        await form_of(request)
        response = RedirectResponse("/editor", 303)
        self._access.log_out(request, response)
        return response

    def _login(self, request: Request, status: int, *, wrong: bool = False) -> Response:
        has_login = self._access.has_login
        return self._private(request, "login.html", status, wrong=wrong, has_login=has_login)

    def _private(
        self, request: Request, name: str, status: int = 200, **values: object
    ) -> Response:
        """Render a page that no cache keeps."""
        language: Language = self._renderer.language(request, self._sessions.find(request))
        headers = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
        if status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Bearer"
        return self._renderer.page(request, name, language, status, headers, **values)
