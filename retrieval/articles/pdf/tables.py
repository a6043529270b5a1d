"""Tables of a PDF: told from columns of prose, and their lines put together to rows of cells."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from retrieval.articles.pdf.lines import HYPHEN, Line
from retrieval.articles.pdf.rows import Row, joined

# Lines of prose are so long, fill so much of their column, and so many of them go on in the midst
# of a sentence, or fill still more of it.
_CHARACTERS = 15
_FILLED, _FULL = 0.7, 0.86
_LOWER = 0.25
_LINES = 3
# Where all columns have lines so long, they are addresses or lists, read one after the other.
_LONG = 24
# Prose of so many lines stands beside columns with lines so long, whatever is in them.
_MANY, _BROAD = 8, 18
# How many lines have several cells in a table, and what part of a column's lines at least.
_ROWS, _LEVEL = 2, 0.6
# What part of a column's lines open with a bullet in a list.
_LISTED = 0.4
# How much further than their lines rows stand apart, and how often, where cells have several lines.
_APART = 1.25
_PARTS = 0.25
# What of its column a cell fills that goes on in the next line.
_WRAPPED = 0.8

# An index has so many entries, and so many of them in order.
_ENTRIES, _SORTED = 12, 0.9

_BULLET = re.compile(r"[•‣▪◦●■○➢➤\uf0b7\uf0a7–—*-] ")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; an empty cell is an empty text."""

    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class _Lines:
    """A row of a page with a cell for each column of the table, None where it has none."""

    base: float
    height: float
    cells: tuple[Line | None, ...]

    @property
    def filled(self) -> frozenset[int]:
        return frozenset(n for n, cell in enumerate(self.cells) if cell is not None)


def table_of(rows: Sequence[Row], middles: Sequence[float]) -> tuple[Table, int, int] | None:
    """Return the table in rows parted at these places, or None if they are columns.

    With it come the numbers of its first row and of the first one behind it: a line of text above
    or below a table has one cell.
    """
    lines = [_parted(row, middles) for row in rows]
    columns = [
        [cell for row in lines if (cell := row.cells[number]) is not None]
        for number in range(len(middles) + 1)
    ]
    columns = [column for column in columns if column]
    level = [number for number, row in enumerate(lines) if len(row.filled) > 1]
    sparsest = min(map(len, columns))
    if (
        len(level) < _ROWS
        or len(level) < _LEVEL * sparsest
        or (not _is_spaced(lines) and _are_columns(columns))
        or sum(map(_is_list, columns)) > 1
        or _is_index(columns)
    ):
        return None
    first, last = level[0], level[-1]
    while last + 1 < len(lines) and 0 not in lines[last + 1].filled:
        last += 1
    table = Table(tuple(map(_cells, _grouped(lines[first : last + 1]))))
    return table, first, last + 1


def _are_columns(columns: Sequence[Sequence[Line]]) -> bool:
    """Whether columns are of prose, or at least one is and none is too narrow for it."""
    prose = [_is_prose(column) for column in columns]
    long = min(sum(len(line.text) for line in column) / len(column) for column in columns)
    is_one = any(
        found and len(column) >= _MANY for found, column in zip(prose, columns, strict=True)
    )
    return all(prose) or long >= _LONG or (is_one and long >= _BROAD)


def _parted(row: Row, middles: Sequence[float]) -> _Lines:
    cells: list[list[Line]] = [[] for _ in range(len(middles) + 1)]
    for piece in row.pieces:
        cells[bisect_right(middles, _place(piece, middles))].append(piece)
    return _Lines(
        row.base, row.height, tuple(joined(pieces) if pieces else None for pieces in cells)
    )


def _place(piece: Line, middles: Sequence[float]) -> float:
    """Return where a piece stands: its middle, or its left end if it spans several columns."""
    spans = bisect_right(middles, piece.left) != bisect_right(middles, piece.right)
    return piece.left if spans else (piece.left + piece.right) / 2


