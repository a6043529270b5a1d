"""The passages of a generation as the database holds them, which its lexical index is made of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from retrieval.index.database import Database
from retrieval.index.rows import ARTICLES, VISIBLE, other_files

# The title of an article ("a"): the one it declares, else that of its first name.
_FIRST_TITLE = (
    "coalesce(a.title, (SELECT n.title FROM names n "
    f"WHERE n.article = a.id AND {VISIBLE} ORDER BY n.path LIMIT 1))"
)
_TOUCHED = (
    f"SELECT article FROM names WHERE file IN ({other_files('g', 'since')}) UNION "
    f"SELECT article FROM names WHERE file IN ({other_files('since', 'g')})"
)


def passages(db: Database, since: int, generation: int) -> Iterator[tuple[int, str, str]]:
    """Yield chunk id, language and passage of what came or went; see `Store.passages`."""
    rows = db.rows(
        f"SELECT c.id, a.language, {_FIRST_TITLE} || char(10) || c.text "
        f"FROM chunks c JOIN articles a ON a.id = c.article WHERE a.id IN ({ARTICLES}) AND "
        f"a.id IN ({_TOUCHED}) ORDER BY c.id",
        {"g": generation, "since": since},
    )
    for number, language, text in rows:
        if not isinstance(text, str):
            raise db.damage(f"chunk {number} is not what was written")
        yield number, language, text


def removed_chunks(db: Database, since: int, generation: int) -> list[int]:
    """Return the ids of the chunks that generation `since` has and this one has not."""
    rows = db.query(
        f"SELECT id FROM chunks WHERE article IN ({_TOUCHED}) AND article NOT IN ({ARTICLES})",
        {"g": generation, "since": since},
    )
    return [row[0] for row in rows]


def made_digest(db: Database, generation: int) -> str:
    """Make the digest of a generation's passages from its rows."""
    # An article's own digest is of its language, title and text, and of how it was cut. Its
    # number may come back with other ids of chunks, where a power cut took the last commits.
    rows = db.rows(
        f"SELECT a.id, a.digest, {_FIRST_TITLE}, min(c.id), count(c.id) FROM articles a "
        f"JOIN chunks c ON c.article = a.id WHERE a.id IN ({ARTICLES}) "
        "GROUP BY a.id ORDER BY a.id",
        {"g": generation},
    )
    made = hashlib.blake2b(digest_size=16)
    for row in rows:
        made.update(ascii(row).encode())
    return made.hexdigest()
