"""What a question costs, in turns with another checkout, and whether both answer it the same.

python -m tests.benchmarks.question_cost CHECKOUT FOLDER [--questions N] [--rounds N] [--index DIR]

FOLDER holds `articles/` and `questions.jsonl`. Two processes serve them, one with the code of this
checkout and one with that of the other, each from an index of its own, which DIR keeps. They get
each question in turn, so that other work on the machine costs both as much. Processor time is that
of a question's best round: of the whole process, and of the thread that answers, which is Python's
but for BLAS, FAISS, tantivy and SQLite. Answers are the same if excerpts, scores, features and
confidence are, to the last bit.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

_SERVE = "--serve"


class Served:
    """A process that answers with the code of a checkout.

    Attributes:
        costs: Milliseconds of the process and of its answering thread, by question, of each round.
        answers: The digest of each answer, by question.
    """

    def __init__(self, checkout: Path, folder: Path, index: Path) -> None:
        # Not started as a module: the other checkout may not have it.
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__, _SERVE, str(folder), str(index)],
            env={**os.environ, "PYTHONPATH": str(checkout)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.costs: dict[str, list[tuple[float, float]]] = {}
        self.answers: dict[str, str] = {}

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def ask(self, question: str) -> None:
        """Ask a question, and note what it cost."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        whole, thread, answer = json.loads(self._process.stdout.readline())
        self.costs.setdefault(question, []).append((whole, thread))
        self.answers[question] = answer

    def best(self, which: int) -> float:
        """Return the median over the questions of the best round."""
        return median(min(cost[which] for cost in costs) for costs in self.costs.values())


def serve(folder: Path, index: Path) -> None:
    """Answer the questions on standard input, with the code that is found first."""
    from bot.build import open_library
    from config import Settings

    overrides: dict[str, dict[str, object]] = {
        "articles": {"folder": folder / "articles"},
        "index": {"folder": index},
    }
    library = open_library(Settings.load(None, overrides), lambda _: None)
    for line in sys.stdin:
        whole, thread = time.process_time(), time.thread_time()
        trace = library.answerer.trace(json.loads(line))
        cost = [1000 * (time.process_time() - whole), 1000 * (time.thread_time() - thread)]
        answer = trace.answer
        told = repr((answer.excerpts, answer.near, answer.confidence, trace.judged))
        print(json.dumps([*cost, hashlib.sha256(told.encode()).hexdigest()]), flush=True)


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == [_SERVE]:
        serve(*map(Path, sys.argv[2:]))
        return
    from tests.benchmarks.callers import questions_of
    from tests.benchmarks.conditions import conditions
    from tests.paths import ROOT

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkout", type=Path, metavar="CHECKOUT")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--questions", type=int, default=200, metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--index", type=Path, metavar="DIR", help="where the indexes are kept")
    options = parser.parse_args()
    questions = questions_of(options.folder)[: options.questions]
    print(conditions())
    with ExitStack() as stack:
        kept = options.index or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        this, other = (
            stack.enter_context(Served(code.resolve(), options.folder.resolve(), kept / name))
            for name, code in (("this", ROOT), ("other", options.checkout))
        )
        for n in range(options.rounds):
            for question in questions:
                for served in (this, other) if n % 2 else (other, this):
                    served.ask(question)
        same = sum(this.answers[one] == other.answers[one] for one in questions)
    print(f"{same} of {len(questions)} questions are answered the same")
    for name, served in (("this checkout", this), ("the other one", other)):
        print(f"{name}: {served.best(0):.2f} ms a question, {served.best(1):.2f} in its thread")


if __name__ == "__main__":
    main()
