"""How the figures of an evaluation look: a table for a terminal, lines of the same words else."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from bot import documents
from bot.errors import BotError
from bot.evaluation.evaluate import EvaluationReport
from bot.terminal.text import ACCENT, counted, visible
from config import SettingsError

_NONE = "–"


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a figure means.

    Attributes:
        of: Which questions it is a figure of: a count in the document.
        without: What is to be done to have it.
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
    """Say that questions name articles which are not in the index."""
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
    document = documents.of_evaluation(report)
    for name, meaning in _MEANINGS.items():
        value = document[name]
        if value is None:
            yield name, _NONE, meaning.without
            continue
        # A share is read as .87; characters and milliseconds are not.
        shown = f"{value:,.1f}" if name.endswith(("_ms", "_chars")) else f"{value:.3f}"
        yield name, shown, f"{meaning.text} (of {document[meaning.of]:,})"


def check_output(path: Path, sources: Iterable[Path]) -> None:
    """Find out early what would keep a file from being written.

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
