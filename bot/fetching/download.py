"""Downloads, within bounds of time, size and redirects.

No server is trusted: it may refuse, stall, drip or flood, or redirect into a private network.
"""

from __future__ import annotations

import asyncio
import re
import zlib
from dataclasses import dataclass
from enum import StrEnum

import httpx

from bot.fetching.address import FetchError, WebAddress
from bot.fetching.network import Border, Network
from retrieval.articles import UnreadableArticle, decode, suffix

SECONDS = 120.0
MAX_REDIRECTS = 5

# A server may be silent for so long; a download that goes on has SECONDS.
_SILENCE_S = 30.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

_HEAD = 4096
_PDF = b"%PDF-"
# Before the root may be declarations, comments and spaces; being possessive, it takes linear time.
_ROOT = re.compile(r"(?>\s+|<\?.*?\?>|<!--.*?-->|<![^>]*>)*+<([\w:]+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Download:
    """A finished download.

    Attributes:
        address: The last address, after all redirects.
        media_type: The media type in the header, in lower case; empty if there is none.
        charset: The charset in the header.
    """

    address: WebAddress
    media_type: str
    charset: str | None
    data: bytes


async def download(
    address: WebAddress,
    max_bytes: int,
    seconds: float = SECONDS,
    network: Network | None = None,
) -> Download:
    """Download an address, following redirects.

    Args:
        address: The address of a page, a feed or a PDF.
        max_bytes: The greatest size of the content, unpacked.
        seconds: The time limit of the whole download.
        network: The network that is asked, this machine's if none is given.

    Raises:
        FetchError: It cannot be downloaded, takes too long, or is too large.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _followed(
                address, max_bytes, min(seconds, _SILENCE_S), network or Network()
            )
    except TimeoutError:
        raise FetchError(f"not done within {seconds:g} s") from None
    except httpx.TimeoutException:
        raise FetchError("the server kept silent") from None
    except zlib.error:
        raise FetchError("it is compressed and cannot be unpacked") from None
    except httpx.ConnectError as exc:
        raise FetchError(f"no connection: {exc}") from None
    except httpx.HTTPError as exc:
        raise FetchError(f"the connection failed: {str(exc) or type(exc).__name__}") from None


async def _followed(
    first: WebAddress, max_bytes: int, silence: float, network: Network
) -> Download:
    here, border = first, Border(network)
    for _ in range(MAX_REDIRECTS + 1):
        async with border.response(here, silence) as response:
            if response.status_code not in _REDIRECTS:
                return await _received(here, response, max_bytes)
            here = _next(here, response.headers.get("Location", ""))
    raise FetchError(f"more than {MAX_REDIRECTS} redirects")


def _next(here: WebAddress, location: str) -> WebAddress:
    """Return the address of a redirect."""
    if not location:
        raise FetchError("a redirect to nowhere")
    try:
        return here.joined(location)
    except ValueError as exc:
        raise FetchError(f"a redirect that cannot be followed: {exc}") from None


async def _received(here: WebAddress, response: httpx.Response, max_bytes: int) -> Download:
    if response.status_code != httpx.codes.OK:
        reason = httpx.codes.get_reason_phrase(response.status_code)
        raise FetchError(f"HTTP status {response.status_code} {reason}".rstrip())
    coding = response.headers.get("Content-Encoding", "").strip().lower()
    if coding not in ("", "identity", "gzip"):
        raise FetchError("it is compressed in a way that was not asked for")
    unpacking = zlib.decompressobj(zlib.MAX_WBITS + 16) if coding == "gzip" else None
    data = bytearray()
    async for piece in response.aiter_raw():
        # At most one byte too many is unpacked, as a small piece may unpack to a large one.
        left = max_bytes + 1 - len(data)
        data += unpacking.decompress(piece, left) if unpacking else piece
        if len(data) > max_bytes:
            raise FetchError(f"more than articles.max_megabytes = {max_bytes / 1e6:g}")
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return Download(here, media_type, response.charset_encoding, bytes(data))


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
