"""What differs by language: the terms of a text, which language it is in, and how names are spelt.

text -> analysis.terms      stems without stop words, by tantivy; Ukrainian's by `ukrainian`
text -> detection           the language of an article, or of a question
name -> transliteration     a Cyrillic word in Latin letters
"""

from retrieval.languages.analysis import (
    FIELDS,
    OTHER,
    WITH_STOP_WORDS,
    analyzer,
    field,
    indexed,
    plain_analyzer,
    term_of,
    terms,
    words,
)
from retrieval.languages.detection import language_of_article, language_of_question
from retrieval.languages.transliteration import spellings

__all__ = [
    "FIELDS",
    "OTHER",
    "WITH_STOP_WORDS",
    "analyzer",
    "field",
    "indexed",
    "language_of_article",
    "language_of_question",
    "plain_analyzer",
    "spellings",
    "term_of",
    "terms",
    "words",
]
