"""A question's answer: excerpts in the order of their citation numbers, and how sure it is."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from config import SearchSettings
from retrieval.answerable import confidence, features
from retrieval.excerpts import best_excerpts
from retrieval.search import Ranking, Searcher
from retrieval.types import Excerpt

# Excerpts that the confidence is computed from, however many are shown.
_JUDGED = 3
# C0, DEL, C1, surrogates, and the controls that reorder or hide text.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


class QuestionError(ValueError):
    """A question that cannot be asked; its text tells the asker what to do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to one question.

    Attributes:
        excerpts: Best first; number n of `cited` is the citation `[n]`. Where `answered` is false
            these are the closest excerpts, which do not answer.
        confidence: 0 to 1.
        generation: Of the index that answered.
    """

    question: str
    excerpts: tuple[Excerpt, ...]
    answered: bool
    confidence: float
    generation: int
    elapsed_ms: float

    def cited(self) -> Iterator[tuple[int, Excerpt]]:
        """Yield each excerpt with its citation number."""
        return enumerate(self.excerpts, start=1)


class Answerer:
    """Answers questions from one index; safe to call from several threads."""

    def __init__(self, searcher: Searcher, search: SearchSettings) -> None:
        self._searcher = searcher
        self._search = search

    def answer(self, question: str, excerpts: int | None = None) -> Answer:
        """Answer a question.

        Args:
            question: As it was asked.
            excerpts: How many at most, instead of what the settings say.

        Raises:
            QuestionError: The question is empty or too long.
        """
        started = time.perf_counter()
        asked = check_question(question, self._search.max_question_chars)
        ranking = self._searcher.search(asked)
        search = (
            self._search
            if excerpts is None
            else self._search.model_copy(update={"excerpts": excerpts})
        )
        return compose(asked, ranking, search, started)


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
            "ask it in fewer words."
        )
    return asked


def compose(question: str, ranking: Ranking, search: SearchSettings, started: float) -> Answer:
    """Turn ranked chunks into an answer.

    Args:
        question: As it was searched.
        ranking: What was found.
        search: How many excerpts, how long, and from which confidence they answer.
        started: `time.perf_counter()` when the question came.
    """
    found = best_excerpts(ranking.hits, max(search.excerpts, _JUDGED), search.excerpt_chars)
    sure = confidence(features(ranking, [window for _, window in found[:_JUDGED]]))
    found = found[: search.excerpts]
    return Answer(
        question=question,
        excerpts=tuple(excerpt for excerpt, _ in found),
        answered=bool(found) and sure >= search.threshold,
        confidence=sure,
        generation=ranking.generation,
        elapsed_ms=(time.perf_counter() - started) * 1000,
    )
