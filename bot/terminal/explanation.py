"""Drawings of an explanation: why each excerpt was chosen, and where the confidence comes from.

All words of questions and articles pass through `visible`, so that none is taken for markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.answers import Trace
from bot.display import Readable, apart
from bot.terminal.answers import citation_line
from retrieval.search import Explanation, Features, QueryTerm, TermPlace, WordMatch, absent_words
from retrieval.types import Stage

# So many words and pairs are drawn, as more would hide what matters; `ask --json` has all.
_WORDS, _PAIRS = 8, 5
_LABELS = {
    TermPlace.EXCERPT: "words in it",
    TermPlace.TITLE: "in the title",
    TermPlace.PASSAGE: "around it",
    None: "not found",
}
_CLOSEST = "closest words"
_LABEL_WIDTH = len(_CLOSEST)
_LEGEND = (
    "The number behind a word is its rarity in the articles, up to 1; behind a pair of words it is "
    "their closeness in meaning, up to 1."
)


@dataclass(frozen=True, slots=True)
class ExplanationDrawing:
    """Why the excerpts of an answer were chosen, below their citations.

    Attributes:
        threshold: The confidence from which on a reply counts as an answer.
        citation: The number of the only excerpt that is drawn; None draws all.
    """

    trace: Trace
    threshold: float
    citation: int | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it, as rich asks for."""
        yield Readable(*self._parts())

    def _parts(self) -> Iterator[RenderableType]:
        answer = self.trace.answer
        for (number, excerpt), reason in zip(answer.cited(), self.trace.reasons(), strict=True):
            if self.citation in (None, number):
                yield citation_line(number, excerpt, answer.answered)
                yield _Reason(reason)
                yield Text()
        if self.citation:
            yield Text(_LEGEND, "dim")
        else:
            yield _account(self.trace, self.threshold)


def reasons_below(trace: Trace, threshold: float) -> tuple[RenderableType, ...]:
    """Return what is drawn below each excerpt of an answer, then two parts for its end.

    Args:
        trace: The answer with all that explains it.
        threshold: The confidence from which on a reply counts as an answer.
    """
    return (*map(_Reason, trace.reasons()), Text(), _account(trace, threshold))


@dataclass(frozen=True, slots=True)
class _Reason:
    """The reasons for one excerpt: tables in a terminal, lines of the same words in a pipe."""

    explanation: Explanation

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        words, stages = _word_rows(self.explanation), _stage_rows(self.explanation)
        if options.is_terminal:
            parts = Group(_words_table(words), _stages_table(stages))
            yield Padding(parts, (0, 0, 0, 2), expand=False)
            return
        for label, text in words:
            yield Text(f"{label}: {text}")
        yield Text(f"rank (score): {' · '.join(map(str, stages))}")


@dataclass(frozen=True, slots=True)
class _Row:
    """A stage of the search: its name, and the rank and score of the passage, "" if it has none."""

    name: str
    rank: str
    score: str
    what: str

    def __str__(self) -> str:
        score = f"({self.score})" if self.score else ""
        return " ".join(filter(None, (self.name, self.rank, score)))


def _words_table(words: Iterator[tuple[str, str]]) -> Table:
    table = _grid()
    for label, text in words:
        table.add_row(Text(label, "dim"), Text(text, overflow="fold"))
    return table


def _stages_table(stages: Iterator[_Row]) -> Table:
    table = _grid()
    for _ in range(2):
        table.add_column(justify="right")
    table.add_row("", "rank", "score", "", style="dim")
    for row in stages:
        table.add_row(row.name, row.rank, row.score, row.what, style="dim")
    return table


