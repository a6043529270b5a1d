"""Records: the questions of readers and their votes, kept without names."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Sequence

from bot.answers import Answer
from bot.errors import BotError
from bot.records import ChatPlace, State

_log = logging.getLogger(__name__)

_BITS = 62
"""So many random bits has the number of a reader, which nobody can guess."""
_KEY = re.compile(r"([0-9]{1,15})-([0-9a-f]{1,16})")


def new_reader() -> int:
    """Return the number that stands for a reader in one conversation, and no longer."""
    return secrets.randbits(_BITS)


class Records:
    """Keeps questions and votes; safe to use from several threads.

    Args:
        memory: Where they are kept; None keeps nothing, and nobody can vote.
    """

    def __init__(self, memory: State | None) -> None:
        self._memory = memory

    def keep(self, reader: int, answers: Sequence[Answer], earlier: Sequence[str]) -> list[int]:
        """Keep the questions of a message, and return the number of each; none if it fails.

        Args:
            reader: The number of the reader; see `new_reader`.
            answers: The answers to the questions.
            earlier: What was remembered of earlier messages, oldest first.
        """
        if self._memory is None:
            return []
        place = ChatPlace(reader, None, reader)
        try:
            return [
                self._memory.add_answer(
                    place, secrets.randbits(_BITS), answer.question, earlier, answer.answered
                )
                for answer in answers
            ]
        except BotError as exc:
            _log.warning("a question is answered, and not kept: %s", exc)
            return []

    def vote(self, number: int, reader: int, helpful: bool) -> bool:
        """Count a reader's vote on an answer; return False if no such answer is kept.

        Raises:
            BotError: The vote cannot be kept.
        """
        if self._memory is None or not self.has(number, reader):
            return False
        self._memory.vote(number, reader, helpful)
        return True

    def forget(self, reader: int) -> None:
        """Erase all that is kept of a reader.

        Raises:
            BotError: It cannot be erased.
        """
        if self._memory is not None:
            self._memory.forget_user(reader)

    def has(self, number: int, reader: int) -> bool:
        """Whether an answer that this reader got is kept."""
        return self._memory is not None and self._memory.answer(number, reader) is not None


def key_of(number: int, reader: int) -> str:
    """Return the key by which a program names an answer that it got."""
    return f"{number}-{reader:x}"


def read_key(key: str) -> tuple[int, int] | None:
    """Return the number of an answer and that of its reader; None if it is no key."""
    found = _KEY.fullmatch(key)
    return (int(found[1]), int(found[2], 16)) if found else None
