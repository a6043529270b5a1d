"""Chapters of a book: their text, without navigation, marks of notes, and numbers of pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape

from lxml import etree  # type: ignore[import-untyped]

from retrieval.articles import markup
from retrieval.articles.archive import attribute, local, parse_xml
from retrieval.articles.symbols import raised
from retrieval.articles.text import printable

# The entities of HTML, which no DTD is loaded for, and numbers of Windows-1252 that are no
# characters of XML; the entities of XML stay as they are.
_ENTITY = re.compile(r"&(?:([A-Za-z][A-Za-z0-9]{1,31})|#1[2-5][0-9]|#x[89][0-9A-Fa-f]);")
# What XML ends at once, and HTML does not.
_EMPTY = re.compile(
    r"<(?!(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)[\s/])"
    r"([A-Za-z][\w:-]{0,30})(\s[^<>]{0,500})?/>"
)
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,200}\?>")
# What a chapter says of its elements, by `epub:type` and by `role`.
_PAGES = frozenset({"pagebreak", "doc-pagebreak"})
_NOTE_MARKS = frozenset({"noteref", "doc-noteref", "annoref", "backlink", "doc-backlink"})
_NOTES = frozenset({"footnote", "endnote", "rearnote", "note", "doc-footnote", "doc-endnote"})
# What books say by class and by name that say nothing by type; so are the lines of verse numbered.
_PAGE_CLASS = re.compile(
    r"(?:x-ebookmaker-)?(?:page|pg)[-_]?(?:number|num|no|break)s?|folio|pb"
    r"|l(?:ine)?[-_]?(?:number|num|no)",
    re.IGNORECASE,
)
_PAGE_NAME = re.compile(
    r"(?:page|pagina|seite|pg|p)[-_.]?0*([0-9]{1,5}|[ivxlc]{1,8})", re.IGNORECASE
)
_PAGE = re.compile(
    r"[\[({|–—-]?\s?(?:[^\W\d]{1,9}\.?\s?)?([0-9]{1,5}[a-z]?|[ivxlc]{1,8})\s?[\])}|–—-]?",
    re.IGNORECASE,
)
_NOTE_MARK = re.compile(r"[\[(]?(?:[0-9]{1,4}|[*†‡§¶]{1,4}|[a-z])[\])]?")
_RETURN = re.compile(r"[↩↑⏎^]\ufe0e?")
_ENDS = tuple(".,;:!?…»”’\"')")
# Navigation, what a picture is called, and the pages and notes of a talking book.
_NO_TEXTS = frozenset({"nav", "desc", "metadata", "pagenum", "noteref"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# A drawing, and what is written in it.
_PICTURES = frozenset({"svg", "text"})
_MATH = "http://www.w3.org/1998/Math/MathML"
# Longer than any label of a page or mark of a note, with the elements it may be in.
_MAX_LABEL = 40
_MAX_INSIDE = 20
_MAX_PAGE = 10


def text_of(data: bytes, pages: Mapping[str, str]) -> str:
    """Return the text of a chapter.

    Args:
        data: Its XHTML, or the HTML that it is more like.
        pages: Labels of the pages of a printed edition that begin in it, by the element's id.
    """
    root = _parse(data)
    if root is None:
        return ""
    # A list, as iteration would end in what is taken out.
    for element in list(root.iter(etree.Element)):
        if _is_no_text(element, pages):
            element.clear(keep_tail=True)
            element.tag = "span"  # for no word ends here
        elif element.tag == "sup" and len(element) == 0:
            element.text = raised(element.text or "", _text_before(element))
        elif element.tag in _PICTURES or (element.tag == "tspan" and element.get("x")):
            element.tag = "div"
    body = root.find(".//body")
    return markup.text_of(root if body is None else body)


def page_links(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the address and the label of each page that a navigation document lists."""
    root = _parse(data)
    for nav in () if root is None else root.iter("nav"):
        if _kinds(nav) & {"page-list", "doc-pagelist"}:
            yield from ((a.get("href") or "", _label(a) or "") for a in nav.iter("a"))


