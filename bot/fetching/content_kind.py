"""Kinds of downloads: a page, a feed or a PDF, by what the server says and by what it is."""

from __future__ import annotations

import re
from enum import StrEnum

from bot.fetching.address import FetchError
from bot.fetching.download import Download
from retrieval.articles import UnreadableArticle, decode, suffix

_HEAD = 4096
_PDF = b"%PDF-"
# What may stand before: declarations, comments, spaces. Possessive, so that it takes linear time.
_ROOT = re.compile(r"(?>\s+|<\?.*?\?>|<!--.*?-->|<![^>]*>)*+<([\w:]+)", re.DOTALL)


class ContentKind(StrEnum):
    """What can be saved; the value is the suffix of a file that is like it."""

    HTML = ".html"
    MARKDOWN = ".md"
    TEXT = ".txt"
    RSS = ".rss"
    ATOM = ".atom"
    PDF = ".pdf"

    @property
    def is_page(self) -> bool:
        """Whether its text is saved, and not the bytes as they come."""
        return self in (ContentKind.HTML, ContentKind.MARKDOWN, ContentKind.TEXT)


_PAGES = {
    "text/html": ContentKind.HTML,
    "application/xhtml+xml": ContentKind.HTML,
    "text/markdown": ContentKind.MARKDOWN,
    "text/x-markdown": ContentKind.MARKDOWN,
    "text/plain": ContentKind.TEXT,
}
_ROOTS = {
    "html": ContentKind.HTML,
    "rss": ContentKind.RSS,
    "rdf:rdf": ContentKind.RSS,
    "feed": ContentKind.ATOM,
}
# Kinds that the content alone tells, under whatever of these names they come.
_TOLD = frozenset(
    {
        "application/atom+xml",
        "application/pdf",
        "application/rdf+xml",
        "application/rss+xml",
        "application/x-pdf",
        "application/xml",
        "text/xml",
    }
)
_UNTOLD = frozenset({"", "application/octet-stream", "binary/octet-stream"})


def kind_of(download: Download) -> ContentKind:
    """Tell what came.

    Raises:
        FetchError: It is nothing that can be an article.
    """
    said = download.media_type
    if said not in _PAGES and said not in _TOLD and said not in _UNTOLD:
        raise _unwanted(said)
    if download.data.startswith(_PDF):
        return ContentKind.PDF
    root = _ROOT.match(_head(download.data))
    kind = _ROOTS.get(root[1].lower()) if root else None
    if kind is not None and (said not in _PAGES or not kind.is_page):
        return kind
    if said in _TOLD:
        raise _unwanted(f"what is called {said} and is something else")
    if said in _UNTOLD and not _is_text(download.data):
        raise _unwanted("bytes of no known kind")
    if _PAGES.get(said, ContentKind.TEXT) is ContentKind.TEXT:
        named = suffix(download.address.path)
        return ContentKind.MARKDOWN if named in (".md", ".markdown") else ContentKind.TEXT
    return _PAGES[said]


def _head(data: bytes) -> str:
    try:
        return decode(data[:_HEAD])
    except UnreadableArticle:
        return ""


def _is_text(data: bytes) -> bool:
    try:
        return "\0" not in data.decode()
    except UnicodeDecodeError:
        return False


def _unwanted(found: str) -> FetchError:
    return FetchError(
        f"found {found}; wanted a page (HTML, text, Markdown), a feed (RSS, Atom) or a PDF"
    )
