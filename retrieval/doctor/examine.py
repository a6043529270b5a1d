"""The examination: every check in turn, each of which may fail without stopping the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress

from retrieval.backends import open_index
from retrieval.doctor.articles import (
    check_changes,
    check_chunk_lengths,
    check_copies,
    check_descriptions,
    check_folder,
)
from retrieval.doctor.findings import (
    REBUILD,
    REFRESH,
    Examination,
    Examined,
    Finding,
    FindingKind,
    by_severity,
    error,
    unchecked_finding,
)
from retrieval.doctor.index import (
    check_calibration,
    check_checksums,
    check_counts,
    check_disk,
    check_encoder,
    check_languages,
    check_leftovers,
    check_lexical,
    check_lock,
    check_pages,
    check_references,
    check_unpublished,
    is_latest,
)
from retrieval.doctor.search import (
    check_near_duplicates,
    check_titles,
    sample_articles,
    sample_comparisons,
)
from retrieval.errors import ArticlesError, IndexDamaged, IndexMismatch
from retrieval.index import (
    Generation,
    IndexReader,
    Snapshot,
    Store,
    is_panic,
    lexical_in_memory,
    load_snapshot,
    open_lexical,
)
from retrieval.types import Encoder


def examine_index(
    examined: Examined,
    every: bool = False,
    announce: Callable[[str], None] = lambda _: None,
) -> Examination:
    """Find what is wrong with an index and its articles; nothing is written.

    Others may read and write the index meanwhile.

    Args:
        examined: The index and its articles.
        every: Whether to look for and compare every article, not only a sample of many.
        announce: Called with the name of each step that takes long.
    """
    started = time.perf_counter()
    examiner = _Examiner(examined, every, announce)
    examiner.run()
    return Examination(
        by_severity(examiner.findings),
        examiner.generation,
        examiner.looked_for,
        examiner.compared,
        time.perf_counter() - started,
        examiner.encoder,
        examiner.chosen,
    )


class _Examiner:
    def __init__(self, examined: Examined, every: bool, announce: Callable[[str], None]) -> None:
        self.findings: list[Finding] = []
        self.generation: Generation | None = None
        self.looked_for = self.compared = (0, 0)
        self.encoder = self.chosen = ""
        self._examined = examined
        self._every = every
        self._announce = announce

    def run(self) -> None:
        index = self._examined.index.folder
        with self._trying("the disk"):
            self._note(check_disk(index) if index.is_dir() else ())
        store = self._opened()
        with self._trying("the articles folder"):
            self._announce("looking at the articles folder")
            self._note(check_folder(self._examined.articles, self._examined.index, store))
        with self._trying("the lock"):
            self._note(check_lock(index))
        with self._trying("what earlier refreshes left"):
            self._note(check_leftovers(index, store))
        if store is not None:
            with closing(store):
                self._examine(store)

    def _opened(self) -> IndexReader | None:
        """Open the database; None if there is none to be examined."""
        address = self._examined.index.address
        try:
            store = open_index(self._examined.index)
            if store is not None and store.current():
                return store
        except IndexMismatch as exc:
            self.findings.append(error(FindingKind.INCONSISTENT, str(exc), REBUILD))
        except IndexDamaged as exc:
            self.findings.append(error(FindingKind.DAMAGED, str(exc), REBUILD))
        except Exception as exc:  # noqa: BLE001 - whatever it is, the rest is looked at
            self.findings.append(unchecked_finding("the index", exc))
        else:
            self.findings.append(
                error(FindingKind.NO_INDEX, f"there is no index in {address}", REFRESH)
            )
        return None

    def _examine(self, store: IndexReader) -> None:
        examined = self._examined
        self._announce("checking the database")
        if isinstance(store, Store):
            self._examine_database(store)
        for name, check in (
            ("the counts of its generations", check_counts),
            ("what is not published", check_unpublished),
            ("the calibration", check_calibration),
        ):
            with self._trying(name):
                self._note(check(store))
        # That the folder cannot be read was found when it was looked at.
        with self._trying("what changed in the articles folder"), suppress(ArticlesError):
            self._note(check_changes(examined.articles, examined.index, examined.tokens, store))
        with self._trying("the articles"):
            self.generation = store.generation()
            if isinstance(store, Store):
                self._note(check_descriptions(store, self.generation.number))
                self._note(check_copies(store, self.generation.number))
        if self.generation is None:
            return
        origin = store.origin
        self.encoder, self.chosen = origin.encoder, origin.chosen
        encoder = self._loaded(store)
        snapshot = None
        with self._trying("the derived indexes"):
            snapshot = self._load_snapshot(store, self.generation)
        if snapshot is not None:
            with self._trying("near-duplicates"):
                self._announce("comparing the articles")
                chosen, total = sample_comparisons(snapshot, self._every)
                self._note(check_near_duplicates(snapshot, chosen))
                self.compared = len(chosen), total
        if encoder is not None:
            with self._trying("the languages of the articles"):
                self._note(check_languages(store, encoder, examined.switch))
        if encoder is not None and isinstance(store, Store):
            with self._trying("the lengths of the chunks"):
                self._announce("counting tokens")
                budget = examined.index.chunk_tokens
                self._note(check_chunk_lengths(store, self.generation.number, encoder, budget))
        if encoder is not None and snapshot is not None:
            with self._trying("the articles by their titles"):
                self._look_for(snapshot, encoder)

    def _examine_database(self, store: Store) -> None:
        """Look at the database of an index in a folder, and at the files that go with it."""
        # All checks see one state of the database, whatever is published and purged meanwhile.
        store.db.query("BEGIN")
        for name, check in (
            ("the database's pages", check_pages),
            ("the references of its rows", check_references),
            ("the checksums of its rows", check_checksums),
        ):
            with self._trying(name):
                self._note(check(store))

    def _loaded(self, store: IndexReader) -> Encoder | None:
        """Load the encoder; None if it cannot be had or is not that of the index."""
        try:
            encoder = self._examined.encoder()
        except Exception as exc:  # noqa: BLE001 - a model can fail in any way
            self.findings.append(
                error(
                    FindingKind.ENCODER,
                    f"the encoder cannot be loaded: {exc}",
                    "name a model that is there with encoder.model",
                )
            )
            return None
        found = list(check_encoder(store, encoder))
        self.findings += found
        return None if found else encoder

    def _load_snapshot(self, store: IndexReader, generation: Generation) -> Snapshot:
        lexical = open_lexical(store, generation.number)
        if isinstance(store, Store) and (
            lexical is not None or is_latest(store, self._examined.index.folder)
        ):
            self._note(check_lexical(store, generation.number, lexical, self._every))
        if lexical is None:
            self._announce("making a lexical index in memory")
            lexical = lexical_in_memory(store, generation.number)
        return load_snapshot(store, generation, lexical)

    def _look_for(self, snapshot: Snapshot, encoder: Encoder) -> None:
        chosen, total = sample_articles(snapshot.store, snapshot.generation.number, self._every)

        def tell(done: int) -> None:
            self._announce(f"looking for the articles by their titles: {done:,} of {len(chosen):,}")

        self._note(check_titles(snapshot, encoder, self._examined.search, chosen, tell))
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
                error(FindingKind.ARTICLES_FOLDER, str(exc), "name it with --articles DIR")
            )
        except BaseException as exc:
            # A check that fails stops no other.
            if not (isinstance(exc, Exception) or is_panic(exc)):
                raise
            self.findings.append(unchecked_finding(name, exc))
