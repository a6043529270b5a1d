"""Words as people see them in a text, and the word that each token of an encoder belongs to."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence

Span = tuple[int, int]

_APOSTROPHES = "'\u2019"
# Thai, Lao, Burmese, Khmer, Japanese and Chinese are written without blanks between words.
_UNSPACED = (
    range(0x0E00, 0x0F00), range(0x1000, 0x10A0), range(0x1780, 0x1800), range(0x3040, 0x3100),
    range(0x3400, 0xA000), range(0xF900, 0xFB00), range(0x20000, 0x40000),
)  # fmt: skip


def word_spans(text: str, cuts: Iterable[int] = ()) -> list[Span]:
    """Return start and end of each word, and of every other character but white space.

    A word is a run of letters, digits and their marks, with apostrophes inside.

    Args:
        text: Any text.
        cuts: Offsets at which a script without blanks is parted.
    """
    parted = set(cuts)
    found: list[Span] = []
    inside = False
    for at, char in enumerate(text):
        if inside and _continues(text, at) and not (at in parted and is_unspaced(char)):
            found[-1] = found[-1][0], at + 1
        elif char.isspace():
            inside = False
        else:
            found.append((at, at + 1))
            inside = char.isalnum()
    return found


def token_word_spans(text: str, starts: Sequence[int]) -> list[Span]:
    """Return the word that each token belongs to; the whole text if it is blank.

    Args:
        text: Any text.
        starts: Offset of each token.
    """
    found = word_spans(text, starts) or [(0, len(text))]
    ends = [end for _, end in found]
    # A token may begin with the blank before its word.
    return [found[min(bisect_right(ends, at), len(found) - 1)] for at in starts]


def _continues(text: str, at: int) -> bool:
    char = text[at]
    joins = char in _APOSTROPHES and text[at + 1 : at + 2].isalnum()
    return joins or char.isalnum() or unicodedata.category(char).startswith("M")


def is_unspaced(char: str) -> bool:
    """Whether a character is of a script that puts no blanks between words."""
    return any(ord(char) in script for script in _UNSPACED)
