"""What the bot's memory keeps and counts, as values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChatPlace:
    """Where a user talks with the bot."""

    chat: int
    topic: int | None
    user: int


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer that was given.

    Attributes:
        number: Its number in the data of buttons.
        question_id: The message that asked.
        message_id: The message that answers; None until it is sent.
        earlier: The questions that it took into account, oldest first.
    """

    number: int
    question_id: int
    message_id: int | None
    question: str
    earlier: tuple[str, ...]
    answered: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """A question that the articles should answer better, and how many thumbs it got down."""

    question: str
    downs: int


@dataclass(frozen=True, slots=True)
class KeptQuestion:
    """A question that was asked, and the votes on its answer.

    Attributes:
        at: When, in seconds since 1970.
        answered: Whether the articles answer it.
        ups: The number of thumbs up.
        downs: The number of thumbs down.
    """

    question: str
    at: float
    answered: bool
    ups: int
    downs: int

    @property
    def is_gap(self) -> bool:
        """Whether it was not answered, or not well: more thumbs are down than up."""
        return not self.answered or self.downs > self.ups


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts over a period; `up` and `down` are the votes on its answers."""

    questions: int
    answered: int
    askers: int
    chats: int
    up: int
    down: int


@dataclass(frozen=True, slots=True)
class UnknownLanguages:
    """How many questions came in languages that the encoder does not know, and of how many."""

    questions: int
    askers: int
