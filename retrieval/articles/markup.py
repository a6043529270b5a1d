"""HTML markup: parsed, and reduced to its text, block by block."""

from __future__ import annotations

import re
from collections import Counter

from lxml import etree, html  # type: ignore[import-untyped]

from retrieval.articles.text import printable

# Elements of HTML, and of the trees of trafilatura (head, item, list, quote, row; cell; lb).
_BLOCK_TAGS = (
    "address article aside blockquote body caption dd details dialog div dl dt fieldset "
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr item legend li list main "
    "nav ol p pre quote row section summary table tbody tfoot thead tr ul"
)
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_ITEMS = frozenset({"li", "item"})
_CELLS = frozenset({"td", "th", "cell"})
_LINE_BREAKS = frozenset({"br", "lb"})
_UNREAD_TAGS = (
    "iframe math noscript object rp rt rtc script select style svg template textarea title"
)
_UNREAD = frozenset(_UNREAD_TAGS.split())

_NUMBER = re.compile(r"[0-9]{1,6}")
_SPACES = re.compile(r"\s+")


def parse(text: str) -> html.HtmlElement | None:
    """Parse a page or a piece of one, without comments; None if there is no element in it.

    Raises:
        RecursionError: Elements are nested deeper than the parser goes (2,048), so that it would
            leave out what follows.
        MemoryError: There is not enough for its elements.
    """
    parser = html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True
    )
    try:
        tree = html.document_fromstring(printable(text).encode(), parser=parser)
    except etree.ParserError:
        return None
    except etree.XMLSyntaxError as exc:
        raise MemoryError from exc  # whatever else is wrong, the parser goes on
    if any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        raise RecursionError("elements are nested too deeply")
    return tree


def well_formed(text: str) -> str:
    """Return a piece of HTML with every element in it closed, or nothing."""
    tree = parse(text)
    body = None if tree is None else tree.find("body")
    return "" if body is None else str(html.tostring(body, encoding="unicode"))


def text_of(root: html.HtmlElement) -> str:
    """Return the text of an element, one block for each paragraph, list item or table row."""
    blocks = _Blocks()
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if event == "end":
            blocks.end(element)
        elif element.tag in _UNREAD:
            walk.skip_subtree()
        else:
            blocks.start(element)
    return blocks.text()


class _Blocks:
    """Collects the text of elements, with white space folded as a browser folds it."""

    def __init__(self) -> None:
        self._parts = ["\n\n"]
        self._bulleted = False  # a list item's first block stands beside its bullet
        self._preformatted = 0
        self._numbers: Counter[html.HtmlElement] = Counter()

    def start(self, element: html.HtmlElement) -> None:
        tag = element.tag
        if tag in _BLOCKS:
            self._break("\n\n")
        if tag in _ITEMS:
            self._bullet(element.getparent())
        elif tag in _LINE_BREAKS:
            self._break("\n")
        elif tag in _CELLS and element.getprevious() is not None:
            self._end_cell()
        elif tag == "pre":
            self._preformatted += 1
        self._write(element.text)

    def end(self, element: html.HtmlElement) -> None:
        if element.tag == "pre":
            self._preformatted -= 1
        if element.tag in _ITEMS:
            self._drop_bullet()
        if element.tag in _BLOCKS:
            self._break("\n\n")
        self._write(element.tail)

    def text(self) -> str:
        return "".join(self._parts)

    def _write(self, text: str | None) -> None:
        if text and not self._preformatted:
            text = _SPACES.sub(" ", text)
            if self._parts[-1][-1].isspace():
                text = text.lstrip()
        if text:
            self._parts.append(text)
            self._bulleted = False

    def _break(self, lines: str) -> None:
        if not self._bulleted:
            self._parts.append(lines)

    def _drop_bullet(self) -> None:
        if self._bulleted:
            self._parts.pop()
            self._bulleted = False

    def _end_cell(self) -> None:
        if self._parts[-1] == " ":
            self._parts.pop()
        if not self._parts[-1].endswith("\n"):
            self._parts.append(" | ")

    def _bullet(self, parent: html.HtmlElement | None) -> None:
        bullet = "• "
        if parent is not None and "ol" in (parent.tag, parent.get("rend")):
            if parent not in self._numbers:
                start = _NUMBER.fullmatch(parent.get("start", ""))
                self._numbers[parent] = int(start[0]) - 1 if start else 0
            self._numbers[parent] += 1
            bullet = f"{self._numbers[parent]}. "
        self._drop_bullet()
        self._parts.append(bullet)
        self._bulleted = True
