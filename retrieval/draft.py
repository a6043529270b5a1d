"""The draft: the next generation while it is written, batch by batch, seen by nobody yet.

It begins with the first write, as a copy of the current generation. A refresh that was killed
leaves it behind, and the next goes on with it.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from retrieval.checksums import checksum
from retrieval.generations import copy_members, drop_files
from retrieval.rows import (
    VISIBLE,
    FileState,
    check_text,
    digest_of,
    insert_article,
    insert_encoding,
    marks,
    other_files,
)
from retrieval.store import Store, StoredEncoding
from retrieval.types import Article, Chunk

# SQLite's own limit on bound variables was 999 before 3.32.
_SOME = 500

Cut = tuple[Article, Sequence[tuple[Chunk, bytes]]]
"""An article with its chunks and the digests of their passages."""
_Named = dict[str, tuple[int, str | None]]
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
        return self._store.files(self._state())

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
                self._put(db, file, names)

    def drop(self, paths: Iterable[str]) -> None:
        """Forget files and their articles."""
        with self._store.db.transaction() as db:
            for path in paths:
                self._take_out(db, path)

    def touch(self, files: Iterable[FileState]) -> None:
        """Note other sizes and times of files whose content is what it was."""
        generation = self._state()
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

    def articles_of(self, digest: str, recipe: str) -> list[tuple[str, int, bool, str]]:
        """Return the articles of any known file with this content, read in this way.

        Returns:
            For each the part of its path behind the file's, its row, whether it declares its title,
            and its text.
        """
        found = self._store.db.query(
            "SELECT f.path, n.path, a.id, a.title IS NOT NULL, a.text, a.text_crc "
            "FROM files f JOIN names n ON n.file = f.id JOIN articles a ON a.id = n.article "
            "WHERE f.id = (SELECT max(id) FROM files "
            "WHERE digest = ? AND recipe = ? AND reason IS NULL) ORDER BY n.id",
            (digest, recipe),
        )
        with self._store.db.reading_values():
            for file, path, *_, text, crc in found:
                if not path.startswith(file):
                    raise ValueError(f"the file {file!r} is not what was written")
                check_text(text, crc)
            return [(row[1][len(row[0]) :], row[2], bool(row[3]), row[4]) for row in found]

    def link(self, file: FileState, names: Names) -> None:
        """Put a file whose articles are stored already.

        Args:
            file: As it was found.
            names: Of its articles.
        """
        with self._store.db.transaction() as db:
            self._put(db, file, names)

    def difference(self) -> Difference:
        """Compare with the current generation."""
        came, went = self._changes()
        added, deleted = came.keys() - went.keys(), went.keys() - came.keys()
        total = self._store.db.one(
            f"SELECT count(*) FROM names n WHERE {VISIBLE}", {"g": self._state()}
        )[0]
        gone = {went[path][0] for path in deleted}
        return Difference(
            added=len(added),
            modified=len(came) - len(added),
            deleted=len(deleted),
            unchanged=int(total) - len(came),
            renamed=sum(came[path][0] in gone for path in added),
        )

    def changed(self) -> list[str]:
        """Return the paths of the articles that are new in it, in order."""
        return sorted(self._changes()[0])

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
            if self._state() == self.number:
                db.execute("DELETE FROM members WHERE generation = ?", (self._before,))
                db.execute(
                    "UPDATE members SET generation = ? WHERE generation = ?",
                    (self._before, self.number),
                )
                db.execute("DELETE FROM generations WHERE number = ?", (self.number,))
                drop_files(db)
            db.execute("UPDATE meta SET value = '' WHERE key IN ('held', 'refused')")

    def publish(self) -> None:
        """Let readers see it."""
        with self._store.db.transaction() as db:
            self._begin(db)
            now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
            db.execute(
                "UPDATE generations SET published = ?, articles = ?, chunks = ? WHERE number = ?",
                (now, *self._store.count(self.number), self.number),
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

    def _put(self, db: sqlite3.Connection, file: FileState, names: Names) -> None:
        """Put a file with these articles in place of what is known of it."""
        self._take_out(db, file.path)
        number = db.execute(
            "INSERT INTO files (path, size, mtime_ns, ctime_ns, digest, recipe, reason) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(file.path, file.size, file.mtime_ns, file.ctime_ns),
                *(file.digest, file.recipe, file.reason),
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
        """Copy the current generation, unless that is done."""
        if self._state() != self.number:
            db.execute(
                "INSERT INTO generations VALUES (?, NULL, 0, 0, ?)", (self.number, self.number)
            )
            copy_members(db, self._before, self.number)

    def _state(self) -> int:
        """Return the generation that says what it is like: the current one until it is begun."""
        begun = "SELECT 1 FROM generations WHERE number = ?"
        return self.number if self._store.db.query(begun, (self.number,)) else self._before

    def _changes(self) -> tuple[_Named, _Named]:
        """Return the names that the current generation has not, or otherwise, and those it had."""
        if self._state() == self._before:
            return {}, {}
        values = {"draft": self.number, "before": self._before}
        came, went = (
            self._names_of(other_files(of, than), values)
            for of, than in (("draft", "before"), ("before", "draft"))
        )
        same = came.items() & went.items()
        return dict(came.items() - same), dict(went.items() - same)

    def _names_of(self, files: str, values: Mapping[str, int]) -> _Named:
        rows = self._store.db.query(
            f"SELECT path, article, title FROM names WHERE file IN ({files})", values
        )
        return {path: (article, title) for path, article, title in rows}
