"""The index's truth: articles, chunks, encodings and generations in one SQLite database.

A refresh writes what is new as rows of the next generation and marks what goes as removed by it;
`current`, updated last, makes all of that visible at once. So a reader sees the old state or the
new one, and what a killed refresh left is dropped or used again by the next.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import sqlite3
import threading
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import IndexDamaged, IndexFault, IndexMismatch
from retrieval.types import Article, ByteArray, Chunk, FloatArray, IntArray, Sentence, Source

FORMAT = 1
_DATABASE = "index.sqlite"
# SQLite's own limit on bound variables was 999 before 3.32.
_SOME = 500

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE generations (
    number INTEGER PRIMARY KEY, published TEXT NOT NULL, articles INTEGER NOT NULL,
    chunks INTEGER NOT NULL);
CREATE TABLE articles (
    id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL, title TEXT NOT NULL, date TEXT,
    url TEXT, author TEXT, language TEXT NOT NULL, tags TEXT NOT NULL, text TEXT NOT NULL,
    added INTEGER NOT NULL, removed INTEGER);
CREATE INDEX articles_by_path ON articles (path);
CREATE INDEX articles_by_added ON articles (added);
CREATE INDEX articles_by_removed ON articles (removed) WHERE removed IS NOT NULL;
-- "start" and "end" count characters of the article's text; sentences is int32 (n, 3): start, end,
-- paragraph. AUTOINCREMENT: an id never comes back, for the derived indexes know chunks by it.
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, article INTEGER NOT NULL REFERENCES articles,
    start INTEGER NOT NULL, end INTEGER NOT NULL, sentences BLOB NOT NULL,
    encoding INTEGER NOT NULL REFERENCES encodings);
CREATE INDEX chunks_by_article ON chunks (article);
CREATE INDEX chunks_by_encoding ON chunks (encoding);
-- Vectors (float16) apart from the token codes, so that all of them can be read in one sweep.
CREATE TABLE encodings (
    id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, vector BLOB NOT NULL);
CREATE TABLE tokens (
    encoding INTEGER PRIMARY KEY REFERENCES encodings, codes BLOB NOT NULL, starts BLOB NOT NULL);
-- What the current generation saw of each file: `reason` tells why it was skipped.
CREATE TABLE files (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, digest TEXT NOT NULL,
    reason TEXT) WITHOUT ROWID;
"""

Values = Sequence[object] | Mapping[str, object]

# Rows of articles that a generation sees.
_VISIBLE = "a.added <= :g AND (a.removed IS NULL OR a.removed > :g)"
_SOURCE = "a.path, a.title, a.date, a.url, a.author, a.language, a.tags"


@dataclass(frozen=True, slots=True)
class FileState:
    """What was seen of a file when it was last read; `reason` is why it was skipped, if it was."""

    path: str
    size: int
    mtime_ns: int
    digest: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Generation:
    """A published state of the index; number 0 is the empty one before the first refresh."""

    number: int
    published: dt.datetime | None
    articles: int
    chunks: int


