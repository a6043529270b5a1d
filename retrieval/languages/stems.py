"""Stems of words in languages that tantivy has no stemmer for, by their first and last letters."""

from __future__ import annotations

from functools import lru_cache

# What a stem keeps at least.
_LEAST_LETTERS = 3

# Ukrainian.
_VOWELS = "аеиіоуєїюя"
_REFLEXIVE = ("ся", "сь")
_LIKE_VERBS = ("ат", "ит", "іт", "ут")
# Case endings of nouns and adjectives, and those of verbs.
_CASES_AND_VERBS = """
    а я о е є у ю і ї и й ь ам ям ом ем єм ою ею єю ах ях ів їв ей ами ями ьми ові еві єві ова ову
    овом ий ій ого ього ому ьому им ім їм их іх їх ими іми їми ої ьої ість ості істю остей остям
    ав ала ало али ати ив ила ило или ити ів іла іло іли іти ув ула уло ули ути уть ють ать ять ить
    їть еш єш иш їш емо ємо имо їмо ете єте ите їте ає яє аю яю аєш яєш аємо яємо аєте яєте ають
    яють ує ують уємо увати ював ювати ювала ювали ував увала увало ували
"""
_ENDINGS = sorted(set(_CASES_AND_VERBS.split()), key=len, reverse=True)
# In a closed syllable о and є turn into і and ї ("мосту", "міст"), before some endings к and г into
# ц and з ("перемога", "перемозі").
_OPEN = {"і": "о", "ї": "є"}
_HARD = {"ц": "к", "з": "г"}

# Arabic.
_AND = "و"
_ARTICLES = ("وال", "بال", "كال", "فال", "لل", "ال")
# In this order, each once.
_ARABIC_ENDINGS = ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ا", "ي")
# Short words often begin with the letter of "and", such as those for a minister and an agency.
_LEAST_BEHIND_AND = 5

# Korean.
_PARTICLES = """
    에게서 에서는 에서의 으로는 으로부터 로부터 이라는 까지는 부터는 들에게 에서 에게
    으로 부터 까지 처럼 보다 라는 이며 이고 이다 입니다 인가요 입니까 들은 들이 들의
    들을 에는 에도 로는 은 는 이 가 을 를 의 에 도 만 로 와 과 들 인
"""
_PARTICLES_LONGEST_FIRST = sorted(_PARTICLES.split(), key=len, reverse=True)
_LEAST_SYLLABLES = 2
_PAIR = 2


@lru_cache(maxsize=100_000)
def ukrainian_stem(word: str) -> str:
    """Return the stem of a Ukrainian word: the part that its forms share, as far as endings tell.

    Args:
        word: Word in lower case; one in another script is returned as it is.
    """
    if not any(vowel in word for vowel in _VOWELS):
        return word
    kept = _without(_without(word, _REFLEXIVE), _ENDINGS)
    # "солдати" lost an ending that is a verb's, so the other forms of "солдат" lose it too.
    kept = _without(kept, _LIKE_VERBS)
    if len(kept) > _LEAST_LETTERS and kept[-1] == kept[-2]:
        kept = kept[:-1]
    kept = kept[:-1] + _HARD.get(kept[-1], kept[-1])
    at = max(kept.rfind(vowel) for vowel in _VOWELS)
    return kept if at < 0 else kept[:at] + _OPEN.get(kept[at], kept[at]) + kept[at + 1 :]


def arabic_stem(word: str) -> str:
    """Return the stem of a folded Arabic word; one in another script is returned as it is.

    After Larkey, Ballesteros & Connell, Light Stemming for Arabic Information Retrieval (2007),
    whose light10 found more than stemmers that look for roots. Unlike it, this takes off the ending
    of an indefinite object too, and leaves "and" to words without an article.
    """
    for article in _ARTICLES:
        if word.startswith(article) and len(word) - len(article) >= _LEAST_LETTERS:
            word = word.removeprefix(article)
            break
    else:
        if word.startswith(_AND) and len(word) > _LEAST_BEHIND_AND:
            word = word.removeprefix(_AND)
    for ending in _ARABIC_ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_LETTERS:
            word = word.removesuffix(ending)
    return word


def korean_stem(word: str) -> str:
    """Return a Korean word without its particle; one in another script is returned as it is."""
    for particle in _PARTICLES_LONGEST_FIRST:
        if word.endswith(particle) and len(word) - len(particle) >= _LEAST_SYLLABLES:
            return word.removesuffix(particle)
    return word


def korean_pairs(word: str) -> list[str]:
    """Return the pairs of neighbouring syllables in a Korean word of more than two; else none.

    Nouns are put together without blanks, so that one is found by the pairs that it shares with
    another, as Lucene finds them.
    """
    if len(word) <= _PAIR or not all("가" <= syllable <= "힣" for syllable in word):
        return []
    return [word[at : at + _PAIR] for at in range(len(word) - 1)]


def _without(word: str, endings: tuple[str, ...] | list[str]) -> str:
    for ending in endings:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_LETTERS:
            return word.removesuffix(ending)
    return word
