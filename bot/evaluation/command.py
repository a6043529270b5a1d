"""The command `evaluate`: it asks questions with known answers and prints figures."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from bot.command import Run, command, say
from bot.display import ACCENT, counted, json_text, visible
from bot.errors import BotError
from bot.evaluation.evaluate import (
    EvaluationReport,
    QuestionOutcome,
    ask_questions,
    summarize,
)
from bot.evaluation.questions import gather_questions, missing_articles
from bot.terminal import Asking
from config import SettingsError

_NONE = "–"


@command
def evaluate(
    run: Run,
    file: Annotated[
        Path, typer.Argument(metavar="QUESTIONS.jsonl", help="Questions, one JSON object a line.")
    ],
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=1, help="Ask so many, the same ones every time."),
    ] = None,
    out_of_corpus: Annotated[
        Path | None,
        typer.Option(
            "--foreign",
            metavar="FILE",
            help="Questions about other articles, in place of those that no article answers.",
        ),
    ] = None,
    per_question: Annotated[
        Path | None,
        typer.Option(
            "--per-question",
            metavar="FILE",
            help="Write what came of each question, one JSON object a line.",
        ),
    ] = None,
) -> None:
    """Measure answers on questions with known answers."""
    if find_spec("ir_measures") is None:
        raise BotError(
            "excerpta evaluate needs the package ir-measures; install it with pip install "
            "'.[evaluate]' in the checkout of Excerpta"
        )
    questions = gather_questions(file, limit, out_of_corpus)
    if per_question is not None:
        check_output(per_question, sources=[file, *filter(None, [out_of_corpus])])
    library = run.library()
    absent = missing_articles(questions, {one.path for one in library.store.sources()})
    if absent:
        say(absent_text(absent))
    with Asking(Console(stderr=True), len(questions)) as asking:
        outcomes = ask_questions(
            library.answerer, questions, run.settings.search.excerpts, asking.update
        )
    if per_question is not None:
        written = map(outcome_document, outcomes)
        write_output(per_question, map(json_text, written))
    report = summarize(outcomes)
    run.print(evaluation_document(report), EvaluationDrawing(report))


def evaluation_document(report: EvaluationReport) -> dict[str, Any]:
    """Return the figures of an evaluation, None where no question gives one."""
    ranking = report.ranking
    return {
        "questions": report.questions,
        "article_at_1": _rounded(ranking.at_1),
        "article_at_5": _rounded(ranking.at_5),
        "answer_at_1": _rounded(report.answer_at_1),
        "answer_at_3": _rounded(report.answer_at_3),
        "mean_chars": _rounded(report.mean_chars, 1),
        "auroc": _rounded(report.auroc),
        "answered_answerable": _rounded(report.answered_answerable),
        "answered_unanswerable": _rounded(report.answered_unanswerable),
        "p50_ms": _rounded(report.p50_ms, 2),
        "p95_ms": _rounded(report.p95_ms, 2),
        "article_recall_at_10": _rounded(ranking.recall_at_10),
        "article_mrr_at_10": _rounded(ranking.mrr_at_10),
        "article_ndcg_at_10": _rounded(ranking.ndcg_at_10),
        "answered_answerable_at_5": _rounded(report.answered_answerable_at_5),
        "answerable": report.answerable,
        "unanswerable": report.unanswerable,
        "with_articles": report.with_articles,
        "with_answers": report.with_answers,
    }


def outcome_document(outcome: QuestionOutcome) -> dict[str, Any]:
    """Return the outcome of one question."""
    question, answer = outcome.question, outcome.answer
    return {
        "id": question.id,
        "question": question.question,
        "understood": answer.understood if answer else None,
        "fault": outcome.fault,
        "right": outcome.right,
        "answerable": question.answerable,
        "answered": outcome.answered,
        "confidence": round(outcome.confidence, 4),
        "answer_rank": outcome.answer_rank,
        "article_rank": outcome.article_rank,
        "answers": list(question.answers),
        "articles": list(question.articles),
        "found_articles": list(outcome.articles),
        "excerpts": [
            {"article": one.source.path, "paragraph": one.paragraph, "text": one.text}
            for one in (answer.excerpts if answer else ())
        ],
        "ms": round(answer.elapsed_ms, 2) if answer else None,
    }


def _rounded(figure: float | None, digits: int = 4) -> float | None:
    return None if figure is None else round(figure, digits)


@dataclass(frozen=True, slots=True)
class _Meaning:
    """The meaning of a figure.

    Attributes:
        of: The key of the document that counts the questions behind the figure.
        without: What the questions lack if there is no figure.
    """

    text: str
    of: str
    without: str


_ARTICLES = ("with_articles", 'no answerable question names its "articles"')
_ANSWERS = ("with_answers", 'no answerable question tells its "answers"')
_ANSWERABLE = ("answerable", "no question is answerable")
_OTHERS = ("unanswerable", 'no question is "answerable": false, and none is --foreign')
_BOTH = ("questions", "it needs answerable questions and others")
_ASKED = ("questions", "no question could be asked")

_MEANINGS = {
    "article_at_1": _Meaning("the first article is right", *_ARTICLES),
    "article_at_5": _Meaning("a right article is among the first five", *_ARTICLES),
    "article_recall_at_10": _Meaning("right articles found among the first ten", *_ARTICLES),
    "article_mrr_at_10": _Meaning("one over the rank of the first right article", *_ARTICLES),
    "article_ndcg_at_10": _Meaning("gain of the ranking, 1 is ideal", *_ARTICLES),
    "answer_at_1": _Meaning("the first excerpt holds an answer", *_ANSWERS),
    "answer_at_3": _Meaning("one of the first three holds one", *_ANSWERS),
    "mean_chars": _Meaning("characters of the first excerpt", *_ANSWERABLE),
    "auroc": _Meaning("confidence tells answerable from not; .5 is chance", *_BOTH),
    "answered_answerable": _Meaning("answered of the answerable, more is better", *_ANSWERABLE),
    "answered_unanswerable": _Meaning("answered of the others, less is better", *_OTHERS),
    "answered_answerable_at_5": _Meaning("of the answerable above 95 % of the others", *_BOTH),
    "p50_ms": _Meaning("milliseconds of a reply, median", *_ASKED),
    "p95_ms": _Meaning("milliseconds within which 95 % are", *_ASKED),
}


@dataclass(frozen=True, slots=True)
class EvaluationDrawing:
    """The figures of an evaluation: a table in a terminal, lines of the same words in a pipe."""

    report: EvaluationReport

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw them, as rich asks for."""
        rows = _rows(self.report)
        yield Text(_head(self.report), "dim")
        if not options.is_terminal:
            yield from (Text(f"{name}: {value} · {meaning}") for name, value, meaning in rows)
            return
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column(justify="right", no_wrap=True)
        for name, value, meaning in rows:
            grid.add_row(Text(name, ACCENT), Text(value, "bold"), Text(meaning, "dim"))
        yield Text()
        yield grid


