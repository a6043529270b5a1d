"""Processes that ask without pause, until standard input ends, and tell what they were answered.

The first forks the others, which are spared the imports. Every article of the library says in which
round it was written, see `test_readers`.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path

from retrieval.search.searcher import Searcher
from tests.retrieval.library import Library
from tests.retrieval.rebuilt import WORDS

# Answers that are looked through for the same: all of one generation, as the questions differ.
_RECENT = 3 * len(WORDS)
_ROUND = re.compile(r"round (\d+)")


@dataclass(slots=True)
class Told:
    """What one reader was answered.

    Attributes:
        states: Every distinct answer: its generation, and the rounds of its hits by their paths.
        errors: Of the questions that were not answered.
    """

    answers: int = 0
    slowest_s: float = 0.0
    states: list[tuple[int, dict[str, list[int]]]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def told_by(root: Path, processes: int) -> list[list[Told]]:
    """Return what the readers of each process were answered, the last answer being the last."""
    files = [root / f"told{number}.json" for number in range(processes)]
    return [[Told(**one) for one in json.loads(file.read_text())] for file in files]


def _ask(searcher: Searcher, told: Told) -> None:
    began = time.perf_counter()
    ranking = searcher.search(f"the {WORDS[told.answers % len(WORDS)]} of a round")
    told.slowest_s = max(told.slowest_s, time.perf_counter() - began)
    told.answers += 1
    rounds: dict[str, list[int]] = {}
    for hit in ranking.hits:
        found = [int(one) for one in _ROUND.findall(hit.chunk.text)]
        for path in (hit.source.path, *(one.path for one in hit.also)):
            rounds.setdefault(path, []).extend(found)
    state = (ranking.generation, {path: sorted(set(some)) for path, some in rounds.items()})
    if state not in told.states[-_RECENT:]:
        told.states.append(state)


def _ask_on(searcher: Searcher, over: threading.Event, told: Told) -> None:
    try:
        while not over.is_set():
            _ask(searcher, told)
    except BaseException:  # noqa: BLE001 - tantivy's panics are no exceptions
        told.errors.append(traceback.format_exc())


def _read(root: Path, readers: int, ready: int, into: Path) -> None:
    """Be one process with so many readers, which share a searcher."""
    searcher = Library(root).searcher()
    over = threading.Event()
    told = [Told() for _ in range(readers)]
    threads = [threading.Thread(target=_ask_on, args=(searcher, over, one)) for one in told]
    for thread in threads:
        thread.start()
    os.write(ready, b".")
    sys.stdin.read()
    over.set()
    for thread in threads:
        thread.join()
    # When nobody publishes any more, and no other thread is just loading what was published last.
    last = Told()
    _ask(searcher, last)
    into.write_text(json.dumps([asdict(one) for one in [*told, last]]))


def _main(root: Path, processes: list[int]) -> None:
    ready, starts = os.pipe()
    for number, readers in enumerate(processes):
        if not os.fork():
            _read(root, readers, starts, root / f"told{number}.json")
            os._exit(0)
    for _ in processes:
        os.read(ready, 1)
    print("ready", flush=True)
    for _ in processes:
        os.wait()


if __name__ == "__main__":
    _main(Path(sys.argv[1]), [int(one) for one in sys.argv[2:]])
