"""OpenDocument texts (.odt, ISO/IEC 26300): their text, block by block, with numbered lists."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import unquote

from lxml import etree  # type: ignore[import-untyped]

from retrieval.articles.archive import Archive, attribute, local, text_at, texts_at
from retrieval.articles.blocks import Blocks
from retrieval.articles.formulas import formula_text, is_formula
from retrieval.articles.metadata import (
    Metadata,
    RawArticle,
    ReadingLimits,
    date_of,
    declared_title,
    language_of,
    tags_of,
)
from retrieval.articles.symbols import drawn, font_of_symbols, numeral, raised
from retrieval.articles.text import UnreadableArticle

# What was deleted with the changes tracked, comments, and the lists that are made from the text.
_UNREAD_NAMES = (
    "alphabetical-index annotation forms illustration-index note-citation "
    "object-index ruby-text sequence-decls table-index table-of-content tracked-changes user-index"
)
_UNREAD = frozenset(_UNREAD_NAMES.split())
_DISPLAY = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}display"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}style-name"
_FAMILIES = {"p": "paragraph", "h": "paragraph", "span": "text"}
# The names and descriptions of pictures.
_SVG = "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible"
_PARAGRAPHS = frozenset({"p", "h"})
_CELL = "table-cell"
_TABLES = frozenset({"table", "table-row", _CELL, "covered-table-cell"})
# How many spaces an "s" stands for does not matter.
_TEXTS = {"s": " ", "tab": "\t", "line-break": "\n", "soft-page-break": ""}
_SPANNED = re.compile(r"[1-9]\d{0,3}", re.ASCII)
_RAISED = "raised"
_ABOVE = re.compile("super|[1-9]")
_SPACES = re.compile(r"[ \t\r\n]+")
_CONTENT = "content.xml"
_OBJECTS = ("text", "spreadsheet")
_FORMULA = "math"

_MAX_DEPTH = 10
_MAX_AFFIX = 20


def read(path: str, data: bytes, limits: ReadingLimits) -> list[RawArticle]:
    """Read a document: headings, paragraphs, lists, tables, text boxes, and its notes at the end.

    What was deleted with the changes tracked is left out, and so is a table of contents.
    """
    archive = Archive(data, limits)
    if b"encryption-data" in (archive.read("META-INF/manifest.xml") or b""):
        raise UnreadableArticle("encrypted")
    root = archive.xml(_CONTENT)
    body = _child(_child(root, "body"), "text")
    if body is None:
        raise UnreadableArticle("no OpenDocument text in it")
    # The automatic styles of the other file are those of headers, under the same names.
    styles = _child(root, "automatic-styles"), _child(archive.xml("styles.xml"), "styles")
    text = _Text([one for one in styles if one is not None], archive)
    text.add(body)
    for note in text.notes:
        text.add(note)
    metadata = _metadata(path, archive.xml("meta.xml"))
    if metadata.title is None:
        metadata = replace(metadata, title=text.title or text.heading)
    return [RawArticle(metadata, text.blocks.text())]


def _metadata(path: str, meta: etree._Element | None) -> Metadata:
    return Metadata(
        title=declared_title(text_at(meta, "title")),
        date=date_of(path, text_at(meta, "creation-date")),
        author=text_at(meta, "initial-creator") or text_at(meta, "creator"),
        language=language_of(text_at(meta, "language")),
        tags=tags_of(texts_at(meta, "keyword")),
    )


class _Text:
    """The text of a document.

    Attributes:
        title: The paragraph that is styled as the title.
        heading: The first heading of level 1, or the one at the very start.
        notes: The bodies of foot- and endnotes that the text has.
    """

    def __init__(self, styles: list[etree._Element], archive: Archive) -> None:
        self.blocks = Blocks()
        self.title: str | None = None
        self.heading: str | None = None
        self.notes: list[etree._Element] = []
        self._archive = archive
        self._objects: set[str] = set()
        self._lists = Lists(styles)
        self._hidden = _hidden(styles)
        self._titles = _named(styles, "Title", "Subtitle")
        self._captions = _named(styles, "Caption")
        self._letters = _letters(styles)
        self._paragraphs: list[list[str]] = []
        self._spans: list[str | None] = [None]  # what the letters of each are that is open
        self._covered: list[int] = []  # of each open row, the cells that are covered from the left
        self._first = True

    def add(self, root: etree._Element) -> None:
        """Add the text below an element."""
        walk = etree.iterwalk(root, events=("start", "end"))
        skipped: etree._Element | None = None
        for event, element in walk:
            name = local(element)
            if event == "end":
                if element is not skipped:
                    self._end(element, name)
                if element is not root:
                    self._write(element.tail)
            elif not self._is_read(element, name):
                skipped = element
                walk.skip_subtree()
            elif name == _FORMULA:
                self._write(formula_text(element))
                skipped = element
                walk.skip_subtree()
            elif name == "note-body" and element is not root:
                self.notes.append(element)
                walk.skip_subtree()
            else:
                self._start(element, name)

    def _is_read(self, element: etree._Element, name: str) -> bool:
        if name in _UNREAD or element.tag.startswith(_SVG) or element.get(_DISPLAY) == "none":
            return False
        family = _FAMILIES.get(name)
        return family is None or (family, element.get(_STYLE)) not in self._hidden

    def _start(self, element: etree._Element, name: str) -> None:
        if name in _PARAGRAPHS:
            self._paragraphs.append([])
            self._write(element.text)
        elif name == "list":
            self._lists.start(element)
        elif name == "list-item":
            self._lists.start_item(element)
        elif name in _TABLES:
            self._start_in_table(element, name)
        elif name == "span":
            self._spans.append(self._letters.get(element.get(_STYLE)) or self._spans[-1])
            self._write(element.text)
        elif name == "object":
            self._add_object(attribute(element, "href"))
        elif name in _TEXTS:
            if self._paragraphs:
                self._paragraphs[-1].append(_TEXTS[name])
        else:
            self._write(element.text)

    def _start_in_table(self, element: etree._Element, name: str) -> None:
        """Begin a table, a row or a cell; one that is covered from the left is none."""
        if name == "table":
            self.blocks.start_table()
        elif name == "table-row":
            self.blocks.start_row(head=local(element.getparent()) == "table-header-rows")
            self._covered.append(0)
        elif name == _CELL:
            spanned = attribute(element, "number-columns-spanned") or ""
            columns = int(spanned) if _SPANNED.fullmatch(spanned) else 1
            self.blocks.start_cell(columns=columns)
            if self._covered:
                self._covered[-1] = columns - 1
        elif self._covered and self._covered[-1] > 0:
            self._covered[-1] -= 1
        else:
            self.blocks.start_cell(rows=0)
            self.blocks.end_cell()

    def _add_object(self, address: str | None) -> None:
        """Add the text of a formula, a table, a chart or a document; each is read once."""
        name = posixpath.normpath(posixpath.join(unquote(address or ""), _CONTENT))
        if name == _CONTENT or name in self._objects:
            return
        self._objects.add(name)
        root = self._archive.xml(name)
        if root is not None and is_formula(root):
            self._write(formula_text(root))
        body = _child(root, "body")
        for kind in _OBJECTS:
            if (part := _child(body, kind)) is not None:
                self.add(part)
        for title in () if body is None else body.iterfind("{*}chart/{*}chart//{*}title"):
            self.blocks.add(" ".join("".join(title.itertext()).split()))

    def _end(self, element: etree._Element, name: str) -> None:
        if name in _PARAGRAPHS:
            self._end_paragraph(element, "".join(self._paragraphs.pop()).strip())
        elif name == "list":
            self._lists.end()
        elif name == "table":
            self.blocks.end_table()
        elif name == "table-row":
            self.blocks.end_row()
            self._covered.pop()
        elif name == _CELL:
            self.blocks.end_cell()
        elif name == "span":
            self._spans.pop()

    def _write(self, text: str | None) -> None:
        if text and self._paragraphs:
            letters, paragraph = self._spans[-1], self._paragraphs[-1]
            text = _SPACES.sub(" ", text)
            if letters == _RAISED:
                text = raised(text, "".join(paragraph[-1:]))
            paragraph.append(drawn(text, letters) if letters and letters != _RAISED else text)

    def _end_paragraph(self, element: etree._Element, text: str) -> None:
        if not text:
            return
        mark = self._lists.mark()
        style = attribute(element, "style-name")
        heading = local(element) == "h"
        if heading:
            mark = ""
            level = attribute(element, "outline-level")
            if self.heading is None and (self._first or level in {None, "1"}):
                self.heading = text
        elif style in self._titles:
            self.title = self.title or text
            heading = True
        self._first = False
        self.blocks.add(mark + text, heading=heading, caption=style in self._captions)


def _hidden(styles: list[etree._Element]) -> frozenset[tuple[str | None, str | None]]:
    """Return the families and names of the styles whose text is hidden."""
    return frozenset(
        (attribute(properties.getparent(), "family"), attribute(properties.getparent(), "name"))
        for root in styles
        for properties in root.iterfind("{*}style/{*}text-properties")
        if attribute(properties, "display") == "none"
    )


def _letters(styles: list[etree._Element]) -> dict[str | None, str | None]:
    """Return what the letters of styles are, by their names: of a font of symbols, or raised."""
    found: dict[str | None, str | None] = {}
    for root in styles:
        for properties in root.iterfind("{*}style/{*}text-properties"):
            position = attribute(properties, "text-position") or ""
            font = attribute(properties, "font-family") or attribute(properties, "font-name") or ""
            letters = _RAISED if _ABOVE.match(position) else font_of_symbols(font)
            found[attribute(properties.getparent(), "name")] = letters
    return found


def _named(styles: list[etree._Element], *bases: str) -> frozenset[str | None]:
    """Return the names of styles, and of those that are made from them in two steps at most."""
    names: set[str | None] = set(bases)
    for _ in range(2):  # an automatic style of a paragraph's own, of the style of the document
        for root in styles:
            for style in root.iterfind("{*}style"):
                if attribute(style, "parent-style-name") in names:
                    names.add(attribute(style, "name"))
    return frozenset(names)


def _child(element: etree._Element | None, name: str) -> etree._Element | None:
    return None if element is None else element.find(f"{{*}}{name}")


class _Level(NamedTuple):
    """How a level of a list is numbered.

    Attributes:
        shown: How many levels its numbers show, 2 for "3.1".
    """

    kind: str = "1"
    prefix: str = ""
    suffix: str = "."
    start: int = 1
    shown: int = 1


class _List(NamedTuple):
    """A list that is open.

    Attributes:
        numbers: Numbers reached, by depth; a list in a list has those of the outer one.
    """

    style: str
    numbers: dict[int, int]


class Lists:
    """The lists of a document."""

    def __init__(self, styles: Iterable[etree._Element]) -> None:
        self._levels = {
            (attribute(level.getparent(), "name") or "", attribute(level, "level")): _level(level)
            for root in styles
            for level in root.iterfind("{*}list-style/{*}list-level-style-number")
        }
        self._open: list[_List] = []
        self._numbers: dict[str, dict[int, int]] = {}  # of lists, by name and by style
        self._item = False  # an item has begun, and no paragraph of it

    def start(self, element: etree._Element) -> None:
        """Begin a list."""
        depth = len(self._open)
        style = attribute(element, "style-name") or (self._open[-1].style if depth else "")
        goes_on = attribute(element, "continue-numbering") == "true"
        if depth:
            numbers = self._open[-1].numbers
            if not goes_on:
                numbers.pop(depth, None)
        else:
            before = attribute(element, "continue-list") or (style if goes_on else None)
            numbers = self._numbers.get(before, {}) if before else {}
            self._numbers[style] = self._numbers[attribute(element, "id") or ""] = numbers
        self._open.append(_List(style, numbers))

    def end(self) -> None:
        """End the list that was begun last."""
        self._open.pop()
        self._item = False

    def start_item(self, element: etree._Element) -> None:
        """Begin an item."""
        self._item = bool(self._open)
        start = _number(attribute(element, "start-value"))
        if self._open and start is not None:
            self._open[-1].numbers[len(self._open) - 1] = start - 1

    def mark(self) -> str:
        """Return what stands before a paragraph: a bullet, a number, or nothing."""
        if not self._item:
            return ""
        self._item = False
        depth = len(self._open) - 1
        style, numbers = self._open[-1]
        level = self._level(style, depth)
        if level is None or depth > _MAX_DEPTH:
            return "• "
        numbers[depth] = numbers.get(depth, level.start - 1) + 1
        levels = ((above, self._level(style, above)) for above in range(depth + 1))
        written = ".".join(
            numeral(one.kind, numbers.get(above, one.start))
            for above, one in levels
            if one is not None and one.kind and above > depth - level.shown
        )
        return f"{level.prefix}{written}{level.suffix} ".lstrip() if written else ""

    def _level(self, style: str, depth: int) -> _Level | None:
        return self._levels.get((style, str(depth + 1)))


def _level(element: etree._Element) -> _Level:
    prefix, suffix = attribute(element, "num-prefix"), attribute(element, "num-suffix")
    kind = attribute(element, "num-format")
    return _Level(
        "1" if kind is None else kind,
        (prefix or "")[:_MAX_AFFIX],
        ("." if prefix is suffix is None else suffix or "")[:_MAX_AFFIX],
        _number(attribute(element, "start-value")) or 1,
        min(_number(attribute(element, "display-levels")) or 1, _MAX_DEPTH),
    )


def _number(value: str | None) -> int | None:
    return int(value) if value and len(value) < 6 and value.isascii() and value.isdigit() else None
