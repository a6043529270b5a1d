"""Explanations: why an excerpt was chosen, and which words of a question no article has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from retrieval.languages import term_of, terms
from retrieval.questions import Correction
from retrieval.search.excerpts import Window
from retrieval.search.ranking import Ranking
from retrieval.search.word_spans import Span, token_word_spans, word_spans
from retrieval.types import Stage


class TermPlace(StrEnum):
    """Where a term stands, the nearest first."""

    EXCERPT = "excerpt"
    TITLE = "title"
    PASSAGE = "passage"


@dataclass(frozen=True, slots=True)
class QueryTerm:
    """A word of the question that is looked up in the articles.

    Attributes:
        word: Word as it was asked.
        searched: The same, unless it was misspelt.
        weight: Rarity of its stem, 0 to 1.
        place: Where its stem was found; None if it was not.
    """

    word: str
    searched: str
    weight: float
    place: TermPlace | None


@dataclass(frozen=True, slots=True)
class WordMatch:
    """A word of the question and the word of the excerpt that matches it best.

    Attributes:
        word, match: As they stand in the question as it was searched, and in the excerpt; a
            punctuation mark counts as a word.
        at, match_at: Their offsets there.
        similarity: Average of the best similarities of the pieces that the encoder cuts the word
            into; at most 1.
        share: Part of the excerpt's late-interaction score that the word adds.
        telling: Whether both are words that are looked up, not stop words.
    """

    word: str
    at: int
    match: str
    match_at: int
    similarity: float
    share: float
    telling: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an excerpt was chosen.

    Attributes:
        terms: Terms of the question, the rarest first.
        pairs: One for each word of the question, the strongest first; their shares add up to
            `excerpt`.
        dense, lexical, late, rerank: Rank and score of the excerpt's chunk in each stage.
        fused: Rank and score of the chunk after all stages.
        boost: Part of the fused score that was added for preferred dates and phrases.
        excerpt: Late-interaction score of the excerpt's own tokens.
    """

    terms: tuple[QueryTerm, ...]
    pairs: tuple[WordMatch, ...]
    dense: Stage | None
    lexical: Stage | None
    late: Stage
    rerank: Stage | None
    fused: Stage
    boost: float
    excerpt: float

    def closest(self) -> tuple[WordMatch, ...]:
        """Return the pairs that tell something, the best of each word."""
        pairs: dict[str, WordMatch] = {}
        for pair in self.pairs:
            if pair.telling and pair.similarity > 0:
                pairs.setdefault(pair.word.casefold(), pair)
        return tuple(pairs.values())


def explain_excerpt(ranking: Ranking, window: Window) -> Explanation:
    """Explain why a window of one of the ranking's hits was chosen."""
    hit = window.hit
    return Explanation(
        terms=_terms(ranking, window),
        pairs=_pairs(ranking, window),
        dense=hit.dense,
        lexical=hit.lexical,
        late=hit.late,
        rerank=hit.rerank,
        fused=Stage(hit.rank, hit.score),
        boost=hit.boost,
        excerpt=window.late,
    )


def absent_words(ranking: Ranking) -> tuple[str, ...]:
    """Return the question's words that no article has, in any form, as they stand in it."""
    found: dict[tuple[str | None, ...], str] = {}
    for start, end in word_spans(ranking.question):
        word = ranking.question[start:end]
        stems = {language: term_of(word, language) for language in ranking.terms}
        # What is a stop word in one of the languages is not missed in the others.
        if stems and all(stem in ranking.absent[language] for language, stem in stems.items()):
            found.setdefault(tuple(stems.values()), word)
    return tuple(found.values())


def _terms(ranking: Ranking, window: Window) -> tuple[QueryTerm, ...]:
    source = window.hit.source
    texts = {
        TermPlace.EXCERPT: window.text,
        TermPlace.TITLE: source.title,
        TermPlace.PASSAGE: window.hit.chunk.text,
    }
    places = {place: set(terms(text, source.language)) for place, text in texts.items()}
    rarities = ranking.terms.get(source.language, {})
    found: dict[str, QueryTerm] = {}
    for start, end in word_spans(ranking.question):
        word = ranking.question[start:end]
        stem = term_of(word, source.language)
        if stem in rarities:
            place = next((place for place, has in places.items() if stem in has), None)
            asked = _asked(word, ranking.corrections)
            found.setdefault(stem, QueryTerm(asked, word, rarities[stem], place))
    return tuple(sorted(found.values(), key=lambda term: -term.weight))


def _asked(word: str, corrections: Iterable[Correction]) -> str:
    """Return a word as it was written before its correction, an ending like "'s" apart."""
    for correction in corrections:
        ending = word.removeprefix(correction.searched)
        if ending != word and not ending[:1].isalnum():
            return correction.written + ending
    return word


def _pairs(ranking: Ranking, window: Window) -> tuple[WordMatch, ...]:
    similarity, starts = window.tokens()
    if not similarity.size:
        return ()
    question, text = ranking.question, window.text
    language = window.hit.source.language
    ours = token_word_spans(question, ranking.query.spans[:, 0].tolist())
    theirs = token_word_spans(text, starts)
    best = [theirs[token] for token in similarity.argmax(axis=1)]
    scores = similarity.max(axis=1)
    shares = scores * window.hit.weights
    # By word of the question: its tokens, by the word of the excerpt that matches each best.
    matched: defaultdict[Span, defaultdict[Span, list[int]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for token, (word, match) in enumerate(zip(ours, best, strict=True)):
        matched[word][match].append(token)
    pairs = []
    for word, tokens in matched.items():
        match = max(tokens, key=lambda span: scores[tokens[span]].sum())
        own = [token for of_match in tokens.values() for token in of_match]
        pair = WordMatch(
            word=question[slice(*word)],
            at=word[0],
            match=text[slice(*match)],
            match_at=match[0],
            similarity=float(scores[own].mean()),
            share=float(shares[own].sum()),
            telling=bool(term_of(question[slice(*word)], language))
            and bool(term_of(text[slice(*match)], language)),
        )
        pairs.append(pair)
    return tuple(sorted(pairs, key=lambda pair: -pair.similarity))
