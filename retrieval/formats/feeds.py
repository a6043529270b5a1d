"""RSS and Atom: each entry of a feed an article.

Read with lxml: feedparser takes seconds for a megabyte and n² steps on some of what feeds hold.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from email.utils import parsedate
from html import escape, unescape
from html.entities import html5
from urllib.parse import urljoin

from lxml import etree  # type: ignore[import-untyped]

from retrieval.formats import markup
from retrieval.formats.metadata import Metadata, date_of, language_of, tags_of, url_of
from retrieval.formats.parts import Part
from retrieval.formats.plain import UnreadableArticle, decode, legacy_codec, one_line, printable

KEY_DIGITS = 16

# The namespaces of feeds; names of others, such as `media:title`, keep theirs.
_NAMESPACES = frozenset(
    {
        "http://www.w3.org/2005/Atom",
        "http://purl.org/atom/ns#",
        "http://purl.org/rss/1.0/",
        "http://my.netscape.com/rdf/simple/0.9/",
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "http://purl.org/rss/1.0/modules/content/",
        "http://purl.org/dc/elements/1.1/",
        "http://purl.org/dc/terms/",
        "http://www.w3.org/1999/xhtml",
        *("", "atom", "content", "dc"),
    }
)
_ROOTS = frozenset({"rss", "RDF", "feed"})
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_PLAIN = frozenset({"text", "text/plain"})
_TEXTS = frozenset({"html", "xhtml", "text/html", "application/xhtml+xml", *_PLAIN})

_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_ENCODING = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']([\w.:-]{1,40})")
_ENTITY = re.compile(r"&(\w{1,40};)")
_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)
_XML_ENTITIES = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})
_MAIL = re.compile(r"\S+@\S+ \((.+)\)")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


def read(path: str, data: bytes) -> Iterator[Part]:
    """Read a feed; of entries with one id, the first.

    Raises:
        UnreadableArticle: It is no feed, or beyond what an XML parser takes.
    """
    root = _parse(data)
    if root is None or root.tag not in _ROOTS:
        raise UnreadableArticle("XML that is no RSS or Atom feed")
    channel = root.find("channel")
    feed = root if channel is None else channel
    language = _language(feed) or root.get(_LANGUAGE)
    home = _link(feed) or ""
    keys = set()
    for entry in [*root.iterchildren("item", "entry"), *feed.iterchildren("item")]:
        part = _part(path, entry, home, language)
        if part.key not in keys:
            keys.add(part.key)
            yield part


def _parse(data: bytes) -> etree._Element | None:
    match = _ENCODING.match(data)
    text = printable(decode(data, legacy_codec(match[1]) if match else None))
    # Feeds use the entities of HTML without declaring them; those that one declares are not read.
    declaration = _DECLARATION.match(text)
    text = _ENTITY.sub(_character, text[declaration.end() :] if declaration else text)
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode(), parser=parser)
    except etree.XMLSyntaxError:
        return None
    if any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        raise UnreadableArticle(
            "elements nested too deeply, entities that multiply, or a text over 10 MB"
        )
    if root is not None:
        for element in root.iter(etree.Element):
            if (name := _name(element.tag)) != element.tag:
                element.tag = name
    return root


def _name(tag: str) -> str:
    space, _, name = tag.rpartition("}")
    if not space:
        # A prefix that the feed does not declare.
        space, _, name = tag.rpartition(":")
    # lxml refuses to write some of the names that it reads in a broken file.
    known = space.lstrip("{") in _NAMESPACES and _NAME.fullmatch(name)
    return name if known else tag


def _character(match: re.Match[str]) -> str:
    if match[1] in _XML_ENTITIES or match[1] not in html5:
        return match[0]
    return escape(html5[match[1]])


def _part(path: str, entry: etree._Element, home: str, language: str | None) -> Part:
    link = _link(entry)
    title = _title(entry)
    published = _day(_first(entry, "published", "issued", "pubDate", "date", "created"))
    updated = _day(_first(entry, "updated", "modified"))
    identity = _first(entry, "guid", "id") or link or f"{title}\n{published or updated}"
    metadata = Metadata(
        title=title,
        date=date_of(path, published, updated),
        url=url_of(path, _absolute(entry, home, link)),
        author=", ".join(dict.fromkeys(_authors(entry))) or None,
        language=language_of(_language(entry) or language),
        tags=tags_of(_tags(entry)),
    )
    digest = hashlib.sha256(identity.encode()).hexdigest()
    return Part(metadata, _body(entry), key=digest[:KEY_DIGITS])


def _first(entry: etree._Element, *names: str) -> str | None:
    """Return the text of the first child that has one, names in order of preference."""
    for name in names:
        for child in entry.iterchildren(name):
            if text := "".join(child.itertext()).strip():
                return text
    return None


def _language(entry: etree._Element) -> str | None:
    declared: str | None = entry.get(_LANGUAGE)
    return declared or _first(entry, "language")


def _link(entry: etree._Element) -> str | None:
    for child in entry.iterchildren("link"):
        link: str = child.get("href", child.text or "").strip()
        if link and child.get("rel", "alternate") == "alternate":
            return link
    for child in entry.iterchildren("guid"):
        guid: str = (child.text or "").strip()
        if guid.startswith("http") and child.get("isPermaLink", "true") == "true":
            return guid
    return None


def _absolute(entry: etree._Element, home: str, link: str | None) -> str | None:
    if not link:
        return None
    base: str = entry.base or ""
    try:
        return urljoin(urljoin(home, base), link)
    except ValueError:
        return link


def _title(entry: etree._Element) -> str | None:
    for child in entry.iterchildren("title"):
        if title := one_line(_text(child)):
            return title
    return None


def _authors(entry: etree._Element) -> Iterator[str]:
    for author in entry.iterchildren("author", "creator"):
        if name := one_line(_first(author, "name") or "".join(author.itertext())):
            mail = _MAIL.fullmatch(name)
            yield mail[1] if mail else name


def _tags(entry: etree._Element) -> Iterator[str]:
    for tag in entry.iterchildren("category", "subject"):
        yield tag.get("label") or tag.get("term") or tag.text or ""


def _body(entry: etree._Element) -> str:
    """Return the whole text if the entry has it, else its summary."""
    for name in ("encoded", "content", "description", "summary"):
        for child in entry.iterchildren(name):
            if (text := _text(child)).strip():
                return text
    return ""


def _text(element: etree._Element) -> str:
    """Return the text of an element, whether that is plain, HTML as text, or elements."""
    kind = element.get("type", "").lower()
    if kind and kind not in _TEXTS:
        return ""
    if len(element):
        # A title is not read in a page; here it is one.
        element.tag = "div"
        return markup.text_of(element)
    text = element.text or ""
    if kind in _PLAIN:
        return text
    if not _TAG.search(text):
        return unescape(text)
    page = markup.parse(f"<div>{text}</div>")
    return "" if page is None else markup.text_of(page)


def _day(value: str | None) -> str | None:
    """Return a date as ISO 8601 has it, or as it was given."""
    value = one_line(value or "", 100)
    mail = None if value[:4].isdigit() else parsedate(value)
    return "{:04}-{:02}-{:02}".format(*mail[:3]) if mail else value or None
