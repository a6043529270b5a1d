"""What differs by language: the terms of a text, which language it is in, and how names are spelt.

text -> folding             one spelling for what reads the same, in every script
     -> segmentation        its words, blanks between them or not
     -> analysis.terms      stems without stop words, by tantivy; others by `ukrainian`, `arabic`
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
from retrieval.languages.segmentation import LETTERS, is_unspaced, segments, split_words
from retrieval.languages.transliteration import spellings

__all__ = [
    "FIELDS",
    "LETTERS",
    "OTHER",
    "WITH_STOP_WORDS",
    "analyzer",
    "field",
    "indexed",
    "is_unspaced",
    "language_of_article",
    "language_of_question",
    "plain_analyzer",
    "segments",
    "spellings",
    "split_words",
    "term_of",
    "terms",
    "words",
]
