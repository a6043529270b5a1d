"""Quotes: text of articles in paragraphs of marked and unmarked segments, and links to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.catalogue import Span, article_key
from retrieval.chunking import split_paragraphs
from retrieval.types import Article, Excerpt, Source


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of text, marked or not."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; its number is that of citations."""

    number: int
    heading: bool
    segments: tuple[Segment, ...]


def paragraphs_of(excerpt: Excerpt) -> list[Paragraph]:
    """Return the paragraphs of an excerpt, the sentences that answer best marked."""
    return list(_paragraphs(excerpt.text, excerpt.highlights, ()))


def paragraphs_of_article(article: Article, marked: Span | None) -> list[Paragraph]:
    """Return the paragraphs of an article, an excerpt of it marked."""
    return list(_paragraphs(article.text, [marked] if marked else [], article.headings))


def _paragraphs(text: str, spans: Sequence[Span], headings: Iterable[int]) -> Iterator[Paragraph]:
    heads = frozenset(headings)
    for number, (start, end) in enumerate(split_paragraphs(text), start=1):
        segments = tuple(_segments(text, start, end, spans))
        yield Paragraph(number, start in heads, segments)


def _segments(text: str, start: int, end: int, spans: Sequence[Span]) -> Iterator[Segment]:
    at = start
    for first, last in spans:
        first, last = max(first, at), min(last, end)
        if first < last:
            if at < first:
                yield Segment(text[at:first], marked=False)
            yield Segment(text[first:last], marked=True)
            at = last
    if at < end:
        yield Segment(text[at:end], marked=False)


def link_to(source: Source) -> str:
    """Return the link to an article on this server."""
    return f"/articles/{article_key(source.path)}"


def link_into(excerpt: Excerpt) -> str:
    """Return the link that opens the article of an excerpt there, with the excerpt marked."""
    return f"{link_to(excerpt.source)}?mark={excerpt.start}-{excerpt.end}#p{excerpt.paragraph}"


def web_address(source: Source) -> str | None:
    """Return an article's own address, if it is one of the web."""
    try:
        parts = urlsplit(source.url or "")
    except ValueError:
        return None
    return source.url if parts.scheme in ("http", "https") and parts.netloc else None
