"""Checksums of rows: what tells one that was written from one that a disk has changed since."""

from __future__ import annotations

from zlib import crc32


def checksum(*values: str | int | None) -> int:
    """Return the CRC-32 of a row's values."""
    # `repr` would depend on which characters a version of Python knows.
    return crc32(ascii(values).encode())


def text_checksum(text: str) -> int:
    """Return the CRC-32 of a long text."""
    return crc32(text.encode())


def chunk_checksum(article: int, encoding: int, text: str, sentences: bytes) -> int:
    """Return the CRC-32 of a chunk: what it says, and the rows that it belongs to."""
    return crc32(sentences, crc32(text.encode(), checksum(article, encoding)))


def tokens_checksum(encoding: int, codes: bytes, starts: bytes) -> int:
    """Return the CRC-32 of the tokens of an encoding."""
    return crc32(starts, crc32(codes, checksum(encoding)))
