from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.search.ranking import Reranking
from retrieval.types import Chunk, FloatArray, Hit, Sentence, Source, Stage


class Known:
    """Scores passages as it was told."""

    def __init__(self, scores: Sequence[float]) -> None:
        self.scores = scores
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def score(self, question: str, passages: Sequence[str]) -> FloatArray:
        self.asked.append((question, tuple(passages)))
        return np.array(self.scores, dtype=np.float32)


def hits(*scores: float) -> list[Hit]:
    return [
        Hit(
            chunk_id=rank,
            source=Source(f"{rank}.txt", f"Title {rank}"),
            chunk=Chunk(f"Text {rank}.", (Sentence(0, 7, 1),)),
            rank=rank,
            score=score,
            dense=None,
            lexical=None,
            late=Stage(rank, score),
            similarity=np.zeros((1, 1), dtype=np.float32),
            starts=np.zeros(1, dtype=np.int32),
            weights=np.ones(1, dtype=np.float32),
        )
        for rank, score in enumerate(scores, start=1)
    ]


def rerank(weight: float, before: Sequence[Hit], scores: Sequence[float]) -> list[int]:
    return [hit.chunk_id for hit in Reranking(Known(scores), weight).rerank("Why?", before)]


def test_the_reranker_reads_titles_and_texts() -> None:
    known = Known([1, 2])
    Reranking(known, 0.5).rerank("Why?", hits(1, 0))
    assert known.asked == [("Why?", ("Title 1\nText 1.", "Title 2\nText 2."))]


def test_blended_scores_change_the_order() -> None:
    found = Reranking(Known([-4, -7, 8]), 0.5).rerank("Why?", hits(1, 0.9, 0.4))
    assert [hit.chunk_id for hit in found] == [3, 1, 2]
    assert [hit.rank for hit in found] == [1, 2, 3]
    assert [hit.score for hit in found] == pytest.approx([0.7, 0.5 + 0.5 * 0.2, 0.45])
    assert [hit.rerank for hit in found] == [Stage(1, 8), Stage(2, -4), Stage(3, -7)]


@pytest.mark.parametrize(
    ("weight", "order"), [(0, [1, 2, 3]), (0.2, [1, 3, 2]), (0.8, [3, 2, 1]), (1, [3, 2, 1])]
)
def test_the_weight_goes_from_nothing_to_all(weight: float, order: list[int]) -> None:
    before = hits(1, 0.5, 0.4)
    assert rerank(weight, before, [-1, 0, 1]) == order
    found = Reranking(Known([-1, 0, 1]), 0).rerank("Why?", before)
    assert [hit.score for hit in found] == [1, 0.5, 0.4]


def test_equal_scores_leave_the_order() -> None:
    assert rerank(1, hits(1, 0.5, 0.4), [3, 3, 3]) == [1, 2, 3]
    assert rerank(1, hits(1, 0.5, 0.4, 0.3), [0, 3, 0, 3]) == [2, 4, 1, 3]


def test_no_hits_stay_none() -> None:
    assert rerank(0.5, [], []) == []


@given(
    weight=st.floats(0, 1),
    scores=st.lists(st.tuples(st.floats(0, 1), st.floats(-50, 50, width=32)), max_size=20),
)
def test_hits_keep_their_number_and_scores_their_range(
    weight: float, scores: list[tuple[float, float]]
) -> None:
    before = hits(*sorted((score for score, _ in scores), reverse=True))
    found = Reranking(Known([own for _, own in scores]), weight).rerank("Why?", before)
    assert sorted(hit.chunk_id for hit in found) == [hit.chunk_id for hit in before]
    ordered = [hit.score for hit in found]
    assert ordered == sorted(ordered, reverse=True)
    assert all(0 <= score <= 1 + 1e-9 for score in ordered)
