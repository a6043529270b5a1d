"""The index's truth: articles, chunks, encodings and generations in one SQLite database.

A refresh writes what is new as rows of the next generation and marks what goes as removed by it;
`current`, updated last, makes all of that visible at once. So a reader sees the old state or the
new one, and what a killed refresh left is dropped or used again by the next.
"""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.confidence.calibrations import Calibrations
from retrieval.database import INDEX, Database
from retrieval.errors import IndexFault, IndexMismatch
from retrieval.rows import (
    SCHEMA,
    SOURCE,
    VISIBLE,
    FileState,
    Generation,
    StoredChunk,
    StoredEncoding,
    Tokens,
    chunk_of,
    insert_article,
    insert_encoding,
    marks,
    replace_files,
    source_of,
)
from retrieval.types import Article, Chunk, Source

__all__ = ["FileState", "Generation", "Store", "StoredChunk", "StoredEncoding", "Tokens"]

FORMAT = 2
_DATABASE = "index.sqlite"
# SQLite's own limit on bound variables was 999 before 3.32.
_SOME = 500


class Store:
    """The database of one index folder; every method may be called from any thread.

    Attributes:
        calibrations: Of its generations.
    """

    def __init__(self, path: Path) -> None:
        self._db = Database(path, INDEX)
        self.calibrations = Calibrations(self._db)

    @classmethod
    def open(cls, folder: Path) -> Store | None:
        """Open an existing index; None if the folder holds none.

        Raises:
            IndexDamaged: The database is cut off or no database.
            IndexMismatch: It has another format version.
        """
        path = folder / _DATABASE
        if not path.exists():
            return None
        store = cls(path)
        store._db.check_length()
        found = store.format
        if found == 0 and not store._db.one("SELECT count(*) FROM sqlite_master")[0]:
            return None
        if found != FORMAT:
            raise IndexMismatch(
                f"the index {folder} has format {found}, this version of Excerpta reads format "
                f"{FORMAT}; delete the folder or give another with --index, then run excerpta "
                "refresh (the articles are not touched)"
            )
        return store

    @classmethod
    def create(cls, folder: Path, fingerprint: str, encoder: str, dim: int) -> Store:
        """Create an empty index for one encoder, in a folder that only its owner may read."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as exc:
            raise IndexFault(
                f"the index folder {folder} cannot be created ({exc.strerror}); give one that can "
                "be written with --index"
            ) from exc
        store = cls(folder / _DATABASE)
        store._db.query("PRAGMA journal_mode = WAL")
        with store._db.transaction() as db:
            for statement in SCHEMA.split(";\n"):
                db.execute(statement)
            meta = {
                "key": uuid.uuid4().hex,
                "fingerprint": fingerprint,
                "encoder": encoder,
                "dim": str(dim),
                "recipe": "",
                "current": "0",
            }
            db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
            db.execute(f"PRAGMA user_version = {FORMAT}")
        return store

    # Reading

    @property
    def key(self) -> str:
        """Identifies this database; derived indexes carry it."""
        return self._meta("key")

    @property
    def encoder(self) -> str:
        """Name of the encoder that made the index."""
        return self._meta("encoder")

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the encoder that made the index."""
        return self._meta("fingerprint")

    @property
    def dim(self) -> int:
        """Dimensions of the vectors."""
        return int(self._meta("dim"))

    @property
    def recipe(self) -> str:
        """How the articles of the current generation were read and cut."""
        return self._meta("recipe")

    @property
    def format(self) -> int:
        """Format version of the database."""
        return int(self._db.one("PRAGMA user_version")[0])

    def size(self) -> int:
        """Return the size of the index folder, in bytes."""
        total = 0
        for file in self._db.path.parent.rglob("*"):
            # A refresh may delete it meanwhile.
            with suppress(FileNotFoundError):
                total += file.stat().st_size if file.is_file() else 0
        return total

    def check_encoder(self, fingerprint: str, name: str) -> None:
        """Raise `IndexMismatch` unless the index was made by this encoder."""
        if self.fingerprint != fingerprint:
            raise IndexMismatch(
                f"the index {self._db.path.parent} was made with the encoder {self.encoder} "
                f"({self.fingerprint[:8]}), the settings name {name} ({fingerprint[:8]}); set "
                "encoder.model back, or give another folder with --index, or delete this one and "
                "run excerpta refresh (the articles are not touched)"
            )

    def current(self) -> int:
        """Return the number of the generation that readers are to see."""
        return int(self._meta("current"))

    def state(self) -> tuple[str, int, str]:
        """Return what changes when that which is searched is out of date."""
        return self.key, self.current(), self.calibrations.written()

    def generation(self) -> Generation:
        """Return the current generation."""
        number = self.current()
        row = self._db.query(
            "SELECT published, articles, chunks FROM generations WHERE number = ?", (number,)
        )
        if not row:
            return Generation(number, None, 0, 0)
        published, articles, chunks = row[0]
        return Generation(number, dt.datetime.fromisoformat(published), articles, chunks)

    def keeps(self, generation: int) -> bool:
        """Whether what went after this generation is still known."""
        return generation == 0 or bool(
            self._db.query("SELECT 1 FROM generations WHERE number = ?", (generation,))
        )

    def files(self) -> dict[str, FileState]:
        """Return what the current generation saw of each file."""
        rows = self._db.query("SELECT path, size, mtime_ns, digest, reason FROM files")
        return {row[0]: FileState(*row) for row in rows}

    def sources(self) -> list[Source]:
        """Return the articles of the current generation, by path."""
        rows = self._db.query(
            f"SELECT {SOURCE} FROM articles a WHERE {VISIBLE} ORDER BY path",
            {"g": self.current()},
        )
        return [source_of(row) for row in rows]

    def article(self, path: str) -> Article | None:
        """Return an article of the current generation."""
        rows = self._db.query(
            f"SELECT {SOURCE}, text FROM articles a WHERE {VISIBLE} AND path = :path",
            {"g": self.current(), "path": path},
        )
        return Article(source_of(rows[0][:-1]), rows[0][-1]) if rows else None

    def languages(self, generation: int) -> list[str]:
        """Return the languages of a generation's articles."""
        rows = self._db.query(
            f"SELECT DISTINCT language FROM articles a WHERE {VISIBLE} ORDER BY language",
            {"g": generation},
        )
        return [row[0] for row in rows]

    def vectors(self, generation: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float16]]]:
        """Yield chunk ids (n,) and vectors (n, dim) in batches, ids ascending."""
        rows = self._db.rows(
            "SELECT c.id, e.vector FROM chunks c JOIN articles a ON a.id = c.article "
            f"JOIN encodings e ON e.id = c.encoding WHERE {VISIBLE} ORDER BY c.id",
            {"g": generation},
        )
        while batch := list(itertools.islice(rows, 8192)):
            ids = np.array([row[0] for row in batch], dtype=np.int64)
            joined = np.frombuffer(b"".join(row[1] for row in batch), dtype=np.float16)
            yield ids, joined.reshape(len(ids), self.dim)

    def passages(self, since: int, generation: int) -> Iterator[tuple[int, str, str]]:
        """Yield chunk id, language and passage of what came after generation `since`."""
        yield from self._db.rows(
            "SELECT c.id, a.language, a.title || char(10) || c.text "
            "FROM chunks c JOIN articles a ON a.id = c.article "
            f"WHERE {VISIBLE} AND a.added > :since",
            {"g": generation, "since": since},
        )

    def removed_chunks(self, since: int, generation: int) -> list[int]:
        """Return the ids of chunks that went after generation `since`."""
        rows = self._db.query(
            "SELECT c.id FROM chunks c JOIN articles a ON a.id = c.article "
            "WHERE a.removed > ? AND a.removed <= ?",
            (since, generation),
        )
        return [row[0] for row in rows]

    def chunks(self, ids: Sequence[int]) -> dict[int, StoredChunk]:
        """Return chunks by id; ids that do not exist are left out."""
        rows = self._db.query(
            f"SELECT {SOURCE}, c.id, c.sentences, c.text, t.codes, t.starts "
            "FROM chunks c JOIN articles a ON a.id = c.article "
            f"LEFT JOIN tokens t ON t.encoding = c.encoding WHERE c.id IN ({marks(ids)})",
            tuple(ids),
        )
        return {row[7]: chunk_of(row) for row in rows}

    def known_encodings(self, digests: Sequence[bytes], tokens: bool) -> set[bytes]:
        """Return those digests of passages whose encoding is stored, with its tokens if wanted."""
        also = "AND EXISTS (SELECT 1 FROM tokens WHERE encoding = encodings.id)" if tokens else ""
        known: set[bytes] = set()
        for at in range(0, len(digests), _SOME):
            some = digests[at : at + _SOME]
            rows = self._db.query(
                f"SELECT digest FROM encodings WHERE digest IN ({marks(some)}) {also}", tuple(some)
            )
            known.update(row[0] for row in rows)
        return known

    # Writing; callers hold the lock of `retrieval.lock`

    def drop_unpublished(self) -> None:
        """Forget rows and marks of a generation that was never published, but no encoding."""
        current = self.current()
        with self._db.transaction() as db:
            dropped = "SELECT id FROM articles WHERE added > ?"
            db.execute(f"DELETE FROM chunks WHERE article IN ({dropped})", (current,))
            db.execute("DELETE FROM articles WHERE added > ?", (current,))
            db.execute("UPDATE articles SET removed = NULL WHERE removed > ?", (current,))

    def add(
        self,
        generation: int,
        encodings: Mapping[bytes, StoredEncoding],
        articles: Iterable[tuple[Article, Sequence[tuple[Chunk, bytes]]]],
    ) -> None:
        """Add articles to a generation, all or none.

        Args:
            generation: The one to be published next.
            encodings: New ones, by the digest of their passage.
            articles: Each with its chunks and the digests of their passages, which are among
                `encodings` or stored already.
        """
        with self._db.transaction() as db:
            for digest, encoding in encodings.items():
                insert_encoding(db, digest, encoding)
            for article, chunks in articles:
                insert_article(db, article, chunks, generation)

    def remove_articles(self, paths: Iterable[str], generation: int) -> None:
        """Mark articles as gone from a generation on."""
        with self._db.transaction() as db:
            db.executemany(
                "UPDATE articles SET removed = ? WHERE path = ? AND removed IS NULL AND added < ?",
                [(generation, path, generation) for path in paths],
            )

    def publish(
        self, generation: int, files: Iterable[FileState], *, recipe: str, keep: int
    ) -> None:
        """Make a generation the current one; then drop what no kept generation needs.

        Args:
            generation: Whose rows were added.
            files: What it saw of each file.
            recipe: How its articles were read and cut.
            keep: Generations that are kept, this one included.
        """
        with self._db.transaction() as db:
            replace_files(db, files)
            visible = f"FROM articles a WHERE {VISIBLE}"
            db.execute(
                "INSERT INTO generations VALUES (:g, :now, "
                f"(SELECT count(*) {visible}), "
                f"(SELECT count(*) FROM chunks WHERE article IN (SELECT id {visible})))",
                {"g": generation, "now": dt.datetime.now(dt.UTC).isoformat(timespec="seconds")},
            )
            new = [(str(generation), "current"), (recipe, "recipe")]
            db.executemany("UPDATE meta SET value = ? WHERE key = ?", new)
        self._purge(generation - keep + 1)

    def replace_files(self, files: Iterable[FileState]) -> None:
        """Remember other sizes, times and reasons of files where no article changed."""
        with self._db.transaction() as db:
            replace_files(db, files)

    def _purge(self, oldest: int) -> None:
        with self._db.transaction() as db:
            db.execute("DELETE FROM generations WHERE number < ?", (oldest,))
            gone = "SELECT id FROM articles WHERE removed <= ?"
            db.execute(f"DELETE FROM chunks WHERE article IN ({gone})", (oldest,))
            if not db.execute("DELETE FROM articles WHERE removed <= ?", (oldest,)).rowcount:
                return
            unused = "NOT EXISTS (SELECT 1 FROM chunks WHERE chunks.encoding = "
            db.execute(f"DELETE FROM tokens WHERE {unused} tokens.encoding)")
            db.execute(f"DELETE FROM encodings WHERE {unused} encodings.id)")

    def close(self) -> None:
        """Close this thread's connection."""
        self._db.close()

    def _meta(self, key: str) -> str:
        return str(self._db.one("SELECT value FROM meta WHERE key = ?", (key,))[0])
