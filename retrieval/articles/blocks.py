"""Blocks: the text of a document as its reader comes upon it, paragraph by paragraph."""

from __future__ import annotations

from dataclasses import dataclass, field

from retrieval.articles.headings import HEADING, marked
from retrieval.articles.tables import Cell, Row, lines_of


@dataclass(slots=True)
class _OpenCell:
    """A cell, or the document, while it is read."""

    head: bool = False
    columns: int = 1
    rows: int = 1
    paragraphs: list[str] = field(default_factory=list)

    def cell(self) -> Cell:
        text = " ".join(" ".join(self.paragraphs).replace(HEADING, "").split())
        return Cell(text, self.head, self.columns, self.rows)


@dataclass(slots=True)
class _OpenRow:
    head: bool
    cells: list[_OpenCell] = field(default_factory=list)


# A row, or the paragraphs of a cell that is alone in one, which is a frame around them.
_Table = list[Row | list[str]]


class Blocks:
    """Collects the text of a document in its order; tables may be nested."""

    def __init__(self) -> None:
        self._cells = [_OpenCell()]  # what is open: the document, a cell, a cell in it
        self._rows: list[_OpenRow] = []
        self._tables: list[_Table] = []
        self._captioned = False  # the last paragraph is the caption of something

    def add(self, text: str, *, heading: bool = False, caption: bool = False) -> None:
        """Add a paragraph, or nothing if it is blank.

        Args:
            text: The paragraph.
            heading: Whether it is a heading.
            caption: Whether it names what stands beside it: it is the heading of a table below.
        """
        if text := text.strip():
            self._cells[-1].paragraphs.append(marked(text) if heading else text)
            self._captioned = caption

    def start_table(self) -> None:
        """Begin a table."""
        if self._captioned:
            paragraphs = self._cells[-1].paragraphs
            paragraphs[-1] = marked(paragraphs[-1])
            self._captioned = False
        self._tables.append([])

    def start_row(self, *, head: bool = False) -> None:
        """Begin a row, which may be declared to be of headings."""
        self._rows.append(_OpenRow(head))

    def start_cell(self, *, head: bool = False, columns: int = 1, rows: int = 1) -> None:
        """Begin a cell of the row; see `Cell`."""
        self._cells.append(_OpenCell(head, columns, rows))

    def end_cell(self) -> None:
        """End the cell that was begun last."""
        cell = self._cells.pop()
        if self._rows:
            self._rows[-1].cells.append(cell)
        else:
            self._cells[-1].paragraphs += cell.paragraphs

    def end_row(self) -> None:
        """End the row that was begun last."""
        row = self._rows.pop()
        if len(row.cells) == 1:
            self._add_to_table(row.cells[0].paragraphs)
        elif any(cell.paragraphs for cell in row.cells):
            self._add_to_table(Row([cell.cell() for cell in row.cells], row.head))

    def end_table(self) -> None:
        """End the table that was begun last."""
        self._add_table(self._tables.pop())

    def text(self) -> str:
        """Return the text, its blocks parted by empty lines."""
        return "\n\n".join(self._cells[0].paragraphs)

    def _add_to_table(self, part: Row | list[str]) -> None:
        if self._tables:
            self._tables[-1].append(part)
        else:
            self._add_table([part])

    def _add_table(self, table: _Table) -> None:
        lines = iter(lines_of([part for part in table if isinstance(part, Row)]))
        for part in table:
            if isinstance(part, Row):
                line = next(lines)
                self.add(line.text, heading=line.heading)
            else:
                self._cells[-1].paragraphs += part
