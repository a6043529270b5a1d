"""Telegram Desktop's export of a channel or a group as JSON: each message an article.

The format: https://core.telegram.org/import-export
"""

from __future__ import annotations

import codecs
import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from retrieval.articles.channel.post import MAX_NUMBER, Piece, Post, address_of, article_of, poll_of
from retrieval.articles.metadata import RawArticle, ReadingLimits
from retrieval.articles.text import UnreadableArticle, decode

WANTED = 'wanted result.json of Telegram Desktop\'s "Export chat history"'

# Chats whose messages have addresses, t.me/c/... for those who may read there.
_ADDRESSED = frozenset(
    {"private_channel", "private_supergroup", "public_channel", "public_supergroup"}
)
_CHANNELS = frozenset({"private_channel", "public_channel"})
Fields = Mapping[str, msgspec.Raw]
"""An object of the file, whose values are not read yet."""
_Kind = TypeVar("_Kind")

_PIECE = 1 << 16
# Telegram Desktop writes a control character as \x0B, which is no JSON.
_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|.)", re.DOTALL)


def read(path: str, data: bytes, limits: ReadingLimits) -> Iterator[RawArticle]:
    """Read an export of one chat, or of several.

    One message after another is read, so that however many there are, few are in memory.

    Raises:
        RecursionError: It is nested too deeply.
        UnreadableArticle: It is no such export.
    """
    export = _export(_utf8(data))
    if "messages" in export and _list(export, "messages") is not None:
        return _chat(export, limits, prefix="")
    chats = [
        chat
        for key in ("chats", "left_chats")
        for chat in map(_object, _list(_object(export.get(key)), "list") or ())
        if _list(chat, "messages") is not None
    ]
    if not chats:
        raise UnreadableArticle(f"JSON that is no Telegram export: {WANTED}")
    return (part for chat in chats for part in _chat(chat, limits, prefix=f"{_number(chat) or 0}-"))


def _export(data: bytes) -> Fields:
    try:
        return msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError as error:
        raise UnreadableArticle(f"JSON that is no Telegram export: {WANTED}") from error
    except msgspec.DecodeError as error:
        if (mended := _ESCAPE.sub(_mended, data)) != data:
            return _export(mended)
        raise UnreadableArticle(f"no JSON; {WANTED}") from error


def _mended(escape: re.Match[bytes]) -> bytes:
    return rb"\u00" + escape[1] if escape[1] else escape[0]


def _utf8(data: bytes) -> bytes:
    """Return a file in UTF-8, as it mostly is, without a text of it all in memory."""
    if b"\0" not in data:
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            for start in range(0, len(data), _PIECE):
                decoder.decode(data[start : start + _PIECE])
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            pass
        else:
            return data.removeprefix(codecs.BOM_UTF8)
    return decode(data).encode()


def _object(raw: msgspec.Raw | None) -> Fields:
    return _read(raw, dict[str, msgspec.Raw]) or {}


def _list(fields: Fields, key: str) -> list[msgspec.Raw] | None:
    return _read(fields.get(key), list[msgspec.Raw])


def _read(raw: msgspec.Raw | None, kind: type[_Kind]) -> _Kind | None:
    """Read a value; return None if there is none or it is not of this kind."""
    try:
        return None if raw is None else msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError:
        return None


def _field(fields: Fields, key: str, kind: type[_Kind]) -> _Kind | None:
    return _read(fields.get(key), kind)


def _number(fields: Fields) -> int | None:
    number = _field(fields, "id", int)
    return number if number is not None and abs(number) < MAX_NUMBER else None


def _chat(chat: Fields, limits: ReadingLimits, prefix: str) -> Iterator[RawArticle]:
    kind = _field(chat, "type", str)
    address = _address(chat, kind, limits.channels)
    for message in map(_object, _list(chat, "messages") or ()):
        number = _number(message)
        if number is None or _field(message, "type", str) != "message":
            continue
        article = article_of(
            Post(
                number,
                [*_pieces(message), *_poll(message)],
                date=_date(message),
                author=_field(message, "author", str)
                or (_field(message, "from", str) if kind not in _CHANNELS else None),
                origin=_field(message, "forwarded_from", str),
            ),
            address,
            prefix,
        )
        if article is not None:
            yield article


def _address(chat: Fields, kind: str | None, channels: Mapping[str, str]) -> str | None:
    """Return what the addresses of a chat's messages begin with; None if they have none."""
    number = _number(chat)
    name = str(number).removeprefix("-100")
    if number is not None and name in channels:
        return f"https://t.me/{channels[name]}"
    if (named := address_of(_field(chat, "name", str), channels)) is not None:
        return named
    return f"https://t.me/c/{name}" if kind in _ADDRESSED and name.isdecimal() else None


def _pieces(message: Fields) -> Iterator[Piece]:
    return _words(_value(message, "text") or _value(message, "text_entities"))


def _value(fields: Fields, key: str) -> Any:  # noqa: ANN401 (whatever the file holds)
    return _read(fields.get(key), object)


def _words(text: object) -> Iterator[Piece]:
    for piece in text if isinstance(text, list) else [text]:
        if isinstance(piece, str):
            yield piece, "plain"
        elif isinstance(piece, dict) and isinstance(words := piece.get("text"), str):
            role = piece.get("type")
            yield words, role if isinstance(role, str) else "plain"


def _poll(message: Fields) -> Iterator[Piece]:
    """Yield the question of a poll, or the title of a check list, and what can be chosen."""
    poll = _object(message.get("poll")) or _object(message.get("todo_list"))
    if poll:
        options = _field(poll, "answers", list) or []
        yield from poll_of(
            _plain(_value(poll, "question") or _value(poll, "title")),
            [_plain(one.get("text")) for one in options if isinstance(one, dict)],
        )


def _plain(text: object) -> str:
    return "".join(words for words, _ in _words(text))


def _date(message: Fields) -> dt.date | None:
    try:
        return dt.date.fromisoformat((_field(message, "date", str) or "")[:10])
    except ValueError:
        return None
