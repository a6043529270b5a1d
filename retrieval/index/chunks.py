"""The chunks of a generation as the database holds them: what they say, and their ids."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from config import module_later
from retrieval.index.database import Database
from retrieval.index.rows import (
    ARTICLES,
    CHUNK,
    SOURCE,
    VISIBLE,
    StoredChunk,
    chunk_of,
    listed,
    source_of,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = module_later("numpy")

# For a reader whose generation was purged: what the oldest that is kept still has of it.
_STILL_VISIBLE = VISIBLE.replace(":g", "(SELECT min(number) FROM generations WHERE number >= :g)")


def chunks(db: Database, ids: Sequence[int], generation: int) -> dict[int, StoredChunk]:
    """Return chunks of a generation by id; see `Store.chunks`.

    Raises:
        IndexDamaged: A chunk is not what was written.
    """
    rows = db.query(
        f"SELECT {CHUNK} FROM chunks c JOIN articles a ON a.id = c.article "
        "LEFT JOIN tokens t ON t.encoding = c.encoding "
        f"WHERE c.id IN ({listed(ids)}) ORDER BY c.id"
    )
    with db.reading_values():
        # Apart from the chunks, for an article may have thousands of names.
        names = db.query(
            f"SELECT {SOURCE} FROM names n JOIN articles a ON a.id = n.article "
            f"WHERE n.article IN ({listed({row[1] for row in rows})}) AND {_STILL_VISIBLE} "
            "ORDER BY n.article, n.path",
            {"g": generation},
        )
        sources = {
            article: tuple(map(source_of, named))
            for article, named in itertools.groupby(names, lambda row: row[3])
        }
        return {row[0]: chunk_of(row, sources[row[1]]) for row in rows if row[1] in sources}


def chunk_ids(db: Database, generation: int) -> list[int]:
    """Return the ids of a generation's chunks, ascending."""
    rows = db.query(
        f"SELECT id FROM chunks WHERE article IN ({ARTICLES}) ORDER BY id", {"g": generation}
    )
    return [row[0] for row in rows]


def by_article(db: Database, generation: int) -> dict[str, list[int]]:
    """Return the ids of each article's chunks in their order, by the path of its first name."""
    rows = db.rows(
        "SELECT c.id, min(n.path) FROM names n "
        f"JOIN chunks c ON c.article = n.article WHERE {VISIBLE} GROUP BY c.id ORDER BY c.id",
        {"g": generation},
    )
    found: dict[str, list[int]] = {}
    for number, path in rows:
        found.setdefault(path, []).append(number)
    return found


def by_language(db: Database, generation: int) -> dict[str, NDArray[np.int64]]:
    """Return the ids of a generation's chunks by the language of their articles, ascending."""
    found: dict[str, list[int]] = {}
    for language, number in db.rows(
        "SELECT a.language, c.id FROM chunks c JOIN articles a ON a.id = c.article "
        f"WHERE a.id IN ({ARTICLES}) ORDER BY c.id",
        {"g": generation},
    ):
        found.setdefault(language, []).append(number)
    return {language: np.array(ids, dtype=np.int64) for language, ids in found.items()}


def middles(db: Database, articles: Sequence[int]) -> list[int]:
    """Return the id of a chunk from the middle of each article that has one."""
    rows = db.query(
        "SELECT min(id) + count(*) / 2 FROM chunks "
        f"WHERE article IN ({listed(articles)}) GROUP BY article"
    )
    # The ids of one article's chunks follow each other, as they were written in one go.
    return [row[0] for row in rows]
