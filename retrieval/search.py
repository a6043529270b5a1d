"""From a question to ranked chunks: dense and lexical candidates, fused, then late interaction."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from config import SearchSettings
from retrieval.dense import DenseIndex
from retrieval.derived import lexical_in_step
from retrieval.errors import IndexFault, IndexMismatch
from retrieval.fusion import fuse
from retrieval.late import maxsim, similarity
from retrieval.lexical import LexicalIndex, terms
from retrieval.lock import writing
from retrieval.store import Generation, Store, StoredChunk
from retrieval.types import Encoder, Hit, QueryEncoding, Stage

logger = logging.getLogger(__name__)

# Chunks whose tokens are compared with the question's: the best of the fused candidates.
LATE_CANDIDATES = 20
_DENSE_WEIGHT, _LEXICAL_WEIGHT, _LATE_WEIGHT = 1.0, 1.0, 1.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """Chunks found for a question, best first.

    Attributes:
        question: As it was searched.
        query: The question as the encoder sees it.
        terms: The question's lexical terms by language of the articles, each with its rarity, 0
            to 1.
    """

    question: str
    hits: tuple[Hit, ...]
    terms: dict[str, dict[str, float]]
    generation: int
    query: QueryEncoding = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class _View:
    """One generation, immutable: what a question is answered from."""

    state: tuple[str, int]
    generation: Generation
    dense: DenseIndex
    lexical: LexicalIndex
    languages: tuple[str, ...]

    def has(self, chunk_id: int) -> bool:
        at = int(np.searchsorted(self.dense.ids, chunk_id))
        return at < len(self.dense.ids) and int(self.dense.ids[at]) == chunk_id


class Searcher:
    """Searches the current generation of an index; safe to call from several threads.

    A question takes the view that it finds and keeps it. The first question after another
    generation was published loads that one; others do not wait for it, and none does while
    `following`.
    """

    def __init__(
        self, store: Store, folder: Path, encoder: Encoder, search: SearchSettings
    ) -> None:
        self._store = store
        self._folder = folder
        self._encoder = encoder
        self._search = search
        self._loading = threading.Lock()
        self._followed = False
        self._held_up = ""
        self._view = self._load()

    @property
    def generation(self) -> Generation:
        """The generation that is searched."""
        return self._view.generation

    @property
    def languages(self) -> tuple[str, ...]:
        """Languages of the articles that are searched, ISO 639-1."""
        return self._view.languages

    @contextmanager
    def following(self, every_s: float = 0.5) -> Iterator[None]:
        """Notice new generations in a thread meanwhile, and load them there.

        An index that was made again with another encoder is refused in the log, and the view stays.
        """
        over = threading.Event()

        def follow() -> None:
            refused = False
            while not over.wait(every_s):
                try:
                    self.reload()
                    refused = False
                except Exception as exc:  # noqa: BLE001 - whatever it was, the next may be had
                    # Once, for it stays as it is until somebody does something.
                    logger.log(logging.DEBUG if refused else logging.WARNING, "%s", exc)
                    refused = True

        thread = threading.Thread(target=follow, name="follow", daemon=True)
        self._followed = True
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            self._followed = False

    def reload(self) -> bool:
        """Search the current generation from now on; whether it is another one.

        The view stays where it cannot be had: another thread is loading it, another process still
        writes its lexical index, the index is gone. A later call tries again.

        Raises:
            IndexMismatch: The index was made again with another encoder.
        """
        if not self._loading.acquire(blocking=False):
            return False
        try:
            if self._store.state() == self._view.state:
                return False
            self._view = self._load()
            self._held_up = ""
        except IndexMismatch:
            raise
        except IndexFault as exc:
            if str(exc) != self._held_up:
                self._held_up = str(exc)
                logger.info("still answering from generation %d: %s", self.generation.number, exc)
            return False
        finally:
            self._loading.release()
        return True

    def search(self, question: str) -> Ranking:
        """Rank the chunks that may answer; none if the question has no word."""
        # A generation is purged some refreshes later; who serves for months must not miss them.
        if not self._followed:
            self.reload()
        view = self._view
        query = self._encoder.encode_query(question)
        by_language = {
            language: {
                term: view.lexical.rarity(term, [language]) for term in terms(question, language)
            }
            for language in view.languages
        }
        dense = view.dense.search(query.vector, self._search.candidates)
        lexical = view.lexical.search(question, view.languages, self._search.candidates)
        lexical = {key: score for key, score in lexical.items() if view.has(key)}
        first = fuse([(dense, _DENSE_WEIGHT), (lexical, _LEXICAL_WEIGHT)])
        candidates = list(first)[:LATE_CANDIDATES]
        chunks = self._store.chunks(candidates)
        # A chunk of which the encoder made no token answers nothing.
        found = {k: chunks[k] for k in candidates if k in chunks and len(chunks[k].starts)}
        hits = _rank(query, first, found, dense, lexical)
        return Ranking(question, hits, by_language, view.generation.number, query)

    def _load(self) -> _View:
        self._store.check_encoder(self._encoder.fingerprint, self._encoder.name)
        state = self._store.state()
        generation = self._store.generation()
        lexical = LexicalIndex.open(self._folder / "lexical", self._store.key)
        if lexical is None or lexical.generation != generation.number:
            with writing(self._folder):
                lexical = lexical_in_step(self._store, self._folder)
        dense = DenseIndex.build(self._store.dim, self._store.vectors(generation.number))
        languages = tuple(self._store.languages(generation.number))
        return _View(state, generation, dense, lexical, languages)


def _rank(
    query: QueryEncoding,
    first: dict[int, float],
    found: dict[int, StoredChunk],
    dense: dict[int, float],
    lexical: dict[int, float],
) -> tuple[Hit, ...]:
    if not found:
        return ()
    # One product for all candidates is much faster than one for each.
    codes = np.concatenate([stored.codes for stored in found.values()])
    ends = np.cumsum([len(stored.codes) for stored in found.values()])[:-1]
    similarities = dict(
        zip(found, np.split(similarity(query.tokens, codes), ends, axis=1), strict=True)
    )
    late = {key: maxsim(matrix) for key, matrix in similarities.items()}
    early = {key: first[key] for key in found}
    weights = _DENSE_WEIGHT + _LEXICAL_WEIGHT
    fused = fuse([(early, weights), (late, _LATE_WEIGHT)])
    by_dense, by_lexical, by_late = _stages(dense), _stages(lexical), _stages(late)
    return tuple(
        Hit(
            chunk_id=key,
            source=found[key].source,
            chunk=found[key].chunk,
            rank=rank,
            score=score,
            dense=by_dense.get(key),
            lexical=by_lexical.get(key),
            late=by_late[key],
            similarity=similarities[key],
            starts=found[key].starts,
        )
        for rank, (key, score) in enumerate(fused.items(), start=1)
    )


def _stages(scores: dict[int, float]) -> dict[int, Stage]:
    order = sorted(scores, key=lambda key: (-scores[key], key))
    return {key: Stage(rank, scores[key]) for rank, key in enumerate(order, start=1)}
