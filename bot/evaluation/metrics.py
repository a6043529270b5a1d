"""Metrics of rankings, of excerpts and of the confidence."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# The share of negatives that may pass the threshold of `passed_at_5`.
_LET_THROUGH = 0.05


@dataclass(frozen=True, slots=True)
class RankingFigures:
    """Figures of rankings: means over questions, 0 to 1, None without questions.

    Attributes:
        at_1, at_5: The share of questions with a right article among the first one, or five.
        recall_at_10: The share of right articles that are among the first ten.
        mrr_at_10: One over the rank of the first right article, 0 beyond the tenth.
        ndcg_at_10: The discounted cumulative gain, divided by that of the ideal ranking (Järvelin &
            Kekäläinen 2002).
    """

    at_1: float | None = None
    at_5: float | None = None
    recall_at_10: float | None = None
    mrr_at_10: float | None = None
    ndcg_at_10: float | None = None


def ranking_figures(rankings: Sequence[tuple[Sequence[str], Sequence[str]]]) -> RankingFigures:
    """Compute the figures of rankings.

    Args:
        rankings: For each question the right articles, one at least, and the articles found, the
            best first and each once.
    """
    if not rankings:
        return RankingFigures()
    # Imported here, as it comes with an extra.
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
    """Return a text in lower case, without punctuation, its words one space apart."""
    lower = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    # Kept are letters, their marks and numbers; \w leaves out marks, such as the vowels of Hindi.
    kept = (c if unicodedata.category(c)[0] in "LMN" else " " for c in lower)
    return " ".join("".join(kept).split())


def rank_of_answer(texts: Sequence[str], answers: Sequence[str]) -> int | None:
    """Return the rank of the first text that contains an answer, both folded; None if none does."""
    wanted = [folded for folded in map(fold, answers) if folded]
    for rank, text in enumerate(map(fold, texts), start=1):
        if any(answer in text for answer in wanted):
            return rank
    return None


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float | None:
    """Return the probability that a positive scores above a negative; None without one of them.

    It is the area under the curve of true against false positives, and the share of pairs that the
    positive wins, which is Mann and Whitney's U.
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
