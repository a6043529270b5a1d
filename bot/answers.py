"""A question's answer: excerpts in the order of their citation numbers, and how sure it is."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.conversation import understood
from config import SearchSettings
from retrieval.answerable import confidence, features, matched
from retrieval.excerpts import Window, best_excerpts
from retrieval.lexical import terms
from retrieval.search import Ranking, Searcher
from retrieval.types import Excerpt

# Excerpts that the confidence is computed from, however many are shown.
_JUDGED = 3
# C0, DEL, C1, surrogates, and the controls that reorder or hide text.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")

# A single letter is a piece of "isn't" and the like.
_WORD = re.compile(r"\w{2,}")


class QuestionError(ValueError):
    """A question that cannot be asked; its text tells the asker what to do.

    Attributes:
        found, limit: Characters that a too long question has and may have; 0 and 0 for an empty
            one.
    """

    def __init__(self, message: str, found: int = 0, limit: int = 0) -> None:
        super().__init__(message)
        self.found = found
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to one question.

    Attributes:
        excerpts: Best first; number n of `cited` is the citation `[n]`. Where `answered` is false
            these are the closest excerpts, which do not answer.
        confidence: 0 to 1.
        generation: Of the index that answered.
        understood: What was searched in place of a question that leans on earlier ones.
    """

    question: str
    excerpts: tuple[Excerpt, ...]
    answered: bool
    confidence: float
    generation: int
    elapsed_ms: float
    understood: str | None = None

    @property
    def searched(self) -> str:
        """What was searched: the question, unless it leans on earlier ones."""
        return self.understood or self.question

    def cited(self) -> Iterator[tuple[int, Excerpt]]:
        """Yield each excerpt with its citation number."""
        return enumerate(self.excerpts, start=1)


@dataclass(frozen=True, slots=True)
class Trace:
    """An answer and how it came about; `windows` are those of its excerpts, in their order."""

    answer: Answer
    ranking: Ranking
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an excerpt was chosen.

    Attributes:
        words: Of the question, those whose stem stands in the excerpt's chunk or title.
        rank: Of that chunk among all, from 1.
        late: Late-interaction score of the excerpt's own tokens, 0 to 1.
        dense: Cosine of question and chunk.
        lexical: BM25 score of the chunk, 0 where no term matches.
    """

    words: tuple[str, ...]
    rank: int
    late: float
    dense: float
    lexical: float


class Answerer:
    """Answers questions from one index; safe to call from several threads."""

    def __init__(self, searcher: Searcher, search: SearchSettings) -> None:
        self._searcher = searcher
        self._search = search

    def answer(
        self, question: str, excerpts: int | None = None, earlier: Sequence[str] = ()
    ) -> Answer:
        """Answer a question.

        Args:
            question: As it was asked.
            excerpts: How many at most, instead of what the settings say.
            earlier: What the same person asked before, as it was searched, oldest first.

        Raises:
            QuestionError: The question is empty or too long.
        """
        return self.trace(question, excerpts, earlier).answer

    def explain(
        self, question: str, excerpts: int | None = None, earlier: Sequence[str] = ()
    ) -> tuple[Answer, tuple[Reason, ...]]:
        """Answer as `answer` does, with the reason for each excerpt."""
        trace = self.trace(question, excerpts, earlier)
        return trace.answer, tuple(
            _reason(trace.answer.searched, trace.ranking, window) for window in trace.windows
        )

    def trace(
        self, question: str, excerpts: int | None = None, earlier: Sequence[str] = ()
    ) -> Trace:
        """Answer as `answer` does, and keep what was found on the way."""
        started = time.perf_counter()
        asked = check_question(question, self._search.max_question_chars)
        leaning = understood(asked, earlier, self._searcher.languages)
        ranking = self._searcher.search(leaning or asked)
        count = excerpts or self._search.excerpts
        found = best_excerpts(ranking.hits, max(count, _JUDGED), self._search.excerpt_chars)
        sure = confidence(features(ranking, [window for _, window in found[:_JUDGED]]))
        answer = Answer(
            question=asked,
            excerpts=tuple(excerpt for excerpt, _ in found[:count]),
            answered=bool(found) and sure >= self._search.threshold,
            confidence=sure,
            generation=ranking.generation,
            elapsed_ms=(time.perf_counter() - started) * 1000,
            understood=leaning,
        )
        return Trace(answer, ranking, tuple(window for _, window in found[:count]))


def _reason(question: str, ranking: Ranking, window: Window) -> Reason:
    present = matched(ranking, window)
    language = window.hit.source.language
    words = dict.fromkeys(word.lower() for word in _WORD.findall(question))
    return Reason(
        words=tuple(word for word in words if present.intersection(terms(word, language))),
        rank=window.hit.rank,
        late=window.late,
        dense=window.hit.dense.score if window.hit.dense else 0.0,
        lexical=window.hit.lexical.score if window.hit.lexical else 0.0,
    )


def check_question(question: str, max_chars: int) -> str:
    """Return the question as it is searched: on one line, without control characters.

    Raises:
        QuestionError: It is empty or too long.
    """
    asked = " ".join(_CONTROL.sub(" ", question).split())
    if not asked:
        raise QuestionError("The question is empty; ask something in a few words.")
    if len(asked) > max_chars:
        raise QuestionError(
            f"The question has {len(asked):,} characters, the limit is {max_chars:,}; "
            "ask it in fewer words.",
            len(asked),
            max_chars,
        )
    return asked
