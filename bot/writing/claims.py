"""Claims: the numbers, names, addresses and negations of a sentence."""

from __future__ import annotations

import re
from collections.abc import Collection

from retrieval.languages import terms

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
# Separators of thousands, as in 12,000 and in 12 000 with a no-break space.
_THOUSANDS = re.compile(r"(?<=\d)[,\u00a0\u202f](?=\d{3}(?!\d))")
_WORD = re.compile(r"[^\W\d_]+")
# Web and mail addresses, mentions, and other words with such signs between letters.
_ADDRESS = re.compile(r"\S*(?:[^\W\d_][.:/@]+[^\W\d_]|@\w)\S*")
_AROUND = ".,;:!?()[]\"'“”«»"

# "One" is left out: it is a pronoun as well.
_UNITS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_POWERS = "hundred thousand million billion"
_CARDINALS = {
    **{word: str(number) for number, word in enumerate(_UNITS.split(), start=2)},
    **{word: str(number * 10) for number, word in enumerate(_TENS.split(), start=2)},
    **{form: word for word in _POWERS.split() for form in (word, f"{word}s")},
}
# The words of each language, in ISO 639-1; in other languages, no negation is recognised.
_NEGATIONS = {
    "en": "not no never none nobody nothing nor neither without cannot t",
    "de": "nicht kein keine keinen keinem keiner keines nie niemals niemand nichts ohne weder noch",
    "uk": "не ні ніколи ніхто ніщо нічого без жоден жодна жодне жодного немає",
    "ru": "не ни никогда никто ничто ничего без нет",
}
_NEGATING = {language: frozenset(words.split()) for language, words in _NEGATIONS.items()}
# Words that often begin a sentence and claim nothing. Any other first word has a capital letter, so
# it is taken for a name.
_OPENING = (
    "according additionally afterwards again also although another because before besides both "
    "consequently despite during each even finally further furthermore hence however instead "
    "later meanwhile moreover most nevertheless one only other overall several similarly since so "
    "still therefore though thus today together under unlike until whether while yet"
)
_OPENERS = frozenset(_OPENING.split())


def words_in(text: str) -> list[str]:
    """Return the words of letters, in lower case."""
    return [word.lower() for word in _WORD.findall(text)]


def numbers_in(text: str) -> list[str]:
    """Return the numbers that are written in digits or as one English word, in digits."""
    # A date is written 2025-03-05 or 5 March 2025.
    digits = [one.lstrip("0") or "0" for one in _NUMBER.findall(_THOUSANDS.sub("", text))]
    return digits + [_CARDINALS[word] for word in words_in(text) if word in _CARDINALS]


def names_in(sentence: str, language: str) -> list[str]:
    """Return the words with a capital letter, and so perhaps the first one."""
    return [
        word
        for place, word in enumerate(_WORD.findall(sentence))
        if len(word) > 1
        and word[0].isupper()
        and word.lower() not in _CARDINALS
        and (place or (word.lower() not in _OPENERS and terms(word, language)))
    ]


def is_known(name: str, known: Collection[str]) -> bool:
    """Whether a name is among words, also inflected: Russia and Russian, Суджа and Суджі."""
    name = name.lower()
    return name in known or any(_akin(name, word) for word in known)


def _akin(one: str, other: str) -> bool:
    shared = max(4, min(len(one), len(other)) - 1)
    return len(one) >= shared and one[:shared] == other[:shared]


def addresses_in(text: str) -> list[str]:
    """Return the words that are written like an address or a mention."""
    return [one.strip(_AROUND) for one in _ADDRESS.findall(text)]


def is_negated(sentence: str, language: str) -> bool:
    """Whether a sentence has a word of negation."""
    return not _NEGATING.get(language, frozenset()).isdisjoint(words_in(sentence))
