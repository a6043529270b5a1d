"""The gate: a new generation must find some of its articles before it is published.

It is asked known-item queries: an article's own title, and a sentence from its middle.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from config import SearchSettings
from retrieval.index import FixedSnapshot, Snapshot, StoredChunk
from retrieval.languages import terms
from retrieval.refresh.refresh import Candidate
from retrieval.search import Searcher
from retrieval.types import Encoder, Hit, Source

# Articles beside those that changed, or half of a large sample.
_OTHERS = 2
# Less than this share found speaks against a generation, unless the one before found as little: in
# articles that all say the same nothing is found by its own words.
_SHARE, _WORSE = 0.5, 0.1
# A shorter sentence is a heading or says little, a longer one is a table or a list.
_SENTENCE_CHARS = range(40, 401)


class KnownItemGate:
    """Looks for a sample of articles by their own titles and a sentence from their middles.

    Args:
        encoder: Encoder of the index.
        search: Settings of the search.
        sample: Most articles that are looked for.
    """

    def __init__(self, encoder: Encoder, search: SearchSettings, sample: int) -> None:
        self._encoder = encoder
        self._search = search
        self._sample = sample

    def __call__(self, candidate: Candidate) -> Sequence[str]:
        """Return what speaks against publishing a candidate: articles that are not found."""
        store, generation = candidate.after.store, candidate.after.generation.number
        chosen = list(store.chunks(self._chosen(candidate), generation).values())
        return [
            *self._missing(candidate, "title", list(title_queries(chosen))),
            *self._missing(candidate, "words", list(sentence_queries(chosen))),
        ]

    def _chosen(self, candidate: Candidate) -> list[int]:
        """Return a chunk from the middle of each article of the sample, the same every time."""
        store, generation = candidate.after.store, candidate.after.generation.number
        chance = random.Random(generation)
        count = min(self._sample, len(candidate.changed) + _OTHERS)
        new = min(len(candidate.changed), max(count // 2, count - _OTHERS))
        changed = store.article_ids(generation, chance.sample(candidate.changed, new))
        others = store.article_ids(generation)
        others = chance.sample(others, min(len(others), count - new))
        return store.middle_chunks([*changed, *others])

    def _missing(
        self, candidate: Candidate, by: str, queries: Sequence[KnownItemQuery]
    ) -> Iterator[str]:
        lost = self._lost(candidate.after, queries)
        if len(lost) <= (1 - _SHARE) * len(queries):
            return
        if candidate.before is not None:
            before = self._lost(candidate.before, queries)
            if len(lost) <= len(before) + _WORSE * len(queries):
                return
        yield (
            f"of {len(queries)} articles only {len(queries) - len(lost)} are found by their own "
            f"{by}, not {lost[0].path!r} by {lost[0].text[:80]!r}"
        )

    def _lost(self, snapshot: Snapshot, queries: Sequence[KnownItemQuery]) -> list[KnownItemQuery]:
        searcher = Searcher(FixedSnapshot(snapshot), self._encoder, self._search)
        return [one for one in queries if not one.is_met(searcher)]


@dataclass(frozen=True, slots=True)
class KnownItemQuery:
    """A query that must find an article: `text` is its title or a sentence of it."""

    path: str
    text: str

    def is_found(self, searcher: Searcher) -> bool:
        """Whether the article is among the hits, or another one that says the same."""
        return any(map(self._says, searcher.search(self.text).hits))

    def is_met(self, searcher: Searcher) -> bool:
        """Whether the article is found, or another one that has all the same words.

        Of price lists or bulletins none is found before the others by words that all of them have.
        """
        return any(
            self._says(hit) or _terms(self.text, hit.source) <= _terms(hit.chunk.text, hit.source)
            for hit in searcher.search(self.text).hits
        )

    def _says(self, hit: Hit) -> bool:
        return (
            self.path in {hit.source.path, *(one.path for one in hit.also)}
            or self.text == hit.source.title
            or self.text in hit.chunk.text
        )


def title_queries(chunks: Iterable[StoredChunk]) -> Iterator[KnownItemQuery]:
    """Yield the title of each chunk's article that declares one."""
    for stored in chunks:
        if stored.titled:
            yield KnownItemQuery(stored.source.path, stored.source.title)


def sentence_queries(chunks: Iterable[StoredChunk]) -> Iterator[KnownItemQuery]:
    """Yield a sentence of middle length from each chunk that has one."""
    for stored in chunks:
        texts = [stored.chunk.text_of(one) for one in stored.chunk.sentences]
        language = stored.source.language
        telling = [text for text in texts if len(text) in _SENTENCE_CHARS and terms(text, language)]
        if telling:
            yield KnownItemQuery(stored.source.path, telling[len(telling) // 2])


def _terms(text: str, source: Source) -> set[str]:
    return set(terms(text, source.language))
