"""Snapshots: one generation of an index, loaded to be searched, and what holds the latest."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from retrieval.errors import IndexDamaged, IndexFault, IndexMismatch
from retrieval.index.calibrations import Scale
from retrieval.index.lexical import LexicalIndex
from retrieval.index.lexical_files import drop_lexical, lexical_of
from retrieval.index.protocols import DenseSearch, IndexReader, IndexState, Part
from retrieval.index.rows import Generation, StoredChunk
from retrieval.languages import terms
from retrieval.types import Encoder

logger = logging.getLogger(__name__)

# So many chunks are kept once they are read, each with 10 to 15 KB.
_MOST_READ = 2000


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One generation, immutable: what a question is answered from.

    Attributes:
        state: State of the store when it was loaded; it is out of date once the store has another.
        languages: Languages of the articles, ISO 639-1.
        scale: Scale that was measured on these articles or on ones near to them, if any was.
        parts: The chunks in each language, if there are several.
        encoder: The encoder that made the index; None where nobody asks.
    """

    store: IndexReader
    state: IndexState
    generation: Generation
    dense: DenseSearch
    lexical: LexicalIndex
    languages: tuple[str, ...]
    scale: Scale | None
    parts: Mapping[str, Part] = field(default_factory=dict)
    encoder: Encoder | None = None
    # What was read for earlier questions, as many find the same.
    _read: dict[int, StoredChunk] = field(default_factory=dict, repr=False, compare=False)

    def without_others(self, scores: Mapping[int, float]) -> dict[int, float]:
        """Return the scores of chunks, by id, that belong to the generation, in their order."""
        ids = self.dense.ids
        if not len(ids):
            return {}
        found = ids.take(ids.searchsorted([*scores]), mode="clip").tolist()
        return {key: scores[key] for key, own in zip(scores, found, strict=True) if own == key}

    def chunks(self, ids: Sequence[int]) -> dict[int, StoredChunk]:
        """Return chunks by id, ascending; those that the generation does not have are left out."""
        found = {key: one for key in ids if (one := self._read.get(key))}
        missing = [key for key in ids if key not in found]
        if missing:
            new = self.store.chunks(missing, self.generation.number)
            self._read.update(new)
            # The oldest go; another thread may have taken them out.
            for key in list(self._read)[: max(0, len(self._read) - _MOST_READ)]:
                self._read.pop(key, None)
            found |= new
        return {key: found[key] for key in sorted(found)}

    def has_word(self, word: str) -> bool:
        """Whether an article has a word, in any form; no stop word of its language counts."""
        return any(
            self.lexical.holds(term, language)
            for language in self.languages
            for term in terms(word, language)
        )

    def rarity(self, word: str) -> float:
        """Return how rare a word is in the articles, 0 to 1; 0 for a stop word of their languages.

        A word that several languages have is as rare as where it is most common.
        """
        lexical = self.lexical
        found = [
            max((lexical.rarity(term, [language]) for term in terms(word, language)), default=0.0)
            for language in self.languages
        ]
        return min(found, default=0.0)


