"""The plan of a refresh: which files have to be read, and what a refresh did or would do."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from config import ArticlesSettings, IndexSettings
from retrieval.articles import (
    ArticleFile,
    FolderListing,
    Skipped,
    UnreadableArticle,
    read_bytes,
    walk,
)
from retrieval.index import (
    FileState,
    GenerationWriter,
    Store,
    has_lexical,
    leftovers,
    rebuild_folder,
)

# Raise when the same file comes to be read or cut in another way.
_VERSION = 3


@dataclass(frozen=True, slots=True)
class ReaderVersion:
    """How articles are read and cut; files that were read by another one are read again.

    Attributes:
        read: What decides an article's text and its chunks.
        refused: What decides besides which files are refused.
    """

    read: str
    refused: str

    @classmethod
    def of(cls, articles: ArticlesSettings, index: IndexSettings, tokens: bool) -> ReaderVersion:
        """Make that of some settings; `tokens` tells whether the tokens' codes are stored."""
        told = (_VERSION, index.chunk_tokens, articles.language, articles.channels, tokens)
        limits = (
            *(articles.max_characters, articles.max_pages),
            *(articles.max_unpacked_megabytes, articles.max_seconds),
        )
        return cls(_digest(told), _digest((told, limits)))

    def has_read(self, file: FileState) -> bool:
        """Whether a file was read by it."""
        return file.reader_version == (self.read if file.reason is None else self.refused)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a refresh has to do.

    Attributes:
        changed: Files to be read: new, or looking another way than when they were read.
        gone: Paths of files that are known and not there any more.
        same: Paths of all others.
    """

    changed: list[ArticleFile]
    gone: list[str]
    same: list[str]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a refresh would do, file by file, paths in order.

    Attributes:
        renamed: (from, to); both are among `deleted` and `added` as well.
        unchanged: How many are as they were.
    """

    added: list[str]
    modified: list[str]
    deleted: list[str]
    renamed: list[tuple[str, str]]
    unchanged: int
    skipped: list[Skipped]


def plan(
    found: FolderListing, known: Mapping[str, FileState], reader_version: ReaderVersion
) -> Plan:
    """Compare by size and times, and by how files were read; costs no look into any file."""
    changed, same = [], []
    for file in found.files:
        old = known.get(file.path)
        # Without a digest it could not be read; a change of its rights may not show.
        if old and old.digest and old.looks_like(file) and reader_version.has_read(old):
            same.append(file.path)
        else:
            changed.append(file)
    listed = {file.path for file in found.files}
    unknown = tuple(f"{folder}/" for folder in found.unlisted)
    gone = [path for path in known if path not in listed and not path.startswith(unknown)]
    return Plan(changed, gone, same)


def in_line(articles: ArticlesSettings, index: IndexSettings, tokens: bool) -> bool:
    """Whether there is nothing to do for a refresh that nobody asked for; costs a walk.

    So it is where the index is held, or where what the folder holds was refused.

    Raises:
        ArticlesError: The folder is missing or unreadable.
        IndexFault: The index cannot be used.
    """
    store = Store.open(index.folder)
    if store is None or not store.current():
        return False
    if store.held:
        return True
    draft = GenerationWriter(store)
    if draft.difference().any and not store.refused:
        return False
    found = walk(articles.folder, articles.max_bytes)
    known = draft.files()
    todo = plan(found, known, ReaderVersion.of(articles, index, tokens))
    # What cannot be read is tried by each refresh, and is no reason for one.
    failed = [file for file in todo.changed if file.path in known]
    failed = [file for file in failed if known[file.path].looks_like(file)]
    unread = all(not known[file.path].digest for file in failed)
    return not todo.gone and len(failed) == len(todo.changed) and unread


def unchanged(
    articles: ArticlesSettings, index: IndexSettings, fingerprint: str, tokens: bool
) -> RefreshReport | None:
    """Return what a refresh would report if there is nothing to do, else None; costs a walk.

    Args:
        articles: Where they are.
        index: Where it is.
        fingerprint: Of the encoder that the refresh would use.
        tokens: Whether it would store the codes of tokens.

    Raises:
        ArticlesError: The folder is missing or unreadable.
    """
    started = time.perf_counter()
    store = Store.open(index.folder)
    if store is None or not store.current() or store.fingerprint != fingerprint:
        return None
    if leftovers(index.folder) or rebuild_folder(index.folder).exists():
        return None
    with closing(store):
        draft = GenerationWriter(store)
        known = draft.files()
        if store.held or store.refused or draft.difference().any or not has_lexical(store):
            return None
        found = walk(articles.folder, articles.max_bytes)
        todo = plan(found, known, ReaderVersion.of(articles, index, tokens))
        if todo.changed or todo.gone:
            return None
        unreadable = [Skipped(f.path, f.reason) for f in known.values() if f.reason]
        state = store.generation()
    return RefreshReport(
        generation=state.number,
        added=0,
        modified=0,
        deleted=0,
        unchanged=state.articles,
        renamed=0,
        skipped=tuple(sorted([*found.skipped, *unreadable], key=lambda one: one.article)),
        chunks=state.chunks,
        encoded=0,
        elapsed_s=time.perf_counter() - started,
    )


def preview(articles: ArticlesSettings, index: IndexSettings, tokens: bool) -> Preview:
    """Say what a refresh would do, writing nothing; files that look another way are read.

    Raises:
        ArticlesError: The folder is missing or unreadable.
        IndexFault: The index cannot be used.
    """
    found = walk(articles.folder, articles.max_bytes)
    store = Store.open(index.folder)
    known = store.files(store.current()) if store else {}
    todo = plan(found, known, ReaderVersion.of(articles, index, tokens))
    indexed = {path for path, file in known.items() if file.reason is None}
    digests: dict[str, str] = {}
    skipped = list(found.skipped)
    for file in todo.changed:
        try:
            data = read_bytes(articles.folder, file, articles.max_bytes)
            digests[file.path] = hashlib.sha256(data).hexdigest()
        except UnreadableArticle as exc:
            skipped.append(Skipped(file.path, str(exc)))
    differing = {
        path
        for path, digest in digests.items()
        if path not in known or known[path].digest != digest
    }
    deleted = [path for path in todo.gone if path in indexed]
    by_digest = {known[path].digest: path for path in reversed(deleted)}
    added = sorted(differing - indexed)
    return Preview(
        added=added,
        modified=sorted(differing & indexed),
        deleted=deleted,
        renamed=[(by_digest[digests[path]], path) for path in added if digests[path] in by_digest],
        unchanged=len(indexed) - len(deleted) - len(differing & indexed),
        skipped=skipped,
    )


def _digest(told: object) -> str:
    return hashlib.blake2b(repr(told).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class RefreshProgress:
    """How far a refresh has come; `total` counts the files that have to be read."""

    articles: int
    total: int
    chunks: int
    encoded: int


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """What a refresh did; `chunks` and `generation` are those of the index afterwards.

    Attributes:
        renamed: How many of those added are deleted ones under another name.
        rebuilt: Whether the index was made again from nothing.
    """

    generation: int
    added: int
    modified: int
    deleted: int
    unchanged: int
    renamed: int
    skipped: tuple[Skipped, ...]
    chunks: int
    encoded: int
    elapsed_s: float
    rebuilt: bool = False

    @property
    def changed(self) -> bool:
        """Whether the refresh published a new generation."""
        return bool(self.added or self.modified or self.deleted)
