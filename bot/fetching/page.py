"""A fetched page as a file: front matter with its origin, then its text as it is indexed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import yaml

from retrieval.articles import (
    MAX_FRONT_MATTER,
    UnreadableArticle,
    decode,
    line_ends,
    metadata_of,
    split_front_matter,
)
from retrieval.types import Article

# Tags have a part of the front matter, so that the other fields have room.
_MAX_TAGS = MAX_FRONT_MATTER // 4


def compose_page(article: Article, url: str, fetched: str) -> bytes:
    """Return a `.txt` file that reads back as the same text.

    Args:
        article: The article that a reader made of the page.
        url: The address that is cited.
        fetched: The day of the fetch.
    """
    source = article.source
    title = source.title if article.titled else None
    # A title such as "null" cannot stand in front matter, and is left out.
    title = metadata_of(source.path, {"title": title}).title
    date = source.date.isoformat() if source.date else None
    fields = {
        "title": title and _yaml_text(title),
        "date": date,
        "url": _yaml_text(url),
        "author": source.author and _yaml_text(source.author),
        "language": source.language and _yaml_text(source.language),
        "tags": _yaml_list(source.tags),
        "fetched": fetched,
    }
    lines = [f"{name}: {value}" for name, value in fields.items() if value]
    # A reader drops a first heading that repeats the title; without this one, it may drop another.
    heading = f"{title}\n\n" if title else ""
    return "\n".join(["---", *lines, "---", "", f"{heading}{article.text}", ""]).encode()


def fetched_day(data: bytes) -> str | None:
    """Return the day on which a file was fetched; None if it was not fetched."""
    try:
        fields, _ = split_front_matter(line_ends(decode(data)))
    except UnreadableArticle:
        return None
    day, url = fields.get("fetched"), fields.get("url")
    if not isinstance(day, str) or not isinstance(url, str):
        return None
    try:
        return dt.date.fromisoformat(day).isoformat()
    except ValueError:
        return None


def _yaml_text(text: str) -> str:
    dumped: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=float("inf"))
    return dumped.strip()


def _yaml_list(names: Iterable[str]) -> str | None:
    quoted, length = [], 0
    for name in map(_yaml_text, names):
        length += len(name)
        if length > _MAX_TAGS:
            break
        quoted.append(name)
    return f"[{', '.join(quoted)}]" if quoted else None
