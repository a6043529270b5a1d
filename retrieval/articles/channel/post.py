"""A post: what a message in an export of Telegram says, whichever form the export has."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from retrieval.articles.metadata import Metadata, RawArticle, tags_of
from retrieval.articles.text import one_line

Piece = tuple[str, str]
"""A piece of a text and its role: "plain", "bold", "link" and so on, in Telegram's words."""

# Telegram's numbers have 64 bits; a longer one would be a name of thousands of digits.
MAX_NUMBER = 2**63

# Roles of pieces that are no words of a message.
_POINTERS = frozenset(
    {"bank_card", "bot_command", "cashtag", "email", "hashtag", "link", "mention", "phone"}
)
_ADDRESS = re.compile(r"\b(?:https?://|t\.me/|www\.)\S+")


@dataclass(frozen=True, slots=True)
class Post:
    """A message.

    Attributes:
        author: Who wrote it; a channel's own name is not repeated for each of its posts.
        origin: Whom it was forwarded from.
    """

    number: int
    pieces: Iterable[Piece]
    date: dt.date | None = None
    author: str | None = None
    origin: str | None = None


def article_of(post: Post, address: str | None, prefix: str = "") -> RawArticle | None:
    """Return the article that a post is; None without words: a lone link, an emoji.

    Args:
        post: The post.
        address: What the addresses of the chat's messages begin with, if they have any.
        prefix: Tells the chats in one file apart.
    """
    pieces = list(post.pieces)
    words = "".join(text for text, role in pieces if role not in _POINTERS)
    if not any(map(str.isalpha, _ADDRESS.sub("", words))):
        return None
    metadata = Metadata(
        date=post.date,
        url=f"{address}/{post.number}" if address and post.number > 0 else None,
        author=_author(post.author, post.origin),
        tags=tags_of(text.lstrip("#") for text, role in pieces if role == "hashtag"),
    )
    text = "".join(text for text, _ in pieces)
    return RawArticle(metadata, text, key=f"{prefix}{post.number}")


def poll_of(question: str, options: Iterable[str]) -> Iterator[Piece]:
    """Yield a poll as text: its question, then what can be chosen."""
    lines = [one_line(question), *(f"• {one_line(option)}" for option in options)]
    yield "\n\n" + "\n".join(lines), "plain"


def address_of(name: str | None, channels: Mapping[str, str]) -> str | None:
    """Return what the addresses of a chat's messages begin with, if the settings name the chat."""
    public = channels.get(one_line(name or ""))
    return f"https://t.me/{public}" if public else None


def _author(author: str | None, origin: str | None) -> str | None:
    if origin:
        return f"{author} (forwarded from {origin})" if author else f"forwarded from {origin}"
    return author or None
