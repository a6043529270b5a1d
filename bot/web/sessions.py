"""Sessions: the conversations of readers, in memory, by an id that a cookie holds, or a frame."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from bot.followups import REMEMBERED
from bot.web.answering import Turn
from bot.web.records import new_reader

_COOKIE = "session"
_SESSIONS = 1000
"""Conversations that are kept; those without a question for longest are forgotten first."""
_TURNS = 10
"""Turns that a page shows, the latest."""


@dataclass(slots=True)
class Session:
    """A conversation.

    Attributes:
        key: Its id, which nobody can guess.
        earlier: What was remembered of earlier messages, oldest first.
        turns: The latest turns, each with its number from 1.
        language: The language that the reader has chosen.
        reader: The number of the reader in the records.
        votes: Whether the reader found an answer helpful, by its number in the records.
        kept: Whether a question of this reader is in the records.
        used: When it was last used, by the clock.
        lock: Is held while a message is answered, so that the next can lean on it.
    """

    key: str
    used: float
    earlier: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    turns: deque[tuple[int, Turn]] = field(default_factory=lambda: deque(maxlen=_TURNS))
    language: str | None = None
    reader: int = field(default_factory=new_reader)
    votes: dict[int, bool] = field(default_factory=dict)
    kept: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def add(self, turn: Turn) -> int:
        """Add a turn, and return its number."""
        self.earlier.extend(turn.remembered)
        self.kept = self.kept or bool(turn.kept)
        number = self.turns[-1][0] + 1 if self.turns else 1
        self.turns.append((number, turn))
        return number

    def number_of(self, kept: int) -> int | None:
        """Return the number of the turn whose answer has this number in the records."""
        return next((number for number, turn in self.turns if kept in turn.kept), None)

    def clear(self) -> None:
        """Begin a new conversation."""
        self.earlier.clear()
        self.turns.clear()
        self.votes.clear()

    def forget(self) -> None:
        """Begin anew with a reader of whom nothing is known."""
        self.clear()
        self.language = None
        self.reader, self.kept = new_reader(), False


class Sessions:
    """The conversations of a server.

    Args:
        minutes: The pause that ends a conversation.
        clock: Seconds, monotonic.
    """

    def __init__(self, minutes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._pause_s = 60.0 * minutes
        self._clock = clock
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def find(self, request: Request, key: str | None = None) -> Session | None:
        """Return the session of a reader; None if there is none, or if it has ended.

        Args:
            request: It has the cookie.
            key: The id, where a page holds it instead of a cookie.
        """
        self._forget()
        session = self._sessions.get(key or request.cookies.get(_COOKIE, ""))
        if session is not None:
            session.used = self._clock()
            self._sessions.move_to_end(session.key)
        return session

    def begin(self) -> Session:
        """Begin a session; `keep` is called with the response."""
        session = Session(secrets.token_urlsafe(24), self._clock())
        self._sessions[session.key] = session
        self._forget()
        return session

    @staticmethod
    def keep(session: Session, request: Request, response: Response) -> None:
        """Let a reader's browser keep a session until it is closed."""
        response.set_cookie(
            _COOKIE,
            session.key,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )

    def _forget(self) -> None:
        oldest = self._clock() - self._pause_s
        while self._sessions:
            first = next(iter(self._sessions.values()))
            if first.used >= oldest and len(self._sessions) <= _SESSIONS:
                break
            del self._sessions[first.key]