class FixedSnapshot:
    """Holds one snapshot for good, as of a generation that is tried before it is published."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.current = snapshot

    def latest(self) -> Snapshot:
        """Return the snapshot."""
        return self.current

    def reload(self) -> bool:
        """Return False: there is never another snapshot."""
        return False

    def replace_lexical(self, snapshot: Snapshot) -> Snapshot:
        """Return the snapshot unchanged."""
        return snapshot


class LiveSnapshot:
    """Holds the snapshot that questions are answered from; safe to use from several threads.

    Whoever refreshes the index calls `reload`; each question looks, too, for another process may
    have refreshed. The first question after that loads the new generation, others do not wait.

    Args:
        store: The store in use.
        folder: The index folder of this machine.
        encoder: The encoder that made the index.
        reopen: Loads the encoder of an index that was made again with another one.

    Attributes:
        current: The snapshot that was loaded last.
    """

    def __init__(
        self,
        store: IndexReader,
        folder: Path,
        encoder: Encoder,
        reopen: Callable[[], Encoder] | None = None,
    ) -> None:
        self._folder = folder
        self._encoder = encoder
        self._reopen = reopen
        self._reopened_for = ""
        self._loading = threading.Lock()
        self._fault = ""
        self.current = self._load(store)

    def latest(self) -> Snapshot:
        """Return the snapshot of the current generation, or the one before if that fails to load.

        A failure is logged once: the index may have been made again with another encoder, and a bot
        that serves for months goes on with what it has loaded.
        """
        try:
            self.reload()
        except Exception as exc:  # noqa: BLE001 - whatever it is, the next question tries again
            if self._is_new(exc):
                logger.warning("%s", exc)
        return self.current

    def reload(self) -> bool:
        """Load the current generation; return whether it is another one than before.

        The snapshot stays if that is not possible: another thread is loading it, another process
        still writes its lexical index, the index is gone. A later call tries again.

        Raises:
            IndexMismatch: The index was made again with another encoder.
        """
        if not self._loading.acquire(blocking=False):
            return False
        try:
            store = self.current.store.remade() or self.current.store
            if store.state() == self.current.state or not store.current():
                return False
            self.current = self._load(store, self.current)
            self._fault = ""
        except IndexMismatch:
            raise
        except IndexFault as exc:
            if self._is_new(exc):
                number = self.current.generation.number
                logger.info("still answering from generation %d: %s", number, exc)
            return False
        finally:
            self._loading.release()
        return True

    def replace_lexical(self, snapshot: Snapshot) -> Snapshot:
        """Return a snapshot whose damaged lexical index was made again."""
        with self._loading:
            if self.current is snapshot:
                drop_lexical(snapshot.store, snapshot.generation.number)
                self.current = self._load(snapshot.store, snapshot)
        return self.current

    def _is_new(self, fault: Exception) -> bool:
        """Whether a fault is another than the last one."""
        last, self._fault = self._fault, str(fault)
        return last != self._fault

    def _load(self, store: IndexReader, base: Snapshot | None = None) -> Snapshot:
        encoder = self._encoder_of(store)
        state = store.state()
        generation = store.generation()
        try:
            lexical = lexical_of(store, generation.number, self._folder)
            snapshot = load_snapshot(store, generation, lexical, state, base)
            self._encoder = encoder
            return replace(snapshot, encoder=encoder)
        except IndexDamaged:
            if store.state() == state:
                raise
        # The generation was purged meanwhile.
        return self._load(store, base)

    def _encoder_of(self, store: IndexReader) -> Encoder:
        """Return the encoder in use if it made the index, else load the one that did, once."""
        encoder = self._encoder
        made = store.origin.fingerprint
        if self._reopen and made not in (encoder.fingerprint, self._reopened_for):
            # One that cannot be had is not looked for again at every question.
            self._reopened_for = made
            encoder = self._reopen()
        store.check_encoder(encoder.fingerprint, encoder.name)
        return encoder


def load_snapshot(
    store: IndexReader,
    generation: Generation,
    lexical: LexicalIndex,
    state: IndexState = ("", 0, ""),
    base: Snapshot | None = None,
) -> Snapshot:
    """Load a generation to search it, published or not.

    Args:
        store: Store that holds the generation.
        generation: One that is kept, or the next one.
        lexical: Lexical index of the generation.
        state: State of the store from before the generation was looked up.
        base: An earlier one; where the index still keeps it, only the vectors that differ are read.
    """
    number = generation.number
    dense = _dense_from(store, base, number) if base else None
    # Fewer or more: the earlier one was purged just then.
    if dense is None or len(dense.ids) != generation.chunks:
        dense = store.dense(number)
    if len(dense.ids) != generation.chunks:
        raise store.damage(f"{len(dense.ids)} chunks are left of {generation.chunks}")
    languages = tuple(store.languages(number))
    calibration = store.calibrations.of(generation.content)
    scale = calibration.scale if calibration else None
    parts = dense.parts(store.chunks_by_language(number)) if len(languages) > 1 else {}
    return Snapshot(store, state, generation, dense, lexical, languages, scale, parts)


def _dense_from(store: IndexReader, base: Snapshot, generation: int) -> DenseSearch | None:
    since = base.generation
    # The index may have been made again, or an older copy of it put in its place.
    if store.origin.key != base.state[0] or store.generation(since.number).digest != since.digest:
        return None
    return store.dense_from(base.dense, since.number, generation)
