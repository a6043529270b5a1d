"""The catalogue: the articles in a list, each by a short key or by words of its title, and places.

A place in an article is written as two offsets into its text, such as "120-480", so that a link can
name it.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from retrieval.index import IndexState
from retrieval.search import Searcher
from retrieval.types import Article, Source

Span = tuple[int, int]

_LIKENESS = 60
"""Likeness from which a mistyped title counts as meant, 0 to 100."""
_NO_MATCH = 4
"""The rank behind those of `_rank`."""
_PLACE_CHARS = 20
KEY_CHARS = 11
"""The length of an article's key."""


def article_key(path: str) -> str:
    """Return the name of an article in buttons and links: `KEY_CHARS` of A-Z a-z 0-9 _ -."""
    digest = hashlib.blake2b(path.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def span_at(article: Article, place: str) -> Span | None:
    """Return the span of a place in an article; None if it is none any more.

    What is linked to is of whole sentences: where an end of the span stands within a word, the
    article has changed since the link was made.
    """
    first, _, last = place.partition("-")
    if not (first.isdecimal() and last.isdecimal()) or len(place) > _PLACE_CHARS:
        return None
    start, end, text = int(first), int(last), article.text
    if not start < end <= len(text):
        return None
    whole = not text[start - 1 : start].isalnum() and not text[end : end + 1].isalnum()
    return (start, end) if whole else None


@dataclass(frozen=True, slots=True)
class _Listing:
    state: IndexState | None
    sources: tuple[Source, ...]
    by_key: Mapping[str, Source]


class Catalogue:
    """The articles of the generation that is searched; safe to use from several threads."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._listing = _Listing(None, (), {})

    def sources(self) -> tuple[Source, ...]:
        """Return all articles, the newest first, those without a date last."""
        return self._current().sources

    def open(self, path: str) -> Article | None:
        """Return an article; None if it is gone."""
        return self._searcher.snapshot.store.article(path)

    def by_key(self, key: str) -> Article | None:
        """Return the article of a key; None if there is none."""
        source = self._current().by_key.get(key)
        return self.open(source.path) if source else None

    def named(self, name: str) -> Article | None:
        """Return the article of a key or a path; None if there is none."""
        return self.by_key(name) or self.open(name)

    def titled(self, words: str) -> tuple[Source, ...]:
        """Return the articles whose title has all of some words, or words with these parts."""
        wanted = words.casefold().split()
        return tuple(
            source
            for source in self.sources()
            if all(word in source.title.casefold() for word in wanted)
        )

    def find(self, words: str) -> Article | None:
        """Return the article whose path or title was typed, in whole, in part, or almost.

        Of several articles it is the newest, unless one has exactly this path or title.
        """
        wanted = " ".join(words.split()).casefold()
        if not wanted:
            return None
        ranked = [(_rank(one, wanted), one) for one in self.sources()]
        rank, found = min(ranked, key=lambda pair: pair[0], default=(_NO_MATCH, None))
        if rank == _NO_MATCH:
            titles = {one.title.casefold(): one for _, one in reversed(ranked)}
            # Not by difflib, which takes half a second for ten thousand titles.
            near = process.extractOne(
                wanted, list(titles), scorer=fuzz.ratio, score_cutoff=_LIKENESS
            )
            found = titles[near[0]] if near else None
        return self.open(found.path) if found else None

    def _current(self) -> _Listing:
        snapshot = self._searcher.snapshot
        listing = self._listing
        if listing.state != snapshot.state:
            dated = sorted(
                snapshot.store.sources(), key=lambda one: one.date or dt.date.min, reverse=True
            )
            by_key = {article_key(source.path): source for source in dated}
            self._listing = listing = _Listing(snapshot.state, tuple(dated), by_key)
        return listing


def _rank(source: Source, wanted: str) -> int:
    path, title = source.path.casefold(), source.title.casefold()
    fits = (wanted == path, wanted == title, wanted in title, wanted in path)
    return fits.index(True) if any(fits) else _NO_MATCH
