"""Tables of HTML: told from frames around parts of a page, and the headings written into cells."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree, html  # type: ignore[import-untyped]

from retrieval.articles.formulas import formula_text, is_formula
from retrieval.articles.tables import Cell, Line, Row, lines_of

CELLS = frozenset({"td", "th", "cell"})
"""Cells of HTML, and of the trees of trafilatura."""
_UNREAD_TAGS = "iframe noscript rp rt rtc script select style svg template textarea title"
UNREAD = frozenset(_UNREAD_TAGS.split())
"""Elements that hold no text of a page."""

# A cell with one of these, or with much text, is a frame around a part of the page.
_FRAMED = frozenset({"table", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "head", "form"})
_MAX_CELL = 400
# What a table is called that only lays out a page, and one whose headings are written.
_FRAMES = frozenset({"presentation", "none"})
_WRITTEN = "written"
_INLINE = frozenset(
    {"a", "abbr", "b", "em", "i", "s", "small", "span", "strong", "sub", "sup", "u"}
)
_SPANS = ("colspan", "rowspan")
_SPAN = re.compile(r"[1-9][0-9]{0,3}")
_BOLD = frozenset({"b", "strong"})
_Elements = Mapping[Cell, html.HtmlElement]


def is_of_cells(table: html.HtmlElement) -> bool:
    """Tell whether a table, or a row of one, is of values and not of parts of a page."""
    length = 0
    for element in table.iterdescendants():
        if element.tag in CELLS:
            length = 0
        length += len(element.text or "") + len(element.tail or "")
        if element.tag in _FRAMED or length > _MAX_CELL:
            return False
    return True


def write_headings(table: html.HtmlElement) -> None:
    """Write the headings of a table's columns into its cells; see `lines_of`.

    A cell that spans several rows then stands in each, and those that are empty are taken out.
    What is of headings has no other cells, and rows that are not have none.
    """
    rows = [row for row in table.iter("tr") if is_of_cells(row)]
    declared = next(table.iter("th", "thead"), None) is not None
    if (
        not rows
        or table.get("role") in _FRAMES
        or table.get(_WRITTEN)
        or next(table.iterdescendants("table"), None) is not None
        or not (declared or is_of_cells(table))
    ):
        return
    table.set(_WRITTEN, _WRITTEN)
    elements: dict[Cell, html.HtmlElement] = {}
    read = []
    for row in rows:
        own = {_cell(one): one for one in row.iterchildren("td", "th")}
        elements.update(own)
        read.append(Row(list(own), head=row.getparent().tag == "thead"))
    if not declared and len(rows) > 1 and _is_bold(rows[0]) and not _is_bold(rows[1]):
        read[0] = Row(read[0].cells, head=True)
    for row, one, line in zip(rows, read, lines_of(read), strict=True):
        if line.heading or len(one.cells) > 1 or len(line.cells) > 1:
            _write(row, one, line, elements)


def _write(row: html.HtmlElement, read: Row, line: Line, elements: _Elements) -> None:
    tag = "th" if line.heading else "td"
    for cell in row.iterchildren("td", "th"):
        cell.tag = tag
    if not line.heading and line.cells == [("", cell) for cell in read.cells]:
        return
    written = []
    for label, cell in line.cells:
        element = elements.get(cell)
        if element is None or element.getparent() is not row:  # made of several, or from above
            element = row.makeelement(tag)
            element.text = cell.text
        for span in _SPANS:
            element.attrib.pop(span, None)
        if label:
            element.text = label + (element.text or "").lstrip()
        written.append(element)
    row[:] = written


def _cell(element: html.HtmlElement) -> Cell:
    columns, rows = (_spanned(element.get(name)) for name in _SPANS)
    return Cell(_text(element), element.tag == "th", columns, rows)


def _spanned(value: str | None) -> int:
    return int(value) if value and _SPAN.fullmatch(value) else 1


def _text(cell: html.HtmlElement) -> str:
    """Return the text of a cell, in one line."""
    if not len(cell):
        return " ".join((cell.text or "").split())
    parts = [cell.text or ""]
    walk = etree.iterwalk(cell, events=("start", "end"))
    for event, element in walk:
        if element is cell:
            continue
        if event == "end":
            parts += ("" if element.tag in _INLINE else " ", element.tail or "")
        elif element.tag in UNREAD or is_formula(element):
            parts.append("" if element.tag in UNREAD else formula_text(element))
            walk.skip_subtree()
        else:
            parts += ("" if element.tag in _INLINE else " ", element.text or "")
    return " ".join("".join(parts).split())


def is_of_headings(row: html.HtmlElement) -> bool:
    """Tell whether all text of a row is in cells that are headings."""
    cells = [cell for cell in row if cell.tag in CELLS and _text(cell)]
    return bool(cells) and all(cell.tag == "th" or cell.get("role") == "head" for cell in cells)


def _is_bold(row: html.HtmlElement) -> bool:
    """Tell whether all text of a row is bold."""
    return all(
        len(cell) == 1 and cell[0].tag in _BOLD and not (cell.text or cell[0].tail or "").strip()
        for cell in row.iterchildren("td")
    )
