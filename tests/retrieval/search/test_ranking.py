from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.index.rows import StoredChunk
from retrieval.search.late import TokenMatches
from retrieval.search.levels import Levels
from retrieval.search.ranking import Reranking, first_ranking, fuse, question_weights, rank
from retrieval.types import Chunk, FloatArray, Hit, Sentence, Source, Stage
from tests.retrieval.library import hit_of

WEIGHTS = {"en": np.ones(1, dtype=np.float32)}


def ranked(first: dict[int, float], late: dict[int, float]) -> tuple[Hit, ...]:
    """Rank chunks of one token each by their fused and their late scores."""
    found = {
        key: StoredChunk(
            (Source(f"{key}.txt", "Title"),), Chunk("A mill.", (Sentence(0, 7, 1),)), None
        )
        for key in late
    }
    matches = {
        key: TokenMatches(np.full((1, 1), score, dtype=np.float32), np.zeros(1, dtype=np.int32))
        for key, score in late.items()
    }
    return rank(found, matches, WEIGHTS, first, {1: 0.5}, {2: 3.0}, Levels())


class CountedRarities(dict[str, float]):
    """Rarities that count how often one is looked up."""

    lookups = 0

    def get(self, term: str, default: float = 0.0) -> float:  # type: ignore[override]
        self.lookups += 1
        return super().get(term, default)


def test_the_tokens_of_one_word_share_its_weight_and_its_terms_are_looked_up_once() -> None:
    rarities = CountedRarities(mill=1.0)
    words = ["mill'd"] * 200 + ["river"] + ["?"]

    weights = question_weights(words, rarities, "en", None)

    assert weights[0] == pytest.approx(2 * weights[200])
    assert weights[201] == 0
    assert rarities.lookups == len(["mill", "d", "river"])


def test_both_retrievers_count_alike() -> None:
    assert first_ranking({1: 0.9, 2: 0.4}, {3: 7.0, 2: 1.0}) == {1: 0.5, 3: 0.5, 2: 0.0}


def test_of_chunks_found_alike_the_one_whose_tokens_meet_the_question_better_is_first() -> None:
    best, other = ranked({1: 0.5, 2: 0.5}, {1: 0.25, 2: 0.75})

    assert (best.chunk_id, best.rank, other.rank) == (2, 1, 2)
    assert best.late == Stage(1, 0.75)
    assert other.late == Stage(2, 0.25)


def test_the_retrievers_weigh_more_than_late_interaction_alone() -> None:
    assert [hit.chunk_id for hit in ranked({1: 1.0, 2: 0.0}, {1: 0.25, 2: 0.75})] == [1, 2]


def test_a_hit_tells_which_retriever_found_it() -> None:
    hits = {hit.chunk_id: hit for hit in ranked({1: 0.5, 2: 0.5}, {1: 0.25, 2: 0.75})}

    assert (hits[1].dense, hits[1].lexical) == (Stage(1, 0.5), None)
    assert (hits[2].dense, hits[2].lexical) == (None, Stage(1, 3.0))


def test_a_chunk_whose_tokens_meet_nothing_is_no_hit() -> None:
    assert ranked({1: 0.5, 2: 0.5}, {}) == ()


SCORES = st.dictionaries(st.integers(1, 30), st.floats(-1e6, 1e6), max_size=12)
RANKINGS = st.lists(st.tuples(SCORES, st.floats(0.01, 10)), max_size=4)


@given(RANKINGS, st.randoms(use_true_random=False))
def test_the_order_of_rankings_does_not_matter(
    rankings: list[tuple[dict[int, float], float]], random: Random
) -> None:
    shuffled = random.sample(rankings, len(rankings))

    assert fuse(shuffled) == pytest.approx(fuse(rankings))


@given(RANKINGS)
def test_fused_scores_lie_between_zero_and_one_best_first(
    rankings: list[tuple[dict[int, float], float]],
) -> None:
    fused = fuse(rankings)

    assert set(fused) == {key for scores, _ in rankings for key in scores}
    assert all(0 <= score <= 1 + 1e-9 for score in fused.values())
    assert list(fused.items()) == sorted(fused.items(), key=lambda item: (-item[1], item[0]))


@given(RANKINGS, st.floats(0.1, 10))
def test_only_the_proportion_of_weights_counts(
    rankings: list[tuple[dict[int, float], float]], factor: float
) -> None:
    scaled = [(scores, weight * factor) for scores, weight in rankings]

    assert fuse(scaled) == pytest.approx(fuse(rankings))


def test_scores_add_up_by_weight_and_a_missing_one_counts_nothing() -> None:
    fused = fuse([({1: 10.0, 2: 5.0, 3: 0.0}, 3.0), ({2: -1.0, 4: -3.0}, 1.0)])

    assert fused == pytest.approx({1: 0.75, 2: 0.75 * 0.5 + 0.25, 3: 0.0, 4: 0.0})
    assert list(fused) == [1, 2, 3, 4]


def test_ties_stand_in_the_order_of_keys() -> None:
    assert list(fuse([({9: 1.0, 3: 1.0}, 1.0), ({7: 2.0}, 1.0)])) == [3, 7, 9]


def test_nothing_fuses_to_nothing() -> None:
    assert fuse([]) == {}
    assert fuse([({1: 0.3, 2: 0.3}, 1.0)]) == {1: 1.0, 2: 1.0}
    assert fuse([({}, 1.0), ({}, 1.0)]) == {}
    assert not any(math.isnan(score) for score in fuse([({}, 1.0), ({1: 0.0}, 1.0)]).values())


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
        hit_of(f"Text {rank}.", rank, f"Title {rank}", score=score)
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
