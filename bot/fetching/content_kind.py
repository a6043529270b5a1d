"""Kinds of downloads: a page, a feed or a PDF, by their media type and by their content."""

from __future__ import annotations

import re
from enum import StrEnum

from bot.fetching.address import FetchError
from bot.fetching.download import Download
from retrieval.articles import UnreadableArticle, decode, suffix

_HEAD = 4096
_PDF = b"%PDF-"
# Before the root may be declarations, comments and spaces; being possessive, it takes linear time.
_ROOT = re.compile(r"(?>\s+|<\?.*?\?>|<!--.*?-->|<![^>]*>)*+<([\w:]+)", re.DOTALL)


class ContentKind(StrEnum):
    """What can be saved; the value is the suffix of such a file."""

    HTML = ".html"
    MARKDOWN = ".md"
    TEXT = ".txt"
    RSS = ".rss"
    ATOM = ".atom"
    PDF = ".pdf"

    @property
    def is_page(self) -> bool:
        """Whether its text is saved; of other kinds, the bytes are."""
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
# Servers mix these types up, so the content alone decides.
_FEEDS_AND_PDFS = frozenset(
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
_UNKNOWN = frozenset({"", "application/octet-stream", "binary/octet-stream"})


def kind_of(download: Download) -> ContentKind:
    """Return the kind of a download.

    Raises:
        FetchError: It cannot be an article.
    """
    media_type = download.media_type
    if not any(media_type in known for known in (_PAGES, _FEEDS_AND_PDFS, _UNKNOWN)):
        raise _unwanted(media_type)
    if download.data.startswith(_PDF):
        return ContentKind.PDF
    root = _ROOT.match(_head(download.data))
    kind = _ROOTS.get(root[1].lower()) if root else None
    if kind is not None and (media_type not in _PAGES or not kind.is_page):
        return kind
    if media_type in _FEEDS_AND_PDFS:
        raise _unwanted(f"what is called {media_type} and is something else")
    if media_type in _UNKNOWN and not _is_text(download.data):
        raise _unwanted("bytes of no known kind")
    if _PAGES.get(media_type, ContentKind.TEXT) is ContentKind.TEXT:
        named = suffix(download.address.path)
        return ContentKind.MARKDOWN if named in (".md", ".markdown") else ContentKind.TEXT
    return _PAGES[media_type]


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
