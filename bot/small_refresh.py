"""Small refreshes in the process that answers: an edit is found before another process had started.

The encoder is loaded there, and so is the generation before. What may take long, or much memory, is
left to a process of its own, `bot.refresh_process`, which goes on with what was begun here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence

from bot.build import bring_in_line
from config import ArticlesSettings, Settings
from retrieval.articles import ArticleFile, Parser, StillWritten, UnreadableArticle
from retrieval.errors import IndexDamaged, IndexMismatch
from retrieval.index import is_panic
from retrieval.refresh import Comparison, RefreshOptions, RefreshReport
from retrieval.search import Searcher
from retrieval.types import Article, Sentence

_log = logging.getLogger(__name__)

# Files that differ, their bytes, and the characters of the articles in them, at most: one core
# encodes these in two seconds or so.
_FILES = 16
_BYTES = 1_000_000
_CHARACTERS = 60_000
# Whoever ends the bot waits for a file that is being read.
_SECONDS = 3.0


class SmallRefresh:
    """Refreshes what differs in a few small files.

    Args:
        settings: They name the articles and the index.
        searcher: The searcher that answers.
        over: Set when the bot ends.
    """

    def __init__(self, settings: Settings, searcher: Searcher, over: threading.Event) -> None:
        self._settings = settings
        self._searcher = searcher
        self._over = over

    def parser(self) -> Parser:
        """Return a parser for one refresh; no process of its own runs yet."""
        return _SmallParser(self._settings.articles, self._over)

    def run(self, found: Comparison | None, parser: Parser | None = None) -> RefreshReport | None:
        """Refresh, and return the report; None if it is left to a process of its own.

        Args:
            found: How the articles differ from the index.
            parser: A parser of `parser`, if one was started already.

        Raises:
            RetrievalError: As `bot.build.bring_in_line`.
        """
        if found is None or not self._is_small(found):
            return None

        reading = parser or self.parser()
        options = RefreshOptions(
            parser=lambda _: reading, base=self._searcher.snapshot, listing=found.listing
        )
        try:
            with reading:
                if found.files.changed:
                    # Its process starts while the index is opened.
                    reading.start()
                return bring_in_line(
                    self._settings, self._searcher.encoder, calibrates=False, options=options
                )
        except (_TooMuchError, IndexDamaged, IndexMismatch) as exc:
            _log.debug("left to a process of its own: %s", exc)
        except BaseException as exc:
            if not is_panic(exc):
                raise
        return None

    def _is_small(self, found: Comparison) -> bool:
        # Golden questions take long, and a server's generations are not in this process's memory.
        settings = self._settings
        if found.unfinished or settings.index.server or settings.refresh.questions:
            return False
        changed = found.files.changed
        return (
            len(changed) + len(found.files.gone) <= _FILES
            and sum(file.size for file in changed) <= _BYTES
        )


class _TooMuchError(Exception):
    """There is more to read than a small refresh does."""


class _SmallParser(Parser):
    """Reads so much at most, and only what can be read soon; no file is judged by that."""

    def __init__(self, articles: ArticlesSettings, over: threading.Event) -> None:
        seconds = min(articles.max_seconds, _SECONDS)
        super().__init__(articles.model_copy(update={"max_seconds": seconds}))
        self._over = over
        self._characters = _CHARACTERS

    def read(self, file: ArticleFile) -> str:
        if self._over.is_set():
            raise _TooMuchError("the bot is stopping")
        return super().read(file)

    def parse(self) -> list[Article]:
        try:
            articles = super().parse()
        except StillWritten:
            raise
        except UnreadableArticle as exc:
            raise _TooMuchError(exc) from exc
        self._characters -= sum(len(one.text) for one in articles)
        if self._characters < 0:
            raise _TooMuchError(f"more than {_CHARACTERS} characters")
        return articles

    def split(self, articles: Sequence[Article]) -> list[Iterator[Sentence]]:
        try:
            return super().split(articles)
        except UnreadableArticle as exc:
            raise _TooMuchError(exc) from exc
