"""The body of an RTF document while it is read: paragraphs, rows of tables, and its fonts."""

from __future__ import annotations

import codecs
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

_MAX_NAME = 40
_ANSI = "cp1252"
_NUMBERED = {65001: "utf-8", 936: "gb18030", 10000: "mac_roman", 10007: "mac_cyrillic"}
_CODE_PAGES = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
# Codecs by a font's \fcharset; one that is missing has the document's own.
_CHARSETS = {
    0: "cp1252", 77: "mac_roman", 78: "shift_jis", 79: "big5", 80: "euc_kr",
    81: "mac_arabic", 83: "mac_greek", 85: "mac_turkish", 88: "mac_latin2", 89: "mac_cyrillic",
    128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "big5", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251",
    222: "cp874", 238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip


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


class Fonts:
    """The fonts of a document, and the code page of what has none.

    Attributes:
        default: Number of the font that text has where it names none.
    """

    def __init__(self) -> None:
        self.default = 0
        self._codec = _ANSI
        self._codecs: dict[int, str | None] = {}
        self._names: dict[int, str] = {}
        self._described = 0

    def set_code_page(self, name: str, number: int | None) -> None:
        """Take the document's code page from a word such as `ansicpg` or `mac`."""
        if name == "ansicpg":
            self._codec = _code_page(number) or _ANSI
        elif name in _CODE_PAGES:
            self._codec = _CODE_PAGES[name]

    def describe(self, name: str, number: int | None) -> None:
        """Take what the table of fonts says of one in a word."""
        if name == "f":
            self._described = number or 0
        elif name == "fcharset":
            self._codecs[self._described] = _CHARSETS.get(number or 0)
        elif name == "cpg":
            self._codecs[self._described] = _code_page(number)

    def add_to_name(self, text: str) -> None:
        """Take a part of the name of the font that is being described."""
        name = self._names.get(self._described, "") + text
        self._names[self._described] = name[:_MAX_NAME]

    def codec_of(self, font: int) -> str | None:
        """Return a font's codec or, of one of symbols, its name; None is the document's codec."""
        return symbols.font_of_symbols(self._names.get(font, "")) or self._codecs.get(font)

    def decode(self, data: bytes | bytearray, codec: str | None) -> str:
        """Return the characters of bytes in a codec or in a font of symbols."""
        if codec and symbols.font_of_symbols(codec):
            return "".join(symbols.character(codec, byte) for byte in data)
        return data.decode(codec or self._codec, errors="replace")


def _code_page(number: int | None) -> str | None:
    """Return the name of a code page, None if it is not known."""
    name = _NUMBERED.get(number or 0, f"cp{number}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None
