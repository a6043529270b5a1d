"""The vocabulary that a question is read with: that of the articles, and that of the encoder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from retrieval.index import LexicalIndex
from retrieval.languages import terms


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of the articles and of the encoder, as questions to both instead of a list.

    Attributes:
        lexical: Lexical index of the generation that is searched.
        languages: Languages of its articles, ISO 639-1.
        texts: Returns the texts that were indexed under chunk ids.
        count_tokens: The encoder's counter. What is one token is a word, whatever the articles
            hold: a question about Mongolia is not one about magnolias.
        whole_words: Whether the encoder has the common words of its language as one token each. In
            the vocabulary of a hundred languages many have two or three.
    """

    lexical: LexicalIndex
    languages: Sequence[str]
    texts: Callable[[Sequence[int]], Iterable[str]]
    count_tokens: Callable[[Sequence[str]], list[int]]
    whole_words: bool = True

    def occurs(self, word: str) -> bool:
        """Whether the articles have a word in any form; stop words count as theirs."""
        for language in self.languages:
            found = terms(word, language)
            if not found or any(self.lexical.holds(term, language) for term in found):
                return True
        return False

    def terms(self, word: str) -> list[list[str]]:
        """Return a word's terms in each language of the articles."""
        return [terms(word, language) for language in self.languages]

    def counts(self, word: str) -> bool:
        """Whether a word is a stop word in none of the languages of the articles."""
        return all(self.terms(word))

    def rarity(self, word: str) -> float:
        """Return how rare a word is, in the language that has it most often; see `LexicalIndex`."""
        rarities = (
            self.lexical.rarity(term, [language])
            for language, found in zip(self.languages, self.terms(word), strict=True)
            for term in found
        )
        # A damaged index may have no language.
        return min(rarities, default=1.0)
