"""The lexical indexes on disk, one for each generation that is asked, derived from the store."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Collection
from pathlib import Path

from retrieval.errors import IndexBusy, IndexFault
from retrieval.index.folder import remove_path, write_lock
from retrieval.index.lexical import LexicalIndex, is_written
from retrieval.index.store import Store

logger = logging.getLogger(__name__)

_FOLDER = "lexical"


def open_lexical(store: Store, generation: int) -> LexicalIndex | None:
    """Open the lexical index of a generation; None if it is missing or damaged."""
    found = LexicalIndex.open(_folder_of(store, generation), store.key)
    # A copy that was not brought up to date is still that of the one before.
    return found if found is not None and found.generation == generation else None


def lexical_of(store: Store, generation: int, index: Path) -> LexicalIndex:
    """Return the lexical index of a generation for reading.

    Where it is missing or damaged it is written again, or made in memory if that is not possible
    because somebody else is writing or nobody can.

    Args:
        store: Database of the index.
        generation: Number of a generation that is kept.
        index: The index folder, for its lock.
    """
    found = open_lexical(store, generation)
    if found is not None:
        return found
    try:
        with write_lock(index):
            return write_lexical(store, generation)
    except (IndexBusy, IndexFault) as exc:
        logger.info("the lexical index is made in memory: %s", exc)
    return lexical_in_memory(store, generation)


def lexical_in_memory(store: Store, generation: int) -> LexicalIndex:
    """Make the lexical index of a generation, and write nothing."""
    return _follow(store, LexicalIndex.create(None), generation)


def write_lexical(store: Store, generation: int, *, afresh: bool = False) -> LexicalIndex:
    """Write the lexical index of a generation: that of an earlier one, and what changed since.

    It is built from nothing where there is no earlier one, or that is damaged, or so old that what
    changed is no longer known. The caller holds the lock.

    Args:
        store: Database of the index.
        generation: Number of a generation, published or not.
        afresh: Whether to write it again if it is there, as its generation may have gone on.

    Raises:
        IndexFault: It cannot be written.
    """
    place = _folder_of(store, generation)
    found = None if afresh else open_lexical(store, generation)
    if found is not None:
        return found
    if place.parent.is_file():
        remove_path(place.parent)
    for before in sorted(written_lexical(store), reverse=True):
        if before >= generation or not store.keeps(before):
            continue
        try:
            _copy(_folder_of(store, before), place)
            lexical = LexicalIndex.open(place, store.key)
            if lexical is not None:
                return _follow(store, lexical, generation)
        except (OSError, IndexFault) as exc:
            logger.info("the lexical index of generation %d is of no use: %s", before, exc)
    if generation > 1:
        logger.info("building the lexical index again from the database")
    return _follow(store, LexicalIndex.create(place), generation)


def has_lexical(store: Store) -> bool:
    """Whether the current generation has a lexical index, as far as shows without reading it."""
    return is_written(_folder_of(store, store.current()))


def clear_lexical(store: Store, kept: Collection[int]) -> None:
    """Delete the lexical indexes of other generations; whoever has one open reads on."""
    for number in written_lexical(store):
        if number not in kept:
            remove_path(_folder_of(store, number))


def drop_lexical(store: Store, generation: int) -> None:
    """Delete the lexical index of a generation, as it is damaged."""
    remove_path(_folder_of(store, generation))


def written_lexical(store: Store) -> list[int]:
    """Return the generations whose lexical indexes are there, whole or not."""
    try:
        names = [path.name for path in (store.place / _FOLDER).iterdir()]
    except OSError:
        return []
    return [int(name) for name in names if name.isdecimal()]


def _follow(store: Store, lexical: LexicalIndex, generation: int) -> LexicalIndex:
    since = lexical.generation
    gone = store.removed_chunks(since, generation)
    lexical.update(store.passages(since, generation), gone, generation, store.key)
    return lexical


def _copy(source: Path, target: Path) -> None:
    """Copy an index by links to its files, none of which tantivy ever writes to again."""
    remove_path(target)
    target.mkdir(mode=0o700, parents=True)
    for file in source.iterdir():
        # Locks, and what is being written.
        if file.suffix not in (".lock", ".draft"):
            _link(file, target / file.name)


def _link(file: Path, to: Path) -> None:
    link: Callable[[Path, Path], object] = os.link
    try:
        link(file, to)
    except FileNotFoundError:
        raise
    except OSError:
        # A file system without links.
        shutil.copyfile(file, to)


def _folder_of(store: Store, generation: int) -> Path:
    return store.place / _FOLDER / str(generation)
