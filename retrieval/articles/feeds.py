"""RSS and Atom: each entry of a feed an article.

feedparser reads the grammars. It is given bytes in memory: a string that looks like an address or
a path it would open.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from email.utils import parsedate
from html import escape, unescape
from io import BytesIO
from typing import Any
from urllib.parse import urljoin

import feedparser  # type: ignore[import-untyped]

from retrieval.articles import markup
from retrieval.articles.metadata import (
    Metadata,
    RawArticle,
    ReadingLimits,
    date_of,
    language_of,
    tags_of,
    url_of,
)
from retrieval.articles.text import UnreadableArticle, one_line, printable

KEY_DIGITS = 16

# A type that feedparser does not know and leaves alone.
_PLAIN = "text/x-plain"
_GUESSED = "text/plain"
# What is in base64 has the type of bytes.
_BYTES = "application/octet-stream"
_TEXTS = frozenset({"text/html", "application/xhtml+xml", _BYTES, _GUESSED})
# feedparser compares each tag of an entry, and each attribute of an element, with all others.
MAX_TAGS = 200
MAX_ATTRIBUTES = 500

_DECLARATION = re.compile(r"<\?xml[^>]*\?>\s*")
_CDATA = re.compile(r"(<!\[CDATA\[.*?(?:\]\]>|\Z))", re.DOTALL)
_REFERENCE = re.compile(r"&(?:#?\w{1,40};)?")
# feedparser joins the words of bare `div`s; the others would shadow what it stores in an entry.
_MISTAKEN = re.compile(
    r"(</?(?:[\w.-]+:)?)(?:div|aside|authors|contributors|links|(?:summary|title)_detail)\b", re.I
)
_ASIDE = re.compile(r"(</?)(?:media:description|itunes:summary)(?:\s[^<>]*?)?(/?>)")
_LONG_START = re.compile(r"<([^\s<>/!?][^\s<>/]*)\s[^<>]{1000,}?(/?)>")
_ENTRY = re.compile(r"(?=<(?:[\w.-]{1,40}:)?(?:item|entry)[\s>])")
_TAG_NAME = re.compile(r"(</?(?:[\w.-]{1,40}:)?)(?:category|subject|keywords)\b", re.I)
_PLAIN_TYPE = re.compile(r"\btype=([\"'])text(?:/plain)?\1")
_BASE64 = re.compile(r"(?:[\w+/]{4}\s*)*[\w+/]{2,4}={0,2}\s*", re.ASCII)
_MAIL = re.compile(r"\S+@\S+ \((.+)\)")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")

_Fields = Mapping[str, Any]


def read(path: str, data: bytes, limits: ReadingLimits) -> Iterator[RawArticle]:
    """Read a feed; of entries with one id, the first.

    Raises:
        UnreadableArticle: It is no feed, or one that feedparser stumbles over.
    """
    source = BytesIO(_prepared(data))
    try:
        parsed = feedparser.parse(source, sanitize_html=False, resolve_relative_uris=False)
        # Plain dictionaries: feedparser's answer `updated` with `published`.
        parts = [_part(path, dict(entry), dict(parsed.feed)) for entry in parsed.entries]
    except (AssertionError, AttributeError, LookupError, TypeError, ValueError) as exc:
        # Elements in each other that never are: it then finds None or text for a list.
        raise UnreadableArticle(f"a feed that feedparser stumbles over ({exc!r:.100})") from exc
    if not parsed.get("version") and not parts:
        raise UnreadableArticle("XML that is no RSS or Atom feed")
    keys: set[str] = set()
    for part in parts:
        if part.key not in keys:
            keys.add(part.key)
            yield part


def _prepared(data: bytes) -> bytes:
    """Return a feed in UTF-8 as feedparser reads it well."""
    text = printable(markup.decode_markup(data)).strip()
    if declaration := _DECLARATION.match(text):
        text = text[declaration.end() :]
    pieces = _CDATA.split(text)
    pieces[::2] = map(_repaired, pieces[::2])
    return "".join(map(_with_few_tags, _ENTRY.split("".join(pieces)))).encode()


def _repaired(xml: str) -> str:
    # Feeds use the entities of HTML without declaring them, and bare ampersands; those that one
    # declares may multiply, and are not read.
    xml = _REFERENCE.sub(lambda match: escape(printable(unescape(match[0]))), xml)
    xml = _MISTAKEN.sub(r"\1section", xml)
    # A caption is the text of an entry that has no other.
    xml = _ASIDE.sub(r"\1aside\2", xml)
    xml = _LONG_START.sub(_with_few_attributes, xml)
    # Text that declares no type is HTML as often.
    return _PLAIN_TYPE.sub(rf"type=\1{_PLAIN}\1", xml)


def _with_few_attributes(start: re.Match[str]) -> str:
    few = start[0].count("=") <= MAX_ATTRIBUTES
    return start[0] if few else f"<{start[1]}{start[2]}>"


def _with_few_tags(entry: str) -> str:
    few = sum(1 for _ in _TAG_NAME.finditer(entry)) <= 2 * MAX_TAGS
    return entry if few else _TAG_NAME.sub(r"\1section", entry)


def _part(path: str, entry: _Fields, feed: _Fields) -> RawArticle:
    link = _link(entry)
    # The details may be those of the title of an image.
    kind = entry.get("title_detail", {}).get("type", _GUESSED)
    title = one_line(_text(kind, entry.get("title", ""))) or None
    published = _day(entry.get("published") or entry.get("created"))
    updated = _day(entry.get("updated"))
    language = _language(entry) or feed.get("language")
    identity = entry.get("id") or link or f"{title}\n{published or updated}"
    metadata = Metadata(
        title=title,
        date=date_of(path, published, updated, language=language),
        url=url_of(path, _absolute(_link(feed), link)),
        author=", ".join(dict.fromkeys(_authors(entry))) or None,
        language=language_of(language),
        tags=tags_of(tag["label"] or tag["term"] or "" for tag in entry.get("tags", [])),
    )
    digest = hashlib.sha256(identity.encode()).hexdigest()
    return RawArticle(metadata, _body(entry), key=digest[:KEY_DIGITS])


def _link(entry: _Fields) -> str:
    for link in entry.get("links", []):
        if link["rel"] == "alternate" and link.get("href"):
            return str(link["href"])
    guid: str = entry.get("id", "")
    return guid if entry.get("guidislink") and guid.startswith("http") else ""


def _absolute(base: str, link: str) -> str:
    try:
        return link and urljoin(base, link)
    except ValueError:
        return link


def _language(entry: _Fields) -> str | None:
    details = entry.get("title_detail"), entry.get("summary_detail"), *entry.get("content", [])
    declared = [one["language"] for one in (entry, *details) if one and one.get("language")]
    return declared[0] if declared else None


def _authors(entry: _Fields) -> Iterator[str]:
    authors = entry.get("authors", [])
    for author in authors:
        name, email = author.get("name") or "", author.get("email") or ""
        written = one_line(entry.get("author", "")) if len(authors) == 1 else ""
        # feedparser takes the end of a long top-level domain for a name.
        if written and written != f"{name} ({email})":
            mail = _MAIL.fullmatch(written)
            yield mail[1] if mail else written
        elif named := one_line(name or email):
            yield named


def _body(entry: _Fields) -> str:
    """Return the longest text: feedparser does not tell the whole text from a summary."""
    details = [*entry.get("content", []), entry.get("summary_detail", {})]
    texts = (_text(one.get("type", ""), one.get("value", "")) for one in details)
    asides = (entry.get("aside"), entry.get("subtitle"))
    return max(texts, key=len).strip() or unescape(next(filter(None, asides), ""))


def _text(kind: str, text: str) -> str:
    """Return a text without markup, whether it is plain or HTML."""
    if kind == _BYTES and _BASE64.fullmatch(text):
        return ""  # no text, as feedparser could not decode it
    if kind and kind not in _TEXTS:
        return text if kind.startswith("text/") else ""
    if not _TAG.search(text):
        return unescape(text)
    page = markup.parse(f"<div>{text}</div>")
    return "" if page is None else markup.text_of(page)


def _day(value: str | None) -> str | None:
    """Return the day as its writer's calendar had it (feedparser's is of UTC), or as given."""
    value = one_line(value or "", 100)
    mail = None if value[:4].isdigit() else parsedate(value)
    return "{:04}-{:02}-{:02}".format(*mail[:3]) if mail else value or None
