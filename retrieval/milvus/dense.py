"""Dense candidates from Milvus: exact search over the vectors of one generation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.index import Part
from retrieval.milvus.connection import Connection
from retrieval.milvus.tables import visible
from retrieval.types import FloatArray

# So many vectors tell what those in one language have in common.
_SAMPLE = 2000
# Milvus' own limit of hits.
_MOST = 16_384


class MilvusDense:
    """The search over the vectors of one generation, compared by inner product.

    Args:
        connection: Connection to the server.
        collection: Collection of the chunks.
        generation: Number of the generation.
        ids: Ids of its chunks, ascending.
    """

    def __init__(
        self,
        connection: Connection,
        collection: str,
        generation: int,
        ids: NDArray[np.int64],
    ) -> None:
        self._connection = connection
        self._collection = collection
        self._visible = visible(generation)
        self.ids = ids

    def search(self, vector: FloatArray, top_k: int, part: Part | None = None) -> dict[int, float]:
        """Return cosines by chunk id, best first; nothing for a vector of zeros.

        Args:
            vector: Vector of a question.
            top_k: Chunks at most.
            part: The part of the chunks to look in; None for all of them.
        """
        if not len(self.ids) or not vector.any():
            return {}
        where = f'language == "{part.language}" and {self._visible}' if part else self._visible
        count = min(top_k, len(self.ids), _MOST)
        (found,) = self._connection.search(self._collection, [vector.tolist()], where, count)
        return found

    def parts(self, chunks: Mapping[str, NDArray[np.int64]]) -> dict[str, Part]:
        """Divide the chunks, given by their ids ascending, by language."""
        means = {
            language: self.vectors(ids[:: 1 + len(ids) // _SAMPLE].tolist()).mean(axis=0)
            for language, ids in chunks.items()
        }
        whole = np.mean(list(means.values()), axis=0)
        return {
            language: Part(language, len(ids), means[language] - whole)
            for language, ids in chunks.items()
        }

    def vectors(self, chunk_ids: Sequence[int]) -> FloatArray:
        """Return the vectors of chunks, (n, dim) float32; the generation has all of them."""
        rows = self._connection.of_values(
            self._collection, "id", chunk_ids, ["id", "vector"], strong=False
        )
        found = {row["id"]: row["vector"] for row in rows}
        return np.array([found[number] for number in chunk_ids], dtype=np.float32)

    def neighbours(
        self, chunk_ids: NDArray[np.int64], top_k: int
    ) -> tuple[NDArray[np.int64], FloatArray]:
        """Return ids and cosines, (n, up to top_k), of the chunks nearest to each of the given."""
        vectors = self.vectors(chunk_ids.tolist()).tolist()
        count = min(top_k, len(self.ids))
        found = self._connection.search(self._collection, vectors, self._visible, count)
        near = np.array([list(one) for one in found], dtype=np.int64)
        return near, np.array([list(one.values()) for one in found], dtype=np.float32)

    def alike(self, chunk_id: int, top_k: int) -> dict[int, float]:
        """Return cosines, by chunk id, of the chunks nearest to a given one, which is the first."""
        return self.search(self.vectors([chunk_id])[0], top_k)
