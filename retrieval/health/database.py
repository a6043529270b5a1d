"""The database: its pages, what its rows refer to, and whether they are what was written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from zlib import crc32

from retrieval.checksums import chunk_checksum, text_checksum, tokens_checksum
from retrieval.errors import IndexDamaged
from retrieval.health.finding import REBUILD, Finding, Kind, are, counted, error, note
from retrieval.rows import marks
from retrieval.store import Store

# Lines of SQLite's own checks that are told.
_TOLD = 3
# SQLite's limit on bound variables was 999 before 3.32.
_SOME = 500


def pages(store: Store) -> Iterator[Finding]:
    """Let SQLite check its file."""
    found = [row[0] for row in store.db.query("PRAGMA integrity_check(20)")]
    if found != ["ok"]:
        told = "; ".join(" ".join(one.split()) for one in found[:_TOLD])
        yield error(Kind.DAMAGED, f"SQLite finds damage in the index's database: {told}", REBUILD)


def references(store: Store) -> Iterator[Finding]:
    """Find rows that refer to rows that are not there, and those that nobody refers to."""
    broken: dict[tuple[str, str], int] = {}
    for table, _, parent, _ in store.db.rows("PRAGMA foreign_key_check"):
        broken[table, parent] = broken.get((table, parent), 0) + 1
    for (table, parent), count in broken.items():
        yield error(
            Kind.INCONSISTENT,
            f"{counted(count, 'row')} of {table} {are(count)} without what they refer to in "
            f"{parent}",
            REBUILD,
        )
    unused = {
        "article": "articles WHERE id NOT IN (SELECT article FROM names)",
        "chunk": "chunks WHERE article NOT IN (SELECT article FROM names)",
        "encoding": "encodings WHERE id NOT IN (SELECT encoding FROM chunks)",
    }
    counts = {
        noun: int(store.db.one(f"SELECT count(*) FROM {rows}")[0]) for noun, rows in unused.items()
    }
    if any(counts.values()):
        told = ", ".join(counted(count, noun) for noun, count in counts.items() if count)
        yield note(
            Kind.UNUSED,
            f"no generation has {told}: what a refresh that was not finished has written",
            "nothing to do: a refresh that publishes clears what is not needed",
        )


def numbers(store: Store) -> Iterator[Finding]:
    """Find generations whose counts are not those of their rows."""
    for kept in store.generations():
        articles, chunks = store.count(kept.number)
        # It may have been purged while its rows were counted.
        if (articles, chunks) != (kept.articles, kept.chunks) and store.keeps(kept.number):
            yield error(
                Kind.INCONSISTENT,
                f"generation {kept.number} was published with {counted(kept.articles, 'article')} "
                f"and {counted(kept.chunks, 'chunk')} and has {articles:,} and {chunks:,}",
                REBUILD,
            )
    for table in ("names", "files"):
        ahead = store.db.one(
            f"SELECT count(*) FROM {table} WHERE max(added, coalesce(removed, 0)) > "
            "(SELECT value + 1 FROM meta WHERE key = 'current')"
        )[0]
        if ahead:
            yield error(
                Kind.INCONSISTENT,
                f"{counted(ahead, 'row')} of {table} {are(ahead)} of a generation that nobody has "
                "begun",
                REBUILD,
            )


def checksums(store: Store) -> Iterator[Finding]:
    """Find chunks, tokens, vectors, articles and names that are not what was written."""
    chunks = [
        number
        for number, article, encoding, text, sentences, crc in store.db.rows(
            "SELECT id, article, encoding, text, sentences, crc FROM chunks"
        )
        if crc != chunk_checksum(article, encoding, text, sentences)
    ]
    yield from _other("chunk", chunks, _articles(store, "c.id", chunks))
    vectors = [
        number
        for number, vector, crc in store.db.rows("SELECT id, vector, crc FROM encodings")
        if crc != crc32(vector) or len(vector) != 2 * store.dim
    ]
    yield from _other("vector", vectors, _articles(store, "c.encoding", vectors))
    tokens = [
        number
        for number, codes, starts, crc in store.db.rows(
            "SELECT encoding, codes, starts, crc FROM tokens"
        )
        if crc != tokens_checksum(number, codes, starts)
    ]
    yield from _other("token record", tokens, _articles(store, "c.encoding", tokens))
    texts = [
        number
        for number, text, crc in store.db.rows("SELECT id, text, text_crc FROM articles")
        if crc != text_checksum(text)
    ]
    yield from _other("article", texts, _articles(store, "c.article", texts))
    try:
        store.sources()
    except IndexDamaged as exc:
        yield error(Kind.DAMAGED, str(exc).partition(";")[0], REBUILD)


def _other(noun: str, damaged: Sequence[int], about: Iterable[str]) -> Iterator[Finding]:
    if damaged:
        count = len(damaged)
        yield error(
            Kind.DAMAGED,
            f"{counted(count, noun)} {are(count)} not what was written",
            REBUILD,
            [*about],
        )


def _articles(store: Store, column: str, numbers: Sequence[int]) -> list[str]:
    """Return the paths of the articles with these chunks or encodings."""
    paths: set[str] = set()
    for at in range(0, len(numbers), _SOME):
        some = numbers[at : at + _SOME]
        rows = store.db.query(
            "SELECT DISTINCT n.path FROM names n JOIN chunks c ON c.article = n.article "
            f"WHERE {column} IN ({marks(some)})",
            tuple(some),
        )
        paths.update(row[0] for row in rows)
    return sorted(paths)
