"""Clutter: what a page holds and does not show, and what stands around its text, as menus do."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from lxml import etree, html  # type: ignore[import-untyped]

from retrieval.articles.formulas import is_formula

MIN_LINKS = 3
MIN_LETTERS = 20
"""The letters without which a part of a page is not its text."""

_TAGS = frozenset({"aside", "button", "dialog", "footer", "form", "menu", "nav"})
_ROLES = frozenset({"banner", "complementary", "contentinfo", "dialog", "navigation", "search"})
_NAMES = re.compile(
    r"(?:^|[\s_-])(?:(?:main|top|side|site|sub)?-?(?:menu|nav|navigation|navbar|sidebar|footer)"
    r"|breadcrumbs?|cookies?|foot|share|sharing|social|skip-?link|site-?header|topbar)(?:$|[\s_-])",
    re.IGNORECASE,
)
_GROUPS = frozenset({"center", "div", "ol", "p", "section", "table", "td", "tr", "ul"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_LETTER = re.compile(r"[^\W_]")

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


def drop_clutter(body: html.HtmlElement) -> html.HtmlElement:
    """Take menus, side columns and foot out of a page, and return the part that has its text.

    Nothing is taken out that a page would have no text without.
    """
    etree.strip_elements(body, "noscript", "script", "style", "template", with_tail=False)
    part = _framed(body)
    around = [element for element in _outermost(part) if element is not part]
    length = sum(_letters(element.text_content()) for element in around)
    if _letters(part.text_content()) - length >= MIN_LETTERS:
        _drop(around)
    if part is body:
        _drop(_menus(part))
    return part


def _framed(body: html.HtmlElement) -> html.HtmlElement:
    """Return the one element that a page declares to be its main part, or all of it."""
    for parts in (body.xpath(".//main | .//*[@role = 'main']"), body.xpath(".//article")):
        if len(parts) == 1 and _letters(parts[0].text_content()) >= MIN_LETTERS:
            return parts[0]
    return body


def _outermost(part: html.HtmlElement) -> Iterator[html.HtmlElement]:
    walk = etree.iterwalk(part, events=("start",))
    for _, element in walk:
        name = f"{element.get('id', '')} {element.get('class', '')}"[:200]
        if element.tag in _TAGS or element.get("role") in _ROLES or _NAMES.search(name):
            yield element
            walk.skip_subtree()


def _menus(part: html.HtmlElement) -> list[html.HtmlElement]:
    """Return the elements that hold several links and nothing else, if there is other text."""
    menus = []
    counts = [[0, 0]]  # links and letters outside of them, of each element that is open
    walk = etree.iterwalk(part, events=("start", "end"))
    for event, element in walk:
        skipped = element.tag == "a" or element.tag in _HEADINGS
        if event == "start":
            counts.append([element.tag == "a", 0 if skipped else _letters(element.text)])
            if skipped:
                walk.skip_subtree()
            continue
        links, letters = counts.pop()
        if links >= MIN_LINKS and not letters and element.tag in _GROUPS:
            menus.append(element)
        counts[-1][0] += links
        counts[-1][1] += letters + _letters(element.tail)
    return menus if counts[0][1] >= MIN_LETTERS else []


def _drop(elements: list[html.HtmlElement]) -> None:
    for element in elements:
        element.drop_tree()


def _letters(text: str | None) -> int:
    return len(_LETTER.findall(text or ""))


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
