"""The writer of generations: the next one, batch by batch, then published, kept, restored, purged.

Nobody sees the next generation before it is published. A refresh that was killed leaves what it has
written behind, and the next one goes on with it.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from retrieval.index.protocols import ChunkedArticle, Difference, Names
from retrieval.index.rows import (
    VISIBLE,
    FileState,
    Generation,
    StoredEncoding,
    check_text,
    checksum,
    digest_of,
    insert_article,
    insert_encoding,
    listed,
    marks,
    other_files,
    rollback_target,
)
from retrieval.types import Article, Chunk

if TYPE_CHECKING:
    from retrieval.index.store import Store

# SQLite's own limit on bound variables was 999 before 3.32.
_SOME = 500

_Named = dict[str, tuple[int, tuple[object, ...]]]
# Free pages are used again; only where they are many and a good part of the file, they are given
# back to the disk, which moves pages around.
_FREE_PAGES, _FREE_SHARE = 250, 0.2


class GenerationWriter:
    """Writes the generation after the current one; the caller holds the lock.

    Attributes:
        number: Number of the generation that is written.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._before = store.current()
        self.number = self._before + 1

    def files(self) -> dict[str, FileState]:
        """Return what the next generation has seen of each file."""
        return self._store.files(self._latest())

    def known_encodings(self, digests: Sequence[bytes], tokens: bool) -> set[bytes]:
        """Return those digests of passages whose encoding is stored, with its tokens if wanted."""
        also = "AND EXISTS (SELECT 1 FROM tokens WHERE encoding = encodings.id)" if tokens else ""
        known: set[bytes] = set()
        for at in range(0, len(digests), _SOME):
            some = digests[at : at + _SOME]
            rows = self._store.db.query(
                f"SELECT digest FROM encodings WHERE digest IN ({marks(some)}) {also}", tuple(some)
            )
            known.update(row[0] for row in rows)
        return known

    def keep(self, encodings: Mapping[bytes, StoredEncoding]) -> None:
        """Store encodings, by the digest of their passage."""
        with self._store.db.transaction() as db:
            for digest, encoding in encodings.items():
                insert_encoding(db, digest, encoding)

    def put(self, files: Iterable[tuple[FileState, Sequence[ChunkedArticle]]]) -> None:
        """Put files in place of what was known of them, all or none.

        Args:
            files: Each with the articles in it; the encodings of their chunks are stored.
        """
        with self._store.db.transaction() as db:
            for file, articles in files:
                names = {
                    article.source.path: (
                        self._content(db, article, chunks, file.reader_version),
                        None if article.titled else article.source.title,
                    )
                    for article, chunks in articles
                }
                self._put(db, file, names)

    def drop(self, paths: Iterable[str]) -> None:
        """Forget files and their articles."""
        with self._store.db.transaction() as db:
            for path in paths:
                self._take_out(db, path)

    def touch(self, files: Iterable[FileState]) -> None:
        """Note other sizes and times of files whose content is what it was."""
        generation = self._latest()
        with self._store.db.transaction() as db:
            db.executemany(
                "UPDATE files SET size = ?, mtime_ns = ?, ctime_ns = ? "
                "WHERE path = ? AND EXISTS "
                "(SELECT 1 FROM members m WHERE m.generation = ? AND m.file = files.id)",
                [
                    (file.size, file.mtime_ns, file.ctime_ns, file.path, generation)
                    for file in files
                ],
            )

    def articles_of(
        self, digest: str, reader_version: str
    ) -> list[tuple[str, int, str | None, str]]:
        """Return the articles of any known file with this content, read in this way.

        Returns:
            For each the part of its path behind the file's, its row, its title if it declares none,
            and its text.
        """
        found = self._store.db.query(
            "SELECT f.path, n.path, a.id, n.title, a.text, a.headings, a.text_crc "
            "FROM files f JOIN names n ON n.file = f.id JOIN articles a ON a.id = n.article "
            "WHERE f.id = (SELECT max(id) FROM files "
            "WHERE digest = ? AND reader_version = ? AND reason IS NULL) ORDER BY n.id",
            (digest, reader_version),
        )
        with self._store.db.reading_values():
            for file, path, *_, text, headings, crc in found:
                if not path.startswith(file):
                    raise ValueError(f"the file {file!r} is not what was written")
                check_text(text, headings, crc)
            return [(row[1][len(row[0]) :], row[2], row[3], row[4]) for row in found]

    def link(self, file: FileState, names: Names) -> None:
        """Put a file whose articles are stored already.

        Args:
            file: What was seen of the file.
            names: Names of its articles.
        """
        with self._store.db.transaction() as db:
            self._put(db, file, names)

    def difference(self) -> Difference:
        """Compare the next generation with the current one."""
        came, went = self._changes()
        added, deleted = came.keys() - went.keys(), went.keys() - came.keys()
        total = self._store.db.one(
            f"SELECT count(*) FROM names n WHERE {VISIBLE}", {"g": self._latest()}
        )[0]
        gone = {went[path][1] for path in deleted}
        return Difference(
            added=len(added),
            modified=len(came) - len(added),
            deleted=len(deleted),
            unchanged=int(total) - len(came),
            renamed=sum(came[path][1] in gone for path in added),
        )

    def changed(self) -> list[str]:
        """Return the paths of the articles that are new in the next generation, in order."""
        return sorted(self._changes()[0])

    def chunks_of(self, articles: Sequence[int]) -> int:
        """Count the chunks of articles that are stored, by their rows."""
        count = f"SELECT count(*) FROM chunks WHERE article IN ({listed(articles)})"
        return int(self._store.db.one(count)[0])

    def refuse(self, reason: str) -> None:
        """Note why the next generation is not published."""
        with self._store.db.transaction() as db:
            db.execute("UPDATE meta SET value = ? WHERE key = 'refused'", (reason,))

    def discard(self) -> None:
        """Drop the next generation, no article of which differs, but keep what it saw of files."""
        with self._store.db.transaction() as db:
            if self._latest() == self.number:
                db.execute("DELETE FROM members WHERE generation = ?", (self._before,))
                db.execute(
                    "UPDATE members SET generation = ? WHERE generation = ?",
                    (self._before, self.number),
                )
                db.execute("DELETE FROM generations WHERE number = ?", (self.number,))
                drop_files(db)
            db.execute("UPDATE meta SET value = '' WHERE key IN ('held', 'refused')")

    def publish(self) -> None:
        """Make the next generation the current one, which readers see."""
        with self._store.db.transaction() as db:
            self._begin(db)
            now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
            db.execute(
                "UPDATE generations SET published = ?, articles = ?, chunks = ?, digest = ? "
                "WHERE number = ?",
                (
                    *(now, *self._store.count(self.number)),
                    *(self._store.made_digest(self.number), self.number),
                ),
            )
            db.execute("UPDATE meta SET value = ? WHERE key = 'current'", (str(self.number),))
            db.execute("UPDATE meta SET value = '' WHERE key IN ('held', 'refused')")

    def check_counts(self) -> None:
        """Raise `IndexDamaged` unless the current generation is whole; see `check_counts`."""
        check_counts(self._store)

    def purge(self, keep: int) -> None:
        """Drop all but the last generations; see `purge`."""
        purge(self._store, keep)

    def rollback(self, to: int | None = None) -> Generation:
        """Publish an older generation again; see `rollback`."""
        return rollback(self._store, to)

    def _content(
        self,
        db: sqlite3.Connection,
        article: Article,
        chunks: Sequence[tuple[Chunk, bytes]],
        reader_version: str,
    ) -> int:
        """Return the row of an article's content, which is stored once."""
        digest = digest_of(article, reader_version)
        known = db.execute("SELECT id FROM articles WHERE digest = ?", (digest,)).fetchone()
        return int(known[0]) if known else insert_article(db, article, digest, chunks)

    def _put(self, db: sqlite3.Connection, file: FileState, names: Names) -> None:
        """Put a file with these articles in place of what is known of it."""
        self._take_out(db, file.path)
        number = db.execute(
            "INSERT INTO files (path, size, mtime_ns, ctime_ns, digest, reader_version, reason) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(file.path, file.size, file.mtime_ns, file.ctime_ns),
                *(file.digest, file.reader_version, file.reason),
            ),
        ).lastrowid
        db.execute("INSERT INTO members VALUES (?, ?)", (self.number, number))
        known = [(path, number, title, article) for path, (article, title) in names.items()]
        db.executemany(
            "INSERT INTO names (path, file, title, article, crc) VALUES (?, ?, ?, ?, ?)",
            [(*row, checksum(*row)) for row in known],
        )

    def _take_out(self, db: sqlite3.Connection, path: str) -> None:
        """Take out a file, whose row stays for other generations; what none has goes later."""
        self._begin(db)
        db.execute(
            "DELETE FROM members WHERE generation = ? "
            "AND file IN (SELECT id FROM files WHERE path = ?)",
            (self.number, path),
        )

    def _begin(self, db: sqlite3.Connection) -> None:
        """Begin the next generation as a copy of the current one, unless that is done."""
        if self._latest() != self.number:
            db.execute(
                "INSERT INTO generations VALUES (?, NULL, 0, 0, ?, '')",
                (self.number, self.number),
            )
            copy_members(db, self._before, self.number)

    def _latest(self) -> int:
        """Return the next generation if it is begun, else the current one."""
        begun = "SELECT 1 FROM generations WHERE number = ?"
        return self.number if self._store.db.query(begun, (self.number,)) else self._before

    def _changes(self) -> tuple[_Named, _Named]:
        """Return the names that differ, as the next generation has them and as the current has."""
        if self._latest() == self._before:
            return {}, {}
        values = {"next": self.number, "before": self._before}
        came, went = (
            self._names_of(other_files(of, than), values)
            for of, than in (("next", "before"), ("before", "next"))
        )
        same = came.items() & went.items()
        return dict(came.items() - same), dict(went.items() - same)

    def _names_of(self, files: str, values: Mapping[str, int]) -> _Named:
        rows = self._store.db.query(
            "SELECT n.path, n.article, f.reader_version, a.crc, a.text_crc FROM names n "
            f"JOIN files f ON f.id = n.file JOIN articles a ON a.id = n.article "
            f"WHERE n.file IN ({files})",
            values,
        )
        return {path: (article, tuple(says)) for path, article, *says in rows}