def _parse(data: bytes) -> etree._Element | None:
    """Parse a chapter as XML, or as HTML; its names have no namespace."""
    text = markup.decode_markup(data)
    plain = _ENTITY.sub(_character, _DECLARATION.sub("", text, count=1))
    try:
        root = parse_xml(printable(plain).encode())
    except etree.XMLSyntaxError:
        root = markup.parse(_EMPTY.sub(r"<\1\2></\1>", text))
    if root is not None:
        for element in root.iter(etree.Element):
            if element.tag.startswith("{"):  # as no name in HTML does, where any other is possible
                element.tag = local(element)
    return root


def _character(entity: re.Match[str]) -> str:
    return entity[0] if entity[1] in _XML_ENTITIES else unescape(entity[0])


def _is_no_text(element: etree._Element, pages: Mapping[str, str]) -> bool:
    tag = element.tag
    if tag in _NO_TEXTS:
        return True
    if tag == "case":  # for readers that know a language beside XHTML
        return element.get("required-namespace") not in {None, _MATH}
    if tag == "default":
        previous = element.getprevious()
        return previous is not None and previous.get("required-namespace") is not None
    kinds = _kinds(element)
    if "hidden" in element.attrib and not kinds & _NOTES:  # notes that open when pressed
        return True
    return bool(kinds & _NOTE_MARKS) or _is_page(element, kinds, pages) or _is_note_mark(element)


def _is_page(element: etree._Element, kinds: frozenset[str], pages: Mapping[str, str]) -> bool:
    """Return whether an element tells only where a page of the printed edition begins."""
    name = _name(element) or (_name(element[0]) if len(element) == 1 else "")
    named = _PAGE_NAME.fullmatch(name)
    classes = any(map(_PAGE_CLASS.fullmatch, (element.get("class") or "").split()))
    if not (kinds & _PAGES or classes or name in pages or named):
        return False
    label = _label(element)
    if not label:
        return label is not None
    if kinds & _PAGES:
        told = {element.get("title"), element.get("aria-label")}
        return label in told or len(label) <= _MAX_PAGE or _PAGE.fullmatch(label) is not None
    if element.tag in _HEADINGS or element.get("href"):
        return False
    page = _PAGE.fullmatch(label)
    if page is None:
        return False
    return classes or label == pages.get(name) or (named is not None and page[1] == named[1])


def _is_note_mark(element: etree._Element) -> bool:
    """Return whether an element is the sign in the text that leads to a note."""
    if element.tag != "a" or "#" not in (element.get("href") or ""):
        return False
    label = _label(element)
    if not label or not _NOTE_MARK.fullmatch(label):
        return bool(label and _RETURN.fullmatch(label))
    parent = element.getparent()
    if (parent is not None and parent.tag == "sup") or element.find("sup") is not None:
        return True
    return not label.isalpha() and _is_glued(element)


def _is_glued(element: etree._Element) -> bool:
    """Return whether a word or a sentence ends right before an element."""
    text = _text_before(element)
    return text[-1:].isalpha() or text.endswith(_ENDS)


def _text_before(element: etree._Element) -> str:
    parent, previous = element.getparent(), element.getprevious()
    before = parent.text if previous is None and parent is not None else None
    return str((before if previous is None else previous.tail) or "")


def _name(element: etree._Element) -> str:
    return element.get("id") or element.get("name") or ""


def _kinds(element: etree._Element) -> frozenset[str]:
    kind = attribute(element, "type") or element.get("epub:type") or ""
    return frozenset(f"{kind} {element.get('role') or ''}".lower().split())


def _label(element: etree._Element) -> str | None:
    """Return the text of an element; None if that is longer than a label."""
    text = ""
    for number, inner in enumerate(element.iter()):
        text += inner.text or ""
        if inner is not element:
            text += inner.tail or ""
        if number == _MAX_INSIDE or len(text) > _MAX_LABEL:
            return None
    return " ".join(text.split())
