"""Articles as they are indexed: without title or date, there twice, or cut by the encoder."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from retrieval.chunking import passage, short_title
from retrieval.health.finding import Finding, Kind, counted, error, have, note, warning
from retrieval.rows import VISIBLE
from retrieval.store import Store
from retrieval.types import Encoder

# Passages whose tokens are counted together.
_AT_ONCE = 256
# A copy is listed with its others; more groups than this are told as one finding.
_GROUPS = 1000


def undescribed(store: Store, generation: int) -> Iterator[Finding]:
    """Find articles without a title of their own or without a date."""
    untitled = _names(store, generation, "a.title IS NULL")
    if untitled:
        yield warning(
            Kind.UNTITLED,
            f"{counted(len(untitled), 'article')} {have(len(untitled))} no title of "
            f"{'its' if len(untitled) == 1 else 'their'} own, only one that is made from the file",
            "give each a title (title: in the front matter, a heading, <title> ...), then excerpta "
            "refresh",
            untitled,
        )
    undated = _names(store, generation, "a.date IS NULL")
    if undated:
        yield note(
            Kind.UNDATED,
            f"{counted(len(undated), 'article')} {have(len(undated))} no date, so that questions "
            "for the latest or for a time pass over them",
            "give each a date (date: in the front matter ...), then excerpta refresh",
            undated,
        )


def copies(store: Store, generation: int) -> Iterator[Finding]:
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
            Kind.COPIES,
            f"{len(group):,} files are the same article, which is indexed once and cited with all "
            "its names",
            "delete those that are not wanted, then excerpta refresh",
            group,
        )
    rest = sorted(path for group in sorted(groups)[_GROUPS:] for path in group)
    if rest:
        yield note(
            Kind.COPIES,
            f"{len(rest):,} more files are copies of each other",
            "delete those that are not wanted, then excerpta refresh",
            rest,
        )


def cut(store: Store, generation: int, encoder: Encoder, budget: int) -> Iterator[Finding]:
    """Find chunks that are longer than what the encoder reads, so that their ends are not found.

    Args:
        store: The index, made by this encoder.
        generation: Whose chunks are counted.
        encoder: Counts them.
        budget: Of a chunk, as the settings have it.
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
            Kind.CUT,
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


def _names(store: Store, generation: int, condition: str) -> list[str]:
    rows = store.db.query(
        "SELECT n.path FROM names n JOIN articles a ON a.id = n.article "
        f"WHERE {condition} AND {VISIBLE} ORDER BY n.path",
        {"g": generation},
    )
    return [row[0] for row in rows]
