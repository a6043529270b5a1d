"""Support: checks a sentence against the excerpts that it cites.

Late interaction finds out whether sentence and excerpts mean the same, in other words too. But it
hardly notices another number, another name or a "not", which make a sentence false. These are
compared as words. A sentence that claims several things is checked part by part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bot.writing.claims import (
    addresses_in,
    clauses_of,
    disguised_in,
    is_known,
    is_reversed,
    name_spans,
    names_in,
    numbers_in,
    plain,
    words_in,
)
from retrieval.chunking import chunk, passage, short_title
from retrieval.languages import terms, word_offsets
from retrieval.search import similarity, token_word_spans
from retrieval.types import (
    Article,
    ByteArray,
    Encoder,
    Excerpt,
    FloatArray,
    IntArray,
)

# The least means over all content words of a sentence, and over the few that match worst: an
# invention at the end of a long quotation hardly changes the first. They were measured with the
# default encoder by tests/benchmarks/support.py, which prints the errors that pass them.
LEAST, LEAST_OF_WORST = 0.52, 0.30
_WORST = 3
# A part of a sentence with fewer content words, such as a date in brackets, claims nothing alone.
_CLAIM_WORDS = 2
# A word in small letters stands for a name if its tokens match a name best, and as well as this.
_LIKE_A_NAME = 0.25


BoolArray = NDArray[np.bool_]
_Part = tuple[str, IntArray]
"""The text of a part of an excerpt, and the rows of its tokens."""


@dataclass(frozen=True, slots=True)
class Support:
    """How well the cited excerpts support a sentence.

    Attributes:
        score: The late interaction of the sentence's content words with the excerpts, about 0 to 1;
            that of the part with the least.
        worst: The same score of the words that match worst.
        strange: The numbers, names, addresses and disguised words that no excerpt has.
        reversed: Whether the sentence, or a part of it, says that something is not so, is false or
            will be, and the nearest part of the excerpts does not, or the other way round.
    """

    score: float = 0.0
    worst: float = 0.0
    strange: tuple[str, ...] = ()
    reversed: bool = False

    @property
    def holds(self) -> bool:
        """Whether the sentence counts as supported."""
        close = self.score >= LEAST and self.worst >= LEAST_OF_WORST
        return close and not self.strange and not self.reversed


@dataclass(frozen=True)
class _Cited:
    """An encoded excerpt.

    Attributes:
        codes: The codes of the tokens of title and text, (tokens, bytes) uint8.
        is_word: Whether each token belongs to a word of the text, (tokens,).
        is_name: Whether each token belongs to a name within a sentence of the text, (tokens,).
        sentences: The text of each sentence, and the rows of its tokens.
        clauses: The same of the parts of sentences.
    """

    excerpt: Excerpt
    codes: ByteArray
    is_word: BoolArray
    is_name: BoolArray
    sentences: tuple[_Part, ...]
    clauses: tuple[_Part, ...]

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(words_in(self.text))

    @cached_property
    def numbers(self) -> frozenset[str]:
        return frozenset(numbers_in(self.text))

    @cached_property
    def text(self) -> str:
        return plain(passage(self.excerpt.source.title, self.excerpt.text))


class Evidence:
    """Excerpts that are encoded once, to check any number of sentences."""

    def __init__(
        self,
        excerpts: Sequence[Excerpt],
        encoder: Encoder,
        is_name: Callable[[str], bool | None] = lambda _: None,
    ) -> None:
        """Encode the excerpts.

        Args:
            excerpts: The excerpts of an answer.
            encoder: Its tokens are compared.
            is_name: Tells whether the articles write a word, given in small letters, as a name;
                None if they do not have it.
        """
        self._encoder = encoder
        self._is_name = is_name
        self._cited = [_encoded(excerpt, encoder) for excerpt in excerpts]

    def support(self, sentence: str, citations: Iterable[int]) -> Support:
        """Compare a sentence with the excerpts that it cites.

        Args:
            sentence: The sentence without its citation marks.
            citations: The numbers of the excerpts, from 1. There is no support if there are none,
                or if one does not exist.
        """
        numbers = sorted(set(citations))
        if not numbers or numbers[0] < 1 or numbers[-1] > len(self._cited):
            return Support()
        cited = [self._cited[number - 1] for number in numbers]
        language = cited[0].excerpt.source.language
        claim = _Claim.of(plain(sentence), cited, self._encoder, language)
        if not len(claim.matches):
            return Support()
        whole = (0, len(claim.text))
        clauses = [span for span in clauses_of(claim.text) if claim.count(span) >= _CLAIM_WORDS]
        clauses = clauses if len(clauses) > 1 else []
        scored = [claim.scores(span) for span in (whole, *clauses)]
        parts = [one.sentences for one in cited], [one.clauses for one in cited]
        return Support(
            min(score for score, _ in scored),
            min(worst for _, worst in scored),
            tuple(self._strange(claim, cited, language)),
            is_reversed(claim.text, claim.nearest(whole, parts[0]), language)
            or any(
                is_reversed(claim.text[slice(*span)], claim.nearest(span, parts[1]), language)
                for span in clauses
            ),
        )

    def _strange(self, claim: _Claim, cited: Sequence[_Cited], language: str) -> Iterator[str]:
        """Yield what no cited excerpt has: numbers, names, addresses and disguised words."""
        sentence = claim.text
        numbers = frozenset[str]().union(*(one.numbers for one in cited))
        words = frozenset[str]().union(*(one.words for one in cited))
        text = "\n".join(one.text for one in cited)
        yield from (one for one in numbers_in(sentence) if one not in numbers)
        yield from (one for one in names_in(sentence, language) if not is_known(one, words))
        yield from (one for one in addresses_in(sentence) if one not in text)
        yield from disguised_in(sentence, text)
        is_name = np.concatenate([one.is_name for one in cited])
        is_word = np.concatenate([one.is_word for one in cited])
        known = frozenset(terms(text, language))
        for at, span in enumerate(claim.words):
            word = sentence[slice(*span)]
            if (
                len(word) < 2
                or not word.islower()
                or is_known(word, words)
                or known & set(terms(word, language))
            ):
                continue
            written = self._is_name(word)
            if written or (written is None and claim.is_like(at, is_name, is_word)):
                yield word


@dataclass(frozen=True)
class _Claim:
    """A sentence, compared with the excerpts that it cites.

    Attributes:
        starts: The offset of each token, (tokens,).
        similarities: Of its tokens with those of each excerpt.
        words: The words that are no stop words.
        matches: How well each word matches, (words,) float32.
    """

    text: str
    starts: IntArray
    similarities: Sequence[FloatArray]
    words: Sequence[tuple[int, int]]
    matches: FloatArray

    @classmethod
    def of(cls, text: str, cited: Sequence[_Cited], encoder: Encoder, language: str) -> _Claim:
        """Compare a sentence; without tokens on either side, no word is compared."""
        question = encoder.encode_query(text)
        similarities = [similarity(question.tokens, one.codes) for one in cited]
        best = np.concatenate(similarities, axis=1)
        starts = question.spans[:, 0]
        words = [span for span in word_offsets(text) if terms(text[slice(*span)], language)]
        if not best.size:
            words = []
        rows = [(starts >= start) & (starts < end) for start, end in words]
        # Words beyond the encoder's window have no tokens, and match nothing.
        means = [best[row].max(axis=1).mean() if row.any() else 0.0 for row in rows]
        return cls(text, starts, similarities, words, np.array(means, dtype=np.float32))

    def _inside(self, span: tuple[int, int]) -> FloatArray:
        start, end = span
        return self.matches[[start <= word < end for word, _ in self.words]]

    def count(self, span: tuple[int, int]) -> int:
        """Count the words of a part."""
        return len(self._inside(span))

    def scores(self, span: tuple[int, int]) -> tuple[float, float]:
        """Return the mean match of a part's words, and that of those that match worst."""
        matches = np.sort(self._inside(span))
        return float(matches.mean()), float(matches[:_WORST].mean())

    def nearest(self, span: tuple[int, int], parts: Sequence[Sequence[_Part]]) -> str:
        """Return the part of the excerpts, of those of each, that matches a part's tokens best."""
        tokens = (self.starts >= span[0]) & (self.starts < span[1])
        scored = [
            (float(matrix[np.ix_(tokens, rows)].max(axis=1).mean()), text)
            for of_excerpt, matrix in zip(parts, self.similarities, strict=True)
            for text, rows in of_excerpt
            if len(rows) and tokens.any()
        ]
        return max(scored, default=(0.0, ""))[1]

    def is_like(self, at: int, is_name: BoolArray, is_word: BoolArray) -> bool:
        """Whether what a word matches best are names."""
        start, end = self.words[at]
        rows = (self.starts >= start) & (self.starts < end)
        if not rows.any() or not is_word.any():
            return False
        similar = np.where(is_word, np.concatenate(self.similarities, axis=1)[rows], -1.0)
        named = is_name[similar.argmax(axis=1)].mean()
        return bool(named >= 0.5 and similar.max(axis=1).mean() >= _LIKE_A_NAME)


