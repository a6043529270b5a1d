"""HTML pages: their main text, block by block, and what they declare."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING

from lxml import etree  # type: ignore[import-untyped]

from retrieval.articles import markup
from retrieval.articles.channel import read_page
from retrieval.articles.html.clutter import drop_hidden
from retrieval.articles.html.headline import Meta, headline_of
from retrieval.articles.html.main_text import main_text
from retrieval.articles.metadata import (
    Metadata,
    RawArticle,
    ReadingLimits,
    date_of,
    language_of,
    tags_of,
    url_of,
)

if TYPE_CHECKING:
    from lxml.html import HtmlElement  # type: ignore[import-untyped]
    from trafilatura.settings import Document

logger = logging.getLogger(__name__)

# trafilatura takes up to 100 µs for an element, more for one deep in others, and 2 µs for a
# character; beyond, the whole page is read. On long values of metadata it takes n² steps; beyond,
# they are not read.
MAX_ELEMENTS = 20_000
MAX_DEPTHS = 1_000_000
MAX_CHARACTERS = 2_000_000
MAX_META = 1_000
MAX_SCRIPT = 100_000
_PUBLISHED = (
    "article:published_time og:article:published_time article.published datepublished "
    "parsely-pub-date sailthru.date citation_publication_date pubdate publish-date publishdate "
    "dc.date.issued dcterms.issued dcterms.created dc.date date"
)
_UPDATED = "article:modified_time og:updated_time datemodified dcterms.modified"
_OVERSIZED = (
    f"//meta[string-length(@content) > {MAX_META}] | //script[string-length() > {MAX_SCRIPT}]"
)
_LD_PUBLISHED = re.compile(r'"datePublished"\s{0,9}:\s{0,9}"([^"]{1,100})"')
_LD_UPDATED = re.compile(r'"dateModified"\s{0,9}:\s{0,9}"([^"]{1,100})"')


def read(path: str, data: bytes, limits: ReadingLimits) -> list[RawArticle]:
    """Read a page: its main text if that can be told from the rest, else all of it.

    The date is what the page declares (`article:published_time` and its like, JSON-LD, `time`), or
    else what it shows in a place for dates.
    """
    page = markup.parse(markup.decode_markup(data))
    if (posts := read_page(page, limits)) is not None:
        return posts
    body = None if page is None else page.find("body")
    if page is None or body is None:
        return []
    for element in page.xpath(_OVERSIZED):
        element.drop_tree()
    is_small = _is_small(page)
    meta = _meta(page)
    metadata = _metadata(path, page, meta, _declared(path, page) if is_small else None)
    drop_hidden(body)
    text = (main_text(path, deepcopy(page)) if is_small else "") or markup.text_of(body)
    return [RawArticle(replace(metadata, title=headline_of(page, meta, text)), text)]


def _is_small(page: HtmlElement) -> bool:
    """Tell whether a page is one that trafilatura reads in a few seconds."""
    elements = depths = depth = 0
    for event, _ in etree.iterwalk(page, events=("start", "end")):
        depth += 1 if event == "start" else -1
        elements += event == "start"
        depths += depth
        if elements > MAX_ELEMENTS or depths > MAX_DEPTHS:
            return False
    return len(page.text_content()) <= MAX_CHARACTERS


def _metadata(path: str, page: HtmlElement, meta: Meta, found: Document | None) -> Metadata:
    """Return what a page declares, and what trafilatura found of it.

    Days of publication come first, as they stand in the page; an update is better than none.
    """
    scripts = [one.text or "" for one in page.iterfind(".//script[@type='application/ld+json']")]
    published = [*_values(meta, *_PUBLISHED.split()), *_all(_LD_PUBLISHED, scripts), *_marked(page)]
    updated = [*_values(meta, *_UPDATED.split()), *_all(_LD_UPDATED, scripts)]
    author = next(_values(meta, "author"), None)
    language = language_of(page.get("lang"))
    if found is None:
        return Metadata(
            date=date_of(path, *published, *updated, language=page.get("lang")),
            author=author,
            language=language,
        )
    return Metadata(
        date=date_of(path, *published, found.date, *updated, language=page.get("lang")),
        url=url_of(path, found.url),
        author=found.author or author,
        language=language,
        tags=tags_of(tag for tags in found.tags or () for tag in tags.split(",")),
    )


def _declared(path: str, page: HtmlElement) -> Document | None:
    """Return what trafilatura finds that a page declares."""
    from trafilatura import extract_metadata

    for name in ("trafilatura", "htmldate", "courlan"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    options = {"extensive_search": False, "original_date": True}
    try:
        return extract_metadata(page, date_config=options)
    except Exception:
        # Heuristics on whatever the web brings: a defect in them must not cost the article.
        logger.warning("%s: what it declares is not found", path, exc_info=True)
        return None


def _meta(page: HtmlElement) -> Meta:
    """Return the values of a page's meta elements, by names in lower case."""
    values = defaultdict(list)
    for element in page.iterfind(".//meta[@content]"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        if element.get("content").strip():
            for one in name.lower().split():
                values[one].append(element.get("content"))
    return values


def _values(meta: Meta, *names: str) -> Iterator[str]:
    return (value for name in names for value in meta.get(name, ()))


def _all(pattern: re.Pattern[str], scripts: Iterable[str]) -> Iterator[str]:
    return (value for script in scripts for value in pattern.findall(script))


def _marked(page: HtmlElement) -> Iterator[str]:
    """Yield the days of publication that elements of a page are marked with."""
    for element in page.iterfind(".//*[@itemprop='datePublished']"):
        yield element.get("datetime") or element.get("content") or element.text_content()
    for time in page.iterfind(".//time[@pubdate]"):
        yield time.get("datetime") or time.text_content()
