from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from retrieval.index.calibrations import SHIPPED, Scale
from retrieval.search.calibration import scale_of

Scores = list[tuple[float, float]]


def scores(count: int, late: float, dense: float, spread: float, seed: int = 0) -> Scores:
    rows = np.random.default_rng(seed).normal((late, dense), spread, (count, 2))
    return [(float(late), float(dense)) for late, dense in rows]


def test_enough_pairs_give_a_scale_of_their_own_wherever_it_lies() -> None:
    found = scale_of(scores(100, 0.92, 0.90, 0.02), scores(100, 0.86, 0.80, 0.02, seed=1))

    assert found.late == pytest.approx(0.89, abs=0.005)
    assert found.dense == pytest.approx(0.85, abs=0.005)
    assert found.late_spread == pytest.approx(0.02, abs=0.004)
    assert found.dense_spread == pytest.approx(0.02, abs=0.004)


def test_the_fewer_pairs_the_less_of_the_shipped_scale_is_moved() -> None:
    moved = [
        abs(scale_of([(0.9, 0.9)] * count, [(0.8, 0.8)] * count).late - SHIPPED.late)
        for count in (0, 1, 10, 50, 100)
    ]

    assert moved[0] == 0
    assert 0 < moved[1] < 0.02
    assert moved == sorted(moved)
    assert moved[3] == pytest.approx(moved[4])


def test_no_pair_leaves_the_shipped_scale() -> None:
    assert scale_of([], []) == SHIPPED


def test_scores_without_any_spread_still_have_one() -> None:
    found = scale_of([(0.5, 0.5)] * 100, [(0.5, 0.5)] * 100)

    assert found == Scale(0.5, found.late_spread, 0.5, found.dense_spread)
    assert min(dataclasses.astuple(found)) > 0
