"""An index in a folder and one in Milvus: whether both find the same, and how long each takes.

python -m tests.benchmarks.backends FOLDER [--questions N] [--server ADDRESS]

FOLDER holds `articles/` and `questions.jsonl`. Without an address, a server of the package `milvus`
is started for it; an address may also be a file, NAME.db. Every question is asked of both, one
after the other. Printed are the share of questions whose first excerpt is the same, the share of
hits that both have, and the medians of an answer.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from bot.answers import Trace
from bot.build import open_library
from bot.evaluation import read_questions
from bot.library import Library
from config import Settings
from tests.benchmarks.conditions import conditions
from tests.retrieval.milvus.server import Server


def opened(articles: Path, index: str, folder: Path) -> Library:
    """Make an index of the articles at an address, and open it."""
    began = time.perf_counter()
    places = {"folder": folder} if index == str(folder) else {"folder": folder, "server": index}
    settings = Settings.load(overrides={"articles": {"folder": articles}, "index": places})
    library = open_library(settings, announce=lambda _: None)
    store = library.store
    print(
        f"{store.name}: {store.generation().chunks:,} chunks, made and opened in "
        f"{time.perf_counter() - began:.1f} s"
    )
    return library


def asked(library: Library, questions: Sequence[str]) -> tuple[list[Trace], list[float]]:
    """Ask questions, and return what was found and how long each took, in milliseconds."""
    traces, times = [], []
    for question in questions:
        began = time.perf_counter()
        traces.append(library.answerer.trace(question))
        times.append(1000 * (time.perf_counter() - began))
    return traces, times


def hits(trace: Trace) -> set[tuple[str, int]]:
    """Return where the chunks that were found stand."""
    return {(hit.source.path, hit.chunk.start) for hit in trace.ranking.hits}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--server")
    given = parser.parse_args()
    print(conditions())
    questions = [one.question for one in read_questions(given.folder / "questions.jsonl")]
    questions = questions[: given.questions]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        address = given.server
        if address is None:
            server = Server(folder / "server")
            server.start()
            stack.callback(server.stop)
            address = server.address
        articles = given.folder / "articles"
        here = opened(articles, str(folder / "here"), folder / "here")
        there = opened(articles, address, folder / "there")
        # The first questions load what is loaded once.
        for library in (here, there):
            asked(library, questions[:20])
        (ours, local), (theirs, remote) = asked(here, questions), asked(there, questions)
    pairs = list(zip(ours, theirs, strict=True))
    first = sum(
        [one.text for one in a.answer.excerpts[:1]] == [one.text for one in b.answer.excerpts[:1]]
        for a, b in pairs
    )
    same = sum(len(hits(a) & hits(b)) for a, b in pairs)
    every = sum(len(hits(a) | hits(b)) for a, b in pairs)
    print(f"{len(pairs)} questions: the first excerpt is the same for {first / len(pairs):.3f}")
    print(f"hits that both have: {same / every:.4f} of {every:,}")
    print(
        f"median of an answer: {median(local):.1f} ms in the folder, {median(remote):.1f} ms in "
        f"Milvus, {median(remote) / median(local):.2f} times"
    )


if __name__ == "__main__":
    main()
