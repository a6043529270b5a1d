"""Derivation: which terms are made of which others, by what a language puts before and behind.

Stems meet in the forms of one word. What is derived from it, or put together of it and another,
has a stem of its own: "fail" and "failure", "Kündigung" and "gekündigt", "Schuh" and "Turnschuh",
"płacić" and "zapłacić".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache

# A term that goes on from another one of at least so many letters, by half as many at most, is
# derived from it: "fail" and "failure", "found" and "foundation".
_ROOT = 4
# What Slavic verbs get before them when the deed is brought to its end ("płacić", "zapłacić"), and
# what makes the highest degree ("nejstarší").
_BEFORE = {
    "uk": "за по на ви від до про при об роз пере зі най",
    "ru": "за по на вы от до про при об раз рас пере со наи",
    "pl": "za po na wy od do prze przy ob roz naj",
    "cs": "za po na vy od do pro pri ob roz pre nej",
}
_PREFIXES = {language: tuple(listed.split()) for language, listed in _BEFORE.items()}
# "gekündigt", and behind what may stand apart, "angemeldet".
_OF_PARTICIPLE = "ge"
_APART = ("", "an", "auf", "aus", "ab", "ein", "mit", "zu", "vor", "nach", "um", "her", "zuruck")
_WITH_PARTICIPLES = frozenset({"de", "nl"})
# "Sperrung", of which "gesperrt" has the root.
_OF_DEED = "ung"
# Languages that put nouns together, of two that are so long at least, and what stands between.
_COMPOUNDING = frozenset({"de", "nl", "da", "sv", "no"})
_PART = 4
_BETWEEN = ("", "s", "es", "n", "en", "ung", "ungs")


def derived(
    asked: Collection[str], told: Collection[str], language: str
) -> Iterator[tuple[str, str]]:
    """Yield each term that was asked with one that was told of which it is made, or the reverse.

    Args:
        asked: Terms of a question, none of which was told.
        told: Terms of a text.
        language: Language of both, ISO 639-1.
    """
    if not asked:
        return
    by_root: defaultdict[str, list[tuple[str, bool, str]]] = defaultdict(list)
    for term in told:
        for root, is_rest in _roots(term, language):
            by_root[root[:_ROOT]].append((root, is_rest, term))
    for term in asked:
        other = _of_one_root(term, by_root, language)
        if other is None and language in _COMPOUNDING:
            other = _put_together(term, told)
        if other is not None:
            yield term, other


def _of_one_root(
    asked: str, by_root: Mapping[str, Sequence[tuple[str, bool, str]]], language: str
) -> str | None:
    for root, is_rest in _roots(asked, language):
        for other, is_rest_too, term in reversed(by_root.get(root[:_ROOT], ())):
            # With two prefixes they may tell the opposite: "відкрити" and "закрити".
            if not (is_rest and is_rest_too) and _goes_on(root, other):
                return term
    return None


def _goes_on(one: str, other: str) -> bool:
    """Whether one of two words goes on from the other, by half as many letters at most."""
    short, long = (one, other) if len(one) <= len(other) else (other, one)
    return len(short) >= _ROOT and long.startswith(short) and 2 * len(long) <= 3 * len(short)


def _put_together(asked: str, told: Collection[str]) -> str | None:
    """Return the noun that has another before it, or the last of those that were put together."""
    if len(asked) < _PART:
        return None
    for term in told:
        if len(term) >= len(asked) + _PART and term.endswith(asked):
            return term
        if len(term) >= _PART and len(asked) >= len(term) + _PART and asked.startswith(term):
            rest = asked[len(term) :]
            for between in _BETWEEN:
                last = rest.removeprefix(between) if rest.startswith(between) else ""
                if len(last) >= _PART and last in told:
                    return last
    return None


@lru_cache(20_000)
def _roots(term: str, language: str) -> tuple[tuple[str, bool], ...]:
    """Return a term and those that it may be made of, and whether they lack a prefix."""
    found = [(term, False)]
    if language in _WITH_PARTICIPLES:
        for apart in _APART:
            before = apart + _OF_PARTICIPLE
            if term.startswith(before):
                found.append((apart + term.removeprefix(before).removesuffix("t"), False))
        if term.endswith(_OF_DEED):
            found.append((term.removesuffix(_OF_DEED), False))
    prefixes = _PREFIXES.get(language, ())
    found += [(term.removeprefix(one), True) for one in prefixes if term.startswith(one)]
    return tuple(one for one in found if len(one[0]) >= _ROOT)
