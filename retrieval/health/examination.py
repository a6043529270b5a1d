"""The examination: every check in turn, each of which may fail without stopping the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress

from retrieval.derived import lexical_in_memory, open_lexical
from retrieval.errors import ArticlesError, IndexDamaged, IndexMismatch
from retrieval.health import content, database, disk, duplicates, folder, state, titles
from retrieval.health.diagnosis import Diagnosis, Patient
from retrieval.health.finding import (
    REBUILD,
    REFRESH,
    Finding,
    Kind,
    by_severity,
    error,
    unchecked,
)
from retrieval.lexical import is_panic
from retrieval.snapshot import Snapshot, load_snapshot
from retrieval.store import Generation, Store
from retrieval.types import Encoder


def examine(
    patient: Patient,
    every: bool = False,
    announce: Callable[[str], None] = lambda _: None,
) -> Diagnosis:
    """Find what is wrong with an index and its articles; nothing is written.

    It may be read and written by others meanwhile.

    Args:
        patient: What is examined.
        every: Look for each article and compare it, however many there are, not for a sample.
        announce: Is told what takes long.
    """
    started = time.perf_counter()
    examination = _Examination(patient, every, announce)
    examination.run()
    return Diagnosis(
        by_severity(examination.findings),
        examination.generation,
        examination.looked_for,
        examination.compared,
        time.perf_counter() - started,
    )


class _Examination:
    def __init__(self, patient: Patient, every: bool, announce: Callable[[str], None]) -> None:
        self.findings: list[Finding] = []
        self.generation: Generation | None = None
        self.looked_for = self.compared = (0, 0)
        self._patient = patient
        self._every = every
        self._announce = announce

    def run(self) -> None:
        index = self._patient.index.folder
        with self._trying("the disk"):
            self._note(disk.disk(index) if index.exists() else ())
        store = self._opened()
        with self._trying("the articles folder"):
            self._announce("looking at the articles folder")
            self._note(folder.unreadable(self._patient.articles, store))
        with self._trying("the lock"):
            self._note(state.writer(index))
        with self._trying("what earlier refreshes left"):
            self._note(state.left(index, store))
        if store is not None:
            with closing(store):
                self._examine(store)

    def _opened(self) -> Store | None:
        """Open the database; None if there is none to be examined."""
        index = self._patient.index.folder
        try:
            store = Store.open(index)
            if store is not None and store.current():
                return store
        except IndexMismatch as exc:
            self.findings.append(error(Kind.INCONSISTENT, str(exc), REBUILD))
        except IndexDamaged as exc:
            self.findings.append(error(Kind.DAMAGED, str(exc), REBUILD))
        except Exception as exc:  # noqa: BLE001 - whatever it is, the rest is looked at
            self.findings.append(unchecked("the index", exc))
        else:
            self.findings.append(error(Kind.NO_INDEX, f"there is no index in {index}", REFRESH))
        return None

    def _examine(self, store: Store) -> None:
        patient = self._patient
        # All checks see one state of the database, whatever is published and purged meanwhile.
        store.db.query("BEGIN")
        self._announce("checking the database")
        for name, check in (
            ("the database's pages", database.pages),
            ("the references of its rows", database.references),
            ("the counts of its generations", database.numbers),
            ("the checksums of its rows", database.checksums),
            ("what is not published", state.unpublished),
            ("the calibration", state.calibration),
        ):
            with self._trying(name):
                self._note(check(store))
        # That the folder cannot be read was told when it was looked at.
        with self._trying("what changed in the articles folder"), suppress(ArticlesError):
            self._note(folder.behind(patient.articles, patient.index, patient.tokens, store))
        with self._trying("the articles"):
            self.generation = store.generation()
            self._note(content.undescribed(store, self.generation.number))
            self._note(content.copies(store, self.generation.number))
        if self.generation is None:
            return
        encoder = self._loaded(store)
        view = None
        with self._trying("the derived indexes"):
            view = self._view(store, self.generation)
        if view is not None:
            with self._trying("near-duplicates"):
                self._announce("comparing the articles")
                chosen, total = duplicates.sampled(view, self._every)
                self._note(duplicates.alike(view, chosen))
                self.compared = len(chosen), total
        if encoder is not None:
            with self._trying("the lengths of the chunks"):
                self._announce("counting tokens")
                budget = patient.index.chunk_tokens
                self._note(content.cut(store, self.generation.number, encoder, budget))
        if encoder is not None and view is not None:
            with self._trying("the articles by their titles"):
                self._look_for(view, encoder)

    def _loaded(self, store: Store) -> Encoder | None:
        """Load the encoder; None if it cannot be had or is not that of the index."""
        try:
            encoder = self._patient.encoder()
        except Exception as exc:  # noqa: BLE001 - a model can fail in any way
            self.findings.append(
                error(
                    Kind.ENCODER,
                    f"the encoder cannot be loaded: {exc}",
                    "name a model that is there with encoder.model",
                )
            )
            return None
        found = list(state.encoder(store, encoder))
        self.findings += found
        return None if found else encoder

    def _view(self, store: Store, generation: Generation) -> Snapshot:
        lexical = open_lexical(store, generation.number)
        if lexical is not None or state.is_latest(store, self._patient.index.folder):
            self._note(state.lexical(store, generation.number, lexical))
        if lexical is None:
            self._announce("making a lexical index in memory")
            lexical = lexical_in_memory(store, generation.number)
        return load_snapshot(store, generation, lexical)

    def _look_for(self, view: Snapshot, encoder: Encoder) -> None:
        chosen, total = titles.sampled(view.store, view.generation.number, self._every)

        def tell(done: int) -> None:
            self._announce(f"looking for the articles by their titles: {done:,} of {len(chosen):,}")

        index = self._patient.index.folder
        self._note(titles.lost(view, encoder, self._patient.search, chosen, index, tell))
        self.looked_for = len(chosen), total

    def _note(self, found: Iterable[Finding]) -> None:
        for one in found:
            self.findings.append(one)

    @contextmanager
    def _trying(self, name: str) -> Iterator[None]:
        try:
            yield
        except ArticlesError as exc:
            self.findings.append(
                error(Kind.ARTICLES_FOLDER, str(exc), "name it with --articles DIR")
            )
        except BaseException as exc:
            # A check that fails stops no other.
            if not (isinstance(exc, Exception) or is_panic(exc)):
                raise
            self.findings.append(unchecked(name, exc))