@dataclass(frozen=True, slots=True)
class StoredEncoding:
    """A passage's vector and the codes and places of its tokens.

    Attributes:
        starts: (tokens,) int32 offset of each token in the chunk's text, -1 in the title.
    """

    vector: FloatArray
    codes: ByteArray
    starts: IntArray


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk with its tokens; `starts` as in `StoredEncoding`."""

    source: Source
    chunk: Chunk
    codes: ByteArray
    starts: IntArray


class Store:
    """The database of one index folder; every method may be called from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()

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
        _check_length(path)
        store = cls(path)
        found = store._one("PRAGMA user_version")[0]
        if found == 0 and not store._one("SELECT count(*) FROM sqlite_master")[0]:
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
        with _explained(store._path):
            store._db().execute("PRAGMA journal_mode = WAL")
        with store._transaction() as db:
            for statement in _SCHEMA.split(";\n"):
                db.execute(statement)
            meta = {
                "key": uuid.uuid4().hex,
                "fingerprint": fingerprint,
                "encoder": encoder,
                "dim": str(dim),
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
    def format(self) -> int:
        """Format version of the database."""
        return int(self._one("PRAGMA user_version")[0])

    def size(self) -> int:
        """Return the size of the index folder, in bytes."""
        return sum(f.stat().st_size for f in self._path.parent.rglob("*") if f.is_file())

    def check_encoder(self, fingerprint: str, name: str) -> None:
        """Raise `IndexMismatch` unless the index was made by this encoder."""
        if self.fingerprint != fingerprint:
            raise IndexMismatch(
                f"the index {self._path.parent} was made with the encoder {self.encoder} "
                f"({self.fingerprint[:8]}), the settings name {name} ({fingerprint[:8]}); set "
                "encoder.model back, or give another folder with --index, or delete this one and "
                "run excerpta refresh (the articles are not touched)"
            )

    def current(self) -> int:
        """Return the number of the generation that readers are to see."""
        return int(self._meta("current"))

    def generation(self) -> Generation:
        """Return the current generation."""
        number = self.current()
        row = self._query(
            "SELECT published, articles, chunks FROM generations WHERE number = ?", (number,)
        )
        if not row:
            return Generation(number, None, 0, 0)
        published, articles, chunks = row[0]
        return Generation(number, dt.datetime.fromisoformat(published), articles, chunks)

    def keeps(self, generation: int) -> bool:
        """Whether what went after this generation is still known."""
        return generation == 0 or bool(
            self._query("SELECT 1 FROM generations WHERE number = ?", (generation,))
        )

    def files(self) -> dict[str, FileState]:
        """Return what the current generation saw of each file."""
        rows = self._query("SELECT path, size, mtime_ns, digest, reason FROM files")
        return {row[0]: FileState(*row) for row in rows}

    def sources(self) -> list[Source]:
        """Return the articles of the current generation, by path."""
        rows = self._query(
            f"SELECT {_SOURCE} FROM articles a WHERE {_VISIBLE} ORDER BY path",
            {"g": self.current()},
        )
        return [_source(row) for row in rows]

    def article(self, path: str) -> Article | None:
        """Return an article of the current generation."""
        rows = self._query(
            f"SELECT {_SOURCE}, text FROM articles a WHERE {_VISIBLE} AND path = :path",
            {"g": self.current(), "path": path},
        )
        return Article(_source(rows[0][:-1]), rows[0][-1]) if rows else None

    def languages(self, generation: int) -> list[str]:
        """Return the languages of a generation's articles."""
        rows = self._query(
            f"SELECT DISTINCT language FROM articles a WHERE {_VISIBLE} ORDER BY language",
            {"g": generation},
        )
        return [row[0] for row in rows]

    def vectors(self, generation: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float16]]]:
        """Yield chunk ids (n,) and vectors (n, dim) in batches, ids ascending."""
        rows = self._rows(
            "SELECT c.id, e.vector FROM chunks c JOIN articles a ON a.id = c.article "
            f"JOIN encodings e ON e.id = c.encoding WHERE {_VISIBLE} ORDER BY c.id",
            {"g": generation},
        )
        while batch := list(itertools.islice(rows, 8192)):
            ids = np.array([row[0] for row in batch], dtype=np.int64)
            joined = np.frombuffer(b"".join(row[1] for row in batch), dtype=np.float16)
            yield ids, joined.reshape(len(ids), self.dim)

    def passages(self, since: int, generation: int) -> Iterator[tuple[int, str, str]]:
        """Yield chunk id, language and passage of what came after generation `since`."""
        yield from self._rows(
            "SELECT c.id, a.language, a.title || char(10) || substr(a.text, c.start + 1, "
            "c.end - c.start) FROM chunks c JOIN articles a ON a.id = c.article "
            f"WHERE {_VISIBLE} AND a.added > :since",
            {"g": generation, "since": since},
        )

    def removed_chunks(self, since: int, generation: int) -> list[int]:
        """Return the ids of chunks that went after generation `since`."""
        rows = self._query(
            "SELECT c.id FROM chunks c JOIN articles a ON a.id = c.article "
            "WHERE a.removed > ? AND a.removed <= ?",
            (since, generation),
        )
        return [row[0] for row in rows]

    def chunks(self, ids: Sequence[int]) -> dict[int, StoredChunk]:
        """Return chunks by id, with their tokens; ids that do not exist are left out."""
        rows = self._query(
            f"SELECT {_SOURCE}, c.id, c.sentences, substr(a.text, c.start + 1, "
            "c.end - c.start), t.codes, t.starts FROM chunks c JOIN articles a ON a.id = c.article "
            f"JOIN tokens t ON t.encoding = c.encoding WHERE c.id IN ({_marks(ids)})",
            tuple(ids),
        )
        return {row[7]: _stored(row) for row in rows}

    def known_encodings(self, digests: Sequence[bytes]) -> set[bytes]:
        """Return those digests of passages whose encoding is stored."""
        known: set[bytes] = set()
        for at in range(0, len(digests), _SOME):
            some = digests[at : at + _SOME]
            rows = self._query(
                f"SELECT digest FROM encodings WHERE digest IN ({_marks(some)})", tuple(some)
            )
            known.update(row[0] for row in rows)
        return known

    # Writing; callers hold the lock of `retrieval.refresh`

    def drop_unpublished(self) -> None:
        """Forget rows and marks of a generation that was never published, but no encoding."""
        current = self.current()
        with self._transaction() as db:
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
        with self._transaction() as db:
            for digest, encoding in encodings.items():
                _insert_encoding(db, digest, encoding)
            for article, chunks in articles:
                _insert_article(db, article, chunks, generation)

    def remove_articles(self, paths: Iterable[str], generation: int) -> None:
        """Mark articles as gone from a generation on."""
        with self._transaction() as db:
            db.executemany(
                "UPDATE articles SET removed = ? WHERE path = ? AND removed IS NULL AND added < ?",
                [(generation, path, generation) for path in paths],
            )

    def publish(self, generation: int, files: Iterable[FileState], keep: int) -> None:
        """Make a generation the current one; then drop what no kept generation needs."""
        with self._transaction() as db:
            _replace_files(db, files)
            visible = f"FROM articles a WHERE {_VISIBLE}"
            db.execute(
                "INSERT INTO generations VALUES (:g, :now, "
                f"(SELECT count(*) {visible}), "
                f"(SELECT count(*) FROM chunks WHERE article IN (SELECT id {visible})))",
                {"g": generation, "now": dt.datetime.now(dt.UTC).isoformat(timespec="seconds")},
            )
            db.execute("UPDATE meta SET value = ? WHERE key = 'current'", (str(generation),))
        self._purge(generation - keep + 1)

    def replace_files(self, files: Iterable[FileState]) -> None:
        """Remember other sizes, times and reasons of files where no article changed."""
        with self._transaction() as db:
            _replace_files(db, files)

    def _purge(self, oldest: int) -> None:
        with self._transaction() as db:
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
        db = getattr(self._local, "db", None)
        if db is not None:
            db.close()
            del self._local.db

    # SQLite's edge

    def _db(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            db = sqlite3.connect(self._path, timeout=30, isolation_level=None)
            # NORMAL loses at most the last commits at a power cut, never the database (WAL).
            db.execute("PRAGMA synchronous = NORMAL")
            self._local.db = db
        return db

    def _meta(self, key: str) -> str:
        return str(self._one("SELECT value FROM meta WHERE key = ?", (key,))[0])

    def _one(self, sql: str, values: Values = ()) -> tuple[Any, ...]:
        rows = self._query(sql, values)
        if not rows:
            raise IndexDamaged(_damaged(self._path, "a row is missing"))
        return rows[0]

    def _query(self, sql: str, values: Values = ()) -> list[tuple[Any, ...]]:
        return list(self._rows(sql, values))

    def _rows(self, sql: str, values: Values = ()) -> Iterator[tuple[Any, ...]]:
        with _explained(self._path):
            yield from self._db().execute(sql, values)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _explained(self._path):
            db = self._db()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")


def _check_length(path: Path) -> None:
    """Find a file that was cut off: its header (bytes 16 and 28) says how long it must be."""
    try:
        with path.open("rb") as file:
            header = file.read(100)
            length = path.stat().st_size
    except OSError as exc:
        raise IndexFault(f"the index {path} cannot be read ({exc.strerror})") from exc
    if not length:
        return
    if not header.startswith(b"SQLite format 3\0") or len(header) < 100:
        raise IndexDamaged(_damaged(path, "it is no SQLite database"))
    page = int.from_bytes(header[16:18], "big")
    expected = (65536 if page == 1 else page) * int.from_bytes(header[28:32], "big")
    if length < expected:
        raise IndexDamaged(_damaged(path, f"{length} bytes are left of {expected}"))


def _damaged(path: Path, found: str) -> str:
    return (
        f"the index {path} is damaged ({found}); delete the folder {path.parent} and run excerpta "
        "refresh (the articles are not touched)"
    )


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into the index's."""
    try:
        yield
    except sqlite3.OperationalError as exc:
        # No such table: another program's database, or one whose first pages are overwritten.
        if "no such" in str(exc) or "malformed" in str(exc):
            raise IndexDamaged(_damaged(path, str(exc))) from exc
        raise IndexFault(
            f"the index {path} cannot be used ({exc}); check that the disk has room and that the "
            "folder can be written"
        ) from exc
    except sqlite3.DatabaseError as exc:
        raise IndexDamaged(_damaged(path, str(exc))) from exc


def _replace_files(db: sqlite3.Connection, files: Iterable[FileState]) -> None:
    db.execute("DELETE FROM files")
    db.executemany(
        "INSERT INTO files VALUES (?, ?, ?, ?, ?)",
        [(f.path, f.size, f.mtime_ns, f.digest, f.reason) for f in files],
    )


def _insert_encoding(db: sqlite3.Connection, digest: bytes, encoding: StoredEncoding) -> None:
    row = db.execute(
        "INSERT OR IGNORE INTO encodings (digest, vector) VALUES (?, ?)",
        (digest, encoding.vector.astype(np.float16).tobytes()),
    )
    if row.rowcount:
        codes, starts = encoding.codes.tobytes(), encoding.starts.tobytes()
        db.execute("INSERT INTO tokens VALUES (?, ?, ?)", (row.lastrowid, codes, starts))


def _insert_article(
    db: sqlite3.Connection,
    article: Article,
    chunks: Sequence[tuple[Chunk, bytes]],
    generation: int,
) -> None:
    source = article.source
    values = {
        "path": source.path,
        "title": source.title,
        "date": source.date.isoformat() if source.date else None,
        "url": source.url,
        "author": source.author,
        "language": source.language,
        "tags": json.dumps(source.tags, ensure_ascii=False),
        "text": article.text,
        "added": generation,
    }
    names = ", ".join(values)
    row = db.execute(
        f"INSERT INTO articles ({names}) VALUES ({_marks(values)})", tuple(values.values())
    )
    db.executemany(
        "INSERT INTO chunks (article, start, end, sentences, encoding) "
        "SELECT ?, ?, ?, ?, id FROM encodings WHERE digest = ?",
        [
            (row.lastrowid, chunk.start, chunk.end, _packed(chunk.sentences), digest)
            for chunk, digest in chunks
        ],
    )


def _marks(values: Collection[object]) -> str:
    return ", ".join("?" * len(values))


def _packed(sentences: Sequence[Sentence]) -> bytes:
    return np.array([(s.start, s.end, s.paragraph) for s in sentences], dtype=np.int32).tobytes()


def _source(row: Sequence[Any]) -> Source:
    path, title, date, url, author, language, tags = row
    return Source(
        path=path,
        title=title,
        date=dt.date.fromisoformat(date) if date else None,
        url=url,
        author=author,
        language=language,
        tags=tuple(json.loads(tags)),
    )


def _stored(row: Sequence[Any]) -> StoredChunk:
    sentences, text, codes, starts = row[8:]
    spans = np.frombuffer(sentences, dtype=np.int32).reshape(-1, 3).tolist()
    places = np.frombuffer(starts, dtype=np.int32)
    return StoredChunk(
        source=_source(row[:7]),
        chunk=Chunk(text, tuple(Sentence(*span) for span in spans)),
        codes=np.frombuffer(codes, dtype=np.uint8).reshape(len(places), -1),
        starts=places,
    )
