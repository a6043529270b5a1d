"""Clutter: what stands on a page around its text, as menus do."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree, html  # type: ignore[import-untyped]

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
