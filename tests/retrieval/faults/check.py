"""A check of an index folder: what in it is not as it must be, whatever happened to a refresh."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from zlib import crc32

from retrieval.index.dense import DenseIndex
from retrieval.index.folder import DATABASE
from retrieval.index.lexical_files import lexical_of
from retrieval.index.rows import chunk_checksum, tokens_checksum
from retrieval.index.store import Store
from tests.retrieval.rebuilt import batches

# What the checksums of rows are about.
_CHECKED: dict[str, tuple[str, Callable[..., int]]] = {
    "encodings": ("vector", crc32),
    "tokens": ("encoding, codes, starts", tokens_checksum),
    "chunks": ("article, encoding, text, sentences", chunk_checksum),
}


def problems(index: Path) -> list[str]:
    """Say what is wrong with the index in use and with every other database in its folder."""
    found = [
        f"{path.relative_to(index)}: {one}"
        for path in sorted(index.rglob(DATABASE))
        for one in _of_database(path)
    ]
    store = Store.open(index)
    if store is not None:
        with closing(store):
            found += _of_store(store, index)
    return found


def encodings(folder: Path) -> set[bytes]:
    """Return the digests of the passages whose encoding a folder's databases hold."""
    held: set[bytes] = set()
    for path in folder.rglob(DATABASE):
        with closing(sqlite3.connect(path)) as db:
            # A kill may have come before its tables were there.
            if _tables(db):
                held |= {row[0] for row in db.execute("SELECT digest FROM encodings")}
    return held


def digests(passages: Iterable[str]) -> set[bytes]:
    """Return what the database knows passages by."""
    return {hashlib.blake2b(one.encode(), digest_size=16).digest() for one in passages}


def _tables(db: sqlite3.Connection) -> bool:
    return bool(db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


def _of_database(path: Path) -> Iterator[str]:
    with closing(sqlite3.connect(path)) as db:
        for (one,) in db.execute("PRAGMA integrity_check"):
            if one != "ok":
                yield f"integrity: {one}"
        yield from (f"foreign key: {row}" for row in db.execute("PRAGMA foreign_key_check"))
        if _tables(db):
            yield from _of_checksums(db)
            yield from _of_rows(db)


def _of_checksums(db: sqlite3.Connection) -> Iterator[str]:
    for table, (columns, checksum) in _CHECKED.items():
        for *values, crc in db.execute(f"SELECT {columns}, crc FROM {table}"):
            if checksum(*values) != crc:
                yield f"a checksum in {table}"


def misplace(db: sqlite3.Connection, path: str) -> None:
    """Let an article belong to a generation that nobody has begun, as a changed bit may do."""
    db.execute(
        "UPDATE members SET generation = generation + 64 "
        "WHERE file = (SELECT file FROM names WHERE path = ?)",
        (path,),
    )


def _of_rows(db: sqlite3.Connection) -> Iterator[str]:
    draft = int(db.execute("SELECT value FROM meta WHERE key = 'current'").fetchone()[0]) + 1
    rows = db.execute("SELECT * FROM members WHERE generation > ?", (draft,))
    yield from (f"members: row {row} belongs to no generation" for row in rows)


def _of_store(store: Store, index: Path) -> Iterator[str]:
    """Look at the generations that are kept, and at what is derived from the current one."""
    current = store.current()
    kept = {one.number: one for one in store.generations()}
    if current and current not in kept:
        yield f"the current generation {current} is not kept"
    if any(number > current for number in kept):
        yield f"generations after the current one, {current}: {sorted(kept)}"
    for number, one in kept.items():
        ids = [i for some, _ in store.vectors(number) for i in some.tolist()]
        chunks = {
            i: chunk for some in batches(ids) for i, chunk in store.chunks(some, number).items()
        }
        paths = {source.path for chunk in chunks.values() for source in chunk.sources}
        if (one.articles, one.chunks) != store.count(number):
            yield f"generation {number}: counts are {store.count(number)}, noted {one}"
        if chunks.keys() != set(ids) or len(paths) != one.articles:
            yield f"generation {number}: not all articles have their chunks"
        if any(chunk.tokens is None for chunk in chunks.values()):
            yield f"generation {number}: chunks without tokens"
    if current:
        dense = DenseIndex.build(store.origin.dim, store.vectors(current))
        lexical = lexical_of(store, current, index)
        words = {i for i, _, _ in store.passages(0, current)}
        held = set(lexical.search("the", ["xx"], 100_000)) | set(
            lexical.search("the end", ["en"], 100_000)
        )
        if lexical.ids() != words or not held <= words or words != set(dense.ids.tolist()):
            yield "the derived indexes are not in step with the current generation"
