"""Introductions: the sentences that say who somebody or what something is.

"Who is X?" is met by what begins with X and goes on as such sentences do: with "is", a dash, a
comma or a bracket.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from retrieval.languages import likeness, term_of
from retrieval.questions.asked import Asked, Kind
from retrieval.questions.patterns import Patterns

# "What is" may go on to anything; so few terms are a name or a notion.
_MOST_TERMS = 4
# So many first names and titles may stand before somebody, and articles before anything.
_BEFORE = 3
# Characters that are looked at, beside as many as the subject has.
_LOOKED_AT = 60
_WORD = re.compile(r"[\w'’-]+")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question asks the identity of.

    Attributes:
        text: As it stands in the question.
        is_person: Whether "who" asks for it.
    """

    text: str
    is_person: bool

    @classmethod
    def of(cls, question: str, language: str = "") -> Subject | None:
        """Return the subject of "Who is X?" or "What is X?"; None for any other question.

        Args:
            question: Question in any language.
            language: Language of the articles that are asked, ISO 639-1, if it is known.
        """
        asked = Asked.of(question, language)
        asks = asked.by.identifying.match(question)
        text = question[asks.end() :].strip(" ?!¿¡.\"'“”«»") if asks else ""
        return cls(text, asked.kind is Kind.PERSON) if text else None

    def is_introduced(self, sentence: str, language: str) -> bool:
        """Whether a sentence begins with the subject and goes on to say what it is.

        Args:
            sentence: Sentence of an article.
            language: Language of the article, ISO 639-1.
        """
        wanted = _terms(self.text, language)
        if not 0 < len(wanted) <= _MOST_TERMS:
            return False
        words = _WORD.finditer(sentence, 0, len(self.text) + _LOOKED_AT)
        own = _WORD.findall(self.text.casefold())
        missing, by = dict(wanted), Patterns.of(language)
        for word in islice(words, len(own) + _BEFORE):
            term = _term_in(missing, word.group(), language)
            # A preposition says that something else is to come, and so does what is before a thing.
            lower = word.group().casefold()
            leads = lower in own or lower in by.leads
            if not leads and term not in wanted and (term is None or not self.is_person):
                return False
            missing.pop(term or "", None)
            if not missing:
                return by.identified.match(sentence, word.end()) is not None
        return False


@lru_cache(256)
def _terms(text: str, language: str) -> Mapping[str, str]:
    """Return the words of a subject by their terms, without stop words."""
    words = {term_of(word, language): word for word in _WORD.findall(text)}
    return {term: word for term, word in words.items() if term is not None}


def _term_in(wanted: Mapping[str, str], word: str, language: str) -> str | None:
    """Return the term of a word, or that of the name among the wanted which sounds like it."""
    term = term_of(word, language)
    if term in wanted or not word[:1].isupper():
        return term
    return next((own for own, name in wanted.items() if likeness(name, word) == 1.0), term)
