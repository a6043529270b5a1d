"""The draft: the next generation while it is written, batch by batch, seen by nobody yet.

It is what generation `number` sees already. A refresh that was killed leaves it behind, and the
next goes on with it.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from retrieval.checksums import checksum
from retrieval.rows import (
    VISIBLE,
    FileState,
    check_text,
    digest_of,
    insert_article,
    insert_encoding,
    marks,
)
from retrieval.store import Store, StoredEncoding
from retrieval.types import Article, Chunk

# SQLite's own limit on bound variables was 999 before 3.32.
_SOME = 500

Cut = tuple[Article, Sequence[tuple[Chunk, bytes]]]
"""An article with its chunks and the digests of their passages."""
Names = Mapping[str, tuple[int, str | None]]
"""The row of an article's content by its path, and its title there if it declares none."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Articles of a draft compared with those of the current generation, by path.

    Attributes:
        renamed: How many of those added are deleted ones under another name.
    """

    added: int
    modified: int
    deleted: int
    unchanged: int
    renamed: int

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return bool(self.added or self.modified or self.deleted)


class Draft:
    """Writes the generation after the current one; the caller holds the lock.

    Attributes:
        number: Of the generation that it becomes.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._before = store.current()
        self.number = self._before + 1

    def files(self) -> dict[str, FileState]:
        """Return what it has seen of each file."""
        return self._store.files(self.number)

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

    def put(self, files: Iterable[tuple[FileState, Sequence[Cut]]]) -> None:
        """Put files in place of what was known of them, all or none.

        Args:
            files: Each with the articles in it; the encodings of their chunks are stored.
        """
        with self._store.db.transaction() as db:
            for file, articles in files:
                names = {
                    article.source.path: (
                        self._content(db, article, chunks, file.recipe),
                        None if article.titled else article.source.title,
                    )
                    for article, chunks in articles
                }
                self._see(db, file)
                self._name(db, file.path, names)

    def drop(self, paths: Iterable[str]) -> None:
        """Forget files and their articles."""
        with self._store.db.transaction() as db:
            for path in paths:
                for number, added in db.execute(
                    "SELECT id, added FROM files WHERE path = ? AND removed IS NULL", (path,)
                ).fetchall():
                    self._close(db, "files", number, added)
                self._name(db, path, {})

    def touch(self, files: Iterable[FileState]) -> None:
        """Note other sizes and times of files whose content is what it was."""
        with self._store.db.transaction() as db:
            db.executemany(
                "UPDATE files SET size = ?, mtime_ns = ?, ctime_ns = ? "
                "WHERE path = ? AND removed IS NULL",
                [(file.size, file.mtime_ns, file.ctime_ns, file.path) for file in files],
            )

    def articles_of(self, digest: str, recipe: str) -> list[tuple[str, int, bool, str]]:
        """Return the articles of any known file with this content, read in this way.

        Returns:
            For each the part of its path behind the file's, its row, whether it declares its title,
            and its text.
        """
        rows = self._store.db.query(
            "SELECT path, removed FROM files WHERE digest = ? AND recipe = ? "
            # Else what is damaged would link another state of the file.
            "AND (removed IS NULL OR removed > added AND removed <= ?) "
            "AND reason IS NULL ORDER BY id DESC LIMIT 1",
            (digest, recipe, self.number),
        )
        for path, removed in rows:
            found = self._store.db.query(
                "SELECT n.path, a.id, a.title IS NOT NULL, a.text, a.text_crc "
                "FROM names n JOIN articles a ON a.id = n.article "
                f"WHERE n.file = :file AND {VISIBLE} ORDER BY n.id",
                {"file": path, "g": removed - 1 if removed else self.number},
            )
            with self._store.db.reading_values():
                for *_, text, crc in found:
                    check_text(text, crc)
                return [(row[0][len(path) :], row[1], bool(row[2]), row[3]) for row in found]
        return []

    def link(self, file: FileState, names: Names) -> None:
        """Put a file whose articles are stored already.

        Args:
            file: As it was found.
            names: Of its articles.
        """
        with self._store.db.transaction() as db:
            self._see(db, file)
            self._name(db, file.path, names)

    def difference(self) -> Difference:
        """Compare with the current generation; costs what changed."""
        values = (self.number,)
        came = dict(self._store.db.query("SELECT path, article FROM names WHERE added = ?", values))
        went = dict(
            self._store.db.query("SELECT path, article FROM names WHERE removed = ?", values)
        )
        added, deleted = came.keys() - went.keys(), went.keys() - came.keys()
        total = self._store.db.one(
            f"SELECT count(*) FROM names n WHERE {VISIBLE}", {"g": self.number}
        )[0]
        gone = [went[path] for path in deleted]
        renamed = sum(1 for path in added if came[path] in gone)
        return Difference(
            added=len(added),
            modified=len(came) - len(added),
            deleted=len(deleted),
            unchanged=int(total) - len(came),
            renamed=renamed,
        )

    def changed(self) -> list[str]:
        """Return the paths of the articles that are new in it, in order."""
        rows = self._store.db.query(
            "SELECT path FROM names WHERE added = ? ORDER BY path", (self.number,)
        )
        return [row[0] for row in rows]

    def chunks_of(self, articles: Sequence[int]) -> int:
        """Count the chunks of articles that are stored, by their rows."""
        rows = ", ".join(map(str, articles))
        return int(self._store.db.one(f"SELECT count(*) FROM chunks WHERE article IN ({rows})")[0])

    def refuse(self, reason: str) -> None:
        """Note why it is not published."""
        with self._store.db.transaction() as db:
            db.execute("UPDATE meta SET value = ? WHERE key = 'refused'", (reason,))

    def discard(self) -> None:
        """Let the current generation have seen what it saw of the files; no article differs."""
        with self._store.db.transaction() as db:
            db.execute("DELETE FROM files WHERE removed = ?", (self.number,))
            db.execute("UPDATE files SET added = ? WHERE added = ?", (self._before, self.number))
            db.execute("UPDATE meta SET value = '' WHERE key IN ('held', 'refused')")

    def publish(self) -> None:
        """Let readers see it."""
        articles, chunks = self._store.count(self.number)
        with self._store.db.transaction() as db:
            now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
            db.execute(
                "INSERT INTO generations VALUES (?, ?, ?, ?, ?)",
                (self.number, now, articles, chunks, self.number),
            )
            db.execute("UPDATE meta SET value = ? WHERE key = 'current'", (str(self.number),))
            db.execute("UPDATE meta SET value = '' WHERE key IN ('held', 'refused')")

    def _content(
        self,
        db: sqlite3.Connection,
        article: Article,
        chunks: Sequence[tuple[Chunk, bytes]],
        recipe: str,
    ) -> int:
        """Return the row of an article's content, which is stored once."""
        digest = digest_of(article, recipe)
        known = db.execute("SELECT id FROM articles WHERE digest = ?", (digest,)).fetchone()
        return int(known[0]) if known else insert_article(db, article, digest, chunks)

    def _see(self, db: sqlite3.Connection, file: FileState) -> None:
        for number, added in db.execute(
            "SELECT id, added FROM files WHERE path = ? AND removed IS NULL", (file.path,)
        ).fetchall():
            self._close(db, "files", number, added)
        db.execute(
            "INSERT INTO files (path, size, mtime_ns, ctime_ns, digest, recipe, reason, added) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(file.path, file.size, file.mtime_ns, file.ctime_ns),
                *(file.digest, file.recipe, file.reason, self.number),
            ),
        )

    def _name(self, db: sqlite3.Connection, file: str, names: Names) -> None:
        """Let a file have these articles and no others; those that it has stay as they are."""
        new = dict(names)
        for number, path, article, title, added in db.execute(
            "SELECT id, path, article, title, added FROM names WHERE file = ? AND removed IS NULL",
            (file,),
        ).fetchall():
            if new.get(path) == (article, title):
                del new[path]
            else:
                self._close(db, "names", number, added)
        for path, (article, title) in new.items():
            # What the draft took away and would now bring again, as where a file was put back.
            back = db.execute(
                "UPDATE names SET removed = NULL WHERE path = ? AND removed = ? AND article = ? "
                "AND title IS ? AND file = ?",
                (path, self.number, article, title, file),
            )
            if not back.rowcount:
                known = (path, file, title, article)
                db.execute(
                    "INSERT INTO names (path, file, title, article, crc, added) "
                    "VALUES (?, ?, ?, ?, ?, ?)",
                    (*known, checksum(*known), self.number),
                )

    def _close(self, db: sqlite3.Connection, table: str, number: int, added: int) -> None:
        """End a row: one that only the draft has is gone, others stay for older generations."""
        if added == self.number:
            db.execute(f"DELETE FROM {table} WHERE id = ?", (number,))
        else:
            db.execute(f"UPDATE {table} SET removed = ? WHERE id = ?", (self.number, number))