def absent_text(articles: Sequence[str]) -> str:
    """Return a warning of questions that name articles which are not in the index."""
    return (
        f"{counted(len(articles), 'article')} that the questions name "
        f"{'is' if len(articles) == 1 else 'are'} not in the index, first {visible(articles[0])}; "
        "name each as excerpta ask does, by its path under the articles folder"
    )


def _head(report: EvaluationReport) -> str:
    return (
        f"{counted(report.questions, 'question')}: {report.answerable:,} answerable, "
        f"{report.unanswerable:,} not"
    )


def _rows(report: EvaluationReport) -> Iterator[tuple[str, str, str]]:
    document = evaluation_document(report)
    for name, meaning in _MEANINGS.items():
        value = document[name]
        if value is None:
            yield name, _NONE, meaning.without
            continue
        # Shares have three digits; characters and milliseconds have one.
        shown = f"{value:,.1f}" if name.endswith(("_ms", "_chars")) else f"{value:.3f}"
        yield name, shown, f"{meaning.text} (of {document[meaning.of]:,})"


def check_output(path: Path, sources: Iterable[Path]) -> None:
    """Check that a file can be written before the questions are asked.

    Args:
        path: The file.
        sources: Files that it must not replace.

    Raises:
        BotError: It cannot be written.
        SettingsError: It is one of the sources.
    """
    if path.resolve() in [one.resolve() for one in sources]:
        raise SettingsError(f"{path} holds the questions, and would be lost; name another file")
    if path.exists() and not path.is_file():
        raise BotError(f"cannot write {path}: it is no file; name another one")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise BotError(f"cannot write {path}: there is no folder {folder}; make it first")
    if not os.access(folder, os.W_OK):
        raise BotError(f"cannot write {path}: {folder} is not yours to write; name another one")


def write_output(path: Path, lines: Iterable[str]) -> None:
    """Write lines to a file, which is replaced once all of them are written.

    Raises:
        BotError: It cannot be written.
    """
    target = path.resolve()
    part: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", errors="replace", dir=target.parent, delete=False
        ) as file:
            part = Path(file.name)
            file.writelines(f"{line}\n" for line in lines)
        part.replace(target)
    except OSError as exc:
        raise BotError(f"cannot write {path}: {exc.strerror}; name another file") from exc
    finally:
        if part is not None:
            part.unlink(missing_ok=True)
