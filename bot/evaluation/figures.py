"""How the figures of an evaluation look: a table for a terminal, lines of the same words else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot import documents
from bot.evaluation.evaluate import Report
from bot.render import ACCENT, counted, visible

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


def table(report: Report) -> RenderableType:
    """Draw the figures of an evaluation."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    for name, value, meaning in _rows(report):
        grid.add_row(Text(name, ACCENT), Text(value, "bold"), Text(meaning, "dim"))
    return Group(Text(_head(report), "dim"), Text(), grid)


def lines(report: Report) -> str:
    """Write a line per figure."""
    rows = (f"{name}: {value} · {meaning}" for name, value, meaning in _rows(report))
    return "\n".join([_head(report), *rows])


def absent_text(articles: Sequence[str]) -> str:
    """Say that questions name articles which are not in the index."""
    return (
        f"{counted(len(articles), 'article')} that the questions name "
        f"{'is' if len(articles) == 1 else 'are'} not in the index, first {visible(articles[0])}; "
        "name each as excerpta ask does, by its path under the articles folder"
    )


def _head(report: Report) -> str:
    return (
        f"{counted(report.questions, 'question')}: {report.answerable:,} answerable, "
        f"{report.unanswerable:,} not"
    )


def _rows(report: Report) -> Iterator[tuple[str, str, str]]:
    document = documents.of_evaluation(report)
    for name, meaning in _MEANINGS.items():
        value = document[name]
        if value is None:
            yield name, _NONE, meaning.without
            continue
        # A share is read as .87; characters and milliseconds are not.
        shown = f"{value:,.1f}" if name.endswith(("_ms", "_chars")) else f"{value:.3f}"
        yield name, shown, f"{meaning.text} (of {document[meaning.of]:,})"
