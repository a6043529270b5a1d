"""Latency of a question in a process that serves, from text to answer.

python -m tests.benchmarks.asking --eval FOLDER [--questions N]

FOLDER holds `articles/` and `questions.jsonl`, one object with a "question" a line.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from pathlib import Path
from statistics import median

from bot.build import open_library
from config import Settings
from tests.benchmarks.conditions import conditions


def measure(folder: Path, questions: int) -> dict[str, float]:
    """Ask a fixed sample of the questions, one after the other.

    Returns:
        `p50_ms` and `p95_ms` of the latency, `chunks` in the index.
    """
    lines = (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line)["question"] for line in lines]
    asked = random.Random(0).sample(asked, min(questions, len(asked)))
    with tempfile.TemporaryDirectory() as index:
        overrides: dict[str, dict[str, object]] = {
            "articles": {"folder": folder / "articles"},
            "index": {"folder": index},
        }
        library = open_library(Settings.load(None, overrides), print)
        for question in asked[:20]:
            library.answerer.answer(question)
        times = sorted(library.answerer.answer(question).elapsed_ms for question in asked)
        chunks = library.searcher.snapshot.generation.chunks
    return {
        "p50_ms": median(times),
        "p95_ms": times[int(0.95 * (len(times) - 1))],
        "questions": len(times),
        "chunks": chunks,
    }


def report(found: dict[str, float]) -> str:
    """Return the figures in a line."""
    return (
        f"a question, {found['questions']:.0f} asked of {found['chunks']:,.0f} chunks: median "
        f"{found['p50_ms']:.1f} ms, 95th percentile {found['p95_ms']:.1f} ms"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--eval", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--questions", type=int, default=300)
    arguments = parser.parse_args()
    print(conditions())
    print(report(measure(arguments.eval, arguments.questions)))


if __name__ == "__main__":
    main()
