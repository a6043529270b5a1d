"""Changes between generations, for what is derived from the store."""

from __future__ import annotations

from collections.abc import Iterator

from retrieval.rows import VISIBLE, other_files
from retrieval.store import Store

_ARTICLES = f"SELECT n.article FROM names n WHERE {VISIBLE}"
_TOUCHED = (
    f"SELECT article FROM names WHERE file IN ({other_files('g', 'since')}) UNION "
    f"SELECT article FROM names WHERE file IN ({other_files('since', 'g')})"
)


def passages(store: Store, since: int, generation: int) -> Iterator[tuple[int, str, str]]:
    """Yield chunk id, language and passage of the articles whose names came or went.

    The title in the passage is that of the article's first name.

    Args:
        store: Of the index.
        since: The generation that is compared: one that is kept, or 0.
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
    """Return the ids of the chunks that generation `since` has and this one has not."""
    rows = store.db.query(
        f"SELECT id FROM chunks WHERE article IN ({_TOUCHED}) AND article NOT IN ({_ARTICLES})",
        {"g": generation, "since": since},
    )
    return [row[0] for row in rows]
