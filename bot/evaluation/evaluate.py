"""Evaluation: asks questions with known answers, and computes how good the replies are.

The golden gate asks them when the index is refreshed: no answer that is right may get lost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from bot.answers import Answer, Answerer, Trace
from bot.conversation import read_message
from bot.errors import QuestionError
from bot.evaluation.metrics import (
    RankingFigures,
    auroc,
    fold,
    passed_at_5,
    rank_of_answer,
    ranking_figures,
)
from bot.evaluation.questions import Question
from bot.followups import REMEMBERED
from config import SearchSettings
from retrieval.index import FixedSnapshot, Snapshot
from retrieval.refresh import Candidate
from retrieval.search import Searcher
from retrieval.types import Encoder

EXCERPTS = 3
"""A reply has at least so many excerpts, as `answer_at_3` needs three."""
# So many of the lost questions are named.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class QuestionOutcome:
    """The outcome of a question.

    Attributes:
        answer: The reply; None if the question is empty or too long.
        articles: The paths of the excerpts' articles, then of those of further hits; each once.
        fault: The reason why the question cannot be asked.
    """

    question: Question
    answer: Answer | None
    articles: tuple[str, ...] = ()
    fault: str | None = None

    @property
    def answered(self) -> bool:
        """Whether the reply claims to answer."""
        return self.answer is not None and self.answer.answered

    @property
    def confidence(self) -> float:
        """The confidence of the answer, 0 if the question cannot be asked."""
        return self.answer.confidence if self.answer else 0.0

    @property
    def article_rank(self) -> int | None:
        """Rank of the first right article, None if there is none."""
        right = set(self.question.articles)
        ranks = (n for n, path in enumerate(self.articles, start=1) if path in right)
        return next(ranks, None)

    @property
    def answer_rank(self) -> int | None:
        """Citation number of the first excerpt that holds an answer, None if none does."""
        texts = [one.text for one in self.answer.excerpts] if self.answer else []
        return rank_of_answer(texts, self.question.answers)

    @property
    def right(self) -> bool | None:
        """Whether the first excerpt is right; None if the question gives no way to tell.

        It is if it holds an answer, or if it comes from a right article and the question gives no
        answers. If no article answers, a reply that says so is right.
        """
        if not self.question.answerable:
            return not self.answered
        if _has_answers(self.question):
            return self.answer_rank == 1
        return self.article_rank == 1 if self.question.articles else None

    @property
    def holds(self) -> bool:
        """Whether the excerpts hold an answer, or are of a right article if there are no answers.

        If no article answers, the reply has to say so.
        """
        if not self.question.answerable:
            return not self.answered
        if _has_answers(self.question):
            return self.answer_rank is not None
        return bool(self.article_rank and self.article_rank <= EXCERPTS)


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """The figures of an evaluation; shares are 0 to 1, and a figure without questions is None.

    Attributes:
        questions: The number of questions asked.
        ranking: The figures of the ranking of articles.
        answer_at_1: The share of questions whose first excerpt holds an answer.
        mean_chars: The mean length of the first excerpts to answerable questions.
        auroc: The AUROC of the confidence, answerable questions against the others.
        answered_answerable: The share of answerable questions that the bot claims to answer.
        p50_ms: The median time of a reply.
        answered_answerable_at_5: The share of answerable questions that would be answered if the
            threshold let 5 % of the others pass.
        with_articles, with_answers: The number of answerable questions that name right articles,
            and of those that give answers.
    """

    questions: int
    ranking: RankingFigures
    answer_at_1: float | None
    answer_at_3: float | None
    mean_chars: float | None
    auroc: float | None
    answered_answerable: float | None
    answered_unanswerable: float | None
    p50_ms: float | None
    p95_ms: float | None
    answered_answerable_at_5: float | None
    answerable: int
    unanswerable: int
    with_articles: int
    with_answers: int


def ask_questions(
    answerer: Answerer,
    questions: Sequence[Question],
    excerpts: int = EXCERPTS,
    on_done: Callable[[int], None] = lambda _: None,
) -> list[QuestionOutcome]:
    """Ask questions one after the other, each in a conversation of its own.

    Args:
        answerer: The answerer that is evaluated.
        questions: The questions.
        excerpts: The number of excerpts of a reply, `EXCERPTS` at least.
        on_done: Called after each question with the number of questions asked so far.
    """
    outcomes = []
    for done, question in enumerate(questions, start=1):
        outcomes.append(_ask(answerer, question, max(excerpts, EXCERPTS)))
        on_done(done)
    return outcomes


def summarize(outcomes: Sequence[QuestionOutcome]) -> EvaluationReport:
    """Compute the figures of outcomes."""
    answerable = [one for one in outcomes if one.question.answerable]
    others = [one for one in outcomes if not one.question.answerable]
    with_answers = [one for one in answerable if _has_answers(one.question)]
    with_articles = [one for one in answerable if one.question.articles]
    ranks = [one.answer_rank for one in with_answers]
    firsts = [one.answer.excerpts[0] for one in answerable if one.answer and one.answer.excerpts]
    times = [one.answer.elapsed_ms for one in outcomes if one.answer]
    confidences = [one.confidence for one in answerable], [one.confidence for one in others]
    return EvaluationReport(
        questions=len(outcomes),
        ranking=ranking_figures([(one.question.articles, one.articles) for one in with_articles]),
        answer_at_1=_mean(rank == 1 for rank in ranks),
        answer_at_3=_mean(rank is not None and rank <= 3 for rank in ranks),
        mean_chars=_mean(len(excerpt.text) for excerpt in firsts),
        auroc=auroc(*confidences),
        answered_answerable=_mean(one.answered for one in answerable),
        answered_unanswerable=_mean(one.answered for one in others),
        p50_ms=_percentile(times, 50),
        p95_ms=_percentile(times, 95),
        answered_answerable_at_5=passed_at_5(*confidences),
        answerable=len(answerable),
        unanswerable=len(others),
        with_articles=len(with_articles),
        with_answers=len(with_answers),
    )


class GoldenGate:
    """A gate of a refresh: the new generation must keep right answers of the current one right.

    Args:
        encoder: The encoder of the index.
        search: The settings that the questions are answered with.
        questions: The golden questions: those that the operator knows the answers to.
    """

    def __init__(
        self, encoder: Encoder, search: SearchSettings, questions: Sequence[Question]
    ) -> None:
        self._encoder = encoder
        self._search = search
        self._questions = questions

    def __call__(self, candidate: Candidate) -> Sequence[str]:
        """Return a complaint that names the questions whose right answers would get lost."""
        if candidate.before is None:
            return []
        right = self._right(candidate.before, self._questions)
        kept = self._right(candidate.after, right)
        lost = [one.question for one in right if one not in kept]
        if not lost:
            return []
        named = "; ".join(repr(question) for question in lost[:_NAMED])
        more = f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else ""
        return [
            f"of {len(right)} golden questions that are answered rightly, {len(lost)} would be "
            f"lost: {named}{more}"
        ]

    def _right(self, snapshot: Snapshot, questions: Sequence[Question]) -> list[Question]:
        """Return the questions that are answered rightly from a snapshot."""
        searcher = Searcher(FixedSnapshot(snapshot), self._encoder, self._search)
        outcomes = ask_questions(Answerer(searcher, self._search), questions)
        return [one.question for one in outcomes if one.holds]


def _ask(answerer: Answerer, question: Question, excerpts: int) -> QuestionOutcome:
    """Ask a question after the earlier ones of its conversation, as a chat does."""
    earlier: deque[str] = deque(maxlen=REMEMBERED)
    for one in question.history:
        said = read_message(one)
        if said.talk is None:
            with suppress(QuestionError):
                earlier.append(answerer.answer(said.question, earlier=earlier).remembered)
    try:
        trace = answerer.trace(question.question, excerpts, earlier)
    except QuestionError as exc:
        return QuestionOutcome(question, None, fault=str(exc))
    return QuestionOutcome(question, trace.answer, _articles(trace))


def _articles(trace: Trace) -> tuple[str, ...]:
    excerpts = [source for one in trace.answer.excerpts for source in (one.source, *one.also)]
    hits = [source for one in trace.ranking.hits for source in (one.source, *one.also)]
    return tuple(dict.fromkeys(source.path for source in [*excerpts, *hits]))


def _has_answers(question: Question) -> bool:
    """Whether a question has an answer that an excerpt can hold; one like "?!" folds to nothing."""
    return any(fold(answer) for answer in question.answers)


def _mean(values: Iterable[float]) -> float | None:
    counted = list(values)
    return sum(counted) / len(counted) if counted else None


def _percentile(values: Sequence[float], percent: float) -> float | None:
    return float(np.percentile(values, percent)) if values else None
