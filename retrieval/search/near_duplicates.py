"""Near-duplicates: texts of which the longer says what the shorter says, in the same words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from retrieval.languages import split_words

# Two texts are near-duplicates if the shorter has this share of its word shingles in the other, and
# all of its numbers: a report repeated with other figures is another one.
_SAME, _TRIPLE = 0.9, 3


@dataclass(frozen=True)
class Shingles:
    """The word shingles, numbers and sentences by which a text is compared with another."""

    shingles: frozenset[tuple[str, ...]]
    numbers: frozenset[str]
    texts: tuple[str, ...]

    @cached_property
    def sentences(self) -> frozenset[tuple[str, ...]]:
        """The words of each sentence, which few comparisons need."""
        return frozenset(tuple(split_words(one.casefold())) for one in self.texts)

    @classmethod
    def of(cls, text: str, sentences: Iterable[str] = ()) -> Shingles:
        """Take the shingles of a text; only `shares_sentence_with` needs its sentences."""
        words = split_words(text.casefold())
        length = min(_TRIPLE, len(words))
        return cls(
            frozenset(zip(*(words[n:] for n in range(length)), strict=False)),
            # Most words are letters only, which is soon told.
            frozenset(one for one in words if not one.isalpha() and any(map(str.isdigit, one))),
            tuple(sentences),
        )

    def is_near_duplicate_of(self, other: Shingles) -> bool:
        """Whether the longer says what the shorter says, in the same words."""
        short, long = sorted((self, other), key=lambda one: len(one.shingles))
        return short.is_contained_in(long)

    def is_contained_in(self, other: Shingles) -> bool:
        """Whether the other says all of this in the same words."""
        shared = len(self.shingles & other.shingles)
        # A row of asterisks has no words to share.
        return shared >= max(1, _SAME * len(self.shingles)) and self.numbers <= other.numbers

    def shares_sentence_with(self, other: Shingles) -> bool:
        """Whether both have a sentence of some length, word for word."""
        return any(len(words) >= _TRIPLE for words in self.sentences & other.sentences)
