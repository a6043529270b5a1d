"""Phrases: what people say in small talk, matched word by word.

`phrases.toml` has them as patterns, by what is meant and by language. Words are folded: case,
accents and the kind of apostrophe do not count, nor does a letter that is written too often or a
typing error in a long word.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.conversation.origins import asks_origin
from bot.conversation.wishes import wish_words
from retrieval.languages import MARKS, by_sound, heard, most_letters

_DATA = Path(__file__).with_name("phrases.toml")
_ANY_WORD = "*"
"""In a pattern: one word, whatever it is."""
REQUEST = "request"
"""The kind of the phrases that lead up to a question: "could you tell me"."""
SUBJECT = "subject"
"""The kind of those that lead up to a subject: "do you have anything on"."""
# Shorter words have too many neighbours, and words with swapped letters fewer.
_MISTYPED_CHARS, _SWAPPED_CHARS = 5, 4
_BESIDE_WORDS = 2
# A message with more unknown words is a question, not one with typing errors.
_MISTYPED_WORDS = 2
# So many languages have a word near to any other: typing errors are looked for in words of these.
_MISTYPED_IN = ("en", "uk", "ru", "de")
_CYRILLIC = ("uk", "ru")

_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼʻ`´ʹ＇", "'"))
_LETTERS = f"[^\\W_](?:[^\\W_]|[{MARKS}])*"
_TOKEN = re.compile(f"{_LETTERS}(?:['’‘ʼʻ`´]+{_LETTERS})*")
_SPELT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ё": "е"})
_ACCENTS = re.compile(r"[\u0300-\u0304\u0307\u0327\u0328]")
_REPEATED = re.compile(r"(.)\1{2,}")

_Words = tuple[str, ...]
_Slot = tuple[Mapping[str, tuple[_Words, ...]], bool]


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a message: as it is compared, and where it stands."""

    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """A row of slots, each with its alternatives by their first word.

    Attributes:
        kind: What is meant, as `greeting`.
        language: The language that it is said in.
        slots: Of each slot, the rest of each alternative by its first word, and whether it may be
            missing.
    """

    kind: str
    language: str
    slots: tuple[_Slot, ...]

    def first_words(self) -> Iterator[str]:
        """Yield the words that it may begin with."""
        for alternatives, optional in self.slots:
            yield from alternatives
            if not optional:
                return

    def words(self) -> Iterator[str]:
        """Yield all words of all alternatives."""
        for alternatives, _ in self.slots:
            for first, rests in alternatives.items():
                yield first
                for rest in rests:
                    yield from rest

    def ends(self, words: Sequence[str], at: int) -> set[int]:
        """Return where it may end, if it begins there."""
        places = {at}
        for alternatives, optional in self.slots:
            passed = set(places) if optional else set()
            for place in places:
                if place == len(words):
                    continue
                if _ANY_WORD in alternatives:
                    passed.add(place + 1)
                for rest in alternatives.get(words[place], ()):
                    end = place + 1 + len(rest)
                    if tuple(words[place + 1 : end]) == rest:
                        passed.add(end)
            if not passed:
                return passed
            places = passed
        return places


