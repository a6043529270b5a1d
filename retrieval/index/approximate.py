"""Dense candidates among very many: a FAISS inverted file, which compares some of the vectors.

Vectors are put into lists by the nearest of as many centroids, and a question is compared with what
is in the lists nearest to it (Jegou, Douze & Schmid, Product Quantization for Nearest Neighbor
Search, PAMI 2011). What that misses of the true neighbours is measured when the centroids are made.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from retrieval.index.dense import common_of, single_threaded
from retrieval.index.protocols import Part
from retrieval.types import FloatArray

# Vectors that the centroids are made from, for each of them; FAISS warns below 39.
_TRAINED_PER_LIST = 40
# So many vectors are searched to choose how many lists are looked into: the least power of two that
# finds this share of what all lists find of so many true neighbours.
_TRIED, _WANTED, _NEIGHBOURS = 256, 0.99, 50

VectorBatches = Iterable[tuple[NDArray[np.int64], NDArray[np.float16]]]
"""Chunk ids (n,) and vectors (n, dim), ids ascending."""


class ApproximateIndex:
    """An inverted file of the vectors of one generation, compared by inner product.

    Args:
        index: FAISS index that knows its vectors by the ids of their chunks.
        ids: These ids, ascending.
        recall: Share of the true neighbours that it finds, as it was measured.
        read: Returns the vectors of chunks as they are stored, (n, dim) float32.
    """

    def __init__(
        self,
        index: faiss.IndexIVF,
        ids: NDArray[np.int64],
        recall: float,
        read: Callable[[Sequence[int]], FloatArray],
    ) -> None:
        self.index = index
        self.ids = ids
        self.recall = recall
        self._read = read
        # One bit for each chunk id, by language.
        self._chunks: dict[str, NDArray[np.uint8]] = {}

    @classmethod
    def build(
        cls,
        dim: int,
        factory: str,
        count: int,
        batches: Callable[[], VectorBatches],
        read: Callable[[Sequence[int]], FloatArray],
    ) -> ApproximateIndex:
        """Train and fill an inverted file; the same vectors make the same index.

        Args:
            dim: Dimensions of a vector.
            factory: See `inverted_file`.
            count: Number of vectors.
            batches: Returns the vectors, anew each time.
            read: See the class.

        Raises:
            RuntimeError: The vectors are too few for so many lists.
        """
        index = inverted_file(dim, factory)
        with _all_cores():
            index.train(_every(batches(), count, index.nlist * _TRAINED_PER_LIST))
            queries = _every(batches(), count, _TRIED)
            nearest = _Nearest(queries)
            every = [np.empty(0, dtype=np.int64)]
            for ids, vectors in batches():
                rows = np.ascontiguousarray(vectors, dtype=np.float32)
                index.add_with_ids(rows, ids)
                nearest.see(ids, rows)
                every.append(ids)
            recall = _set_probes(index, queries, nearest.ids)
        return cls(index, np.concatenate(every), recall, read)

    def changed(self, removed: Sequence[int], batches: VectorBatches) -> ApproximateIndex:
        """Return an index without some chunks and with others; see `DenseIndex.changed`."""
        # Of the same class, which its types do not tell.
        index: Any = faiss.clone_index(self.index)
        made = ApproximateIndex(index, self.ids, self.recall, self._read)
        gone = np.array(removed, dtype=np.int64)
        for ids, vectors in batches:
            made.put_right(gone, ids, np.ascontiguousarray(vectors, dtype=np.float32))
            gone = gone[:0]
        if len(gone):
            made.put_right(gone, gone[:0], np.empty((0, index.d), dtype=np.float32))
        return made

    def put_right(
        self, removed: NDArray[np.int64], ids: NDArray[np.int64], vectors: FloatArray
    ) -> None:
        """Take chunks out and put others in; nobody searches the index yet."""
        if len(removed):
            self.index.remove_ids(removed)  # type: ignore[arg-type]
        if len(ids):
            self.index.add_with_ids(vectors, ids)
        kept = self.ids[~np.isin(self.ids, removed)]
        self.ids = np.sort(np.concatenate([kept, ids]))

    def parts(self, chunks: Mapping[str, NDArray[np.int64]]) -> dict[str, Part]:
        """Divide the index by language; see `DenseIndex.parts`."""
        found = common_of(chunks, self.vectors)
        self._chunks = {language: _bits(ids) for language, ids in chunks.items()}
        return found

    def search(self, vector: FloatArray, top_k: int, part: Part | None = None) -> dict[int, float]:
        """Return cosines by chunk id, best first; see `DenseIndex.search`."""
        if not len(self.ids) or not vector.any():
            return {}
        if vector.shape != (self.index.d,):
            raise ValueError(f"a vector of shape {vector.shape}, the index has ({self.index.d},)")
        single_threaded()
        there = len(self.ids) if part is None else part.chunks
        wanted = min(top_k, there)
        # The chunks of a part are spread over as many lists as all others.
        probes = math.ceil(self.index.nprobe * len(self.ids) / max(there, 1))
        found = self._search(vector, wanted, probes, part)
        # Few, where lists are nearly empty.
        return found if len(found) == wanted else self._search(vector, wanted, sys.maxsize, part)

    def _search(
        self, vector: FloatArray, count: int, probes: int, part: Part | None
    ) -> dict[int, float]:
        params = _probing(min(probes, self.index.nlist))
        if part is not None:
            params.sel = faiss.IDSelectorBitmap(self._chunks[part.language])  # type: ignore[arg-type,call-arg]
        scores, ids = self.index.search(vector[np.newaxis], count, params=params)
        found = ids[0] >= 0
        return dict(zip(ids[0][found].tolist(), scores[0][found].tolist(), strict=True))

    def vectors(self, chunk_ids: Sequence[int]) -> FloatArray:
        """Return the vectors of chunks, (n, dim) float32; all of them are in the index."""
        return self._read(chunk_ids)

    def neighbours(
        self, chunk_ids: NDArray[np.int64], top_k: int
    ) -> tuple[NDArray[np.int64], FloatArray]:
        """Return ids and cosines, (n, up to top_k), of the chunks nearest to each of the given."""
        single_threaded()
        vectors = self.vectors(chunk_ids.tolist())
        params = _probing(self.index.nlist)
        cosines, near = self.index.search(vectors, min(top_k, len(self.ids)), params=params)
        return near, cosines

    def alike(self, chunk_id: int, top_k: int) -> dict[int, float]:
        """Return cosines, by chunk id, of the chunks nearest to a given one, which is the first."""
        if chunk_id not in self.ids:
            raise ValueError(f"chunk {chunk_id} is not in the index")
        return self.search(self.vectors([chunk_id])[0], top_k)


def inverted_file(dim: int, factory: str) -> faiss.IndexIVF:
    """Make an empty inverted file of FAISS from its factory string, such as "IVF4096,SQ8".

    Raises:
        ValueError: It describes no inverted file.
    """
    try:
        made = faiss.index_factory(dim, factory, faiss.METRIC_INNER_PRODUCT)
    # What FAISS raises depends on where it trips over the string.
    except Exception as exc:
        raise ValueError(f"FAISS makes nothing of {factory!r}") from exc
    if not isinstance(made, faiss.IndexIVF):
        raise ValueError(  # noqa: TRY004 - the string is wrong, not its type
            f"{factory!r} is no inverted file but a {type(made).__name__}"
        )
    # Else it warns of too few vectors for each centroid on standard error.
    made.cp.min_points_per_centroid = 1
    return made


def _probing(lists: int) -> faiss.SearchParametersIVF:
    # FAISS's types leave out what it takes by name.
    return faiss.SearchParametersIVF(nprobe=lists)  # type: ignore[call-arg]


class _Nearest:
    """The true neighbours of some vectors among all that are seen."""

    def __init__(self, queries: FloatArray) -> None:
        self._queries = queries
        self._cosines = np.full((len(queries), _NEIGHBOURS), -np.inf, dtype=np.float32)
        self.ids = np.full(self._cosines.shape, -1, dtype=np.int64)

    def see(self, ids: NDArray[np.int64], vectors: FloatArray) -> None:
        cosines = np.concatenate([self._cosines, self._queries @ vectors.T], axis=1)
        others = np.broadcast_to(ids, (len(self._queries), len(ids)))
        every = np.concatenate([self.ids, others], axis=1)
        best = np.argpartition(-cosines, _NEIGHBOURS - 1, axis=1)[:, :_NEIGHBOURS]
        self._cosines = np.take_along_axis(cosines, best, axis=1)
        self.ids = np.take_along_axis(every, best, axis=1)


def _set_probes(index: faiss.IndexIVF, queries: FloatArray, true: NDArray[np.int64]) -> float:
    """Set how many lists are looked into, and return the share of true neighbours in them."""

    def recall(probes: int) -> float:
        _, found = index.search(queries, _NEIGHBOURS, params=_probing(probes))
        pairs = zip(found.tolist(), true.tolist(), strict=True)
        shared = sum(len({*row} & {*others} - {-1}) for row, others in pairs)
        return shared / max(int((true >= 0).sum()), 1)

    # All of them may miss some neighbours, for the vectors are stored less precisely.
    wanted = _WANTED * recall(index.nlist)
    probes = 1
    while (found := recall(probes)) < wanted:
        probes = min(2 * probes, index.nlist)
    index.nprobe = probes
    return found


def _every(batches: VectorBatches, count: int, most: int) -> FloatArray:
    """Return every so many-th vector, about so many at most."""
    step = max(1, count // most)
    at = 0
    kept = []
    for _, vectors in batches:
        kept.append(vectors[-at % step :: step].astype(np.float32))
        at += len(vectors)
    return np.concatenate(kept)


def _bits(ids: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return a bit for each number up to the greatest id, set for each id."""
    bits = np.zeros(int(ids.max(initial=-1)) + 1, dtype=bool)
    bits[ids] = True
    return np.packbits(bits, bitorder="little")


@contextmanager
def _all_cores() -> Iterator[None]:
    """Let FAISS compute on all cores, which a question must not."""
    faiss.omp_set_num_threads(len(os.sched_getaffinity(0)) if sys.platform == "linux" else 2)
    try:
        yield
    finally:
        single_threaded()
