"""Excerpta beside other libraries, on the same articles and questions, with the same weights.

python -m tests.benchmarks.peers FOLDER [--questions N] [--python PATH] [--only NAME ...]

FOLDER holds `articles/` and `questions.jsonl`. PATH is the Python of an environment with the extra
`bench`, if that is another than this one. Each library has a process of its own to build its index,
and one to answer.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from bot.evaluation import Question, read_questions
from bot.evaluation.metrics import rank_of_answer
from tests.benchmarks.conditions import conditions
from tests.benchmarks.peer import LIBRARIES, texts
from tests.paths import ROOT

_PEER = "tests/benchmarks/peer.py"


@dataclass(frozen=True, slots=True)
class Figures:
    """What one library took, and what it found.

    Attributes:
        index_s: Wall time from the files to the saved index, once the library is loaded.
        index_processor_s: What all cores together took for it.
        start_s: Wall time from the start of the process to its first answer.
        question_ms: Wall time of each question.
        processor_ms: What all cores together took for each.
        peak_mb: Largest resident set of the process that answers.
        size_mb: Size of the index.
        found: Path and text of the passages, by question.
    """

    index_s: float
    index_processor_s: float
    start_s: float
    question_ms: list[float]
    processor_ms: list[float]
    peak_mb: float
    size_mb: float
    found: list[list[tuple[str, str]]]


def measure(name: str, python: str, articles: Path, questions: Sequence[str]) -> Figures:
    """Index the articles and ask the questions with one library."""
    with tempfile.TemporaryDirectory() as folder:
        index = f"{folder}/index"
        command = [python, "-P", _PEER, name]
        built = subprocess.run(
            [*command, "build", str(articles), index],
            cwd=ROOT, check=True, capture_output=True, text=True,
        )  # fmt: skip
        index_s, index_processor_s = json.loads(built.stdout.splitlines()[-1])
        size = sum(path.stat().st_size for path in Path(index).rglob("*") if path.is_file())
        started = time.perf_counter()
        process = subprocess.Popen(
            [*command, "ask", str(articles), index],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([questions[0], *questions]))
        process.stdin.close()
        while process.stdout.readline() not in ("answered\n", ""):
            pass
        start_s = time.perf_counter() - started
        answered = json.loads(process.stdout.read().splitlines()[-1])
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1024 if sys.platform == "linux" else 1024**2
    return Figures(
        index_s,
        index_processor_s,
        start_s,
        [1000 * wall for wall, _, _ in answered],
        [1000 * processor for _, processor, _ in answered],
        usage.ru_maxrss / unit,
        size / 1e6,
        [[(path, text) for path, text in passages] for _, _, passages in answered],
    )


def row(name: str, figures: Figures, characters: int, questions: Sequence[Question]) -> str:
    """Return the row of a library in the table."""
    ranks = [
        rank_of_answer([text for _, text in found], question.answers)
        for found, question in zip(figures.found, questions, strict=True)
    ]
    right = fmean(
        found[0][0] in question.articles
        for found, question in zip(figures.found, questions, strict=True)
    )
    wall = sorted(figures.question_ms)
    cells = [
        name,
        f"{figures.index_s:.1f}, {figures.index_processor_s:.1f}",
        f"{characters / figures.index_s / 1000:.1f}",
        f"{figures.start_s:.1f}",
        f"{median(wall):.1f}, {wall[int(0.95 * (len(wall) - 1))]:.1f}",
        f"{median(figures.processor_ms):.1f}",
        f"{figures.peak_mb:.0f}",
        f"{figures.size_mb:.1f}",
        f"{right:.3f}",
        f"{fmean(one == 1 for one in ranks):.3f}, {fmean(one is not None for one in ranks):.3f}",
        f"{fmean(len(found[0][1]) for found in figures.found):.0f}",
    ]
    return f"| {' | '.join(cells)} |"


_HEAD = (
    "library", "indexing: s, of processor", "thousand characters a second",
    "start to first answer, s", "question: ms, 95 %", "of processor, ms", "peak memory, MB",
    "index, MB", "article_at_1", "answer_at_1, _3", "characters of the first",
)  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--python", default=sys.executable, metavar="PATH")
    parser.add_argument("--only", nargs="+", choices=LIBRARIES, default=list(LIBRARIES))
    arguments = parser.parse_args()
    articles = arguments.folder.resolve() / "articles"
    every = [
        one for one in read_questions(arguments.folder / "questions.jsonl")
        if one.answers and one.articles
    ]  # fmt: skip
    if not every:
        parser.error("found no question that names its answers and its articles; wanted some")
    questions = random.Random(0).sample(every, min(arguments.questions, len(every)))
    characters = sum(len(text) for _, text in texts(articles))
    print(conditions())
    print(f"{characters:,} characters, {len(questions)} questions\n")
    print(f"| {' | '.join(_HEAD)} |\n|{'---|' * len(_HEAD)}")
    for name in arguments.only:
        python = sys.executable if name.startswith("Excerpta") else arguments.python
        figures = measure(name, python, articles, [one.question for one in questions])
        print(row(name, figures, characters, questions), flush=True)


if __name__ == "__main__":
    main()
