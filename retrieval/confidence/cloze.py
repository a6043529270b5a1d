"""Cloze questions: made from a sentence by taking out what answers and most other words.

After Lewis, Denoyer & Riedel, Unsupervised Question Answering by Cloze Translation (ACL 2019). They
read badly, but their late interaction with the articles is that of questions people ask.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from retrieval.languages import terms

_WORD = re.compile(r"\w+(?:[-'\u2019.]\w+)*")
# Of the words with a meaning, so many are kept; of the title's, a question leaves some away.
_KEPT, _MOST, _UNTITLED = 0.45, 6, 0.3
_LEAST_WORDS, _LEAST_KEPT = 4, 2
# By language: what asks for a number, for a name, for anything else.
_ASKING = {"en": ("How many", "Who", "What")}


def cloze(sentence: str, title: str, language: str, chance: random.Random) -> str | None:
    """Return a question that the sentence answers; None if it says too little.

    Args:
        sentence: Of an article.
        title: Of the article.
        language: Of the article, ISO 639-1.
        chance: Chooses the words.
    """
    words = [match.group() for match in _WORD.finditer(sentence)]
    meanings = [set(terms(word, language)) for word in words]
    telling = [n for n, meaning in enumerate(meanings) if meaning]
    if len(telling) < _LEAST_WORDS:
        return None
    answer, asking = _answer(words, telling, language, chance)
    titled = set(terms(title, language))
    left = [
        n
        for n in telling
        if n not in answer and not (meanings[n] & titled and chance.random() < _UNTITLED)
    ]
    if len(left) < _LEAST_KEPT:
        return None
    count = max(_LEAST_KEPT, min(_MOST, round(len(left) * _KEPT)))
    kept = set(chance.sample(left, count))
    # A word without a meaning of its own stays before the word that it belongs to.
    told = [
        words[n]
        for n in range(min(kept), max(kept) + 1)
        if n in kept or (not meanings[n] and n + 1 in kept)
    ]
    return f"{' '.join([asking, *told]).strip()}?"


def _answer(
    words: Sequence[str], telling: Sequence[int], language: str, chance: random.Random
) -> tuple[set[int], str]:
    """Choose a number, else a name, else any word, with the capitalised words around it."""
    numbers = [n for n in telling if any(map(str.isdigit, words[n]))]
    names = [n for n in telling if n and words[n][0].isupper()]
    chosen = chance.choice(numbers or names or telling)
    answer = {chosen}
    for step in (-1, 1):
        at = chosen + step
        while at in telling and (words[at][0].isupper() or words[at][0].isdigit()):
            answer.add(at)
            at += step
    number, name, other = _ASKING.get(language, ("", "", ""))
    return answer, number if numbers else name if names else other
