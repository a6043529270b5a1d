"""The gate: a new generation must find some of its articles before it is published.

It is asked known-item queries: an article's own title, and a sentence from its middle.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from config import SearchSettings
from retrieval.index import FixedSnapshot, Snapshot, StoredChunk
from retrieval.refresh.refresh import Candidate
from retrieval.search import Searcher
from retrieval.types import Encoder

# Beside the articles that changed so many others are looked for, and the half of a large sample.
_OTHERS = 2
# Less than this share found speaks against a generation, unless the one before found as little: in
# articles that all say the same nothing is found by its own words.
_SHARE, _WORSE = 0.5, 0.1
# A shorter sentence is a heading or says little, a longer one is a table or a list.
_SENTENCE_CHARS = range(40, 401)


class KnownItemGate:
    """Looks for a sample of articles by their own titles and a sentence from their middles.

    Args:
        encoder: That of the index.
        search: How it is searched.
        sample: Articles at most.
    """

    def __init__(self, encoder: Encoder, search: SearchSettings, sample: int) -> None:
        self._encoder = encoder
        self._search = search
        self._sample = sample

    def __call__(self, trial: Candidate) -> Sequence[str]:
        """Say what is not found that should be."""
        store, generation = trial.after.store, trial.after.generation.number
        chosen = list(store.chunks(self._chosen(trial), generation).values())
        return [
            *self._missing(trial, "title", list(title_queries(chosen))),
            *self._missing(trial, "words", list(sentence_queries(chosen))),
        ]

    def _chosen(self, trial: Candidate) -> list[int]:
        """Choose articles, each by a chunk from its middle; the same ones every time."""
        store, generation = trial.after.store, trial.after.generation.number
        chance = random.Random(generation)
        count = min(self._sample, len(trial.changed) + _OTHERS)
        new = min(len(trial.changed), max(count // 2, count - _OTHERS))
        changed = store.article_ids(generation, chance.sample(trial.changed, new))
        others = store.article_ids(generation)
        others = chance.sample(others, min(len(others), count - new))
        return store.middle_chunks([*changed, *others])

    def _missing(
        self, trial: Candidate, by: str, probes: Sequence[KnownItemQuery]
    ) -> Iterator[str]:
        lost = self._lost(trial.after, probes)
        if len(lost) <= (1 - _SHARE) * len(probes):
            return
        if trial.before is not None:
            before = self._lost(trial.before, probes)
            if len(lost) <= len(before) + _WORSE * len(probes):
                return
        yield (
            f"of {len(probes)} articles only {len(probes) - len(lost)} are found by their own "
            f"{by}, not {lost[0].path!r} by {lost[0].text[:80]!r}"
        )

    def _lost(self, view: Snapshot, probes: Sequence[KnownItemQuery]) -> list[KnownItemQuery]:
        searcher = Searcher(FixedSnapshot(view), self._encoder, self._search)
        return [one for one in probes if not one.is_found(searcher)]


@dataclass(frozen=True, slots=True)
class KnownItemQuery:
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


def title_queries(chunks: Iterable[StoredChunk]) -> Iterator[KnownItemQuery]:
    """Yield the titles of the articles of some chunks, of those that declare one."""
    for stored in chunks:
        if stored.titled:
            yield KnownItemQuery(stored.source.path, stored.source.title)


def sentence_queries(chunks: Iterable[StoredChunk]) -> Iterator[KnownItemQuery]:
    """Yield a sentence from the middle of each chunk that has one of some length."""
    for stored in chunks:
        chunk = stored.chunk
        spans = [(one.start - chunk.start, one.end - chunk.start) for one in chunk.sentences]
        texts = [chunk.text[slice(*span)] for span in spans]
        telling = [text for text in texts if len(text) in _SENTENCE_CHARS]
        if telling:
            yield KnownItemQuery(stored.source.path, telling[len(telling) // 2])
