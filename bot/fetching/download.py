"""Downloads, within bounds of time, size and redirects.

No server is trusted: it may refuse, stall, drip or flood, or redirect into a private network.
"""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import dataclass

import httpx

from bot.fetching.address import FetchError, WebAddress
from bot.fetching.network import Border, Network

SECONDS = 120.0
MAX_REDIRECTS = 5

# A server may be silent for so long; a download that goes on has SECONDS.
_SILENCE_S = 30.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


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
