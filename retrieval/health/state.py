"""The state of an index: what is derived from it, what was left behind, who is writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from retrieval.derived import written_lexical
from retrieval.draft import Draft
from retrieval.health.finding import (
    REBUILD,
    REFRESH,
    Finding,
    Kind,
    are,
    counted,
    error,
    note,
    warning,
)
from retrieval.homes import leftovers, rebuilding
from retrieval.lexical import LexicalIndex
from retrieval.lock import holder, is_held
from retrieval.search.calibration import needs_calibration
from retrieval.store import Store
from retrieval.types import Encoder


def lexical(store: Store, generation: int, found: LexicalIndex | None) -> Iterator[Finding]:
    """Compare the lexical index of a generation, None if it is missing or damaged, with it."""
    if found is None:
        there = generation in written_lexical(store)
        yield warning(
            Kind.LEXICAL,
            f"the lexical index of generation {generation} is {'damaged' if there else 'missing'}; "
            "until it is made again, each start makes it first",
            REFRESH,
        )
        return
    chunks = store.count(generation)[1]
    if found.chunks != chunks:
        yield error(
            Kind.LEXICAL,
            f"the lexical index of generation {generation} has {counted(found.chunks, 'chunk')}, "
            f"the database {chunks:,}",
            REBUILD,
        )


def is_latest(store: Store, folder: Path) -> bool:
    """Whether nothing was published since the store's transaction began.

    If something was, the lexical index of the generation before it is deleted.
    """
    latest = Store.open(folder)
    if latest is None:
        return False
    with closing(latest):
        return (latest.place, latest.current()) == (store.place, store.current())


def encoder(store: Store, settings: Encoder) -> Iterator[Finding]:
    """Compare the encoder that made the index with that of the settings."""
    if store.fingerprint != settings.fingerprint:
        yield error(
            Kind.ENCODER,
            f"the index was made with the encoder {store.encoder} ({store.fingerprint[:8]}), the "
            f"settings name {settings.name} ({settings.fingerprint[:8]})",
            f"{REBUILD}, or set encoder.model back",
        )


def calibration(store: Store) -> Iterator[Finding]:
    """Find that the confidence is not calibrated for these articles."""
    if needs_calibration(store):
        yield note(
            Kind.UNCALIBRATED,
            "the confidence is not calibrated for these articles",
            REFRESH,
        )


def unpublished(store: Store) -> Iterator[Finding]:
    """Find why what the folder holds is not what is answered from."""
    current = store.current()
    if store.refused:
        yield warning(
            Kind.REFUSED,
            f"generation {current + 1} was not published: {store.refused}",
            "see what happened to the articles, then excerpta refresh; or publish it all the same: "
            "excerpta refresh --force",
        )
    elif Draft(store).difference().any:
        yield note(
            Kind.UNFINISHED,
            f"a refresh has begun generation {current + 1} and not published it",
            f"{REFRESH} goes on with it",
        )
    if store.held:
        yield note(Kind.HELD, f"the index stays as it is: {store.held}", REFRESH)


def writer(folder: Path) -> Iterator[Finding]:
    """Find who is writing to the index."""
    if is_held(folder):
        who = holder(folder).rstrip(",")
        yield note(
            Kind.LOCKED,
            f"{who} is writing to the index",
            "wait until it has finished; no other process can refresh meanwhile",
        )


def left(folder: Path, store: Store | None) -> Iterator[Finding]:
    """Find what refreshes left in the index folder."""
    found = [path.relative_to(folder).as_posix() for path in leftovers(folder)]
    if store is not None:
        # That before may still be opened, that behind is a draft's.
        needed = {store.current() + step for step in (-1, 0, 1)}
        home = store.place.relative_to(folder)
        found += [
            (home / "lexical" / str(number)).as_posix()
            for number in sorted(written_lexical(store))
            if number not in needed
        ]
    if found:
        count = len(found)
        yield note(
            Kind.LEFTOVER,
            f"{counted(count, 'folder or file')} {are(count)} left of earlier indexes"
            if count > 1
            else f"{found[0]} is left of an earlier index",
            "nothing to do: a refresh that publishes clears it",
            found,
        )
    beside = rebuilding(folder)
    if beside.exists():
        yield note(
            Kind.UNFINISHED,
            "the index is being made again, or that was interrupted",
            f"{REBUILD} goes on with it",
            [beside.name],
        )