def _account(trace: Trace, threshold: float) -> Text:
    answer = trace.answer
    # A confidence never rounds to 100 %, as nothing is certain.
    confidence = f"The confidence is {min(100 * answer.confidence, 99.9):.1f} %"
    only = "" if answer.answered else "only "
    lines = [f"{confidence}; {only}from {100 * threshold:g} % on it counts as an answer."]
    if answer.excerpts:
        lines.append(_judged(trace.judged))
    missing = [apart(word) for word in absent_words(trace.ranking)]
    if missing and not answer.unknown_language:
        lines.append(f"Nowhere in the articles, in any form: {_listed(missing, _WORDS, ', ')}.")
    if not answer.answered:
        lines.append(_advice(trace, missing))
    if answer.excerpts:
        lines.append(_LEGEND)
    return Text("\n".join(lines), "dim")


def _judged(judged: Features) -> str:
    closest = (
        f"It comes from the closest excerpt, {judged.late:.2f} word by word, the closest passage, "
        f"{judged.dense:.2f} by meaning, and the question's "
    )
    if judged.across:
        parts = [
            f"{closest}names and numbers in the excerpts, which are in another language: "
            f"{judged.met:.2f}, where two make 1; and how far their article is ahead of others: "
            f"{judged.ahead:.2f}."
        ]
    else:
        parts = [
            f"{closest}words in the first excerpt: {100 * judged.coverage:.0f} % in one sentence, "
            f"their neighbours {judged.nearness:.2f} near; {100 * judged.missing:.0f} % of its "
            "names and numbers missing."
        ]
    if judged.unmet:
        parts.append("The first excerpt has nothing of the kind that the question asks for.")
    if judged.strange or judged.unsaid or judged.unlike:
        parts.append("Beside names, it says little that is close to the question.")
    if judged.denied:
        parts.append("The question denies something, and what the first excerpt says does not.")
    return " ".join(parts)


def _advice(trace: Trace, missing: Sequence[str]) -> str:
    if trace.answer.unknown_language:
        return "Ask in a language that the encoder knows."
    if missing:
        return "Check the spelling, or ask with a word that the articles may use."
    if any(trace.ranking.terms.values()):
        return (
            "They have all its words, but no excerpt is close enough to the question as a whole. "
            "Ask for less at once, or in other words."
        )
    return "The question has only words that stand everywhere; name what it is about."


def _word_rows(explanation: Explanation) -> Iterator[tuple[str, str]]:
    """Yield a label and words for each place that words were found in."""
    for place, label in _LABELS.items():
        terms = [_term(term) for term in explanation.terms if term.place == place]
        if terms:
            yield label, _listed(terms, _WORDS, " · ")
    pairs = [_pair(pair) for pair in explanation.closest()]
    if pairs:
        yield _CLOSEST, _listed(pairs, _PAIRS, " · ")


def _term(term: QueryTerm) -> str:
    searched = "" if term.searched == term.word else f" ({apart(term.searched)})"
    return f"{apart(term.word)}{searched} {term.weight:.2f}"


def _pair(pair: WordMatch) -> str:
    return f"{apart(pair.word)} → {apart(pair.match)} {pair.similarity:.2f}"


def _listed(words: Sequence[str], most: int, between: str) -> str:
    shown = between.join(words[:most])
    return shown if len(words) <= most else f"{shown}{between}{len(words) - most} more"


def _stage_rows(explanation: Explanation) -> Iterator[_Row]:
    yield _row("by meaning", explanation.dense, "closeness to the question")
    yield _row("by words", explanation.lexical, "your rare words count more")
    yield _row("word by word", explanation.late, "each word's closest, on average")
    if explanation.rerank:
        yield _row("reranker", explanation.rerank, "the model that reads both together")
    if explanation.boost:
        yield _Row("wishes", "", f"+{explanation.boost:.2f}", "a date or a phrase that was wished")
    yield _row("together", explanation.fused, "all of these")
    excerpt = f"{explanation.excerpt:.2f}"
    yield _Row("excerpt alone", "", excerpt, "word by word, in its own sentences")


def _row(name: str, stage: Stage | None, what: str) -> _Row:
    if stage is None:
        return _Row(name, "–", "", f"{what}; not among the best")
    return _Row(name, str(stage.rank), f"{stage.score:.2f}", what)


def _grid() -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=_LABEL_WIDTH, no_wrap=True)
    return table
