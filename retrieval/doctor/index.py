"""Checks of the index: its database, what is derived from it, leftovers, the lock, and the disk."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from zlib import crc32

from retrieval.doctor.findings import (
    REBUILD,
    REFRESH,
    Finding,
    FindingKind,
    are,
    counted,
    error,
    note,
    warning,
)
from retrieval.errors import IndexDamaged
from retrieval.index import (
    DATABASE,
    IndexReader,
    LexicalIndex,
    Store,
    chunk_checksum,
    database_folder,
    folder_size,
    is_locked,
    is_written,
    leftovers,
    lock_holder,
    other_lexical,
    rebuild_folder,
    text_checksum,
    tokens_checksum,
)
from retrieval.search import needs_calibration
from retrieval.types import Encoder

# Lines of SQLite's own checks that are shown.
_PROBLEMS_SHOWN = 3
# Chunks whose words are looked for in the lexical index, unless all are.
_LOOKED_UP = 500
# A rebuild needs the index's size again; SQLite's log may need as much for a while.
_TIMES = 2
_LEAST_BYTES = 200_000_000
# SQLite writes its log back every 4 MB, unless a reader keeps it from it.
_LOG_BYTES = 100_000_000


def check_pages(store: Store) -> Iterator[Finding]:
    """Find damage by SQLite's own check of its file."""
    found = [row[0] for row in store.db.query("PRAGMA integrity_check(20)")]
    if found != ["ok"]:
        problems = "; ".join(" ".join(one.split()) for one in found[:_PROBLEMS_SHOWN])
        yield error(
            FindingKind.DAMAGED, f"SQLite finds damage in the index's database: {problems}", REBUILD
        )


