"""Closeness: whether an excerpt is about what a question says of the names in it.

Names alone make an excerpt look right: "Who betrayed Anna?" is met by all that is told of her.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from retrieval.articles import is_item, is_row
from retrieval.chunking import passage
from retrieval.languages import derived, terms
from retrieval.questions import (
    Asked,
    Kind,
    is_possessive,
    light_terms,
    names_and_numbers,
    names_in_text,
)
from retrieval.search.excerpts import Window
from retrieval.search.ranking import Ranking
from retrieval.search.word_spans import token_word_spans
from retrieval.types import FloatArray, IntArray

# So many spreads below the centre of the scale nothing is closer than chance.
_FAR = 3
# Cosines of token codes, of an encoder of many languages: so close are words of one meaning at
# least, and words that have nothing to do with each other at most.
_ALIKE, _UNLIKE = 0.5, 0.3
# So many words before a word may say whose it is: "Russia's new defence minister".
_WHOSE = 3
# What stands first behind "who" and "how many" is what is asked; what follows is about what.
_FIRST = frozenset({Kind.PERSON, Kind.NUMBER})


@dataclass(frozen=True, slots=True)
class Closeness:
    """How close the words of a window are to what a question says beside names.

    Attributes:
        left_out: Terms of the names in the question and in the window, of light words and of the
            noun that names what is asked for.
        words: Word of the question that each of its tokens belongs to.
        similarity: (question tokens, window tokens) float32, of the window's words that are no
            names, if it has such.
        starts: Offsets of these in the window's text.
    """

    ranking: Ranking
    asked: Asked
    window: Window
    left_out: AbstractSet[str]
    words: Sequence[tuple[int, int]]
    similarity: FloatArray
    starts: IntArray

    @classmethod
    def of(cls, ranking: Ranking, asked: Asked, window: Window) -> Closeness:
        """Compare a window with a question."""
        text, language = window.text, window.hit.source.language
        named = set(terms(" ".join(names_and_numbers(ranking.question)), language))
        # "who betrayed anna"
        named.update(terms(" ".join(names_in_text(text, language)), language))
        similarity, found = window.tokens()
        starts = np.array(found, dtype=np.int32)
        written = [text[slice(*span)] for span in token_word_spans(text, found)]
        own = [word[0].islower() or named.isdisjoint(terms(word, language)) for word in written]
        if any(own):
            similarity, starts = similarity[:, own], starts[own]
        unrepeated = terms(asked.unrepeated(text, language), language)
        left_out = named | light_terms(language) | set(unrepeated)
        words = token_word_spans(ranking.question, ranking.query.spans[:, 0].tolist())
        return cls(ranking, asked, window, left_out, words, similarity, starts)

    def strangeness(self) -> float:
        """Return how far the window is from what the question says beside names.

        Compared are the tokens of words that are no names and no light ones; for a row or an item
        with those above it, too. In "How old is Anna?" that is "old"; behind "who" and "how many"
        the first word counts, else the mean.

        Returns:
            0 where all is as close as the centre of the scale, or nothing is said, to 1.
        """
        question, language = self.ranking.question, self.window.hit.source.language
        telling = self.ranking.terms.get(language, {}).keys() - self.left_out
        if self.asked.kind is not Kind.NUMBER:
            telling -= set(terms(self.asked.words, language))
        words = [
            tokens
            for span, tokens in self._tokens_of_words().items()
            if not telling.isdisjoint(terms(question[slice(*span)], language))
        ]
        if not words or not self.similarity.size:
            return 0.0
        matched = self.similarity.max(axis=1)
        if is_row(self.window.text) or is_item(self.window.text):
            matched = np.maximum(matched, self.window.above)
        closest = [float(matched[tokens].mean()) for tokens in words]
        return self._below(closest[0] if self.asked.kind in _FIRST else float(np.mean(closest)))

    def distance_from_attribute(self) -> float:
        """Return how far the window is from what a few words ask of somebody or something.

        In "mayor of Luhansk" that is the mayor. Compared are the sentences that have most of whose
        it is, the title counting for each, and those behind them, which may say "his"; but nothing
        that is called another's, as in "Sudzha's mayor".

        Returns:
            0 where one of their words is as close as the centre of the scale, or nothing of the
            sort is asked, or a row answers, which has no sentences; to 1.
        """
        text, source = self.window.text, self.window.hit.source
        if self.asked.attribute is None or is_row(text) or is_item(text):
            return 0.0
        begin, end = self.asked.attribute
        wanted = set(terms(self.ranking.question[begin:end], source.language))
        tokens = [n for n, (at, _) in enumerate(self.words) if begin <= at < end]
        if not (wanted and tokens and self.similarity.size) or wanted & self.left_out:
            return 0.0
        rarities = self.ranking.terms.get(source.language, {})
        owner = rarities.keys() - wanted - light_terms(source.language)
        titled = set(terms(source.title, source.language))
        shares = [
            sum(rarity for term, rarity in rarities.items() if term in owner & shown)
            for shown in (titled.union(terms(x, source.language)) for x in self.window.sentences)
        ]
        naming = {n for n, share in enumerate(shares) if share == max(shares)}
        chunk = self.window.hit.chunk
        begins = [one.start - self.window.start for one in chunk.sentences[self.window.first :]]
        sentences = np.searchsorted(begins, self.starts, side="right") - 1
        kept = [
            not naming.isdisjoint((sentence, sentence - 1))
            and not _is_anothers(text[begins[sentence] : start], owner, source.language)
            for sentence, start in zip(sentences.tolist(), self.starts.tolist(), strict=True)
        ]
        if not any(kept):
            return 1.0
        return self._below(float(self.similarity[tokens][:, kept].max(axis=1).mean()))

    def unlikeness(self) -> float:
        """Return how unlike all that stands around the window the question's words are.

        A question about the subject of a passage is close to it as a whole. Where one of its words
        has no like in there, as "director" has none among a museum's hours, that is what it asks.

        Returns:
            The mean over the words, of which light ones and those that say what kind is asked for
            do not count: 0 for what the window or its title has, also by a word of the same root,
            or what is alike in the passage, to 1 for what is like nothing there.
        """
        source, hit = self.window.hit.source, self.window.hit
        if not hit.similarity.size:
            return 0.0
        question, language = self.ranking.question, source.language
        shown = set(terms(passage(source.title, self.window.text), language))
        lacking = [term for term in terms(question, language) if term not in shown]
        shown.update(term for term, _ in derived(lacking, [*shown], language))
        unrepeated = self.asked.unrepeated(self.window.text, language)
        light = light_terms(language).union(terms(f"{self.asked.words} {unrepeated}", language))
        matched = hit.similarity.max(axis=1)
        found = []
        for span, tokens in self._tokens_of_words().items():
            meant = set(terms(question[slice(*span)], language))
            if not meant <= light:
                close = _ALIKE if meant & shown else float(matched[tokens].mean())
                found.append(min(max((_ALIKE - close) / (_ALIKE - _UNLIKE), 0.0), 1.0))
        return sum(found) / len(found) if found else 0.0

    def _tokens_of_words(self) -> dict[tuple[int, int], list[int]]:
        """Return the tokens of each of the question's words; a word may have hundreds."""
        words: dict[tuple[int, int], list[int]] = {}
        for token, span in enumerate(self.words):
            words.setdefault(span, []).append(token)
        return words

    def _below(self, close: float) -> float:
        """Return how far below the centre of the scale: 0, if it is not, to 1."""
        scale = self.ranking.scale
        return min(max((scale.late - close) / scale.late_spread, 0.0), _FAR) / _FAR


def _is_anothers(before: str, owner: AbstractSet[str], language: str) -> bool:
    """Whether the words that stand directly before a word say whose it is, and not the owner's."""
    words = before.split()[-_WHOSE:]
    return any(
        is_possessive(word, language) and owner.isdisjoint(terms(word, language)) for word in words
    )
