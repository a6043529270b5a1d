"""Folding: what reads the same is written the same, in every script, before terms are made of it.

The articles' texts stay as they are written. Accents on Latin letters stay too: stems need them,
and tantivy takes them off behind these.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from retrieval.languages.numbers import one_form

# Letters in another width, Arabic ones as they look within a word, from old files, and those of
# mathematics, with which posts write in bold.
_OTHER_SHAPES = re.compile("[\ufb50-\ufdcf\ufe70-\ufefc\uff01-\uffdc\U0001d400-\U0001d7ff]+")
# צה"ל is one word, however its mark is typed.
_HEBREW_MARK = re.compile("(?<=[א-ת])[\"'״׳”](?=[א-ת])")
_APOSTROPHES = "\u02bc\u2019\u2018\u00b4`"
# Of letters and marks that Arabic, Persian, Urdu, Hindi and Armenian type in one way or another,
# those that are searched, as in Lucene's normalisers of these languages.
_LETTERS = {"ا": "آأإٱ", "ي": "ىی", "ه": "ةۀەہۂۃھ", "ك": "کڪ", "ं": "ँ", "եւ": "և"}
# What is left of these behind composed letters is a stress mark.
_STRESS = "\u0300\u0301"
# Vowel and reading marks that most texts leave out, and what lengthens a line: Hebrew, Arabic, and
# the dot below letters of Hindi.
_UNWRITTEN = [
    *range(0x591, 0x5BE), 0x5BF, 0x5C1, 0x5C2, 0x5C4, 0x5C5, 0x5C7,
    *range(0x610, 0x61B), 0x640, *range(0x64B, 0x660), 0x670, *range(0x6D6, 0x6DD),
    *range(0x6DF, 0x6E9), *range(0x6EA, 0x6EE), 0x93C,
]  # fmt: skip
# Soft hyphens, joiners, marks of direction, selectors of a character's look.
_UNSEEN = [
    0xAD, 0x61C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF,
    *range(0x20DD, 0x20E5), *range(0xFE00, 0xFE10),
]  # fmt: skip
# From those of Arabic to those of Tibetan, Burmese and others.
_DIGITS = {
    code: str(unicodedata.decimal(chr(code)))
    for code in range(0x660, 0x1C60)
    if chr(code).isdecimal()
}
_SAME = (
    str.maketrans({"ё": "е", "Ё": "Е", "ґ": "г", "Ґ": "Г", "İ": "I"})
    | str.maketrans(dict.fromkeys(_APOSTROPHES, "'"))
    | {ord(other): letter for letter, others in _LETTERS.items() for other in others}
    | dict.fromkeys([*map(ord, _STRESS), *_UNWRITTEN, *_UNSEEN])
    | _DIGITS
)


# A question is folded for each language that it may be in.
@lru_cache(maxsize=32)
def folded(text: str) -> str:
    """Return a text in which what reads the same is written the same; accents on Latin stay."""
    if text.isascii():
        return one_form(text.translate(_SAME))
    text = _OTHER_SHAPES.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    text = _HEBREW_MARK.sub("", unicodedata.normalize("NFC", text).translate(_SAME))
    return one_form(text)
