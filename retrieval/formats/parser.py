"""The parser: reads files one after another in a worker process, each within its limits."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

from config import ArticlesSettings
from retrieval.articles import ArticleFile
from retrieval.errors import ArticlesError
from retrieval.formats.messages import Document, receive, send, unpacked
from retrieval.formats.parsing import with_language
from retrieval.formats.parts import Limits
from retrieval.formats.plain import StillWritten, UnreadableArticle
from retrieval.types import Article

_COMMAND = (sys.executable, "-P", "-m", "retrieval.formats.worker")
_OURS = "EXCERPTA_"
# A process that only reads files starts faster without threads for the algebra of matrices.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}
_START_S = 60.0
_END_S = 10.0
# Of an answer: four bytes a character, twice over for what is escaped, and as much beside the texts
# as many articles with their metadata need.
_BYTES_A_CHARACTER = 8
_MAX_BESIDE = 200_000_000


class Parser:
    """Reads the files of an articles folder, first the bytes, then the articles in them.

    A worker process is started at the first use, or by `start`, and replaced when it crashes, hangs
    or has used much memory; `with` ends it.

    Attributes:
        limits: How files are read.
    """

    def __init__(self, articles: ArticlesSettings) -> None:
        self.limits = Limits(
            language=articles.language,
            pages=articles.max_pages,
            characters=articles.max_characters,
            unpacked_bytes=int(articles.max_unpacked_megabytes * 1_000_000),
            channels=dict(one.split("=") for one in articles.channels),
        )
        self._settings: Document = {
            "folder": str(Path(articles.folder)),
            "max_bytes": articles.max_bytes,
            "max_seconds": articles.max_seconds,
            "limits": asdict(self.limits),
        }
        self._max_seconds = articles.max_seconds
        self._language = articles.language
        self._left = 0.0
        self._worker: _Process | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the worker."""
        self._end()

    def start(self) -> None:
        """Start the worker without waiting for it."""
        if self._worker is None:
            self._worker = _Process(self._settings)

    def process_id(self) -> int | None:
        """Return the worker's number in the system, None while there is none."""
        return self._worker.process_id if self._worker is not None else None

    def read(self, file: ArticleFile) -> str:
        """Read a file's bytes and return their SHA-256, in hexadecimal digits.

        Raises:
            StillWritten: It is not what was found in the folder any more.
            UnreadableArticle: It cannot be read.
            ArticlesError: No worker can be started.
        """
        self._left = self._max_seconds
        if self._worker is not None and self._worker.ended():
            self._end()
        self.start()
        request = {"read": file.path, "size": file.size, "mtime_ns": file.mtime_ns}
        digest: str = self._ask(request)["digest"]
        return digest

    def parse(self) -> list[Article]:
        """Return the articles of the file that was read last, with their languages.

        Raises:
            UnreadableArticle: It holds none, or more than the limits allow, or its reader crashed.
        """
        answer = self._ask({"parse": True})
        articles = map(unpacked, answer["articles"])
        # Here, for what tells languages takes longer to load than all that the worker needs.
        return [with_language(one, self._language) for one in articles]

    def _ask(self, request: Document) -> Document:
        if self._worker is None:
            raise RuntimeError("no file was read; read one before it is parsed")
        answer: Document | None = None
        crash = ""
        try:
            self._worker.wait_until_ready()
            started = time.monotonic()
            answer = self._worker.ask(request, self._left)
            self._left -= time.monotonic() - started
            if answer is None:
                crash = self._worker.how_it_ended()
        except TimeoutError:
            raise UnreadableArticle(
                f"took longer than articles.max_seconds = {self._max_seconds:g}"
            ) from None
        finally:
            # Whatever happened, an answer that comes later must not be taken for the next one's.
            if answer is None or answer.get("worn") or "out_of_memory" in answer:
                self._end()
        if answer is None:
            raise UnreadableArticle(f"its reader crashed ({crash})")
        _log_again(answer["records"])
        if "out_of_memory" in answer:
            raise UnreadableArticle(
                f"its reader needs more than {answer['out_of_memory'] / 1e6:.0f} MB of memory"
            )
        if "unreadable" in answer:
            reason = answer["unreadable"]
            raise StillWritten if answer["still_written"] else UnreadableArticle(reason)
        return answer

    def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()


class _Process:
    """A worker, started; its answers are read by a thread, so that one can wait for so long."""

    def __init__(self, settings: Document) -> None:
        self._process = subprocess.Popen(
            _COMMAND,
            # What reads files has no use for tokens and keys.
            env=_ENVIRONMENT
            | {
                key: value for key, value in os.environ.items() if not key.upper().startswith(_OURS)
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Ctrl-C in a terminal goes to a whole group; `end` ends this process.
            process_group=0,
        )
        characters: int = settings["limits"]["characters"]
        self._max_answer = _BYTES_A_CHARACTER * characters + _MAX_BESIDE
        self._answers: SimpleQueue[Document | None] = SimpleQueue()
        self._ready = False
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        self._send(settings)

    @property
    def process_id(self) -> int:
        return self._process.pid

    def wait_until_ready(self) -> None:
        """Wait for the end of its start, which is no file's fault."""
        if self._ready:
            return
        with suppress(Empty):
            self._ready = self._answers.get(timeout=_START_S) is not None
        if not self._ready:
            self._process.kill()
            assert self._process.stderr is not None, "a pipe"
            said = self._process.stderr.read().decode(errors="replace").strip().splitlines()
            errors = [line for line in said if "Error" in line] or [self.how_it_ended()]
            raise ArticlesError(
                f"the process that reads articles does not start: {errors[-1]}; wanted a whole "
                "installation and free memory: install Excerpta anew, or free some memory"
            )

    def ask(self, request: Document, seconds: float) -> Document | None:
        """Return the answer, None if it ended without one.

        Raises:
            TimeoutError: It took longer.
        """
        self._send(request)
        try:
            return self._answers.get(timeout=max(0.0, seconds))
        except Empty:
            raise TimeoutError from None

    def ended(self) -> bool:
        return self._process.poll() is not None

    def how_it_ended(self) -> str:
        """Wait for its end, which is near, and name the signal or the status."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        self._process.kill()
        status = self._process.wait()
        return signal.Signals(-status).name if status < 0 else f"exit status {status}"

    def end(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        self._reading.join()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert stream is not None, "a pipe"
            with suppress(OSError):  # what was not sent
                stream.close()

    def _send(self, document: Document) -> None:
        assert self._process.stdin is not None, "a pipe"
        with suppress(OSError):  # it has ended, which the missing answer tells
            send(self._process.stdin, document)

    def _read(self) -> None:
        assert self._process.stdout is not None, "a pipe"
        answer: Document | None = {}
        while answer is not None:
            try:
                answer = receive(self._process.stdout, self._max_answer)
            except ValueError:  # no message of ours: it has lost its mind
                answer = None
                self._process.kill()
            self._answers.put(answer)


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
