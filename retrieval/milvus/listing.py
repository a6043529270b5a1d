"""The listing of one generation: its files, and the heads of its articles, without their texts."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import IndexDamaged
from retrieval.index import FileState
from retrieval.milvus.connection import Connection, Row
from retrieval.milvus.tables import ALWAYS, NO_VECTOR, PARTS, parts, visible
from retrieval.types import Article, Source


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What was seen of a file, and its articles.

    Attributes:
        owner: Id that the rows of the file have.
        added: The first generation that has it.
        names: By the path of each article its id, and its title there if it declares none.
    """

    owner: int
    added: int
    state: FileState
    names: Mapping[str, tuple[int, str | None]]


@dataclass(frozen=True, slots=True)
class Head:
    """What an article says of itself, without its names.

    Attributes:
        digest: Digest of the article's content.
        title: Title that it declares, if it does.
        date: Date in ISO 8601.
        chunks: Number of its chunks.
    """

    digest: str
    title: str | None
    date: str | None
    url: str | None
    author: str | None
    language: str
    tags: tuple[str, ...]
    chunks: int

    @classmethod
    def of(cls, article: Article, digest: str, chunks: int) -> Head:
        """Return the head of an article."""
        source = article.source
        return cls(
            digest,
            source.title if article.titled else None,
            source.iso_date,
            source.url,
            source.author,
            source.language,
            source.tags,
            chunks,
        )

    def source(self, path: str, title: str | None) -> Source:
        """Return the source of a name, with the title that it has there."""
        return Source(
            path,
            self.title or title or path,
            dt.date.fromisoformat(self.date) if self.date else None,
            self.url,
            self.author,
            self.language,
            self.tags,
        )


class Listing:
    """The files of a generation by path, and the heads of its articles by id.

    Attributes:
        twice: Files that another one has taken the place of, as a kill may leave them.
    """

    def __init__(self, files: Iterable[StoredFile], heads: Mapping[int, Head]) -> None:
        self.files: dict[str, StoredFile] = {}
        self.twice: list[StoredFile] = []
        for file in sorted(files, key=lambda one: one.owner):
            if file.state.path in self.files:
                self.twice.append(self.files[file.state.path])
            self.files[file.state.path] = file
        self.heads = dict(heads)

    @classmethod
    def read(cls, connection: Connection, number: int, generation: int) -> Listing:
        """Read the listing of a generation of an index, published or not."""
        files = read_files(connection, number, generation)
        rows = connection.rows(
            connection.collection("articles", number),
            f'head != "" and {visible(generation)}',
            ["owner", "head"],
        )
        heads = {row["owner"]: _head(row["head"]) for row in rows}
        if any(article not in heads for file in files for article, _ in file.names.values()):
            raise IndexDamaged(
                f"articles of generation {generation} of the index {connection.name} are missing; "
                "run excerpta refresh --rebuild, which makes it again from the articles"
            )
        return cls(files, heads)

    @cached_property
    def sources(self) -> dict[int, tuple[Source, ...]]:
        """The names of each article, by path; of articles that have none, nothing."""
        found: dict[int, list[Source]] = {}
        for file in self.files.values():
            for path, (article, title) in file.names.items():
                found.setdefault(article, []).append(self.heads[article].source(path, title))
        return {
            article: tuple(sorted(found[article], key=lambda one: one.path))
            for article in sorted(found)
        }

    @cached_property
    def names(self) -> dict[str, int]:
        """The id of each article by its paths."""
        return {one.path: article for article, some in self.sources.items() for one in some}

    @property
    def chunks(self) -> int:
        """The number of chunks."""
        return sum(self.heads[article].chunks for article in self.sources)

    def chunk_ids(self, article: int) -> range:
        """Return the ids of an article's chunks."""
        return range(article << PARTS, (article << PARTS) + self.heads[article].chunks)

    def all_chunks(self, language: str | None = None) -> NDArray[np.int64]:
        """Return the ids of all chunks, or of those in a language, ascending."""
        some = [
            np.arange(*_ends(self.chunk_ids(article)), dtype=np.int64)
            for article in self.sources
            if language is None or self.heads[article].language == language
        ]
        return np.concatenate([np.empty(0, np.int64), *some])

    def digest(self) -> str:
        """Return the digest of the passages: where it is equal, chunks have equal ids and texts."""
        made = hashlib.blake2b(digest_size=16)
        for article, (first, *_) in self.sources.items():
            head = self.heads[article]
            made.update(ascii((article, head.digest, first.title, head.chunks)).encode())
        return made.hexdigest()

    def touched(self, before: Listing) -> list[int]:
        """Return the articles whose names are others than in an earlier generation."""
        return [
            article
            for article, sources in self.sources.items()
            if before.sources.get(article) != sources
        ]


def read_files(connection: Connection, number: int, generation: int) -> list[StoredFile]:
    """Read the files of a generation, and the names in them."""
    rows = connection.rows(
        connection.collection("files", number),
        visible(generation),
        ["owner", "added", "head", "body"],
        # A part may have 65,535 bytes, and a message 64 MB.
        page=500,
    )
    return [
        _file(owner, list(own)) for owner, own in itertools.groupby(rows, lambda row: row["owner"])
    ]


def _file(owner: int, rows: list[Row]) -> StoredFile:
    names = json.loads("".join(row["body"] for row in rows))
    return StoredFile(
        owner,
        rows[0]["added"],
        FileState(**json.loads(rows[0]["head"])),
        {path: (article, title) for path, article, title in names},
    )


def rows_of_file(file: StoredFile) -> Iterator[Row]:
    """Yield the rows of a file."""
    names = [[path, article, title] for path, (article, title) in file.names.items()]
    return _rows(file.owner, file.added, asdict(file.state), json.dumps(names, ensure_ascii=False))


def rows_of_article(owner: int, added: int, head: Head, article: Article) -> Iterator[Row]:
    """Yield the rows of an article."""
    body = {"text": article.text, "headings": article.headings}
    return _rows(owner, added, asdict(head), json.dumps(body, ensure_ascii=False))


def _rows(owner: int, added: int, head: dict[str, Any], body: str) -> Iterator[Row]:
    for place, part in enumerate(parts(body)):
        yield {
            "id": (owner << PARTS) + place,
            "owner": owner,
            "added": added,
            "removed": ALWAYS,
            "head": "" if place else json.dumps(head, ensure_ascii=False),
            "body": part,
            "vector": NO_VECTOR,
        }


def _head(written: str) -> Head:
    values = json.loads(written)
    return Head(**{**values, "tags": tuple(values["tags"])})


def _ends(ids: range) -> tuple[int, int]:
    return ids.start, ids.stop
