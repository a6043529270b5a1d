"""The parser: has files read by a worker, and replaces one that crashes, hangs or is worn."""

from __future__ import annotations

import json
import logging
import math
import os
import signal
import socket
import subprocess
import sys
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Self

from retrieval.articles import worker
from retrieval.articles.folder import ArticleFile
from retrieval.articles.metadata import ReadingLimits
from retrieval.articles.reading import with_language
from retrieval.articles.text import WRITTEN, StillWritten, UnreadableArticle
from retrieval.articles.worker import Document, line_of, most_characters, unpacked
from retrieval.errors import ArticlesError
from retrieval.types import Article, Sentence

if TYPE_CHECKING:
    from config import ArticlesSettings

COMMAND = (sys.executable, "-P", "-c", f"from {worker.__name__} import main; main()")
"""Starts a worker; -P keeps it from importing what lies in the current folder."""

# What Python and libraries need of the parser's environment, which may hold tokens and keys.
_KEPT_NAMES = "LANG LANGUAGE LD_LIBRARY_PATH PATH PYTHONHOME PYTHONPATH SYSTEMROOT TZ TZDIR"
_KEPT = frozenset(_KEPT_NAMES.split())
_KEPT_FAMILIES = ("LC_", "DYLD_")
# A process that only reads files starts faster without threads for the algebra of matrices.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}
_START_S = 60.0
# A crashed worker has so long to be gone, so that its exit status is known.
_END_S = 10.0
_PART_BYTES = 1 << 20
# An answer's size at most: bytes of a character in UTF-8, and of all metadata beside the texts.
_BYTES_A_CHARACTER = 4
_MAX_BESIDE = 200_000_000


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

    def languages(self, most: int) -> list[str]:
        """Return the languages of so many articles of the file that was read last, in its order.

        Raises:
            UnreadableArticle: See `parse`.
        """
        documents = self._ask({"parse": True})["articles"]
        some = documents[:: math.ceil(len(documents) / most)]
        return [with_language(unpacked(one), self.limits.language).source.language for one in some]

    def split(self, articles: Sequence[Article]) -> list[Iterator[Sentence]]:
        """Return the sentences of each of the articles that were parsed last, to be taken once.

        Raises:
            UnreadableArticle: They are too many, or to find them takes too long.
        """
        answer = self._ask({"split": [one.source.language for one in articles]})
        return [_sentences(array("i", numbers)) for numbers in answer["sentences"]]

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
            answer = json.loads(self._line_after(line_of(document), seconds))
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


def _sentences(numbers: Sequence[int]) -> Iterator[Sentence]:
    """Yield sentences made of their numbers, which take a tenth of their memory."""
    for three in zip(*[iter(numbers)] * 3, strict=True):
        yield Sentence(*three)


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
