"""Reading: an excerpt in its surroundings, an article in pages, the list of articles."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Sequence

from telegram import MessageEntity

from bot.catalogue import Span
from bot.languages import Language
from bot.telegram.views.message import TEXT_UNITS, Action, Button, Message, Press, joined, part
from bot.telegram.views.quotes import Link, address, cited, named, titled
from bot.telegram.views.text import (
    Spans,
    around,
    border,
    ending,
    harmless,
    normalised,
    one_line,
    safe,
    shortened,
    units,
    within,
)
from retrieval.chunking import split_paragraphs
from retrieval.types import Article, Excerpt, Source

_OWN_UNITS, _NEAR_UNITS = 2_000, 700
"""Lengths of the excerpt's paragraph and of each beside it: a screen or two of a phone."""
_PAGE_UNITS = 3_000
"""Length of an article's text on one page; title, author and page number need the rest."""
_LISTED = 10
_LISTED_TITLE_UNITS, _AUTHOR_UNITS = 120, 100
_BUTTONS_IN_ROW = 8

_Row = tuple[Button, ...]


def context(
    article: Article,
    excerpt: Excerpt,
    language: Language,
    *,
    number: int,
    shown: int,
    citation: int,
    citations: int,
    link: Link | None = None,
) -> Message:
    """Show an excerpt within its paragraph, with the paragraphs before and after.

    Args:
        article: If the excerpt is no longer in it, the excerpt is shown alone.
        excerpt: Its best sentence is bold, or all of it.
        language: Language of the interface.
        number: Number of the answer in the bot's memory.
        shown: Excerpts that the answer shows.
        citation: Number of the excerpt's citation, from 1.
        citations: Number of citations to choose from.
        link: What the title links to, where the article has no address.
    """
    before, own, place, after = _surroundings(article, excerpt)
    length = len(excerpt.text)
    marked = [(0, length), *(excerpt.highlights or [(0, length)])]
    text, spans = harmless(*normalised(own, [(place + a, place + b) for a, b in marked]))
    start, end = spans[0]

    below = cited(excerpt, language, citation=citation, link=link)
    room = TEXT_UNITS - units(below.text) - len("\n\n")
    # A sentence can be longer than what a paragraph gets.
    text, shift = around(text, start, end, min(max(_OWN_UNITS, units(text[start:end])), room))
    near = min(_NEAR_UNITS, (room - units(text)) // 2 - len("\n\n"))
    message = joined(
        part(ending(safe(before), near)),
        part(text, MessageEntity.BLOCKQUOTE, bold=[(a + shift, b + shift) for a, b in spans[1:]]),
        part(shortened("\n".join(filter(None, map(safe, after))), near)),
        below,
        by="\n\n",
    )
    choice = [
        Button(
            f"· {one} ·" if one == citation else str(one),
            Press(Action.CONTEXT, number, shown, one),
        )
        for one in range(1, citations + 1)
        if citations > 1
    ]
    rows = [tuple(choice[n : n + _BUTTONS_IN_ROW]) for n in range(0, len(choice), _BUTTONS_IN_ROW)]
    back = Button(language.say("‹ Back"), Press(Action.ANSWER, number, shown))
    return Message(message.text, message.entities, (*rows, (back,)))


def article(
    article: Article,
    language: Language,
    *,
    page: int | None,
    press: Callable[[int], Press],
    back: Press | None,
    marked: Span | None = None,
) -> Message:
    """Show a page of an article.

    Args:
        article: The article with its whole text.
        language: Language of the interface.
        page: From 0; one that does not exist is the nearest that does. None is the page of what is
            cited, or the first.
        press: Returns the press that turns to a page.
        back: The press of the button "Back", if there is one.
        marked: The span of what is cited, which is bold, its paragraph being a quote; or None.
    """
    source = article.source
    texts = pages(article.text, marked)
    if page is None:
        page = next((number for number, one in enumerate(texts) if one.entities), 0)
    page = _nearest(page, len(texts))
    url = address(source)
    about = [
        language.date(source.date) if source.date else "",
        one_line(source.author or "", _AUTHOR_UNITS),
    ]
    message = joined(
        joined(
            part(titled(source), MessageEntity.BOLD, url=url),
            part(" · ".join(filter(None, about))),
            by="\n",
        ),
        texts[page],
        _page_number(page, len(texts), language),
        by="\n\n",
    )
    last = [Button(language.say("‹ Back"), back)] if back else []
    if url:
        last.append(Button(language.say("Open"), url=url))
    rows = (_turning(page, len(texts), press), tuple(last))
    return Message(message.text, message.entities, tuple(filter(None, rows)))


def pages(text: str, marked: Span | None = None) -> list[Message]:
    """Cut an article's text into pages, at paragraphs or else at sentences; one at least.

    Joined, they hold all words of the text in order; a line of a paragraph is no line of its own.

    Args:
        text: The text.
        marked: The span of what is bold, its paragraph being a quote; nothing else has entities.
    """
    done: list[Message] = []
    page = Message("")
    for start, end in split_paragraphs(text):
        first, last = marked or (0, 0)
        own = (max(first, start) - start, min(last, end) - start)
        paragraph, bold = harmless(*normalised(text[start:end], [own] if own[0] < own[1] else []))
        at = 0
        while at < len(paragraph):
            room = _PAGE_UNITS - (units(page.text) + len("\n\n") if page.text else 0)
            cut = border(paragraph, room, at)
            if page.text and cut < len(paragraph) and room < _PAGE_UNITS // 2:
                done.append(page)
                page = Message("")
                continue
            page = joined(page, _piece(paragraph, at, cut, bold), by="\n\n")
            if cut < len(paragraph):
                done.append(page)
                page = Message("")
            at = cut
    return [*done, page] if page.text or not done else done


def _piece(paragraph: str, start: int, end: int, bold: Spans) -> Message:
    """Return a piece of a paragraph, as a quote if some of it is bold."""
    bare = paragraph[start:end]
    moved = start + len(bare) - len(bare.lstrip())
    text = bare.strip()
    inside = within(text, [(first - moved, last - moved) for first, last in bold])
    # As in `ending`, a cut may lay a command bare.
    text, inside = harmless(text, inside)
    return part(text, *([MessageEntity.BLOCKQUOTE] if inside else []), bold=inside)


def sources(sources: Sequence[Source], language: Language, *, page: int, link: Link) -> Message:
    """List the articles, the newest first, those without a date last.

    Args:
        sources: All articles, in any order.
        language: Language of the interface.
        page: From 0; one that does not exist is the nearest that does.
        link: Returns the address that opens an article in this bot.
    """
    if not sources:
        return part(language.say("There are no articles yet."))
    by_title = sorted(sources, key=lambda source: (source.title.casefold(), source.path))
    ordered = sorted(by_title, key=lambda source: source.date or dt.date.min, reverse=True)
    count = -(-len(ordered) // _LISTED)
    page = _nearest(page, count)
    lines = [
        joined(part("• "), named(source, language, link, _LISTED_TITLE_UNITS))
        for source in ordered[page * _LISTED : (page + 1) * _LISTED]
    ]
    message = joined(
        part(language.count("{n} article", "{n} articles", len(ordered)), MessageEntity.BOLD),
        joined(*lines, by="\n"),
        _page_number(page, count, language),
        by="\n\n",
    )
    row = _turning(page, count, lambda to: Press(Action.SOURCES, page=to))
    return Message(message.text, message.entities, (row,) if row else ())


def _surroundings(article: Article, excerpt: Excerpt) -> tuple[str, str, int, list[str]]:
    """Return the paragraph before, the excerpt's own, its place in that, and those after."""
    start, text = excerpt.start, article.text
    if text[start : excerpt.end] != excerpt.text:
        # The article has changed since it was cited.
        start = text.find(excerpt.text)
    spans = split_paragraphs(text)
    if start < 0 or not spans:
        return "", excerpt.text, 0, []
    here = max(0, bisect_right(spans, start, key=lambda span: span[0]) - 1)
    begin, end = spans[here]
    before = text[slice(*spans[here - 1])] if here else ""
    after = [text[slice(*span)] for span in spans[here + 1 : here + 3]]
    # A heading belongs to what follows it, and says nothing alone.
    if after and safe(after[0]) and spans[here + 1][0] not in article.headings:
        del after[1:]
    own = text[min(begin, start) : max(end, start + len(excerpt.text))]
    return before, own, start - min(begin, start), after


def _nearest(page: int, count: int) -> int:
    return min(max(page, 0), count - 1)


def _page_number(page: int, count: int, language: Language) -> Message:
    if count == 1:
        return Message("")
    text = language.say(
        "page {page} of {pages}",
        page=language.number(page + 1),
        pages=language.number(count),
    )
    return part(text, MessageEntity.ITALIC)


def _turning(page: int, count: int, press: Callable[[int], Press]) -> _Row:
    row = []
    if page > 0:
        row.append(Button("◀", press(page - 1)))
    if page < count - 1:
        row.append(Button("▶", press(page + 1)))
    return tuple(row)
