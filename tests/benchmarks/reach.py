"""How good the answers are, by `excerpta evaluate` with its defaults: one table for all sets.

python -m tests.benchmarks.reach FOLDER [--limit N] [--index FOLDER]

FOLDER holds the sets squad2, newwiki, clapnq and mtrag, each a folder with `articles/` and
`questions.jsonl`. The indexes are made anew, unless a folder to keep them in is given.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bot.build import open_library
from bot.evaluation import EvaluationReport, Question, ask_questions, gather_questions, summarize
from bot.evaluation.command import evaluation_document
from bot.library import Library
from config import Settings
from tests.benchmarks.conditions import conditions

_ANSWERS = ("answer_at_1", "answer_at_3", "mean_chars", "p50_ms")
_ARTICLES = ("article_at_1", "article_at_5", "article_ndcg_at_10")
_CONFIDENCE = (
    "auroc", "answered_answerable", "answered_unanswerable", "answered_answerable_at_5",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what was asked of which set, and the figures that matter there."""

    asked: str
    report: EvaluationReport
    figures: tuple[str, ...]

    def __str__(self) -> str:
        document = evaluation_document(self.report)
        shown = ", ".join(f"{name} {_shown(name, document[name])}" for name in self.figures)
        counts = f"{self.report.answerable:,} | {self.report.unanswerable:,}"
        return f"| {self.asked} | {counts} | {shown} |"


def measure(folder: Path, index: Path, limit: int | None) -> Iterator[Row]:
    """Yield the rows of the table as they are measured."""
    library = _opened(folder / "squad2", index)
    report = _report(library, _questions(folder, "squad2", limit, foreign="newwiki"))
    yield Row("squad2", report, _ANSWERS)
    yield Row("squad2, against questions of newwiki", report, _CONFIDENCE)
    report = _report(library, _questions(folder, "squad2", limit))
    yield Row("squad2, against its adversarial questions", report, _CONFIDENCE)

    library = _opened(folder / "newwiki", index)
    report = _report(library, _questions(folder, "newwiki", limit))
    yield Row("newwiki", report, _ANSWERS)

    library = _opened(folder / "clapnq", index)
    report = _report(library, _questions(folder, "clapnq", limit))
    yield Row("clapnq", report, (*_ARTICLES, *_ANSWERS))
    yield Row("clapnq, against its unanswered questions", report, _CONFIDENCE)

    library = _opened(folder / "mtrag", index)
    asked = _questions(folder, "mtrag", limit)
    yield Row("mtrag with history", _report(library, asked), _ARTICLES)
    alone = [replace(one, history=()) for one in asked]
    yield Row("mtrag, last question only", _report(library, alone), _ARTICLES)
    longest = library.settings.search.max_question_chars
    joined = [replace(one, question=_joined(one, longest), history=()) for one in asked]
    yield Row("mtrag, all questions in one", _report(library, joined), _ARTICLES)


def _joined(question: Question, longest: int) -> str:
    """Return a question behind those before it, as much of them as can be asked."""
    return " ".join([*question.history, question.question])[-longest:]


def _opened(folder: Path, index: Path) -> Library:
    overrides: dict[str, dict[str, object]] = {
        "articles": {"folder": folder / "articles"},
        "index": {"folder": index / folder.name},
    }
    return open_library(Settings.load(None, overrides), lambda _: None)


def _questions(
    folder: Path, name: str, limit: int | None, foreign: str | None = None
) -> list[Question]:
    other = folder / foreign / "questions.jsonl" if foreign else None
    return gather_questions(folder / name / "questions.jsonl", limit, other)


def _report(library: Library, questions: Sequence[Question]) -> EvaluationReport:
    return summarize(ask_questions(library.answerer, questions, library.settings.search.excerpts))


def _shown(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f}" if name.endswith(("_ms", "_chars")) else f"{value:.3f}".lstrip("0")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--limit", type=int, metavar="N", help="questions of each kind, at most")
    parser.add_argument("--index", type=Path, metavar="FOLDER", help="keep the indexes here")
    options = parser.parse_args()
    sample = f"samples of {options.limit}" if options.limit else "all questions"
    print(f"{dt.datetime.now(tz=dt.UTC):%d %B %Y}, {sample}, {conditions()}\n", flush=True)
    print("| asked | answerable | others | figures |\n|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        for row in measure(options.folder, options.index or Path(temporary), options.limit):
            print(row, flush=True)


if __name__ == "__main__":
    main()
