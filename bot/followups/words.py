"""Words of questions by what they do, from lists in the languages that `words.toml` has."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).with_name("words.toml")
_FOLDED = str.maketrans({"ё": "е", "’": "'", "ʼ": "'", "\u0301": None})


class Kind(Enum):
    """What a word does."""

    CONTENT = auto()
    VERB = auto()
    HELPER = auto()
    ASKING = auto()
    ARTICLE = auto()
    PREPOSITION = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a question.

    Attributes:
        folded: The word as it is compared.
        name: Whether it is a name: the first word of a question is capitalised whatever it is.
        number: Whether it is a year, a month or another number.
    """

    folded: str
    start: int
    end: int
    kind: Kind
    name: bool = False
    number: bool = False


@dataclass(frozen=True, slots=True)
class WordLists:
    """The words of one language; `words.toml` says what each list is for."""

    openings: tuple[str, ...] = ()
    meant: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()
    impersonal: frozenset[str] = frozenset()
    owned: frozenset[str] = frozenset()
    person: frozenset[str] = frozenset()
    thing: frozenset[str] = frozenset()
    place: frozenset[str] = frozenset()
    several: frozenset[str] = frozenset()
    possessive: frozenset[str] = frozenset()
    when: frozenset[str] = frozenset()
    why: frozenset[str] = frozenset()
    who: frozenset[str] = frozenset()
    conditional: frozenset[str] = frozenset()
    being: frozenset[str] = frozenset()
    nouns: frozenset[str] = frozenset()
    calendar: frozenset[str] = frozenset()
    asking: frozenset[str] = frozenset()
    articles: frozenset[str] = frozenset()
    prepositions: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    linking: frozenset[str] = frozenset()
    small: frozenset[str] = frozenset()
    helpers: frozenset[str] = frozenset()
    doing: frozenset[str] = frozenset()
    verbs: frozenset[str] = frozenset()

    def has(self, word: str) -> bool:
        """Whether a folded word is a small word of the language."""
        return any(
            word in words
            for words in (
                self.person, self.thing, self.place, self.when, self.asking, self.articles,
                self.prepositions, self.helpers, self.small,
            )
        )  # fmt: skip


def fold(word: str) -> str:
    """Return a word as it is compared."""
    return word.lower().translate(_FOLDED)


@cache
def word_lists() -> Mapping[str, WordLists]:
    """Return the lists by language."""
    data = tomllib.loads(_DATA.read_text("utf-8"))
    return {language: _lists_of(lists) for language, lists in data.items()}


def _lists_of(lists: Mapping[str, str | list[str]]) -> WordLists:
    values: dict[str, Any] = {
        name: tuple(found) if isinstance(found, list) else frozenset(found.split())
        for name, found in lists.items()
    }
    return WordLists(**values)


@cache
def words_of(name: str, language: str) -> frozenset[str]:
    """Return the words of a list in a language; in all of them if it is none that has lists."""
    return frozenset(word for lists in _lists_for(language) for word in getattr(lists, name))


@cache
def phrases_of(name: str, language: str) -> tuple[str, ...]:
    """Return the phrases of a list in the same way, each with a blank behind it, long ones first.

    So a text with a blank behind it begins with one only where that is a whole word.
    """
    found = {f"{phrase} " for lists in _lists_for(language) for phrase in getattr(lists, name)}
    return tuple(sorted(found, key=lambda phrase: (-len(phrase), phrase)))


def _lists_for(language: str) -> Iterable[WordLists]:
    own = word_lists().get(language)
    return word_lists().values() if own is None else [own]


def rows_of_content(words: Sequence[Word], text: str) -> Iterator[tuple[int, int]]:
    """Yield the first and the last index of each row of content words."""
    first: int | None = None
    for at, word in enumerate(words):
        if word.kind is not Kind.CONTENT:
            first = None
            continue
        if first is None:
            first = at
        ends = at + 1 == len(words) or words[at + 1].kind is not Kind.CONTENT
        if ends or not text[word.end : words[at + 1].start].isspace():
            yield first, at
            first = None
