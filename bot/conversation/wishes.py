"""Wishes: what a message asks of the collection, told by its words whatever their order.

`wishes.toml` has these words, by what they do and by language. A message that has no other words
asks about no subject; what other words it has may name an article.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

from retrieval.questions import names_month

_DATA = Path(__file__).with_name("wishes.toml")
_NAME_WORDS = 12
# A longer number is a year or the like, and not how many are wished.
_DIGITS = 2
_YEAR_DIGITS = 4
# The letters that the word of a place ends in.
_ENDING = 3
_PLACES = "places"
_NUMBER = frozenset(["number", "no", "nr", "nummer", "номер"])
_Class = frozenset[str]
_SMALL, _COUNT, _TIMES, _AROUND = (
    frozenset([one]) for one in ("small", "count", "times", "around")
)
# So many words are remembered with what they do, in each language.
_KEPT = 2000


class Wish(StrEnum):
    """What a question about the collection asks for."""

    OVERVIEW = "overview"
    NEWEST = "newest"
    SUMMARY = "summary"
    MORE = "more"
    ORIGIN = "origin"


class Fact(StrEnum):
    """What an article says of itself and may be asked for, in the order in which it is told."""

    AUTHOR = "author"
    DATE = "date"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Wished:
    """A wish.

    Attributes:
        languages: The languages that it is in, as far as its words tell.
        name: The words that name an article, as a span of the message's words; empty if none do.
        certain: Whether the words beside them call it an article, a text or the like.
        asked: What is asked about an article itself, where that is the wish.
    """

    wish: Wish
    languages: tuple[str, ...]
    name: range = range(0)
    certain: bool = False
    asked: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """A word or a few of a message, and what they do; nothing that is known if `does` is empty."""

    start: int
    end: int
    does: _Class


class WishWords:
    """The words of one language that say a wish, by what they do."""

    def __init__(self, language: str, classes: Mapping[str, Mapping[str, str]]) -> None:
        self.language = language
        self._words: dict[str, set[str]] = defaultdict(set)
        self._rows: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
        self._beginnings: dict[str, set[str]] = defaultdict(set)
        for name, texts in classes.items():
            for entry in texts.get(language, "").split():
                first, *rest = entry.split("+")
                if rest:
                    self._rows[first].append((tuple(rest), name))
                elif entry.endswith("*"):
                    self._beginnings[entry.rstrip("*")].add(name)
                else:
                    self._words[entry].add(name)
        # Each word of a message is looked up several times, and most are words of others.
        self._does = lru_cache(_KEPT)(self._classes_of)

    def knows(self, word: str) -> bool:
        """Whether a word is one of its own, or begins as one."""
        return bool(self._does(word))

    def has(self, word: str, name: str) -> bool:
        """Whether a word is of a class."""
        return name in self._does(word)

    def words(self) -> Iterator[str]:
        """Yield the words that it has whole."""
        yield from self._words
        for first, rows in self._rows.items():
            yield first
            for rest, _ in rows:
                yield from rest

    def wish(self, words: Sequence[str], fillers: Collection[str]) -> Wished | None:
        """Return what is wished for, if it is a wish."""
        units = list(self.units(words, fillers))
        strange = [n for n, unit in enumerate(units) if not unit.does]
        if strange and all(is_year(words[units[n].start]) for n in strange) and _lists(units):
            return Wished(Wish.NEWEST, (self.language,))
        unknown = strange or _called(units)
        if unknown:
            return self._named(words, units, unknown[0], unknown[-1])
        wish = _wish(units)
        return Wished(wish, (self.language,)) if wish else None

    def units(self, words: Sequence[str], fillers: Collection[str]) -> Iterator[Unit]:
        """Yield the words of a message with what they do, those of a row together."""
        at = 0
        while at < len(words):
            rows = [
                (len(rest), name)
                for rest, name in self._rows.get(words[at], ())
                if tuple(words[at + 1 : at + 1 + len(rest)]) == rest
            ]
            longest = max((length for length, _ in rows), default=0)
            does = frozenset(name for length, name in rows if length == longest)
            does = does or self._does(words[at])
            if not does and words[at] in fillers:
                does = _SMALL
            yield Unit(at, at + 1 + longest, does)
            at += 1 + longest

    def _classes_of(self, word: str) -> _Class:
        if word in self._words:
            return frozenset(self._words[word])
        if word.isdecimal() and len(word) <= _DIGITS:
            return _COUNT
        if names_month(word):
            return _TIMES
        begun = (self._beginnings.get(word[:length], ()) for length in range(1, len(word) + 1))
        return frozenset[str]().union(*begun)

    def _named(
        self, words: Sequence[str], units: Sequence[Unit], first: int, last: int
    ) -> Wished | None:
        """Return the wish for a summary of an article that the units between name."""
        beside = [*units[:first], *units[last + 1 :]]
        does = _all(unit.does for unit in beside if "named" not in unit.does)
        if first and not units[first - 1].does.isdisjoint(("what", "which")):
            return None
        before = first - 1
        while before >= 0 and "named" in units[before].does and "one" not in units[before].does:
            before -= 1
        # "De quoi parle l'article « Les mines » ?"
        article = before
        while article >= 0 and units[article].does == _SMALL:
            article -= 1
        if article >= 0 and "one" in units[article].does:
            before = article
        behind = any("one" in unit.does for unit in units[last + 1 :][:1])
        called = behind or (0 <= before < first - 1 and "one" in units[before].does)
        beside_one = before == first - 1 >= 0 and "one" in units[before].does
        says = _all(unit.does for unit in (*units[: before + 1], *units[last + 1 :]))
        certain = called
        if "short" in does:
            certain = any("one" in unit.does for unit in beside)
        elif any("says" in unit.does for unit in units[first:last]):
            return None
        elif "brief" in does and (
            called or beside_one or (before < first - 1 and "what" not in does)
        ):
            certain = called or beside_one
        elif not (
            (called or beside_one)
            and "new" not in does
            and "what" in does
            and says & {"says", "within"}
        ):
            return None
        name = range(units[first].start, units[last + behind].end)
        if not may_name(words, name):
            return None
        return Wished(Wish.SUMMARY, (self.language,), name, certain)


def may_name(words: Sequence[str], name: range) -> bool:
    """Whether some of the words may name an article: not too many, and more than a number."""
    return len(name) <= _NAME_WORDS and not all(words[n].isdecimal() for n in name)


def read_wish(words: Sequence[str], fillers: Collection[str]) -> Wished | None:
    """Return what a message wishes, as the languages say that have most of its words."""
    return most_understood(one for known in wish_words() if (one := known.wish(words, fillers)))


def most_understood(wishes: Iterable[Wished]) -> Wished | None:
    """Return what a message wishes, of what each language makes of it; None if none does."""
    found = list(wishes)
    if not found:
        return None
    best = min(found, key=lambda one: len(one.name))
    same = (one for one in found if (one.wish, one.name) == (best.wish, best.name))
    return replace(best, languages=tuple(one.languages[0] for one in same))


def place_in_list(words: Sequence[str]) -> int | None:
    """Return which of a list words mean, from 0, -1 being the last: "the second one", "number 3".

    None if they say anything else.
    """
    found: list[int] = []
    for word in words:
        if word.isdecimal() and len(word) == 1:
            found.append(int(word) - 1)
        elif places := [
            stems.index(stem) for stems in _places() for stem in stems if _is(word, stem)
        ]:
            found.append(-1 if places[0] == len(_places()[0]) - 1 else places[0])
        elif word not in _NUMBER and not any(one.knows(word) for one in wish_words()):
            return None
    return found[0] if len(found) == 1 else None


def _is(word: str, stem: str) -> bool:
    return word.startswith(stem) and len(word) - len(stem) <= _ENDING


def is_year(word: str) -> bool:
    """Whether a word is a year in which an article may have been written."""
    return word.isdecimal() and len(word) == _YEAR_DIGITS and word[:2] in ("19", "20")


def names_article(word: str) -> bool:
    """Whether a folded word leads from a word for an article to its name, as "of" and "about"."""
    return any(one.has(word, "named") for one in wish_words())


def is_article_word(word: str) -> bool:
    """Whether a folded word says no more than that something is an article."""
    return any(one.has(word, "one") for one in wish_words())


def _called(units: Sequence[Unit]) -> list[int]:
    """Return the units that name an article though they are words for articles, too.

    "Summarise the article about the library."
    """
    if not _all(unit.does for unit in units) & {"short", "brief"}:
        return []
    for at, (unit, behind) in enumerate(pairwise(units)):
        if "one" in unit.does and "named" in behind.does:
            rest = range(at + 2, len(units))
            return [n for n in rest if units[n].does & {"held", "topics", "new"}]
    return []


def _wish(units: Sequence[Unit]) -> Wish | None:
    does = _all(unit.does for unit in units)
    if all("bare" in unit.does for unit in units):
        return Wish.MORE
    if not _is_around(units):
        return None
    if "count" in does and does.isdisjoint(("new", "more", "times")):
        return None
    if does & {"short", "brief"}:
        return _in_short(does)
    if "new" in does or ("times" in does and does & {"held", "happens"}):
        return Wish.NEWEST if any("times" not in unit.does for unit in units) else None
    if "more" in does:
        return None if "happens" in does else Wish.MORE
    asks = bool(does & {"held", "topics"}) or ("deals" in does and bool(does & {"what", "which"}))
    return Wish.OVERVIEW if asks and not _is_definition(units) else None


def _lists(units: Sequence[Unit]) -> bool:
    """Whether beside a year the articles are asked for: "articles of 2024", not "what happened"."""
    does = _all(unit.does for unit in units)
    return bool(does & {"held", "new"}) and does.isdisjoint(("happens", "short", "brief", "more"))


def _is_around(units: Sequence[Unit]) -> bool:
    """Whether no place is named, or what is new there: "in the village", not "a new village"."""
    places = [n for n, unit in enumerate(units) if unit.does == _AROUND]
    new = [n for n, unit in enumerate(units) if "new" in unit.does]
    return not places or (bool(new) and all(at - 1 not in new for at in places))


def _in_short(does: _Class) -> Wish | None:
    if "short" in does:
        article = does & {"one", "back"} and "every" not in does
        return Wish.SUMMARY if article else Wish.OVERVIEW
    if "one" in does:
        return Wish.SUMMARY
    return Wish.OVERVIEW if "topics" in does else None


def _is_definition(units: Sequence[Unit]) -> bool:
    """Whether it asks what a word means: "What is an archive?"."""
    *others, last = units
    return (
        last.end - last.start == 1
        and bool(last.does & {"held", "topics"})
        and any("defines" in unit.does for unit in others)
        and all(unit.does & {"what", "defines"} for unit in others)
    )


def _all(classes: Iterable[_Class]) -> _Class:
    return frozenset[str]().union(*classes)


@cache
def _data() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(_DATA.read_text("utf-8"))


@cache
def _places() -> tuple[list[str], ...]:
    return tuple(stems.split() for stems in _data()[_PLACES].values())


@cache
def wish_words() -> tuple[WishWords, ...]:
    """Return the words of all languages."""
    classes = {**_data()}
    del classes[_PLACES]
    return words_by_language(classes)


def words_by_language(classes: Mapping[str, Mapping[str, str]]) -> tuple[WishWords, ...]:
    """Return words of each class and language, as `wishes.toml` writes them, by language."""
    languages = dict.fromkeys(language for texts in classes.values() for language in texts)
    return tuple(WishWords(language, classes) for language in languages)
