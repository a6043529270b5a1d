"""What an index is in Milvus: its collections, their fields, and texts in parts.

    meta          by key: which index is in use, the state of each, and who writes
    N_files       what was seen of files, and the names of the articles in them
    N_articles    what articles say of themselves, and their texts
    N_chunks      chunks with their vectors and the codes of their tokens
    N_encodings   what a refresh has encoded, until it publishes

A row of files, articles and chunks is visible from generation `added` until before `removed`. Its
id is that of its owner, shifted by `PARTS`, plus its place there: chunks of an article follow each
other. Milvus wants a vector in every collection; where there is none, it has two zeros.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass

FORMAT = 1
"""Raise when the collections change."""
KEY = "key"
PARTS = 20
"""Bits of an id that count the parts of its owner."""
ALWAYS = 1 << 62
"""`removed` of a row that the newest generation has."""
TEXT_BYTES = 65_535
"""Milvus' own limit of a text."""
NO_VECTOR = [0.0, 0.0]
# What is read of a row to write it again.
PARTED = ["owner", "added", "removed", "head", "body", "vector"]
ENCODING = ["vector", "codes", "starts"]
CHUNK = [
    *("owner", "added", "removed", "language", "text", "sentences", "encoding"),
    *ENCODING,
]
_INT = None
_VISIBLE = {"id": _INT, "owner": _INT, "added": _INT, "removed": _INT}
_IN_PARTS = {**_VISIBLE, "head": TEXT_BYTES, "body": TEXT_BYTES}


@dataclass(frozen=True, slots=True)
class Table:
    """The fields of a collection beside its vector.

    Attributes:
        fields: By name the length of a text, in bytes, or None for a number.
        dim: Dimensions of the vector.
        searched: Whether rows are found by their vectors.
    """

    fields: dict[str, int | None]
    dim: int = 2
    searched: bool = False


META = Table({KEY: 200, "value": TEXT_BYTES})


def tables(dim: int) -> dict[str, Table]:
    """Return the collections of an index by name.

    Args:
        dim: Dimensions of the encoder's vectors.
    """
    codes = {"codes": TEXT_BYTES, "starts": TEXT_BYTES}
    said = {"language": 16, "text": TEXT_BYTES, "sentences": TEXT_BYTES, "encoding": 64}
    return {
        "files": Table(_IN_PARTS),
        "articles": Table(_IN_PARTS),
        "chunks": Table({**_VISIBLE, **said, **codes}, dim, searched=True),
        "encodings": Table({KEY: 64, **codes}, dim),
    }


TABLES = tuple(tables(dim=0))
"""The names of the collections of an index."""


def visible(generation: int) -> str:
    """Return the condition of the rows that a generation has."""
    return f"added <= {generation} and removed > {generation}"


def parts(text: str) -> Iterator[str]:
    """Cut a text into parts that Milvus can hold; an empty one into one."""
    data = text.encode()
    at = 0
    while at < len(data) or not at:
        end = at + TEXT_BYTES
        # Not within a character: its further bytes begin with the bits 10.
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        yield data[at:end].decode()
        at = end


def packed(data: bytes) -> str:
    """Return bytes as a text, for Milvus has no field of bytes."""
    return b64encode(data).decode()


def unpacked(text: str) -> bytes:
    """Return the bytes of a text."""
    return b64decode(text)
