"""The body of an RTF document while it is read: its paragraphs, and the rows of its tables."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

from retrieval.articles import symbols
from retrieval.articles.blocks import Blocks

ENDS = frozenset({"par", "sect", "page", "column", "\n", "\r"})
"""What ends a paragraph."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_ROW, _HEAD, _CELL = "trowd", "trhdr", "cellx"
# A cell that goes on from above, and one that belongs to that on its left.
_BELOW, _BEHIND = "clvmrg", "clmrg"
# Edges of cells that are nearer are one; in twentieths of a point.
_NEAR = 60


@dataclass(slots=True)
class _Edge:
    """What is told of a cell before it comes: where it ends, and whether it is part of another."""

    place: int = 0
    kind: str = ""


@dataclass(slots=True)
class _Row:
    cells: list[list[str]]
    edges: list[_Edge]
    head: bool


class Body:
    """The paragraphs and rows of a document while it is read."""

    def __init__(self) -> None:
        self._blocks = Blocks()
        self._paragraph: list[str] = []
        self._cell: list[str] = []
        self._row: list[list[str]] = []
        self._edges: list[_Edge] = []
        self._kind = ""
        self._head = False
        self._table: list[_Row] = []

    def write(self, text: str, *, raised: bool = False) -> None:
        """Write text into the paragraph."""
        if raised:
            text = symbols.raised(text, "".join(self._paragraph[-1:]))
        self._paragraph.append(text)

    def add_box(self, text: str) -> None:
        """Add the paragraphs of a text box, before the one that it stands in."""
        if self._row or self._cell:
            self._cell.append(text)
        else:
            self._blocks.add(text)

    def drop(self) -> None:
        """Leave the paragraph out."""
        self._paragraph.clear()

    def define(self, name: str, number: int | None) -> bool:
        """Take a word that describes a row of a table; return whether it is one."""
        if name == _ROW:
            self._edges, self._kind, self._head = [], "", False
        elif name == _HEAD:
            self._head = True
        elif name in {_BELOW, _BEHIND}:
            self._kind = name
        elif name == _CELL:
            self._edges.append(_Edge(number or 0, self._kind))
            self._kind = ""
        else:
            return False
        return True

    def end(
        self,
        name: str,
        *,
        in_table: bool,
        drop_cap: bool = False,
        heading: bool = False,
        caption: bool = False,
    ) -> None:
        """End a paragraph, which may be a heading or a caption, a cell or a row."""
        if drop_cap and name == "par":
            return
        paragraph = whole("".join(self._paragraph))
        self._paragraph.clear()
        if not in_table and name in ENDS:
            self._end_row()
            self._end_table()
            self._blocks.add(paragraph, heading=heading, caption=caption)
            return
        self._cell.append(paragraph)
        if name == "cell":
            self._row.append(self._cell)
            self._cell = []
        elif name == "row":
            self._end_row()

    def text(self) -> str:
        """Return the text, its blocks parted by empty lines."""
        self.end("par", in_table=False)
        return self._blocks.text()

    def _end_row(self) -> None:
        if self._row:
            self._table.append(_Row(self._row, self._edges, self._head))
        if any(self._cell):  # behind the last cell
            self._table.append(_Row([self._cell], [], False))
        self._row, self._cell = [], []

    def _end_table(self) -> None:
        rows, self._table = self._table, []
        columns = _columns(rows)
        self._blocks.start_table()
        for row in rows:
            self._blocks.start_row(head=row.head)
            for paragraphs, width, below in _cells(row, columns):
                self._blocks.start_cell(columns=width, rows=0 if below else 1)
                for paragraph in paragraphs:
                    self._blocks.add(paragraph)
                self._blocks.end_cell()
            self._blocks.end_row()
        self._blocks.end_table()


def _columns(rows: Sequence[_Row]) -> list[int]:
    """Return where the columns of a table end."""
    lists = {id(row.edges): row.edges for row in rows}
    places = sorted({edge.place for edges in lists.values() for edge in edges})
    return [place for before, place in pairwise([-_NEAR, *places]) if place - before >= _NEAR]


def _cells(row: _Row, columns: Sequence[int]) -> Iterator[tuple[list[str], int, bool]]:
    """Yield the paragraphs of each cell, its columns, and whether it goes on from above."""
    left = 0
    held: list[str] | None = None
    width, below = 0, False
    for paragraphs, edge in zip_longest(row.cells, row.edges[: len(row.cells)]):
        right = bisect_right(columns, edge.place) if edge else left + 1
        columns_of_it, left = max(1, right - left), max(left + 1, right)
        if held is not None and edge and edge.kind == _BEHIND:
            held += paragraphs
            width += columns_of_it
            continue
        if held is not None:
            yield held, width, below
        held, width = paragraphs, columns_of_it
        below = edge is not None and edge.kind == _BELOW
    if held is not None:
        yield held, width, below


def whole(text: str) -> str:
    """Return the text with the two halves of each character that has them put together."""
    if not _SURROGATES.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
