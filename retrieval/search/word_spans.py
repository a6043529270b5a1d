"""Words as people see them in a text, and the word that each token of an encoder belongs to."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

from retrieval.languages import MARKS, segments

Span = tuple[int, int]

_ALNUM, _LETTER = r"[^\W_]", r"[^\W\d_]"
_WORD = re.compile(
    rf"{_ALNUM}+(?:(?:[{MARKS}]|['\u2019](?={_ALNUM})|(?<=\d)[.,](?=\d)|(?<={_LETTER})-(?=\d))"
    rf"{_ALNUM}*)*|\S"
)


def word_spans(text: str) -> list[Span]:
    """Return start and end of each word, and of every other character but white space.

    A word is a run of letters, digits and their marks, with apostrophes inside, and with what
    stands in a number or a code: 12,500 and F-16. Where a script has no blanks, it is what
    `segments` finds.
    """
    found = [match.span() for match in _WORD.finditer(text)]
    cuts = sorted({at for span in segments(text) for at in span})
    if not cuts:
        return found
    return [
        part
        for start, end in found
        for part in pairwise(
            [start, *cuts[bisect_right(cuts, start) : bisect_left(cuts, end)], end]
        )
    ]


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
