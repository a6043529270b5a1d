"""Layout of a PDF's page: rows, the gutters between columns, and the order in which it is read.

Programs draw a page in any order, some of them row by row across its columns. So its lines are put
in order by where they stand:

    pieces of lines -> rows -> gutters -> blocks: a column, a table, or columns beside each other

A gutter is free from one row to the next, and text stands on both sides of it. Where gutters begin
or end, so does a block. The parts on both sides of a gutter have blocks of their own.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from retrieval.articles.pdf.lines import GAP, Line, is_from_right
from retrieval.articles.pdf.rows import Row, joined, rows_of, with_initials
from retrieval.articles.pdf.tables import Table, table_of

MAX_DEPTH = 5
"""Columns within columns."""
MAX_GUTTERS = 64
"""So many gutters are followed at once: a table may have a column more."""

# What rows may overlap, in heights, of columns whose lines are not level.
_OVERLAPPING = 0.9
# How wide a gutter is, in heights, that so many rows have on both sides: few rows of prose may have
# the spaces between two words below each other.
_WIDTHS = ((10, GAP), (6, 0.6), (3, 1.0), (2, 1.5))
# How far lines stand apart that go on below a gutter's last row or above its first, in heights.
_GOES_ON = 1.9
_ALIKE = 0.15
# Rows above a gutter's first one on both sides that may belong to it.
_MAX_ABOVE = 200
# What part of a block's rows a gutter has to have to part the columns of a table.
_SHARE = 0.5


@dataclass(slots=True)
class Gutter:
    """A strip without text between rows of text.

    Attributes:
        left, right: Its edges.
        first, last: Numbers of its rows.
        lefts, rights: Numbers of the rows that have text on this side.
    """

    left: float
    right: float
    first: int
    last: int
    lefts: list[int] = field(default_factory=list)
    rights: list[int] = field(default_factory=list)

    @property
    def support(self) -> int:
        """How many rows it has on both sides."""
        return min(len(self.lefts), len(self.rights))

    @property
    def middle(self) -> float:
        """Where it parts the pieces of a row."""
        return (self.left + self.right) / 2


Block = Table | list[Line]
"""A table, or the lines of a column from top to bottom."""


def blocks_of(lines: Sequence[Line]) -> Iterator[Block]:
    """Yield the blocks of a page in the order in which they are read."""
    turned: defaultdict[int, list[Line]] = defaultdict(list)
    for line in lines:
        turned[line.turn].append(line)
    # First what most of the page is; a stamp along its edge comes last.
    for group in sorted(turned.values(), key=lambda group: -sum(len(one.text) for one in group)):
        yield from _blocks(rows_of(with_initials(group)), MAX_DEPTH)


def _blocks(rows: Sequence[Row], depth: int) -> Iterator[Block]:
    start = 0
    for first, last, gutters in _parted(rows) if depth else ():
        middle = gutters[0].middle
        found = table_of(rows[first : last + 1], sorted(gutter.middle for gutter in gutters))
        if found:
            table, above, end = found
            first, last = first + above, first + end - 1
        if start < first:
            yield [joined(row.pieces) for row in rows[start:first]]
        if found:
            yield table
        else:
            for side in _sides(rows[first : last + 1], middle):
                yield from _blocks(rows_of(side), depth - 1)
        start = last + 1
    if start < len(rows):
        yield [joined(row.pieces) for row in rows[start:]]


def _sides(rows: Sequence[Row], middle: float) -> tuple[list[Line], list[Line]]:
    left: list[Line] = []
    right: list[Line] = []
    for row in rows:
        for piece in row.pieces:
            (left if piece.left < middle else right).append(piece)
    return (right, left) if is_from_right("".join(one.text for one in left)) else (left, right)


def _parted(rows: Sequence[Row]) -> list[tuple[int, int, list[Gutter]]]:
    """Return the runs of rows that gutters part, in order, each with its best gutter first."""
    gutters = _gutters(rows)
    gutters.sort(key=lambda one: (not _is_wide(one, rows), -one.support, one.left - one.right))
    starts: list[int] = []
    blocks: list[tuple[int, int, list[Gutter]]] = []
    for gutter in gutters:
        place = bisect_right(starts, gutter.last) - 1
        if place < 0 or blocks[place][1] < gutter.first:
            if not _is_wide(gutter, rows):
                continue
            place = bisect_left(starts, gutter.first)
            starts.insert(place, gutter.first)
            blocks.insert(place, (gutter.first, gutter.last, [gutter]))
            continue
        first, last, others = blocks[place]
        common = min(last, gutter.last) - max(first, gutter.first) + 1
        # In a table that a wide gutter shows, others may be narrow.
        supported = gutter.support >= _SHARE * others[0].support
        if common >= _SHARE * (last - first + 1) and (supported or _is_wide(gutter, rows)):
            others.append(gutter)
    return blocks


def _is_wide(gutter: Gutter, rows: Sequence[Row]) -> bool:
    heights = sorted(row.height for row in rows[gutter.first : gutter.last + 1])
    height = heights[len(heights) // 2]
    return any(
        gutter.support >= support and gutter.right - gutter.left >= width * height
        for support, width in _WIDTHS
    )


def _gutters(rows: Sequence[Row]) -> list[Gutter]:
    """Return the strips that are free over several rows with text on both sides of them."""
    followed: list[Gutter] = []
    found: list[Gutter] = []
    for number, row in enumerate(rows):
        spans = _spans(row.pieces)
        still = []
        for gutter in followed:
            left, right = _free(spans, gutter.left, gutter.right)
            if right - left < GAP * row.height:
                found.append(gutter)
                continue
            gutter.left, gutter.right, gutter.last = left, right, number
            if spans[0][0] < left:
                gutter.lefts.append(number)
            if spans[-1][1] > right:
                gutter.rights.append(number)
            still.append(gutter)
        followed = still
        followed += _opened(rows, number, spans, followed)[: MAX_GUTTERS - len(followed)]
    trimmed = [_trimmed(gutter, rows) for gutter in found + followed if gutter.support > 1]
    return [gutter for gutter in trimmed if gutter.first <= gutter.last]


def _opened(
    rows: Sequence[Row], number: int, spans: list[tuple[float, float]], followed: Sequence[Gutter]
) -> list[Gutter]:
    """Return the gutters that begin with a row, or with it and the row above that it overlaps."""
    row = rows[number]
    first = number
    if number and rows[number - 1].base - row.base < _OVERLAPPING * row.height:
        spans = _spans((*rows[number - 1].pieces, *row.pieces))
        first = number - 1
    opened: list[Gutter] = []
    edges = sorted((gutter.left, gutter.right) for gutter in followed)
    for (_, left), (right, _) in pairwise(spans):
        place = bisect_left(edges, (right, right))
        taken = place and edges[place - 1][1] > left
        if right - left < GAP * row.height or taken:
            continue
        gutter = Gutter(left, right, first, number)
        for one in range(first, number + 1):
            if rows[one].left < left:
                gutter.lefts.append(one)
            if rows[one].right > right:
                gutter.rights.append(one)
        opened.append(gutter)
    return opened


def _spans(pieces: Sequence[Line]) -> list[tuple[float, float]]:
    """Return what of a row is taken, from left to right."""
    spans: list[tuple[float, float]] = []
    for left, right in sorted((piece.left, piece.right) for piece in pieces):
        if spans and left <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], right)
        else:
            spans.append((left, right))
    return spans


def _free(spans: Sequence[tuple[float, float]], left: float, right: float) -> tuple[float, float]:
    """Return the widest part of a strip that a row leaves free."""
    best = left, left
    place = max(0, bisect_right(spans, (left, left)) - 1)
    for start, end in spans[place:]:
        if min(start, right) - left > best[1] - best[0]:
            best = left, min(start, right)
        left = max(left, end)
        if left >= right or start >= right:
            break
    if right - left > best[1] - best[0]:
        best = left, right
    return best


def _trimmed(gutter: Gutter, rows: Sequence[Row]) -> Gutter:
    """Return a gutter without the rows at its ends that have text on one side and stand apart."""
    last = min(gutter.lefts[-1], gutter.rights[-1])
    while last < gutter.last and _goes_on(rows[last], rows[last + 1]):
        last += 1
    first = max(gutter.lefts[0], gutter.rights[0])
    while first > gutter.first and _goes_on(rows[first], rows[first - 1]):
        first -= 1
    top = max(0, first - _MAX_ABOVE)
    while (
        first > top
        and _goes_on(rows[first], rows[first - 1])
        and _leaves_free(rows[first - 1], gutter)
    ):
        first -= 1
    return replace(gutter, first=first, last=last)


def _leaves_free(row: Row, gutter: Gutter) -> bool:
    return all(piece.right <= gutter.left or piece.left >= gutter.right for piece in row.pieces)


def _goes_on(row: Row, other: Row) -> bool:
    low, high = sorted((row.height, other.height))
    return high - low <= _ALIKE * high and abs(row.base - other.base) <= _GOES_ON * high
