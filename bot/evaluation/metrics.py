"""Metrics: how good a ranking, an excerpt or a confidence is, given what would be right."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Of those that should be turned away, the share that may still pass.
_LET_THROUGH = 0.05


@dataclass(frozen=True, slots=True)
class RankingFigures:
    """How well right articles are ranked: means over questions, 0 to 1, None where there is none.

    Attributes:
        at_1, at_5: Share of questions with a right article among the first one, five.
        recall_at_10: Share of the right articles among the first ten.
        mrr_at_10: One over the rank of the first right article, 0 beyond the tenth.
        ndcg_at_10: Discounted cumulative gain by that of the ideal ranking (Järvelin & Kekäläinen
            2002).
    """

    at_1: float | None = None
    at_5: float | None = None
    recall_at_10: float | None = None
    mrr_at_10: float | None = None
    ndcg_at_10: float | None = None


def ranking_figures(rankings: Sequence[tuple[Sequence[str], Sequence[str]]]) -> RankingFigures:
    """Return the figures of rankings.

    Args:
        rankings: Of each question, the right articles, one at least, and those that were found,
            best first and each once.
    """
    if not rankings:
        return RankingFigures()
    # Here, for only an evaluation needs it.
    import ir_measures
    from ir_measures import RR, R, Success, nDCG

    rights = [
        ir_measures.Qrel(str(number), path, 1)
        for number, (right, _) in enumerate(rankings)
        for path in dict.fromkeys(right)
    ]
    found = [
        ir_measures.ScoredDoc(str(number), path, -float(rank))
        for number, (_, ranked) in enumerate(rankings)
        for rank, path in enumerate(ranked)
    ]
    measures = (Success @ 1, Success @ 5, R @ 10, RR @ 10, nDCG @ 10)
    figures = ir_measures.calc_aggregate(measures, rights, found)
    return RankingFigures(*(float(figures[measure]) for measure in measures))


def fold(text: str) -> str:
    """Return a text without what does not matter: case, punctuation, kind of white space."""
    alike = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    # Letters, marks on letters and numbers; \w does not know the marks, Hindi's vowels among them.
    kept = (c if unicodedata.category(c)[0] in "LMN" else " " for c in alike)
    return " ".join("".join(kept).split())


def rank_of_answer(texts: Sequence[str], answers: Sequence[str]) -> int | None:
    """Return the rank of the first text that contains an answer, both folded; None if none does."""
    wanted = [folded for folded in map(fold, answers) if folded]
    for rank, text in enumerate(map(fold, texts), start=1):
        if any(answer in text for answer in wanted):
            return rank
    return None


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float | None:
    """Return how probably a positive scores above a negative; None where one kind is absent.

    It is the area under the curve of true against false positives, and as Mann and Whitney's U the
    share of pairs that the positive wins.
    """
    if not positives or not negatives:
        return None
    lower = np.sort(negatives)
    # A tie counts as half a win.
    wins = np.searchsorted(lower, positives, "left") + np.searchsorted(lower, positives, "right")
    return float(wins.mean() / 2 / len(lower))


def passed_at_5(positives: Sequence[float], negatives: Sequence[float]) -> float | None:
    """Return the share of positives above all but 5 % of the negatives; None as for `auroc`.

    It is the true positive rate where the false positive rate is at most 5 %.
    """
    if not positives or not negatives:
        return None
    threshold = np.quantile(negatives, 1 - _LET_THROUGH, method="inverted_cdf")
    return float(np.mean(np.asarray(positives) > threshold))
