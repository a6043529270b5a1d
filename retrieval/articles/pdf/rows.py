"""Rows of a PDF's page: the pieces of lines at one height, with their marks and bullets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from retrieval.articles.pdf.lines import HYPHEN, Line, appended, is_from_right

# In heights of a line: how far the pieces of one row may be off, and raised or lowered marks, which
# are short, smaller, and next to what they belong to.
_LEVEL, _OFF = 0.35, 0.7
_SMALLER, _MARK = 0.87, 6
_BESIDE = 0.3

# How much higher a letter is that opens a paragraph than those beside it.
_DROPPED, _MAX_DROPPED = 1.7, 8.0
# So many of a page are looked for.
_MAX_INITIALS = 8

_BULLET = re.compile(r"[•‣▪◦●■○□➢➤✓✔☐☒\uf0b7\uf0a7–—*-]")
_COUNTER = re.compile(r"\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]")
_SECTION = re.compile(r"\d{1,2}(?:\.\d{1,2}){0,4}\.?")
# In heights of a line: how far behind a bullet its text begins at most.
_MAX_HANG = 4.0


@dataclass(frozen=True, slots=True)
class Row:
    """Pieces of lines at one height, from left to right.

    Attributes:
        left, right: Its ends.
        base, height: Those of its highest piece.
    """

    pieces: tuple[Line, ...]
    left: float
    right: float
    base: float
    height: float

    @classmethod
    def of(cls, pieces: tuple[Line, ...]) -> Row:
        """Make a row of its pieces."""
        highest = max(pieces, key=lambda piece: piece.height)
        right = max(piece.right for piece in pieces)
        return cls(pieces, pieces[0].left, right, highest.base, highest.height)


def joined(pieces: Sequence[Line]) -> Line:
    """Return the pieces of a row, given from left to right, as one line."""
    if len(pieces) == 1:
        return pieces[0]
    longest = max(pieces, key=lambda piece: len(piece.text))
    if is_from_right("".join(piece.text for piece in pieces)):
        pieces = pieces[::-1]
    text = pieces[0].text
    for before, piece in pairwise(pieces):
        text = text.replace(HYPHEN, "-") + appended(before, piece)
    return replace(
        longest,
        text=text,
        left=min(piece.left for piece in pieces),
        right=max(piece.right for piece in pieces),
    )


def rows_of(lines: Sequence[Line]) -> list[Row]:
    """Return the rows of a page from top to bottom."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (-line.base, line.left)):
        if rows and rows[-1][0].base - line.base <= _LEVEL * min(rows[-1][0].height, line.height):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [Row.of(_with_bullets(row)) for row in _with_marks(rows)]


def _gap(one: Line, other: Line) -> float:
    return max(one.left, other.left) - min(one.right, other.right)


def _with_marks(rows: Sequence[list[Line]]) -> list[list[Line]]:
    """Return the rows with raised and lowered marks in the rows to which they belong."""
    kept: list[list[Line]] = []
    for row in rows:
        if kept and (_are_marks(kept[-1], row) or _are_marks(row, kept[-1])):
            kept[-1] = kept[-1] + row
        else:
            kept.append(row)
    return kept


def _are_marks(marks: Sequence[Line], row: Sequence[Line]) -> bool:
    return len(marks) <= _MARK and all(
        len(mark.text) <= _MARK
        and any(
            mark.height < _SMALLER * one.height
            and abs(mark.base - one.base) < _OFF * one.height
            and _gap(mark, one) < _BESIDE * one.height
            for one in row
        )
        for mark in marks
    )


def _with_bullets(row: Sequence[Line]) -> tuple[Line, ...]:
    """Return a row from left to right, its bullets and counters one with what they open."""
    pieces: list[Line] = []
    for piece in sorted(row, key=lambda piece: piece.left):
        if pieces and _opens(pieces[-1], piece, is_first=len(pieces) == 1):
            bullet = pieces.pop()
            # It begins where its text does, as the lines below it.
            piece = replace(piece, text=f"{bullet.text} {piece.text}")
        pieces.append(piece)
    return tuple(pieces)


def _opens(bullet: Line, piece: Line, *, is_first: bool) -> bool:
    if piece.left - bullet.right > _MAX_HANG * piece.height:
        return False
    if _BULLET.fullmatch(bullet.text):
        return True
    return piece.text[0].isalpha() and (
        _COUNTER.fullmatch(bullet.text) is not None
        or (is_first and _SECTION.fullmatch(bullet.text) is not None)
    )


def with_initials(lines: Sequence[Line]) -> list[Line]:
    """Return the lines with each large letter that opens a paragraph at the line beside its top."""
    heights = sorted(line.height for line in lines)
    usual = heights[len(heights) // 2]
    result = list(lines)
    initials = [
        number
        for number, line in enumerate(lines)
        if len(line.text) == 1 and line.text.isalpha() and line.height > _DROPPED * usual
    ][:_MAX_INITIALS]
    used: set[int] = set()
    for place in initials:
        initial = lines[place]
        beside = [
            number
            for number, line in enumerate(result)
            if number not in initials and _is_beside(initial, line)
        ]
        if beside:
            opened = max(beside, key=lambda number: result[number].base)
            # The lines beside it are no more indented than those below.
            for number in beside:
                line = result[number]
                text = initial.text + line.text if number == opened else line.text
                result[number] = replace(line, text=text, left=initial.left)
            used.add(place)
    return [line for number, line in enumerate(result) if number not in used]


def _is_beside(initial: Line, line: Line) -> bool:
    return (
        line.height * _DROPPED < initial.height < line.height * _MAX_DROPPED
        and -_BESIDE * line.height < line.left - initial.right < 2 * line.height
        and -_LEVEL * line.height < line.base - initial.base
        and line.base - initial.base < initial.height - _LEVEL * line.height
    )
