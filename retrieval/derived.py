"""The lexical index on disk, kept in step with the store that it is derived from."""

from __future__ import annotations

import logging
from pathlib import Path

from retrieval.errors import IndexFault
from retrieval.lexical import LexicalIndex
from retrieval.store import Store

logger = logging.getLogger(__name__)


def lexical_in_step(store: Store, folder: Path) -> LexicalIndex:
    """Return the lexical index of the store's current generation; the caller holds the lock.

    It is brought up to date by what changed, or built again where that fails, and where it is
    missing, damaged, of another store, ahead (after a rollback) or so old that what changed is no
    longer known.
    """
    generation, key = store.current(), store.key
    place = folder / "lexical"

    def follow(lexical: LexicalIndex) -> LexicalIndex:
        since = lexical.generation
        gone = store.removed_chunks(since, generation)
        lexical.update(store.passages(since, generation), gone, generation, key)
        return lexical

    lexical = LexicalIndex.open(place, key)
    if lexical is not None and lexical.generation == generation:
        return lexical
    if lexical is not None and lexical.generation < generation and store.keeps(lexical.generation):
        try:
            return follow(lexical)
        except IndexFault as exc:
            # A kill in the middle of tantivy's commit leaves files that the next one stumbles over.
            logger.info("%s", exc)
    if generation > 1:
        logger.info("building the lexical index again from the database")
    return follow(LexicalIndex.create(place))
