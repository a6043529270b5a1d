"""Unknown languages: what to search for a question in a language that the encoder does not know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath

from retrieval.languages import language_of_question, spellings, split_words, terms, words
from retrieval.questions.forms import NUMBER, name_like
from retrieval.questions.vocabulary import Vocabulary
from retrieval.types import Encoder

# Each may be looked up in a dozen spellings and every language.
_MOST_WORDS = 200
# So many names are compared with those of the articles by how they sound, which takes longer.
_MOST_NAMES = 8


@dataclass(frozen=True, slots=True)
class UnknownLanguage:
    """What is searched in place of a question in a language that the encoder does not know.

    Attributes:
        language: Language of the question, ISO 639-1.
        encoder: Name of the encoder, without the owner's or a folder's before it.
        languages: Languages that the encoder knows, in order.
        searched: The question's words that the articles have, names in Latin letters; the whole
            question if they have none.
        share: Share of the question's words, stop words apart, that the articles have; 0 to 1.
    """

    language: str
    encoder: str
    languages: tuple[str, ...]
    searched: str
    share: float

    @property
    def certainty(self) -> float:
        """Factor, 0 to 1, of the confidence that the articles answer what was searched.

        Where a word was left out, it is below a half: what that word asks is not known.
        """
        return 1.0 if self.share == 1 else self.share / 2


def detect_unknown_language(
    question: str, encoder: Encoder, vocabulary: Vocabulary
) -> UnknownLanguage | None:
    """Reduce a question to what the articles can be searched for; None if the encoder knows it.

    To the encoder the other words are noise, which would outweigh a name or a number.

    Args:
        question: Question in any language.
        encoder: Encoder of the index; taken to know every language if it names none.
        vocabulary: Words of the articles.
    """
    if encoder.languages is None:
        return None
    language = language_of_question(question, encoder.languages)
    if language is None or language in encoder.languages:
        return None
    every = dict.fromkeys(_words(question))
    asked = [word for word in islice(every, _MOST_WORDS) if words(word, language)]
    names = set([word for word in asked if word[0].isupper()][:_MOST_NAMES])
    found = [known for word in asked if (known := _known(word, vocabulary, name=word in names))]
    return UnknownLanguage(
        language=language,
        encoder=PurePath(encoder.name).name,
        languages=tuple(sorted(encoder.languages)),
        searched=" ".join(found) or question,
        share=len(found) / max(1, len(asked)),
    )


def _words(question: str) -> Iterator[str]:
    """Yield the words of a question, a number as one whatever is in it."""
    at = 0
    for number in NUMBER.finditer(question):
        yield from split_words(question[at : number.start()])
        yield number[0]
        at = number.end()
    yield from split_words(question[at:])


def _known(word: str, vocabulary: Vocabulary, *, name: bool) -> str | None:
    """Return a word as the articles have it; a name keeps its capital."""
    for form in (word, *spellings(word)):
        for language in vocabulary.languages:
            if any(vocabulary.lexical.holds(term, language) for term in terms(form, language)):
                return form.capitalize() if form != word and word[0].isupper() else form
    return name_like(word, vocabulary) if name else None
