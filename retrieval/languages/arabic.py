"""Stems of Arabic words: light, by what is written before and behind them alone.

After Larkey, Ballesteros & Connell, Light Stemming for Arabic Information Retrieval (2007), whose
light10 found more than stemmers that look for roots. Unlike it, this takes off the ending of an
indefinite object too, and leaves "and" to words without an article.
"""

from __future__ import annotations

_AND = "و"
_ARTICLES = ("وال", "بال", "كال", "فال", "لل", "ال")
# In this order, each once.
_ENDINGS = ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ا", "ي")
# Letters that a stem keeps at least, and where "and" is taken off: short words often begin with its
# letter, such as those for a minister and an agency.
_LEAST, _LEAST_BEHIND_AND = 3, 5


def stem(word: str) -> str:
    """Return the stem of a folded word; one in another script is returned as it is."""
    for article in _ARTICLES:
        if word.startswith(article) and len(word) - len(article) >= _LEAST:
            word = word.removeprefix(article)
            break
    else:
        if word.startswith(_AND) and len(word) > _LEAST_BEHIND_AND:
            word = word.removeprefix(_AND)
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST:
            word = word.removesuffix(ending)
    return word
