"""HTML markup: parsed, and reduced to its text, block by block, and its tables row by row.

Tables are told from frames around parts of a page, and their headings written into their cells.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from lxml import etree, html  # type: ignore[import-untyped]

from retrieval.articles.formulas import formula_text, is_formula
from retrieval.articles.headings import HEADING
from retrieval.articles.tables import Cell, Line, Row, lines_of
from retrieval.articles.text import decode, legacy_codec, printable

# Elements of HTML, and of the trees of trafilatura (head, item, list, quote, row; cell; lb).
_BLOCK_TAGS = (
    "address article aside blockquote body caption dd details dialog div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr item legend li list main "
    "nav ol p pre quote row section summary table tbody tfoot thead tr ul"
)
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_ITEMS = frozenset({"li", "item"})
_ROWS = frozenset({"tr", "row"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "head", "caption"})
_LINE_BREAKS = frozenset({"br", "lb"})
_TERMS = ("dt", "dd")  # what trafilatura makes items of

# Where XML or a page says what encoding it has, among so many bytes.
_DECLARED = re.compile(
    rb"\A\s*<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']([\w.:-]{1,40})"
    rb"|<meta[^>]{0,200}charset\s{0,9}=[\s\"']{0,9}([\w.:-]{1,40})",
    re.IGNORECASE,
)
_HEAD = 4096
_CONTROLS = bytes({*range(9), *range(14, 32)})
MAX_CONTROLS = 0.01
# Characters of Windows's code page that were written into Unicode as they stood, as controls.
_MISTAKEN = {
    code: bytes([code]).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}
}

# Characters, and references to any, that the parser lets through and that lxml then refuses as the
# text of an element.
_ILLEGAL = {0x0B: " ", 0x0C: " ", 0xFFFE: None, 0xFFFF: None}
_REFERENCE = re.compile(r"&#(?:[xX]0*([0-9a-fA-F]{1,8})|0*([0-9]{1,8}));?")
# They hold nothing, but the parser takes what follows for their content, which goes with them.
_EMPTY = re.compile(r"</?(?:bgsound|embed|keygen|source|track|wbr)(?:[\s/][^<>]*)?>", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,6}")
_SPACES = re.compile(r"\s+")

_CELLS = frozenset({"td", "th", "cell"})
"""Cells of HTML, and of the trees of trafilatura."""
_UNREAD_TAGS = "iframe noscript rp rt rtc script select style svg template textarea title"
_UNREAD = frozenset(_UNREAD_TAGS.split())
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


def decode_markup(data: bytes) -> str:
    """Decode HTML or XML as it declares, and pass over stray NUL bytes as browsers do.

    Raises:
        UnreadableArticle: The bytes are no text.
    """
    start = data[:4]
    if start[:1] == b"<" and start[1:2] == b"\0":
        return data.decode("utf-16-le" if start[2:4] != b"\0\0" else "utf-32-le", errors="replace")
    if start[:1] == b"\0" and b"<" in start:
        return data.decode("utf-16-be" if start[1:2] == b"<" else "utf-32-be", errors="replace")
    controls = len(data) - len(data.translate(None, _CONTROLS))
    if controls <= MAX_CONTROLS * len(data):
        data = data.replace(b"\0", b"")
    names = (match[1] or match[2] for match in _DECLARED.finditer(data, 0, _HEAD))
    declared = next(filter(None, map(legacy_codec, names)), None)
    return decode(data, declared).translate(_MISTAKEN)


def parse(text: str) -> html.HtmlElement | None:
    """Parse a page or a piece of one, without comments; None if there is no element in it.

    Raises:
        RecursionError: Elements are nested deeper than the parser goes (2,048), so that it would
            leave out what follows.
        MemoryError: There is not enough for its elements.
    """
    parser = html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True
    )
    try:
        text = _EMPTY.sub("", printable(text).translate(_ILLEGAL))
        legal = _REFERENCE.sub(_legal, text)
        tree = html.document_fromstring(legal.encode(), parser=parser)
    except etree.ParserError:
        return None
    except etree.XMLSyntaxError as exc:
        raise MemoryError from exc  # whatever else is wrong, the parser goes on
    if any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        raise RecursionError("elements are nested too deeply")
    return tree


def _legal(reference: re.Match[str]) -> str:
    """Return a reference to a character, or nothing if no text in XML may have that character."""
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    may = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE
    return reference[0] if may or 0x10000 <= code < 0x110000 else ""


def well_formed(text: str) -> str:
    """Return a piece of HTML with every element in it closed, or nothing."""
    tree = parse(text)
    body = None if tree is None else tree.find("body")
    return "" if body is None else str(html.tostring(body, encoding="unicode"))


def text_of(root: html.HtmlElement) -> str:
    """Return the text of an element, one block for each paragraph, list item or table row.

    The headings of a table's columns are written into its cells.
    """
    for table in root.iter("table"):
        write_headings(table)
    blocks = _Blocks()
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if event == "end":
            blocks.end(element)
        elif element.tag in _UNREAD:
            walk.skip_subtree()
        elif is_formula(element):
            blocks.write(formula_text(element))
            walk.skip_subtree()
        else:
            blocks.start(element)
    return blocks.text()


class _Blocks:
    """Collects the text of elements, with white space folded as a browser folds it."""

    def __init__(self) -> None:
        self._parts = ["\n\n"]
        self._bulleted = False  # a list item's first block stands beside its bullet
        self._preformatted = 0
        self._row: html.HtmlElement | None = None  # a row whose cells are one line
        self._heading: html.HtmlElement | None = None
        self._marked = 0  # where its mark is
        self._numbers: Counter[html.HtmlElement] = Counter()

    def start(self, element: html.HtmlElement) -> None:
        tag = element.tag
        if tag in _BLOCKS:
            self._break("\n\n")
        if tag in _ROWS and self._row is None and is_of_cells(element):
            self._row = element
            if _is_of_headings(element):
                self._mark(element)
        elif tag in _HEADINGS and self._row is None:
            self._mark(element)
        if tag in _ITEMS:
            self._bullet(element)
        elif tag in _LINE_BREAKS:
            self._break("\n")
        elif tag in _CELLS and element.getprevious() is not None:
            self._end_cell()
        elif tag == "pre":
            self._preformatted += 1
        self.write(element.text)

    def end(self, element: html.HtmlElement) -> None:
        if element.tag == "pre":
            self._preformatted -= 1
        if element.tag in _ITEMS:
            self._drop_bullet()
        if element is self._row:
            self._row = None
            self._end_row()
        if element is self._heading:
            self._heading = None
            if not "".join(self._parts[self._marked + 1 :]).strip():
                del self._parts[self._marked :]
        if element.tag in _BLOCKS:
            self._break("\n\n")
        self.write(element.tail)

    def text(self) -> str:
        return "".join(self._parts)

    def write(self, text: str | None) -> None:
        if text and not self._preformatted:
            text = _SPACES.sub(" ", text)
            if self._parts[-1][-1].isspace():
                text = text.lstrip()
        if text:
            self._parts.append(text)
            self._bulleted = False

    def _mark(self, element: html.HtmlElement) -> None:
        if self._heading is None and not self._bulleted:
            self._heading, self._marked = element, len(self._parts)
            self._parts.append(HEADING)

    def _break(self, lines: str) -> None:
        if self._row is not None:
            self.write(" ")
        elif not self._bulleted:
            self._parts.append(lines)

    def _drop_bullet(self) -> None:
        if self._bulleted:
            self._parts.pop()
            self._bulleted = False

    def _end_cell(self) -> None:
        if self._parts[-1] == " ":
            self._parts.pop()
        if not self._parts[-1].endswith(("\n", HEADING)):
            self._parts.append(" | ")

    def _end_row(self) -> None:
        while self._parts[-1] in (" ", " | "):
            self._parts.pop()

    def _bullet(self, item: html.HtmlElement) -> None:
        if item.get("rend", "").startswith(_TERMS):
            return
        bullet, parent = "• ", item.getparent()
        if parent is not None and "ol" in (parent.tag, parent.get("rend")):
            if parent not in self._numbers:
                start = _NUMBER.fullmatch(parent.get("start", ""))
                self._numbers[parent] = int(start[0]) - 1 if start else 0
            self._numbers[parent] += 1
            bullet = f"{self._numbers[parent]}. "
        self._drop_bullet()
        self._parts.append(bullet)
        self._bulleted = True


def is_of_cells(table: html.HtmlElement) -> bool:
    """Tell whether a table, or a row of one, is of values and not of parts of a page."""
    length = 0
    for element in table.iterdescendants():
        if element.tag in _CELLS:
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
        elif element.tag in _UNREAD or is_formula(element):
            parts.append("" if element.tag in _UNREAD else formula_text(element))
            walk.skip_subtree()
        else:
            parts += ("" if element.tag in _INLINE else " ", element.text or "")
    return " ".join("".join(parts).split())


def _is_of_headings(row: html.HtmlElement) -> bool:
    """Tell whether all text of a row is in cells that are headings."""
    cells = [cell for cell in row if cell.tag in _CELLS and _text(cell)]
    return bool(cells) and all(cell.tag == "th" or cell.get("role") == "head" for cell in cells)


def _is_bold(row: html.HtmlElement) -> bool:
    """Tell whether all text of a row is bold."""
    return all(
        len(cell) == 1 and cell[0].tag in _BOLD and not (cell.text or cell[0].tail or "").strip()
        for cell in row.iterchildren("td")
    )
