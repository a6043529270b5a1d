"""Changes between generations, for what is derived from the store."""

from __future__ import annotations

from collections.abc import Iterator

from retrieval.rows import VISIBLE
from retrieval.store import Store

_ARTICLES = f"SELECT n.article FROM names n WHERE {VISIBLE}"
_TOUCHED = (
    "SELECT article FROM names WHERE added > :since AND added <= :g UNION "
    "SELECT article FROM names WHERE removed > :since AND removed <= :g"
)


def passages(store: Store, since: int, generation: int) -> Iterator[tuple[int, str, str]]:
    """Yield chunk id, language and passage of the articles whose names came or went.

    The title in the passage is that of the article's first name.

    Args:
        store: Of the index.
        since: The generation after which they did.
        generation: The one that the articles belong to.
    """
    rows = store.db.rows(
        "SELECT c.id, a.language, coalesce(a.title, (SELECT n.title FROM names n "
        f"WHERE n.article = a.id AND {VISIBLE} ORDER BY n.path LIMIT 1)) || char(10) || c.text "
        f"FROM chunks c JOIN articles a ON a.id = c.article WHERE a.id IN ({_ARTICLES}) AND "
        f"a.id IN ({_TOUCHED}) ORDER BY c.id",
        {"g": generation, "since": since},
    )
    for number, language, text in rows:
        if not isinstance(text, str):
            raise store.db.damage(f"chunk {number} is not what was written")
        yield number, language, text


def removed_chunks(store: Store, since: int, generation: int) -> list[int]:
    """Return the ids of chunks that went after generation `since`."""
    rows = store.db.query(
        f"SELECT id FROM chunks WHERE article IN ({_TOUCHED}) AND article NOT IN ({_ARTICLES})",
        {"g": generation, "since": since},
    )
    return [row[0] for row in rows]
