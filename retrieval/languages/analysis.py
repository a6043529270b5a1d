"""Analysis: the terms that a text is indexed and searched by, stems without stop words.

A term belongs to a field: one for each language that has stems or stop words of its own, and one
for all others, whose words stand as they are, in lower case.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import tantivy

from retrieval.languages.ukrainian import stem

STOP_WORDS = {
    language: tuple(words.split())
    for language, words in tomllib.loads(
        Path(__file__).with_name("stop_words.toml").read_text(encoding="utf-8")
    ).items()
}
"""Stop words of the languages for which tantivy has none."""
# Languages by ISO 639-1 code -> tantivy's name if it has a stemmer, and whether it has stop words.
_LANGUAGES = {
    "ar": ("arabic", False), "cs": (None, False), "da": ("danish", True), "de": ("german", True),
    "el": ("greek", False), "en": ("english", True), "es": ("spanish", True),
    "fi": ("finnish", True), "fr": ("french", True), "hu": ("hungarian", True),
    "it": ("italian", True), "nl": ("dutch", True), "no": ("norwegian", True), "pl": (None, False),
    "pt": ("portuguese", True), "ro": ("romanian", False), "ru": ("russian", True),
    "sv": ("swedish", True), "ta": ("tamil", False), "tr": ("turkish", False), "uk": (None, False),
}  # fmt: skip
OTHER = "other"
"""The field of all other languages."""
FIELDS = (*_LANGUAGES, OTHER)
# Languages whose stems tantivy does not know.
_STEMMERS = {"uk": stem}
WITH_STOP_WORDS = tuple(code for code, (_, own) in _LANGUAGES.items() if own or code in STOP_WORDS)
"""Languages that have stop words."""


def terms(text: str, language: str) -> list[str]:
    """Return the terms that a text is indexed and searched by, in order."""
    found = list(_analyzer(field(language)).analyze(text))
    return [_STEMMERS[language](word) for word in found] if language in _STEMMERS else found


def term_of(word: str, language: str) -> str | None:
    """Return the term that a word is looked up by: "crow" for "crow's", not "s"."""
    return max(terms(word, language), key=len, default=None)


def words(text: str, language: str) -> list[str]:
    """Return a text's words without the stop words of a language, in order and lower case."""
    return list(_analyzer(field(language), stemmed=False).analyze(text))


def field(language: str) -> str:
    """Return the name of a language's field."""
    return language if language in _LANGUAGES else OTHER


def analyzer(field: str) -> tantivy.TextAnalyzer:
    """Return the analyzer that tantivy uses for a field, on text that `indexed` returned."""
    return _analyzer(OTHER if field in _STEMMERS else field)


def indexed(text: str, language: str) -> str:
    """Return what a field is filled with: the text, or its stems if tantivy has no stemmer."""
    return " ".join(terms(text, language)) if language in _STEMMERS else text


@cache
def _analyzer(field: str, *, stemmed: bool = True) -> tantivy.TextAnalyzer:
    builder = (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(60))
        .filter(tantivy.Filter.lowercase())
    )
    name, has_stop_words = _LANGUAGES.get(field, (None, False))
    if name and has_stop_words:
        builder = builder.filter(tantivy.Filter.stopword(name))
    if field in STOP_WORDS:
        builder = builder.filter(tantivy.Filter.custom_stopword(list(STOP_WORDS[field])))
    if name and stemmed:
        builder = builder.filter(tantivy.Filter.stemmer(name))
    return builder.build()
