"""Follow-ups: how a question is searched that leans on the one before it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from retrieval.lexical import terms

REMEMBERED = 4
"""Earlier questions that are handed to the answerer, at most."""


def understood(question: str, earlier: Sequence[str], languages: Iterable[str]) -> str | None:
    """Return what is searched in place of a question, or None if it stands on its own.

    "And why?" has no term of its own, whatever the language of the articles; so the question
    before it is searched with it.

    Args:
        question: As it was asked.
        earlier: What the same person asked before, as it was searched, oldest first.
        languages: Of the articles, ISO 639-1.
    """
    if not earlier or any(terms(question, language) for language in languages):
        return None
    return f"{earlier[-1]} {question}"
