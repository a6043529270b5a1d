"""What the other folders need of an index, wherever it is: in a folder here, or on a server.

    Index             its address: whether it is there, who writes to it, how it is made again
    IndexReader       what is published: generations, articles, and chunks with token codes
    IndexWriter       the next generation, which nobody sees before it is published
    DenseSearch       the vectors of one generation
    CalibrationKeeper the scales of its scores

Generations are numbered, and so are articles and chunks: an id never comes back with other content.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from retrieval.index.calibrations import Calibration
from retrieval.index.origin import Origin
from retrieval.index.rows import FileState, Generation, StoredChunk, StoredEncoding
from retrieval.types import Article, Chunk, FloatArray, Source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ChunkedArticle = tuple[Article, Sequence[tuple[Chunk, bytes]]]
"""An article with its chunks and the digests of their passages."""
IndexState = tuple[str, int, str]
"""Key of an index, number of its current generation, its calibrations as JSON."""
Names = Mapping[str, tuple[int, str | None]]
"""The id of an article's content by its path, and its title there if it declares none."""


@dataclass(frozen=True, slots=True)
class Part:
    """The chunks in one language.

    Attributes:
        chunks: Number of chunks.
        common: What their vectors have in common, less what those of all languages have, (dim,)
            float32.
    """

    language: str
    chunks: int
    common: FloatArray


@dataclass(frozen=True, slots=True)
class Difference:
    """Articles of the next generation compared with those of the current one, by path.

    Attributes:
        renamed: Number of articles among those added that were deleted under another name.
    """

    added: int
    modified: int
    deleted: int
    unchanged: int
    renamed: int

    @property
    def any(self) -> bool:
        """Whether any article differs."""
        return bool(self.added or self.modified or self.deleted)


class DenseSearch(Protocol):
    """Finds the chunks of one generation by their vectors."""

    @property
    def ids(self) -> NDArray[np.int64]:
        """Ids of all chunks of the generation, ascending."""

    def search(self, vector: FloatArray, top_k: int, part: Part | None = None) -> dict[int, float]:
        """Return cosines by chunk id, best first; nothing for a vector of zeros."""

    def parts(self, chunks: Mapping[str, NDArray[np.int64]]) -> dict[str, Part]:
        """Divide the chunks, given by their ids ascending, by language."""

    def vectors(self, chunk_ids: Sequence[int]) -> FloatArray:
        """Return the vectors of chunks, (n, dim) float32; the generation has all of them."""

    def neighbours(
        self, chunk_ids: NDArray[np.int64], top_k: int
    ) -> tuple[NDArray[np.int64], FloatArray]:
        """Return ids and cosines, (n, up to top_k), of the chunks nearest to each of the given."""

    def alike(self, chunk_id: int, top_k: int) -> dict[int, float]:
        """Return cosines, by chunk id, of the chunks nearest to a given one, which is the first."""


class CalibrationKeeper(Protocol):
    """The scales of an index's scores, by the generation that each was measured on."""

    def of(self, generation: int) -> Calibration | None:
        """Return the calibration of a generation's articles, else of the last before with one."""

    def keep(self, calibration: Calibration) -> None:
        """Store a calibration in place of another of its generation; the caller holds the lock."""

    def chunks(self, generation: int) -> list[list[int]]:
        """Return the ids of each article's chunks, the articles by their first path."""

    def chunks_after(self, newest: int, generation: int) -> int:
        """Count the chunks of a generation that came after a chunk, by the id of that."""


