"""Coverage: what a window has of a question's terms, and how near to each other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from retrieval.articles import BETWEEN, is_item, is_row
from retrieval.chunking import passage
from retrieval.languages import derived, terms
from retrieval.search.excerpts import Window

# Neighbours in a question are near if they are so many terms apart in a sentence, the less the
# more; stop words do not count.
_REACH = 8
# What stands between a heading and its cell.
_LABELLED = ": "


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a window has of a question's terms.

    All headings of a table stand in each of its rows, so that only a cell tells the row. In a row,
    and with what stands above it, everything belongs together, whatever else the question says: "a
    *return* ticket for a *lorry*". An item with a label is a row of two cells.

    Attributes:
        share: Share of the terms, weighted by rarity, that stands in one of its sentences, the one
            that has most of them, or in the article's title or the headings above; 0 if there are
            no terms.
        nearness: How near to each other, in one sentence, the terms stand that are neighbours in
            the question, on average: 1 if they are neighbours there, too. Of a single term, whether
            it is there.
        sentence: That sentence.
        told: That sentence and the one behind it.
        cell: Whether it is a row that is named, and either one of its columns is, or all else that
            is asked stands there, too: then it has the cell that is asked for.
    """

    share: float
    nearness: float
    sentence: str
    cell: bool = False
    told: str = ""

    @classmethod
    def of(cls, window: Window, asked: Sequence[str], rarities: Mapping[str, float]) -> Coverage:
        """Measure a window.

        Args:
            window: Sentences of an article.
            asked: Terms of the question in its order, in the article's language.
            rarities: Those that count, each with its rarity, 0 to 1.
        """
        source = window.hit.source
        headings = window.headings
        titled = set(terms(passage(source.title, headings), source.language))
        total = sum(rarities.values())
        kept = [term for term in asked if term in rarities]
        best, share, cell, told = "", 0.0, False, ""
        sentences = window.sentences
        together: list[str] = []
        places: list[dict[str, list[int]]] = []
        for number, sentence in enumerate(sentences):
            row = None
            if is_row(sentence) or is_item(sentence):
                row = _Row.of(sentence, headings, source.language)
            at: dict[str, list[int]] = {}
            for place, term in enumerate(terms(sentence, source.language)):
                at.setdefault(term, []).append(place)
            lacking = [term for term in rarities if term not in at]
            at.update({term: at[other] for term, other in derived(lacking, at, source.language)})
            # In the order of the total, or rounding would make of all terms more or less than 1.
            shown = titled.union(at, row.headings if row else ())
            met = [term for term in rarities if term in shown]
            if row and len(met) < len(rarities) and row.cells.isdisjoint(met):
                continue
            places.append(at)
            covered = sum(rarities[term] for term in met)
            if not best or covered > share:
                best, share = sentence, covered
                told = " ".join(sentences[number : number + 2])
                cell = row is not None and row.has_cell(met, len(rarities))
                together = [term for term in kept if row and term in shown]
        if len(together) > 1:
            kept = together
            places.append({term: [place] for place, term in enumerate(together)})
        return cls(share / total if total else 0.0, _nearness(kept, places), best, cell, told)


@dataclass(frozen=True, slots=True)
class _Row:
    """The terms of a row of a table, or of an item of a list with its label.

    Attributes:
        label: Those of its first cell, which names it, or of the label.
        cells: Those of all cells, without the headings before them.
        headings: Those of the headings before its cells, and of those above it.
    """

    label: frozenset[str]
    cells: frozenset[str]
    headings: frozenset[str]

    @classmethod
    def of(cls, row: str, above: str, language: str) -> _Row:
        if is_row(row):
            label, *others = row.split(BETWEEN)
            parts = [cell.rpartition(_LABELLED) for cell in others]
        else:
            label, _, item = row.partition(_LABELLED)
            parts = [("", "", item)]
        headings = terms(BETWEEN.join([above, *(heading for heading, _, _ in parts)]), language)
        cells = terms(BETWEEN.join([label, *(text for _, _, text in parts)]), language)
        return cls(frozenset(terms(label, language)), frozenset(cells), frozenset(headings))

    def has_cell(self, met: Collection[str], asked: int) -> bool:
        """Whether it has the cell that is asked for by so many terms, of which some are met."""
        is_named = 0 < len(self.label) <= 2 * len(self.label & set(met))
        return is_named and (len(met) == asked or not self.headings.isdisjoint(met))


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
