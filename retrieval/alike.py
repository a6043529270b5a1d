"""Near-duplicates: texts of which the longer says what the shorter says, in the same words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

# Two texts are near-duplicates if the shorter has this share of its word triples in the other, and
# all of its numbers: a report repeated with other figures is another one.
_SAME, _TRIPLE = 0.9, 3
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Words:
    """What two texts are compared by."""

    triples: frozenset[tuple[str, ...]]
    numbers: frozenset[str]
    sentences: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, text: str, sentences: Iterable[str] = ()) -> Words:
        """Take those of a text; its sentences are needed for `overlap` only."""
        words = _WORD.findall(text.casefold())
        length = min(_TRIPLE, len(words))
        return cls(
            frozenset(zip(*(words[n:] for n in range(length)), strict=False)),
            frozenset(word for word in words if any(map(str.isdigit, word))),
            frozenset(tuple(_WORD.findall(one.casefold())) for one in sentences),
        )

    def are_like(self, other: Words) -> bool:
        """Whether the longer says what the shorter says, in the same words."""
        short, long = sorted((self, other), key=lambda one: len(one.triples))
        return short.stand_in(long)

    def stand_in(self, other: Words) -> bool:
        """Whether the other says all of this in the same words."""
        shared = len(self.triples & other.triples)
        # A row of asterisks has no words to share.
        return shared >= max(1, _SAME * len(self.triples)) and self.numbers <= other.numbers

    def overlap(self, other: Words) -> bool:
        """Whether both have a sentence of some length, word for word."""
        return any(len(words) >= _TRIPLE for words in self.sentences & other.sentences)
