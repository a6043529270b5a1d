"""What a reader makes of a file: its articles, declared but not cleaned, and how far it may go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from retrieval.formats.metadata import Metadata


@dataclass(frozen=True, slots=True)
class Part:
    """One article of a file.

    Attributes:
        text: Of a file without pages.
        pages: The text of each page, in place of `text`; one that holds nothing counts.
        key: Tells the articles of one file apart and stays the same when others come or go (a
            post's number); empty for a file that is one article.
    """

    metadata: Metadata
    text: str = ""
    pages: tuple[str, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How a file is read, and what is too much.

    Attributes:
        language: ISO 639-1, of an article that declares none and whose text does not tell it.
        pages: Of a file, at most.
        characters: Of an article's text, at most.
        unpacked_bytes: Of everything in an archive together, at most.
        channels: Names of Telegram channels by their number, both without "@" or "-100".
    """

    language: str = "en"
    pages: int = 2_000
    characters: int = 5_000_000
    unpacked_bytes: int = 200_000_000
    channels: Mapping[str, str] = field(default_factory=dict)
