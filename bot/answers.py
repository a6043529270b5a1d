"""A question's answer: excerpts in the order of their citation numbers, and how sure it is."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.errors import QuestionError
from bot.followups import understand_follow_up
from config import SearchSettings
from retrieval.search import (
    Correction,
    Explanation,
    Features,
    Ranking,
    Searcher,
    UnknownLanguage,
    Window,
    absent_words,
    adjust_by_reader,
    best_excerpts,
    confidence_of,
    explain_excerpt,
    features,
    highlight_reading,
)
from retrieval.types import Excerpt, Reader

# Excerpts that the confidence is computed from, however many are shown.
_JUDGED = 3
# C0, DEL, C1, surrogates, and the controls that reorder or hide text.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to one question.

    Attributes:
        excerpts: Best first; number n of `cited` is the citation `[n]`. Where `answered` is false
            these are the closest excerpts, which do not answer.
        confidence: 0 to 1.
        generation: Of the index that answered.
        understood: What was searched in place of a question that leans on earlier ones.
        unknown_language: What was searched of a question in a language that the encoder does not
            know.
        corrected: The question, or what it was understood as, with its typing errors repaired.
        corrections: The words that differ there; empty if `corrected` is None.
    """

    question: str
    excerpts: tuple[Excerpt, ...]
    answered: bool
    confidence: float
    generation: int
    elapsed_ms: float
    understood: str | None = None
    unknown_language: UnknownLanguage | None = None
    corrected: str | None = None
    corrections: tuple[Correction, ...] = ()

    @property
    def searched(self) -> str:
        """What was searched: the question, unless it leans on earlier ones or was repaired."""
        return self.corrected or self.understood or self.question

    def cited(self) -> Iterator[tuple[int, Excerpt]]:
        """Yield each excerpt with its citation number."""
        return enumerate(self.excerpts, start=1)


@dataclass(frozen=True, slots=True)
class Trace:
    """An answer and how it came about.

    Attributes:
        windows: Those of its excerpts, in their order.
        judged: What its confidence was computed from.
    """

    answer: Answer
    ranking: Ranking
    windows: tuple[Window, ...]
    judged: Features

    def reasons(self) -> tuple[Explanation, ...]:
        """Explain each excerpt."""
        return tuple(explain_excerpt(self.ranking, window) for window in self.windows)


class Answerer:
    """Answers questions from one index; safe to call from several threads."""

    def __init__(
        self, searcher: Searcher, search: SearchSettings, reader: Reader | None = None
    ) -> None:
        self._searcher = searcher
        self._search = search
        self._reader = reader

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

    def trace(
        self, question: str, excerpts: int | None = None, earlier: Sequence[str] = ()
    ) -> Trace:
        """Answer as `answer` does, and keep what was found on the way."""
        started = time.perf_counter()
        asked = check_question(question, self._search.max_question_chars)
        count = excerpts or self._search.excerpts
        understood, ranking, found = self._find(asked, earlier, max(count, _JUDGED))
        judged = features(ranking, [window for _, window in found[:_JUDGED]])
        sure = confidence_of(judged, ranking.scale)
        if self._reader is not None:
            texts = [excerpt.text for excerpt, _ in found]
            readings = self._reader.read(ranking.question, texts)
            sure = adjust_by_reader(sure, readings[:_JUDGED])
            found = [
                (highlight_reading(excerpt, reading), window)
                for (excerpt, window), reading in zip(found, readings, strict=True)
            ]
        if ranking.unknown_language is not None:
            sure *= ranking.unknown_language.certainty
        answer = Answer(
            question=asked,
            excerpts=tuple(excerpt for excerpt, _ in found[:count]),
            answered=bool(found) and sure >= self._search.threshold,
            confidence=sure,
            generation=ranking.generation,
            elapsed_ms=(time.perf_counter() - started) * 1000,
            understood=understood,
            unknown_language=ranking.unknown_language,
            corrected=ranking.question if ranking.corrections else None,
            corrections=ranking.corrections,
        )
        return Trace(answer, ranking, tuple(window for _, window in found[:count]), judged)

    def _find(
        self, asked: str, earlier: Sequence[str], count: int
    ) -> tuple[str | None, Ranking, list[tuple[Excerpt, Window]]]:
        """Search a question, after earlier ones if it leans on them; what it was understood as."""
        snapshot = self._searcher.snapshot
        other = understand_follow_up(asked, earlier, snapshot.languages, snapshot.rarity)
        if other is None:
            return None, *self._search_for(asked, count)
        if other.gain is None:
            return other.text, *self._search_for(other.text, count)
        alone, found_alone = self._search_for(asked, count)
        # What no article has stands beside nothing, and is a subject of its own.
        if not absent_words(alone):
            ranking, found = self._search_for(other.text, count)
            # Words of an unrelated question stand in no excerpt beside those of this one.
            gained = _best(found) - _best(found_alone)
            if gained > other.gain * ranking.scale.late_spread:
                return other.text, ranking, found
        return None, alone, found_alone

    def _search_for(
        self, question: str, count: int
    ) -> tuple[Ranking, list[tuple[Excerpt, Window]]]:
        ranking = self._searcher.search(question)
        return ranking, best_excerpts(ranking.hits, count, self._search.excerpt_chars)


def _best(found: Sequence[tuple[Excerpt, Window]]) -> float:
    return max((window.late for _, window in found[:_JUDGED]), default=0.0)


def fold_question(text: str) -> str:
    """Return a text on one line, without control characters."""
    return " ".join(_CONTROL.sub(" ", text).split())


def check_question(question: str, max_chars: int) -> str:
    """Return the question as it is searched: on one line, without control characters.

    Raises:
        QuestionError: It is empty or too long.
    """
    asked = fold_question(question)
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
