"""Puts encoder, index, search and answerer together, and brings the index in line."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from bot.answers import Answerer
from bot.encoder_choice import Choice, choose_encoder, languages_note
from bot.library import Library
from bot.loading import Loading, loader
from config import Settings
from embeddings import (
    ClusterEncoder,
    Encoder,
    Model,
    load_reader,
    load_reranker,
    locate,
)
from retrieval import types
from retrieval.backends import index_of, open_index
from retrieval.errors import (
    IndexBusy,
    IndexDamaged,
    IndexFault,
    IndexMismatch,
)
from retrieval.index import IndexReader
from retrieval.refresh import (
    DEFAULT_OPTIONS,
    WAIT_S,
    Candidate,
    Gate,
    KnownItemGate,
    RefreshOptions,
    RefreshProgress,
    RefreshReport,
    compare,
    refresh_index,
)
from retrieval.search import Reranking, Searcher, calibrate, needs_calibration

logger = logging.getLogger(__name__)


def open_encoder(
    settings: Settings,
    announce: Callable[[str], None],
    *,
    anew: bool = False,
    due: bool = False,
    loading: Loading | None = None,
) -> tuple[Encoder, Choice]:
    """Load the encoder, and return it with why it was chosen; see `choose_encoder`.

    What `loading` has loaded already is taken, if it is the right one.

    Raises:
        EncoderError: It cannot be used.
        RetrievalError: There is no index, and the articles cannot be used; or the index cannot.
    """
    choice = choose_encoder(settings, announce, anew=anew, due=due)
    loaded = loading.result(choice) if loading else None
    return loaded or loader(settings, choice)(announce=announce), choice


def on_cluster(
    settings: Settings, encoder: Encoder, choice: Choice, address: str
) -> ClusterEncoder:
    """Let the nodes of a Ray cluster encode passages with an encoder that is loaded here.

    Raises:
        EncoderError: Ray is not installed, or no cluster is at the address.
    """
    return ClusterEncoder(encoder, loader(settings, choice), address)


def bring_in_line(
    settings: Settings,
    encoder: types.Encoder,
    on_progress: Callable[[RefreshProgress], None] = lambda _: None,
    announce: Callable[[str], None] = lambda _: None,
    *,
    choice: Choice | None = None,
    force: bool = False,
    rebuild: bool = False,
    wait_s: float = WAIT_S,
    calibrates: bool = True,
    options: RefreshOptions = DEFAULT_OPTIONS,
) -> RefreshReport:
    """Bring the index in line with the articles.

    Args:
        settings: They name the articles and the index.
        encoder: It encodes the new passages.
        on_progress: Called with the progress now and then.
        announce: Called with a few words before something else that takes long.
        choice: Why it was chosen, where it may be to make an index.
        force: Publish the new generation even if the gate refuses it.
        rebuild: Make the index again from nothing, while the old one answers.
        wait_s: Seconds to wait for another process that writes; there is no limit below 0.
        calibrates: Whether the confidence is calibrated, too, if that is due: it takes seconds.
        options: How it is done, apart from what the other arguments say.

    Raises:
        RetrievalError: The articles or the index cannot be used, or another process is writing.
        SettingsError: The file of golden questions has something else in it.
    """
    gate = _gate(settings, encoder, announce) if settings.refresh.gate and not force else None
    stores = settings.search.stores_tokens
    rebuild = rebuild or (choice is not None and choice.anew)
    chosen = choice.why if choice else ""
    options = replace(
        options, tokens=stores, gate=gate, rebuild=rebuild, wait_s=wait_s, chosen=chosen
    )
    if isinstance(encoder, ClusterEncoder):
        options = replace(options, at_once=max(options.at_once, encoder.at_once))
    first = rebuild or not _answers(settings)
    told = bool(_unknown_articles(settings, encoder))
    report = refresh_index(settings.articles, settings.index, encoder, on_progress, options)
    if calibrates:
        _calibrate(settings, encoder, announce)
    unknown = _unknown_articles(settings, encoder)
    if choice and choice.line and first:
        return replace(report, notes=(choice.line,))
    if unknown and not told:
        return replace(report, notes=(languages_note(unknown, encoder.name, settings),))
    return report


def refresh(
    library: Library, on_progress: Callable[[RefreshProgress], None] = lambda _: None
) -> RefreshReport:
    """Bring the index of a library in line with its articles, and answer from it at once."""
    report = bring_in_line(library.settings, library.encoder, on_progress)
    library.searcher.reload()
    return report


def is_in_line(settings: Settings) -> bool:
    """Whether an automatic refresh has nothing to do; after a rollback, it never has."""
    found = compare(settings.articles, settings.index, settings.search.stores_tokens)
    return found is not None and found.in_line


def is_calibrated(settings: Settings) -> bool:
    """Whether there is an index whose confidence is calibrated on about these articles."""
    store = open_index(settings.index)
    return store is not None and not needs_calibration(store)


def _gate(settings: Settings, encoder: types.Encoder, announce: Callable[[str], None]) -> Gate:
    search = settings.search
    gates: list[Gate] = [KnownItemGate(encoder, search, settings.refresh.sample)]
    if settings.refresh.questions is not None:
        from bot.evaluation import GoldenGate, read_questions

        # The file is read before anything is encoded, so that a wrong one costs nothing.
        gates.append(GoldenGate(encoder, search, read_questions(settings.refresh.questions)))

    def judge(candidate: Candidate) -> list[str]:
        announce("trying the index before it answers (seconds)")
        return [reason for gate in gates for reason in gate(candidate)]

    return judge


def _calibrate(settings: Settings, encoder: types.Encoder, announce: Callable[[str], None]) -> None:
    """Calibrate the confidence again if the articles changed; the next refresh mends a failure."""
    store = open_index(settings.index)
    if store is None or not needs_calibration(store):
        return
    announce("calibrating the confidence on these articles (seconds)")
    searcher = Searcher.open(store, settings.index.folder, encoder, settings.search)
    try:
        found = calibrate(searcher, settings.search.excerpt_chars)
        with index_of(settings.index).write_lock(WAIT_S):
            store.calibrations.keep(found)
    except IndexFault as exc:
        logger.info("the confidence is not calibrated yet: %s", exc)


def open_library(
    settings: Settings,
    announce: Callable[[str], None],
    on_progress: Callable[[RefreshProgress], None] = lambda _: None,
    *,
    stale: bool = False,
    loading: Loading | None = None,
) -> Library:
    """Load the models, bring the index in line with the articles, and open it.

    Args:
        settings: They name the encoder, the articles and the index.
        announce: Called with a few words before something that takes long.
        on_progress: Called with the progress of the refresh now and then.
        stale: Open the index as it is, if there is one.
        loading: The encoder, if somebody began to load it.

    Raises:
        SettingsError: The writer has an address and no model, or a model and no address.
        EncoderError: The encoder, the reranker or the reader cannot be used.
        RetrievalError: The articles or the index cannot be used.
    """
    writes = settings.writer.is_set
    # Located before the encoder is loaded: that may import torch, and then no hub can be asked.
    reranker = _located(settings, "reranker", settings.reranker.model)
    reader = _located(settings, "reader", settings.reader.model)
    due = _is_due(settings, stale)
    encoder, choice = open_encoder(settings, announce, due=due, loading=loading)
    reranking = reading = None
    if reranker is not None:
        announce("loading the reranker with torch")
        loaded = load_reranker(reranker, settings.encoder.device)
        reranking = Reranking(loaded, settings.reranker.weight)
    if reader is not None:
        announce("loading the reader with torch")
        reading = load_reader(reader, settings.encoder.device)
    report = None
    try:
        if due:
            report = bring_in_line(settings, encoder, on_progress, announce, choice=choice)
    except IndexBusy as exc:
        # The published generation can be searched while another process writes the next.
        logger.warning("%s; answering from the index as it is", exc)
    except IndexFault as exc:
        # So can it when the next is refused, or cannot be written: on a full disk, or in somebody
        # else's folder.
        if isinstance(exc, IndexMismatch) or not _answers(settings):
            raise
        logger.warning("%s; answering from the index as it is", exc)
    try:
        searcher = _searcher(settings, encoder, reranking)
    except IndexDamaged as exc:
        logger.warning("%s", exc)
        report = bring_in_line(
            settings, encoder, on_progress, announce, choice=choice, rebuild=True
        )
        searcher = _searcher(settings, encoder, reranking)
    answerer = Answerer(searcher, settings.search, reading)
    writer = None
    if writes:
        from bot.writing import Writer

        writer = Writer(settings.writer, encoder, searcher.is_name)
    return Library(settings, searcher, answerer, report, writer)


def _is_due(settings: Settings, stale: bool) -> bool:
    try:
        store = open_index(settings.index)
        return store is None or not store.current() or not (stale or is_in_line(settings))
    except IndexDamaged:
        return True
    except IndexFault as exc:
        if isinstance(exc, IndexMismatch) or not _answers(settings):
            raise
        logger.warning("%s; answering from the index as it is", exc)
        return False


def _unknown_articles(settings: Settings, encoder: types.Encoder) -> list[types.Source]:
    """Return the articles in languages that the encoder does not know, if they are not few."""
    try:
        store = open_index(settings.index)
        return store.sources_beyond(encoder.languages) if store else []
    except IndexFault:
        return []


def _answers(settings: Settings) -> bool:
    """Whether there is an index that can be searched as it is."""
    try:
        store = open_index(settings.index)
        return store is not None and store.current() > 0
    except IndexFault:
        return False


def _searcher(settings: Settings, encoder: Encoder, reranking: Reranking | None) -> Searcher:
    folder = settings.index.folder
    store = open_index(settings.index)
    if store is None or not store.current():
        raise IndexFault(
            f"the index {settings.index.address} is being built by another process; wait until it "
            "has finished"
        )

    def reopen() -> types.Encoder:
        return open_encoder(settings, logger.info)[0]

    return Searcher.open(store, folder, encoder, settings.search, reranking, reopen=reopen)


def _located(settings: Settings, section: str, name: str | None) -> Model | None:
    if name is None:
        return None
    return locate(name, download=settings.encoder.download, setting=f"{section}.model")


def open_store(settings: Settings) -> IndexReader:
    """Open the store of the index, which needs no encoder.

    Raises:
        IndexFault: There is no index yet.
    """
    store = open_index(settings.index)
    if store is None:
        raise IndexFault(
            f"no index in {settings.index.address}; make it with excerpta refresh, or give "
            "another one with --index"
        )
    return store
