"""Word documents (.docx, Office Open XML, ISO/IEC 29500): their text, block by block."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from lxml import etree  # type: ignore[import-untyped]

from retrieval.articles.archive import Archive, attribute, local, text_at
from retrieval.articles.metadata import (
    Metadata,
    RawArticle,
    ReadingLimits,
    date_of,
    language_of,
    tags_of,
)
from retrieval.articles.text import Blocks, UnreadableArticle, one_line

# Deleted or moved away, the older twin of a drawing, and what is no text.
_UNREAD = frozenset(
    {"del", "moveFrom", "Fallback", "pPr", "rPr", "instrText", "delText", "tblPr", "rt"}
)
_TEXTS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}
_BULLET = "bullet"
_MAX_LEVEL = 8
_MAX_BASES = 20
# What programs write where a title or a name is due.
_NO_TITLE = re.compile(
    r"(?:Microsoft (?:Office )?Word\s*-.*|(?:Document|Dokument|Documento|Документ)\s*\d*|"
    r"Untitled.*|Unbenannt.*|Title|Titel|Word Document|.*\.(?:docx?|dotx?|rtf|odt))",
    re.IGNORECASE,
)
_GENERATOR = "python-docx"


def read(path: str, data: bytes, limits: ReadingLimits) -> list[RawArticle]:
    """Read a document: headings, paragraphs, lists, tables, text boxes, and its notes at the end.

    What was deleted with the changes tracked is left out, and so is a table of contents.
    """
    archive = Archive(data, limits)
    main = _related(archive, "", "officeDocument") or "word/document.xml"
    root = archive.xml(main)
    if root is None:
        raise UnreadableArticle("no Word document in it")
    styles = _Styles(_xml(archive, main, "styles"))
    text = _Text(styles, _Lists(_xml(archive, main, "numbering")))
    text.add(root)
    for kind in ("footnote", "endnote"):
        notes = {attribute(note, "id"): note for note in _children(_xml(archive, main, f"{kind}s"))}
        for number in dict.fromkeys(text.notes[kind]):
            if number in notes:
                text.add(notes[number])
    core = _related(archive, "", "core-properties")
    metadata = _metadata(path, archive.xml(core) if core else None)
    if metadata.title is None:
        metadata = replace(metadata, title=text.title or text.heading)
    return [RawArticle(metadata, text.blocks.text())]


def declared_title(value: str | None) -> str | None:
    """Return a title that somebody gave, and none that a program made up."""
    title = one_line(value or "")
    return title if title and not _NO_TITLE.fullmatch(title) else None


def _metadata(path: str, core: etree._Element | None) -> Metadata:
    author = text_at(core, "creator")
    made = author == _GENERATOR  # then the date is its template's
    keywords = re.split("[,;]", text_at(core, "keywords") or "")
    return Metadata(
        title=declared_title(text_at(core, "title")),
        date=None if made else date_of(path, text_at(core, "created")),
        author=None if made else author,
        language=language_of(text_at(core, "language")),
        tags=tags_of(keywords),
    )


class _Text:
    """The text of a document's parts.

    Attributes:
        title: The paragraph that is styled as the title.
        heading: The first heading of level 1, or the one at the very start.
        notes: The numbers of the notes that the text refers to, by their kind.
    """

    def __init__(self, styles: _Styles, lists: _Lists) -> None:
        self.blocks = Blocks()
        self.title: str | None = None
        self.heading: str | None = None
        self.notes: dict[str, list[str | None]] = {"footnote": [], "endnote": []}
        self._styles = styles
        self._lists = lists
        self._paragraphs: list[list[str]] = []  # a text box is a paragraph in a paragraph
        self._first = True

    def add(self, root: etree._Element) -> None:
        """Add the text below an element."""
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            name = local(element)
            if event == "end":
                self._end(element, name)
            elif name in _UNREAD or (name == "r" and _hidden(element)):
                walk.skip_subtree()
            else:
                self._start(element, name)

    def _start(self, element: etree._Element, name: str) -> None:
        if name == "p":
            self._paragraphs.append([])
        elif name == "tr":
            self.blocks.start_row()
        elif name == "tc":
            self.blocks.start_cell()
        elif name in {"footnoteReference", "endnoteReference"}:
            self.notes[name.removesuffix("Reference")].append(attribute(element, "id"))
        elif self._paragraphs:
            text = (element.text or "") if name == "t" else _TEXTS.get(name, "")
            if text:
                self._paragraphs[-1].append(text)

    def _end(self, element: etree._Element, name: str) -> None:
        if name == "p":
            self._end_paragraph(element, "".join(self._paragraphs.pop()).strip())
        elif name == "tr":
            self.blocks.end_row()
        elif name == "tc":
            self.blocks.end_cell()

    def _end_paragraph(self, paragraph: etree._Element, text: str) -> None:
        properties = paragraph.find("{*}pPr")
        style = self._styles.of(properties)
        if not text or style.name.startswith("toc "):
            return
        if style.name == "title":
            self.title = text
        elif self.heading is None and (style.level == 0 or (self._first and style.level)):
            self.heading = text
        self._first = False
        item = "" if style.level is not None else self._lists.item(properties, style)
        self.blocks.add(item + text)


class _Style(NamedTuple):
    """What a paragraph style says.

    Attributes:
        name: Name in lower case, as all languages of Word have it: "title", "heading 1", "toc 1".
        level: Level of a heading, from 0; None of a paragraph.
        number: Number of the list that its paragraphs are items of.
    """

    name: str = ""
    level: int | None = None
    number: str | None = None
    depth: int = 0


class _Styles:
    """The paragraph styles of a document."""

    def __init__(self, root: etree._Element | None) -> None:
        self._elements = {attribute(one, "styleId"): one for one in _children(root, "style")}
        self._styles: dict[str | None, _Style] = {}

    def of(self, properties: etree._Element | None) -> _Style:
        """Return the style of a paragraph with these properties, as it says itself and inherits."""
        key = _value(properties, "pStyle")
        if key not in self._styles:
            self._styles[key] = self._read(key)
        return self._styles[key]

    def _read(self, key: str | None) -> _Style:
        style = _Style()
        bases: list[etree._Element] = []
        while key in self._elements and len(bases) < _MAX_BASES:
            bases.append(self._elements[key])
            key = _value(bases[-1], "basedOn")
        for base in reversed(bases):
            name = (_value(base, "name") or "").lower()
            properties = base.find("{*}pPr")
            level = style.level
            if name.startswith("heading "):
                level = _number(name.removeprefix("heading "), level, less=1)
            level = _number(_value(properties, "outlineLvl"), level)
            listed = None if properties is None else properties.find("{*}numPr")
            style = _Style(
                name,
                None if level is None or level > _MAX_LEVEL else level,
                _value(listed, "numId") or style.number,
                _number(_value(listed, "ilvl"), style.depth) or 0,
            )
        return style


class _Lists:
    """The lists of a document: how they are numbered, and how far each has come."""

    def __init__(self, root: etree._Element | None) -> None:
        abstract = {attribute(one, "abstractNumId"): one for one in _children(root, "abstractNum")}
        self._levels = {
            attribute(one, "numId"): abstract.get(_value(one, "abstractNumId"))
            for one in _children(root, "num")
        }
        self._kinds: dict[tuple[str, int], tuple[str, int]] = {}
        self._counts: dict[str, Counter[int]] = {}

    def item(self, properties: etree._Element | None, style: _Style) -> str:
        """Return what stands before a paragraph: a bullet, a number, or nothing."""
        own = None if properties is None else properties.find("{*}numPr")
        key = _value(own, "numId") or style.number
        if key is None or key == "0":  # 0 takes a paragraph out of its style's list
            return ""
        depth = min(_number(_value(own, "ilvl"), style.depth) or 0, _MAX_LEVEL)
        kind, start = self._kind(key, depth)
        counts = self._counts.setdefault(key, Counter())
        counts[depth] += 1
        for deeper in range(depth + 1, _MAX_LEVEL + 1):
            counts[deeper] = 0
        return f"{start + counts[depth] - 1}. " if kind == "decimal" else "• "

    def _kind(self, key: str, depth: int) -> tuple[str, int]:
        if (key, depth) not in self._kinds:
            kind, start = _BULLET, 1
            for level in _children(self._levels.get(key), "lvl"):
                if attribute(level, "ilvl") == str(depth):
                    kind = _value(level, "numFmt") or "decimal"
                    start = _number(_value(level, "start"), 1) or 0
            self._kinds[key, depth] = kind, start
        return self._kinds[key, depth]


def _children(root: etree._Element | None, name: str = "*") -> Iterator[etree._Element]:
    if root is not None:
        yield from root.iterchildren(f"{{*}}{name}")


def _value(element: etree._Element | None, name: str) -> str | None:
    """Return the `val` of a child, None if there is no such child."""
    return None if element is None else attribute(element.find(f"{{*}}{name}"), "val")


def _hidden(run: etree._Element) -> bool:
    vanish = run.find("{*}rPr/{*}vanish")
    return vanish is not None and attribute(vanish, "val") not in {"0", "false", "off"}


def _number(value: str | None, default: int | None, *, less: int = 0) -> int | None:
    digits = value is not None and len(value) < 6 and value.isascii() and value.isdigit()
    return int(value) - less if digits and value is not None else default


def _xml(archive: Archive, main: str, kind: str) -> etree._Element | None:
    name = _related(archive, main, kind)
    return archive.xml(name) if name else None


def _related(archive: Archive, name: str, kind: str) -> str | None:
    """Return the name of the part that a part, or the package, is related to in this way."""
    folder, base = posixpath.split(name)
    for one in _children(archive.xml(posixpath.join(folder, "_rels", f"{base}.rels"))):
        if (one.get("Type") or "").endswith(f"/{kind}") and one.get("TargetMode") != "External":
            return posixpath.normpath(posixpath.join("/", folder, one.get("Target") or ""))[1:]
    return None
