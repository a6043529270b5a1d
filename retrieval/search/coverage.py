"""Coverage: what a window has of a question's terms, and how near to each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from retrieval.languages import terms
from retrieval.search.excerpts import Window

# Neighbours in a question are near if they are so many terms apart in a sentence, the less the
# more; stop words do not count.
_REACH = 8


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a window has of a question's terms.

    Attributes:
        share: Share of the terms, weighted by rarity, that stands in one of its sentences, the one
            that has most of them, or in the article's title; 0 if there are no terms.
        nearness: How near to each other, in one sentence, the terms stand that are neighbours in
            the question, on average: 1 if they are neighbours there, too. Of a single term, whether
            it is there.
        sentence: That sentence.
    """

    share: float
    nearness: float
    sentence: str

    @classmethod
    def of(cls, window: Window, asked: Sequence[str], rarities: Mapping[str, float]) -> Coverage:
        """Measure a window.

        Args:
            window: Sentences of an article.
            asked: Terms of the question in its order, in the article's language.
            rarities: Those that count, each with its rarity, 0 to 1.
        """
        source = window.hit.source
        titled = set(terms(source.title, source.language))
        total = sum(rarities.values())
        best, share = "", 0.0
        places: list[dict[str, list[int]]] = []
        for sentence in window.sentences:
            at: dict[str, list[int]] = {}
            for place, term in enumerate(terms(sentence, source.language)):
                at.setdefault(term, []).append(place)
            places.append(at)
            # In the order of the total, or rounding would make of all terms more or less than 1.
            covered = sum(r for term, r in rarities.items() if term in at or term in titled)
            if not best or covered > share:
                best, share = sentence, covered
        kept = [term for term in asked if term in rarities]
        return cls(share / total if total else 0.0, _nearness(kept, places), best)


def _nearness(asked: Sequence[str], places: Sequence[Mapping[str, Sequence[int]]]) -> float:
    pairs = {(one, other) for one, other in pairwise(asked) if one != other}
    if not pairs:
        return float(any(term in at for term in asked[:1] for at in places))
    near = 0.0
    for one, other in pairs:
        found = [_distance(at[one], at[other]) for at in places if one in at and other in at]
        near += max(0.0, 1 - (min(found) - 1) / _REACH) if found else 0.0
    return near / len(pairs)


def _distance(ones: Sequence[int], others: Sequence[int]) -> int:
    """Return the least distance of two rows of places, each in order."""
    return min(abs(one - other) for one, other in _beside(ones, others))


def _beside(ones: Sequence[int], others: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the pairs among which the nearest are, in a time that their lengths add up to."""
    n = m = 0
    while n < len(ones) and m < len(others):
        yield ones[n], others[m]
        if ones[n] < others[m]:
            n += 1
        else:
            m += 1
