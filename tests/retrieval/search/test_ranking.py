from __future__ import annotations

import numpy as np

from retrieval.index.rows import StoredChunk
from retrieval.search.late import TokenMatches
from retrieval.search.ranking import first_ranking, rank
from retrieval.types import Chunk, Hit, Sentence, Source, Stage

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
    return rank(found, matches, WEIGHTS, first, {1: 0.5}, {2: 3.0})


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
