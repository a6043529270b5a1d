"""The encodings of chunks as the database holds them: vectors, their checksums, token codes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from zlib import crc32

from config import module_later
from retrieval.index.database import Database
from retrieval.index.rows import ARTICLES, StoredEncoding, encoding_of, listed, other_files
from retrieval.types import FloatArray

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = module_later("numpy")

_BATCH = 8192
# Articles that generation `:g` has and `:since` has not.
_CAME = (
    f"SELECT article FROM names WHERE file IN ({other_files('g', 'since')}) "
    f"EXCEPT {ARTICLES.replace(':g', ':since')}"
)
_OF_CHUNKS = "FROM chunks c JOIN encodings e ON e.id = c.encoding"


def vectors(
    db: Database, dim: int, generation: int, since: int = 0
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float16]]]:
    """Yield chunk ids (n,) and vectors (n, dim) of a generation in batches, ids ascending.

    Args:
        db: The database.
        dim: Dimensions of a vector.
        generation: The one that the chunks belong to.
        since: A generation that is kept, whose chunks are left out.

    Raises:
        IndexDamaged: A vector is not what was written.
    """
    rows = db.rows(
        f"SELECT c.id, e.vector, e.crc {_OF_CHUNKS} "
        f"WHERE c.article IN ({_CAME if since else ARTICLES}) ORDER BY c.id",
        {"g": generation, "since": since},
    )
    while batch := list(itertools.islice(rows, _BATCH)):
        yield np.array([row[0] for row in batch], dtype=np.int64), _joined(db, dim, batch)


def checksums(db: Database, generation: int) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Return the ids of a generation's chunks, ascending, and the checksums of their vectors."""
    rows = db.rows(
        f"SELECT c.id, e.crc {_OF_CHUNKS} WHERE c.article IN ({ARTICLES}) ORDER BY c.id",
        {"g": generation},
    )
    with db.reading_values():
        found = np.fromiter(rows, dtype=[("id", np.int64), ("crc", np.uint32)])
        return found["id"].copy(), found["crc"].copy()


def most(db: Database) -> int:
    """Return how many chunks a generation may have at most, which costs nothing to tell."""
    return int(db.one("SELECT max(id) FROM chunks")[0] or 0)


def vectors_of(db: Database, dim: int, ids: Sequence[int]) -> FloatArray:
    """Return the vectors of chunks of any generation, in their order, (n, dim) float32.

    Raises:
        IndexDamaged: A vector is not what was written, or there is none.
    """
    rows = db.query(
        f"SELECT c.id, e.vector, e.crc {_OF_CHUNKS} WHERE c.id IN ({listed(ids)}) ORDER BY c.id"
    )
    if [row[0] for row in rows] != sorted(set(ids)):
        raise db.damage("a chunk has no vector")
    order = np.searchsorted(np.array([row[0] for row in rows], dtype=np.int64), list(ids))
    return _joined(db, dim, rows).astype(np.float32)[order]


def encodings(db: Database, ids: Sequence[int]) -> dict[int, tuple[bytes, StoredEncoding]]:
    """Return the digest of each chunk's passage and its encoding, by the chunk's id.

    Raises:
        IndexDamaged: An encoding is not what was written.
    """
    rows = db.query(
        "SELECT c.id, e.digest, e.vector, e.crc, t.codes, t.starts, t.crc, e.id "
        f"{_OF_CHUNKS} LEFT JOIN tokens t ON t.encoding = e.id "
        f"WHERE c.id IN ({listed(ids)}) ORDER BY c.id"
    )
    with db.reading_values():
        return {row[0]: (row[1], encoding_of(row[2:])) for row in rows}


def _joined(db: Database, dim: int, rows: Sequence[tuple[Any, ...]]) -> NDArray[np.float16]:
    """Return the vectors of rows (chunk id, vector, checksum), (n, dim)."""
    for number, vector, crc in rows:
        if not isinstance(vector, bytes) or crc32(vector) != crc:
            raise db.damage(f"the vector of chunk {number} is not what was written")
    with db.reading_values():
        joined = np.frombuffer(b"".join(row[1] for row in rows), dtype=np.float16)
        return joined.reshape(len(rows), dim)
