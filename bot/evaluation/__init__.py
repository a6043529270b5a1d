"""Evaluation: questions with known answers, and how well they are answered.

A file of questions passes through:

    command     the command `evaluate`: its options, its JSON documents, its table
    questions   reads the file, and draws a sample
    evaluate    asks the questions and computes the figures; holds the gate of golden questions
    metrics     the metrics of rankings, excerpts and the confidence
"""

from __future__ import annotations

from bot.evaluation.evaluate import (
    EvaluationReport,
    GoldenGate,
    QuestionOutcome,
    ask_questions,
    summarize,
)
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
