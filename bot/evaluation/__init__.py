"""Evaluation: questions with known answers, and how well they are answered.

A file of questions takes this way:

    command     the command `evaluate`: its options, its JSON documents, its table
    questions   reads the file, draws a sample
    evaluate    asks them, keeps what came of each, sums it up
    metrics     how good a ranking, an excerpt or a confidence is
    golden      the same questions at the gate of a refresh, which may lose none of them
"""

from __future__ import annotations

from bot.evaluation.evaluate import EvaluationReport, QuestionOutcome, ask_questions, summarize
from bot.evaluation.golden import GoldenGate
from bot.evaluation.questions import (
    Question,
    gather_questions,
    missing_articles,
    read_questions,
    sample_questions,
)

__all__ = [
    "EvaluationReport",
    "GoldenGate",
    "Question",
    "QuestionOutcome",
    "ask_questions",
    "gather_questions",
    "missing_articles",
    "read_questions",
    "sample_questions",
    "summarize",
]
