"""A message: plain text with entities, never a parse mode, and the buttons under it.

Nothing of an article is escaped, because nothing of it is parsed; it cannot fail to parse either.

A button carries callback data that means the same after a restart. Telegram allows 64 bytes, and a
modified client can send any. So nothing of a press is trusted: it names an answer, and whoever
handles it asks the bot's memory whether that answer belongs to the chat that the press comes from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputTextMessageContent,
    LinkPreviewOptions,
    MessageEntity,
)

from bot.telegram.views.text import Spans, units, within

TEXT_UNITS = 4096
"""Telegram's limit on a message's text, in UTF-16 code units."""
ENTITIES = 100
"""Telegram silently drops the entities beyond."""
ENTITY_BYTES = 9_000
"""Of the entities as JSON; the servers refuse more than about 9,500 (tdlib/td issue 165)."""

_BOLD_SPANS = 40


class Action(StrEnum):
    """The action that a press asks for."""

    ANSWER = "n"  # the answer with so many excerpts: more of them, or back from another view
    CONTEXT = "c"  # an excerpt with the paragraphs around it
    ARTICLE = "a"  # a page of the article of an excerpt
    WHY = "w"
    UP = "u"
    DOWN = "d"
    SOURCES = "s"  # a page of the list of articles
    READ = "r"  # a page of an article that was not cited
    LANGUAGE = "l"
    ASK = "q"  # the question that the button's text is


CITED = "c"
"""In place of a page of an article: that of what is cited."""

_DATA = re.compile(r"([a-z])((?::[0-9]{1,15}){4}):([A-Za-z0-9_-]{0,16})")


@dataclass(frozen=True, slots=True)
class Press:
    """A press of a button; what an action does not need stays at its default.

    Attributes:
        answer: Number of the answer in the bot's memory.
        shown: Excerpts that the answer shows, or is to show.
        number: Citation, from 1.
        page: From 0.
        key: Of an article (`article_key`), a language's code, or `CITED`.
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


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message, which sends a press or opens an address."""

    text: str
    press: Press | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        if (self.press is None) == (self.url is None):
            raise ValueError(f"button {self.text!r}: wanted either a press or a URL")


@dataclass(frozen=True, slots=True)
class Entity:
    """A span of a text that is bold, a quote, a link or the like.

    The library's own entities are made of these when a message is sent: to shift one of those costs
    as much as to lay out a line.

    Attributes:
        type: As `MessageEntity` names it.
        offset, length: In UTF-16 code units, as Telegram counts.
        url: Where a link leads.
    """

    type: str
    offset: int
    length: int
    url: str | None = None

    def shifted(self, by: int) -> Entity:
        """Return it so many units further on."""
        return Entity(self.type, self.offset + by, self.length, self.url)

    def to_dict(self) -> dict[str, object]:
        """Return it as Telegram takes it."""
        place = {"offset": self.offset, "length": self.length}
        return {"type": self.type, **place} | ({"url": self.url} if self.url else {})


@dataclass(frozen=True, slots=True)
class Message:
    """A message to send.

    Attributes:
        entities: What is bold, quoted or linked in the text.
        buttons: The buttons, in rows.
        preview: Address whose preview Telegram shows under the text; None for no preview.
    """

    text: str
    entities: tuple[Entity, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()
    preview: str | None = None

    def formatting(self) -> list[MessageEntity]:
        """Return the entities as the library takes them."""
        return [
            MessageEntity(one.type, one.offset, one.length, url=one.url) for one in self.entities
        ]

    def content(self) -> InputTextMessageContent:
        """Return what an inline card posts: text and entities, without buttons or a preview."""
        return InputTextMessageContent(
            self.text,
            entities=self.formatting(),
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )

    def keyboard(self) -> InlineKeyboardMarkup | None:
        """Return the buttons as Telegram takes them, or None if there are none."""
        if not self.buttons:
            return None
        return InlineKeyboardMarkup(
            [
                [
                    InlineKeyboardButton(
                        button.text,
                        url=button.url,
                        callback_data=button.press.encode() if button.press else None,
                    )
                    for button in row
                ]
                for row in self.buttons
            ]
        )


def part(
    text: str, *kinds: str, url: str | None = None, bold: Iterable[tuple[int, int]] = ()
) -> Message:
    """Make a piece of a message.

    Args:
        text: It has no white space at its ends where it gets a kind.
        kinds: Types of entities that cover the whole text.
        url: An address to which the whole text is a link.
        bold: Spans to make bold, as (start, end) pairs of characters.
    """
    if not text:
        return Message("")
    whole = units(text)
    entities = [Entity(kind, 0, whole) for kind in kinds]
    if url:
        entities.append(Entity(MessageEntity.TEXT_LINK, 0, whole, url))
    spans: Spans = within(text, bold)[:_BOLD_SPANS]
    entities += [
        Entity(MessageEntity.BOLD, units(text[:start]), units(text[start:end]))
        for start, end in spans
    ]
    return Message(text, tuple(entities))


def joined(*parts: Message, by: str = "") -> Message:
    """Join the parts; empty ones are left out."""
    text = ""
    entities: list[Entity] = []
    for one in parts:
        if one.text:
            text += by if text else ""
            before = units(text)
            entities += [each.shifted(before) for each in one.entities]
            text += one.text
    return Message(text, tuple(entities))


def filled(opening: Message, blocks: Iterable[Message]) -> tuple[Message, int]:
    """Add as many blocks as one message has room for, and return their number."""
    count = 0
    for block in blocks:
        longer = joined(opening, block, by="\n\n")
        if not fits(longer):
            break
        opening = longer
        count += 1
    return opening, count


def fits(message: Message) -> bool:
    """Whether a message is within the limits on text and entities."""
    return (
        units(message.text) <= TEXT_UNITS
        and len(message.entities) <= ENTITIES
        and sum(len(json.dumps(one.to_dict())) for one in message.entities) <= ENTITY_BYTES
    )
