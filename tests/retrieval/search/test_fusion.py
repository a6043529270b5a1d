from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.search.ranking import fuse, min_max

SCORES = st.dictionaries(st.integers(1, 30), st.floats(-1e6, 1e6), max_size=12)
RANKINGS = st.lists(st.tuples(SCORES, st.floats(0.01, 10)), max_size=4)


@given(SCORES)
def test_min_max_keeps_the_order_and_spans_zero_to_one(scores: dict[int, float]) -> None:
    found = min_max(scores)

    assert found.keys() == scores.keys()
    assert all(0 <= score <= 1 for score in found.values())
    if scores:
        assert max(found.values()) == 1
    if len(set(scores.values())) > 1:
        assert min(found.values()) == 0
    for one in scores:
        for other in scores:
            if scores[one] >= scores[other]:
                assert found[one] >= found[other]


def test_equal_scores_are_all_best() -> None:
    assert min_max({1: 0.3, 2: 0.3}) == {1: 1.0, 2: 1.0}
    assert min_max({5: -2.0}) == {5: 1.0}
    assert min_max({}) == {}


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
    assert fuse([({}, 1.0), ({}, 1.0)]) == {}
    assert not any(math.isnan(score) for score in fuse([({}, 1.0), ({1: 0.0}, 1.0)]).values())
