"""Parts of a question: its words by what they do, and the phrases that name something.

No grammar is at hand, only lists of small words, endings and places. Where they are wrong, a phrase
is a word too long or too short, and the question that it completes is still about the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.followups.verbs import find_verbs
from bot.followups.words import (
    Kind,
    Word,
    WordLists,
    fold,
    rows_of_content,
    word_lists,
    words_of,
)
from retrieval.languages import language_of_question, terms

# Added to the rarity of a name, which is 0 to 1: a name that is common in an archive is often its
# subject.
_NAME = 0.3
# A longer word is an address or the like.
_WORD_CHARS = 60
# A longer text in capitals has no names that could be told by them.
_NAME_CHARS = 15
_WORD = re.compile(r"\w+(?:[-'\u2019.]\w+)*")
# In French and Italian, what an apostrophe joins are two words; in French, a verb and its subject.
_ELIDED = r"\w+['\u2019](?=\w)"
_INVERTED = r"\w+?(?=-(?:t-)?(?:ils?|elles?|on|ce|je|tu|nous|vous|ci|l\u00e0)\b)"
_WORDS = {
    "fr": re.compile(rf"{_ELIDED}|{_INVERTED}|\w+(?:[-.]\w+)*"),
    "it": re.compile(rf"{_ELIDED}|\w+(?:[-.]\w+)*"),
}
_NO_LISTS = WordLists()
_ADVERB = re.compile(r"(?!famil|suppl|repl|assembl|all|rall|jul|ital|fl|anomal|monopol)[a-z]+ly")
_AND = re.compile(
    r"\s+(?:and|or|та|і|й|и|или|або|und|oder|et|ou|ed?|o|y|oraz|lub|i|nebo|&)\s+", re.IGNORECASE
)
POSSESSIVE = re.compile(r"['\u2019]s?$")
ENDING = " \t?!.…,;:"
"""What a question ends with, and is taken off before something is put behind it."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in a row that name something.

    Attributes:
        start: Where it begins, its article included.
        preposition: The word before it, if that is one.
        linked: Whether the preposition joins it to the phrase before: "the mayor of Sudzha".
    """

    words: tuple[Word, ...]
    start: int
    preposition: Word | None = None
    linked: bool = False

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.words[-1].end

    @property
    def named(self) -> bool:
        """Whether it has a name."""
        return any(word.name for word in self.words)

    @property
    def numeric(self) -> bool:
        """Whether it is a number or a date."""
        return any(word.number for word in self.words) and len(self.words) <= 3

    def names(self) -> tuple[Word, ...]:
        """Return its first names in a row, without what stands beside them."""
        found: list[Word] = []
        for word in self.words:
            if word.name:
                found.append(word)
            elif found:
                break
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Question:
    """A question and its parts.

    Attributes:
        language: ISO 639-1, empty if nothing tells it.
        lists: The word lists of that language.
    """

    text: str
    language: str
    lists: WordLists
    words: tuple[Word, ...]
    phrases: tuple[Phrase, ...]

    def terms(self) -> set[str]:
        """Return its terms, without stop words."""
        return set(terms(self.text, self.language))

    @property
    def known(self) -> bool:
        """Whether there are word lists for its language."""
        return self.lists is not _NO_LISTS

    def listed(self, name: str) -> frozenset[str]:
        """Return the words of a list that count for it; see `words_of`."""
        return words_of(name, self.language)

    def has(self, *kinds: Kind) -> bool:
        """Whether a word is of one of the kinds."""
        return any(word.kind in kinds for word in self.words)

    def shown(self, phrase: Phrase) -> str:
        """Return the text of a phrase, its article included."""
        return self.text[phrase.start : phrase.end]

    def together(self, phrase: Phrase) -> str:
        """Return the text of a phrase with what belongs to it.

        "Market Cap and NAV" for either of them, "lending of shares" for the first.
        """
        at = self.phrases.index(phrase)
        first = last = at
        while first and self._joined(first - 1):
            first -= 1
        while last + 1 < len(self.phrases) and self._goes_on(last):
            last += 1
        return self.text[self.phrases[first].start : self.phrases[last].end]

    def _goes_on(self, at: int) -> bool:
        other = self.phrases[at + 1]
        linked = other.linked and other.preposition is not None
        between = self.text[self.phrases[at].end : other.start].split()
        return (linked and len(between) == 1) or self._joined(at)

    def _joined(self, at: int) -> bool:
        one, other = self.phrases[at : at + 2]
        return one.named is other.named and bool(_AND.fullmatch(self.text[one.end : other.start]))

    def owner(self, phrase: Phrase) -> str:
        """Return the name in a phrase without what belongs to it, or else the phrase.

        "Artem" for "Artem's home", "Луганська" for "населення Луганська".
        """
        names = phrase.names()
        start = phrase.start if names[:1] == phrase.words[:1] else names[0].start if names else 0
        text = self.text[start : names[-1].end] if names else ""
        parted = names != phrase.words and (
            names[-1:] == phrase.words[-1:] or POSSESSIVE.search(text)
        )
        return POSSESSIVE.sub("", text if parted else self.shown(phrase))

    def worth(self, phrase: Phrase, rarity: Callable[[str], float]) -> float:
        """Return how likely a phrase is what the question is about."""
        return max(
            rarity(self.text[word.start : word.end]) + _NAME * word.name for word in phrase.words
        )


def language_of(text: str, languages: Collection[str], after: Question | None = None) -> str:
    """Return the language of a question, which may be too short to tell; empty if nothing does.

    Args:
        text: The question.
        languages: The languages of the articles, ISO 639-1, which are likelier than others.
        after: The question before, whose language it has unless something tells another.
    """
    words = {fold(word) for word in _WORD.findall(text)}
    counts = {code: sum(map(lists.has, words)) for code, lists in word_lists().items()}
    # Words that several languages share are of the likeliest: "war" in a title in English.
    found = None
    for likely in ([after.language] if after else (), languages, word_lists().keys()):
        found = language_of_question(text, frozenset(likely))
        if found in likely:
            break
    if after is not None and counts.get(found or "", 0) <= counts.get(after.language, 0):
        return after.language
    if found:
        return found
    best = max(counts, key=lambda code: counts[code])
    return best if counts[best] else ""


def read_question(
    text: str, language: str, *, fragment: bool = False, doing: bool = False
) -> Question:
    """Read the parts of a question.

    Args:
        text: The question.
        language: Its language; see `language_of`.
        fragment: Whether it is what is left of a question, so that its first word may be a name.
        doing: Whether what is done counts for a thing.
    """
    lists = word_lists().get(language, _NO_LISTS)
    words: list[Word] = []
    shouted = len(text) > _NAME_CHARS and text.isupper()
    for match in _WORDS.get(language, _WORD).finditer(text):
        word = match.group()
        kind = _kind(word, language, lists)
        named = kind is Kind.CONTENT and not word[0].islower() and word[0].isalnum()
        number = word[0].isdigit() or fold(word) in lists.calendar
        name = named and (bool(words) or fragment) and not number and not shouted
        words.append(Word(fold(word), match.start(), match.end(), kind, name, number))
    for at in () if doing else find_verbs(words, language, lists, text):
        words[at] = replace(words[at], kind=Kind.VERB, name=False)
    return Question(text, language, lists, tuple(words), tuple(_phrases(text, words, lists)))


def _kind(word: str, language: str, lists: WordLists) -> Kind:
    folded = fold(word)
    if folded in lists.articles:
        return Kind.ARTICLE
    if folded in lists.prepositions:
        return Kind.PREPOSITION
    if folded in lists.asking or folded in lists.when:
        return Kind.ASKING
    if folded in lists.helpers:
        return Kind.HELPER
    if (
        folded in lists.small
        or _ADVERB.fullmatch(folded)
        or len(word) > _WORD_CHARS
        or not terms(word, language)
    ):
        return Kind.OTHER
    return Kind.CONTENT


def _phrases(text: str, words: Sequence[Word], lists: WordLists) -> Iterator[Phrase]:
    for first, last in rows_of_content(words, text):
        start = words[first].start
        before = first - 1
        if (
            before >= 0
            and words[before].kind is Kind.ARTICLE
            and not text[words[before].end : words[before + 1].start].strip()
        ):
            start = words[before].start
            before -= 1
        preposition = words[before] if before >= 0 else None
        if preposition is not None and preposition.kind is not Kind.PREPOSITION:
            preposition = None
        linked = (
            preposition is not None
            and preposition.folded in lists.linking
            and before > 0
            and words[before - 1].kind is Kind.CONTENT
        )
        yield Phrase(tuple(words[first : last + 1]), start, preposition, linked)