@dataclass(frozen=True, slots=True)
class Phrasebook:
    """All patterns, by the words that they begin with.

    Attributes:
        patterns: Patterns, by their first words.
        fillers: Words that may stand beside a phrase.
        polite: Words that may stand anywhere in a phrase.
        pointing: By what is meant, words that stand for what was asked about before, if anything.
        ambiguous: Words that may be what is asked about.
        asking: Words that begin a question.
        leaning: Words that begin a sentence that leans on the one before.
        addressing: Words by which a sentence speaks to somebody of somebody.
        wanting: Words by which such a sentence wants something.
        interjections: Words that stand behind a question without a comma, too.
        vocabulary: All words of all patterns.
        words: Those that are long enough to be mistyped.
        courtesies: Those that are understood with a typing error where they stand alone.
        alike: Words that only look like one of these.
        romanised: Words of each language in Cyrillic, by how they sound.
    """

    patterns: Mapping[str, tuple[Pattern, ...]]
    fillers: frozenset[str]
    polite: frozenset[str]
    pointing: Mapping[str, frozenset[str]]
    ambiguous: frozenset[str]
    asking: frozenset[str]
    leaning: frozenset[str]
    addressing: frozenset[str]
    wanting: frozenset[str]
    interjections: frozenset[str]
    vocabulary: frozenset[str]
    words: tuple[str, ...] = field(repr=False)
    courtesies: tuple[str, ...]
    alike: frozenset[str]
    romanised: Mapping[str, Mapping[str, list[str]]] = field(repr=False)

    def knows(self, word: str) -> bool:
        """Whether a pattern or a wish has a word."""
        return word in self.vocabulary or any(one.knows(word) for one in wish_words())

    def recognise(self, word: str, is_known: Callable[[str], bool], *, among: Sequence[str]) -> str:
        """Return a word without its typing error, if it has one and is no word of the articles.

        Args:
            word: A word that no pattern has.
            is_known: Whether the articles have a word.
            among: The words that may be meant.
        """
        for shorter in (_REPEATED.sub(r"\1", word), _REPEATED.sub(r"\1\1", word)):
            if shorter in self.vocabulary:
                return shorter
        if len(word) < _SWAPPED_CHARS or word.isdecimal() or word in self.alike or is_known(word):
            return word
        near = process.extract(word, among, scorer=OSA.distance, score_cutoff=1, limit=None)
        meant = [other for other, *_ in near if self._may_mean(word, other, among)]
        # Two letters change places more often than one becomes another.
        return min(meant, key=lambda other: sorted(other) != sorted(word), default=word)

    def _may_mean(self, word: str, other: str, among: Sequence[str]) -> bool:
        # A word with another letter in it is another word more often than a typing error, and so is
        # one with another first letter. Short words have too many neighbours.
        swapped = sorted(word) == sorted(other)
        if word[0] != other[0] or not (swapped or len(word) != len(other)):
            return False
        return len(word) >= _MISTYPED_CHARS or (swapped and among is self.words)


def tokens_of(text: str) -> list[Token]:
    """Return the words of a text, folded."""
    return [Token(fold(match[0]), *match.span()) for match in _TOKEN.finditer(text)]


def fold(word: str) -> str:
    """Return a word as it is compared."""
    word = word.casefold().translate(_APOSTROPHES)
    if word.isascii():
        return word
    # Composed, the letters й and ї are letters, and ä is spelt; any other accent is dropped.
    word = unicodedata.normalize("NFC", word).translate(_SPELT)
    kept = (one if one in "йї" else unicodedata.normalize("NFD", one) for one in word)
    return unicodedata.normalize("NFC", _ACCENTS.sub("", "".join(kept)))


def corrected(words: Sequence[str], is_known: Callable[[str], bool]) -> list[str]:
    """Return words without their typing errors, if no more than a few may have one.

    Beside words that are right, a word may mean any of the patterns'; alone, only a courtesy.
    """
    book = phrasebook()
    strange = {word for word in words if not book.knows(word)}
    if not strange or len(strange) > _MISTYPED_WORDS:
        return list(words)
    beside = len({*words} - strange) >= _BESIDE_WORDS
    among = book.words if beside else book.courtesies
    instead = {
        word: book.recognise(word, is_known, among=among)
        for word in strange
        if not asks_origin(word)
    }
    return [instead.get(word, word) for word in words]


def romanised(words: Sequence[str], is_known: Callable[[str], bool]) -> Iterator[list[str]]:
    """Yield words that are Ukrainian or Russian in Latin letters, in Cyrillic: "pryvit"."""
    book = phrasebook()
    strange = {word for word in words if word not in book.vocabulary}
    if not strange or not all(map(str.isascii, strange)) or any(map(is_known, strange)):
        return
    for alike in book.romanised.values():
        found = [_nearest(alike.get(heard(word), ()), word) for word in words]
        if book.vocabulary.issuperset(found):
            yield found


