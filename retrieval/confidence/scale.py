"""The scale of an index: where its scores lie, which differs by encoder and by articles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

# From so many pairs of questions on, an index's own scale counts alone.
_ENOUGH = 50
# A spread of nothing would make any difference infinite.
_LEAST_SPREAD = 0.001


@dataclass(frozen=True, slots=True)
class Scale:
    """Centre and spread of scores, of answered and unanswered questions alike.

    The centre lies half-way between the means of both; the spread is their pooled standard
    deviation.

    Attributes:
        late, late_spread: Of the best window's late interaction.
        dense, dense_spread: Of the best chunk's cosine.
    """

    late: float
    late_spread: float
    dense: float
    dense_spread: float


SHIPPED = Scale(late=0.437, late_spread=0.055, dense=0.386, dense_spread=0.088)
"""The mean of four corpora with the default encoder; `tests/benchmarks/confidence.py --fit`."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A scale, and what it was measured on.

    Attributes:
        generation: The one that was asked.
        chunks: Of that generation.
        pairs: Questions that were asked, each with and without its answer.
        recipe: Of making the questions.
    """

    scale: Scale
    generation: int
    chunks: int
    pairs: int
    recipe: str


def scale_of(
    answered: Sequence[tuple[float, float]], unanswered: Sequence[tuple[float, float]]
) -> Scale:
    """Measure the scale from late and dense scores of questions.

    Args:
        answered: Of questions that the articles answer.
        unanswered: Of as many that they do not; the fewer there are, the more of `SHIPPED` is in
            the result.
    """
    if not answered:
        return SHIPPED
    yes, no = np.array(answered), np.array(unanswered)
    centres = (yes.mean(axis=0) + no.mean(axis=0)) / 2
    spreads = np.sqrt((yes.var(axis=0) + no.var(axis=0)) / 2).clip(_LEAST_SPREAD)
    found = np.stack([centres, spreads], axis=1).ravel()
    shipped = np.array([*asdict(SHIPPED).values()])
    own = min(1.0, len(yes) / _ENOUGH)
    return Scale(*(own * found + (1 - own) * shipped).tolist())
