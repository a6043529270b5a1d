"""What can go wrong in the bot, beside what goes wrong in its parts."""

from __future__ import annotations


class BotError(Exception):
    """The world does not let the bot do its work; the text tells the operator what to do."""


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
