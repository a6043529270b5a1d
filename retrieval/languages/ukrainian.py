"""Stems of Ukrainian words, for which tantivy has no stemmer: light, by endings alone."""

from __future__ import annotations

from functools import lru_cache

# The letters that a stem keeps at least.
_LEAST = 3
_VOWELS = "аеиіоуєїюя"
_REFLEXIVE = ("ся", "сь")
_LIKE_VERBS = ("ат", "ит", "іт", "ут")
# Case endings of nouns and adjectives, and those of verbs.
_ENDINGS = """
    а я о е є у ю і ї и й ь ам ям ом ем єм ою ею єю ах ях ів їв ей ами ями ьми ові еві єві ова ову
    овом ий ій ого ього ому ьому им ім їм их іх їх ими іми їми ої ьої ість ості істю остей остям
    ав ала ало али ати ив ила ило или ити ів іла іло іли іти ув ула уло ули ути уть ють ать ять ить
    їть еш єш иш їш емо ємо имо їмо ете єте ите їте ає яє аю яю аєш яєш аємо яємо аєте яєте ають
    яють ує ують уємо увати ював ювати ювала ювали ував увала увало ували
"""
_LONGEST_FIRST = sorted(set(_ENDINGS.split()), key=len, reverse=True)
# In a closed syllable о and є turn into і and ї ("мосту", "міст"), before some endings к and г into
# ц and з ("перемога", "перемозі").
_OPEN = {"і": "о", "ї": "є"}
_HARD = {"ц": "к", "з": "г"}


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Return the stem of a word: the part that its forms share, as far as endings tell.

    Args:
        word: Word in lower case; one in another script is returned as it is.
    """
    if not any(vowel in word for vowel in _VOWELS):
        return word
    kept = _without(_without(word, _REFLEXIVE), _LONGEST_FIRST)
    # "солдати" lost an ending that is a verb's, so the other forms of "солдат" lose it too.
    kept = _without(kept, _LIKE_VERBS)
    if len(kept) > _LEAST and kept[-1] == kept[-2]:
        kept = kept[:-1]
    kept = kept[:-1] + _HARD.get(kept[-1], kept[-1])
    at = max(kept.rfind(vowel) for vowel in _VOWELS)
    return kept if at < 0 else kept[:at] + _OPEN.get(kept[at], kept[at]) + kept[at + 1 :]


def _without(word: str, endings: tuple[str, ...] | list[str]) -> str:
    for ending in endings:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST:
            return word.removesuffix(ending)
    return word
