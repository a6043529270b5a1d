"""Wires the parts: the only place where encoder and index meet."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from bot.answers import Answerer
from config import Settings
from embeddings import Encoder, load
from retrieval.errors import IndexBusy, IndexFault
from retrieval.refresh import Progress, Report, refresh
from retrieval.search import Searcher
from retrieval.store import Store

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Library:
    """A folder of articles with its index, ready to be asked.

    Attributes:
        report: Of the refresh that opened it; None if there was none, or another process was
            writing just then.
    """

    settings: Settings
    encoder: Encoder
    store: Store
    searcher: Searcher
    answerer: Answerer
    report: Report | None

    def refresh(self, on_progress: Callable[[Progress], None] = lambda _: None) -> Report:
        """Bring the index in line with the articles and answer from it at once."""
        report = bring_in_line(self.settings, self.encoder, on_progress)
        self.searcher.reload()
        return report


def open_encoder(settings: Settings, announce: Callable[[str], None]) -> Encoder:
    """Load the encoder that the settings name."""
    encoder = settings.encoder
    return load(
        encoder.model,
        backend=encoder.backend.value,
        device=encoder.device,
        query_prompt=encoder.query_prompt,
        passage_prompt=encoder.passage_prompt,
        cache=encoder.cache,
        download=encoder.download,
        announce=announce,
    )


def bring_in_line(
    settings: Settings,
    encoder: Encoder,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Report:
    """Bring the index in line with the articles.

    Raises:
        RetrievalError: No usable articles or index, or another process is writing.
    """
    return refresh(settings.articles, settings.index, encoder, on_progress)


def open_library(
    settings: Settings,
    announce: Callable[[str], None],
    on_progress: Callable[[Progress], None] = lambda _: None,
    *,
    stale: bool = False,
) -> Library:
    """Load the encoder, bring the index in line with the articles, and open it.

    Args:
        settings: Which encoder, articles and index.
        announce: Is told what takes long.
        on_progress: Is told how far the index is.
        stale: Open the index as it is, if there is one.

    Raises:
        EncoderError: No usable encoder.
        RetrievalError: No usable articles or index.
    """
    encoder = open_encoder(settings, announce)
    store = Store.open(settings.index.folder)
    report = None
    try:
        if not stale or store is None or not store.current():
            report = bring_in_line(settings, encoder, on_progress)
    except IndexBusy as exc:
        # The published generation can be read while another process writes the next.
        logger.info("%s; answering from the index as it is", exc)
    store = Store.open(settings.index.folder)
    if store is None or not store.current():
        raise IndexFault(
            f"the index {settings.index.folder} is being built by another process; wait until it "
            "has finished"
        )
    searcher = Searcher(store, settings.index.folder, encoder, settings.search)
    answerer = Answerer(searcher, settings.search)
    return Library(settings, encoder, store, searcher, answerer, report)


def open_store(settings: Settings) -> Store:
    """Open the index without an encoder, to look at what is in it.

    Raises:
        IndexFault: There is none yet.
    """
    store = Store.open(settings.index.folder)
    if store is None:
        raise IndexFault(
            f"no index in {settings.index.folder}; make it with excerpta refresh, or give another "
            "folder with --index"
        )
    return store
