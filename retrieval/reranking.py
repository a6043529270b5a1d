"""Reranking: the best chunks ranked once more, by a model that reads them with the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from retrieval.chunking import passage
from retrieval.fusion import min_max
from retrieval.types import Hit, Reranker, Stage


@dataclass(frozen=True, slots=True)
class Reranking:
    """A reranker, and what its ranking weighs against all the others together.

    Attributes:
        weight: 0, it changes nothing, to 1, it alone decides.
    """

    reranker: Reranker
    weight: float

    def rerank(self, question: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """Blend its scores, mapped to 0..1, into those of the hits; of equals their order stays."""
        passages = [passage(hit.source.title, hit.chunk.text) for hit in hits]
        scores = dict(enumerate(self.reranker.score(question, passages).tolist()))
        own = sorted(scores, key=lambda n: -scores[n])
        stages = {n: Stage(rank, scores[n]) for rank, n in enumerate(own, start=1)}
        mapped = min_max(scores)
        blended = {
            n: (1 - self.weight) * hit.score + self.weight * mapped[n] for n, hit in enumerate(hits)
        }
        order = sorted(blended, key=lambda n: -blended[n])
        return tuple(
            replace(hits[n], rank=rank, score=blended[n], rerank=stages[n])
            for rank, n in enumerate(order, start=1)
        )
