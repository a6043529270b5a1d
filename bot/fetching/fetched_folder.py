"""The sub-folder of the articles that holds all fetched files.

A hidden file beside each has the digest of what was written, so that what somebody else wrote, or
changed, is told from it and never replaced. A page is saved as front matter with its origin, then
its text as it is indexed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from bot.errors import BotError
from bot.fetching.address import FetchError
from config import file_in_the_way
from retrieval.articles import (
    MAX_FRONT_MATTER,
    UnreadableArticle,
    decode,
    file_at,
    line_ends,
    metadata_of,
    read_bytes,
    split_front_matter,
)
from retrieval.types import Article

NAME = "fetched"

_RECORD_BYTES = 200  # two digests

# Tags have a part of the front matter, so that the other fields have room.
_MAX_TAGS = MAX_FRONT_MATTER // 4


class FetchedFolder:
    """The folder of fetched files; it replaces only files of earlier fetches."""

    def __init__(self, articles: Path, max_bytes: int) -> None:
        """Check the articles folder.

        Raises:
            BotError: It does not exist, or something else has the place of the sub-folder.
        """
        if not articles.is_dir():
            found = file_in_the_way(articles)
            remedy = "name a folder" if found else "make it, or name another one"
            raise BotError(
                f"articles folder {str(articles)!r}: {found or 'no such folder'}; {remedy} with "
                "--articles DIR"
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
    fields = {
        "title": title and _yaml_text(title),
        "date": source.iso_date,
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
