"""Pages: what readers see, HTML that is complete without a script."""

from __future__ import annotations

import re
from http import HTTPStatus
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from bot.catalogue import Catalogue, span_at
from bot.errors import QuestionError
from bot.languages import Language, language_of
from bot.library import Library
from bot.web import quotes
from bot.web.answering import Answering, Turn
from bot.web.limits import Limits
from bot.web.problems import detail_of
from bot.web.rendering import FOLDER, Renderer, form_of
from bot.web.sessions import Session, Sessions
from bot.web.streams import streamed, written

_FRAGMENT = "text/fragment+html"
"""The type that the page's script asks for: a turn without the page around it."""
_LISTED = 30
_SEARCH_CHARS = _GREETING_CHARS = 200
_OWN_PATH = re.compile(r"/(?![/\\])[\x21-\x7e]*")


class Pages:
    """The pages, and the forms on them.

    Args:
        library: Knows the settings, and who writes.
        answering: Answers questions.
        catalogue: Lists the articles.
        limits: Admits questions.
        sessions: The conversations.
        renderer: Makes the pages.
    """

    def __init__(
        self,
        library: Library,
        answering: Answering,
        catalogue: Catalogue,
        limits: Limits,
        sessions: Sessions,
        renderer: Renderer,
    ) -> None:
        self._writer = library.writer
        self._answering = answering
        self._catalogue = catalogue
        self._limits = limits
        self._sessions = sessions
        self._renderer = renderer
        renderer.know(
            keep_days=library.settings.web.keep_days,
            max_chars=answering.max_chars,
            model=library.writer.model if library.writer else None,
        )

    def routes(self) -> list[Route | Mount]:
        """Return the routes."""
        return [
            Route("/", self._conversation),
            Route("/ask", self._ask, methods=["POST"]),
            # Who asks to see the answer to a form once more, sees the conversation.
            Route("/ask", self._to_conversation),
            Route("/widget", self._widget),
            Route("/written/{number:int}", self._written),
            Route("/vote", self._vote, methods=["POST"]),
            Route("/new", self._new, methods=["POST"]),
            Route("/forget", self._forget, methods=["POST"]),
            Route("/forget", self._to_conversation),
            Route("/language", self._choose, methods=["POST"]),
            Route("/articles", self._articles),
            Route("/articles/{id:path}", self._article),
            Mount("/static", StaticFiles(directory=FOLDER / "static")),
        ]

    async def _conversation(self, request: Request) -> Response:
        session = self._sessions.find(request)
        return await self._show(request, session)

    async def _show(
        self, request: Request, session: Session | None, *, forgotten: bool = False
    ) -> Response:
        language = self._renderer.language(request, session)
        turns = list(session.turns) if session else []
        votes = session.votes if session else {}
        overview = None
        if not turns:
            overview = await self._answering.run(lambda: self._answering.overview(language.code))
        return self._renderer.page(
            request,
            "conversation.html",
            language,
            turns=turns,
            overview=overview,
            votes=votes,
            kept=session is not None and session.kept,
            forgotten=forgotten,
        )

    async def _ask(self, request: Request) -> Response:
        form = await form_of(request)
        framed = form.get("session")
        found = self._sessions.find(request, framed)
        session = found or self._sessions.begin()
        language = self._renderer.language(request, session)
        with self._limits.asking(request, session.key):
            async with session.lock:
                turn = await self._answering.run(lambda: self._turn(form, session, language))
                number = session.add(turn)
        if request.headers.get("Accept") == _FRAGMENT:
            response = self._renderer.page(
                request, "fragment.html", language, number=number, turn=turn, votes=session.votes
            )
        elif found is not None:
            response = RedirectResponse(f"/#turn-{number}", 303)
        else:
            # Whether the browser keeps cookies is not known yet.
            response = await self._show(request, session)
        if not framed:
            self._sessions.keep(session, request, response)
        return response

    def _turn(self, form: dict[str, str], session: Session, language: Language) -> Turn:
        earlier = tuple(session.earlier)
        if "more" in form:
            answers = session.turns[-1][1].answers if session.turns else ()
            number = form["more"]
            if len(answers) > 1 and number in map(str, range(1, len(answers) + 1)):
                return self._answering.more_of(answers, int(number), earlier, language.code)
            return self._answering.more(earlier, language.code)
        text = form.get("question", "")
        return self._answering.turn(
            text, earlier, language.code, reader=session.reader, several=True
        )

    async def _to_conversation(self, _request: Request) -> Response:
        return RedirectResponse("/", 303)

    async def _widget(self, request: Request) -> Response:
        """Show a conversation for a frame on another site, whose page holds its id."""
        greeting = request.query_params.get("greeting", "")[:_GREETING_CHARS]
        with self._limits.asking(request):
            session = self._sessions.begin()
        language = self._renderer.language(request, session)
        return self._renderer.page(
            request,
            "conversation.html",
            language,
            turns=[],
            votes={},
            overview=None,
            kept=False,
            forgotten=False,
            framed=session.key,
            greeting=greeting,
        )

    async def _written(self, request: Request) -> Response:
        """Stream what a model writes from the answer of a turn."""
        session = self._sessions.find(request, request.query_params.get("session"))
        turns = dict(session.turns) if session else {}
        turn = turns.get(request.path_params["number"])
        if session is None or turn is None or len(turn.answers) != 1:
            raise HTTPException(404)
        with self._limits.asking(request, session.key):
            return streamed(written(self._writer, turn.answers[0]))

    async def _vote(self, request: Request) -> Response:
        form = await form_of(request)
        session = self._sessions.find(request, form.get("session"))
        given = form.get("answer", "")
        kept = int(given) if given.isdecimal() and len(given) < 16 else 0
        number = session.number_of(kept) if session else None
        if session is None or number is None:
            raise HTTPException(404)
        helpful, reader = form.get("helpful") == "1", session.reader
        with self._limits.asking(request, session.key):
            vote = self._answering.records.vote
            if await self._answering.run(lambda: vote(kept, reader, helpful)):
                session.votes[kept] = helpful
        if request.headers.get("Accept") == _FRAGMENT:
            language = self._renderer.language(request, session)
            return self._renderer.page(
                request, "vote_fragment.html", language, kept=kept, votes=session.votes
            )
        return RedirectResponse(f"/#turn-{number}", 303)

    async def _new(self, request: Request) -> Response:
        await form_of(request)
        session = self._sessions.find(request)
        if session is not None:
            session.clear()
        return RedirectResponse("/", 303)

    async def _forget(self, request: Request) -> Response:
        """Erase what is kept of the reader of a conversation."""
        form = await form_of(request)
        session = self._sessions.find(request, form.get("session"))
        if session is not None:
            # A question in hand is kept before, or asked by somebody new.
            async with session.lock:
                reader = session.reader
                if session.kept:
                    await self._answering.run(lambda: self._answering.records.forget(reader))
                session.forget()
        if request.headers.get("Accept") == _FRAGMENT:
            language = self._renderer.language(request, session)
            return self._renderer.page(request, "forgotten_fragment.html", language)
        return await self._show(request, session, forgotten=True)

    async def _choose(self, request: Request) -> Response:
        form = await form_of(request)
        session = self._sessions.find(request) or self._sessions.begin()
        session.language = language_of(form.get("language")).code
        back = form.get("back", "/")
        response = RedirectResponse(back if _OWN_PATH.fullmatch(back) else "/", 303)
        self._sessions.keep(session, request, response)
        return response

    async def _articles(self, request: Request) -> Response:
        language = self._renderer.language(request, self._sessions.find(request))
        words = request.query_params.get("title", "")[:_SEARCH_CHARS]
        found = await self._answering.run(lambda: self._catalogue.titled(words))
        pages = max(1, -(-len(found) // _LISTED))
        asked = request.query_params.get("page", "1")
        page = min(max(int(asked) if asked.isdecimal() and len(asked) < 10 else 1, 1), pages)
        return self._renderer.page(
            request,
            "articles.html",
            language,
            words=words,
            found=found[(page - 1) * _LISTED : page * _LISTED],
            total=len(found),
            page=page,
            pages=pages,
            turned=lambda to: "?" + urlencode({"title": words, "page": to}),
        )

    async def _article(self, request: Request) -> Response:
        language = self._renderer.language(request, self._sessions.find(request))
        # A book takes a while to be laid out, too.
        return await self._answering.run(lambda: self._read(request, language))

    def _read(self, request: Request, language: Language) -> Response:
        article = self._catalogue.named(request.path_params["id"])
        if article is None:
            raise HTTPException(404)
        span = span_at(article, request.query_params.get("mark", ""))
        paragraphs = quotes.paragraphs_of_article(article, span)
        return self._renderer.page(
            request, "article.html", language, source=article.source, paragraphs=paragraphs
        )

    def problem(self, request: Request, error: Exception) -> Response:
        """Show what went wrong, in the reader's language."""
        language = self._renderer.language(request, self._sessions.find(request))
        status, headers = 500, None
        if isinstance(error, QuestionError):
            status = 422
        elif isinstance(error, HTTPException):
            status, headers = error.status_code, error.headers
        bare = request.headers.get("Accept") == _FRAGMENT
        name = "problem_fragment.html" if bare else "problem.html"
        text = _words(error, status, language)
        return self._renderer.page(request, name, language, status, headers, text=text)


def _words(error: Exception, status: int, language: Language) -> str:
    match error:
        case QuestionError(limit=limit) if limit:
            return language.say(
                "Your question has {found} characters, and I read up to {limit}. "
                "Please ask it in fewer words.",
                found=language.number(error.found),
                limit=language.number(limit),
            )
        case QuestionError():
            return language.say("What would you like to know? Ask it in a few words.")
    if status == HTTPStatus.NOT_FOUND:
        return language.say("There is no such page, or the article is gone.")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return language.say("Those were many questions. Please ask again in a minute.")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return language.say(
            "Something went wrong here, and your question is not answered. "
            "Please ask it again later."
        )
    return detail_of(error) if isinstance(error, HTTPException) else ""
