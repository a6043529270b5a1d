"""Generations: those that were published are kept for a while, restored, and purged."""

from __future__ import annotations

import datetime as dt
import sqlite3

from retrieval.errors import IndexFault
from retrieval.rows import Generation
from retrieval.store import Store

# Free pages are used again; only where they are many and a good part of the file, they are given
# back to the disk, which moves pages around.
_FREE_PAGES, _FREE_SHARE = 250, 0.2


def rollback(store: Store, to: int | None = None) -> Generation:
    """Publish the articles of an older generation again, and hold the index there.

    It becomes a new generation, so that whoever reads only ever goes forward; the next refresh
    starts from it. What an unfinished refresh has written is forgotten, but its encodings. The
    caller holds the lock.

    Args:
        store: The index.
        to: A generation that is kept; by default the one before that whose articles are current.

    Raises:
        IndexFault: There is none before, or it is not kept.
    """
    current = store.generation()
    kept = store.generations()
    older = [one for one in kept if one.number < current.content]
    if to is not None:
        older = [one for one in kept if one.number == to and one.number != current.number]
    if not older:
        wanted = f"generation {to}" if to is not None else "a generation before it"
        others = ", ".join(str(one.number) for one in kept if one.number != current.number)
        raise IndexFault(
            f"the index is at generation {current.number}, and {wanted} is not kept "
            f"(kept: {others or 'no other'}; index.keep says how many are)"
        )
    target = older[0]
    new = current.number + 1
    with store.db.transaction() as db:
        db.execute("DELETE FROM members WHERE generation = ?", (new,))
        copy_members(db, target.number, new)
        drop_files(db)
        at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        db.execute(
            "INSERT OR REPLACE INTO generations VALUES (?, ?, ?, ?, ?)",
            (new, at, target.articles, target.chunks, target.content),
        )
        held = (
            f"it was rolled back on {at[:10]} from generation {current.number} to the articles of "
            f"generation {target.number}"
        )
        db.execute("UPDATE meta SET value = ? WHERE key = 'current'", (str(new),))
        db.execute("UPDATE meta SET value = ? WHERE key = 'held'", (held,))
        db.execute("UPDATE meta SET value = '' WHERE key = 'refused'")
    return store.generation()


def check_counts(store: Store) -> None:
    """Raise `IndexDamaged` unless the current generation has as much as it was published with.

    Else what a damaged row hides would be missing for good from the next one on.
    """
    seen = store.generation()
    found = store.count(seen.number)
    if found != (seen.articles, seen.chunks):
        raise store.db.damage(
            f"{found[0]} articles and {found[1]} chunks are left of {seen.articles} and "
            f"{seen.chunks}"
        )


def purge(store: Store, keep: int) -> None:
    """Drop generations but the last, and what only they need; the caller holds the lock.

    Args:
        store: The index.
        keep: Generations that are kept, the current one included.
    """
    kept = [one.number for one in store.generations()][:keep]
    if not kept:
        return
    with store.db.transaction() as db:
        for table, column in (("generations", "number"), ("members", "generation")):
            db.execute(f"DELETE FROM {table} WHERE {column} < ?", (kept[-1],))
        drop_files(db)
        db.execute(
            "DELETE FROM chunks WHERE article IN "
            "(SELECT id FROM articles WHERE id NOT IN (SELECT article FROM names))"
        )
        db.execute("DELETE FROM articles WHERE id NOT IN (SELECT article FROM names)")
        # Not what an unfinished refresh has encoded: it is purged before the next one begins.
        unused = "(SELECT id FROM encodings WHERE id NOT IN (SELECT encoding FROM chunks))"
        db.execute(f"DELETE FROM tokens WHERE encoding IN {unused}")
        db.execute(f"DELETE FROM encodings WHERE id IN {unused}")
    free = int(store.db.one("PRAGMA freelist_count")[0])
    if free > max(_FREE_PAGES, _FREE_SHARE * int(store.db.one("PRAGMA page_count")[0])):
        store.db.give_back()


def copy_members(db: sqlite3.Connection, source: int, target: int) -> None:
    """Let a generation that has nothing have what another one has."""
    db.execute(
        "INSERT INTO members SELECT ?, file FROM members WHERE generation = ?", (target, source)
    )


def drop_files(db: sqlite3.Connection) -> None:
    """Delete files, with their names, that no generation has."""
    db.execute(
        "DELETE FROM files WHERE NOT EXISTS (SELECT 1 FROM generations "
        "CROSS JOIN members m WHERE m.generation = number AND m.file = files.id)"
    )
    db.execute("DELETE FROM names WHERE file NOT IN (SELECT id FROM files)")
