"""The rows of the index's database: its tables, their checksums, and the values made of them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zlib import crc32

from config import module_later
from retrieval.articles import ArticleFile
from retrieval.errors import IndexFault
from retrieval.types import Article, ByteArray, Chunk, FloatArray, IntArray, Sentence, Source

if TYPE_CHECKING:
    import numpy as np
else:
    np = module_later("numpy")

# Share of articles that an encoder may not know before that is worth a word.
_FEW = 0.1
# Rows of names ("n") that generation `:g` has. Not a join, which SQLite may begin with all members.
VISIBLE = "EXISTS (SELECT 1 FROM members m WHERE m.generation = :g AND m.file = n.file)"
# Rows of articles that generation `:g` has.
ARTICLES = f"SELECT n.article FROM names n WHERE {VISIBLE}"
# The columns that `source_of` takes; "n" is the names table, "a" the articles table.
SOURCE = (
    "n.path, n.file, n.title, n.article, n.crc, "
    "a.title, a.date, a.url, a.author, a.language, a.tags, a.crc"
)
# The columns that `chunk_of` takes; the last is for the titles of chunks that are encoded.
CHUNK = (
    "c.id, c.article, c.encoding, c.sentences, c.text, c.crc, t.codes, t.starts, t.crc, "
    "a.title IS NOT NULL"
)
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
-- `published` is NULL for the empty generation 0 and for the draft; `content` is the number of the
-- generation that this one has the articles of: another one after a rollback, else its own.
-- `digest` is that of its passages, once it is published; what is derived of them carries it.
CREATE TABLE generations (
    number INTEGER PRIMARY KEY, published TEXT, articles INTEGER NOT NULL,
    chunks INTEGER NOT NULL, content INTEGER NOT NULL, digest TEXT NOT NULL);
INSERT INTO generations VALUES (0, NULL, 0, 0, 0, '');
-- What is read of files, each content once; `title` is NULL where an article declares none.
-- AUTOINCREMENT: an id never comes back, for the derived indexes know chunks by theirs.
-- Here and below, `crc` (CRC-32) finds what a disk has changed; here it leaves `text` out, for it
-- is looked at for every chunk that is shown. Headings are int32 offsets of paragraphs.
CREATE TABLE articles (
    id INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL UNIQUE, title TEXT, date TEXT,
    url TEXT, author TEXT, language TEXT NOT NULL, tags TEXT NOT NULL, crc INTEGER NOT NULL,
    text_crc INTEGER NOT NULL, text TEXT NOT NULL, headings BLOB NOT NULL);
-- Sentences are int32 (n, 5): start and end in the article's text, paragraph, page, and 1 for a
-- heading. The chunk's own text is kept too: to cut it from the article's, SQLite would read all of
-- that for every chunk.
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, article INTEGER NOT NULL REFERENCES articles,
    text TEXT NOT NULL, sentences BLOB NOT NULL, encoding INTEGER NOT NULL REFERENCES encodings,
    crc INTEGER NOT NULL);
CREATE INDEX chunks_by_article ON chunks (article);
CREATE INDEX chunks_by_encoding ON chunks (encoding);
-- Vectors (float16) apart from the token codes, so that all of them can be read in one sweep.
-- Starts of tokens are uint16, 65535 for the title's.
CREATE TABLE encodings (
    id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, vector BLOB NOT NULL,
    crc INTEGER NOT NULL);
CREATE TABLE tokens (
    encoding INTEGER PRIMARY KEY REFERENCES encodings, codes BLOB NOT NULL, starts BLOB NOT NULL,
    crc INTEGER NOT NULL);
-- What was seen of a file: `reason` tells why it was skipped, `reader_version` how it was read and
-- cut.
CREATE TABLE files (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL, digest TEXT NOT NULL, reader_version TEXT NOT NULL, reason TEXT);
CREATE INDEX files_by_path ON files (path);
CREATE INDEX files_by_digest ON files (digest);
-- A name is the path of an article in a file; `title` is what one that declares none is called
-- there.
CREATE TABLE names (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL, file INTEGER NOT NULL REFERENCES files, title TEXT,
    article INTEGER NOT NULL REFERENCES articles, crc INTEGER NOT NULL);
CREATE INDEX names_by_path ON names (path);
CREATE INDEX names_by_file ON names (file);
CREATE INDEX names_by_article ON names (article);
-- The files of each generation, with all their names. A generation is a copy of the one before,
-- changed; 100,000 files take 1 MB.
CREATE TABLE members (
    generation INTEGER NOT NULL REFERENCES generations, file INTEGER NOT NULL REFERENCES files,
    PRIMARY KEY (generation, file)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class FileState:
    """What was seen of a file when it was last read.

    Attributes:
        digest: SHA-256 of its bytes, in hexadecimal digits; empty if it could not be read.
        reader_version: Version of how it was read and cut.
        reason: Why it was skipped, if it was.
    """

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    digest: str
    reader_version: str
    reason: str | None = None

    def looks_like(self, file: ArticleFile) -> bool:
        """Whether nobody wrote to the file since, as far as the system tells."""
        return (self.size, self.mtime_ns, self.ctime_ns) == (
            file.size,
            file.mtime_ns,
            file.ctime_ns,
        )


@dataclass(frozen=True, slots=True)
class Generation:
    """A published state of the index; number 0 is the empty one before the first refresh.

    Attributes:
        content: The generation whose articles it has: its own number but after a rollback.
        digest: Digest of its passages; empty before it is published.
    """

    number: int
    published: dt.datetime | None
    articles: int
    chunks: int
    content: int
    digest: str = ""


def rollback_target(current: Generation, kept: Sequence[Generation], to: int | None) -> Generation:
    """Return the generation whose articles a rollback publishes again.

    Args:
        current: The current generation.
        kept: Those that are kept, the newest first.
        to: Number of the one that is wanted; by default the one before that whose articles are
            current.

    Raises:
        IndexFault: It is not kept.
    """
    if to is None:
        older = [one for one in kept if one.number < current.content]
    else:
        older = [one for one in kept if one.number == to and one.number != current.number]
    if not older:
        wanted = f"generation {to}" if to is not None else "a generation before it"
        others = ", ".join(str(one.number) for one in kept if one.number != current.number)
        raise IndexFault(
            f"the index is at generation {current.number}, and {wanted} is not kept "
            f"(kept: {others or 'no other'}; index.keep says how many are)"
        )
    return older[0]


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
    """A chunk, and its tokens if they are stored.

    Attributes:
        sources: The names of its article, by path; it is cited by the first.
        titled: Whether the article declares its title.
    """

    sources: tuple[Source, ...]
    chunk: Chunk
    tokens: Tokens | None
    titled: bool = True

    @property
    def source(self) -> Source:
        """The source that it is cited by."""
        return self.sources[0]


def insert_encoding(db: sqlite3.Connection, digest: bytes, encoding: StoredEncoding) -> None:
    """Insert the vector and the tokens of an encoding, unless they are there."""
    vector = encoding.vector.astype(np.float16).tobytes()
    db.execute(
        "INSERT OR IGNORE INTO encodings (digest, vector, crc) VALUES (?, ?, ?)",
        (digest, vector, crc32(vector)),
    )
    if encoding.tokens is not None:
        codes = encoding.tokens.codes.tobytes()
        starts = packed_starts(encoding.tokens.starts)
        number = _encoding(db, digest)
        db.execute(
            "INSERT OR IGNORE INTO tokens VALUES (?, ?, ?, ?)",
            (number, codes, starts, tokens_checksum(number or 0, codes, starts)),
        )


def _encoding(db: sqlite3.Connection, digest: bytes) -> int | None:
    row = db.execute("SELECT id FROM encodings WHERE digest = ?", (digest,)).fetchone()
    return int(row[0]) if row else None


def digest_of(article: Article, reader_version: str) -> bytes:
    """Return the digest of an article's content: of all that was read but its path."""
    source = article.source
    declared = (
        reader_version,
        source.title,
        article.titled,
        str(source.date),
        source.url,
        source.author,
        source.language,
        source.tags,
        article.pages,
        article.headings,
        article.text,
    )
    return hashlib.blake2b(json.dumps(declared).encode(), digest_size=16).digest()


