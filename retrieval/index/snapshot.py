"""Views: one generation of an index, immutable, and the change from one to the next."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from retrieval.errors import IndexDamaged, IndexFault, IndexMismatch
from retrieval.index.calibrations import SHIPPED, Scale
from retrieval.index.folder import database_folder
from retrieval.index.lexical import LexicalIndex
from retrieval.index.lexical_files import drop_lexical, lexical_of
from retrieval.languages import terms
from retrieval.store import Generation, Store
from retrieval.types import Encoder

if TYPE_CHECKING:
    from retrieval.index.dense import DenseIndex

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One generation, immutable: what a question is answered from."""

    store: Store
    state: tuple[str, int, str]
    generation: Generation
    dense: DenseIndex
    lexical: LexicalIndex
    languages: tuple[str, ...]
    scale: Scale

    def has(self, chunk_id: int) -> bool:
        """Whether a chunk belongs to the generation."""
        at = int(np.searchsorted(self.dense.ids, chunk_id))
        return at < len(self.dense.ids) and int(self.dense.ids[at]) == chunk_id

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
    """A view that stays, as of a draft that is tried before it is published."""

    def __init__(self, view: Snapshot) -> None:
        self.current = view

    def latest(self) -> Snapshot:
        """Return it."""
        return self.current

    def mend(self, view: Snapshot) -> Snapshot:
        """Return it as it is."""
        return view

    def reload(self) -> bool:
        """Stay."""
        return False

    def following(self, every_s: float) -> AbstractContextManager[None]:
        """Stay."""
        return nullcontext()


class LiveSnapshot:
    """The view that questions are answered from; safe to use from several threads.

    The first question after another generation was published loads that one; others do not wait
    for it, and none does while `following`.
    """

    def __init__(self, store: Store, folder: Path, encoder: Encoder) -> None:
        self._folder = folder
        self._encoder = encoder
        self._loading = threading.Lock()
        self._followed = False
        self._held_up = ""
        self._view = self._load(store)

    @property
    def current(self) -> Snapshot:
        """The view as it is."""
        return self._view

    def latest(self) -> Snapshot:
        """Return the view of the current generation, or the one before if that cannot be had."""
        # A generation is purged some refreshes later; who serves for months must not miss them.
        if not self._followed:
            self.reload()
        return self._view

    @contextmanager
    def following(self, every_s: float = 0.2) -> Iterator[None]:
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
            store = self._latest_store()
            if store.state() == self._view.state or not store.current():
                return False
            self._view = self._load(store)
            self._held_up = ""
        except IndexMismatch:
            raise
        except IndexFault as exc:
            if str(exc) != self._held_up:
                self._held_up = str(exc)
                logger.info(
                    "still answering from generation %d: %s", self._view.generation.number, exc
                )
            return False
        finally:
            self._loading.release()
        return True

    def mend(self, view: Snapshot) -> Snapshot:
        """Return a view with another lexical index in place of one that is damaged."""
        with self._loading:
            if self._view is view:
                drop_lexical(view.store, view.generation.number)
                self._view = self._load(view.store)
        return self._view

    def _latest_store(self) -> Store:
        """Return the store in use: another one if the index was made again."""
        store = self._view.store
        if database_folder(self._folder) == store.place:
            return store
        return Store.open(self._folder) or store

    def _load(self, store: Store) -> Snapshot:
        store.check_encoder(self._encoder.fingerprint, self._encoder.name)
        state = store.state()
        generation = store.generation()
        lexical = lexical_of(store, generation.number, self._folder)
        try:
            return load_snapshot(store, generation, lexical, state)
        except IndexDamaged:
            if store.state() == state:
                raise
        # It was purged meanwhile.
        return self._load(store)


def load_snapshot(
    store: Store,
    generation: Generation,
    lexical: LexicalIndex,
    state: tuple[str, int, str] = ("", 0, ""),
) -> Snapshot:
    """Load a generation to search it, published or not.

    Args:
        store: It is in.
        generation: Kept, or the draft.
        lexical: Its lexical index.
        state: Of the store, from before the generation was looked up.
    """
    # Here, for a refresh without a change needs none of FAISS, which takes a while to import.
    from retrieval.index.dense import DenseIndex

    number = generation.number
    dense = DenseIndex.build(store.dim, store.vectors(number))
    if len(dense.ids) != generation.chunks:
        raise store.db.damage(f"{len(dense.ids)} chunks are left of {generation.chunks}")
    languages = tuple(store.languages(number))
    calibration = store.calibrations.of(number)
    scale = calibration.scale if calibration else SHIPPED
    return Snapshot(store, state, generation, dense, lexical, languages, scale)
