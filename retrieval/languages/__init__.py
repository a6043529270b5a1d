"""What differs by language: the terms of a text, which language it is in, and how names are spelt.

text -> folding             one spelling for what reads the same, in every script
     -> numbers             12,500 and 12 500, F-16 and f16, U.S. and US in one form each
     -> segmentation        its words, blanks between them or not
     -> analysis.terms      stems without stop words, by tantivy or by `stems`
term -> derivation          what is made of one root, or put together
text -> detection           the language of an article, or of a question
name -> transliteration     a Cyrillic word in Latin letters
name -> sound               how it sounds, in whatever romanisation or script
"""

from retrieval.languages.analysis import (
    FIELDS,
    OTHER,
    STOP_WORDS,
    WITH_STOP_WORDS,
    analyzer,
    field,
    indexed,
    plain_analyzer,
    term_of,
    terms,
    words,
)
from retrieval.languages.derivation import derived
from retrieval.languages.detection import language_of_article, language_of_question
from retrieval.languages.folding import folded
from retrieval.languages.numbers import POINT
from retrieval.languages.segmentation import (
    LETTERS,
    MARKS,
    columns,
    is_unspaced,
    joined,
    segments,
    split_compounds,
    split_words,
    wide_places,
    word_offsets,
)
from retrieval.languages.sound import by_sound, heard, likeness, names_in, sounds
from retrieval.languages.transliteration import most_letters, spellings

__all__ = [
    "FIELDS",
    "LETTERS",
    "MARKS",
    "OTHER",
    "POINT",
    "STOP_WORDS",
    "WITH_STOP_WORDS",
    "analyzer",
    "by_sound",
    "columns",
    "derived",
    "field",
    "folded",
    "heard",
    "indexed",
    "is_unspaced",
    "joined",
    "language_of_article",
    "language_of_question",
    "likeness",
    "most_letters",
    "names_in",
    "plain_analyzer",
    "segments",
    "sounds",
    "spellings",
    "split_compounds",
    "split_words",
    "term_of",
    "terms",
    "wide_places",
    "word_offsets",
    "words",
]
