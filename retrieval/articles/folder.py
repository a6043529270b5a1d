"""The articles folder: which files in it are articles, and their bytes.

Nothing is followed out of the folder and nothing but a regular file is read, so that neither a link
to a private file nor a pipe without a writer can do harm. A file counts by its suffix (see
`reading.READERS`); hidden names and what editors leave beside a file are no articles.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from retrieval.articles.reading import READERS, suffix
from retrieval.articles.text import StillWritten, UnreadableArticle
from retrieval.errors import ArticlesError

_CLAUSES = {
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ELOOP: "a symbolic link",
    errno.ENOENT: "no such file or folder",
}


@dataclass(frozen=True, slots=True)
class ArticleFile:
    """A file that a refresh compares by size and time with what is indexed.

    Attributes:
        path: Relative to the folder, with forward slashes.
        ctime_ns: When the system last changed anything about it; unlike the time of its content,
            nobody can set that back.
    """

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int = 0


@dataclass(frozen=True, slots=True)
class FolderListing:
    """What lies in an articles folder, each sorted by path.

    Attributes:
        files: The articles.
        skipped: Files that look like articles and are not read, and folders that cannot be listed.
        unlisted: Paths of folders that cannot be listed, so that their articles are not known.
    """

    files: list[ArticleFile]
    skipped: list[Skipped]
    unlisted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    r"""A file or a folder that is not read though it looks like one with articles.

    Attributes:
        article: Path relative to the folder; bytes that are no UTF-8 are written as `\xff`.
        reason: Why it is not read, a clause for the operator.
    """

    article: str
    reason: str


def walk(folder: Path, max_bytes: int, besides: Path | None = None) -> FolderListing:
    """List the articles of a folder and its sub-folders, and the files that are left out.

    Symbolic links are not followed. One to an article of this folder is that article again and is
    passed over; any other that leads to a folder or is named like an article is reported.

    Args:
        folder: The articles folder.
        max_bytes: The greatest size of a file that is read.
        besides: A sub-folder that is passed over: where the index lies.

    Raises:
        ArticlesError: The folder is missing, is no folder, or cannot be listed.
    """
    files: list[ArticleFile] = []
    skipped: list[Skipped] = []
    unlisted: list[str] = []
    for path, entry in _entries(folder, besides):
        if isinstance(entry, OSError):
            reason: str | None = _clause(entry)
            unlisted.append(path)
        elif entry.is_symlink():
            reason = _reason_to_skip_link(folder, path)
        elif suffix(path) in READERS:
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            except OSError as error:
                reason = _clause(error)
            else:
                reason = _reason_to_skip(path, status, max_bytes)
                if reason is None:
                    files.append(_article_file(path, status))
        else:
            continue
        if reason is not None:
            skipped.append(Skipped(_readable(path), reason))
    files.sort(key=attrgetter("path"))
    skipped.sort(key=attrgetter("article"))
    return FolderListing(files, skipped, tuple(unlisted))


def unread_files(folder: Path, besides: Path | None = None) -> dict[str, list[str]]:
    """Return the paths of the files that no reader takes, by suffix, all in order; see `walk`.

    Raises:
        ArticlesError: The folder is missing, is no folder, or cannot be listed.
    """
    found: dict[str, list[str]] = {}
    for path, entry in _entries(folder, besides):
        if isinstance(entry, OSError) or entry.is_symlink() or suffix(path) in READERS:
            continue
        found.setdefault(suffix(path), []).append(_readable(path))
    return {end: sorted(found[end]) for end in sorted(found)}


def file_at(folder: Path, path: str) -> ArticleFile:
    """Return the size and times of a file as `walk` finds them, whether it is an article or not.

    Raises:
        OSError: There is no such file.
    """
    return _article_file(path, (folder / path).lstat())


def read_bytes(folder: Path, file: ArticleFile, max_bytes: int) -> bytes:
    """Read an article that `walk` found, whatever has taken its place since.

    Raises:
        StillWritten: Its size or time is not, or does not stay, what `walk` found.
        UnreadableArticle: It cannot be read, is no regular file, or is larger than `max_bytes`.
    """
    try:
        with open(folder / file.path, "rb", opener=_open_at_once) as stream:
            before = os.fstat(stream.fileno())
            reason = _reason_to_skip(file.path, before, max_bytes)
            if reason is None:
                data = stream.read(file.size)
                for status in (before, os.fstat(stream.fileno())):
                    if (status.st_size, status.st_mtime_ns) != (file.size, file.mtime_ns):
                        raise StillWritten
                return data
    except OSError as error:
        raise UnreadableArticle(_clause(error)) from error
    raise UnreadableArticle(reason)


def _readable(path: str) -> str:
    r"""Return a path for people: bytes that are no UTF-8 are written as `\xff`."""
    return os.fsencode(path).decode(errors="backslashreplace")


def _article_file(path: str, status: os.stat_result) -> ArticleFile:
    return ArticleFile(path, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _open_at_once(path: str, flags: int) -> int:
    """Open without following a link and without waiting for somebody to write to a pipe."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _entries(
    folder: Path, besides: Path | None
) -> Iterator[tuple[str, os.DirEntry[str] | OSError]]:
    """Yield every entry of all folders that is no folder, and the error of one not listed."""
    passed_over = besides and os.path.relpath(os.path.realpath(besides), os.path.realpath(folder))
    parents = [""]
    while parents:
        parent = parents.pop()
        if parent and parent == passed_over:
            continue
        try:
            entries = list(os.scandir(folder / parent))
        except OSError as error:
            if not parent:
                # Here, for the worker that reads articles needs nothing of the settings.
                from config import file_in_the_way

                found = file_in_the_way(folder) or _clause(error)
                raise ArticlesError(
                    f"articles folder {str(folder)!r}: {found}; wanted a folder of files that end "
                    f"in {', '.join(READERS)}: name one with --articles DIR"
                ) from error
            yield parent, error
            continue
        for entry in entries:
            path = f"{parent}/{entry.name}" if parent else entry.name
            if is_ignored(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                parents.append(path)
            else:
                yield path, entry


def is_ignored(name: str) -> bool:
    """Whether a file or folder of this name is passed over, with all that is in it."""
    # Emacs saves in #name# what is not saved yet; a number sign alone is somebody's, as in "C#".
    autosaved = name.startswith("#") and name.endswith("#")
    return autosaved or name.startswith((".", "~$")) or name.endswith("~")


def _reason_to_skip(path: str, status: os.stat_result, max_bytes: int) -> str | None:
    """Return why a file is not read, from what is known without opening it; None if it is."""
    if not stat.S_ISREG(status.st_mode):
        return "not a regular file"
    if not path.isprintable() and path.encode(errors="ignore").decode() != path:
        return "a name that is not UTF-8"
    if status.st_size == 0:
        return "an empty file"
    if status.st_size > max_bytes:
        return (
            f"{status.st_size / 1e6:.1f} MB, more than articles.max_megabytes = {max_bytes / 1e6:g}"
        )
    return None


def _reason_to_skip_link(folder: Path, path: str) -> str | None:
    """Return why a symbolic link is not read; None if nothing is lost by that."""
    root, link = folder.resolve(), folder / path
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):  # RuntimeError: a loop
        return "a symbolic link that leads nowhere" if suffix(path) in READERS else None
    if not target.is_relative_to(root):
        return "a symbolic link out of the articles folder"
    if target.is_dir():
        return "a symbolic link to a folder; links are not followed"
    parts = target.relative_to(root).parts
    if suffix(path) not in READERS or (
        suffix(parts[-1]) in READERS and not any(map(is_ignored, parts))
    ):
        return None
    return "a symbolic link to a file that is no article under its own name"


def _clause(error: OSError) -> str:
    return _CLAUSES.get(error.errno or 0) or (error.strerror or "cannot be read").lower()
