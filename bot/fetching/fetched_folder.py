"""The sub-folder of the articles that holds all fetched files, and nothing else."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from bot.errors import BotError
from bot.fetching.address import FetchError
from retrieval.articles import UnreadableArticle, file_at, read_bytes

NAME = "fetched"


class FetchedFolder:
    """The folder of fetched files; it replaces only files of earlier fetches."""

    def __init__(self, articles: Path, max_bytes: int) -> None:
        """Check the articles folder.

        Raises:
            BotError: It does not exist, or something else has the place of the sub-folder.
        """
        if not articles.is_dir():
            raise BotError(
                f"articles folder {str(articles)!r}: no such folder; make it, or name another one "
                "with --articles DIR"
            )
        self._articles = articles
        self._folder = articles / NAME
        self._max_bytes = max_bytes
        if self._folder.is_symlink() or (self._folder.exists() and not self._folder.is_dir()):
            raise BotError(f"{self._folder} is no folder, or a link to one; move it away")

    def article(self, name: str) -> str:
        """Return a file's path under the articles folder."""
        return f"{NAME}/{name}"

    def read(self, name: str) -> bytes | None:
        """Return the content of a file; None if it does not exist.

        Raises:
            FetchError: Something that cannot be read as an article has its name.
        """
        path = self._folder / name
        if not path.is_symlink() and not path.exists():
            return None
        try:
            file = file_at(self._articles, self.article(name))
            return read_bytes(self._articles, file, self._max_bytes)
        except UnreadableArticle as exc:
            raise self.taken(name, str(exc)) from exc

    def write(self, name: str, data: bytes) -> None:
        """Write a file at once, so that a refresh never reads half of it.

        Raises:
            FetchError: It cannot be written, or is too large to be read as an article.
        """
        if len(data) > self._max_bytes:
            raise FetchError(
                f"its text has {len(data) / 1e6:.1f} MB, more than articles.max_megabytes = "
                f"{self._max_bytes / 1e6:g}"
            )
        # A hidden file is no article yet.
        part = self._folder / f".{secrets.token_hex(8)}.part"
        try:
            self._folder.mkdir(exist_ok=True)
            with part.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._folder / name)
        except OSError as exc:
            raise FetchError(f"cannot write {self._folder / name}: {exc.strerror}") from exc
        finally:
            part.unlink(missing_ok=True)

    def taken(self, name: str, found: str) -> FetchError:
        """Make the error of a name that something else has."""
        return FetchError(f"{self._folder / name} is no file of an earlier fetch: {found}; move it")
