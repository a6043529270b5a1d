"""Stems of Korean words: without the particles that are written behind them, by these alone.

Nouns are put together without blanks, so that one is found by the pairs of syllables that it shares
with another, as Lucene finds them.
"""

from __future__ import annotations

_PARTICLES = """
    에게서 에서는 에서의 으로는 으로부터 로부터 이라는 까지는 부터는 들에게 에서 에게
    으로 부터 까지 처럼 보다 라는 이며 이고 이다 입니다 인가요 입니까 들은 들이 들의
    들을 에는 에도 로는 은 는 이 가 을 를 의 에 도 만 로 와 과 들 인
"""
_LONGEST_FIRST = sorted(_PARTICLES.split(), key=len, reverse=True)
# Syllables that a stem keeps at least.
_LEAST = 2
_PAIR = 2


def stem(word: str) -> str:
    """Return a word without its particle; one in another script is returned as it is."""
    for particle in _LONGEST_FIRST:
        if word.endswith(particle) and len(word) - len(particle) >= _LEAST:
            return word.removesuffix(particle)
    return word


def pairs(word: str) -> list[str]:
    """Return the pairs of neighbouring syllables in a word of more than two; else none."""
    if len(word) <= _PAIR or not all("가" <= syllable <= "힣" for syllable in word):
        return []
    return [word[at : at + _PAIR] for at in range(len(word) - 1)]