class IndexReader(Protocol):
    """What readers see of an index; every method may be called from any thread.

    All of them raise `IndexFault` if the index cannot be read, `IndexDamaged` if it is damaged.
    """

    @property
    def name(self) -> str:
        """The index's address, for messages."""

    @property
    def place(self) -> Path:
        """The folder of what is derived from the index on this machine."""

    @property
    def size(self) -> int | None:
        """What it takes on the disk, in bytes; None if the index does not tell."""

    @property
    def format(self) -> int:
        """Version of how the index is stored."""

    @property
    def origin(self) -> Origin:
        """What the index was made for."""

    @property
    def dense_kind(self) -> str:
        """How vectors are searched, for people, and what share of the nearest that finds."""

    @property
    def held(self) -> str:
        """Why the index stays as it is until somebody refreshes it; empty if it does not."""

    @property
    def refused(self) -> str:
        """Why the next generation was not published; empty if it was not refused."""

    @property
    def is_blank(self) -> bool:
        """Whether nothing is published and nothing encoded, so that any encoder may begin."""

    @property
    def calibrations(self) -> CalibrationKeeper:
        """Calibrations of its generations."""

    def remade(self) -> IndexReader | None:
        """Return a reader of the index that was made again in place of this one; None if none."""

    def writer(self) -> IndexWriter:
        """Return a writer of the next generation; the caller holds the lock to write."""

    def check_encoder(self, fingerprint: str, name: str) -> None:
        """Raise `IndexMismatch` unless the index was made by this encoder."""

    def damage(self, found: str) -> Exception:
        """Return the exception that tells of damage, and what to do."""

    def current(self) -> int:
        """Return the number of the generation that readers are to see, 0 before the first."""

    def state(self) -> IndexState:
        """Return what readers see of it: they reload when it differs."""

    def generation(self, number: int | None = None) -> Generation:
        """Return a kept generation, by default the current one."""

    def generations(self) -> list[Generation]:
        """Return the generations that are kept, the newest first."""

    def keeps(self, generation: int) -> bool:
        """Whether this generation is still there; the empty one is."""

    def count(self, generation: int) -> tuple[int, int]:
        """Count the articles and the chunks of a generation, published or not."""

    def digest(self, generation: int) -> str:
        """Return the digest of a generation's passages: equal ones have equal chunks and ids."""

    def made_digest(self, generation: int) -> str:
        """Make the digest of a generation's passages from what is stored."""

    def files(self, generation: int) -> dict[str, FileState]:
        """Return what a generation saw of each file, by path."""

    def sources(self) -> list[Source]:
        """Return the articles of the current generation, by path."""

    def sources_beyond(self, known: frozenset[str] | None) -> list[Source]:
        """Return the articles in languages that are not known, if they are more than a few."""

    def article(self, path: str) -> Article | None:
        """Return an article of the current generation, without its pages."""

    def languages(self, generation: int) -> list[str]:
        """Return the languages of a generation's articles."""

    def article_ids(self, generation: int, paths: Sequence[str] | None = None) -> list[int]:
        """Return the ids of a generation's articles, of all or of those with these paths."""

    def middle_chunks(self, articles: Sequence[int]) -> list[int]:
        """Return the id of a chunk from the middle of each article that has one."""

    def chunks_of_articles(self, generation: int) -> dict[str, list[int]]:
        """Return the ids of each article's chunks in their order, by the path of its first name."""

    def chunks_by_language(self, generation: int) -> dict[str, NDArray[np.int64]]:
        """Return the ids of a generation's chunks by the language of their articles, ascending."""

    def chunks(self, ids: Sequence[int], generation: int) -> dict[int, StoredChunk]:
        """Return chunks of a generation by id, in order; those it does not have are left out."""

    def encodings(self, ids: Sequence[int]) -> dict[int, tuple[bytes, StoredEncoding]]:
        """Return the digest of each chunk's passage and its encoding, by the chunk's id."""

    def dense(self, generation: int) -> DenseSearch:
        """Return the search by vectors of a generation, published or not."""

    def dense_from(self, base: DenseSearch, since: int, generation: int) -> DenseSearch | None:
        """Return what `dense` does, made of that of an earlier generation; None if it cannot be."""

    def passages(self, since: int, generation: int) -> Iterator[tuple[int, str, str]]:
        """Yield chunk id, language and passage of the articles whose names came or went."""

    def removed_chunks(self, since: int, generation: int) -> list[int]:
        """Return the ids of the chunks that generation `since` has and this one has not."""

    def close(self) -> None:
        """Let go of what this thread holds of the index."""


class IndexWriter(Protocol):
    """Writes the generation after the current one; the caller holds the lock."""

    @property
    def number(self) -> int:
        """Number of the generation that is written."""

    def check_counts(self) -> None:
        """Raise `IndexDamaged` unless the current generation has as much as was published."""

    def files(self) -> dict[str, FileState]:
        """Return what the next generation has seen of each file."""

    def known_encodings(self, digests: Sequence[bytes], tokens: bool) -> set[bytes]:
        """Return those digests of passages whose encoding is stored, with its tokens if wanted."""

    def keep(self, encodings: Mapping[bytes, StoredEncoding]) -> None:
        """Store encodings, by the digest of their passage."""

    def put(self, files: Iterable[tuple[FileState, Sequence[ChunkedArticle]]]) -> None:
        """Put files, each with its articles, in place of what was known of them."""

    def drop(self, paths: Iterable[str]) -> None:
        """Forget files and their articles."""

    def touch(self, files: Iterable[FileState]) -> None:
        """Note other sizes and times of files whose content is what it was."""

    def articles_of(
        self, digest: str, reader_version: str
    ) -> list[tuple[str, int, str | None, str]]:
        """Return the articles of any known file with this content, read in this way.

        Returns:
            For each the part of its path behind the file's, its id, its title if it declares none,
            and its text.
        """

    def link(self, file: FileState, names: Names) -> None:
        """Put a file whose articles are stored already, under these names."""

    def chunks_of(self, articles: Sequence[int]) -> int:
        """Count the chunks of articles that are stored, by their ids."""

    def difference(self) -> Difference:
        """Compare the next generation with the current one."""

    def changed(self) -> list[str]:
        """Return the paths of the articles that are new in the next generation, in order."""

    def refuse(self, reason: str) -> None:
        """Note why the next generation is not published."""

    def discard(self) -> None:
        """Drop the next generation, no article of which differs, but keep what it saw of files."""

    def publish(self) -> None:
        """Make the next generation the current one, which readers see."""

    def purge(self, keep: int) -> None:
        """Drop all but the last generations, and what only they need."""

    def rollback(self, to: int | None = None) -> Generation:
        """Publish the articles of an older generation again, and hold the index there.

        Raises:
            IndexFault: There is no such generation.
        """


class Index(Protocol):
    """An index by its address, whether it is there or not."""

    def open(self) -> IndexReader | None:
        """Open the index in use; None if there is none.

        Raises:
            IndexFault: It cannot be used.
        """

    def create(self, fingerprint: str, encoder: str, dim: int, chosen: str = "") -> IndexReader:
        """Create an empty index for one encoder."""

    def write_lock(self, wait_s: float = 0.0) -> AbstractContextManager[None]:
        """Hold the lock: only who holds it writes to the index.

        Args:
            wait_s: Seconds to wait for another one to finish; below 0 for as long as it takes.

        Raises:
            IndexBusy: Another one still holds it.
        """

    def is_tidy(self) -> bool:
        """Whether nothing is left over of earlier indexes."""

    def remove_leftovers(self) -> None:
        """Delete what is left of indexes before the one in use."""

    def beside(self) -> Index:
        """Return the address at which the index is made again, while it answers."""

    def use_rebuilt(self) -> None:
        """Put the index that was made again into use."""

    def discard_rebuilt(self) -> None:
        """Delete what is made again."""
