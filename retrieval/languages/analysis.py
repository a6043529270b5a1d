"""Analysis: the terms that a text is indexed and searched by, stems without stop words.

A term belongs to a field: one for each language that has stems or stop words of its own, and one
for all others, whose words stand as they are, in lower case.

Terms are the same however a name is typed: with its diacritics or without, with stress marks, with
one apostrophe or another, with ё or е, and however a number is: see `folding` and `numbers`. Where
a script has no blanks, they are the words that `segmentation` finds and, of Chinese ones, their
characters too; of Korean words, also their pairs of syllables.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache, lru_cache, partial
from pathlib import Path

import tantivy

from retrieval.languages.folding import folded
from retrieval.languages.segmentation import spaced
from retrieval.languages.stems import (
    WITH_ONE_ENDING,
    arabic_stem,
    czech_stem,
    korean_pairs,
    korean_stem,
    one_ending_stem,
    polish_stem,
    ukrainian_stem,
)

# Without their accents these are words of their own: "flat" in Czech, "water" in Turkish, "month"
# in Catalan, "hundred" in Croatian, and one of English.
_OTHERS_WITHOUT_ACCENTS = frozenset({"byt", "mes", "sto", "su", "take"})
# Without their accents most are words of another language.
_ALWAYS_ACCENTED = frozenset({"vi"})
_BARE = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    .filter(tantivy.Filter.ascii_fold())
    .build()
)


def _as_typed(words: str, language: str) -> frozenset[str]:
    """Return the words of a text with their accents and, as many type them, without."""
    found = frozenset(words.split())
    if language in _ALWAYS_ACCENTED:
        return found
    return found.union(set(_BARE.analyze(words)) - _OTHERS_WITHOUT_ACCENTS)


STOP_WORDS = {
    language: _as_typed(folded(words), language)
    for language, words in tomllib.loads(
        Path(__file__).with_name("stop_words.toml").read_text(encoding="utf-8")
    ).items()
}
"""Stop words of the languages for which tantivy has none."""
# Languages by ISO 639-1 code -> tantivy's name if it has a stemmer, and whether it has stop words.
_LANGUAGES = {
    "ar": (None, False), "cs": (None, False), "da": ("danish", True), "de": ("german", True),
    "el": ("greek", False), "en": ("english", True), "es": ("spanish", True), "fa": (None, False),
    "fi": ("finnish", True), "fr": ("french", True), "he": (None, False), "hi": (None, False),
    "hu": ("hungarian", True), "it": ("italian", True), "ja": (None, False), "ko": (None, False),
    "nl": ("dutch", True), "no": ("norwegian", True), "pl": (None, False),
    "pt": ("portuguese", True), "ro": ("romanian", False), "ru": ("russian", True),
    "sv": ("swedish", True), "ta": ("tamil", False), "th": (None, False),
    "tr": ("turkish", False), "uk": (None, False), "zh": (None, False),
}  # fmt: skip
# A letter or digit and what follows it with its marks, which the simple tokenizer cuts off.
_WORD = r"[\p{Alphabetic}\p{N}][\p{Alphabetic}\p{N}\p{M}]*"
# A letter has up to three bytes, and a word in Tamil or German up to sixty letters.
_MOST_BYTES = 180
OTHER = "other"
"""The field of all other languages."""
FIELDS = (*_LANGUAGES, OTHER)
# Languages whose stems tantivy does not know.
_STEMMERS: dict[str, Callable[[str], str]] = {
    "ar": arabic_stem,
    "cs": czech_stem,
    "ko": korean_stem,
    "pl": polish_stem,
    "uk": ukrainian_stem,
    **{code: partial(one_ending_stem, language=code) for code in WITH_ONE_ENDING},
}
# What stands beside a stem, for it may be a part of another word.
_PIECES: dict[str, Callable[[str], list[str]]] = {"ko": korean_pairs}
_WITH_OWN_STOP_WORDS = tuple(code for code, (_, own) in _LANGUAGES.items() if own)
WITH_STOP_WORDS = (
    *(code for code, (_, own) in _LANGUAGES.items() if own or code in STOP_WORDS),
    *sorted(STOP_WORDS.keys() - _LANGUAGES.keys()),
)
"""Languages that have stop words, those with a field of their own first."""
WITHOUT_FIELD = frozenset(STOP_WORDS.keys() - _LANGUAGES.keys())
"""Languages that have stop words, and share a field with all that have none."""


def terms(text: str, language: str) -> list[str]:
    """Return the terms that a text is indexed and searched by, in order."""
    return list(_terms(text, language))


# The words of a question are looked up many times before it is answered, and so are its excerpts.
@lru_cache(512)
def _terms(text: str, language: str) -> tuple[str, ...]:
    prepared = _prepared(text, language, characters=True)
    found = list(_analyzer(_analyzed(language)).analyze(prepared))
    if language in _STEMMERS:
        found = [_STEMMERS[language](word) for word in found]
    if language in _PIECES:
        found = [term for word in found for term in (word, *_PIECES[language](word))]
    return tuple(found)


@lru_cache(4096)
def term_of(word: str, language: str) -> str | None:
    """Return the term that a word is looked up by: "crow" for "crow's", not "s"."""
    return max(terms(word, language), key=len, default=None)


def words(text: str, language: str) -> list[str]:
    """Return a text's words without the stop words of a language, in order and lower case."""
    return list(_analyzer(_analyzed(language), stemmed=False).analyze(_prepared(text, language)))


