"""Refreshing: the index is brought in line with the articles folder and published."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from functools import cached_property

from config import ArticlesSettings, IndexSettings
from retrieval.articles import READERS, FolderListing, Parser, Skipped, walk
from retrieval.backends import index_of
from retrieval.errors import ArticlesError, IndexDamaged, IndexMismatch, IndexRefused
from retrieval.index import (
    Generation,
    Index,
    IndexReader,
    IndexWriter,
    Snapshot,
    clear_lexical,
    load_snapshot,
    write_lexical,
)
from retrieval.refresh.indexer import Indexer
from retrieval.refresh.plan import RefreshProgress, RefreshReport
from retrieval.types import Encoder

logger = logging.getLogger(__name__)

# A question may hold the lock for a moment, to write the lexical index again; a refresh waits.
WAIT_S = 1.0


@dataclass(frozen=True)
class Candidate:
    """A generation that is ready to be published, for a gate to judge.

    Attributes:
        after: The next generation.
        changed: Paths of the articles that are new in the next generation, in order.
        load_before: Loads the current generation; None before the first.
    """

    after: Snapshot
    changed: tuple[str, ...]
    load_before: Callable[[], Snapshot] | None = None

    @cached_property
    def before(self) -> Snapshot | None:
        """The current generation, loaded once it is asked for: few gates have to compare."""
        return self.load_before() if self.load_before else None


Gate = Callable[[Candidate], Sequence[str]]
"""Returns what speaks against publishing a candidate, nothing if it may be published."""


@dataclass(frozen=True, slots=True)
class RefreshOptions:
    """How a refresh is done.

    Attributes:
        tokens: Whether the codes of the passages' tokens are stored.
        parser: Makes the parser of the files.
        gate: Judges a generation before it is published; None publishes any.
        rebuild: Whether the index is made again from nothing, beside the one that answers.
        wait_s: Seconds to wait for another process that writes; below 0 for as long as it takes.
        chosen: Why the encoder was taken, to be kept in an index that is made.
        at_once: Passages that are encoded, stored and reported together, at most.
        base: A snapshot that is loaded already; a gate needs no other where it is of the current
            generation.
        listing: The files of the articles folder, if they were listed just now.
    """

    tokens: bool = True
    parser: Callable[[ArticlesSettings], AbstractContextManager[Parser]] = Parser
    gate: Gate | None = None
    rebuild: bool = False
    wait_s: float = WAIT_S
    chosen: str = ""
    at_once: int = 128
    base: Snapshot | None = None
    listing: FolderListing | None = None


DEFAULT_OPTIONS = RefreshOptions()


def refresh_index(
    articles: ArticlesSettings,
    index: IndexSettings,
    encoder: Encoder,
    on_progress: Callable[[RefreshProgress], None] = lambda _: None,
    options: RefreshOptions = DEFAULT_OPTIONS,
) -> RefreshReport:
    """Bring the index in line with the articles folder.

    The current generation answers until the next is published, in one transaction, at the end. An
    interrupted refresh keeps what it has done, and the next one goes on with it. An index whose
    database is damaged is made again.

    Args:
        articles: Settings of the articles folder.
        index: Settings of the index.
        encoder: The encoder that made the index, if there is an index.
        on_progress: Called with how far it is.
        options: Options of the refresh.

    Raises:
        ArticlesError: The folder is missing, unreadable, or holds no article that can be read; the
            index stays as it is.
        IndexBusy: Another process refreshes.
        IndexRefused: The gate refused what was made; the index stays as it is.
        IndexFault: The index cannot be used or written.
    """
    started = time.perf_counter()
    found = options.listing or walk(articles.folder, articles.max_bytes, index.folder)
    if not found.files:
        raise ArticlesError(_no_articles(articles, found.skipped))

    def refresh_into(at: Index) -> RefreshReport:
        return _refresh(articles, index, at, encoder, on_progress, options, found)

    at = index_of(index)
    with at.write_lock(options.wait_s):
        at.remove_leftovers()
        report = None
        if not options.rebuild:
            try:
                report = refresh_into(at)
                # A rebuild that was interrupted is not needed any more.
                at.discard_rebuilt()
            except IndexDamaged as exc:
                logger.warning("%s; it is made again now", exc)
        if report is None:
            report = _rebuild(at, refresh_into)
    return replace(report, elapsed_s=time.perf_counter() - started)


def _rebuild(at: Index, refresh_into: Callable[[Index], RefreshReport]) -> RefreshReport:
    """Make the index again beside the one in use, going on with one that was begun."""
    try:
        report = refresh_into(at.beside())
    except (IndexDamaged, IndexMismatch):
        at.discard_rebuilt()
        report = refresh_into(at.beside())
    at.use_rebuilt()
    return replace(report, rebuilt=True)


def _refresh(
    articles: ArticlesSettings,
    index: IndexSettings,
    at: Index,
    encoder: Encoder,
    on_progress: Callable[[RefreshProgress], None],
    options: RefreshOptions,
    found: FolderListing,
) -> RefreshReport:
    store = at.open()
    if store is None or (store.is_blank and store.origin.fingerprint != encoder.fingerprint):
        identity = encoder.fingerprint, encoder.name, encoder.dim
        store = at.create(*identity, options.chosen)
    with closing(store):
        store.check_encoder(encoder.fingerprint, encoder.name)
        draft = store.writer()
        draft.check_counts()
        indexer = Indexer(
            draft,
            articles,
            index,
            encoder,
            on_progress,
            options.tokens,
            options.parser,
            options.at_once,
        )
        indexer.run(found)
        unreadable = [Skipped(f.path, f.reason) for f in indexer.files.values() if f.reason]
        skipped = sorted(
            [*found.skipped, *unreadable, *indexer.unsettled], key=lambda one: one.article
        )
        if len(unreadable) == len(indexer.files):
            raise ArticlesError(_no_articles(articles, skipped))
        difference = draft.difference()
        if difference.any:
            _publish(store, draft, index, options)
        else:
            draft.discard()
            write_lexical(store, store.current())
        state = store.generation()
    return RefreshReport(
        generation=state.number,
        added=difference.added,
        modified=difference.modified,
        deleted=difference.deleted,
        unchanged=difference.unchanged,
        renamed=difference.renamed,
        skipped=tuple(skipped),
        chunks=state.chunks,
        encoded=indexer.encoded,
        elapsed_s=0.0,
    )


def _publish(
    store: IndexReader, draft: IndexWriter, index: IndexSettings, options: RefreshOptions
) -> None:
    lexical = write_lexical(store, draft.number)
    if options.gate is not None:
        current, state = store.generation(), store.state()
        base = options.base if options.base is not None and options.base.state == state else None

        def load_current() -> Snapshot:
            if base is not None:
                return base
            return load_snapshot(store, current, write_lexical(store, current.number), state)

        articles, chunks = store.count(draft.number)
        unpublished = Generation(draft.number, None, articles, chunks, draft.number)
        after = load_snapshot(store, unpublished, lexical, base=base)
        before = load_current if current.number else None
        reasons = options.gate(Candidate(after, tuple(draft.changed()), before))
        if reasons:
            draft.refuse("; ".join(reasons))
            clear_lexical(store, {current.number, draft.number})
            answering = (
                "the one before goes on answering" if current.number else "there is none before it"
            )
            raise IndexRefused(
                f"the new state of the index was not published: {'; '.join(reasons)}; {answering}; "
                "see what happened to the articles, or publish it all the same with excerpta "
                "refresh --force"
            )
    former = store.current()
    draft.publish()
    # Somebody may be opening the lexical index of the generation before just now.
    clear_lexical(store, {former, draft.number})
    draft.purge(index.keep)


def _no_articles(articles: ArticlesSettings, skipped: Sequence[Skipped]) -> str:
    folder = articles.folder
    wanted = f"put articles ({', '.join(sorted(READERS))}) there or give --articles DIR"
    if not skipped:
        return f"no articles in {folder}; {wanted}; an index made before stays as it is"
    first = skipped[0]
    return (
        f"no article in {folder} can be read, {len(skipped)} were skipped, the first "
        f"{first.article!r}: {first.reason}; {wanted}; an index made before stays as it is"
    )
