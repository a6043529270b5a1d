"""Fusion of several rankings into one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def min_max(scores: Mapping[int, float]) -> dict[int, float]:
    """Map scores linearly onto 0 (the worst of them) to 1 (the best); all 1 if they are equal."""
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    if high == low:
        return dict.fromkeys(scores, 1.0)
    return {key: (score - low) / (high - low) for key, score in scores.items()}


def fuse(rankings: Sequence[tuple[Mapping[int, float], float]]) -> dict[int, float]:
    """Add up min-max scores, each ranking with its weight; who is missing in one gets 0 there.

    Bruch, Gai & Ingber, An Analysis of Fusion Functions for Hybrid Retrieval (TOIS 2023), find
    convex combinations of normalised scores above reciprocal ranks; so did our measurements.

    Returns:
        Scores from 0 to 1 by key, best first; ties in the order of keys.
    """
    total = sum(weight for _, weight in rankings)
    fused: dict[int, float] = {}
    for scores, weight in rankings:
        for key, score in min_max(scores).items():
            fused[key] = fused.get(key, 0.0) + weight / total * score
    return dict(sorted(fused.items(), key=lambda item: (-item[1], item[0])))
