"""The worker: a process of its own reads the files, which may crash or hang it without harm.

`Parser` starts it and asks over a socket. Each sends JSON, a document a line, and no pickles, as a
file that has taken over its reader must not tell the parser's process what to run:

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
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from retrieval.articles.confinement import MEMORY_BYTES, confine, memory_in_use
from retrieval.articles.folder import ArticleFile, read_bytes
from retrieval.articles.metadata import ReadingLimits
from retrieval.articles.reading import articles_of, with_language
from retrieval.articles.text import WRITTEN, StillWritten, UnreadableArticle
from retrieval.chunking import split_sentences
from retrieval.errors import ArticlesError
from retrieval.types import Article, Sentence, Source

if TYPE_CHECKING:  # a worker needs no settings, and would take longer to start
    from config import ArticlesSettings

Document = dict[str, Any]

COMMAND = (sys.executable, "-P", "-c", f"from {__name__} import main; main()")
"""Starts a worker; -P keeps it from importing what lies in the current folder."""
MAX_ARTICLES = 100_000
"""Most articles of one file."""
MAX_TEXTS = 4
"""All articles of one file together may have so many times the text that one may have."""
MAX_SENTENCES = 500_000
"""Most sentences of one file, a paragraph having one at least."""

# What Python and libraries need of the parser's environment, which may hold tokens and keys.
_KEPT_NAMES = "LANG LANGUAGE LD_LIBRARY_PATH PATH PYTHONHOME PYTHONPATH SYSTEMROOT TZ TZDIR"
_KEPT = frozenset(_KEPT_NAMES.split())
_KEPT_FAMILIES = ("LC_", "DYLD_")
# A process that only reads files starts faster without threads for the algebra of matrices.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}
_START_S = 60.0
# A crashed worker has so long to be gone, so that its exit status is known.
_END_S = 10.0
# Seconds that the parser has for ending a worker before it ends itself.
_GRACE_S = 5.0
_PART_BYTES = 1 << 20
# An answer's size at most: bytes of a character in UTF-8, and of all metadata beside the texts.
_BYTES_A_CHARACTER = 4
_MAX_BESIDE = 200_000_000
# Records of one file that are passed on, and characters of each.
_MAX_RECORDS = 20
_MAX_RECORD = 10_000
# A worker that keeps more than this share of its memory is replaced, so that no file has less than
# another.
_WORN = 0.5
_SOURCE = tuple(field.name for field in fields(Source))

_log = logging.getLogger(__name__)


class Parser:
    """Reads the files of an articles folder, first the bytes, then the articles in them.

    A worker is started at the first use, or by `start`, and replaced when it crashes, hangs or has
    used much memory; `with` ends it.

    Args:
        articles: The folder, and how its files are read.
        command: Command that starts a worker; the number of its socket is added.

    Attributes:
        limits: Limits within which files are read.
    """

    def __init__(self, articles: ArticlesSettings, command: Sequence[str] = COMMAND) -> None:
        self.limits = ReadingLimits(
            language=articles.language,
            pages=articles.max_pages,
            characters=articles.max_characters,
            unpacked_bytes=int(articles.max_unpacked_megabytes * 1_000_000),
            channels=dict(one.rsplit("=", 1) for one in articles.channels),
        )
        self._settings: Document = {
            "folder": str(Path(articles.folder)),
            "max_bytes": articles.max_bytes,
            "max_seconds": articles.max_seconds,
            "limits": asdict(self.limits),
        }
        self._command = command
        self._max_seconds = self._left = articles.max_seconds
        texts = most_characters(self.limits.characters, articles.max_bytes)
        self._max_answer = _BYTES_A_CHARACTER * texts + _MAX_BESIDE
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the worker."""
        self._end()

    def start(self) -> None:
        """Start the worker without waiting for it.

        Raises:
            ArticlesError: The system starts no process.
        """
        if self._process is not None:
            return
        self._socket, theirs = socket.socketpair()
        self._ready = False
        environment = {
            key: value
            for key, value in os.environ.items()
            if key.upper() in _KEPT or key.startswith(_KEPT_FAMILIES)
        }
        with theirs:
            try:
                self._process = subprocess.Popen(
                    (*self._command, str(theirs.fileno())),
                    pass_fds=(theirs.fileno(),),
                    env=_ENVIRONMENT | environment,
                    # Nobody needs what a library prints, only why Python does not start.
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    # Ctrl-C in a terminal goes to a whole group; `_end` ends this one.
                    process_group=0,
                )
            except OSError as exc:
                self._socket.close()
                raise _not_started(str(exc)) from exc

    def process_id(self) -> int | None:
        """Return the worker's number in the system, None while there is none."""
        return self._process.pid if self._process is not None else None

    def read(self, file: ArticleFile) -> str:
        """Read a file's bytes and return their SHA-256, in hexadecimal digits.

        Raises:
            StillWritten: The file is not any more what was found in the folder.
            UnreadableArticle: The file cannot be read.
            ArticlesError: No worker can be started.
        """
        if self._process is not None and self._process.poll() is not None:
            self._end()
        self.start()
        if not self._ready:
            try:
                self._exchange(self._settings, _START_S)
            except (TimeoutError, _EndedError) as exc:  # which is no file's fault
                raise _not_started(str(exc) or f"no answer in {_START_S:g} seconds") from None
            self._ready = True
        self._left = self._max_seconds
        request = {"read": file.path, "size": file.size, "mtime_ns": file.mtime_ns}
        digest: str = self._ask(request)["digest"]
        return digest

    def parse(self) -> list[Article]:
        """Return the articles of the file that was read last, with their languages.

        Raises:
            UnreadableArticle: It holds none, or more than the limits allow, or its reader crashed.
        """
        articles = map(unpacked, self._ask({"parse": True})["articles"])
        # Here, for the language detector takes longer to load than all that the worker needs.
        return [with_language(one, self.limits.language) for one in articles]

    def split(self, articles: Sequence[Article]) -> list[list[Sentence]]:
        """Return the sentences of each of the articles that were parsed last.

        Raises:
            UnreadableArticle: They are too many, or to find them takes too long.
        """
        answer = self._ask({"split": [one.source.language for one in articles]})
        return [
            [Sentence(*numbers) for numbers in zip(*[iter(flat)] * 3, strict=True)]
            for flat in answer["sentences"]
        ]

    def _ask(self, request: Document) -> Document:
        """Return the answer to a request, within the seconds that are left of the file's."""
        if self._process is None:
            raise RuntimeError("no file was read; read one before it is parsed")
        started = time.monotonic()
        try:
            answer = self._exchange(request, self._left)
        except TimeoutError:
            raise UnreadableArticle(
                f"took longer than articles.max_seconds = {self._max_seconds:g}"
            ) from None
        except _EndedError as exc:
            raise UnreadableArticle(f"its reader crashed ({exc})") from None
        self._left -= time.monotonic() - started
        _log_again(answer["records"])
        if reason := answer.get("unreadable"):
            raise StillWritten if reason == WRITTEN else UnreadableArticle(reason)
        return answer

    def _exchange(self, document: Document, seconds: float) -> Document:
        """Send a document and return the answer; end the worker if there is none in time.

        Raises:
            TimeoutError: There is no answer within these seconds.
            _EndedError: The worker has ended without an answer.
        """
        answer: Document = {"worn": True}
        try:
            answer = json.loads(self._line_after(_line(document), seconds))
        except TimeoutError:
            raise
        except (EOFError, OSError, ValueError, RecursionError):  # an end, or no answer of ours
            raise _EndedError(self._end(_END_S)) from None
        finally:
            # Whatever happened, a late answer must not be taken for the next one's.
            if answer.get("worn"):
                self._end()
        return answer

    def _line_after(self, request: bytes, seconds: float) -> bytearray:
        """Send a line and return the next one that comes, which must be whole in these seconds."""
        until = time.monotonic() + seconds
        self._socket.settimeout(max(0.0, seconds))
        self._socket.sendall(request)
        line = bytearray()
        while not line.endswith(b"\n"):
            if (left := until - time.monotonic()) <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            part = self._socket.recv(_PART_BYTES)
            line += part
            if not part or len(line) > self._max_answer:
                raise EOFError
        return line

    def _end(self, seconds: float = 0.0) -> str:
        """End the worker, if it does not end by itself within some seconds; say why it ended."""
        process, self._process = self._process, None
        if process is None:
            return ""
        self._socket.close()
        with process:
            with suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
            process.kill()
            assert process.stderr is not None, "a pipe"
            said = process.stderr.read().decode(errors="replace").splitlines()
        status = process.returncode
        how = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        return ([line for line in said if "Error" in line] or [how])[-1]


