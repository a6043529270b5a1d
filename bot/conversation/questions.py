"""Questions: those of a message that asks several, one after the other.

Only question marks part them. "And" does not: what follows it is seldom a question of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.conversation.messages import read_message
from bot.conversation.phrases import phrasebook, tokens_of
from bot.conversation.wishes import Wish

MOST_QUESTIONS = 3
"""The greatest number of questions of one message that are answered."""

# A longer message is a text, and its questions lean on what stands around them.
_CHARS = 500
# A mark, unless a quotation or a title goes on behind it.
_END = re.compile(r"[?？؟][?？؟!\s]*(?=\s|[A-ZА-ЯЁІЇЄҐÄÖÜ]|$)")
_QUOTED = re.compile(r"“[^”]*”|«[^»]*»|„[^“]*“|\"[^\"]*\"")
# What begins so belongs to the question before.
_OR = frozenset(["or", "або", "чи", "или", "либо", "oder"])

# No question has it, as each is made one line.
_BETWEEN = "\n"


def split_questions(text: str) -> tuple[str, ...]:
    """Return the questions of a message; all of it, if it asks but one."""
    if len(text) > _CHARS:
        return (text,)
    quoted = [match.span() for match in _QUOTED.finditer(text)]
    parts: list[str] = []
    start = 0
    for match in _END.finditer(text):
        if any(first < match.start() < last for first, last in quoted):
            continue
        _add(parts, text[start : match.end()].strip())
        start = match.end()
    _add(parts, text[start:].strip(), tail=True)
    if len(parts) < 2:
        return (text,)
    messages = [read_message(part) for part in parts]
    # "What is the law? When was it published?" asks twice of the law.
    wishes = [one.wish is not None and one.wish is not Wish.ORIGIN for one in messages]
    asked = tuple(
        one.question for one, wish in zip(messages, wishes, strict=True) if not (one.talk or wish)
    )
    return asked if len(asked) > 1 or (asked and any(wishes)) else (text,)


def remembered_together(questions: Iterable[str]) -> str:
    """Return what is remembered of a message that asked several questions; see `apart`."""
    return _BETWEEN.join(questions)


def apart(remembered: str) -> list[str]:
    """Return the questions that were asked in one message, oldest first."""
    return remembered.split(_BETWEEN)


def _add(parts: list[str], part: str, *, tail: bool = False) -> None:
    """Add a part, or join it to the one before if it is no question of its own."""
    words = [token.word for token in tokens_of(part)]
    if not words:
        return
    joined = words[0] in _OR or (tail and words[0] not in phrasebook().asking)
    if parts and joined:
        parts[-1] = f"{parts[-1]} {part}"
    else:
        parts.append(part)
