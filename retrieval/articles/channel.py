"""Telegram Desktop's export of a channel or a group: each message an article.

The format: https://core.telegram.org/import-export
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from retrieval.articles.metadata import Metadata, RawArticle, ReadingLimits, tags_of
from retrieval.articles.text import UnreadableArticle, decode

WANTED = 'wanted result.json of Telegram Desktop\'s "Export chat history"'

# Telegram's numbers have 64 bits; a longer one would be a name of thousands of digits.
MAX_NUMBER = 2**63

# Chats whose messages have addresses, t.me/c/... for those who may read there.
_ADDRESSED = frozenset(
    {"private_channel", "private_supergroup", "public_channel", "public_supergroup"}
)
_CHANNELS = frozenset({"private_channel", "public_channel"})
# Roles of pieces that are no words of a message.
_POINTERS = frozenset(
    {"bank_card", "bot_command", "cashtag", "email", "hashtag", "link", "mention", "phone"}
)
_ADDRESS = re.compile(r"\b(?:https?://|t\.me/|www\.)\S+")

Fields = Mapping[str, Any]
_Kind = TypeVar("_Kind")


def read(path: str, data: bytes, limits: ReadingLimits) -> Iterator[RawArticle]:
    """Read an export of one chat, or of several.

    Raises:
        RecursionError: It is nested too deeply.
        UnreadableArticle: It is no such export.
    """
    try:
        export = json.loads(decode(data))
    except ValueError as error:
        if isinstance(error, UnreadableArticle):
            raise
        raise UnreadableArticle(f"no JSON; {WANTED}") from error
    if _field(export, "messages", list) is not None:
        return _chat(export, limits, prefix="")
    chats = [
        chat
        for key in ("chats", "left_chats")
        for chat in _field(_field(export, key, dict), "list", list) or ()
        if _field(chat, "messages", list) is not None
    ]
    if not chats:
        raise UnreadableArticle(f"JSON that is no Telegram export: {WANTED}")
    return (part for chat in chats for part in _chat(chat, limits, prefix=f"{_number(chat) or 0}-"))


def _field(fields: object, key: str, kind: type[_Kind]) -> _Kind | None:
    """Return a field of an object, None if it is not of this kind."""
    value = fields.get(key) if isinstance(fields, dict) else None
    return value if isinstance(value, kind) and not isinstance(value, bool) else None


def _number(fields: object) -> int | None:
    number = _field(fields, "id", int)
    return number if number is not None and abs(number) < MAX_NUMBER else None


def _chat(chat: Fields, limits: ReadingLimits, prefix: str) -> Iterator[RawArticle]:
    kind = _field(chat, "type", str)
    address = _address(chat, kind, limits.channels)
    for message in chat["messages"]:
        number = _number(message)
        if number is None or _field(message, "type", str) != "message":
            continue
        pieces = list(_pieces(message))
        # A lone link, an emoji: nothing to quote.
        words = "".join(text for text, role in pieces if role not in _POINTERS)
        if not any(map(str.isalpha, _ADDRESS.sub("", words))):
            continue
        metadata = Metadata(
            date=_date(message),
            url=f"{address}/{number}" if address and number > 0 else None,
            author=_author(message, in_channel=kind in _CHANNELS),
            tags=tags_of(text.lstrip("#") for text, role in pieces if role == "hashtag"),
        )
        yield RawArticle(metadata, "".join(text for text, _ in pieces), key=f"{prefix}{number}")


def _address(chat: Fields, kind: str | None, channels: Mapping[str, str]) -> str | None:
    """Return what the addresses of a chat's messages begin with; None if they have none."""
    number = _number(chat)
    if number is None:
        return None
    name = str(number).removeprefix("-100")
    if name in channels:
        return f"https://t.me/{channels[name]}"
    return f"https://t.me/c/{name}" if kind in _ADDRESSED and name.isdecimal() else None


def _pieces(message: Fields) -> Iterator[tuple[str, str]]:
    """Yield the text of a message in pieces, each with its role ("bold", "link")."""
    text = message.get("text") or message.get("text_entities")
    for piece in text if isinstance(text, list) else [text]:
        if isinstance(piece, str):
            yield piece, "plain"
        elif (words := _field(piece, "text", str)) is not None:
            yield words, _field(piece, "type", str) or "plain"


def _date(message: Fields) -> dt.date | None:
    try:
        return dt.date.fromisoformat((_field(message, "date", str) or "")[:10])
    except ValueError:
        return None


def _author(message: Fields, *, in_channel: bool) -> str | None:
    """Return who wrote a message; a channel's own name is not repeated for each of its posts."""
    author = _field(message, "author", str) or ""
    if not author and not in_channel:
        author = _field(message, "from", str) or ""
    origin = _field(message, "forwarded_from", str)
    if origin:
        author = f"{author} (forwarded from {origin})" if author else f"forwarded from {origin}"
    return author or None
