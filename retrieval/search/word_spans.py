"""Words as people see them in a text, and the word that each token of an encoder belongs to."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Sequence

from retrieval.languages import segments

Span = tuple[int, int]

_APOSTROPHES = "'\u2019"


def word_spans(text: str) -> list[Span]:
    """Return start and end of each word, and of every other character but white space.

    A word is a run of letters, digits and their marks, with apostrophes inside, and with what
    stands in a number or a code: 12,500 and F-16. Where a script has no blanks, it is what
    `segments` finds.
    """
    parted = {at for span in segments(text) for at in span}
    found: list[Span] = []
    inside = False
    for at, char in enumerate(text):
        if inside and at not in parted and (char.isalnum() or _continues(text, at)):
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
    found = word_spans(text) or [(0, len(text))]
    ends = [end for _, end in found]
    # A token may begin with the blank before its word.
    return [found[min(bisect_right(ends, at), len(found) - 1)] for at in starts]


def _continues(text: str, at: int) -> bool:
    """Whether a character that is no letter or digit goes on with the word before it."""
    char = text[at]
    after = text[at + 1 : at + 2]
    joins = (char in _APOSTROPHES and after.isalnum()) or (
        after.isdigit()
        and ((char in ".," and text[at - 1].isdigit()) or (char == "-" and text[at - 1].isalpha()))
    )
    return joins or unicodedata.category(char).startswith("M")
