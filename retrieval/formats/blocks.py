"""Blocks: the text of a document in paragraphs, list items and table rows."""

from __future__ import annotations


class Blocks:
    """Collects the text of a document in its order; tables may be nested."""

    def __init__(self) -> None:
        self._cells: list[list[str]] = [[]]  # what is open: the document, a cell, a cell in it
        self._rows: list[list[list[str]]] = []

    def add(self, text: str) -> None:
        """Add a paragraph, or nothing if it is blank."""
        if text := text.strip():
            self._cells[-1].append(text)

    def start_row(self) -> None:
        """Begin a row of a table."""
        self._rows.append([])

    def start_cell(self) -> None:
        """Begin a cell of the row."""
        self._cells.append([])

    def end_cell(self) -> None:
        """End the cell that was begun last."""
        cell = self._cells.pop()
        if self._rows:
            self._rows[-1].append(cell)
        else:
            self._cells[-1] += cell

    def end_row(self) -> None:
        """End the row; what stands alone in one is no table but a frame around paragraphs."""
        row = self._rows.pop()
        if len(row) == 1:
            self._cells[-1] += row[0]
        elif any(row):
            self.add(" | ".join(" ".join(" ".join(cell).split()) for cell in row))

    def text(self) -> str:
        """Return the text, its blocks parted by empty lines."""
        return "\n\n".join(self._cells[0])
