"""Main text: what a page is about, told from menus, side columns and foot by trafilatura."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from itertools import dropwhile
from typing import TYPE_CHECKING

from retrieval.articles import markup
from retrieval.articles.formulas import formula_text, is_formula
from retrieval.articles.html.clutter import drop_clutter

if TYPE_CHECKING:
    from lxml.html import HtmlElement  # type: ignore[import-untyped]

logger = logging.getLogger(__name__)

MIN_CHARACTERS = 250
"""What trafilatura wants of a page to tell its text from its menus."""
MAX_SHORT = 1_000
"""Characters of the text of a page that is as short as that."""

_FRAMES = ("address", "article", "center", "div", "fieldset", "main", "section", "td")
_BOXES = frozenset({"address", "center", "div", "fieldset", "section"})
_BLOCK_TAGS = (
    "address article aside blockquote center details div dl fieldset figure footer form h1 h2 h3 "
    "h4 h5 h6 header hr main nav ol p pre section table ul"
)
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_TITLES = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "header"})
_HOLDERS = frozenset({"body", "div", "section", "td"})
_HEADINGS = frozenset({"dt", "h1", "h2", "h3", "h4", "h5", "h6", "summary"})
# Digits of what `text.clean` takes out.
_UNSEEN = str.maketrans("01", "\u200b\u2060")
_TEXTS = "p li td th dt dd blockquote summary h1 h2 h3 h4 h5 h6"
_IN_TEXT = " or ".join(f"ancestor::{tag}" for tag in _TEXTS.split())
# Quotations, days, and labels as lists of tasks have them; those of forms are no text.
_WORDS = (
    f".//q | .//time[{_IN_TEXT}] "
    f"| .//*[self::label or self::output][{_IN_TEXT}][not(ancestor::form)]"
)


def main_text(path: str, page: HtmlElement) -> str:
    """Return the main text of a page, or nothing; the page is changed on the way."""
    from trafilatura import bare_extraction

    _fit(page)
    article = _framed(page)
    try:
        document = bare_extraction(page, include_comments=False)
    except Exception:
        # Heuristics on whatever the web brings: a defect in them must not cost the article.
        logger.warning("%s: main text not found, the whole page is read", path, exc_info=True)
        return ""
    body = None if document is None or isinstance(document, dict) else document.body
    text = "" if body is None else markup.text_of(body)
    # Where trafilatura gives up, it returns all words of the page as one paragraph.
    is_dump = body is not None and len(body) == 1 and "\n" in (body[0].text or "")
    if len(text) >= MIN_CHARACTERS and not is_dump:
        return text
    if article is not None:
        article.drop_tag()
    short = markup.text_of(drop_clutter(page.find("body")))
    return short if len(short) <= max(len(text), MAX_SHORT) else text


def _fit(page: HtmlElement) -> None:
    """Turn what trafilatura leaves out of a text into what it keeps."""
    for formula in list(filter(is_formula, page.iter())):
        formula.text = formula_text(formula)
        del formula[:]
        formula.tag = "span"
    for button in list(page.iter("button")):
        if button.getparent().tag in _HEADINGS:
            button.tag = "span"
        elif button.text_content().strip().endswith(("?", "？", "؟")):
            button.tag = "p"  # a question that opens its answer
    for caption in page.xpath(".//figure/figcaption"):
        if _is_text(caption.text, caption):
            caption.tag = "p"
            caption.attrib.clear()  # names of classes have a say
            caption.getparent().addnext(caption)
    _fit_tables(page)
    _fit_frames(page)
    for words in page.xpath(_WORDS):
        words.tag = "span"
    _tell_copies_apart(page)


def _framed(page: HtmlElement) -> HtmlElement | None:
    """Make an article of the least part of a page that holds all its paragraphs; return it.

    Where a page names no part as its text, trafilatura keeps paragraphs and tables, and leaves out
    lists and headings. Where it does, None is returned. Headings at the head of the part are the
    page's title, or the name of its site.
    """
    from trafilatura.xpaths import BODY_XPATH

    paragraphs = list(page.find("body").iter("p"))
    if not paragraphs or any(named(page) for named in BODY_XPATH):
        return None
    part = paragraphs[0].getparent()
    while part.tag not in _HOLDERS or sum(1 for _ in part.iter("p")) < len(paragraphs):
        part = part.getparent()
    article = part.makeelement("article")
    article.extend(list(dropwhile(lambda one: one.tag in _TITLES, part)))
    part.append(article)
    return article


def _tell_copies_apart(page: HtmlElement) -> None:
    """Begin each copy of a paragraph with other characters that nobody sees.

    Of several that are the same trafilatura keeps one, be they a chorus or a step of each recipe.
    """
    copies: Counter[str] = Counter()
    for paragraph in page.iter("p"):
        text = paragraph.text_content()
        if number := copies[text]:
            unseen = f"{number:b}".translate(_UNSEEN)
            paragraph.text = f"{unseen}{paragraph.text or ''}"
        copies[text] += 1


def _fit_tables(page: HtmlElement) -> None:
    """Make plain frames of tables that lay out a page, and plain text of the cells of others."""
    for table in page.iter("table"):
        outer = next(table.iterancestors("blockquote", "table"), None)
        if outer is not None and outer.tag == "blockquote":
            outer.tag = "div"
        if not markup.is_of_cells(table) and next(table.iter("th"), None) is None:
            table.set("role", "presentation")
        markup.write_headings(table)
    for table in list(page.iterfind(".//table")):
        groups = [table, *table.iterchildren("tbody", "thead", "tfoot")]
        rows = [row for group in groups for row in group.iterchildren("tr")]
        cells = [cell for row in rows for cell in row.iterchildren("td", "th")]
        if table.get("role") == "presentation":
            for part in (*groups, *rows, *cells):
                part.tag = "div"
            continue
        for item in [item for cell in cells for item in cell.iter("li", "ol", "ul")]:
            if item.tag == "li":
                item.text = f" • {item.text or ''}"
            item.tag = "span"


def _fit_frames(page: HtmlElement) -> None:
    """Make paragraphs of the text in a page's frames that is in none."""
    holders = {paragraph.getparent() for paragraph in page.iter("p")}
    for frame in list(page.iter(*_FRAMES)):
        if any(child.tag in _BLOCKS for child in frame):
            _wrap_text(frame)
        elif (
            frame.tag in _BOXES
            and _is_text(frame.text, frame)
            and not holders.isdisjoint(frame.iterancestors())
        ):
            frame.tag = "p"  # beside others, or in a frame that is


def _wrap_text(frame: HtmlElement) -> None:
    """Make paragraphs of the text that stands between the blocks of a frame."""
    run: list[HtmlElement] = []
    before = None
    for child in [*frame, None]:
        if child is not None and child.tag not in _BLOCKS:
            run.append(child)
            continue
        text = frame.text if before is None else before.tail
        if _is_text(text, run):
            paragraph = frame.makeelement("p")
            paragraph.text = text
            if before is None:
                frame.text = None
                frame.insert(0, paragraph)
            else:
                before.tail = None
                before.addnext(paragraph)
            paragraph.extend(run)
        run, before = [], child


def _is_text(text: str | None, elements: Iterable[HtmlElement]) -> bool:
    """Tell whether text and the elements behind it say more than links do."""
    texts = [text]
    for one in elements:
        texts += [one.tail, None if one.tag == "a" else one.text_content()]
    return any(one and not one.isspace() for one in texts)
