"""The text of a Word document's parts, block by block."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import TypedDict

from lxml import etree  # type: ignore[import-untyped]

from retrieval.articles.archive import attribute, local
from retrieval.articles.blocks import Blocks
from retrieval.articles.formulas import office_formula_text
from retrieval.articles.symbols import (
    MAX_INSTRUCTION,
    character,
    drawn,
    field_text,
    font_of_symbols,
    raised,
)
from retrieval.articles.word.styles import Lists, Style, Styles, integer, is_on, value, vanishes

# Deleted or moved away, the readings of letters, and what is no text.
_UNREAD = frozenset({"del", "moveFrom", "pPr", "rPr", "delInstrText", "delText", "tblPr", "rt"})
_TEXTS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}
# Of two twins of a drawing, the first is read.
_TWINS = frozenset({"Choice", "Fallback"})
# Lists that are made from the text.
_MADE = re.compile(r"toc .*|table of (?:figures|authorities)|toa heading")
_NOTES = {"footnoteReference": "footnote", "endnoteReference": "endnote"}
_LEVELS = frozenset("012345678")
_TITLES = ("title", "subtitle")
_TABLES = frozenset({"tbl", "tr", "tc"})
_DROP_CAPS = frozenset({"drop", "margin"})
_FORMULA = "oMath"
# What stands for text that is elsewhere: in another document, a chart, a diagram, an attribute.
_ELSEWHERE = frozenset({"altChunk", "chart", "relIds", "textpath"})
# How a field begins, with its instruction, and goes on, with its result.
_INSTRUCTION, _RESULT = "begin", "separate"
_MAX_FIELDS = 100
_MAX_DROP_CAP = 40
_HEXADECIMAL = re.compile("[0-9A-Fa-f]{1,5}")
_PRIVATE = range(0xE000, 0xF900)

# Of a bit mask of what is drawn in another way, as older files have it.
_FIRST_ROW = 0x20
# Runs of a row that are looked at.
_MAX_RUNS = 200


@dataclass(slots=True)
class _Paragraph:
    style: Style
    cap: str = ""  # the large letter that it begins with
    parts: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        if text:
            self.parts.append(text)


class Text:
    """The text of a document's parts.

    Attributes:
        title: The paragraph that is styled as the title.
        heading: The first heading of level 1, or the one at the very start.
        notes: The numbers of the notes that the text refers to, by their kind.
    """

    def __init__(self, styles: Styles, lists: Lists, related: Callable[[str, str], str]) -> None:
        """Begin without any text.

        Args:
            styles: Styles of the document.
            lists: Its lists.
            related: Gives the text of another part from its kind (altChunk, chart, diagram) and
                the relation's name.
        """
        self.blocks = Blocks()
        self.title: str | None = None
        self.heading: str | None = None
        self.notes: dict[str, list[str | None]] = {"footnote": [], "endnote": []}
        self._styles = styles
        self._lists = lists
        self._related = related
        self._paragraphs: list[_Paragraph] = []  # a text box is a paragraph in a paragraph
        self._cap = ""  # a drop cap, which belongs to the next paragraph that has text
        self._held: list[str] = []  # goes on in the next paragraph
        self._fields: list[str] = []  # how far each field has come that is open
        self._instruction: list[str] = []  # of the field that began last
        self._instructions = 0  # of these, how many instructions the last field is in
        self._marked = False  # the run has a mark of its own for a note
        self._font: str | None = None  # the run's, if it is one of symbols
        self._raised = False  # so is the run
        self._first = True

    def add(self, root: etree._Element) -> None:
        """Add the text below an element."""
        walk = etree.iterwalk(root, events=("start", "end"))
        skipped: etree._Element | None = None
        for event, element in walk:
            name = local(element)
            if event == "end" and element is not skipped:
                self._end(element, name)
            elif event == "start" and self._is_read(element, name):
                self._start(element, name)
                if name == _FORMULA:
                    walk.skip_subtree()
            elif event == "start":
                skipped = element
                walk.skip_subtree()
        self._release()

    def _is_read(self, element: etree._Element, name: str) -> bool:
        if name in _UNREAD:
            return False
        if name in _TWINS:
            return element.getprevious() is None
        if name == "r":
            return not self._is_hidden(element)
        if name == "tr":
            return not is_on(element.find("{*}trPr/{*}del"))
        if name == "sdt":  # "Click here to enter text"
            return not is_on(element.find("{*}sdtPr/{*}showingPlcHdr"))
        return True

    def _is_hidden(self, run: etree._Element) -> bool:
        properties = run.find("{*}rPr")
        own = vanishes(properties)
        if own is not None:
            return own
        styled = self._styles.of(properties, "rStyle").hidden
        return styled or (bool(self._paragraphs) and self._paragraphs[-1].style.hidden)

    def _start(self, element: etree._Element, name: str) -> None:
        if name == "p":
            style = self._styles.of(element.find("{*}pPr"))
            self._paragraphs.append(_Paragraph(style, self._cap, self._held))
            self._cap, self._held = "", []
        elif name == "r":
            properties = element.find("{*}rPr")
            fonts = None if properties is None else properties.find("{*}rFonts")
            self._font = font_of_symbols(attribute(fonts, "ascii") or "")
            self._raised = value(properties, "vertAlign") == "superscript"
        elif name in _TABLES:
            self._start_in_table(element, name)
        elif name in _NOTES:
            self.notes[_NOTES[name]].append(attribute(element, "id"))
            self._marked = attribute(element, "customMarkFollows") in {"1", "true", "on"}
        elif name == "fldChar":
            self._go_on(attribute(element, "fldCharType"))
        elif name == "instrText":
            self._instruction.append((element.text or "")[:MAX_INSTRUCTION])
        elif name in _ELSEWHERE:
            self.blocks.add(self._text_elsewhere(element, name))
        elif self._paragraphs and not self._marked and not self._instructions:
            self._paragraphs[-1].add(self._text(element, name))

    def _start_in_table(self, element: etree._Element, name: str) -> None:
        if name == "tc":
            self.blocks.start_cell(**_spans(element))
            return
        self._release()
        if name == "tbl":
            self.blocks.start_table()
        else:
            self.blocks.start_row(head=_is_head(element, self._styles))

    def _text_elsewhere(self, element: etree._Element, name: str) -> str:
        if name == "textpath":  # words drawn as a picture
            return element.get("string") or ""
        return self._related(name, attribute(element, "dm" if name == "relIds" else "id") or "")

    def _text(self, element: etree._Element, name: str) -> str:
        if name == "t":
            text = element.text or ""
            if self._raised:
                text = raised(text, "".join(self._paragraphs[-1].parts[-1:]))
            return drawn(text, self._font) if self._font else text
        if name == "sym":
            return _symbol(element)
        return office_formula_text(element) if name == _FORMULA else _TEXTS.get(name, "")

    def _end(self, element: etree._Element, name: str) -> None:
        if name == "p":
            self._end_paragraph(element)
        elif name == "r":
            self._marked = False
        elif name == "tbl":
            self.blocks.end_table()
        elif name == "tr":
            self.blocks.end_row()
        elif name == "tc":
            self._release()
            self.blocks.end_cell()

    def _end_paragraph(self, element: etree._Element) -> None:
        properties = element.find("{*}pPr")
        paragraph = self._paragraphs.pop()
        if _INSTRUCTION in self._fields and not self._paragraphs:  # none goes on in the next
            self._fields = [one for one in self._fields if one == _RESULT]
            self._instructions = 0
        if _goes_on(properties):
            self._cap, self._held = paragraph.cap, paragraph.parts
            if self._held and not self._held[-1].endswith(" "):
                self._held.append(" ")
            return
        own = "".join(paragraph.parts).rstrip()
        text = (paragraph.cap + own).strip()
        if not own or (_is_drop_cap(properties) and len(text) <= _MAX_DROP_CAP):
            self._cap = text
        elif not _MADE.fullmatch(paragraph.style.name):
            self._add_paragraph(properties, paragraph.style, text)

    def _add_paragraph(self, properties: etree._Element | None, style: Style, text: str) -> None:
        if style.name == _TITLES[0]:
            self.title = self.title or text
        elif self.heading is None and (style.level == 0 or (self._first and style.level)):
            self.heading = text
        self._first = False
        own = value(properties, "outlineLvl") or ""
        self.blocks.add(
            self._lists.item(properties, style) + text,
            heading=style.level is not None or own in _LEVELS or style.name in _TITLES,
            caption=style.name == "caption",
        )

    def _go_on(self, kind: str | None) -> None:
        """Begin a field with its instruction, go on with its result, or end it."""
        if kind == _INSTRUCTION:
            if len(self._fields) == _MAX_FIELDS:
                self._fields.clear()
            self._fields.append(kind)
            self._instruction.clear()
        elif self._fields:
            before = self._fields.pop()
            if kind == _RESULT:
                self._fields.append(kind)
            elif before == _INSTRUCTION and self._paragraphs and not self._instructions:
                self._paragraphs[-1].add(field_text("".join(self._instruction)))
        self._instructions = self._fields[:-1].count(_INSTRUCTION)

    def _release(self) -> None:
        """Add what was to go on in a paragraph that there is none of."""
        self.blocks.add(self._cap + "".join(self._held))
        self._cap, self._held = "", []


def _is_drop_cap(properties: etree._Element | None) -> bool:
    frame = None if properties is None else properties.find("{*}framePr")
    return attribute(frame, "dropCap") in _DROP_CAPS


def _goes_on(properties: etree._Element | None) -> bool:
    """Return whether the end of a paragraph was deleted or moved with the changes tracked."""
    mark = None if properties is None else properties.find("{*}rPr")
    return mark is not None and any(
        mark.find(f"{{*}}{one}") is not None for one in ("del", "moveFrom")
    )


def _symbol(element: etree._Element) -> str:
    code = attribute(element, "char") or ""
    if not _HEXADECIMAL.fullmatch(code):
        return ""
    number = int(code, 16)
    font = font_of_symbols(attribute(element, "font") or "")
    if font:
        return character(font, number)
    return "" if number in _PRIVATE else chr(number)


class Spans(TypedDict):
    """How many columns and rows a cell spans; see `Cell`."""

    columns: int
    rows: int


def _spans(cell: etree._Element) -> Spans:
    """Return what a cell spans; of those below each other all but the first say that it goes on."""
    properties = cell.find("{*}tcPr")
    merged = None if properties is None else properties.find("{*}vMerge")
    goes_on = merged is not None and attribute(merged, "val") != "restart"
    return {"columns": integer(value(properties, "gridSpan"), 1) or 1, "rows": 0 if goes_on else 1}


def _is_head(row: etree._Element, styles: Styles) -> bool:
    """Tell whether a row is of headings: it says so, or it is the first, and drawn as one."""
    if is_on(row.find("{*}trPr/{*}tblHeader")):
        return True
    table = row.getparent()
    if local(table) != "tbl" or next(table.iterchildren("{*}tr")) is not row:
        return False
    properties = table.find("{*}tblPr")
    if styles.of(properties, "tblStyle").first_row and _is_first_drawn(properties):
        return True
    second = next(row.itersiblings("{*}tr"), None)
    return _is_bold(row) and second is not None and not _is_bold(second)


def _is_first_drawn(properties: etree._Element | None) -> bool:
    """Tell whether a table has its first row drawn as its style says."""
    look = None if properties is None else properties.find("{*}tblLook")
    if look is None:
        return False
    own = attribute(look, "firstRow")
    if own is not None:
        return own in {"1", "true", "on"}
    try:
        return bool(int(attribute(look, "val") or "0", 16) & _FIRST_ROW)
    except ValueError:
        return False


def _is_bold(row: etree._Element) -> bool:
    runs = [run for run in islice(row.iter("{*}r"), _MAX_RUNS) if run.find("{*}t") is not None]
    return bool(runs) and all(is_on(run.find("{*}rPr/{*}b")) for run in runs)
