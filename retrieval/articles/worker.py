"""The worker: a process of its own reads the files, which may crash or hang it without harm.

Its parser asks over a socket. Each sends JSON, a document a line, and no pickles, as a file that
has taken over its reader must not tell the parser's process what to run:

    settings                    -> {}
    read, path, size, mtime_ns  -> digest   | unreadable
    parse                       -> articles | unreadable
    split: languages            -> sentences | unreadable

An answer also holds the `records` that were logged and whether the worker is `worn`. The worker
ends when its parser has gone.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

from retrieval.articles.confinement import MEMORY_BYTES, confine, memory_in_use
from retrieval.articles.folder import ArticleFile, read_bytes
from retrieval.articles.metadata import ReadingLimits
from retrieval.articles.reading import articles_of
from retrieval.articles.text import WRITTEN, UnreadableArticle
from retrieval.chunking import split_sentences
from retrieval.types import Article, Source

Document = dict[str, Any]

MAX_ARTICLES = 100_000
"""Most articles of one file."""
MAX_TEXTS = 4
"""All articles of one file together may have so many times the text that one may have."""
MAX_SENTENCES = 500_000
"""Most sentences of one file, a paragraph having one at least."""

# Seconds that the parser has for ending a worker before it ends itself.
_GRACE_S = 5.0
# Records of one file that are passed on, and characters of each.
_MAX_RECORDS = 20
_MAX_RECORD = 10_000
# A worker that keeps more than this share of its memory is replaced, so that no file has less than
# another.
_WORN = 0.5
_SOURCE = tuple(field.name for field in fields(Source))

_log = logging.getLogger(__name__)


def line_of(document: Document) -> bytes:
    """Return a document as it goes over the socket."""
    # A file name may hold lone surrogates, which stand for bytes that are no UTF-8.
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def packed(article: Article) -> Document:
    """Return an article as a JSON document."""
    source = {name: getattr(article.source, name) for name in _SOURCE}
    return {
        "source": source | {"date": article.source.iso_date},
        "text": article.text,
        "pages": article.pages,
        "titled": article.titled,
        "headings": article.headings,
    }


def unpacked(document: Document) -> Article:
    """Return the article that was `packed`."""
    source = document["source"]
    date = source["date"] and dt.date.fromisoformat(source["date"])
    return Article(
        Source(**source | {"date": date, "tags": tuple(source["tags"])}),
        document["text"],
        tuple(document["pages"]),
        document["titled"],
        tuple(document["headings"]),
    )


class _Records(logging.Handler):
    """Gathers what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.gathered: list[Document] = []

    def emit(self, record: logging.LogRecord) -> None:
        if len(self.gathered) < _MAX_RECORDS:
            trace = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
            self.gathered.append(
                {
                    "logger": record.name,
                    "level": record.levelno,
                    "message": record.getMessage()[:_MAX_RECORD],
                    "traceback": trace[-_MAX_RECORD:],
                }
            )


class _Worker:
    """Reads files, and answers one request after another."""

    def __init__(self, settings: Document) -> None:
        self._folder = Path(settings["folder"])
        self._confined_to = identity(self._folder)
        self._max_bytes: int = settings["max_bytes"]
        self._limits = ReadingLimits(**settings["limits"])
        self._memory = memory_in_use()
        self._path = ""
        self._data = b""
        self._texts: list[str] = []

    def answer(self, request: Document) -> Document:
        """Return the answer to a request, whatever the file does."""
        try:
            if "read" in request:
                return self._read(request)
            answer = self._split(request["split"]) if "split" in request else self._parse()
        except UnreadableArticle as exc:
            # This process may read no other folder, though it has the same name now.
            replaced = identity(self._folder) != self._confined_to
            answer = {"unreadable": WRITTEN if replaced else str(exc)}
        except MemoryError:
            reason = f"its reader needs more than {MEMORY_BYTES / 1e6:.0f} MB of memory"
            return {"unreadable": reason, "worn": True}
        except Exception as exc:  # noqa: BLE001 (a reader's own fault must cost one file alone)
            _log.warning("%s cannot be read", self._path, exc_info=True)
            answer = {"unreadable": f"its reader failed ({type(exc).__name__})"}
        # It still has the texts that are to be split.
        worn = "articles" not in answer and self._is_worn()
        return answer | {"worn": worn}

    def _is_worn(self) -> bool:
        return memory_in_use() - self._memory > _WORN * MEMORY_BYTES

    def _read(self, request: Document) -> Document:
        self._path, self._data, self._texts = request["read"], b"", []
        file = ArticleFile(self._path, request["size"], request["mtime_ns"])
        self._data = read_bytes(self._folder, file, self._max_bytes)
        return {"digest": hashlib.sha256(self._data).hexdigest()}

    def _parse(self) -> Document:
        articles = articles_of(self._path, self._data, self._limits)
        check(articles, most_characters(self._limits.characters, self._max_bytes))
        self._data, self._texts = b"", [article.text for article in articles]
        return {"articles": [packed(article) for article in articles]}

    def _split(self, languages: list[str]) -> Document:
        left = MAX_SENTENCES
        sentences = []
        for text, language in zip(self._texts, languages, strict=True):
            flat: list[int] = []
            for sentence in split_sentences(text, language):
                flat += (sentence.start, sentence.end, sentence.paragraph)
                if 3 * left < len(flat):
                    raise UnreadableArticle(
                        f"more than {MAX_SENTENCES:,} sentences and paragraphs in it; part the file"
                    )
            left -= len(flat) // 3
            sentences.append(flat)
        return {"sentences": sentences}


def most_characters(of_one: int, max_bytes: int) -> int:
    """Return how many characters all articles of one file may have together.

    An export of a channel has more than `MAX_TEXTS` times what an article may have. No text is
    longer than the file, so that whoever raises the size of a file has raised this, too.
    """
    return max(MAX_TEXTS * of_one, max_bytes)


def check(articles: Sequence[Article], characters: int) -> None:
    """Refuse a file that holds too many articles, or more characters in all of them together.

    Raises:
        UnreadableArticle: The file holds too much.
    """
    if len(articles) > MAX_ARTICLES:
        raise UnreadableArticle(
            f"{len(articles):,} articles, more than the {MAX_ARTICLES:,} that a file may hold; "
            "part it, as an export by dates"
        )
    if (total := sum(len(article.text) for article in articles)) > characters:
        raise UnreadableArticle(
            f"{total:,} characters of text in all, more than the {characters:,} that "
            f"articles.max_megabytes and {MAX_TEXTS} times articles.max_characters allow"
        )


def identity(folder: Path) -> tuple[int, int] | None:
    """Return what tells a folder from another of the same name; None if it is not there."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def main() -> None:
    """Answer what the parser asks over the socket that the last argument numbers."""
    parser = socket.socket(fileno=int(sys.argv[-1]))
    requests = map(json.loads, parser.makefile("rb"))
    records = _Records()
    logging.getLogger().addHandler(records)
    with suppress(ConnectionError):  # the parser has gone
        settings = next(requests, None)
        if settings is None:
            return
        worker = _Worker(settings)
        confine([Path(settings["folder"])])
        parser.sendall(line_of({}))
        # Standard error tells why a worker does not start; from now on nobody reads it.
        os.dup2(1, 2)
        for request in requests:
            # It ends itself after so long, as its parser may have been killed.
            signal.setitimer(signal.ITIMER_REAL, settings["max_seconds"] + _GRACE_S)
            records.gathered = []
            parser.sendall(line_of(worker.answer(request) | {"records": records.gathered}))
            signal.setitimer(signal.ITIMER_REAL, 0)
