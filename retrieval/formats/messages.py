"""Messages between the parser and its worker: JSON documents behind their length."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import fields
from typing import IO, Any

from retrieval.types import Article, Source

Document = dict[str, Any]

_LENGTH_BYTES = 8
_SOURCE = tuple(field.name for field in fields(Source))


def send(stream: IO[bytes], document: Document) -> None:
    """Write a document and flush.

    Raises:
        OSError: Nobody reads it.
    """
    # A file name may hold lone surrogates, which stand for bytes that are no UTF-8.
    data = json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")
    stream.write(len(data).to_bytes(_LENGTH_BYTES, "big"))
    stream.write(data)
    stream.flush()


def receive(stream: IO[bytes], limit: int) -> Document | None:
    """Read a document; None at the end of the stream.

    Raises:
        ValueError: It is longer than `limit` bytes, or no JSON.
    """
    head = stream.read(_LENGTH_BYTES)
    if len(head) < _LENGTH_BYTES:
        return None
    length = int.from_bytes(head, "big")
    if length > limit:
        raise ValueError(f"a message of {length:,} bytes; wanted at most {limit:,}")
    data = stream.read(length)
    if len(data) < length:
        return None
    document: Document = json.loads(data.decode("utf-8", "surrogatepass"))
    return document


def packed(article: Article) -> Document:
    """Return an article as a document."""
    source = {name: getattr(article.source, name) for name in _SOURCE}
    date = article.source.date
    return {
        "source": source | {"date": date and date.isoformat()},
        "text": article.text,
        "pages": article.pages,
        "titled": article.titled,
    }


def unpacked(document: Document) -> Article:
    """Return the article that was `packed`."""
    source = dict(document["source"])
    date = source.pop("date")
    return Article(
        Source(
            **source | {"tags": tuple(source["tags"])},
            date=dt.date.fromisoformat(date) if date else None,
        ),
        document["text"],
        tuple(document["pages"]),
        document["titled"],
    )
