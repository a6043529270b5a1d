"""Errors of the bot itself; embeddings, retrieval and config have their own."""

from __future__ import annotations


class BotError(Exception):
    """Something outside the program is at fault; the message tells the operator what to do."""


class QuestionError(ValueError):
    """A question cannot be asked; the message tells the asker what to do.

    Attributes:
        found, limit: The length of a question that is too long and the greatest one, in
            characters; both are 0 for an empty question.
    """

    def __init__(self, message: str, found: int = 0, limit: int = 0) -> None:
        super().__init__(message)
        self.found = found
        self.limit = limit