class _EndedError(Exception):
    """A worker ended without an answer; the message says why."""


def _not_started(reason: str) -> ArticlesError:
    return ArticlesError(
        f"the process that reads articles does not start: {reason}; wanted a whole installation "
        "and free memory: install Excerpta anew, or free some memory"
    )


def _log_again(records: list[Document]) -> None:
    """Log what the worker logged, as if it had been logged here."""
    for one in records:
        logger = logging.getLogger(one["logger"])
        if logger.isEnabledFor(one["level"]):
            record = logger.makeRecord(
                one["logger"], one["level"], __file__, 0, one["message"], (), None
            )
            record.exc_text = one["traceback"] or None
            logger.handle(record)


def _line(document: Document) -> bytes:
    # A file name may hold lone surrogates, which stand for bytes that are no UTF-8.
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def packed(article: Article) -> Document:
    """Return an article as a JSON document."""
    source = {name: getattr(article.source, name) for name in _SOURCE}
    date = article.source.date
    return {
        "source": source | {"date": date and date.isoformat()},
        "text": article.text,
        "pages": article.pages,
        "titled": article.titled,
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
        parser.sendall(_line({}))
        # Standard error tells why a worker does not start; from now on nobody reads it.
        os.dup2(1, 2)
        for request in requests:
            # It ends itself after so long, as its parser may have been killed.
            signal.setitimer(signal.ITIMER_REAL, settings["max_seconds"] + _GRACE_S)
            records.gathered = []
            parser.sendall(_line(worker.answer(request) | {"records": records.gathered}))
            signal.setitimer(signal.ITIMER_REAL, 0)