def words_with_languages(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return a text's words, in lower case, each with the languages that have it as a stop word."""
    found = plain_analyzer().analyze(_prepared(text, ""))
    return [(word, _languages_of(word)) for word in found]


# Most words of a question are those of other questions, and most others are no stop words at all.
@lru_cache(4096)
def _languages_of(word: str) -> tuple[str, ...]:
    listed = _languages_by_word().get(word, set())
    if not listed and _without_stop_words().analyze(word):
        return ()
    return tuple(
        language
        for language in WITH_STOP_WORDS
        if language in listed
        or (
            language in _WITH_OWN_STOP_WORDS
            and not _analyzer(language, stemmed=False).analyze(word)
        )
    )


@cache
def _languages_by_word() -> dict[str, set[str]]:
    """Return the languages that have a word among `STOP_WORDS`."""
    found: dict[str, set[str]] = {}
    for language, words in STOP_WORDS.items():
        for word in words:
            found.setdefault(word, set()).add(language)
    return found


def field(language: str) -> str:
    """Return the name of a language's field."""
    return language if language in _LANGUAGES else OTHER


def _analyzed(language: str) -> str:
    """Return the language whose stop words and stems a text loses, or `OTHER` for none.

    Languages without a field of their own share one.
    """
    return language if language in STOP_WORDS else field(language)


def analyzer(field: str) -> tantivy.TextAnalyzer:
    """Return the analyzer that tantivy uses for a field, on text that `indexed` returned."""
    return _analyzer(OTHER if field in _STEMMERS else field)


@cache
def plain_analyzer() -> tantivy.TextAnalyzer:
    """Return the analyzer of words just as they stand, in lower case."""
    return _builder().build()


def indexed(text: str, language: str) -> str:
    """Return what a field is filled with: the text, or its stems if tantivy has no stemmer."""
    if language in _STEMMERS:
        return " ".join(terms(text, language))
    return _prepared(text, language, characters=True)


def _prepared(text: str, language: str, *, characters: bool = False) -> str:
    return spaced(folded(text), STOP_WORDS.get(language, ()), characters=characters)


@cache
def _analyzer(field: str, *, stemmed: bool = True) -> tantivy.TextAnalyzer:
    builder = _passing_over_stop_words(_builder(), field)
    name, _ = _LANGUAGES.get(field, (None, False))
    if name == "english":
        # No English ending has an accent: "Zivkovic" and "Živković" are to have the same one.
        builder = builder.filter(tantivy.Filter.ascii_fold())
    if name and stemmed:
        # "Kurse" becomes "kurs" and "Kurs" "kur" the first time.
        for _ in range(2 if name == "german" else 1):
            builder = builder.filter(tantivy.Filter.stemmer(name))
    return builder.filter(tantivy.Filter.ascii_fold()).build()


@cache
def _without_stop_words() -> tantivy.TextAnalyzer:
    """Return the analyzer of words that are none of tantivy's stop words."""
    builder = _builder()
    for language in _WITH_OWN_STOP_WORDS:
        builder = _passing_over_stop_words(builder, language)
    return builder.build()


def _passing_over_stop_words(
    builder: tantivy.TextAnalyzerBuilder, field: str
) -> tantivy.TextAnalyzerBuilder:
    name, has_stop_words = _LANGUAGES.get(field, (None, False))
    if name and has_stop_words:
        builder = builder.filter(tantivy.Filter.stopword(name))
    if field in STOP_WORDS:
        builder = builder.filter(tantivy.Filter.custom_stopword(list(STOP_WORDS[field])))
    return builder


def _builder() -> tantivy.TextAnalyzerBuilder:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex(_WORD))
        .filter(tantivy.Filter.remove_long(_MOST_BYTES))
        .filter(tantivy.Filter.lowercase())
    )
