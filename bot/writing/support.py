"""Support: checks a sentence against the excerpts that it cites.

Late interaction finds out whether sentence and excerpts mean the same, in other words too. But it
hardly notices another number, another name or a "not", which make a sentence false. These are
compared as words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bot.writing.claims import addresses_in, is_known, is_negated, names_in, numbers_in, words_in
from retrieval.chunking import chunk, passage, short_title
from retrieval.languages import terms
from retrieval.search import similarity
from retrieval.types import (
    Article,
    ByteArray,
    Encoder,
    Excerpt,
    FloatArray,
    IntArray,
    QueryEncoding,
)

# The least means over all content words of a sentence, and over the few that match worst: an
# invention at the end of a long quotation hardly changes the first. They were measured with the
# default encoder by tests/benchmarks/support.py, which prints the errors that pass them.
LEAST, LEAST_OF_WORST = 0.52, 0.30
_WORST = 3


@dataclass(frozen=True, slots=True)
class Support:
    """How well the cited excerpts support a sentence.

    Attributes:
        score: The late interaction of the sentence's content words with the excerpts, about 0 to 1.
        worst: The same score of the words that match worst.
        strange: The numbers, names and addresses of the sentence that no excerpt has.
        reversed: Whether only one is negated of the sentence and the nearest one of the excerpts.
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
        sentences: The text of each sentence, and the rows of its tokens.
    """

    excerpt: Excerpt
    codes: ByteArray
    sentences: tuple[tuple[str, IntArray], ...]

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(words_in(self.text))

    @cached_property
    def numbers(self) -> frozenset[str]:
        return frozenset(numbers_in(self.text))

    @property
    def text(self) -> str:
        return passage(self.excerpt.source.title, self.excerpt.text)


class Evidence:
    """Excerpts that are encoded once, to check any number of sentences."""

    def __init__(self, excerpts: Sequence[Excerpt], encoder: Encoder) -> None:
        self._encoder = encoder
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
        question = self._encoder.encode_query(sentence)
        similarities = [similarity(question.tokens, one.codes) for one in cited]
        matches = _matches(question, np.concatenate(similarities, axis=1), sentence, language)
        if not len(matches):
            return Support()
        return Support(
            float(matches.mean()),
            float(matches[:_WORST].mean()),
            tuple(_strange(sentence, cited, language)),
            is_negated(sentence, language) != is_negated(_nearest(cited, similarities), language),
        )


def _encoded(excerpt: Excerpt, encoder: Encoder) -> _Cited:
    """Encode an excerpt in pieces that fit the encoder's window."""
    title = short_title(excerpt.source.title, encoder.max_tokens, encoder.count_tokens)
    article = Article(excerpt.source, excerpt.text)
    pieces = chunk(article, title, encoder.max_tokens, encoder.count_tokens)
    encoded = encoder.encode_passages([passage(title, piece.text) for piece in pieces])
    sentences = []
    done = 0
    for piece, passed in zip(pieces, encoded, strict=True):
        starts = passed.starts - len(passage(title, "")) + piece.start
        for one in piece.sentences:
            rows = np.flatnonzero((starts >= one.start) & (starts < one.end)) + done
            sentences.append((excerpt.text[one.start : one.end], rows.astype(np.int32)))
        done += len(passed.codes)
    codes = [passed.codes for passed in encoded] or [np.zeros((0, 0), dtype=np.uint8)]
    return _Cited(excerpt, np.concatenate(codes), tuple(sentences))


def _matches(
    question: QueryEncoding, similarities: FloatArray, sentence: str, language: str
) -> FloatArray:
    """Return the match of each word that is no stop word, the worst first."""
    if not similarities.size:
        return np.zeros(0, dtype=np.float32)
    best = similarities.max(axis=1)
    starts = question.spans[:, 0]
    words = [word for word in re.finditer(r"\w+", sentence) if terms(word.group(), language)]
    rows = [(starts >= word.start()) & (starts < word.end()) for word in words]
    # Words beyond the encoder's window have no tokens, and match nothing.
    return np.sort([best[row].mean() if row.any() else 0.0 for row in rows]).astype(np.float32)


def _nearest(cited: Sequence[_Cited], similarities: Sequence[FloatArray]) -> str:
    """Return the sentence of the excerpts whose tokens match best."""
    scored = [
        (float(matrix[:, rows].max(axis=1).mean()), text)
        for one, matrix in zip(cited, similarities, strict=True)
        for text, rows in one.sentences
        if len(rows)
    ]
    return max(scored, default=(0.0, ""))[1]


def _strange(sentence: str, cited: Sequence[_Cited], language: str) -> Iterator[str]:
    """Yield numbers, names and addresses of the sentence that no cited excerpt has."""
    numbers = frozenset[str]().union(*(one.numbers for one in cited))
    words = frozenset[str]().union(*(one.words for one in cited))
    text = "\n".join(one.text for one in cited)
    yield from (one for one in numbers_in(sentence) if one not in numbers)
    yield from (one for one in names_in(sentence, language) if not is_known(one, words))
    yield from (one for one in addresses_in(sentence) if one not in text)
