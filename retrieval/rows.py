"""What the rows of the index's database hold, and how values become rows and back."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from retrieval.types import Article, ByteArray, Chunk, FloatArray, IntArray, Sentence, Source

SCHEMA = """
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
-- Sentences are int32 (n, 3): start and end in the article's text, paragraph. The chunk's own text
-- is kept too: to cut it from the article's, SQLite would read all of that for every chunk.
-- AUTOINCREMENT: an id never comes back, for the derived indexes know chunks by it.
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, article INTEGER NOT NULL REFERENCES articles,
    text TEXT NOT NULL, sentences BLOB NOT NULL, encoding INTEGER NOT NULL REFERENCES encodings);
CREATE INDEX chunks_by_article ON chunks (article);
CREATE INDEX chunks_by_encoding ON chunks (encoding);
-- Vectors (float16) apart from the token codes, so that all of them can be read in one sweep.
-- Starts of tokens are uint16, 65535 for the title's.
CREATE TABLE encodings (
    id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, vector BLOB NOT NULL);
CREATE TABLE tokens (
    encoding INTEGER PRIMARY KEY REFERENCES encodings, codes BLOB NOT NULL, starts BLOB NOT NULL);
-- What the current generation saw of each file: `reason` tells why it was skipped.
CREATE TABLE files (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, digest TEXT NOT NULL,
    reason TEXT) WITHOUT ROWID;
"""

# Rows of articles that generation `:g` sees; "a" is the articles table.
VISIBLE = "a.added <= :g AND (a.removed IS NULL OR a.removed > :g)"
# What `source_of` makes a value of; "a" is the articles table.
SOURCE = "a.path, a.title, a.date, a.url, a.author, a.language, a.tags"


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
class Tokens:
    """The tokens of a passage.

    Attributes:
        codes: (tokens, ceil(token_dim / 8)) uint8, one bit a dimension.
        starts: (tokens,) int32 offset of each token in the chunk's text, -1 in the title.
    """

    codes: ByteArray
    starts: IntArray


@dataclass(frozen=True, slots=True)
class StoredEncoding:
    """A passage's vector, and its tokens if they are stored."""

    vector: FloatArray
    tokens: Tokens | None


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk, and its tokens if they are stored."""

    source: Source
    chunk: Chunk
    tokens: Tokens | None


def replace_files(db: sqlite3.Connection, files: Iterable[FileState]) -> None:
    """Remember these files and no others."""
    db.execute("DELETE FROM files")
    db.executemany(
        "INSERT INTO files VALUES (?, ?, ?, ?, ?)",
        [(f.path, f.size, f.mtime_ns, f.digest, f.reason) for f in files],
    )


def insert_encoding(db: sqlite3.Connection, digest: bytes, encoding: StoredEncoding) -> None:
    """Insert what of an encoding is not there yet."""
    db.execute(
        "INSERT OR IGNORE INTO encodings (digest, vector) VALUES (?, ?)",
        (digest, encoding.vector.astype(np.float16).tobytes()),
    )
    if encoding.tokens is not None:
        codes = encoding.tokens.codes.tobytes()
        # -1 becomes 65535; no chunk is that long, see `index.chunk_tokens`.
        starts = encoding.tokens.starts.astype(np.uint16).tobytes()
        db.execute(
            "INSERT OR IGNORE INTO tokens SELECT id, ?, ? FROM encodings WHERE digest = ?",
            (codes, starts, digest),
        )


def insert_article(
    db: sqlite3.Connection,
    article: Article,
    chunks: Sequence[tuple[Chunk, bytes]],
    generation: int,
) -> None:
    """Insert an article and its chunks, each with the digest of an encoding that is stored.

    Raises:
        ValueError: An encoding is not stored.
    """
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
        f"INSERT INTO articles ({names}) VALUES ({marks(values)})", tuple(values.values())
    )
    inserted = db.executemany(
        "INSERT INTO chunks (article, text, sentences, encoding) "
        "SELECT ?, ?, ?, id FROM encodings WHERE digest = ?",
        [(row.lastrowid, chunk.text, _packed(chunk.sentences), digest) for chunk, digest in chunks],
    )
    if chunks and inserted.rowcount != len(chunks):
        raise ValueError(f"{source.path!r}: a chunk's encoding is neither given nor stored")


def marks(values: Collection[object]) -> str:
    """Return the marks of so many bound values."""
    return ", ".join("?" * len(values))


def _packed(sentences: Sequence[Sentence]) -> bytes:
    return np.array([(s.start, s.end, s.paragraph) for s in sentences], dtype=np.int32).tobytes()


def source_of(row: Sequence[Any]) -> Source:
    """Make a value of the columns `SOURCE`."""
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


def chunk_of(row: Sequence[Any]) -> StoredChunk:
    """Make a value of the columns `SOURCE`, chunk id, sentences, text, codes, starts.

    Codes and starts are NULL where the tokens are not stored.
    """
    sentences, text, codes, starts = row[8:]
    spans = np.frombuffer(sentences, dtype=np.int32).reshape(-1, 3).tolist()
    return StoredChunk(
        source=source_of(row[:7]),
        chunk=Chunk(text, tuple(Sentence(*span) for span in spans)),
        tokens=None if codes is None else _tokens(codes, starts),
    )


def _tokens(codes: bytes, starts: bytes) -> Tokens:
    places = np.frombuffer(starts, dtype=np.uint16).astype(np.int32)
    places[places == np.iinfo(np.uint16).max] = -1
    width = -1 if codes else 0
    return Tokens(np.frombuffer(codes, dtype=np.uint8).reshape(len(places), width), places)