def check_references(store: Store) -> Iterator[Finding]:
    """Find rows that refer to missing rows, and rows that no other refers to."""
    broken: dict[tuple[str, str], int] = {}
    for table, _, parent, _ in store.db.rows("PRAGMA foreign_key_check"):
        broken[table, parent] = broken.get((table, parent), 0) + 1
    for (table, parent), count in broken.items():
        yield error(
            FindingKind.INCONSISTENT,
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
        rows = ", ".join(counted(count, noun) for noun, count in counts.items() if count)
        yield note(
            FindingKind.UNUSED,
            f"no generation has {rows}: what a refresh that was not finished has written",
            "nothing to do: a refresh that publishes clears what is not needed",
        )


def check_counts(store: IndexReader) -> Iterator[Finding]:
    """Find generations whose counts are not those of their rows."""
    for kept in store.generations():
        articles, chunks = store.count(kept.number)
        # It may have been purged while its rows were counted.
        if (articles, chunks) != (kept.articles, kept.chunks) and store.keeps(kept.number):
            yield error(
                FindingKind.INCONSISTENT,
                f"generation {kept.number} was published with {counted(kept.articles, 'article')} "
                f"and {counted(kept.chunks, 'chunk')} and has {articles:,} and {chunks:,}",
                REBUILD,
            )
        elif store.made_digest(kept.number) != kept.digest and store.keeps(kept.number):
            yield error(
                FindingKind.INCONSISTENT,
                f"generation {kept.number} has other articles or chunks than it was published with",
                REBUILD,
            )


def check_checksums(store: Store) -> Iterator[Finding]:
    """Find chunks, tokens, vectors, articles and names that are not what was written."""
    chunks = [
        number
        for number, article, encoding, text, sentences, crc in store.db.rows(
            "SELECT id, article, encoding, text, sentences, crc FROM chunks"
        )
        if crc != chunk_checksum(article, encoding, text, sentences)
    ]
    yield from _damaged_rows("chunk", chunks, _articles(store, "c.id", chunks))
    size = 2 * store.origin.dim
    vectors = [
        number
        for number, vector, crc in store.db.rows("SELECT id, vector, crc FROM encodings")
        if crc != crc32(vector) or len(vector) != size
    ]
    yield from _damaged_rows("vector", vectors, _articles(store, "c.encoding", vectors))
    tokens = [
        number
        for number, codes, starts, crc in store.db.rows(
            "SELECT encoding, codes, starts, crc FROM tokens"
        )
        if crc != tokens_checksum(number, codes, starts)
    ]
    yield from _damaged_rows("token record", tokens, _articles(store, "c.encoding", tokens))
    texts = [
        number
        for number, text, headings, crc in store.db.rows(
            "SELECT id, text, headings, text_crc FROM articles"
        )
        if crc != text_checksum(text, headings)
    ]
    yield from _damaged_rows("article", texts, _articles(store, "c.article", texts))
    try:
        store.sources()
    except IndexDamaged as exc:
        yield error(FindingKind.DAMAGED, str(exc).partition(";")[0], REBUILD)


def _damaged_rows(noun: str, damaged: Sequence[int], about: Iterable[str]) -> Iterator[Finding]:
    if damaged:
        count = len(damaged)
        yield error(
            FindingKind.DAMAGED,
            f"{counted(count, noun)} {are(count)} not what was written",
            REBUILD,
            [*about],
        )


def _articles(store: Store, column: str, numbers: Sequence[int]) -> list[str]:
    """Return the paths of the articles with these chunks or encodings."""
    rows = store.db.query(
        "SELECT DISTINCT n.path FROM names n JOIN chunks c ON c.article = n.article "
        f"WHERE {column} IN (SELECT value FROM json_each(?)) ORDER BY n.path",
        (json.dumps(list(numbers)),),
    )
    return [row[0] for row in rows]


def check_lexical(
    store: Store, generation: int, found: LexicalIndex | None, every: bool = False
) -> Iterator[Finding]:
    """Compare a generation with its lexical index.

    Args:
        store: Database of the index.
        generation: Number of the generation.
        found: The lexical index; None if it is missing or damaged.
        every: Whether to look for the words of every chunk, not only of a sample of many.
    """
    if found is None:
        there = is_written(store, generation)
        yield warning(
            FindingKind.LEXICAL,
            f"the lexical index of generation {generation} is {'damaged' if there else 'missing'}; "
            "until it is made again, each start makes it first",
            REFRESH,
        )
        return
    ids = store.chunk_ids(generation)
    other = found.ids() ^ set(ids)
    wanted = set(ids if every else random.Random(generation).sample(ids, min(len(ids), _LOOKED_UP)))
    other |= {
        number
        for number, language, text in store.passages(0, generation)
        if number in wanted and not found.has(number, language, text)
    }
    if other:
        count = len(other)
        yield error(
            FindingKind.LEXICAL,
            f"the lexical index of generation {generation} is not that of its articles: "
            f"{counted(count, 'chunk')} {are(count)} in one of them only, or in other words",
            REBUILD,
            _articles(store, "c.id", sorted(other)),
        )


def is_latest(store: Store, folder: Path) -> bool:
    """Whether nothing was published since the store's transaction began.

    If something was, the lexical index of the generation before it is deleted.
    """
    latest = Store.open(folder)
    if latest is None:
        return False
    with closing(latest):
        return (latest.place, latest.current()) == (store.place, store.current())


def check_encoder(store: IndexReader, settings: Encoder) -> Iterator[Finding]:
    """Compare the encoder that made the index with that of the settings."""
    made = store.origin
    if made.fingerprint != settings.fingerprint:
        yield error(
            FindingKind.ENCODER,
            f"the index was made with the encoder {made.encoder} ({made.fingerprint[:8]}), the "
            f"settings name {settings.name} ({settings.fingerprint[:8]})",
            f"{REBUILD}, or set encoder.model back",
        )


def check_languages(store: IndexReader, encoder: Encoder, switch: str) -> Iterator[Finding]:
    """Find that more than a few articles are in languages that the encoder does not know."""
    found = store.sources_beyond(encoder.languages)
    if found:
        counts = Counter(one.language for one in found).most_common()
        named = ", ".join(f"{language} {count:,}" for language, count in counts)
        yield warning(
            FindingKind.LANGUAGES,
            f"{counted(len(found), 'article')} {are(len(found))} in languages that the encoder "
            f"{store.origin.encoder} does not know: {named}",
            switch,
            [one.path for one in found],
        )


def check_calibration(store: IndexReader) -> Iterator[Finding]:
    """Find that the confidence is not calibrated for these articles."""
    if needs_calibration(store):
        yield note(
            FindingKind.UNCALIBRATED,
            "the confidence is not calibrated for these articles",
            REFRESH,
        )


def check_unpublished(store: IndexReader) -> Iterator[Finding]:
    """Find reasons for which a newer state of the articles is not published."""
    current = store.current()
    if store.refused:
        yield warning(
            FindingKind.REFUSED,
            f"generation {current + 1} was not published: {store.refused}",
            "see what happened to the articles, then excerpta refresh; or publish it all the same: "
            "excerpta refresh --force",
        )
    elif store.writer().difference().any:
        yield note(
            FindingKind.UNFINISHED,
            f"a refresh has begun generation {current + 1} and not published it",
            f"{REFRESH} goes on with it",
        )
    if store.held:
        yield note(FindingKind.HELD, f"the index stays as it is: {store.held}", REFRESH)


def check_lock(folder: Path) -> Iterator[Finding]:
    """Find who is writing to the index."""
    if is_locked(folder):
        who = lock_holder(folder).rstrip(",")
        yield note(
            FindingKind.LOCKED,
            f"{who} is writing to the index",
            "wait until it has finished; no other process can refresh meanwhile",
        )


def check_leftovers(folder: Path, store: IndexReader | None) -> Iterator[Finding]:
    """Find what refreshes left in the index folder."""
    found = [path.relative_to(folder).as_posix() for path in leftovers(folder)]
    if store is not None:
        # The one before may still be opened, the one behind is being written.
        needed = [store.current() + step for step in (-1, 0, 1)]
        found += [path.relative_to(folder).as_posix() for path in other_lexical(store, needed)]
    if found:
        count = len(found)
        yield note(
            FindingKind.LEFTOVER,
            f"{counted(count, 'folder or file')} {are(count)} left of earlier indexes"
            if count > 1
            else f"{found[0]} is left of an earlier index",
            "nothing to do: a refresh that publishes clears it",
            found,
        )
    beside = rebuild_folder(folder)
    if beside.exists():
        yield note(
            FindingKind.UNFINISHED,
            "the index is being made again, or that was interrupted",
            f"{REBUILD} goes on with it",
            [beside.name],
        )


def check_disk(folder: Path) -> Iterator[Finding]:
    """Find that the disk of an index folder is nearly full, or SQLite's log large."""
    yield from check_room(
        shutil.disk_usage(folder).free, folder_size(database_folder(folder)), folder
    )
    log = database_folder(folder) / f"{DATABASE}-wal"
    size = 0
    # The last process that has the index open deletes it.
    with suppress(FileNotFoundError):
        size = log.stat().st_size
    if size > _LOG_BYTES:
        yield note(
            FindingKind.LOG,
            f"SQLite's log has {size / 1e6:,.0f} MB: somebody has been reading one state of the "
            "index for long, or a large refresh is under way",
            "if it stays so, restart what has the index open (excerpta telegram, excerpta chat)",
            [log.relative_to(folder).as_posix()],
        )


def check_room(free: int, size: int, folder: Path) -> Iterator[Finding]:
    """Find that the free bytes are too few beside an index of so many bytes."""
    wanted = max(_TIMES * size, _LEAST_BYTES)
    if free < wanted:
        yield warning(
            FindingKind.DISK,
            f"{free / 1e6:,.0f} MB are free where the index {folder} of {size / 1e6:,.0f} MB is; "
            f"a rebuild wants {wanted / 1e6:,.0f} MB",
            "make room on the disk, or give another folder with --index",
        )
