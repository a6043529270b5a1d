"""Tables of HTML: told from frames around parts of a page, and the headings written into cells."""

from __future__ import annotations

import re

from lxml import etree, html  # type: ignore[import-untyped]

from retrieval.articles.formulas import formula_text, is_formula
from retrieval.articles.tables import Cell, Row, lines_of

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
    """
    elements = [row for row in table.iter("tr") if is_of_cells(row)]
    declared = next(table.iter("th", "thead"), None) is not None
    if (
        not elements
        or table.get("role") in _FRAMES
        or table.get(_WRITTEN)
        or next(table.iterdescendants("table"), None) is not None
        or not (declared or is_of_cells(table))
    ):
        return
    table.set(_WRITTEN, _WRITTEN)
    cells: dict[Cell, html.HtmlElement] = {}
    rows = []
    for element in elements:
        own = {_cell(one): one for one in element.iterchildren("td", "th")}
        cells.update(own)
        rows.append(Row(list(own), head=element.getparent().tag == "thead"))
    if not declared and len(rows) > 1 and _is_bold(elements[0]) and not _is_bold(elements[1]):
        rows[0] = Row(rows[0].cells, head=True)
    lines = lines_of(rows)
    if not (any(line.heading for line in lines) or any(cell.rows > 1 for cell in cells)):
        return
    for element, line in zip(elements, lines, strict=True):
        written = []
        for label, cell in line.cells:
            one = cells.get(cell)
            if one is None or one.getparent() is not element:  # from a row above
                one = element.makeelement("td")
                one.text = cell.text
            for span in _SPANS:
                one.attrib.pop(span, None)
            if label:
                one.text = label + (one.text or "").lstrip()
            written.append(one)
        element[:] = written


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


def _is_bold(row: html.HtmlElement) -> bool:
    """Tell whether all text of a row is bold."""
    return all(
        len(cell) == 1 and cell[0].tag in _BOLD and not (cell.text or cell[0].tail or "").strip()
        for cell in row.iterchildren("td")
    )
