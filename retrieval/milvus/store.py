"""What readers see of an index in Milvus: its generations, their articles, chunks and vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.chunking import passage
from retrieval.index import (
    IndexState,
    KeptCalibrations,
    Origin,
    StoredChunk,
    StoredEncoding,
    beyond,
    unpacked_sentences,
)
from retrieval.milvus.connection import Connection, Row, listed
from retrieval.milvus.dense import MilvusDense
from retrieval.milvus.encodings import tokens_of
from retrieval.milvus.generations import Generations
from retrieval.milvus.state import State, read_state, read_values
from retrieval.milvus.tables import ENCODING, FORMAT, KEY, PARTS, unpacked, visible
from retrieval.milvus.writer import MilvusWriter
from retrieval.types import Article, Chunk, Source

_CHUNK = ["id", "text", "sentences", "codes", "starts"]
# Chunks that are fetched together, without their vectors.
_PAGE = 1000
# Articles whose chunks are asked for together.
_ARTICLES = 100


class MilvusStore(Generations):
    """One index in Milvus; every method may be called from any thread.

    Args:
        connection: Connection to the server.
        number: Number of the index there.
        state: Its state, just read.
        folder: Folder in which this machine keeps what is derived.

    Attributes:
        format: Version of how the index is stored.
        size: What it takes on the disk, which Milvus does not tell.
        calibrations: Calibrations of its generations.
    """

    format = FORMAT
    size = None

    def __init__(self, connection: Connection, number: int, state: State, folder: Path) -> None:
        super().__init__(connection, number, state)
        self.calibrations = _MilvusCalibrations(self)
        self._folder = folder

    @property
    def place(self) -> Path:
        """The folder of the lexical indexes, which are made of it on this machine."""
        place = self._folder / "milvus" / self.origin.key
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        return place

    @property
    def origin(self) -> Origin:
        """What the index was made for."""
        return self._state.origin

    @property
    def dense_kind(self) -> str:
        """How vectors are searched, for people."""
        return self.connection.vector_index

    @property
    def held(self) -> str:
        """Why the index stays as it is until somebody refreshes it; empty if it does not."""
        return self.look().held

    @property
    def refused(self) -> str:
        """Why the next generation was not published; empty if it was not refused."""
        return self.look().refused

    @property
    def is_blank(self) -> bool:
        """Whether nothing is published and nothing encoded, so that any encoder may begin."""
        return not self.current() and not any(
            self.connection.count(self.collection(table), where)
            for table, where in (("chunks", "id >= 0"), ("encodings", f'{KEY} != ""'))
        )

    def remade(self) -> MilvusStore | None:
        """Return the store that was made again in place of this one; None if there is none."""
        self.look()
        if self.in_use <= self.number:
            return None
        state = read_state(read_values(self.connection), self.in_use, self.name)
        return MilvusStore(self.connection, self.in_use, state, self._folder) if state else None

    def writer(self) -> MilvusWriter:
        """Return a writer of the next generation; the caller holds the lease."""
        return MilvusWriter(self)

    def check_encoder(self, fingerprint: str, name: str) -> None:
        """Raise `IndexMismatch` unless the index was made by this encoder."""
        self.origin.check_encoder(fingerprint, name, self.name)

    def state(self) -> IndexState:
        """Return what readers see of it: they reload when it differs."""
        state = self.look()
        return state.origin.key, state.current, state.calibrations

    def sources(self) -> list[Source]:
        """Return the articles of the current generation, by path."""
        every = self.listing(self.current()).sources.values()
        return sorted((one for some in every for one in some), key=lambda one: one.path)

    def sources_beyond(self, known: frozenset[str] | None) -> list[Source]:
        """Return the articles in languages that are not known, if they are more than a few."""
        return beyond(self.sources(), known) if known is not None else []

    def article(self, path: str) -> Article | None:
        """Return an article of the current generation, without its pages."""
        listing = self.listing(self.current())
        number = listing.names.get(path)
        if number is None:
            return None
        source = next(one for one in listing.sources[number] if one.path == path)
        body = self.body(number)
        return Article(
            source,
            body["text"],
            titled=listing.heads[number].title is not None,
            headings=tuple(body["headings"]),
        )

    def languages(self, generation: int) -> list[str]:
        """Return the languages of a generation's articles."""
        listing = self.listing(generation)
        return sorted({listing.heads[article].language for article in listing.sources})

    def article_ids(self, generation: int, paths: Sequence[str] | None = None) -> list[int]:
        """Return the ids of a generation's articles, of all or of those with these paths."""
        listing = self.listing(generation)
        if paths is None:
            return list(listing.sources)
        return sorted({listing.names[path] for path in paths if path in listing.names})

    def middle_chunks(self, articles: Sequence[int]) -> list[int]:
        """Return the id of a chunk from the middle of each article that has one."""
        counts = {
            article: listing.heads[article].chunks
            for listing in list(self._listings.values())
            for article in articles
            if article in listing.heads
        }
        return [(one << PARTS) + count // 2 for one, count in sorted(counts.items()) if count]

    def chunks_of_articles(self, generation: int) -> dict[str, list[int]]:
        """Return the ids of each article's chunks in their order, by the path of its first name."""
        listing = self.listing(generation)
        return {
            sources[0].path: list(listing.chunk_ids(article))
            for article, sources in listing.sources.items()
            if listing.heads[article].chunks
        }

    def chunks_by_language(self, generation: int) -> dict[str, NDArray[np.int64]]:
        """Return the ids of a generation's chunks by the language of their articles, ascending."""
        listing = self.listing(generation)
        found = {one: listing.all_chunks(one) for one in self.languages(generation)}
        return {language: ids for language, ids in found.items() if len(ids)}

    def chunks(self, ids: Sequence[int], generation: int) -> dict[int, StoredChunk]:
        """Return chunks of a generation by id, in order; those it does not have are left out."""
        listing = self.listing(generation)
        rows = self.connection.of_values(
            self.collection("chunks"), "id", ids, _CHUNK, strong=generation > self.current()
        )
        return {
            row["id"]: StoredChunk(
                listing.sources[owner],
                Chunk(row["text"], unpacked_sentences(unpacked(row["sentences"]))),
                tokens_of(row),
                listing.heads[owner].title is not None,
            )
            for row in sorted(rows, key=lambda row: int(row["id"]))
            if (owner := row["id"] >> PARTS) in listing.sources
        }

    def encodings(self, ids: Sequence[int]) -> dict[int, tuple[bytes, StoredEncoding]]:
        """Return the digest of each chunk's passage and its encoding, by the chunk's id."""
        fields = ["id", "encoding", *ENCODING]
        rows = self.connection.of_values(self.collection("chunks"), "id", ids, fields)
        return {
            row["id"]: (
                bytes.fromhex(row["encoding"]),
                StoredEncoding(np.array(row["vector"], dtype=np.float32), tokens_of(row)),
            )
            for row in rows
        }

    def dense(self, generation: int) -> MilvusDense:
        """Return the search by vectors of a generation, published or not.

        Raises:
            IndexDamaged: The server has other chunks than the listing.
        """
        collection = self.collection("chunks")
        ids = self.listing(generation).all_chunks()
        # What is searched later, with less care for what is written meanwhile, has them all then.
        count = self.connection.count(collection, visible(generation))
        if count != len(ids):
            raise self.damage(f"{count} chunks are there of {len(ids)}")
        return MilvusDense(self.connection, collection, generation, ids)

    def dense_from(self, base: object, since: int, generation: int) -> None:
        """Return None: the server searches what it holds."""

    def passages(self, since: int, generation: int) -> Iterator[tuple[int, str, str]]:
        """Yield chunk id, language and passage of the articles whose names came or went."""
        listing = self.listing(generation)
        touched = set(listing.touched(self.listing(since)))
        if 2 * len(touched) > len(listing.sources):
            where, collection = visible(generation), self.collection("chunks")
            rows = self.connection.rows(collection, where, ["owner", "text"], _PAGE)
        else:
            rows = self._chunks_of(sorted(touched))
        for row in rows:
            if row["owner"] in touched:
                title = listing.sources[row["owner"]][0].title
                language = listing.heads[row["owner"]].language
                yield row["id"], language, passage(title, row["text"])

    def _chunks_of(self, articles: Sequence[int]) -> Iterator[Row]:
        """Yield ids, articles and texts of the chunks of articles, ids ascending."""
        for at in range(0, len(articles), _ARTICLES):
            where = f"owner in {listed(articles[at : at + _ARTICLES])}"
            yield from self.connection.rows(
                self.collection("chunks"), where, ["owner", "text"], _PAGE
            )

    def removed_chunks(self, since: int, generation: int) -> list[int]:
        """Return the ids of the chunks that generation `since` has and this one has not."""
        before, after = self.listing(since), self.listing(generation)
        return [
            number
            for article in before.sources
            if article not in after.sources
            for number in before.chunk_ids(article)
        ]

    def close(self) -> None:
        """Do nothing: the connection is shared."""


class _MilvusCalibrations(KeptCalibrations):
    """The calibrations of an index, in its state."""

    def __init__(self, index: MilvusStore) -> None:
        self._index = index

    def written(self) -> str:
        """Return all calibrations as JSON; empty if there is none."""
        return self._index.look().calibrations

    def write(self, written: str) -> None:
        """Store all calibrations."""
        self._index.fresh_state()
        self._index.change(lambda state: replace(state, calibrations=written))

    def chunks(self, generation: int) -> list[list[int]]:
        """Return the ids of each article's chunks, the articles by their first path."""
        found = self._index.chunks_of_articles(generation)
        return [found[path] for path in sorted(found)]

    def chunks_after(self, newest: int, generation: int) -> int:
        """Count the chunks of a generation that came after a chunk."""
        return int((self._index.listing(generation).all_chunks() > newest).sum())
