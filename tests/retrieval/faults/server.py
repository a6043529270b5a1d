"""A process that answers from one index after the other, as it is told by its standard input.

`open PATH` takes another library, `ask` prints what came of the questions, as JSON, and `hurry` has
threads ask without pause until the next line comes, and prints what came of that.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

from retrieval.errors import IndexFault
from retrieval.search.searcher import Searcher
from tests.retrieval.faults.shelf import QUESTIONS
from tests.retrieval.library import Library

_THREADS = 4


def answers(searcher: Searcher) -> list[object]:
    """Return each question's hits by words and by meaning, or the error that it met."""
    found: list[object] = []
    for question in QUESTIONS:
        try:
            hits = searcher.search(question).hits
        except IndexFault as exc:
            found.append(str(exc))
        else:
            found.append(
                sorted((hit.source.path, hit.chunk.start, hit.lexical is not None) for hit in hits)
            )
    return found


def _hurry(searcher: Searcher) -> list[object]:
    """Return the distinct answers of threads that ask until a line comes."""
    over = threading.Event()
    came: dict[str, object] = {}

    def ask() -> None:
        while not over.is_set():
            found = answers(searcher)
            came[json.dumps(found)] = found

    threads = [threading.Thread(target=ask) for _ in range(_THREADS)]
    for thread in threads:
        thread.start()
    sys.stdin.readline()
    over.set()
    for thread in threads:
        thread.join()
    return list(came.values())


def _main() -> None:
    searcher: Searcher | None = None
    while line := sys.stdin.readline():
        order, _, path = line.strip().partition(" ")
        if order == "open":
            searcher = Library(Path(path)).searcher()
        assert searcher is not None
        print(json.dumps((_hurry if order == "hurry" else answers)(searcher)), flush=True)


if __name__ == "__main__":
    _main()
