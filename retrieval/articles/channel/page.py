"""Telegram Desktop's export of a channel or a group as HTML: each message an article.

An export has a thousand messages a file: messages.html, messages2.html and so on. It says neither
the number nor the kind of the chat, only its name. In a history stand, with `class`:

    message service                  a day, or what happened: somebody joined
    message default [joined]         a message [of the same sender as the one before]
      body
        date details                 its `title` is the time, with the zone in later versions
        from_name
        forwarded body               around the rest, if it comes from elsewhere
          from_name
        reply_to details, media_wrap (with media_poll), text, signature details, ...
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lxml import etree  # type: ignore[import-untyped]

from retrieval.articles.channel.post import MAX_NUMBER, Piece, Post, address_of, article_of, poll_of
from retrieval.articles.metadata import RawArticle, ReadingLimits
from retrieval.articles.text import UnreadableArticle, one_line

if TYPE_CHECKING:
    from lxml.html import HtmlElement  # type: ignore[import-untyped]

_NUMBER = re.compile(r"message(-?\d{1,19})")
_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:\s|$)")
_VIA = re.compile(r"\s+via @\w+$")
_SCHEME = re.compile(r"^(?:mailto:|tel:|https?://)")
_DELETED = "Deleted Account"
# What these begin is no word where it is a link: a hashtag and its like.
_SIGNS = {"#": "hashtag", "@": "mention", "/": "bot_command", "$": "cashtag"}
_BLOCKS = frozenset({"blockquote", "div", "p", "pre"})
# What stands around the parts of a message.
_AROUND = frozenset({"default", "body", "media_wrap", "media_poll"})


@dataclass(slots=True)
class _Message:
    """What stands in a message; joined ones have the names of the message before."""

    number: int
    date: dt.date | None = None
    sender: str | None = None
    signature: str | None = None
    origin: str | None = None
    is_forwarded: bool = False
    texts: list[HtmlElement] = field(default_factory=list)
    question: HtmlElement | None = None
    options: list[HtmlElement] = field(default_factory=list)

    def take(self, kinds: set[str], part: HtmlElement) -> None:
        """Take over what a part of the message says."""
        if "date" in kinds:
            self.date = self.date or _date(part)
        elif "from_name" in kinds and self.is_forwarded:
            self.origin = _name(part)
        elif "from_name" in kinds:
            self.sender = _name(part)
        elif "signature" in kinds:
            self.signature = _name(part)
        elif "text" in kinds:
            self.texts.append(part)
        elif "question" in kinds:
            self.question = part
        elif "answer" in kinds:
            self.options.append(part)

    def pieces(self) -> Iterator[Piece]:
        for text in self.texts:
            yield from _pieces(text)
        if self.question is not None:
            options = [_label(one).removeprefix("- ") for one in self.options]
            yield from poll_of(_label(self.question), options)


def read(page: HtmlElement | None, limits: ReadingLimits) -> list[RawArticle] | None:
    """Read the messages of an export; return None if the page is no export.

    Raises:
        UnreadableArticle: The page is another one of an export: contacts, a list of chats.
    """
    if page is None or (history := _history(page)) is None:
        return None
    name = _chat_name(page)
    messages = list(_messages(history))
    # A channel speaks in its own name, which is not repeated for each of its posts.
    in_channel = all(one.sender in (None, name) for one in messages)
    posts = (
        Post(
            one.number,
            one.pieces(),
            date=one.date,
            author=one.signature or (None if in_channel else one.sender),
            origin=one.origin,
        )
        for one in messages
    )
    address = address_of(name, limits.channels)
    return [article for post in posts if (article := article_of(post, address)) is not None]


def _history(page: HtmlElement) -> HtmlElement | None:
    for history in page.iterfind(".//div[@class='history']"):
        if any("message" in _classes(one) and _number(one) is not None for one in history):
            return history
    body = page.find("body")
    if (
        body is not None
        and body.get("onload") == "CheckLocation();"
        and (page.findtext(".//title") or "").strip() == "Exported Data"
    ):
        raise UnreadableArticle("a page of Telegram's export without messages")
    return None


def _chat_name(page: HtmlElement) -> str:
    name = page.find(".//div[@class='page_header']//div[@class='text bold']")
    return "" if name is None else one_line(name.text_content())


def _messages(history: HtmlElement) -> Iterator[_Message]:
    before = _Message(0)
    for element in history.iterchildren("div"):
        kinds, number = _classes(element), _number(element)
        if number is None or not {"message", "default"} <= kinds:
            continue
        message = _message(number, element)
        if "joined" in kinds:
            message.sender = message.sender or before.sender
            if message.is_forwarded:
                message.origin = message.origin or before.origin
        yield message
        before = message


def _message(number: int, element: HtmlElement) -> _Message:
    message = _Message(number)
    walk = etree.iterwalk(element, events=("start",), tag="div")
    for _, part in walk:
        kinds = _classes(part)
        if {"forwarded", "body"} <= kinds:
            message.is_forwarded = True
        elif not kinds & _AROUND:
            message.take(kinds, part)
            walk.skip_subtree()
    return message


def _classes(element: HtmlElement) -> set[str]:
    return set((element.get("class") or "").split())


def _number(element: HtmlElement) -> int | None:
    match = _NUMBER.fullmatch(element.get("id") or "")
    number = int(match[1]) if match else MAX_NUMBER
    return number if abs(number) < MAX_NUMBER else None


def _date(element: HtmlElement) -> dt.date | None:
    match = _DAY.match(element.get("title") or "")
    try:
        return dt.date(int(match[3]), int(match[2]), int(match[1])) if match else None
    except ValueError:
        return None


def _name(element: HtmlElement) -> str | None:
    name = _VIA.sub("", _label(element))
    return None if name == _DELETED else name or None


def _label(element: HtmlElement) -> str:
    """Return the text of an element without its details, such as a time or a number of votes."""
    parts = [element.text]
    for inner in element:
        if "details" not in _classes(inner):
            parts += inner.itertext()
        parts.append(inner.tail)
    return one_line("".join(filter(None, parts)))


def _pieces(element: HtmlElement) -> Iterator[Piece]:
    """Yield the text of a message; its line breaks are elements, those of the file are spaces."""
    role, last, due = "plain", "\n", False
    for event, node in etree.iterwalk(element, events=("start", "end")):
        start = event == "start"
        if node.tag == "a":
            role = _role(node) if start else "plain"
        elif node.tag == "br" and start:
            yield "\n", "plain"
            last, due = "\n", False
        elif node.tag in _BLOCKS and node is not element:
            # The break beside a quotation stands in the text, or nowhere.
            due = due or last != "\n"
        text = node.text if start else node.tail
        if node is element and not start:
            return
        if text := _folded(text or "", "\n" if due else last):
            if due:
                yield "\n", "plain"
            yield text, role
            last, due = text[-1], False


def _folded(text: str, last: str) -> str:
    """Return a text without the line breaks of the file."""
    if "\n" not in text:
        return text
    first, *between, end = text.split("\n")
    folded = " ".join([first.rstrip(), *map(str.strip, between), end.lstrip()])
    return folded.lstrip() if last == "\n" and not first.strip() else folded


def _role(link: HtmlElement) -> str:
    """Return what a link is, by its text and where it leads."""
    text, target = link.text_content().strip(), link.get("href") or ""
    if text[:1] in _SIGNS and " " not in text:
        return _SIGNS[text[0]]
    return "link" if text and _bare(text) == _bare(target) else "text_link"


def _bare(address: str) -> str:
    return _SCHEME.sub("", address).rstrip("/")
