"""The gate: a new generation is asked for some of its articles before it is published."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from config import SearchSettings
from retrieval.probes import Probe, by_sentence, by_title
from retrieval.refresh import Trial
from retrieval.samples import contents, middle_chunks
from retrieval.search.searcher import Searcher
from retrieval.snapshot import FixedSnapshot, Snapshot
from retrieval.types import Encoder

# Beside the articles that changed so many others are looked for, and the half of a large sample.
_OTHERS = 2
# Less than this share found speaks against a generation, unless the one before found as little: in
# articles that all say the same nothing is found by its own words.
_SHARE, _WORSE = 0.5, 0.1


class SampleGate:
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

    def __call__(self, trial: Trial) -> Sequence[str]:
        """Say what is not found that should be."""
        store, generation = trial.after.store, trial.after.generation.number
        chosen = list(store.chunks(self._chosen(trial), generation).values())
        return [
            *self._missing(trial, "title", list(by_title(chosen))),
            *self._missing(trial, "words", list(by_sentence(chosen))),
        ]

    def _chosen(self, trial: Trial) -> list[int]:
        """Choose articles, each by a chunk from its middle; the same ones every time."""
        store, generation = trial.after.store, trial.after.generation.number
        chance = random.Random(generation)
        count = min(self._sample, len(trial.changed) + _OTHERS)
        new = min(len(trial.changed), max(count // 2, count - _OTHERS))
        changed = contents(store, generation, chance.sample(trial.changed, new))
        others = contents(store, generation)
        others = chance.sample(others, min(len(others), count - new))
        return middle_chunks(store, [*changed, *others])

    def _missing(self, trial: Trial, by: str, probes: Sequence[Probe]) -> Iterator[str]:
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

    def _lost(self, view: Snapshot, probes: Sequence[Probe]) -> list[Probe]:
        searcher = Searcher(FixedSnapshot(view), self._encoder, self._search)
        return [one for one in probes if not one.is_found(searcher)]