@cache
def phrasebook() -> Phrasebook:
    """Return the phrases of all languages."""
    data = tomllib.loads(_DATA.read_text("utf-8"))
    fillers = _words(data["fillers"])
    patterns: dict[str, list[Pattern]] = defaultdict(list)
    spoken: dict[str, set[str]] = defaultdict(set)
    for language, text in data["fillers"].items():
        spoken[language].update(text.split())
    for wishes in wish_words():
        spoken[wishes.language].update(wishes.words())
    by_code: dict[str, _Classes] = defaultdict(lambda: _Classes({}))
    by_code |= {code: _Classes(texts) for code, texts in data["classes"].items()}
    for name, by_language in {**data["talk"], **data["leads"]}.items():
        for language, text in by_language.items():
            for line in text.split("\n"):
                if not line:
                    continue
                pattern = _pattern(line, name, language, by_code[language])
                for word in dict.fromkeys(pattern.first_words()):
                    patterns[word].append(pattern)
                spoken[language].update(pattern.words())
    vocabulary = frozenset().union(*spoken.values())
    mistyped = frozenset().union(*(spoken[one] for one in _MISTYPED_IN))
    return Phrasebook(
        {word: tuple(some) for word, some in patterns.items()},
        fillers,
        _words(data["polite"]),
        {meant: frozenset(words.split()) for meant, words in data["pointing"].items()},
        _words(data["ambiguous"]),
        _words(data["asking"]),
        _words(data["leaning"]),
        _words(data["addressing"]),
        _words(data["wanting"]),
        _words(data["interjections"]),
        vocabulary,
        tuple(sorted(word for word in mistyped if len(word) >= _SWAPPED_CHARS)),
        tuple(sorted(_words(data["courtesies"]))),
        _words(data["alike"]),
        {
            language: by_sound(sorted(word for word in words if not word.isascii()))
            for language, words in spoken.items()
            if language in _CYRILLIC
        },
    )


def _nearest(words: Sequence[str], written: str) -> str:
    """Return the word that is about as long as one that sounds so; this one if there is none."""
    words = [one for one in words if len(written) <= most_letters(one)]
    return min(words, key=lambda word: abs(len(word) - len(written)), default=written)


def _words(by_language: Mapping[str, str]) -> frozenset[str]:
    return frozenset(word for text in by_language.values() for word in text.split())


class _Classes:
    """The classes of one language, each read when a pattern names it."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._read: dict[str, list[_Words]] = {}
        self._slots: dict[str, _Slot] = {}

    def slot(self, text: str) -> _Slot:
        """Return the slot of "a|b+c|<class>?"."""
        if text not in self._slots:
            by_first: dict[str, list[_Words]] = defaultdict(list)
            for first, *rest in self.alternatives(text.removesuffix("?")):
                by_first[first].append(tuple(rest))
            alternatives = {first: tuple(rests) for first, rests in by_first.items()}
            self._slots[text] = alternatives, text.endswith("?")
        return self._slots[text]

    def alternatives(self, text: str) -> list[_Words]:
        """Return the alternatives of "a|b+c|<class>+d"."""
        found: list[_Words] = []
        for one in text.split("|"):
            # Most are single words.
            if "+" in one or "<" in one:
                found += self._sequence(one)
            else:
                found.append((one,))
        return found

    def _sequence(self, text: str) -> Iterator[_Words]:
        for parts in product(*(self._part(part) for part in text.split("+"))):
            yield tuple(word for part in parts for word in part)

    def _part(self, text: str) -> list[_Words]:
        if not text.startswith("<"):
            return [(text,)]
        name = text.strip("<>")
        if name not in self._read:
            self._read[name] = self.alternatives(self._texts[name])
        return self._read[name]


def _pattern(line: str, kind: str, language: str, classes: _Classes) -> Pattern:
    return Pattern(kind, language, tuple(map(classes.slot, line.split())))
