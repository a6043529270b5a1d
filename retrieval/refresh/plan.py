"""The plan of a refresh: the index compared with the articles folder; reports and previews."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from operator import attrgetter

from config import ArticlesSettings, IndexSettings
from retrieval.articles import (
    ArticleFile,
    FolderListing,
    Skipped,
    UnreadableArticle,
    read_bytes,
    walk,
)
from retrieval.backends import index_of, open_index
from retrieval.index import FileState, Generation, has_lexical

# Raise when the same file comes to be read or cut in another way.
_VERSION = 13


@dataclass(frozen=True, slots=True)
class ReaderVersion:
    """How articles are read and cut; files that were read by another version are read again.

    Attributes:
        read: Digest of what decides an article's text and its chunks.
        refused: Digest of that and of what decides which files are refused.
    """

    read: str
    refused: str

    @classmethod
    def of(cls, articles: ArticlesSettings, index: IndexSettings, tokens: bool) -> ReaderVersion:
        """Make the version of some settings; `tokens` says whether the tokens' codes are stored."""
        reading = (_VERSION, index.chunk_tokens, articles.language, articles.channels, tokens)
        limits = (
            *(articles.max_characters, articles.max_pages),
            *(articles.max_unpacked_megabytes, articles.max_seconds),
        )
        return cls(_digest(reading), _digest((reading, limits)))

    def has_read(self, file: FileState) -> bool:
        """Whether a file was read by this version."""
        return file.reader_version == (self.read if file.reason is None else self.refused)


@dataclass(frozen=True, slots=True)
class FileDiff:
    """The files of an articles folder compared with what an index has seen of them.

    Attributes:
        changed: Files that have to be read: new ones, and those that look otherwise than before.
        gone: Paths of files that are known and not there any more.
        retried: Number of files in `changed` that could not be read before and look the same.
        skipped: Files that are no articles, and files that could not be read before.
    """

    changed: list[ArticleFile]
    gone: list[str]
    retried: int
    skipped: list[Skipped]


@dataclass(frozen=True, slots=True)
class RefreshProgress:
    """How far a refresh has come.

    Attributes:
        articles: Number of files that are done; of those that are being encoded together, the share
            that the encoded passages have counts.
        total: Number of files that have to be read.
        chunks: Number of chunks that are stored.
        encoded: Number of passages that are encoded.
    """

    articles: int
    total: int
    chunks: int
    encoded: int


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """What a refresh did; `chunks` and `generation` are those of the index afterwards.

    Attributes:
        renamed: Number of articles among those added that were deleted under another name.
        rebuilt: Whether the index was made again from nothing.
        notes: Sentences that an operator should read.
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
    notes: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the refresh published a new generation."""
        return bool(self.added or self.modified or self.deleted)


@dataclass(frozen=True, slots=True)
class Comparison:
    """An index compared with its articles folder.

    Attributes:
        generation: The current generation.
        fingerprint: Fingerprint of the encoder that made the index.
        held: Whether the index stays as it is until somebody refreshes it.
        refused: Whether the gate refused what the next generation was to be.
        unfinished: Whether the next generation has other articles already.
        tidy: Whether the derived indexes are there and nothing is left over.
        files: Files that differ from the index, or from the next generation if it is begun.
        listing: The files of the articles folder.
    """

    generation: Generation
    fingerprint: str
    held: bool
    refused: bool
    unfinished: bool
    tidy: bool
    files: FileDiff
    listing: FolderListing
    elapsed_s: float

    @property
    def in_line(self) -> bool:
        """Whether a refresh that nobody asked for has nothing to do.

        It has nothing to do if the index is held, or if what the folder holds was refused. Each
        refresh tries again what cannot be read, which is no reason for one.
        """
        if self.held:
            return True
        if self.unfinished and not self.refused:
            return False
        return not self.files.gone and len(self.files.changed) == self.files.retried

    def unchanged(self, fingerprint: str) -> RefreshReport | None:
        """Return the report of a refresh with this encoder if it has nothing to do, else None."""
        idle = self.tidy and not (self.held or self.refused or self.unfinished)
        if fingerprint != self.fingerprint or not idle or self.files.changed or self.files.gone:
            return None
        return RefreshReport(
            generation=self.generation.number,
            added=0,
            modified=0,
            deleted=0,
            unchanged=self.generation.articles,
            renamed=0,
            skipped=tuple(self.files.skipped),
            chunks=self.generation.chunks,
            encoded=0,
            elapsed_s=self.elapsed_s,
        )