def insert_article(
    db: sqlite3.Connection, article: Article, digest: bytes, chunks: Sequence[tuple[Chunk, bytes]]
) -> int:
    """Insert an article and its chunks, each with the digest of an encoding that is stored.

    Raises:
        ValueError: An encoding is not stored.
    """
    source = article.source
    declared = {
        "title": source.title if article.titled else None,
        "date": source.iso_date,
        "url": source.url,
        "author": source.author,
        "language": source.language,
        "tags": json.dumps(source.tags, ensure_ascii=False),
    }
    headings = np.array(article.headings, dtype=np.int32).tobytes()
    values = {
        "digest": digest,
        **declared,
        "crc": checksum(*declared.values()),
        "text_crc": text_checksum(article.text, headings),
        "text": article.text,
        "headings": headings,
    }
    names = ", ".join(values)
    row = db.execute(
        f"INSERT INTO articles ({names}) VALUES ({marks(values)})", tuple(values.values())
    )
    number = int(row.lastrowid or 0)
    rows = []
    for chunk, digest in chunks:
        encoding = _encoding(db, digest)
        if encoding is None:
            raise ValueError(f"{source.path!r}: a chunk's encoding is neither given nor stored")
        sentences = packed_sentences(chunk.sentences)
        crc = chunk_checksum(number, encoding, chunk.text, sentences)
        rows.append((number, chunk.text, sentences, encoding, crc))
    db.executemany(
        "INSERT INTO chunks (article, text, sentences, encoding, crc) VALUES (?, ?, ?, ?, ?)", rows
    )
    return number


def other_files(of: str, than: str) -> str:
    """Return a statement that selects the files of one generation that another does not have.

    Args:
        of: Parameter with the number of the one.
        than: Parameter with the number of the other.
    """
    return (
        f"SELECT o.file FROM members o WHERE o.generation = :{of} AND NOT EXISTS "
        f"(SELECT 1 FROM members m WHERE m.generation = :{than} AND m.file = o.file)"
    )


