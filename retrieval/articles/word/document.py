"""Word documents (.docx, Office Open XML, ISO/IEC 29500): their text, block by block."""

from __future__ import annotations

import logging
import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from lxml import etree  # type: ignore[import-untyped]

from retrieval.articles.archive import Archive, attribute, text_at, texts_at
from retrieval.articles.metadata import (
    Metadata,
    RawArticle,
    ReadingLimits,
    date_of,
    declared_title,
    language_of,
    tags_of,
)
from retrieval.articles.text import UnreadableArticle
from retrieval.articles.word import embedded
from retrieval.articles.word.styles import Lists, Styles, children
from retrieval.articles.word.text import Text

logger = logging.getLogger(__name__)

MAX_DEPTH = 3
"""How deep documents may be in one another."""

_GENERATOR = "python-docx"


def read(path: str, data: bytes, limits: ReadingLimits) -> list[RawArticle]:
    """Read a document: headings, paragraphs, lists, tables, text boxes, and its notes at the end.

    What was deleted with the changes tracked is left out, and so is a table of contents.
    """
    document = _Document(path, data, limits)
    text = document.text()
    metadata = document.metadata()
    if metadata.title is None:
        metadata = replace(metadata, title=text.title or text.heading)
    return [RawArticle(metadata, text.blocks.text())]


class _Document:
    """A document, which may be in another.

    Attributes:
        left: Bytes that may yet be unpacked from the documents in it.
    """

    def __init__(self, path: str, data: bytes, limits: ReadingLimits, depth: int = 0) -> None:
        if depth > MAX_DEPTH:
            raise RecursionError("documents are nested too deeply")
        self._path = path
        self._limits = limits
        self._depth = depth
        self._archive = Archive(data, limits)
        self.left = limits.unpacked_bytes - self._archive.unpacked
        self._main = self._related("", "officeDocument") or "word/document.xml"
        self._read: set[str] = set()

    def text(self) -> Text:
        """Return the text of its body, and of the notes that it refers to."""
        root = self._archive.xml(self._main)
        if root is None:
            raise UnreadableArticle("no Word document in it")
        targets = {one.name: one.part for one in self._relations(self._main)}
        text = Text(
            Styles(self._xml("styles")),
            Lists(self._xml("numbering")),
            lambda kind, key: self._text_of(kind, targets.get(key)),
        )
        text.add(root)
        for kind in ("footnote", "endnote"):
            notes = {attribute(note, "id"): note for note in children(self._xml(f"{kind}s"))}
            for number in dict.fromkeys(text.notes[kind]):
                if number in notes:
                    text.add(notes[number])
        return text

    def metadata(self) -> Metadata:
        """Return what its core properties say."""
        name = self._related("", "core-properties")
        return _metadata(self._path, self._archive.xml(name) if name else None)

    def _text_of(self, kind: str, name: str | None) -> str:
        """Return the text of a document, a chart or a diagram in this one; each is read once."""
        if name is None or name in self._read:
            return ""
        self._read.add(name)
        if kind != "altChunk":
            return _labels(self._archive.xml(name))
        data = self._archive.read(name)
        if data is None:
            return ""
        try:
            return embedded.text_of(self._path, name, data, self._limits, self._word)
        except UnreadableArticle as exc:
            logger.warning("%s: %r in it is left out: %s", self._path, name, exc)
            return ""

    def _word(self, data: bytes) -> str:
        limits = replace(self._limits, unpacked_bytes=self.left)
        document = _Document(self._path, data, limits, self._depth + 1)
        try:
            return document.text().blocks.text()
        finally:
            self.left = document.left

    def _xml(self, kind: str) -> etree._Element | None:
        name = self._related(self._main, kind)
        return self._archive.xml(name) if name else None

    def _related(self, name: str, kind: str) -> str | None:
        """Return the name of the part that a part, or the package, is related to in this way."""
        return next((one.part for one in self._relations(name) if one.kind == kind), None)

    def _relations(self, name: str) -> Iterator[_Relation]:
        folder, base = posixpath.split(name)
        for one in children(self._archive.xml(posixpath.join(folder, "_rels", f"{base}.rels"))):
            if one.get("TargetMode") != "External":
                part = posixpath.normpath(posixpath.join("/", folder, one.get("Target") or ""))[1:]
                kind = (one.get("Type") or "").rpartition("/")[2]
                yield _Relation(one.get("Id") or "", kind, part)


class _Relation(NamedTuple):
    """What a part is related to: the relation's name and kind, and the name of the other part."""

    name: str
    kind: str
    part: str


def _labels(root: etree._Element | None) -> str:
    """Return the text in a chart or a diagram."""
    paragraphs = [] if root is None else root.iter("{*}p")
    return "\n\n".join("".join(texts_at(one, "t")) for one in paragraphs)


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
