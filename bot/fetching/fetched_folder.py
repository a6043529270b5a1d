"""The sub-folder of the articles that holds all fetched files.

A hidden file beside each has the digest of what was written, so that what somebody else wrote, or
changed, is told from it and never replaced.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import BotError
from bot.fetching.address import FetchError
from bot.fetching.page import fetched_day
from retrieval.articles import UnreadableArticle, file_at, read_bytes

NAME = "fetched"

_RECORD_BYTES = 200  # two digests


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
        """Return the content of a file of an earlier fetch; None if there is no file of this name.

        Raises:
            FetchError: Something has the name that no fetch wrote, or that was changed since.
        """
        path = self._folder / name
        if not path.is_symlink() and not path.exists():
            return None
        try:
            file = file_at(self._articles, self.article(name))
            data = read_bytes(self._articles, file, self._max_bytes)
        except UnreadableArticle as exc:
            raise self._taken(name, str(exc)) from exc
        recorded = self._recorded(name)
        # Front matter tells what was fetched where the record was left behind.
        if not recorded and fetched_day(data) is None:
            raise self._taken(name, f"{_record(name)} does not name it")
        if recorded and _digest(data) not in recorded:
            raise self._taken(name, "it was changed since")
        return data

    def write(self, name: str, data: bytes, before: bytes | None) -> None:
        """Write a file at once, so that a refresh never reads half of it.

        Args:
            name: The file's name.
            data: The content.
            before: What `read` returned; something else is not replaced.

        Raises:
            FetchError: It cannot be written, or is too large to be read as an article, or something
                else has come to have the name.
        """
        if len(data) > self._max_bytes:
            raise FetchError(
                f"its text has {len(data) / 1e6:.1f} MB, more than articles.max_megabytes = "
                f"{self._max_bytes / 1e6:g}"
            )
        try:
            self._folder.mkdir(exist_ok=True)
            # Written first, with the digest of what is there: a crash leaves one of the two.
            digests = [_digest(one) for one in (data, before) if one is not None]
            with self._part("\n".join(digests).encode()) as part:
                part.replace(self._folder / _record(name))
            with self._part(data) as part:
                if before is None:
                    _put(part, self._folder / name)
                elif self.read(name) == before:
                    part.replace(self._folder / name)
                else:
                    raise self._taken(name, "it was changed just now")
        except FileExistsError:
            raise self._taken(name, "it was put there just now") from None
        except OSError as exc:
            raise FetchError(f"cannot write {self._folder / name}: {exc.strerror}") from exc

    @contextmanager
    def _part(self, data: bytes) -> Iterator[Path]:
        """Write a hidden file, which is no article yet, and remove what is left of it."""
        part = self._folder / f".{secrets.token_hex(8)}.part"
        try:
            with part.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            yield part
        finally:
            part.unlink(missing_ok=True)

    def _recorded(self, name: str) -> list[str]:
        """Return the digests of what fetches wrote under a name, empty if that is not known."""
        try:
            with (self._folder / _record(name)).open("rb") as file:
                return file.read(_RECORD_BYTES).decode("ascii", "replace").split()
        except OSError:
            return []

    def _taken(self, name: str, found: str) -> FetchError:
        return FetchError(f"{self._folder / name} is no file of an earlier fetch: {found}; move it")


def _record(name: str) -> str:
    """Return the name of the hidden file that holds the digests of a fetched one."""
    return f".{name}.sha256"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _put(part: Path, path: Path) -> None:
    """Give a file its name.

    Raises:
        FileExistsError: Something else has the name.
    """
    try:
        path.hardlink_to(part)
    except FileExistsError:
        raise
    except OSError:  # not every file system has links
        path.touch(exist_ok=False)
        part.replace(path)
