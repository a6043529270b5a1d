"""An evaluation: questions with known answers, what is replied to them, and how good it is."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from bot.answers import Answer, Answerer, Trace
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

EXCERPTS = 3
"""Excerpts that a reply is asked for at least, so that `answer_at_3` has three to look at."""


@dataclass(frozen=True, slots=True)
class QuestionOutcome:
    """What came of a question.

    Attributes:
        answer: None if it cannot be asked, being empty or too long.
        articles: Paths, those of the excerpts first, then those of further hits; each once.
        fault: Why it cannot be asked.
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
        """That of the answer, 0 if the question cannot be asked."""
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
        """Whether the reply begins with what is right, None if the question does not tell.

        The first excerpt holds an answer, or comes from a right article if the question tells no
        answer; where no article answers, the reply says so.
        """
        if not self.question.answerable:
            return not self.answered
        if _tells_answers(self.question):
            return self.answer_rank == 1
        return self.article_rank == 1 if self.question.articles else None

    @property
    def holds(self) -> bool:
        """Whether an asker is served: the answer, or else a right article, is among the excerpts.

        Where no article answers, the reply has to say so.
        """
        if not self.question.answerable:
            return not self.answered
        if _tells_answers(self.question):
            return self.answer_rank is not None
        return bool(self.article_rank and self.article_rank <= EXCERPTS)


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """How good the replies to all questions are; a figure is None where no question tells it.

    Attributes:
        questions: How many were asked.
        ranking: Of the articles.
        answer_at_1: Share of questions whose first excerpt holds an answer, 0 to 1 as all shares.
        mean_chars: Length of the first excerpts to answerable questions.
        auroc: Of the confidence, answerable questions against the others.
        answered_answerable: Share of the answerable that the reply claims to answer.
        p50_ms: Median time of a reply.
        answered_answerable_at_5: Share of the answerable that would be answered if the threshold
            let 5 % of the others pass.
        with_articles, with_answers: Answerable questions that tell right articles, answers.
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
        answerer: Who answers.
        questions: What is asked.
        excerpts: How many a reply has.
        on_done: Is told how many questions are done.
    """
    outcomes = []
    for done, question in enumerate(questions, start=1):
        outcomes.append(_ask(answerer, question, max(excerpts, EXCERPTS)))
        on_done(done)
    return outcomes


def summarize(outcomes: Sequence[QuestionOutcome]) -> EvaluationReport:
    """Return the figures of outcomes."""
    answerable = [one for one in outcomes if one.question.answerable]
    others = [one for one in outcomes if not one.question.answerable]
    told = [one for one in answerable if _tells_answers(one.question)]
    named = [one for one in answerable if one.question.articles]
    ranks = [one.answer_rank for one in told]
    firsts = [one.answer.excerpts[0] for one in answerable if one.answer and one.answer.excerpts]
    times = [one.answer.elapsed_ms for one in outcomes if one.answer]
    confidences = [one.confidence for one in answerable], [one.confidence for one in others]
    return EvaluationReport(
        questions=len(outcomes),
        ranking=ranking_figures([(one.question.articles, one.articles) for one in named]),
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
        with_articles=len(named),
        with_answers=len(told),
    )


def _ask(answerer: Answerer, question: Question, excerpts: int) -> QuestionOutcome:
    """Ask a question after those before it in its conversation, as a chat would."""
    earlier: deque[str] = deque(maxlen=REMEMBERED)
    for one in question.history:
        with suppress(QuestionError):
            earlier.append(answerer.answer(one, earlier=earlier).searched)
    try:
        trace = answerer.trace(question.question, excerpts, earlier)
    except QuestionError as exc:
        return QuestionOutcome(question, None, fault=str(exc))
    return QuestionOutcome(question, trace.answer, _articles(trace))


def _articles(trace: Trace) -> tuple[str, ...]:
    excerpts = [source for one in trace.answer.excerpts for source in (one.source, *one.also)]
    hits = [source for one in trace.ranking.hits for source in (one.source, *one.also)]
    return tuple(dict.fromkeys(source.path for source in [*excerpts, *hits]))


def _tells_answers(question: Question) -> bool:
    """Whether an excerpt can hold an answer: "?!" folds to nothing."""
    return any(fold(answer) for answer in question.answers)


def _mean(values: Iterable[float]) -> float | None:
    counted = list(values)
    return sum(counted) / len(counted) if counted else None


def _percentile(values: Sequence[float], percent: float) -> float | None:
    return float(np.percentile(values, percent)) if values else None
