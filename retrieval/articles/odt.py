"""OpenDocument texts (.odt, ISO/IEC 26300): their text, block by block."""

from __future__ import annotations

import re
from dataclasses import replace

from lxml import etree  # type: ignore[import-untyped]

from retrieval.articles.archive import Archive, attribute, local, text_at, texts_at
from retrieval.articles.metadata import (
    Metadata,
    RawArticle,
    ReadingLimits,
    date_of,
    declared_title,
    language_of,
    tags_of,
)
from retrieval.articles.text import Blocks, UnreadableArticle

# What was deleted with the changes tracked, comments, and the lists that are made from the text.
_UNREAD_NAMES = (
    "alphabetical-index annotation bibliography forms illustration-index note-citation "
    "object-index ruby-text sequence-decls table-index table-of-content tracked-changes user-index"
)
_UNREAD = frozenset(_UNREAD_NAMES.split())
# The names and descriptions of pictures.
_SVG = "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible"
_PARAGRAPHS = frozenset({"p", "h"})
_CELLS = frozenset({"table-cell"})
# How many spaces an "s" stands for does not matter.
_TEXTS = {"s": " ", "tab": "\t", "line-break": "\n", "soft-page-break": ""}
_SPACES = re.compile(r"[ \t\r\n]+")
_TITLE_STYLE = "Title"


def read(path: str, data: bytes, limits: ReadingLimits) -> list[RawArticle]:
    """Read a document: headings, paragraphs, lists, tables, text boxes, and its notes at the end.

    What was deleted with the changes tracked is left out, and so is a table of contents.
    """
    archive = Archive(data, limits)
    if b"encryption-data" in (archive.read("META-INF/manifest.xml") or b""):
        raise UnreadableArticle("encrypted")
    root = archive.xml("content.xml")
    body = None if root is None else root.find("{*}body/{*}text")
    if body is None:
        raise UnreadableArticle("no OpenDocument text in it")
    text = _Text([root, archive.xml("styles.xml")])
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

    def __init__(self, styles: list[etree._Element | None]) -> None:
        self.blocks = Blocks()
        self.title: str | None = None
        self.heading: str | None = None
        self.notes: list[etree._Element] = []
        self._numbered = _numbered(styles)
        self._titles = _titles(styles)
        self._paragraphs: list[list[str]] = []
        self._lists: list[tuple[str, int]] = []  # style, and items so far
        self._item = ""  # stands before the next paragraph
        self._first = True

    def add(self, root: etree._Element) -> None:
        """Add the text below an element."""
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            name = local(element)
            if event == "end":
                self._end(element, name)
                if element is not root:
                    self._write(element.tail)
            elif name in _UNREAD or element.tag.startswith(_SVG):
                walk.skip_subtree()
            elif name == "note-body" and element is not root:
                self.notes.append(element)
                walk.skip_subtree()
            else:
                self._start(element, name)

    def _start(self, element: etree._Element, name: str) -> None:
        if name in _PARAGRAPHS:
            self._paragraphs.append([])
            self._write(element.text)
        elif name == "list":
            inherited = self._lists[-1][0] if self._lists else ""
            self._lists.append((attribute(element, "style-name") or inherited, 0))
        elif name == "list-item":
            self._start_item()
        elif name == "table-row":
            self.blocks.start_row()
        elif name in _CELLS:
            self.blocks.start_cell()
        elif name in _TEXTS:
            if self._paragraphs:
                self._paragraphs[-1].append(_TEXTS[name])
        else:
            self._write(element.text)

    def _end(self, element: etree._Element, name: str) -> None:
        if name in _PARAGRAPHS:
            self._end_paragraph(element, "".join(self._paragraphs.pop()).strip())
        elif name == "list":
            self._lists.pop()
            self._item = ""
        elif name == "table-row":
            self.blocks.end_row()
        elif name in _CELLS:
            self.blocks.end_cell()

    def _start_item(self) -> None:
        if not self._lists:
            return
        style, count = self._lists[-1]
        self._lists[-1] = style, count + 1
        numbered = (style, len(self._lists)) in self._numbered
        self._item = f"{count + 1}. " if numbered else "• "

    def _write(self, text: str | None) -> None:
        if text and self._paragraphs:
            self._paragraphs[-1].append(_SPACES.sub(" ", text))

    def _end_paragraph(self, element: etree._Element, text: str) -> None:
        if not text:
            return
        if local(element) == "h":
            level = attribute(element, "outline-level")
            if self.heading is None and (self._first or level in {None, "1"}):
                self.heading = text
            self._item = ""
        elif self.title is None and attribute(element, "style-name") in self._titles:
            self.title = text
        self._first = False
        self.blocks.add(self._item + text)
        self._item = ""


def _numbered(styles: list[etree._Element | None]) -> frozenset[tuple[str, int]]:
    """Return the levels of list styles that are numbered, as the style's name and the level."""
    found = set()
    for root in styles:
        for level in () if root is None else root.iter("{*}list-level-style-number"):
            style = attribute(level.getparent(), "name")
            depth = attribute(level, "level")
            if style and depth and depth.isascii() and depth.isdigit() and len(depth) < 3:
                found.add((style, int(depth)))
    return frozenset(found)


def _titles(styles: list[etree._Element | None]) -> frozenset[str | None]:
    """Return the names of the styles that a title has: its own, and what is made from that."""
    names: set[str | None] = {_TITLE_STYLE}
    for root in styles:
        for style in () if root is None else root.iter("{*}style"):
            if attribute(style, "parent-style-name") == _TITLE_STYLE:
                names.add(attribute(style, "name"))
    return frozenset(names)
