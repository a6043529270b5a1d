"""Quotes: an excerpt as a part of a message, with its citation and the link to its article."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeAlias
from urllib.parse import quote as percent_encoded
from urllib.parse import urlsplit

from telegram import MessageEntity

from bot.languages import Language
from bot.telegram.views.message import TEXT_UNITS, Message, joined, part
from bot.telegram.views.text import harmless, normalised, one_line, shortened, units, within
from retrieval.types import Excerpt, Source

Link: TypeAlias = Callable[[Source], str]
"""Returns the address that opens an article in this bot, at a place if that is written behind it:
"…-120-480"."""

TITLE_UNITS = 200
# Articles that repeat the excerpt: how many are named, and how long each title is.
_ALSO, _ALSO_UNITS = 3, 60

_EXPANDABLE_CHARS = 400
_URL_CHARS = 2_000
_FRAGMENT_CHARS = 600


def quoted(
    excerpt: Excerpt,
    language: Language,
    *,
    citation: int | None = None,
    link: Link | None = None,
    room: int = TEXT_UNITS,
) -> Message:
    """Lay out an excerpt, its best sentence bold, with the citation under it.

    Args:
        excerpt: It is cut if it is too long for the room.
        language: Language of the date and of "page" and "paragraph".
        citation: Number of the citation, if it has one.
        link: What the title links to, where the article has no address.
        room: UTF-16 units that the quote may take.
    """
    below = cited(excerpt, language, citation=citation, link=link)
    text, spans = harmless(*normalised(excerpt.text, excerpt.highlights, rows=True))
    shorter = shortened(text, room - units(below.text) - 1)
    # The mark of the cut is not bold.
    kept = shorter if shorter == text else shorter.removesuffix(" …")
    return joined(block(shorter, within(kept, spans)), below, by="\n")


def block(text: str, bold: Iterable[tuple[int, int]]) -> Message:
    """Make a block quote, which opens by a tap if it is long."""
    long = len(text) > _EXPANDABLE_CHARS
    kind = MessageEntity.EXPANDABLE_BLOCKQUOTE if long else MessageEntity.BLOCKQUOTE
    return part(text, kind, bold=bold)


def cited(
    excerpt: Excerpt, language: Language, *, citation: int | None = None, link: Link | None = None
) -> Message:
    """Make the line `[1] Title · date · page 2, paragraph 4`, linked to the best sentence."""
    url = _link(excerpt.source, best_sentence(excerpt))
    if url is None and link is not None:
        start, end = cited_span(excerpt)
        url = f"{link(excerpt.source)}-{start}-{end}"
    return joined(
        part("" if citation is None else f"[{citation}] "),
        part(titled(excerpt.source), url=url),
        part(_date(excerpt.source, language)),
        part(" · " + language.place(excerpt.page, excerpt.paragraph, excerpt.last_paragraph)),
        part(_also(excerpt, language)),
    )


def named(
    source: Source, language: Language, link: Link | None = None, room: int = TITLE_UNITS
) -> Message:
    """Make the line `Title · date`, the title linked to where a list of articles opens it."""
    title = part(titled(source, room), url=link(source) if link else address(source))
    return joined(title, part(_date(source, language)))


def titled(source: Source, room: int = TITLE_UNITS) -> str:
    """Return an article's title on one line, or its path if nothing of the title can be shown."""
    return one_line(source.title, room) or one_line(source.path, room)


def best_sentence(excerpt: Excerpt) -> str:
    """Return the first of the sentences that answer best, normalised, or else the whole excerpt."""
    text, spans = normalised(excerpt.text, excerpt.highlights)
    spans = within(text, spans)
    return text[slice(*spans[0])] if spans else text


def cited_span(excerpt: Excerpt) -> tuple[int, int]:
    """Return where the sentence that answers best stands in the article, or else the excerpt."""
    start, end = next(iter(excerpt.highlights), (0, len(excerpt.text)))
    return excerpt.start + start, excerpt.start + end


def address(source: Source) -> str | None:
    """Return the article's address, or None if Telegram would not take it for a link.

    It refuses addresses of other schemes and of hosts without a dot.
    """
    url = source.url
    if not url or len(url) > _URL_CHARS or " " in url or not url.isprintable():
        return None
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not re.search(r"[^.]\.[^.]|:", host):
        return None
    return url


def _link(source: Source, sentence: str) -> str | None:
    """Return the article's address, made to open at the sentence, or None.

    The sentence is found by browsers that know text fragments
    (https://wicg.github.io/scroll-to-text-fragment/); the others open the page at its top.
    """
    url = address(source)
    if url is None or "#" in url:
        return url
    words = sentence.split()
    ends = [words[:4], words[-4:]] if len(words) > 8 else [words]
    # "-" and "," part the pieces of a fragment, and quoting leaves "-" alone.
    fragment = ",".join(percent_encoded(" ".join(end), safe="").replace("-", "%2D") for end in ends)
    return f"{url}#:~:text={fragment}" if 0 < len(fragment) <= _FRAGMENT_CHARS else url


def _also(excerpt: Excerpt, language: Language) -> str:
    titles = ", ".join(titled(source, _ALSO_UNITS) for source in excerpt.also[:_ALSO])
    if not titles:
        return ""
    more = len(excerpt.also) - _ALSO
    if more > 0:
        titles = f"{titles} (+{more})"
    return " · " + language.say("also in {titles}", titles=titles)


def _date(source: Source, language: Language) -> str:
    return f" · {language.date(source.date)}" if source.date else ""
