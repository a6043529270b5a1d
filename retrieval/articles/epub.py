"""Books (.epub, https://www.w3.org/TR/epub-33/): the text of their chapters, in reading order."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote

from lxml import etree  # type: ignore[import-untyped]

from retrieval.articles import chapter
from retrieval.articles.archive import Archive, attribute, text_at, texts_at
from retrieval.articles.metadata import (
    Metadata,
    RawArticle,
    ReadingLimits,
    date_of,
    language_of,
    tags_of,
)
from retrieval.articles.text import UnreadableArticle

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PACKAGE = ".opf"
_PAGE_LISTS = {"application/x-dtbncx+xml": "pageTarget", "application/oebps-page-map+xml": "page"}
_TEXTS = ("html", "x-oeb1-document", "dtbook", "svg+xml")
_SUFFIXES = (".html", ".xhtml", ".htm")
_MAX_FALLBACKS = 10
# What Calibre writes for "no date".
_NO_DATE = "0101-01-01"
_AUTHORS = frozenset({None, "aut"})
# What Calibre and LibreOffice write for "no author".
_NO_AUTHORS = frozenset({"", "unknown", "unknown author"})


def read(path: str, data: bytes, limits: ReadingLimits) -> list[RawArticle]:
    """Read a book as one article, without its navigation and its table of contents."""
    archive = Archive(data, limits)
    book = next(_books(archive), None)
    if book is None:
        raise UnreadableArticle("no book in it")
    encrypted = _encrypted(archive)
    pages = book.pages()
    texts = []
    for name in book.chapters():
        if name in encrypted:
            raise UnreadableArticle("encrypted")
        text = archive.read(name)
        if text is not None:
            texts.append(chapter.text_of(text, pages.get(name, {})))
    return [RawArticle(_metadata(path, book.package.find("{*}metadata")), "\n\n".join(texts))]


def _books(archive: Archive) -> Iterator[_Book]:
    root = archive.xml(_CONTAINER)
    declared = [] if root is None else [one.get("full-path") for one in root.iter("{*}rootfile")]
    for place in (*declared, *(name for name in archive.names() if name.endswith(_PACKAGE))):
        package = archive.xml(place) if place else None
        if package is not None:
            yield _Book(archive, place, package)


def _encrypted(archive: Archive) -> frozenset[str]:
    """Return the names of the members that are encrypted; often fonts alone are."""
    root = archive.xml(_ENCRYPTION)
    if root is None:
        return frozenset()
    return frozenset(unquote(one.get("URI") or "") for one in root.iter("{*}CipherReference"))


class _Book:
    """A book as its package document describes it."""

    def __init__(self, archive: Archive, place: str, package: etree._Element) -> None:
        self.package = package
        self._archive = archive
        self._folder = posixpath.dirname(place)
        self._items = {one.get("id"): one for one in package.iterfind("{*}manifest/{*}item")}

    def chapters(self) -> Iterator[str]:
        """Yield the names of the members that hold the text, in reading order, each once."""
        references = self.package.iterfind("{*}guide/{*}reference")
        seen = {self._name(one.get("href")) for one in references if one.get("type") == "toc"}
        for reference in self.package.iterfind("{*}spine/{*}itemref"):
            item = self._readable(reference.get("idref"))
            if item is None or _is_navigation(item):
                continue
            name = self._name(item.get("href"))
            if name not in seen:
                seen.add(name)
                yield name

    def pages(self) -> dict[str, dict[str, str]]:
        """Return the labels of a printed edition's pages, by member and by the element's id."""
        found: dict[str, dict[str, str]] = {}
        items = {self._name(item.get("href")): item for item in self._items.values()}
        for name, item in items.items():
            for address, label in self._page_links(item, name):
                target, _, fragment = address.partition("#")
                member = _member(posixpath.dirname(name), target) if target else name
                if fragment:
                    found.setdefault(member, {})[unquote(fragment)] = label
        return found

    def _page_links(self, item: etree._Element, name: str) -> Iterator[tuple[str, str]]:
        element = _PAGE_LISTS.get(item.get("media-type") or "")
        if element and (root := self._archive.xml(name)) is not None:
            for page in root.iter(f"{{*}}{element}"):
                content = page.find("{*}content")
                address = page.get("href") if content is None else content.get("src")
                yield address or "", page.get("name") or text_at(page, "text") or ""
        elif _is_navigation(item) and (data := self._archive.read(name)) is not None:
            yield from chapter.page_links(data)

    def _readable(self, key: str | None) -> etree._Element | None:
        """Return an item of the manifest that is text, or what may be read in its stead."""
        for _ in range(_MAX_FALLBACKS):
            item = self._items.get(key)
            if item is None:
                return None
            kind, suffix = item.get("media-type") or "", (item.get("href") or "").lower()
            if any(text in kind for text in _TEXTS) or suffix.endswith(_SUFFIXES):
                return item
            key = item.get("fallback")
        return None

    def _name(self, href: str | None) -> str:
        return _member(self._folder, href)


def _is_navigation(item: etree._Element) -> bool:
    return "nav" in (item.get("properties") or "").split()


def _member(folder: str, href: str | None) -> str:
    """Return the name of the member that an address leads to."""
    return posixpath.normpath(posixpath.join(folder, unquote((href or "").partition("#")[0])))


def _metadata(path: str, metadata: etree._Element | None) -> Metadata:
    if metadata is None:
        return Metadata()
    # EPUB 2 has several dates, whose first is not always the publication's.
    dates = [one for one in metadata.iter("{*}date") if not (one.text or "").startswith(_NO_DATE)]
    dates.sort(key=lambda one: attribute(one, "event") != "publication")
    changes = {"modification", "conversion"}
    refined = _Refinements(metadata)
    titles = list(metadata.iter("{*}title"))
    titles.sort(key=lambda one: refined.of(one, "title-type") != "main")
    creators = list(metadata.iter("{*}creator"))
    authors = [one for one in creators if refined.of(one, "role") in _AUTHORS] or creators
    names = (name for name in map(_text, authors) if name.lower() not in _NO_AUTHORS)
    return Metadata(
        title=next(filter(None, map(_text, titles)), None),
        date=date_of(path, *(one.text for one in dates if attribute(one, "event") not in changes)),
        author=", ".join(names) or None,
        language=language_of(text_at(metadata, "language")),
        tags=tags_of(texts_at(metadata, "subject")),
    )


class _Refinements:
    """What EPUB 3 says about an element of the metadata in others, and EPUB 2 in its attributes."""

    def __init__(self, metadata: etree._Element) -> None:
        self._values: dict[tuple[str, str], str] = {}
        for one in metadata.iter("{*}meta"):
            key = (one.get("refines") or "").removeprefix("#"), one.get("property") or ""
            self._values.setdefault(key, _text(one))

    def of(self, element: etree._Element, name: str) -> str | None:
        """Return a property of an element, None if nothing is said of it."""
        return attribute(element, name) or self._values.get((element.get("id") or "-", name))


def _text(element: etree._Element) -> str:
    return "".join(element.itertext()).strip()