def _is_prose(column: Sequence[Line]) -> bool:
    widths = [line.right - line.left for line in column]
    widest = max(widths) or 1.0
    filled = sum(widths) / len(widths) / widest
    long = sum(len(line.text) for line in column) / len(column)
    lower = sum(line.text[0].islower() for line in column[1:])
    goes_on = lower > 0 and lower >= _LOWER * len(column[1:])
    if len(column) < _LINES and not goes_on:
        return False
    return long >= _CHARACTERS and filled >= (_FILLED if goes_on else _FULL)


def _is_list(column: Sequence[Line]) -> bool:
    return sum(_BULLET.match(line.text) is not None for line in column) > _LISTED * len(column)


def _is_index(columns: Sequence[Sequence[Line]]) -> bool:
    """Whether an alphabet goes on from each column to the next."""
    words = [line.text.casefold() for column in columns for line in column]
    in_order = sum(before <= word for before, word in pairwise(words))
    return len(words) >= _ENTRIES and in_order >= _SORTED * (len(words) - 1)


def _is_spaced(lines: Sequence[_Lines]) -> bool:
    """Whether rows stand further apart than the lines of a cell."""
    steps, usual = _steps(lines), _usual(lines)
    apart = sum(step > usual for step in steps)
    return max(2, _PARTS * len(steps)) <= apart < len(steps)


def _steps(lines: Sequence[_Lines]) -> list[float]:
    return [above.base - line.base for above, line in pairwise(lines)]


def _usual(lines: Sequence[_Lines]) -> float:
    """Return how far two lines of a cell stand apart at most."""
    steps = []
    for number in range(len(lines[0].cells)):
        bases = [row.base for row in lines if row.cells[number] is not None]
        steps += [above - base for above, base in pairwise(bases)]
    return _APART * sorted(steps)[len(steps) // 4] if steps else 0.0


def _grouped(lines: Sequence[_Lines]) -> Iterator[list[_Lines]]:
    """Yield the lines of each row."""
    steps, usual = _steps(lines), _usual(lines)
    spaced = _is_spaced(lines)
    edges = [
        max((cell.right for row in lines if (cell := row.cells[n]) is not None), default=0.0)
        for n in range(len(lines[0].cells))
    ]
    group: list[_Lines] = []
    for number, line in enumerate(lines):
        if group:
            close = spaced and steps[number - 1] <= usual
            complete = len(line.filled) == len(line.cells)
            goes_on = (close and not complete) or (not spaced and _goes_on(group[-1], line, edges))
            if not goes_on:
                yield group
                group = []
        group.append(line)
    if group:
        yield group


def _goes_on(above: _Lines, line: _Lines, edges: Sequence[float]) -> bool:
    """Whether cells of the line above are wrapped into this one."""
    if 0 in line.filled or not line.filled <= above.filled:
        return False
    for number in line.filled:
        cell, before = line.cells[number], above.cells[number]
        assert cell is not None
        assert before is not None
        wrapped = before.right - before.left >= _WRAPPED * (edges[number] - before.left)
        if not (cell.text[0].islower() or (wrapped and not cell.text[0].isdigit())):
            return False
    return True


def _cells(group: Sequence[_Lines]) -> tuple[str, ...]:
    columns = zip(*(line.cells for line in group), strict=True)
    return tuple(whole([line.text for line in lines if line is not None]) for lines in columns)


def cells_of(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the cells of a row; a label is one with what it names."""
    cells: list[str] = []
    for text in texts:
        if cells and cells[-1].endswith(":"):
            cells[-1] = f"{cells[-1]} {text}".rstrip()
        else:
            cells.append(text)
    return tuple(cells)


def whole(lines: Sequence[str]) -> str:
    """Return the lines of a cell as one text."""
    text = ""
    for line in lines:
        if text.endswith(HYPHEN):
            text = text + line if line[0].islower() else f"{text[:-1]}-{line}"
        else:
            text = f"{text} {line}" if text else line
    return text
