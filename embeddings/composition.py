"""Composition: text with its letters and marks composed (NFC), and where each character stood."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

# Composed Hangul; its parts have no decompositions in the data.
_HANGUL = (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))


def compose(text: str) -> tuple[str, NDArray[np.int32] | None]:
    """Compose a text.

    Returns:
        The text in NFC; for each of its characters, and for its end, the offset in the text that
        was given, or None where nothing changed.
    """
    if unicodedata.is_normalized("NFC", text):
        return text, None
    parts: list[str] = []
    places: list[int] = []
    for start, end in pairwise(_borders(text)):
        part = unicodedata.normalize("NFC", text[start:end])
        parts.append(part)
        places += [start + at * (end - start) // len(part) for at in range(len(part))]
    return "".join(parts), np.array([*places, len(text)], dtype=np.int32)


def _borders(text: str) -> Iterator[int]:
    """Yield where a character stands that composes with none before it, and the end."""
    yield 0
    for at, char in enumerate(text):
        if at and not unicodedata.combining(char) and char not in _following():
            yield at
    yield len(text)


@cache
def _following() -> frozenset[str]:
    """Return the characters that compose with one before them and are no combining marks."""
    pairs = (unicodedata.decomposition(chr(code)).split() for code in range(0x20000))
    seconds = {chr(int(pair[1], 16)) for pair in pairs if len(pair) == 2 and pair[0][0] != "<"}
    return frozenset(seconds.union(map(chr, _HANGUL)))