def rollback(store: Store, to: int | None = None) -> Generation:
    """Publish the articles of an older generation again, and hold the index there.

    They become a new generation, so that readers only ever go forward; the next refresh starts from
    it. What an unfinished refresh has written is forgotten, except its encodings. The caller holds
    the lock.

    Args:
        store: The index.
        to: A generation that is kept; by default the one before that whose articles are current.

    Raises:
        IndexFault: There is no such generation.
    """
    current = store.generation()
    kept = store.generations()
    target = rollback_target(current, kept, to)
    new = current.number + 1
    with store.db.transaction() as db:
        db.execute("DELETE FROM members WHERE generation = ?", (new,))
        copy_members(db, target.number, new)
        drop_files(db)
        at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        db.execute(
            "INSERT OR REPLACE INTO generations SELECT ?, ?, articles, chunks, content, digest "
            "FROM generations WHERE number = ?",
            (new, at, target.number),
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

    Otherwise what a damaged row hides would be missing from all later generations.
    """
    seen = store.generation()
    found = store.count(seen.number)
    if found != (seen.articles, seen.chunks):
        raise store.damage(
            f"{found[0]} articles and {found[1]} chunks are left of {seen.articles} and "
            f"{seen.chunks}"
        )


def purge(store: Store, keep: int) -> None:
    """Drop all but the last generations, and what only they need; the caller holds the lock.

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
        # Nothing that an unfinished refresh has encoded: a purge comes before the next one begins.
        unused = "(SELECT id FROM encodings WHERE id NOT IN (SELECT encoding FROM chunks))"
        db.execute(f"DELETE FROM tokens WHERE encoding IN {unused}")
        db.execute(f"DELETE FROM encodings WHERE id IN {unused}")
    free = int(store.db.one("PRAGMA freelist_count")[0])
    if free > max(_FREE_PAGES, _FREE_SHARE * int(store.db.one("PRAGMA page_count")[0])):
        store.db.give_back()


def copy_members(db: sqlite3.Connection, source: int, target: int) -> None:
    """Copy the files of a generation to one that has none."""
    db.execute(
        "INSERT INTO members SELECT ?, file FROM members WHERE generation = ?", (target, source)
    )


def drop_files(db: sqlite3.Connection) -> None:
    """Delete the files, with their names, that no generation has."""
    db.execute(
        "DELETE FROM files WHERE NOT EXISTS (SELECT 1 FROM generations "
        "CROSS JOIN members m WHERE m.generation = number AND m.file = files.id)"
    )
    db.execute("DELETE FROM names WHERE file NOT IN (SELECT id FROM files)")
