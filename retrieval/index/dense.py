"""Dense candidates: exact search over all vectors with FAISS."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import faiss
import numpy as np
from numpy.typing import NDArray

from retrieval.index.protocols import Part
from retrieval.types import FloatArray

EXACT = ("SQfp16", "Flat")
"""Factory strings of FAISS of indexes that compare all vectors, in 16 and in 32 bits."""
# So many vectors tell what those in one language have in common.
_SAMPLE = 2000


def single_threaded() -> None:
    """Let FAISS take one core in this thread from now on; OpenMP counts for each thread by itself.

    Several questions at a time serve more users than several threads for one question.
    """
    faiss.omp_set_num_threads(1)


class DenseIndex:
    """An immutable FAISS index of vectors, all compared by inner product.

    FAISS must not be searched while it is written, so a new state is a new `DenseIndex`.
    """

    def __init__(self, index: faiss.Index, ids: NDArray[np.int64]) -> None:
        self._index = index
        self.ids = ids
        # One bit for each row, by language; they are known before anybody searches.
        self._rows: dict[str, NDArray[np.uint8]] = {}

    @classmethod
    def build(
        cls,
        dim: int,
        batches: Iterable[tuple[NDArray[np.int64], NDArray[np.float16]]],
        factory: str = EXACT[0],
    ) -> DenseIndex:
        """Build an index of a kind of `EXACT`.

        Args:
            dim: Dimensions of a vector.
            batches: Chunk ids (n,) and vectors (n, dim) of unit length or zero, ids ascending.
            factory: Factory string of its kind.
        """
        single_threaded()
        index = faiss.index_factory(dim, factory, faiss.METRIC_INNER_PRODUCT)
        ids = [np.empty(0, dtype=np.int64)]
        for some, vectors in batches:
            index.add(np.ascontiguousarray(vectors, dtype=np.float32))
            ids.append(some)
        return cls(index, np.concatenate(ids))

    def changed(
        self,
        removed: Sequence[int],
        batches: Iterable[tuple[NDArray[np.int64], NDArray[np.float16]]],
    ) -> DenseIndex | None:
        """Return an index without some chunks and with others; None where those are not the last.

        Args:
            removed: Ids of chunks to leave out.
            batches: Ids and vectors of chunks to add, as in `build`.
        """
        index = faiss.clone_index(self._index)
        gone = np.flatnonzero(np.isin(self.ids, np.asarray(removed, dtype=np.int64)))
        # Its types do not know what faiss adds for Python.
        index.remove_ids(gone)  # type: ignore[arg-type]
        ids = [np.delete(self.ids, gone)]
        for some, vectors in batches:
            index.add(np.ascontiguousarray(vectors, dtype=np.float32))
            ids.append(some)
        joined = np.concatenate(ids)
        return DenseIndex(index, joined) if (np.diff(joined) > 0).all() else None

    def parts(self, chunks: Mapping[str, NDArray[np.int64]]) -> dict[str, Part]:
        """Divide the index by language.

        Args:
            chunks: The ids of all chunks by language, ascending.
        """
        self._rows = {
            language: np.packbits(np.isin(self.ids, ids), bitorder="little")
            for language, ids in chunks.items()
        }
        return common_of(chunks, self.vectors)

    def search(self, vector: FloatArray, top_k: int, part: Part | None = None) -> dict[int, float]:
        """Return cosines by chunk id, best first; nothing for a vector of zeros.

        Args:
            vector: Vector of a question.
            top_k: Chunks at most.
            part: The part of the index to look in; None for all of it.
        """
        if not len(self.ids) or not vector.any():
            return {}
        # Checked here, for FAISS answers a wrong dimension with an empty assertion.
        if vector.shape != (self._index.d,):
            raise ValueError(f"a vector of shape {vector.shape}, the index has ({self._index.d},)")
        single_threaded()
        params = None
        if part is not None:
            # Its types do not know what faiss adds for Python.
            params = faiss.SearchParameters(
                sel=faiss.IDSelectorBitmap(self._rows[part.language])  # type: ignore[arg-type,call-arg]
            )
        count = min(top_k, len(self.ids))
        scores, rows = self._index.search(vector[np.newaxis], count, params=params)
        # Where a part has fewer, FAISS fills up with -1.
        found = rows[0] >= 0
        return dict(zip(self.ids[rows[0][found]].tolist(), scores[0][found].tolist(), strict=True))

    def vectors(self, chunk_ids: Sequence[int]) -> FloatArray:
        """Return the vectors of chunks, (n, dim) float32; all of them are in the index."""
        rows = np.searchsorted(self.ids, np.asarray(chunk_ids, dtype=np.int64))
        return np.asarray(self._index.reconstruct_batch(rows), dtype=np.float32)

    def neighbours(
        self, chunk_ids: NDArray[np.int64], top_k: int
    ) -> tuple[NDArray[np.int64], FloatArray]:
        """Return ids and cosines, (n, up to top_k), of the chunks nearest to each of the given."""
        single_threaded()
        rows = np.searchsorted(self.ids, chunk_ids)
        vectors = np.stack([self._index.reconstruct(int(row)) for row in rows])
        cosines, near = self._index.search(vectors, min(top_k, len(self.ids)))
        return self.ids[near], cosines

    def alike(self, chunk_id: int, top_k: int) -> dict[int, float]:
        """Return cosines, by chunk id, of the chunks nearest to a given one, which is the first."""
        row = int(np.searchsorted(self.ids, chunk_id))
        if row == len(self.ids) or self.ids[row] != chunk_id:
            raise ValueError(f"chunk {chunk_id} is not in the index")
        return self.search(np.asarray(self._index.reconstruct(row), dtype=np.float32), top_k)


def common_of(
    chunks: Mapping[str, NDArray[np.int64]], vectors: Callable[[Sequence[int]], FloatArray]
) -> dict[str, Part]:
    """Find what the vectors in each language have in common.

    Args:
        chunks: The ids of all chunks by language, ascending.
        vectors: Returns the vectors of chunks.
    """
    means = {
        language: vectors(ids[:: 1 + len(ids) // _SAMPLE].tolist()).mean(axis=0)
        for language, ids in chunks.items()
    }
    whole = np.mean(list(means.values()), axis=0)
    return {
        language: Part(language, len(ids), means[language] - whole)
        for language, ids in chunks.items()
    }
