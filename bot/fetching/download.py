"""Downloads, within bounds of time, size and redirects.

No server is trusted: it may refuse, stall, drip or flood, or redirect into a private network.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import zlib
from dataclasses import dataclass
from importlib.metadata import version

import httpx

from bot.certificates import certificates
from bot.fetching.address import FetchError, WebAddress

SECONDS = 120.0
MAX_REDIRECTS = 5

# A server may be silent for so long; a download that goes on has SECONDS.
_SILENCE_S = 30.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WANTED = (
    "text/html, application/xhtml+xml, application/rss+xml, application/atom+xml, "
    "application/pdf, text/markdown, text/plain, application/xml;q=0.9, */*;q=0.1"
)


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


async def download(address: WebAddress, max_bytes: int, seconds: float = SECONDS) -> Download:
    """Download an address, following redirects.

    Args:
        address: The address of a page, a feed or a PDF.
        max_bytes: The greatest size of the content, unpacked.
        seconds: The time limit of the whole download.

    Raises:
        FetchError: It cannot be downloaded, takes too long, or is too large.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _followed(address, max_bytes, min(seconds, _SILENCE_S))
    except TimeoutError:
        raise FetchError(f"not done within {seconds:g} s") from None
    except httpx.TimeoutException:
        raise FetchError("the server kept silent") from None
    except zlib.error:
        raise FetchError("it is compressed and cannot be unpacked") from None
    except (httpx.ConnectError, UnicodeError) as exc:
        raise FetchError(f"no connection: {exc}") from None
    except httpx.HTTPError as exc:
        raise FetchError(f"the connection failed: {str(exc) or type(exc).__name__}") from None


async def _followed(first: WebAddress, max_bytes: int, silence: float) -> Download:
    here = first
    for _ in range(MAX_REDIRECTS + 1):
        # Each request has a client of its own, as a client keeps cookies.
        async with (
            _client(silence) as client,
            client.stream("GET", here.url, auth=here.credentials) as response,
        ):
            if response.status_code not in _REDIRECTS:
                return await _received(here, response, max_bytes)
            here = await _next(first, here, response.headers.get("Location", ""))
    raise FetchError(f"more than {MAX_REDIRECTS} redirects")


def _client(silence: float) -> httpx.AsyncClient:
    try:
        return httpx.AsyncClient(
            verify=certificates(),
            timeout=silence,
            follow_redirects=False,
            headers={
                "User-Agent": f"excerpta/{version('excerpta')}",
                "Accept": _WANTED,
                "Accept-Encoding": "gzip",
            },
        )
    except (ImportError, ValueError, httpx.InvalidURL):
        # It is not chained, as the proxy's address may hold a password.
        raise FetchError(
            "the proxy that the environment names cannot be used; wanted http://, https:// or "
            "socks5://"
        ) from None


async def _next(first: WebAddress, here: WebAddress, location: str) -> WebAddress:
    """Return the address of a redirect, if it may be followed."""
    if not location:
        raise FetchError("a redirect to nowhere")
    try:
        there = here.joined(location)
    except ValueError as exc:
        raise FetchError(f"a redirect that cannot be followed: {exc}") from None
    if (
        there.host not in (here.host, first.host)
        and await _is_private(there.host)
        and not await _is_private(first.host)
    ):
        raise FetchError(
            f"a redirect to {there.host}, which is on this machine or in a private network; name "
            "that address yourself if it is wanted"
        )
    return there


async def _is_private(host: str) -> bool:
    """Whether a host has an address that is not of the public internet."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False  # There is no such host, or only a proxy knows it.
    return not all(_is_public(str(address[0])) for *_, address in found)


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_global


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