def marks(values: Collection[object]) -> str:
    """Return a question mark for each of the values to be bound."""
    return ", ".join("?" * len(values))


def listed(ids: Iterable[int]) -> str:
    """Return ids as SQL lists them."""
    return ", ".join(str(int(one)) for one in ids)


def packed_sentences(sentences: Sequence[Sentence]) -> bytes:
    """Return where sentences are as bytes: int32 (n, 5), see `SCHEMA`."""
    rows = [(s.start, s.end, s.paragraph, s.page, s.heading) for s in sentences]
    return np.array(rows, dtype=np.int32).tobytes()


def source_of(row: Sequence[Any]) -> Source:
    """Make a source of the columns `SOURCE`.

    Raises:
        ValueError: A checksum does not match.
    """
    path, file, name, article, name_crc, *declared, crc = row
    if name_crc != checksum(path, file, name, article) or crc != checksum(*declared):
        raise ValueError(f"the name or the head of article {article} is not what was written")
    title, date, url, author, language, tags = declared
    return Source(
        path=path,
        title=name if title is None else title,
        date=dt.date.fromisoformat(date) if date else None,
        url=url,
        author=author,
        language=language,
        tags=tuple(json.loads(tags)),
    )


def beyond(sources: Sequence[Source], known: frozenset[str]) -> list[Source]:
    """Return the sources in other languages than these, if they are more than a few of all."""
    others = [one for one in sources if one.language not in known]
    return others if len(others) > _FEW * len(sources) else []


def check_text(text: str, headings: bytes, crc: int) -> None:
    """Raise a `ValueError` unless these are the text of an article and its headings, as written."""
    if crc != text_checksum(text, headings):
        raise ValueError("the text of an article is not what was written")


def chunk_of(row: Sequence[Any], sources: tuple[Source, ...]) -> StoredChunk:
    """Make a chunk of the columns `CHUNK` and the sources of its article.

    Codes, starts and their checksum are NULL where the tokens are not stored.

    Raises:
        ValueError: A checksum does not match.
    """
    number, article, encoding, sentences, text, crc, codes, starts, tokens_crc, titled = row
    if crc != chunk_checksum(article, encoding, text, sentences) or (
        codes is not None and tokens_crc != tokens_checksum(encoding, codes, starts)
    ):
        raise ValueError(f"chunk {number} is not what was written")
    return StoredChunk(
        sources=sources,
        chunk=Chunk(text, unpacked_sentences(sentences)),
        tokens=None if codes is None else unpacked_tokens(codes, starts),
        titled=bool(titled),
    )


def encoding_of(row: Sequence[Any]) -> StoredEncoding:
    """Make an encoding of its vector and tokens, each with its checksum, and its own number.

    Raises:
        ValueError: A checksum does not match.
    """
    vector, crc, codes, starts, tokens_crc, number = row
    if crc32(vector) != crc or (
        codes is not None and tokens_crc != tokens_checksum(number, codes, starts)
    ):
        raise ValueError(f"encoding {number} is not what was written")
    return StoredEncoding(
        np.frombuffer(vector, dtype=np.float16).astype(np.float32),
        None if codes is None else unpacked_tokens(codes, starts),
    )


def unpacked_sentences(packed: bytes) -> tuple[Sentence, ...]:
    """Return what `packed_sentences` has packed."""
    spans = np.frombuffer(packed, dtype=np.int32).reshape(-1, 5).tolist()
    return tuple(Sentence(a, b, n, page, bool(h)) for a, b, n, page, h in spans)


def packed_starts(starts: IntArray) -> bytes:
    """Return where tokens start as bytes: uint16, 65535 for those of the title."""
    # -1 becomes 65535; no chunk is that long, see `index.chunk_tokens`.
    return starts.astype(np.uint16).tobytes()


def unpacked_tokens(codes: bytes, starts: bytes) -> Tokens:
    """Return the tokens of their codes' bytes, and of their packed starts."""
    places = np.frombuffer(starts, dtype=np.uint16).astype(np.int32)
    places[places == np.iinfo(np.uint16).max] = -1
    width = -1 if codes else 0
    return Tokens(np.frombuffer(codes, dtype=np.uint8).reshape(len(places), width), places)


def checksum(*values: str | int | None) -> int:
    """Return the CRC-32 of a row's values."""
    # `repr` would depend on which characters a version of Python knows.
    return crc32(ascii(values).encode())


def text_checksum(text: str, headings: bytes) -> int:
    """Return the CRC-32 of a long text, and of where its headings are."""
    return crc32(headings, crc32(text.encode()))


def chunk_checksum(article: int, encoding: int, text: str, sentences: bytes) -> int:
    """Return the CRC-32 of a chunk: what it says, and the rows that it belongs to."""
    return crc32(sentences, crc32(text.encode(), checksum(article, encoding)))


def tokens_checksum(encoding: int, codes: bytes, starts: bytes) -> int:
    """Return the CRC-32 of the tokens of an encoding."""
    return crc32(starts, crc32(codes, checksum(encoding)))