def compare(articles: ArticlesSettings, index: IndexSettings, tokens: bool) -> Comparison | None:
    """Compare the index with the articles folder, writing nothing; None if there is no index.

    It costs a walk through the folder.

    Args:
        articles: Settings of the articles folder.
        index: Settings of the index.
        tokens: Whether a refresh would store the codes of tokens.

    Raises:
        ArticlesError: The folder is missing or unreadable.
        IndexFault: The index cannot be used.
    """
    started = time.perf_counter()
    store = open_index(index)
    if store is None:
        return None
    with closing(store):
        if not store.current():
            return None
        draft = store.writer()
        found = walk(articles.folder, articles.max_bytes, index.folder)
        version = ReaderVersion.of(articles, index, tokens)
        return Comparison(
            generation=store.generation(),
            fingerprint=store.origin.fingerprint,
            held=bool(store.held),
            refused=bool(store.refused),
            unfinished=draft.difference().any,
            tidy=index_of(index).is_tidy() and has_lexical(store),
            files=compare_files(found, draft.files(), version),
            listing=found,
            elapsed_s=time.perf_counter() - started,
        )


def compare_files(
    found: FolderListing, known: Mapping[str, FileState], version: ReaderVersion
) -> FileDiff:
    """Compare files by size, times and reader version, without opening any."""
    changed, retried = [], 0
    for file in found.files:
        old = known.get(file.path)
        same = old is not None and old.looks_like(file)
        # Without a digest it could not be read; a change of its rights may not show.
        if old is None or not same or not old.digest or not version.has_read(old):
            changed.append(file)
            retried += old is not None and same and not old.digest
    listed = {file.path for file in found.files}
    unknown = tuple(f"{folder}/" for folder in found.unlisted)
    gone = [path for path in known if path not in listed and not path.startswith(unknown)]
    unreadable = [Skipped(file.path, file.reason) for file in known.values() if file.reason]
    skipped = sorted([*found.skipped, *unreadable], key=attrgetter("article"))
    return FileDiff(changed, gone, retried, skipped)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a refresh would do, file by file, paths in order.

    Attributes:
        renamed: (from, to) paths, which are among `deleted` and `added` as well.
        unchanged: Number of files that are as they were.
    """

    added: list[str]
    modified: list[str]
    deleted: list[str]
    renamed: list[tuple[str, str]]
    unchanged: int
    skipped: list[Skipped]


def preview(articles: ArticlesSettings, index: IndexSettings, tokens: bool) -> Preview:
    """Return what a refresh would do, writing nothing; files that look changed are read.

    Raises:
        ArticlesError: The folder is missing or unreadable.
        IndexFault: The index cannot be used.
    """
    found = walk(articles.folder, articles.max_bytes, index.folder)
    store = open_index(index)
    known = store.files(store.current()) if store else {}
    diff = compare_files(found, known, ReaderVersion.of(articles, index, tokens))
    indexed = {path for path, file in known.items() if file.reason is None}
    digests: dict[str, str] = {}
    differs = {*diff.gone, *(file.path for file in diff.changed)}
    skipped = [one for one in diff.skipped if one.article not in differs]
    for file in diff.changed:
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
    deleted = [path for path in diff.gone if path in indexed]
    by_digest = {known[path].digest: path for path in reversed(deleted)}
    added = sorted(differing - indexed)
    return Preview(
        added=added,
        modified=sorted(differing & indexed),
        deleted=deleted,
        renamed=[(by_digest[digests[path]], path) for path in added if digests[path] in by_digest],
        unchanged=len(indexed) - len(deleted) - len(differing & indexed),
        skipped=sorted(skipped, key=attrgetter("article")),
    )


def _digest(values: object) -> str:
    return hashlib.blake2b(repr(values).encode(), digest_size=8).hexdigest()
