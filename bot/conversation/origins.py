"""Origins: what a message asks about an article itself, its author, its date or its link.

`origins.toml` has the words, by what they do and by language. Only what speaks of an article is
such a message, and asks nothing else: "who wrote the article about minefields?", not "who wrote the
letter?". Beside "published", "when" is enough: "when was it published?".
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from bot.conversation.wishes import (
    Fact,
    Unit,
    Wish,
    Wished,
    WishWords,
    may_name,
    most_understood,
    words_by_language,
)

_DATA = Path(__file__).with_name("origins.toml")
_TEXT = frozenset(["wrote", "appeared", "published"])


def read_origin(
    words: Sequence[str], fillers: Collection[str], quoted: Sequence[bool]
) -> Wished | None:
    """Return what a message asks about an article itself; None if it asks anything else.

    Args:
        words: Its words, folded.
        fillers: Words that say nothing.
        quoted: Whether a quotation mark stands before each word.
    """
    # Most messages speak of neither, and need not be taken apart.
    if not _has_any(words, "article", "published"):
        return None
    return most_understood(
        wish for known in _origin_words() if (wish := _read(known, words, fillers, quoted))
    )


def asks_origin(word: str) -> bool:
    """Whether a folded word is one of those that ask about an article itself."""
    return word in _vocabulary() or _has_any([word], *_data())


def tells_of_publishing(words: Sequence[str]) -> bool:
    """Whether folded words of an article tell that something was published or came out."""
    return _has_any(words, "published", "appeared")


def asks_of_work(words: Sequence[str]) -> bool:
    """Whether folded words of a question speak of an author, or of what was written."""
    return _has_any(words, "author", "published", "wrote")


def _read(
    known: WishWords, words: Sequence[str], fillers: Collection[str], quoted: Sequence[bool]
) -> Wished | None:
    units = _definite(list(known.units(words, fillers)))
    found = _name(units, quoted)
    if found is None:
        return None
    name, certain = found
    asked, does = _asked([unit for unit in units if unit.start not in name])
    if not asked or not ("article" in does or (asked == (Fact.DATE,) and "published" in does)):
        return None
    if name and not may_name(words, name):
        return None
    certain = certain or (not name and "article" in does)
    return Wished(Wish.ORIGIN, (known.language,), name, certain, asked)


def _definite(units: Sequence[Unit]) -> list[Unit]:
    """Return the units, those that mean any articles without their meaning."""
    return [
        replace(unit, does=frozenset())
        if n and "loose" in unit.does and "the" not in units[n - 1].does
        else unit
        for n, unit in enumerate(units)
    ]


def _asked(units: Sequence[Unit]) -> tuple[tuple[Fact, ...], frozenset[str]]:
    """Return what words ask, and all that they do."""
    does = frozenset[str]().union(*(unit.does for unit in units))
    wanted = {
        Fact.AUTHOR: "author" in does or ("who" in does and bool(does & {"wrote", "published"})),
        Fact.DATE: "date" in does or ("when" in does and bool(does & _TEXT)),
        Fact.LINK: "link" in does,
    }
    return tuple(fact for fact in Fact if wanted[fact]), does


def _name(units: Sequence[Unit], quoted: Sequence[bool]) -> tuple[range, bool] | None:
    """Return the words that name an article, none if none do, and whether they surely do.

    None if a word is neither known nor part of a name: "about" or a quotation mark leads to a name
    from a word for an article, and a name stands right before one: "the minefields article".
    """
    strange = [n for n, unit in enumerate(units) if not unit.does & _classes()]
    articles = [n for n, unit in enumerate(units) if "article" in unit.does]
    for at in articles:
        after = at + 1
        if after == len(units):
            continue
        if quoted[units[after].start] and strange and min(strange) >= after:
            return _span(units, after, max(strange)), False
        if "about" in units[after].does:
            # "The article about the author" has no other words.
            rest = strange or [n for n in _telling(units) if n > after]
            if rest and min(rest) > after:
                return _span(units, after + 1, max(rest)), True
    if not strange:
        return range(0), False
    if not articles:
        return None
    before = articles[-1] - 1
    behind = "about" in units[before].does  # "... hakkındaki makale"
    if max(strange) == before - behind and strange[-1] - strange[0] == len(strange) - 1:
        return _span(units, strange[0], strange[-1]), behind
    return None


def _telling(units: Sequence[Unit]) -> list[int]:
    telling = {"article", "author", "date", "link"}
    return [n for n, unit in enumerate(units) if unit.does & telling]


def _span(units: Sequence[Unit], first: int, last: int) -> range:
    return range(units[first].start, units[last].end)


@cache
def _data() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(_DATA.read_text("utf-8"))


@cache
def _classes() -> frozenset[str]:
    return frozenset(_data())


@cache
def _origin_words() -> tuple[WishWords, ...]:
    return words_by_language(_data())


def _has_any(words: Sequence[str], *classes: str) -> bool:
    """Whether a word is by itself of one of the classes, in any language."""
    whole, begun = _spelt(*classes)
    return any(word in whole or word.startswith(begun) for word in words)


@cache
def _spelt(*classes: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the words of classes, and how further ones begin."""
    texts = (text for name in classes for text in _data()[name].values())
    words = {word for text in texts for word in text.split() if "+" not in word}
    begun = {word for word in words if word.endswith("*")}
    return frozenset(words - begun), tuple(word.rstrip("*") for word in begun)


@cache
def _vocabulary() -> frozenset[str]:
    return frozenset(word for known in _origin_words() for word in known.words())
