"""Articles that are not found by their own titles."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from config import SearchSettings
from retrieval import samples
from retrieval.derived import lexical_in_memory
from retrieval.health.finding import Finding, Kind, are, counted, warning
from retrieval.health.state import is_latest
from retrieval.probes import Probe, by_title
from retrieval.search.searcher import Searcher
from retrieval.snapshot import FixedSnapshot, Snapshot
from retrieval.store import Store
from retrieval.types import Encoder

SAMPLE = 200
"""Articles that are looked for unless all are."""
# Articles that are loaded together.
_AT_ONCE = 20


def sampled(store: Store, generation: int, every: bool) -> tuple[list[int], int]:
    """Choose the articles that are looked for, the same ones every time.

    Returns:
        Their rows, and of how many they are.
    """
    contents = samples.contents(store, generation)
    if every or len(contents) <= SAMPLE:
        return contents, len(contents)
    return sorted(random.Random(generation).sample(contents, SAMPLE)), len(contents)


def lost(
    view: Snapshot,
    encoder: Encoder,
    search: SearchSettings,
    contents: Sequence[int],
    folder: Path,
    on_progress: Callable[[int], None],
) -> Iterator[Finding]:
    """Find those that are not among the hits of their own titles.

    Args:
        view: Is searched.
        encoder: That of the index.
        search: How it is searched.
        contents: Rows of articles; those without a title of their own are passed over.
        folder: Of the index.
        on_progress: Is told how many were looked for.
    """
    try:
        missing = _missing(view, encoder, search, contents, on_progress)
    except BaseException as exc:
        if isinstance(exc, KeyboardInterrupt) or is_latest(view.store, folder):
            raise
        # Files of its lexical index went with its generation before they were opened.
        view = replace(view, lexical=lexical_in_memory(view.store, view.generation.number))
        missing = _missing(view, encoder, search, contents, on_progress)
    if missing:
        count = len(missing)
        yield warning(
            Kind.NOT_FOUND,
            f"{counted(count, 'article')} {are(count)} not found by "
            f"{'its' if count == 1 else 'their'} own title",
            "give each a title of its own that names what it is about, then excerpta refresh",
            sorted(missing),
        )


def _missing(
    view: Snapshot,
    encoder: Encoder,
    search: SearchSettings,
    contents: Sequence[int],
    on_progress: Callable[[int], None],
) -> list[str]:
    searcher = Searcher(FixedSnapshot(view), encoder, search)
    missing = []
    for at in range(0, len(contents), _AT_ONCE):
        on_progress(at)
        probes = _probes(view, contents[at : at + _AT_ONCE])
        missing += [one.path for one in probes if not one.is_found(searcher)]
    return missing


def _probes(view: Snapshot, contents: Sequence[int]) -> list[Probe]:
    chunks = samples.middle_chunks(view.store, contents)
    return list(by_title(view.store.chunks(chunks, view.generation.number).values()))
