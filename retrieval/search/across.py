"""Across languages: whether an excerpt is in another language than the question, and what meets.

There a question and its answer share no words but numbers, and names if they are read aloud.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from retrieval.chunking import passage
from retrieval.languages import OTHER, language_of_question, likeness, names_in, terms
from retrieval.search.excerpts import Window
from retrieval.types import Hit

# So many characters tell the scripts of a text.
_SAMPLE = 300
# So many names and numbers of a question are looked for, each among so many names of a text.
_MOST_ASKED, _MOST_NAMES = 8, 100
# Two that meet are no chance any more.
_ENOUGH = 2
# In spreads of the scale: the lead that counts as 1, and that of an article without another to be
# compared with.
_FAR_AHEAD, _ALONE = 3.3, 1.1
# Behind the next article so many others are looked at.
_OTHERS = 4
# A lead over so many articles counts alone; of fewer, each that is missing counts as none to be
# compared with, since one or two may have nothing to do with the question by chance.
_COMPARED = 1 + _OTHERS


def language_across(question: str, text: str, language: str) -> str | None:
    """Return a question's language if a text is in another one, as its words or letters tell.

    Args:
        question: Question in any language.
        text: Text of an article.
        language: Language of the article, ISO 639-1.

    Returns:
        Its ISO 639-1 code, or `OTHER` if only the letters are others; None if it is the text's.
    """
    asked = language_of_question(question, frozenset({language}))
    if asked is not None:
        return asked if asked != language else None
    scripts = _scripts(question)
    return OTHER if scripts and scripts.isdisjoint(_scripts(text)) else None


def share_met(names_and_numbers: Sequence[str], windows: Iterable[Window]) -> float:
    """Return how many of a question's names and numbers that window has that has most: 1 for two.

    Args:
        names_and_numbers: Words of the question.
        windows: Windows of articles, in another language than the question.
    """
    asked = names_and_numbers[:_MOST_ASKED]
    best = max((sum(_met(asked, window)) for window in windows), default=0)
    return min(best, _ENOUGH) / _ENOUGH


def lead(hits: Iterable[Hit], language: str, spread: float) -> float:
    """Return how far the best article in a language is ahead of the others, 0 to 1.

    What is about something else lies as near to several articles; an answer stands in one, or in
    few. The next article counts twice, and once the mean of those behind it.

    Args:
        hits: Ranked chunks of one question.
        language: Language of the articles that are compared, ISO 639-1.
        spread: Spread of late interaction in the scale of the index.
    """
    best: dict[str, float] = {}
    for hit in hits:
        if hit.source.language == language:
            path = hit.source.path
            best[path] = max(hit.late.score, best.get(path, 0.0))
    first, *others = sorted(best.values(), reverse=True) or [0.0]
    if not others:
        return _ALONE / _FAR_AHEAD
    further = others[1 : 1 + _OTHERS] or others[:1]
    spreads = (first - (2 * others[0] + sum(further) / len(further)) / 3) / spread
    missing = max(0, _COMPARED - len(others)) / _COMPARED
    return (missing * _ALONE + (1 - missing) * min(spreads, _FAR_AHEAD)) / _FAR_AHEAD


def _met(asked: Sequence[str], window: Window) -> Iterator[bool]:
    source = window.hit.source
    text = passage(source.title, window.text)
    shown = set(terms(text, source.language))
    for word in asked:
        yield not shown.isdisjoint(terms(word, source.language)) or is_heard(word, text)


def is_heard(word: str, text: str) -> bool:
    """Whether a text has a name that sounds like a word."""
    names = islice(dict.fromkeys(names_in(text)), _MOST_NAMES)
    return any(likeness(word, name) for name in names)


def _scripts(text: str) -> set[str]:
    letters = [char for char in text[:_SAMPLE] if char.isalpha()]
    return {unicodedata.name(letter, " ").partition(" ")[0] for letter in letters}
