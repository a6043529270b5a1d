"""Texts and their entities: what the bot may send, and what Telegram finds in what people write."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from .wire import Json

TEXT_UNITS = 4096
ENTITIES = 100
ENTITY_BYTES = 9_500

MARKS = {"bold", "italic", "underline", "strikethrough", "spoiler"}
QUOTES = {"blockquote", "expandable_blockquote"}
ENTITY_TYPES = (
    MARKS
    | QUOTES
    | {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "code"}
    | {"pre", "text_link", "text_mention", "custom_emoji", "date_time"}
)
# What an entity of a type cannot be without.
NEEDED = {"text_mention": "user", "custom_emoji": "custom_emoji_id", "date_time": "unix_time"}

# What Telegram makes links of in plain text, more greedily than it does (any top-level domain).
DETECTED = {
    "mention": re.compile(r"(?<!\w)@[A-Za-z0-9_]{2,32}(?!\w)"),
    "hashtag": re.compile(r"(?<![\w\u200c])#[\w\u200c]*[^\W\d_][\w\u200c]*"),
    "cashtag": re.compile(r"(?<![\w$])\$(?:1INCH|[A-Z]{1,8})(?![\w$])"),
    "bot_command": re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?![\w/<>])"),
    "url": re.compile(r"\w+://\S+|[^\s\u2060.@]+\.[^\W\d_]{2,}|\d{1,3}(?:\.\d{1,3}){3}"),
}

TYPED = re.compile(
    r"(?<![\w/<>@])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?)(?![\w/<>@])"
    r"|(?<![\w@])(?P<mention>@[A-Za-z0-9_]{3,32})(?![\w@])"
)


def units(text: str) -> int:
    """Count UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, offset: int, length: int) -> str:
    """Slice by UTF-16 code units; half a surrogate pair is a `UnicodeDecodeError`."""
    return text.encode("utf-16-le")[2 * offset : 2 * (offset + length)].decode("utf-16-le")


def typed(text: str) -> list[Json]:
    """Return the entities of the commands and mentions that a person wrote."""
    return [
        {"type": match.lastgroup, "offset": units(text[: match.start()]), "length": len(match[0])}
        for match in TYPED.finditer(text)
    ]


def violations(text: str, entities: list[Json]) -> Iterator[str]:
    """Yield what is wrong with a message's text and entities."""
    if not text.strip():
        yield "message text is empty"
    if units(text) > TEXT_UNITS:
        yield f"message is too long: {units(text)} units"
    if len(entities) > ENTITIES:
        yield f"too many entities: {len(entities)}"
    if (size := len(json.dumps(entities).encode())) > ENTITY_BYTES:
        yield f"entities are too large: {size} bytes"
    for entity in entities:
        yield from _flaws(text, entity)
    ordered = sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))
    for outer, inner in itertools.combinations(ordered, 2):
        overlap = outer["offset"] + outer["length"] - inner["offset"]
        if overlap > 0 and overlap < inner["length"]:
            yield f"entities intersect: {outer} {inner}"
        elif overlap > 0 and {outer["type"], inner["type"]} <= QUOTES:
            yield f"blockquotes nest: {outer} {inner}"
        elif overlap > 0 and outer["type"] == inner["type"]:
            yield f"entity in another of its type: {inner}"


def malformed(entities: object) -> Iterator[str]:
    """Yield what keeps entities from being read at all."""
    if not isinstance(entities, list):
        yield "can't parse entities: a list is expected"
        return
    for entity in entities:
        if not isinstance(entity, dict):
            yield f"can't parse entities: {entity} is no object"
        elif not isinstance(entity.get("type"), str):
            yield f"can't parse entities: {entity} has no type"
        elif not all(type(entity.get(name)) is int for name in ("offset", "length")):
            yield f"can't parse entities: {entity} needs a whole offset and length"


def _flaws(text: str, entity: Json) -> Iterator[str]:
    kind, offset, length = entity["type"], entity["offset"], entity["length"]
    if kind not in ENTITY_TYPES:
        yield f"unknown entity type: {entity}"
    if offset < 0 or length < 1 or offset + length > units(text):
        yield f"entity outside of the text: {entity}"
        return
    try:
        covered = cut(text, offset, length)
    except UnicodeDecodeError:
        yield f"entity splits a surrogate pair: {entity}"
        return
    if covered != covered.strip():
        yield f"entity begins or ends with white space: {entity}"
    if kind == "text_link" and not is_link(entity.get("url", "")):
        yield f"wrong URL: {entity}"
    if kind in NEEDED and NEEDED[kind] not in entity:
        yield f"no {NEEDED[kind]}: {entity}"


def is_link(url: object, schemes: tuple[str, ...] = ("http", "https", "tg")) -> bool:
    """Tell whether Telegram would take this address; hosts need a dot, except with `tg:`."""
    try:
        address = urlsplit(str(url))
        host = address.hostname or ""
    except ValueError:
        return False
    return address.scheme in schemes and ("." in host or (address.scheme == "tg" and host != ""))


def detected(text: str, entities: list[Json]) -> Iterator[tuple[str, str]]:
    """Yield the type and text of each link that Telegram adds, which it does not inside links."""
    taken = [
        (entity["offset"], entity["offset"] + entity["length"])
        for entity in entities
        if entity["type"] in ("text_link", "text_mention", "code", "pre")
    ]
    for kind, pattern in DETECTED.items():
        for match in pattern.finditer(text):
            start, end = units(text[: match.start()]), units(text[: match.end()])
            if not any(start < stop and begin < end for begin, stop in taken):
                yield kind, match.group()
