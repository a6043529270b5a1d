"""Ranking: fusion of the candidates, late interaction, and an optional reranker, in one order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from retrieval.chunking import passage
from retrieval.index import SHIPPED, Scale, StoredChunk
from retrieval.languages import terms
from retrieval.questions import Correction, UnknownLanguage
from retrieval.search.late import TokenMatches, maxsim, token_weights
from retrieval.search.levels import Levels
from retrieval.types import FloatArray, Hit, QueryEncoding, Reranker, Stage

_DENSE_WEIGHT, _LEXICAL_WEIGHT, _LATE_WEIGHT = 1.0, 1.0, 1.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """Chunks found for a question, best first.

    Attributes:
        question: Question as it was searched.
        query: Encoding of the question.
        terms: The question's lexical terms by language of the articles, each with its rarity, 0
            to 1.
        absent: Terms of the question, by language, that no article has.
        unknown_language: Words that are searched in place of a question in a language that the
            encoder does not know.
        corrections: Words that were misspelt in the question as it was asked.
        scale: Scale of the index that was searched.
        encoder: Name of the encoder.
        multilingual: Whether it knows several languages.
    """

    question: str
    hits: tuple[Hit, ...]
    terms: dict[str, dict[str, float]]
    generation: int
    query: QueryEncoding = field(repr=False, compare=False)
    absent: dict[str, frozenset[str]] = field(default_factory=dict)
    unknown_language: UnknownLanguage | None = None
    corrections: tuple[Correction, ...] = ()
    scale: Scale = SHIPPED
    encoder: str = ""
    multilingual: bool = False

    @property
    def best_late(self) -> float:
        """The best late interaction of a chunk; 0 if there is none."""
        return max((hit.late.score for hit in self.hits), default=0.0)


def first_ranking(
    dense: Mapping[int, float], lexical: Mapping[int, float], across: Collection[int] = ()
) -> dict[int, float]:
    """Fuse the candidates of both retrievers: scores from 0 to 1 by chunk id, best first.

    Args:
        dense: How near in meaning, by chunk id.
        lexical: BM25 scores by chunk id.
        across: Chunks in another language than the question, which has its words in common with
            others only; in their place their meaning counts.
    """
    near, words = min_max(dense), min_max(lexical)
    for key in across:
        words[key] = max(near[key], words.get(key, 0.0))
    return fuse([(near, _DENSE_WEIGHT), (words, _LEXICAL_WEIGHT)])


def rank(
    found: Mapping[int, StoredChunk],
    matches: Mapping[int, TokenMatches],
    weights: Mapping[str, FloatArray],
    first: Mapping[int, float],
    dense: dict[int, float],
    lexical: dict[int, float],
    levels: Levels,
) -> tuple[Hit, ...]:
    """Add late interaction to the first ranking.

    Args:
        found: The candidates, by chunk id.
        matches: Their token matches; a candidate without any is left out.
        weights: Weights of the question's tokens, by language of the article.
        first: See `first_ranking`.
        dense: Cosines by chunk id.
        lexical: BM25 scores by chunk id.
        levels: Levels of the languages.
    """
    late = {
        key: maxsim(match.similarity, weights[found[key].source.language])
        for key, match in matches.items()
    }
    early = {key: first[key] for key in late}
    risen = {key: score - levels.late(found[key].source.language) for key, score in late.items()}
    fused = fuse([(early, _DENSE_WEIGHT + _LEXICAL_WEIGHT), (risen, _LATE_WEIGHT)])
    by_dense, by_lexical, by_late = (_stages(one, late) for one in (dense, lexical, late))
    return tuple(
        Hit(
            chunk_id=key,
            source=found[key].source,
            chunk=found[key].chunk,
            rank=rank,
            score=score,
            dense=by_dense.get(key),
            lexical=by_lexical.get(key),
            late=by_late[key],
            similarity=matches[key].similarity,
            starts=matches[key].starts,
            weights=weights[found[key].source.language],
            also=found[key].sources[1:],
            level=levels.late(found[key].source.language),
        )
        for rank, (key, score) in enumerate(fused.items(), start=1)
    )


def question_weights(
    words: Sequence[str], rarities: Mapping[str, float], language: str, asked_in: str | None
) -> FloatArray:
    """Weigh the question's tokens by the rarity of its terms in articles of one language.

    Args:
        words: The word that each token belongs to.
        rarities: Rarity of the question's terms, 0 to 1.
        language: Language of the articles.
        asked_in: Language of the question; None if nothing tells it.
    """
    if asked_in not in (None, language):
        # Its stop words are in none of these articles, which would make them its rarest.
        words = [word if terms(word, asked_in) else "" for word in words]

    # A word may have hundreds of tokens, and hundreds of terms: "a'b'a'b'a'b".
    @cache
    def rarity(word: str) -> float:
        return max((rarities.get(term, 0.0) for term in terms(word, language)), default=0.0)

    return token_weights(words, rarity)


def _stages(scores: Mapping[int, float], kept: Collection[int]) -> dict[int, Stage]:
    """Return what a stage made of the chunks that are kept, ranked among all."""
    order = sorted(scores, key=lambda key: (-scores[key], key))
    return {key: Stage(rank, scores[key]) for rank, key in enumerate(order, start=1) if key in kept}


def min_max(scores: Mapping[int, float]) -> dict[int, float]:
    """Map scores linearly onto 0 (the worst of them) to 1 (the best); all 1 if they are equal."""
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    if high == low:
        return dict.fromkeys(scores, 1.0)
    return {key: (score - low) / (high - low) for key, score in scores.items()}


def fuse(rankings: Sequence[tuple[Mapping[int, float], float]]) -> dict[int, float]:
    """Add up min-max scores, each ranking with its weight; a key that one lacks gets 0 there.

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


@dataclass(frozen=True, slots=True)
class Reranking:
    """A reranker, and the weight of its ranking against all others together.

    Attributes:
        weight: From 0, which changes nothing, to 1, where it alone decides.
    """

    reranker: Reranker
    weight: float

    def rerank(self, question: str, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """Blend its scores, mapped to 0..1, into those of the hits; equal hits keep their order."""
        passages = [passage(hit.source.title, hit.chunk.text) for hit in hits]
        scores = dict(enumerate(self.reranker.score(question, passages).tolist()))
        own = sorted(scores, key=lambda n: -scores[n])
        stages = {n: Stage(rank, scores[n]) for rank, n in enumerate(own, start=1)}
        mapped = min_max(scores)
        blended = {
            n: (1 - self.weight) * hit.score + self.weight * mapped[n] for n, hit in enumerate(hits)
        }
        order = sorted(blended, key=lambda n: -blended[n])
        return tuple(
            replace(hits[n], rank=rank, score=blended[n], rerank=stages[n])
            for rank, n in enumerate(order, start=1)
        )
