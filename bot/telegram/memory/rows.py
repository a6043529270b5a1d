"""What the rows of the bot's memory hold, and the values that are made of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

KEPT = "SELECT number, question_id, message_id, question, earlier, answered FROM answers"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a user talks with the bot."""

    chat: int
    topic: int | None
    user: int


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that was given.

    Attributes:
        number: Names it in the data of buttons.
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
class Stats:
    """Counts over a period; `up` and `down` are the votes on its answers."""

    questions: int
    answered: int
    askers: int
    chats: int
    up: int
    down: int


def kept_of(row: tuple[Any, ...]) -> Kept:
    """Make an answer of a row of `KEPT`."""
    number, question_id, message_id, question, earlier, answered = row
    return Kept(
        *(number, question_id, message_id, question),
        earlier=tuple(json.loads(earlier)),
        answered=bool(answered),
    )


def change(
    db: sqlite3.Connection, number: int, question: str, earlier: Sequence[str], answered: bool
) -> None:
    """Write what an answer is; the votes on what it was before go."""
    # Half a surrogate pair is valid JSON, which Telegram sends, but no text for SQLite.
    text = question.encode("utf-8", "replace").decode()
    db.execute(
        "UPDATE answers SET question = ?, earlier = ?, answered = ?,"
        " ups = 0, downs = 0 WHERE number = ?",
        (text, json.dumps(list(earlier)), answered, number),
    )
    db.execute("DELETE FROM votes WHERE answer = ?", (number,))


def count(db: sqlite3.Connection, number: int) -> None:
    """Count the votes on an answer."""
    db.execute(
        "UPDATE answers SET ups = (SELECT count(*) FROM votes WHERE answer = number AND up),"
        " downs = (SELECT count(*) FROM votes WHERE answer = number AND NOT up) WHERE number = ?",
        (number,),
    )