def _encoded(excerpt: Excerpt, encoder: Encoder) -> _Cited:
    """Encode an excerpt in pieces that fit the encoder's window."""
    text = plain(excerpt.text)
    title = short_title(excerpt.source.title, encoder.max_tokens, encoder.count_tokens)
    pieces = chunk(Article(excerpt.source, text), title, encoder.max_tokens, encoder.count_tokens)
    encoded = encoder.encode_passages([passage(title, piece.text) for piece in pieces])
    head = len(passage(title, ""))
    codes, places = [np.zeros((0, 0), dtype=np.uint8)], [np.zeros(0, dtype=np.int32)]
    for piece, passed in zip(pieces, encoded, strict=True):
        codes.append(passed.codes)
        # Tokens of the title are at no place of the text.
        places.append(np.where(passed.starts < head, -1, passed.starts - head + piece.start))
    at = np.concatenate(places)
    sentences = [(one.start, one.end) for piece in pieces for one in piece.sentences]
    clauses = [
        (start + left, start + right)
        for start, end in sentences
        for left, right in clauses_of(text[start:end])
    ]
    names = {start + name for start, end in sentences for name in name_spans(text[start:end])}
    spans = token_word_spans(text, at.tolist())
    worded = np.array([text[slice(*span)][:1].isalnum() for span in spans], dtype=bool)
    named = np.array([start in names for start, _ in spans], dtype=bool)
    return _Cited(
        excerpt,
        np.concatenate(codes[1:] or codes),
        (at >= 0) & worded,
        (at >= 0) & named,
        tuple(_part(text, at, *span) for span in sentences),
        tuple(_part(text, at, *span) for span in clauses),
    )


def _part(text: str, places: IntArray, start: int, end: int) -> _Part:
    rows = np.flatnonzero((places >= start) & (places < end))
    return text[start:end], rows.astype(np.int32)
