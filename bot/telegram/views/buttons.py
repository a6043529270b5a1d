"""What a button carries: callback data that means the same after a restart.

Telegram allows 64 bytes, and a modified client can send any. So nothing here is trusted: a press
names an answer, and whoever handles it asks the bot's memory whether that answer belongs to the
chat that the press comes from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What a press asks for."""

    ANSWER = "n"  # the answer with so many excerpts: more of them, or back from another view
    CONTEXT = "c"  # an excerpt with the paragraphs around it
    ARTICLE = "a"  # a page of the article of an excerpt
    WHY = "w"
    UP = "u"
    DOWN = "d"
    SOURCES = "s"  # a page of the list of articles
    READ = "r"  # a page of an article that was not cited
    LANGUAGE = "l"


_DATA = re.compile(r"([a-z])((?::[0-9]{1,15}){4}):([A-Za-z0-9_-]{0,16})")


@dataclass(frozen=True, slots=True)
class Press:
    """A press of a button; what an action does not need stays at its default.

    Attributes:
        answer: Number of the answer in the bot's memory.
        shown: Excerpts that the answer shows, or is to show.
        number: Citation, from 1.
        page: From 0.
        key: Of an article (`article_key`), or a language's code.
    """

    action: Action
    answer: int = 0
    shown: int = 0
    number: int = 0
    page: int = 0
    key: str = ""

    def encode(self) -> str:
        """Return callback data: ASCII, at most 64 bytes for numbers below ten to the ninth."""
        numbers = f"{self.answer}:{self.shown}:{self.number}:{self.page}"
        return f"{self.action.value}:{numbers}:{self.key}"

    @classmethod
    def decode(cls, data: str) -> Press | None:
        """Read callback data; None where it is not of this form."""
        match = _DATA.fullmatch(data)
        if match is None or match[1] not in set(Action):
            return None
        answer, shown, number, page = map(int, match[2].split(":")[1:])
        return cls(Action(match[1]), answer, shown, number, page, match[3])
