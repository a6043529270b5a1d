"""Checks of the articles: skipped and changed files, no title or date, copies, long chunks."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence

from config import ArticlesSettings, IndexSettings
from retrieval.articles import READERS, FolderListing, Skipped, unread_files, walk
from retrieval.chunking import passage, short_title
from retrieval.doctor.findings import (
    REFRESH,
    Finding,
    FindingKind,
    are,
    counted,
    error,
    have,
    note,
    warning,
)
from retrieval.index import VISIBLE, FileState, IndexReader, Store
from retrieval.refresh import ReaderVersion, preview
from retrieval.types import Encoder

# Passages whose tokens are counted together.
_AT_ONCE = 256
# A copy is listed with its others; more groups than this are one finding.
_GROUPS = 1000
# The name of a post in an export of Telegram, which has no place for a title.
_POST = re.compile(r"\.(?:json|html?)#[\d-]+$", re.IGNORECASE)


def check_folder(
    articles: ArticlesSettings, index: IndexSettings, store: IndexReader | None
) -> Iterator[Finding]:
    """Find what looks like an article and is not served, and files of kinds that nobody reads.

    Raises:
        ArticlesError: The folder is missing or unreadable.
    """
    found = walk(articles.folder, articles.max_bytes, index.folder)
    if found.unlisted:
        count = len(found.unlisted)
        yield warning(
            FindingKind.UNLISTED,
            f"{counted(count, 'folder')} cannot be listed; articles in it that are indexed stay so",
            "let the user who runs Excerpta read it (chmod u+rx), then excerpta refresh",
            found.unlisted,
        )
    yield from _skipped(found, store)
    for end, paths in unread_files(articles.folder, index.folder).items():
        count = len(paths)
        yield note(
            FindingKind.UNREAD,
            f"{counted(count, f'{end} file' if end else 'file without a suffix')} "
            f"{are(count)} of a kind that is not read",
            f"save what are articles as one of {', '.join(READERS)}, or leave them",
            paths,
        )


def check_changes(
    articles: ArticlesSettings, index: IndexSettings, tokens: bool, store: IndexReader
) -> Iterator[Finding]:
    """Find what a refresh would change.

    Raises:
        ArticlesError: The folder is missing or unreadable.
    """
    seen = preview(articles, index, tokens)
    changes = {"added": seen.added, "modified": seen.modified, "deleted": seen.deleted}
    paths = sorted({path for some in changes.values() for path in some})
    if paths:
        counts = ", ".join(f"{len(some):,} {what}" for what, some in changes.items() if some)
        yield note(
            FindingKind.CHANGED,
            f"{counted(len(paths), 'file')} changed since the index was made: {counts}",
            REFRESH,
            paths,
        )
    reader_version = ReaderVersion.of(articles, index, tokens)
    known = store.files(store.current())
    others = [
        path for path, file in known.items() if file.digest and not reader_version.has_read(file)
    ]
    others = sorted(set(others) - set(paths))
    if others:
        yield note(
            FindingKind.SETTINGS,
            f"{counted(len(others), 'file')} {'was' if len(others) == 1 else 'were'} read with "
            "other settings or by another version of Excerpta",
            REFRESH,
            others,
        )


def _skipped(found: FolderListing, store: IndexReader | None) -> Iterator[Finding]:
    """Yield the files that are skipped, those of one reason together."""
    known = store.files(store.current()) if store else {}
    skipped = [one for one in found.skipped if one.article not in found.unlisted]
    by_reason: dict[str, list[str]] = {}
    for one in [*skipped, *_unreadable(found, known)]:
        by_reason.setdefault(one.reason, []).append(one.article)
    for reason, paths in sorted(by_reason.items(), key=lambda one: (-len(one[1]), one[0])):
        count = len(paths)
        yield warning(
            FindingKind.SKIPPED,
            f"{counted(count, 'file')} {are(count)} skipped: {reason}",
            "mend or remove what is skipped, then excerpta refresh",
            sorted(paths),
        )


def _unreadable(found: FolderListing, known: Mapping[str, FileState]) -> Iterator[Skipped]:
    for file in found.files:
        old = known.get(file.path)
        if old and old.reason and old.looks_like(file):
            yield Skipped(file.path, old.reason)


def check_descriptions(store: Store, generation: int) -> Iterator[Finding]:
    """Find articles without a title of their own, posts apart, or without a date."""
    paths = _paths(store, generation, "a.title IS NULL")
    untitled = [path for path in paths if not _POST.search(path)]
    if untitled:
        yield warning(
            FindingKind.UNTITLED,
            f"{counted(len(untitled), 'article')} {have(len(untitled))} no title of "
            f"{'its' if len(untitled) == 1 else 'their'} own, only one that is made from the file",
            "give each a title (title: in the front matter, a heading, <title> ...), then excerpta "
            "refresh",
            untitled,
        )
    undated = _paths(store, generation, "a.date IS NULL")
    if undated:
        yield note(
            FindingKind.UNDATED,
            f"{counted(len(undated), 'article')} {have(len(undated))} no date, so that questions "
            "for the latest or for a time pass over them",
            "give each a date (date: in the front matter ...), then excerpta refresh",
            undated,
        )


def check_copies(store: Store, generation: int) -> Iterator[Finding]:
    """Find articles that are there under several names."""
    rows = store.db.query(
        "SELECT n.article, n.path FROM names n WHERE n.article IN (SELECT n.article FROM names n "
        f"WHERE {VISIBLE} GROUP BY n.article HAVING count(*) > 1) AND {VISIBLE} "
        "ORDER BY n.article, n.path",
        {"g": generation},
    )
    groups = [[row[1] for row in some] for _, some in itertools.groupby(rows, lambda row: row[0])]
    for group in sorted(groups)[:_GROUPS]:
        yield note(
            FindingKind.COPIES,
            f"{len(group):,} files are the same article, which is indexed once and cited with all "
            "its names",
            "delete those that are not wanted, then excerpta refresh",
            group,
        )
    rest = sorted(path for group in sorted(groups)[_GROUPS:] for path in group)
    if rest:
        yield note(
            FindingKind.COPIES,
            f"{len(rest):,} more files are copies of each other",
            "delete those that are not wanted, then excerpta refresh",
            rest,
        )


def check_chunk_lengths(
    store: Store, generation: int, encoder: Encoder, budget: int
) -> Iterator[Finding]:
    """Find chunks that are longer than what the encoder reads, so that their ends are not found.

    Args:
        store: Database of the index, made by this encoder.
        generation: Number of the generation whose chunks are counted.
        encoder: Encoder that counts their tokens.
        budget: Tokens of a chunk, as the settings have it.
    """
    rows = store.db.rows(
        f"SELECT (SELECT min(n.path) FROM names n WHERE n.article = a.id AND {VISIBLE}), "
        "coalesce(a.title, ''), c.text FROM chunks c JOIN articles a ON a.id = c.article "
        f"WHERE a.id IN (SELECT n.article FROM names n WHERE {VISIBLE}) ORDER BY c.id",
        {"g": generation},
    )
    longest, paths = 0, []
    budget = min(budget, encoder.max_tokens)
    while batch := list(itertools.islice(rows, _AT_ONCE)):
        for path, tokens in _too_long(batch, encoder, budget):
            longest = max(longest, tokens)
            paths.append(path)
    if paths:
        yield error(
            FindingKind.CUT,
            f"{counted(len(paths), 'chunk')} {have(len(paths))} up to {longest:,} tokens, of which "
            f"the encoder reads {encoder.max_tokens:,} only",
            "set index.chunk_tokens lower, then excerpta refresh --rebuild",
            sorted(set(paths)),
        )


def _too_long(
    batch: Sequence[tuple[str, str, str]], encoder: Encoder, budget: int
) -> Iterator[tuple[str, int]]:
    """Yield path and tokens of what exceeds the window, with as much title as was encoded."""
    whole = encoder.count_tokens([passage(title, text) for _, title, text in batch])
    for (path, title, text), least in zip(batch, whole, strict=True):
        # Most fit with all of their title, which spares shortening it.
        if least > encoder.max_tokens:
            title = short_title(title, budget, encoder.count_tokens)
            (tokens,) = encoder.count_tokens([passage(title, text)])
            if tokens > encoder.max_tokens:
                yield path, tokens


def _paths(store: Store, generation: int, condition: str) -> list[str]:
    rows = store.db.query(
        "SELECT n.path FROM names n JOIN articles a ON a.id = n.article "
        f"WHERE {condition} AND {VISIBLE} ORDER BY n.path",
        {"g": generation},
    )
    return [row[0] for row in rows]
