"""A process that starts others, each for one refresh, and kills them at the moment it is told.

It has imported everything, so that what it forks begins with the refresh at once. Orders and
outcomes go through its standard input and output as JSON lines.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from retrieval.articles.metadata import ReadingLimits
from retrieval.articles.reading import parse
from retrieval.backends import index_of, open_index
from retrieval.chunking import chunk
from retrieval.index.lexical_files import write_lexical
from retrieval.milvus.connection import Connection
from retrieval.refresh.refresh import RefreshOptions
from tests.fakes import HashEncoder, Passage
from tests.retrieval.library import Library
from tests.retrieval.milvus.conftest import MilvusLibrary
from tests.retrieval.processes import next_line, started
from tests.retrieval.rebuilt import WORDS, prose

# Calls of C that leave something on the disk, by their module.
_STEPS = {
    "posix": {"close", "link", "mkdir", "open", "rename", "replace", "rmdir", "unlink"},
    "tantivy": {"commit", "wait_merging_threads", "writer"},
}
# Calls of Milvus that leave something there.
_WRITING = {"upsert", "delete", "create_collection", "drop_collection"}


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done, and when to die at it.

    Attributes:
        act: "refresh", "rebuild" or "rollback".
        step: How many steps on the disk to take, and to die before the next; None takes no notice
            of them, which is faster.
        after_s: Seconds after which it is killed; None does not.
        server: The Milvus that holds the index; empty if a folder does.
    """

    root: str
    chunk_tokens: int
    keep: int
    act: str
    step: int | None = None
    after_s: float | None = None
    server: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an order.

    Attributes:
        killed: Whether it died of its kill, and did not finish before.
        failed: Whether it ended in any other way.
        steps: That it took, if it finished and they were counted.
    """

    killed: bool
    failed: bool
    steps: int
    elapsed_s: float


class Victims:
    """Gives orders to the process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def carry_out(self, order: Order) -> Outcome:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()
        return Outcome(**json.loads(next_line(self._process)))


@contextmanager
def victims() -> Iterator[Victims]:
    """Run the process."""
    with started("-m", "tests.retrieval.faults.victim") as process:
        yield Victims(process)


def encoded_by(root: Path) -> list[str]:
    """Return the passages that were encoded since this was asked the last time."""
    path = _log(root)
    if not path.exists():
        return []
    whole = path.read_text(encoding="utf-8").splitlines()
    path.unlink()
    return [text for line in whole for text in json.loads(line)]


class _LoggingEncoder(HashEncoder):
    """Notes what it encodes in a file, which a kill leaves as it is."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self._log = log

    def encode_passages(self, texts: Sequence[str]) -> list[Passage]:
        made = super().encode_passages(texts)
        file = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, json.dumps(list(texts)).encode() + b"\n")
        os.close(file)
        return made


class _Steps:
    """Counts the steps, and dies before the one after the last that it may take.

    Of SQLite's calls those count that are the first after a transaction: what is in one that did
    not end leaves nothing. Of an index in Milvus only what is written there counts.
    """

    def __init__(self, last: int, remote: bool) -> None:
        self.taken = 0
        self._last = last
        self._remote = remote
        self._in_transaction = False

    def __call__(self, frame: FrameType, event: str, arg: Any) -> None:  # noqa: ANN401
        if not (is_writing(frame, event) if self._remote else self._is_step(event, arg)):
            return
        if self.taken == self._last:
            os.kill(os.getpid(), signal.SIGKILL)
        self.taken += 1

    def _is_step(self, event: str, called: Any) -> bool:  # noqa: ANN401
        if event != "c_call":
            return False
        owner = getattr(called, "__self__", None)
        if isinstance(owner, sqlite3.Connection):
            before, self._in_transaction = self._in_transaction, owner.in_transaction
            return before and not self._in_transaction
        home = owner.__name__ if isinstance(owner, ModuleType) else type(owner).__module__
        return called.__name__ in _STEPS.get(home.partition(".")[0], ())


def is_writing(frame: FrameType, event: str) -> bool:
    """Whether Milvus is called to write."""
    return (
        event == "call"
        and frame.f_code is Connection._call.__code__
        and frame.f_locals["method"] in _WRITING
    )


def _log(root: Path) -> Path:
    return root / "encoded.jsonl"


def _act(order: Order) -> None:
    library = Library(Path(order.root), order.chunk_tokens, order.keep)
    if order.server:
        library = MilvusLibrary(library.root, order.chunk_tokens, order.keep, server=order.server)
    if order.act == "rollback":
        store = open_index(library.settings)
        assert store is not None
        with index_of(library.settings).write_lock():
            restored = store.writer().rollback()
            write_lexical(store, restored.number)
        store.close()
    else:
        encoder = _LoggingEncoder(_log(library.root))
        library.refresh(encoder, options=RefreshOptions(rebuild=order.act == "rebuild"))


def _carry_out(order: Order) -> Outcome:
    if order.server:
        # Not by everybody who is forked.
        import pymilvus  # noqa: F401
    began = time.perf_counter()
    ready, end = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(ready)
        steps = _Steps(order.step or 0, bool(order.server))
        try:
            sys.setprofile(None if order.step is None else steps)
            _act(order)
            sys.setprofile(None)
            os.write(end, json.dumps(steps.taken).encode())
            os._exit(0)
        except BaseException:  # noqa: BLE001 - or it would go on as its parent
            sys.setprofile(None)
            sys.excepthook(*sys.exc_info())
            os._exit(1)
    os.close(end)
    # Readable when it has finished, or died by itself.
    if not select.select([ready], [], [], order.after_s)[0]:
        os.kill(pid, signal.SIGKILL)
    steps_taken = os.read(ready, 100)
    os.close(ready)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return Outcome(
        killed=status == -signal.SIGKILL,
        failed=status not in (0, -signal.SIGKILL),
        steps=int(steps_taken or 0),
        elapsed_s=time.perf_counter() - began,
    )


def _warm_up() -> None:
    """Fill the caches that everybody who is forked would have to fill again."""
    text = prose(0, 3)
    for n in range(1000):
        HashEncoder().encode_passages([f"{' '.join(WORDS)} {n}"])
    (article,) = parse("a.txt", text.encode(), ReadingLimits(language="en", characters=1000))
    list(chunk(article, "", 20, HashEncoder().count_tokens))


if __name__ == "__main__":
    _warm_up()
    for line in sys.stdin:
        print(json.dumps(asdict(_carry_out(Order(**json.loads(line))))), flush=True)
