"""HTML pages and pieces of them: their main text, block by block, and what they declare."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from retrieval.articles import channel_page, markup
from retrieval.articles.metadata import (
    Metadata,
    RawArticle,
    ReadingLimits,
    date_of,
    language_of,
    tags_of,
    url_of,
)
from retrieval.articles.text import decode, legacy_codec

if TYPE_CHECKING:
    from lxml.html import HtmlElement  # type: ignore[import-untyped]
    from trafilatura.settings import Document

logger = logging.getLogger(__name__)

# trafilatura takes up to 100 µs for an element and 2 µs for a character; beyond, the whole page is
# read. On long values of metadata it takes n² steps; beyond, they are not read.
MAX_ELEMENTS = 20_000
MAX_CHARACTERS = 2_000_000
MAX_META = 1_000
MAX_SCRIPT = 100_000

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s{0,9}=[\s\"']{0,9}([\w.:-]{1,40})", re.IGNORECASE)
_DATE_NAMES = (
    "article.published article:published_time citation_publication_date date datepublished "
    "dc.date dc.date.issued dcterms.created dcterms.issued og:article:published_time "
    "parsely-pub-date pubdate publish-date publishdate sailthru.date"
)
_META_DATES = frozenset(_DATE_NAMES.split())
_OVERSIZED = (
    f"//meta[string-length(@content) > {MAX_META}] | //script[string-length() > {MAX_SCRIPT}]"
)
_LD_DATE = re.compile(r'"datePublished"\s*:\s*"([^"]{1,100})"')


def read(path: str, data: bytes, limits: ReadingLimits) -> list[RawArticle]:
    """Read a page: its main text if that can be told from the rest, else all of it.

    Dates come from what the page declares (`article:published_time` and its like, JSON-LD, `time`)
    and never from its text.
    """
    page = markup.parse(decode(data, _charset(data)))
    if (posts := channel_page.read(page, limits)) is not None:
        return posts
    body = None if page is None else page.find("body")
    if page is None or body is None:
        return []
    for element in page.xpath(_OVERSIZED):
        element.drop_tree()
    metadata = Metadata(
        title=page.findtext(".//title"),
        date=date_of(path, *_dates(page), language=page.get("lang")),
        author=next(_meta(page, frozenset({"author"})), None),
        language=language_of(page.get("lang")),
    )
    document = _main_text(path, page)
    if document is None:
        return [RawArticle(metadata, markup.text_of(body))]
    metadata = replace(
        metadata,
        title=document.title or metadata.title,
        url=url_of(path, document.url),
        author=document.author or metadata.author,
        tags=tags_of(tag for tags in document.tags or () for tag in tags.split(",")),
    )
    return [RawArticle(metadata, markup.text_of(document.body) or markup.text_of(body))]


def _main_text(path: str, page: HtmlElement) -> Document | None:
    if sum(1 for _ in page.iter()) > MAX_ELEMENTS or len(page.text_content()) > MAX_CHARACTERS:
        return None
    from trafilatura import bare_extraction

    for name in ("trafilatura", "htmldate", "courlan"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        document = bare_extraction(
            page,
            include_comments=False,
            with_metadata=True,
            date_extraction_params={"extensive_search": False, "original_date": True},
        )
    except Exception:
        # Heuristics on whatever the web brings: a defect in them must not cost the article.
        logger.warning("%s: main text not found, the whole page is read", path, exc_info=True)
        return None
    return None if isinstance(document, dict) else document


def _dates(page: HtmlElement) -> Iterator[str]:
    yield from _meta(page, _META_DATES)
    for script in page.iterfind(".//script[@type='application/ld+json']"):
        yield from _LD_DATE.findall(script.text or "")
    for time in page.iterfind(".//time[@datetime]"):
        if time.get("pubdate") is not None or time.get("itemprop") == "datePublished":
            yield time.get("datetime")


def _meta(page: HtmlElement, names: frozenset[str]) -> Iterator[str]:
    for element in page.iterfind(".//meta[@content]"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        if name.lower() in names and element.get("content").strip():
            yield element.get("content")


def _charset(data: bytes) -> str | None:
    match = _CHARSET.search(data, 0, 4096)
    return legacy_codec(match[1]) if match else None
