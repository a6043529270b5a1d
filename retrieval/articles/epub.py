"""Books (.epub, https://www.w3.org/TR/epub-33/): the text of their chapters, in reading order."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from html.entities import html5
from urllib.parse import unquote

from lxml import etree  # type: ignore[import-untyped]

from retrieval.articles import markup
from retrieval.articles.archive import Archive, attribute, local, parse_xml, text_at, texts_at
from retrieval.articles.metadata import (
    Metadata,
    RawArticle,
    ReadingLimits,
    date_of,
    language_of,
    tags_of,
)
from retrieval.articles.text import UnreadableArticle, decode, printable

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
# The entities of HTML, which no DTD is loaded for; those of XML stay as they are.
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,200}\?>")
# What Calibre writes for "no date".
_NO_DATE = "0101-01-01"
_AUTHORS = frozenset({None, "aut"})


def read(path: str, data: bytes, limits: ReadingLimits) -> list[RawArticle]:
    """Read a book as one article, without its navigation and its table of contents."""
    archive = Archive(data, limits)
    place = next(_places(archive), None)
    package = archive.xml(place) if place else None
    if place is None or package is None:
        raise UnreadableArticle("no book in it")
    encrypted = _encrypted(archive)
    texts = []
    for name in _chapters(package, posixpath.dirname(place)):
        if name in encrypted:
            raise UnreadableArticle("encrypted")
        chapter = archive.read(name)
        if chapter is not None:
            texts.append(_text(chapter))
    return [RawArticle(_metadata(path, package.find("{*}metadata")), "\n\n".join(texts))]


def _places(archive: Archive) -> Iterator[str]:
    root = archive.xml(_CONTAINER)
    for one in () if root is None else root.iter("{*}rootfile"):
        if full_path := one.get("full-path"):
            yield full_path


def _encrypted(archive: Archive) -> frozenset[str]:
    """Return the names of the members that are encrypted; often fonts alone are."""
    root = archive.xml(_ENCRYPTION)
    if root is None:
        return frozenset()
    return frozenset(unquote(one.get("URI") or "") for one in root.iter("{*}CipherReference"))


def _chapters(package: etree._Element, folder: str) -> Iterator[str]:
    """Yield the names of the members that hold the text, in reading order, each once."""
    items = {one.get("id"): one for one in package.iterfind("{*}manifest/{*}item")}
    contents = {
        _member(folder, one.get("href"))
        for one in package.iterfind("{*}guide/{*}reference")
        if one.get("type") == "toc"
    }
    seen = set(contents)
    for reference in package.iterfind("{*}spine/{*}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or "html" not in (item.get("media-type") or ""):
            continue
        name = _member(folder, item.get("href"))
        if "nav" not in (item.get("properties") or "").split() and name not in seen:
            seen.add(name)
            yield name


def _member(folder: str, href: str | None) -> str:
    """Return the name of the member that an address in the package document leads to."""
    return posixpath.normpath(posixpath.join(folder, unquote((href or "").partition("#")[0])))


def _text(data: bytes) -> str:
    root = _parse(data)
    if root is None:
        return ""
    body = root.find(".//body")
    return markup.text_of(root if body is None else body)


def _parse(data: bytes) -> etree._Element | None:
    """Parse a chapter as XML, or as the HTML that it is more like."""
    text = decode(data)
    plain = _ENTITY.sub(_character, _DECLARATION.sub("", text, count=1))
    try:
        root = parse_xml(printable(plain).encode())
    except etree.XMLSyntaxError:
        root = markup.parse(text)
    if root is None:
        return None
    # A list, as iteration would end in what is taken out.
    for element in list(root.iter(etree.Element)):
        if element.tag.startswith("{"):  # as no name in HTML does, where any other is possible
            element.tag = local(element)
        if element.tag == "nav" or attribute(element, "type") == "noteref":
            element.clear(keep_tail=True)
    return root


def _character(entity: re.Match[str]) -> str:
    name = entity[1]
    return entity[0] if name in _XML_ENTITIES else html5.get(f"{name};", entity[0])


def _metadata(path: str, metadata: etree._Element | None) -> Metadata:
    if metadata is None:
        return Metadata()
    # EPUB 2 has several dates, whose first is not always the publication's.
    dates = [one for one in metadata.iter("{*}date") if not (one.text or "").startswith(_NO_DATE)]
    dates.sort(key=lambda one: attribute(one, "event") != "publication")
    changes = {"modification", "conversion"}
    authors = [one for one in metadata.iter("{*}creator") if attribute(one, "role") in _AUTHORS]
    return Metadata(
        title=text_at(metadata, "title"),
        date=date_of(path, *(one.text for one in dates if attribute(one, "event") not in changes)),
        author=", ".join(filter(None, ("".join(one.itertext()).strip() for one in authors)))
        or None,
        language=language_of(text_at(metadata, "language")),
        tags=tags_of(texts_at(metadata, "subject")),
    )
