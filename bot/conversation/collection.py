"""The collection: articles that stand for all, the newest, one by its name, and their sentences.

All of it comes from what the index has: dates, titles, the chunks' vectors and their tokens.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from bot.conversation.phrases import fold
from bot.conversation.sentences import candidates_of, central_sentences, representatives
from bot.conversation.wishes import is_article_word
from retrieval.index import IndexState, Snapshot, StoredChunk
from retrieval.languages import columns, spellings, term_of, terms
from retrieval.types import Excerpt, FloatArray, Sentence, Source

if TYPE_CHECKING:
    from bot.library import Library

# An article's vector is the mean of so many of its chunks, and so many articles are compared.
_CHUNKS_OF_ARTICLE, _ARTICLES = 20, 1_000
# The sentences of so many chunks are compared for a summary.
_CHUNKS_OF_SUMMARY = 40
# Names and headings are looked for in so many chunks.
_SAMPLE = 300
_LEAD_COLUMNS = 220
_LEAST_LEAD_COLUMNS = 25
_LEAD_CHUNKS = 2
# Of the words that name an article, its title has so many, each counted by how rare it is.
_TITLE_SHARE = 0.6
# So much counts a word that is in every article; a name of such words only is better than none.
_COMMON = 0.1
# How far the cosine of the best chunk may lie below the centre of the scale, in spreads, where an
# article is taken to be about what it is named by.
_ABOUT = -0.5
_Item = TypeVar("_Item")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@dataclass(slots=True)
class _Listing:
    """The articles of one generation.

    Attributes:
        state: The state of the store, by which another generation is known.
        chunks: Ids of each article's chunks, by path.
        spread: Articles that stand for all, in order, as far as they were asked for.
        leads: By path, the beginnings of articles, as far as they were asked for.
        names: By path, the terms of an article's title and path, and those of its tags.
    """

    state: IndexState
    sources: dict[str, Source]
    chunks: dict[str, list[int]]
    spread: tuple[str, ...] = ()
    leads: dict[str, Excerpt | None] = field(default_factory=dict)
    names: dict[str, tuple[set[str], set[str]]] | None = None

    def named(self) -> dict[str, tuple[set[str], set[str]]]:
        """Return the terms that articles are found by, which are made once."""
        if self.names is None:
            self.names = {
                path: (
                    set(terms(f"{one.title} {' '.join(_WORD.findall(path))}", one.language)),
                    set(terms(" ".join(one.tags), one.language)),
                )
                for path, one in self.sources.items()
            }
        return self.names


class Collection:
    """The articles of the generation that is searched; safe to use from several threads."""

    def __init__(self, library: Library) -> None:
        self._searcher = library.searcher
        self._answerer = library.answerer
        self._listing: _Listing | None = None

    @property
    def snapshot(self) -> Snapshot:
        """The generation that is searched."""
        return self._searcher.snapshot

    def number(self) -> int:
        """Return the number of articles."""
        return self.snapshot.generation.articles

    def has_word(self, word: str) -> bool:
        """Whether an article has a word, in any of its forms."""
        return self.snapshot.has_word(word)

    def dates(self) -> tuple[dt.date | None, dt.date | None]:
        """Return the dates of the oldest and of the newest article."""
        dates = [source.date for source in self._current()[1].sources.values() if source.date]
        return min(dates, default=None), max(dates, default=None)

    def spread(self, count: int) -> tuple[Source, ...]:
        """Return so many articles that together stand for all, the most typical first."""
        snapshot, listing = self._current()
        if len(listing.spread) < min(count, len(listing.chunks)):
            listing.spread = _spread(snapshot, listing, count)
        return tuple(listing.sources[path] for path in listing.spread[:count])

    def newest(
        self, period: tuple[dt.date, dt.date] = (dt.date.min, dt.date.max)
    ) -> tuple[Source, ...]:
        """Return the articles of a period that have a date, the newest first."""
        _, listing = self._current()
        dated = [
            (source.date, source)
            for source in listing.sources.values()
            if source.date and period[0] <= source.date <= period[1]
        ]
        dated.sort(key=lambda pair: pair[1].title.casefold())
        dated.sort(key=lambda pair: pair[0], reverse=True)
        return tuple(source for _, source in dated)

    def lead(self, source: Source) -> Excerpt | None:
        """Return the beginning of an article, without its headings."""
        snapshot, listing = self._current()
        if source.path not in listing.leads:
            ids = listing.chunks.get(source.path, [])[:_LEAD_CHUNKS]
            listing.leads[source.path] = _lead(source, list(_read(snapshot, ids)))
        return listing.leads[source.path]

    def sample(self) -> Iterator[StoredChunk]:
        """Yield chunks from all over the articles."""
        snapshot, listing = self._current()
        return _read(
            snapshot, _evenly([id_ for ids in listing.chunks.values() for id_ in ids], _SAMPLE)
        )

    def find(self, name: str, *, certain: bool) -> Source | None:
        """Return the article that words name best; see `fitting`."""
        return next(iter(self.fitting(name, certain=certain)), None)

    def fitting(self, name: str, *, certain: bool) -> tuple[Source, ...]:
        """Return the articles that words name equally well, by title or else one by its subject.

        Args:
            name: Words of the title or of the subject.
            certain: Whether they are known to name an article; else its title has to have them.

        Returns:
            Those with least else in the title first; none if no article fits.
        """
        words = [word for word in _WORD.findall(name) if not is_article_word(fold(word))]
        folded = " ".join(name.split()).strip(" \"'“”„«»?!.").casefold()
        sources = self._current()[1].sources
        exact = [
            one for one in sources.values() if folded in (one.title.casefold(), one.path.casefold())
        ]
        found = exact or self._by_title(words)
        if not found and certain and (about := self._by_subject(" ".join(words))) is not None:
            found = [about]
        return tuple(found)

    def sentences(self, source: Source, count: int) -> list[Excerpt]:
        """Return the sentences that say most of an article, the most central first."""
        snapshot, listing = self._current()
        ids = listing.chunks.get(source.path, [])
        if len(ids) > _CHUNKS_OF_SUMMARY:
            some = _evenly(ids, _ARTICLES)
            vectors = snapshot.dense.vectors(some)
            ids = sorted(some[n] for n in representatives(vectors, _CHUNKS_OF_SUMMARY))
        chunks = list(_read(snapshot, ids))
        found = [one for chunk in chunks for one in candidates_of(chunk)]
        # Of lists, tables and headlines, any line may be a sentence.
        found = found or [one for chunk in chunks for one in candidates_of(chunk, every=True)]
        chosen = central_sentences(found, count, self._searcher.encoder)
        return [_excerpt(one.chunk, one.opening, one.sentence) for one in chosen]

    def _by_title(self, words: Sequence[str]) -> list[Source]:
        rarity = self.snapshot.rarity
        weights = {word: _COMMON + rarity(word) for word in words if self._means(word)}
        whole = sum(weights.values())
        forms = {
            language: {word: _forms(word, language) for word in weights}
            for language in self.snapshot.languages
        }
        ranked: list[tuple[float, float, Source]] = []
        _, listing = self._current()
        for path, (title, tags) in listing.named().items():
            source = listing.sources[path]
            own = forms.get(source.language, {})
            found = [word for word in own if own[word] & title]
            tagged = [word for word in own if own[word] & (title | tags)]
            share = sum(weights[word] for word in tagged) / whole if whole and found else 0.0
            precision = len(found) / len(title) if title else 0.0
            if share >= _TITLE_SHARE:
                ranked.append((share, precision, source))
        ranked.sort(key=lambda one: one[:2], reverse=True)
        return [source for share, _, source in ranked if share == ranked[0][0]]

    def _by_subject(self, subject: str) -> Source | None:
        if not subject:
            return None
        trace = self._answerer.trace(subject, 1)
        ranking = trace.ranking
        # Where nothing comes near, the best passage of short articles may still look as if it did.
        if not ranking.hits or trace.answer.far:
            return None
        best = ranking.hits[0]
        if best.dense is None:
            return None
        scale = ranking.scale
        near = (best.dense.score - scale.dense) / scale.dense_spread >= _ABOUT
        return best.source if near else None

    def _means(self, word: str) -> bool:
        """Whether a word is no stop word in every language of the articles."""
        return any(terms(word, language) for language in self.snapshot.languages)

    def _current(self) -> tuple[Snapshot, _Listing]:
        """Return the generation that is searched, and its articles."""
        snapshot = self.snapshot
        listing = self._listing
        if listing is None or listing.state != snapshot.state:
            chunks = snapshot.store.chunks_of_articles(snapshot.generation.number)
            # Copies of an article are cited by the first name, and it is listed once.
            sources = {one.path: one for one in snapshot.store.sources() if one.path in chunks}
            kept = {path: ids for path, ids in chunks.items() if path in sources}
            self._listing = listing = _Listing(snapshot.state, sources, kept)
        return snapshot, listing


def _spread(snapshot: Snapshot, listing: _Listing, count: int) -> tuple[str, ...]:
    paths = _evenly(list(listing.chunks), _ARTICLES)
    vectors = []
    for path in paths:
        mean = snapshot.dense.vectors(_evenly(listing.chunks[path], _CHUNKS_OF_ARTICLE))
        vectors.append(mean.mean(axis=0))
    return tuple(paths[n] for n in representatives(_unit(np.array(vectors)), count))


def _lead(source: Source, stored: Sequence[StoredChunk]) -> Excerpt | None:
    """Return the beginning of an article of which these are the first chunks."""
    sentences = [(chunk, sentence) for chunk in stored for sentence in chunk.chunk.sentences]
    if not sentences:
        return None
    title = " ".join(source.title.split()).casefold()

    def says(chunk: StoredChunk, sentence: Sentence) -> bool:
        text = chunk.chunk.text_of(sentence)
        long = columns(text) >= _LEAST_LEAD_COLUMNS and not sentence.heading
        return long and " ".join(text.split()).casefold() != title

    chunk, first = next((one for one in sentences if says(*one)), sentences[0])
    last = first
    for sentence in chunk.chunk.sentences:
        if sentence.start > last.start and sentence.paragraph == first.paragraph:
            if columns(chunk.chunk.text_of(first, sentence)) > _LEAD_COLUMNS:
                break
            last = sentence
    return _excerpt(chunk, first, last)


def _read(snapshot: Snapshot, ids: Sequence[int]) -> Iterator[StoredChunk]:
    """Yield chunks in the order of their ids."""
    found = snapshot.chunks(ids)
    return (found[number] for number in ids if number in found)


def _forms(word: str, language: str) -> set[str]:
    """Return the terms of a word, and of a Cyrillic name in Latin letters."""
    forms = (term_of(form, language) for form in islice((word, *spellings(word)), 12))
    return {form for form in forms if form}


def _evenly(items: Sequence[_Item], most: int) -> list[_Item]:
    """Return at most so many of the items, from all over them."""
    if len(items) <= most:
        return list(items)
    return [items[n * len(items) // most] for n in range(most)]


def _unit(vectors: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1.0), dtype=np.float32)


def _excerpt(stored: StoredChunk, first: Sentence, last: Sentence) -> Excerpt:
    return Excerpt(
        source=stored.source,
        paragraph=first.paragraph,
        start=first.start,
        end=last.end,
        text=stored.chunk.text_of(first, last),
        highlights=(),
        score=0.0,
        also=stored.sources[1:],
        page=first.page or None,
        last_paragraph=last.paragraph if last.paragraph != first.paragraph else None,
    )
