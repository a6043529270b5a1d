"""Samples of a generation: contents, and a chunk from the middle of each."""

from __future__ import annotations

import json
from collections.abc import Sequence

from retrieval.rows import VISIBLE
from retrieval.store import Store


def article_ids(store: Store, generation: int, paths: Sequence[str] | None = None) -> list[int]:
    """Return the ids of what the articles of a generation say, of those with these paths."""
    only = "" if paths is None else "AND n.path IN (SELECT value FROM json_each(:paths))"
    rows = store.db.query(
        f"SELECT DISTINCT n.article FROM names n WHERE {VISIBLE} {only} ORDER BY n.article",
        {"g": generation, "paths": json.dumps([*(paths or ())])},
    )
    return [row[0] for row in rows]


def middle_chunks(store: Store, articles: Sequence[int]) -> list[int]:
    """Return the id of a chunk from the middle of each, but of those without a chunk."""
    rows = store.db.query(
        "SELECT min(id) + count(*) / 2 FROM chunks "
        f"WHERE article IN ({', '.join(map(str, articles))}) GROUP BY article"
    )
    # Those of one article follow each other, as they were written in one go.
    return [row[0] for row in rows]
