"""Probes: what an article must be found by, its own title and its own words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from retrieval.search.searcher import Searcher
from retrieval.store import StoredChunk

# A shorter sentence is a heading or says little, a longer one is a table or a list.
_SENTENCE_CHARS = range(40, 401)


@dataclass(frozen=True, slots=True)
class Probe:
    """What an article is looked for by; `text` is its title or a sentence."""

    path: str
    text: str

    def is_found(self, searcher: Searcher) -> bool:
        """Whether the article is among the hits, or another one that says the same."""
        return any(
            self.path in {hit.source.path, *(one.path for one in hit.also)}
            or self.text == hit.source.title
            or self.text in hit.chunk.text
            for hit in searcher.search(self.text).hits
        )


def by_title(chunks: Iterable[StoredChunk]) -> Iterator[Probe]:
    """Yield the titles of the articles of some chunks, of those that declare one."""
    for stored in chunks:
        if stored.titled:
            yield Probe(stored.source.path, stored.source.title)


def by_sentence(chunks: Iterable[StoredChunk]) -> Iterator[Probe]:
    """Yield a sentence from the middle of each chunk that has one of some length."""
    for stored in chunks:
        chunk = stored.chunk
        spans = [(one.start - chunk.start, one.end - chunk.start) for one in chunk.sentences]
        texts = [chunk.text[slice(*span)] for span in spans]
        telling = [text for text in texts if len(text) in _SENTENCE_CHARS]
        if telling:
            yield Probe(stored.source.path, telling[len(telling) // 2])
