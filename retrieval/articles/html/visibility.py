"""Visibility: what a page holds and does not show."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from lxml import etree, html  # type: ignore[import-untyped]

from retrieval.articles.formulas import is_formula

MAX_FRAMES = 20

_UNSHOWN = re.compile(
    r"(?:display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}(?:hidden|collapse))\b(?!-)", re.I
)
# What stands above a text that is folded, and what its frame is called.
_FOLDS = frozenset({"a", "button", "dt", "h2", "h3", "h4", "h5", "h6"})
_FOLDED = re.compile(r"accordion|answer|collaps|faq|fold|toggle", re.IGNORECASE)
_QUESTION_MARKS = frozenset("?？؟")
_CODE = frozenset({"script", "style"})
_LINKS = ("href", "data-target", "data-bs-target")


def drop_hidden(body: html.HtmlElement) -> None:
    """Take out of a page what its markup hides.

    What a reader opens stays, such as an answer below its question or a tab, and so does what is
    hidden until a script has run: an element with most of the text, or all together.
    """
    total = _length(body)
    hidden = list(_hidden(body, total))
    is_all = 2 * sum(length for _, length in hidden) > total
    for element, _ in hidden:
        if is_all:
            _show(element)
        else:
            element.drop_tree()


def _hidden(body: html.HtmlElement, total: int) -> Iterator[tuple[html.HtmlElement, int]]:
    """Yield what is hidden, none of it in another, and the length of its text."""
    opened = frozenset(_opened(body))
    frames = 0
    walk = etree.iterwalk(body, events=("start",))
    for _, element in walk:
        if not _is_hidden(element):
            continue
        if element is body or element.get("id") in opened or _is_folded(element):
            _show(element)
            continue
        length = _length(element)
        if 2 * length > total and frames < MAX_FRAMES:
            frames += 1
            _show(element)
            continue
        # A formula is there for those who have it read to them; others see its picture.
        if any(map(is_formula, element.iter())):
            _show(element)
        else:
            yield element, length
        walk.skip_subtree()


def _is_hidden(element: html.HtmlElement) -> bool:
    return (
        element.tag == "template"
        or element.get("hidden", "until-found").lower() != "until-found"
        or element.get("aria-hidden", "").lower() == "true"
        or _UNSHOWN.search(element.get("style", "")) is not None
    )


def _is_folded(element: html.HtmlElement) -> bool:
    """Tell whether a script unfolds an element below its question, or below its heading."""
    question = element.getprevious()
    if question is None:
        return False
    around = [element, *itertools.islice(element.iterancestors(), 2)]
    names = " ".join(one.get(key, "") for one in around for key in ("id", "class"))
    if question.tag in _FOLDS and _FOLDED.search(names):
        return True
    return str(question.text_content()).rstrip()[-1:] in _QUESTION_MARKS


def _length(element: html.HtmlElement) -> int:
    """Return how long the text of an element is, without spaces around its pieces."""
    return sum(
        len(text.strip())
        for one in element.iter()
        for text in ("" if one.tag in _CODE else one.text, one is not element and one.tail)
        if text
    )


def _show(element: html.HtmlElement) -> None:
    for attribute in ("hidden", "aria-hidden", "style"):
        element.attrib.pop(attribute, None)


def _opened(body: html.HtmlElement) -> Iterator[str]:
    """Yield the names of elements that buttons and links of the page lead to."""
    for names in body.xpath(".//@aria-controls"):
        yield from names.split()
    for attribute in _LINKS:
        for link in body.xpath(f".//@{attribute}[starts-with(., '#')]"):
            yield link[1:]
