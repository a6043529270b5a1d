"""Grids of a PDF's page: rules that meet, and the tables that they draw."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from retrieval.articles.pdf.lines import OBJECT, Line
from retrieval.articles.pdf.rows import joined, rows_of
from retrieval.articles.pdf.rules import Rule, Rules
from retrieval.articles.pdf.tables import Table, whole

MAX_GRIDS = 30
"""So many tables with rules are read on a page."""

# How far the ends of two rules may be apart that meet, in points.
_MEET = 2.5
# A cell with more characters is no cell: frames part a page into its columns, too.
_MAX_CELL = 1_500


@dataclass(frozen=True, slots=True)
class Grid:
    """Rules that part a table.

    Attributes:
        columns: Places of its upright rules from left to right.
        rows: Places of its level rules from bottom to top.
        walls: Rows, counted from below, and the upright rules that are drawn in them.
    """

    columns: tuple[float, ...]
    rows: tuple[float, ...]
    walls: frozenset[tuple[int, int]]

    def cell(self, line: Line) -> tuple[int, int] | None:
        """Return the row, counted from below, and the column of a line; None if it is outside."""
        if not self.rows[0] - line.height < line.base < self.rows[-1]:
            return None
        row = bisect_right(self.rows, line.base + line.height / 4) - 1
        column = bisect_right(self.columns, (line.left + line.right) / 2) - 1
        if not (0 <= row < len(self.rows) - 1 and 0 <= column < len(self.columns) - 1):
            return None
        column = min(column, max(0, bisect_right(self.columns, line.left + _MEET) - 1))
        while column > 0 and (row, column) not in self.walls:
            column -= 1
        return row, column


def grids_of(rules: Rules) -> list[Grid]:
    """Return the grids of rules that meet, with two rows and two columns, small ones first."""
    groups = list(range(len(rules.upright) + len(rules.level)))

    def group(number: int) -> int:
        while groups[number] != number:
            groups[number] = groups[groups[number]]
            number = groups[number]
        return number

    for number, upright_rule in enumerate(rules.upright):
        for other, level in enumerate(rules.level, start=len(rules.upright)):
            if _meet(upright_rule, level):
                groups[group(other)] = group(number)
    members: defaultdict[int, tuple[list[Rule], list[Rule]]] = defaultdict(lambda: ([], []))
    for number, rule in enumerate([*rules.upright, *rules.level]):
        members[group(number)][number >= len(rules.upright)].append(rule)
    grids = [_grid(uprights, levels) for uprights, levels in members.values()]
    grids = [grid for grid in grids if len(grid.columns) > 2 and len(grid.rows) > 2]
    return sorted(grids, key=lambda grid: len(grid.columns) * len(grid.rows))[:MAX_GRIDS]


def _grid(uprights: Sequence[Rule], levels: Sequence[Rule]) -> Grid:
    columns = _distinct([rule.place for rule in uprights])
    rows = _distinct([rule.place for rule in levels])
    middles = [(below + above) / 2 for below, above in pairwise(rows)]
    walls: set[tuple[int, int]] = set()
    for rule in uprights:
        column = bisect_right(columns, rule.place) - 1
        first, last = bisect_left(middles, rule.start), bisect_left(middles, rule.end)
        walls.update((row, column) for row in range(first, last))
    return Grid(columns, rows, frozenset(walls))


def _meet(rule: Rule, level: Rule) -> bool:
    return (
        rule.start - _MEET <= level.place <= rule.end + _MEET
        and level.start - _MEET <= rule.place <= level.end + _MEET
    )


def _distinct(places: Sequence[float]) -> tuple[float, ...]:
    """Return the places in order, those of one double rule once."""
    distinct: list[float] = []
    for place in sorted(places):
        if not distinct or place - distinct[-1] > _MEET:
            distinct.append(place)
    return tuple(distinct)


def with_tables(lines: Sequence[Line], rules: Rules) -> tuple[list[Line], list[Table]]:
    """Return the lines of a page with one line for each table that its rules draw, and the tables.

    The line has its table's number between two `OBJECT`, and stands where the table begins.
    """
    rest = list(lines)
    tables: list[Table] = []
    for grid in grids_of(rules):
        inside: defaultdict[tuple[int, int], list[Line]] = defaultdict(list)
        outside: list[Line] = []
        for line in rest:
            cell = grid.cell(line) if line.turn == rules.turn else None
            (outside if cell is None else inside[cell]).append(line)
        if _is_table(inside):
            first = max(
                (line for cell in inside.values() for line in cell), key=lambda one: one.base
            )
            place = replace(
                first,
                text=f"{OBJECT}{len(tables)}{OBJECT}",
                left=grid.columns[0],
                right=grid.columns[-1],
            )
            rest = [*outside, place]
            tables.append(_table(inside))
    return rest, tables


def _is_table(cells: Mapping[tuple[int, int], Sequence[Line]]) -> bool:
    rows, columns = ({cell[side] for cell in cells} for side in (0, 1))
    return (
        len(rows) > 1
        and len(columns) > 1
        and all(sum(len(line.text) for line in lines) <= _MAX_CELL for lines in cells.values())
    )


def _table(cells: Mapping[tuple[int, int], Sequence[Line]]) -> Table:
    rows, columns = (sorted({cell[side] for cell in cells}) for side in (0, 1))
    texts = {
        cell: whole([joined(row.pieces).text for row in rows_of(lines)])
        for cell, lines in cells.items()
    }
    return Table(
        tuple(tuple(texts.get((row, column), "") for column in columns) for row in reversed(rows))
    )
