"""Rankings: candidates of all stages put in one order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from retrieval.confidence.scale import SHIPPED, Scale
from retrieval.fusion import fuse
from retrieval.interaction import Meeting
from retrieval.languages import terms
from retrieval.late import maxsim, token_weights
from retrieval.question.foreign import Foreign
from retrieval.question.repair import Repair
from retrieval.rows import StoredChunk
from retrieval.types import FloatArray, Hit, QueryEncoding, Stage
from retrieval.words import words_of

_DENSE_WEIGHT, _LEXICAL_WEIGHT, _LATE_WEIGHT = 1.0, 1.0, 1.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """Chunks found for a question, best first.

    Attributes:
        question: As it was searched.
        query: The question as the encoder sees it.
        terms: The question's lexical terms by language of the articles, each with its rarity, 0
            to 1.
        absent: Of these terms, by language, those that no article has.
        foreign: What is searched in place of a question in a language that the encoder does not
            know.
        repairs: Words that were misspelt in the question as it was asked.
        scale: Of the index that was searched.
    """

    question: str
    hits: tuple[Hit, ...]
    terms: dict[str, dict[str, float]]
    generation: int
    query: QueryEncoding = field(repr=False, compare=False)
    absent: dict[str, frozenset[str]] = field(default_factory=dict)
    foreign: Foreign | None = None
    repairs: tuple[Repair, ...] = ()
    scale: Scale = SHIPPED


def first_ranking(dense: Mapping[int, float], lexical: Mapping[int, float]) -> dict[int, float]:
    """Fuse the candidates of both retrievers: scores from 0 to 1 by chunk id, best first."""
    return fuse([(dense, _DENSE_WEIGHT), (lexical, _LEXICAL_WEIGHT)])


def rank(
    found: Mapping[int, StoredChunk],
    meetings: Mapping[int, Meeting],
    weights: Mapping[str, FloatArray],
    first: Mapping[int, float],
    dense: dict[int, float],
    lexical: dict[int, float],
) -> tuple[Hit, ...]:
    """Add late interaction to the first ranking.

    Args:
        found: The candidates, by chunk id.
        meetings: How their tokens meet the question's; what has none answers nothing.
        weights: Of the question's tokens, by language of the article.
        first: See `first_ranking`.
        dense: Cosines by chunk id.
        lexical: BM25 scores by chunk id.
    """
    late = {
        key: maxsim(met.similarity, weights[found[key].source.language])
        for key, met in meetings.items()
    }
    early = {key: first[key] for key in late}
    fused = fuse([(early, _DENSE_WEIGHT + _LEXICAL_WEIGHT), (late, _LATE_WEIGHT)])
    by_dense, by_lexical, by_late = _stages(dense), _stages(lexical), _stages(late)
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
            similarity=meetings[key].similarity,
            starts=meetings[key].starts,
            weights=weights[found[key].source.language],
            also=found[key].sources[1:],
        )
        for rank, (key, score) in enumerate(fused.items(), start=1)
    )


def question_weights(
    question: str, query: QueryEncoding, rarities: Mapping[str, float], language: str
) -> FloatArray:
    """Weigh the question's tokens by the rarity of its terms in articles of one language."""

    def rarity(word: str) -> float:
        return max((rarities.get(term, 0.0) for term in terms(word, language)), default=0.0)

    spans = words_of(question, query.spans[:, 0].tolist())
    return token_weights([question[slice(*span)] for span in spans], rarity)


def _stages(scores: dict[int, float]) -> dict[int, Stage]:
    order = sorted(scores, key=lambda key: (-scores[key], key))
    return {key: Stage(rank, scores[key]) for rank, key in enumerate(order, start=1)}
