"""Whether the articles answer: a confidence from how the best excerpt meets the question."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.excerpts import Window
from retrieval.lexical import terms
from retrieval.search import Ranking


@dataclass(frozen=True, slots=True)
class Features:
    """What the confidence is computed from, each 0 to 1.

    Attributes:
        late: Best late-interaction score of a window.
        dense: Best cosine of a chunk.
        coverage: Of the question's terms, weighted by rarity, the share that stands in the best
            covered of the windows' chunks or its title.
    """

    late: float
    dense: float
    coverage: float


# A logistic model, fitted to questions about a corpus and questions about another one by
# tests/benchmarks/confidence.py; the README says how well it does.
_INTERCEPT, _LATE, _DENSE, _COVERAGE = -17.0, 25.5, 7.0, 4.8


def features(ranking: Ranking, windows: Sequence[Window]) -> Features:
    """Measure the ranking and the windows that are to be shown."""
    return Features(
        late=max([0.0, *(window.late for window in windows)]),
        dense=max([0.0, *(hit.dense.score for hit in ranking.hits if hit.dense)]),
        coverage=max((_coverage(ranking, window) for window in windows), default=0.0),
    )


def confidence(found: Features) -> float:
    """Return the probability, 0 to 1, that the articles answer."""
    if not found.late:
        return 0.0
    logit = _INTERCEPT + _LATE * found.late + _DENSE * found.dense + _COVERAGE * found.coverage
    return 1 / (1 + math.exp(-logit))


def matched(ranking: Ranking, window: Window) -> set[str]:
    """Return the question's terms that stand in the window's chunk or its title."""
    source = window.hit.source
    wanted = ranking.terms.get(source.language, {})
    return wanted.keys() & terms(f"{source.title}\n{window.hit.chunk.text}", source.language)


def _coverage(ranking: Ranking, window: Window) -> float:
    wanted = ranking.terms.get(window.hit.source.language, {})
    total = sum(wanted.values())
    if not total:
        return 0.0
    return sum(wanted[term] for term in matched(ranking, window)) / total
