"""The worker: the process in which files are read, which may crash or hang without harm.

It is run by `Parser` as `python -m retrieval.formats.worker`, is told what to do over its standard
input, and answers over its standard output:

    settings                    -> ready
    read, path, size, mtime_ns  -> digest             | unreadable, still_written
    parse                       -> articles           | unreadable | out_of_memory

An answer also holds the `records` that were logged, and that of `parse` whether the worker is
`worn`. At the end of its input the worker ends.
"""

from __future__ import annotations

import hashlib
import logging
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from retrieval.articles import ArticleFile, read
from retrieval.formats.confinement import MEMORY_BYTES, confine, memory_in_use
from retrieval.formats.messages import Document, packed, receive, send
from retrieval.formats.parsing import articles_of
from retrieval.formats.parts import Limits
from retrieval.formats.plain import StillWritten, UnreadableArticle
from retrieval.types import Article

MAX_ARTICLES = 100_000
"""Of one file."""
MAX_TEXTS = 4
"""All articles of one file together may have this many times the text that one may have."""

_MAX_REQUEST = 10_000_000
# Records of one file that are passed on, and characters of each.
_MAX_RECORDS = 20
_MAX_RECORD = 10_000
# Of the memory it may have; a worker that keeps more is replaced, so that no file has less than
# another.
_WORN = 0.5
# Seconds that the parser has for ending a worker before it ends itself.
_GRACE_S = 5.0

_log = logging.getLogger(__name__)


class _Records(logging.Handler):
    """Gathers what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._gathered: list[Document] = []

    def emit(self, record: logging.LogRecord) -> None:
        if len(self._gathered) < _MAX_RECORDS:
            trace = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
            self._gathered.append(
                {
                    "logger": record.name,
                    "level": record.levelno,
                    "message": record.getMessage()[:_MAX_RECORD],
                    "traceback": trace[-_MAX_RECORD:],
                }
            )

    def take(self) -> list[Document]:
        gathered, self._gathered = self._gathered, []
        return gathered


class _Worker:
    """Reads files as it is told."""

    def __init__(self, settings: Document) -> None:
        self._folder = Path(settings["folder"])
        self._max_bytes: int = settings["max_bytes"]
        self._max_seconds: float = settings["max_seconds"]
        self._limits = Limits(**settings["limits"])
        self._memory = memory_in_use()
        self._path = ""
        self._data = b""

    def answer(self, request: Document) -> Document:
        """Do what is asked for."""
        _end_after(self._max_seconds + _GRACE_S)
        if "read" in request:
            return self._answer(lambda: self._read(request))
        answer = self._answer(self._parse)
        return answer | {"worn": memory_in_use() - self._memory > _WORN * MEMORY_BYTES}

    def _answer(self, work: Callable[[], Document]) -> Document:
        try:
            return work()
        except UnreadableArticle as exc:
            return {"unreadable": str(exc), "still_written": isinstance(exc, StillWritten)}
        except MemoryError:
            return {"out_of_memory": MEMORY_BYTES}
        except Exception as exc:  # noqa: BLE001 (a reader's own fault must cost one file alone)
            _log.warning("%s cannot be read", self._path, exc_info=True)
            reason = f"its reader failed ({type(exc).__name__})"
            return {"unreadable": reason, "still_written": False}

    def _read(self, request: Document) -> Document:
        self._path, self._data = request["read"], b""
        file = ArticleFile(self._path, request["size"], request["mtime_ns"])
        self._data = read(self._folder, file, self._max_bytes)
        return {"digest": hashlib.sha256(self._data).hexdigest()}

    def _parse(self) -> Document:
        articles = articles_of(self._path, self._data, self._limits)
        check(articles, MAX_TEXTS * self._limits.characters)
        return {"articles": [packed(article) for article in articles]}


def check(articles: Sequence[Article], characters: int) -> None:
    """Refuse a file that holds too many articles, or more characters in all of them together.

    Raises:
        UnreadableArticle: It does.
    """
    if len(articles) > MAX_ARTICLES:
        raise UnreadableArticle(
            f"{len(articles):,} articles, more than the {MAX_ARTICLES:,} that a file may hold"
        )
    if (total := sum(len(article.text) for article in articles)) > characters:
        raise UnreadableArticle(
            f"{total:,} characters of text in all, more than {MAX_TEXTS} times "
            f"articles.max_characters = {characters // MAX_TEXTS:,}"
        )


def _end_after(seconds: float) -> None:
    """End this process then, in whatever it is, as its parser may have been killed."""
    with suppress(AttributeError):  # Windows
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _take_streams() -> tuple[BinaryIO, BinaryIO]:
    """Return standard input and output, and leave an empty one and a silent one in their place.

    What a library prints would spoil the messages.
    """
    streams = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)
    return streams


def main() -> None:
    """Answer until the input ends."""
    requests, answers = _take_streams()
    records = _Records()
    logging.getLogger().addHandler(records)
    settings = receive(requests, _MAX_REQUEST)
    if settings is None:
        return
    confine()
    worker = _Worker(settings)
    with suppress(BrokenPipeError):  # the parser has gone
        send(answers, {"ready": True})
        # Until here it tells why the worker does not start; nobody reads it from now on.
        os.dup2(1, 2)
        while (request := receive(requests, _MAX_REQUEST)) is not None:
            send(answers, worker.answer(request) | {"records": records.take()})
            _end_after(0)  # no longer


if __name__ == "__main__":
    main()
