"""Lines of a PDF's page: words that stand next to each other are a line, or a piece of one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from unicodedata import bidirectional

from retrieval.articles.pdf.rules import Rules
from retrieval.articles.pdf.turns import UPRIGHT

HYPHEN = "\ufffe"
"""Ends a line whose last word goes on in the next."""

OBJECT = "\ufffc"
"""Stands for a table in a line; no text of a page has it."""

# In heights of a line. From what gap on words belong to different pieces, which may be columns or
# a table's cells: the space between words of justified text is half of it. How far words may
# overlap, and a raised figure may stand above its line. Below which gap nothing parts two words.
GAP = 0.4
_TYPED, _WIDE = 0.8, 0.47
_OVERLAP = 0.5
_RAISED, _LEVEL, _INITIAL = 0.45, 0.05, 2.2
_TOUCHING = 0.12
# By how much a mark of a note is raised at least, and how high it is at most, in heights of its
# word, which has more letters than a unit: m², sec³.
_MARK, _SMALLER, _UNIT = 0.15, 0.87, 4
_NOTES = re.compile(r"\d{1,3}(?:[,–-]\d{1,3}){0,4}")
_ENDS = ".,;:!?)]»”’\"'"
# Copies of a line drawn beside each other look bold.
_BOLD = 0.15

# Of a heading with spaces between its letters: the letters at least, and by how much its words
# stand further apart than its letters.
_SPACED_LETTERS = 4
_SPACED_WORDS = 1.6


@dataclass(frozen=True, slots=True)
class Line:
    """A line of print, or a piece of one.

    Attributes:
        text: Not empty, and with single spaces; ends with `HYPHEN` if its last word goes on.
        left, right, base: Its ends and its baseline, in points from the lower left corner of the
            page, which has been turned so that the line runs from left to right.
        height: Height of its font, in points.
        turn: How the page was turned: quarters, or `SLANTED`.
    """

    text: str
    left: float
    right: float
    base: float
    height: float
    turn: int = UPRIGHT


def pieces_of(words: Iterable[Line], rules: Rules) -> list[Line]:
    """Return what words make, in the order in which they were drawn: lines, parted by rules."""
    pieces = (_piece(run) for run in _runs(words, rules))
    seen: dict[tuple[str, int], Line] = {}
    kept = []
    for piece in pieces:
        place = piece.text, piece.turn
        before = seen.get(place)
        if before is None or not _is_copy(before, piece):
            kept.append(piece)
        seen[place] = piece
    return kept


def is_from_right(text: str) -> bool:
    """Whether most of the letters are written from right to left."""
    kinds = Counter(map(bidirectional, text))
    return kinds["R"] + kinds["AL"] > kinds["L"]


def _is_copy(one: Line, other: Line) -> bool:
    near = _BOLD * one.height
    return abs(one.left - other.left) < near and abs(one.base - other.base) < near


def _runs(words: Iterable[Line], rules: Rules) -> Iterator[list[Line]]:
    """Yield the words that stand next to each other."""
    run: list[Line] = []
    for word in words:
        if run and not _follows(run[-1], word, rules):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _follows(one: Line, other: Line, rules: Rules) -> bool:
    high = max(one.height, other.height)
    off = abs(one.base - other.base)
    # An initial is as high as several lines.
    most = _RAISED if _INITIAL * min(one.height, other.height) > high else _LEVEL
    if one.turn != other.turn or off > most * high:
        return False
    gap = other.left - one.right
    if gap < -_OVERLAP * high and is_from_right(one.text + other.text):
        gap = one.left - other.right
    letter = max((word.right - word.left) / len(word.text) for word in (one, other))
    # The space of a typewriter is as wide as its letters, which are wide.
    widest = _TYPED * high if letter > _WIDE * high else GAP * high
    if not -_OVERLAP * high <= gap <= widest:
        return False
    left, right = sorted((one, other), key=lambda word: word.left)
    return gap <= 0 or not rules.part(left.right, right.left, one.base, one.turn)


def _piece(words: Sequence[Line]) -> Line:
    text = _without_spaces(words) or _with_spaces(words)
    largest = max(words, key=lambda word: word.height)
    return replace(
        largest,
        text=text,
        left=min(word.left for word in words),
        right=max(word.right for word in words),
    )


def _with_spaces(words: Sequence[Line]) -> str:
    text = words[0].text
    for before, word in pairwise(words):
        text += appended(before, word)
    return text


def appended(before: Line, word: Line) -> str:
    """Return a word or a piece with what parts it from the one before it.

    What is raised or lowered next to a word goes on in it, as the figure of "CO2" does, but a mark
    that leads to a note does not: "the end[2]".
    """
    high = max(before.height, word.height)
    gap = max(word.left - before.right, before.left - word.right)
    if before.base == word.base or gap > _TOUCHING * high:
        return f" {word.text}"
    is_raised = word.base - before.base > _MARK * high and word.height < _SMALLER * before.height
    if is_raised and _NOTES.fullmatch(word.text):
        if before.text[-1].isdecimal():
            return f"^{word.text}"
        if before.text[-1] in _ENDS or (
            before.text[-_UNIT:].isalpha() and len(before.text) >= _UNIT
        ):
            return f"[{word.text}]"
    return word.text


def _without_spaces(words: Sequence[Line]) -> str:
    """Return words that are single letters, set apart, as what they spell; else nothing."""
    single = [word.text for word in words if len(word.text) == 1 and word.text.isalpha()]
    if len(single) < max(_SPACED_LETTERS, len(words) - 1):
        return ""
    gaps = [after.left - word.right for word, after in pairwise(words)]
    usual = sorted(gaps)[len(gaps) // 2]
    text = words[0].text
    for gap, word in zip(gaps, words[1:], strict=True):
        text += f" {word.text}" if gap > _SPACED_WORDS * usual else word.text
    return text if _spell(text) else ""


def _spell(text: str) -> bool:
    """Whether letters may be a heading's, not an alphabet, a column's heads or a code's names."""
    in_order = all(before < letter for before, letter in pairwise(text.replace(" ", "")))
    rests = [word[1:] for word in text.split()]
    return (
        not in_order
        and len(set(text)) > _SPACED_LETTERS // 2
        and not text[0].islower()
        and all(rest in {rest.lower(), rest.upper()} for rest in rests)
    )
