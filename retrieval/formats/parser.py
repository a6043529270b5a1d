"""The parser: reads files one after another, each within its limits."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import TracebackType
from typing import Self

from config import ArticlesSettings
from retrieval.articles import ArticleFile, read
from retrieval.formats.parsing import parse
from retrieval.formats.parts import Limits
from retrieval.types import Article


class Parser:
    """Reads the files of an articles folder, first the bytes, then the articles in them."""

    def __init__(self, articles: ArticlesSettings) -> None:
        self._articles = articles
        self._limits = Limits(
            language=articles.language,
            pages=articles.max_pages,
            characters=articles.max_characters,
            unpacked_bytes=int(articles.max_unpacked_megabytes * 1_000_000),
            channels=dict(one.split("=") for one in articles.channels),
        )
        self._path = ""
        self._data = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End it."""

    def read(self, file: ArticleFile) -> str:
        """Read a file's bytes and return their SHA-256, in hexadecimal digits.

        Raises:
            UnreadableArticle: It cannot be read.
        """
        self._path = file.path
        self._data = read(Path(self._articles.folder), file, self._articles.max_bytes)
        return hashlib.sha256(self._data).hexdigest()

    def parse(self) -> list[Article]:
        """Return the articles of the file that was read last.

        Raises:
            UnreadableArticle: It holds none, or more than the limits allow.
        """
        return parse(self._path, self._data, self._limits)
