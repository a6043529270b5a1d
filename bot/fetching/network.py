"""The network: names are looked up, proxies chosen, and which addresses are of the public internet.

A download asks the addresses that were checked, and no name is looked up twice on the way.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from importlib.metadata import version
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from bot.certificates import certificates
from bot.fetching.address import FetchError, WebAddress

IPAddress = IPv4Address | IPv6Address

# A host has seldom more than a few addresses, and each that keeps silent takes its time.
_MAX_ADDRESSES = 8
_CONNECT_S = 10.0
_WANTED = (
    "text/html, application/xhtml+xml, application/rss+xml, application/atom+xml, "
    "application/pdf, text/markdown, text/plain, application/xml;q=0.9, */*;q=0.1"
)

# Python's `is_global` lacks these, in some or all of its versions:
# https://www.iana.org/assignments/iana-ipv4-special-registry
# https://www.iana.org/assignments/iana-ipv6-special-registry
_NOT_PUBLIC_4 = tuple(
    map(
        IPv4Network,
        (
            "192.0.0.0/24",  # protocol assignments
            "192.88.99.0/24",  # relays of 6to4
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",
        ),
    )
)
# Elsewhere, nothing is assigned, or not to hosts of the internet: loopback, IPv4-compatible,
# local NAT64 (64:ff9b:1::/48), unique local, link-local, site-local, multicast.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4, whose end nobody knows
            "3fff::/20",  # documentation
        ),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: IPAddress) -> bool:
    """Whether an address is of the public internet, where everybody may ask its host."""
    address = _meant(address)
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in network for network in _NOT_PUBLIC_4)
    return (
        address in _GLOBAL_UNICAST
        and address.is_global
        and not any(address in network for network in _NOT_PUBLIC_6)
    )


def _meant(address: IPAddress) -> IPAddress:
    """Return the IPv4 address that one of IPv6 stands for, if it does."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:  # so a network without IPv4 names all hosts that have only that
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


class Network:
    """The network of this machine."""

    async def addresses(self, host: str) -> list[IPAddress]:
        """Look up the addresses of a host.

        Raises:
            OSError: There is no such host, or nobody who knows.
            UnicodeError: It cannot be a host.
        """
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(ip_address(str(address[0])) for *_, address in found))

    def proxy(self, address: WebAddress) -> str | None:
        """Return the proxy that the environment names for an address."""
        parts = urlsplit(address.url)
        proxies = getproxies()
        proxy = proxies.get(parts.scheme) or proxies.get("all")
        if not proxy or proxy_bypass(parts.netloc):
            return None
        return proxy if "://" in proxy else f"http://{proxy}"

    def transport(self) -> httpx.AsyncBaseTransport:
        """Make what connects to an address."""
        return httpx.AsyncHTTPTransport(verify=certificates())


class Border:
    """Keeps a download in the public internet, or at the private host that somebody named himself.

    Redirects may lead to public addresses and to those that the named host has, if all of these are
    private. If only some are, the host is one of the public internet that points into a private
    network, and those are not asked.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._allowed: frozenset[IPAddress] | None = None

    @asynccontextmanager
    async def response(self, here: WebAddress, silence: float) -> AsyncIterator[httpx.Response]:
        """Ask for an address; the first one that is asked for is the one that somebody named.

        Raises:
            FetchError: It may not be asked.
            httpx.HTTPError: There is no answer.
        """
        proxy = self._network.proxy(here)
        addresses = await self._addresses(here.host, proxied=proxy is not None)
        async with _client(proxy, self._network, silence) as client:
            if proxy:
                response = await _sent(client, here, here.host)
            else:
                response = await _first_answer(client, here, addresses)
            try:
                yield response
            finally:
                await response.aclose()

    async def _addresses(self, host: str, *, proxied: bool) -> list[IPAddress]:
        """Return the addresses of a host that may be asked."""
        try:
            found = await self._network.addresses(host)
        except (OSError, UnicodeError) as exc:
            if not proxied:
                raise FetchError(f"no connection: {exc}") from None
            found = []  # Only the proxy knows the host.
        public = [one for one in found if is_public(one)]
        if self._allowed is None:
            self._allowed = frozenset() if public else frozenset(map(_meant, found))
            return public or found
        may_be_asked = [one for one in found if one in public or _meant(one) in self._allowed]
        # A proxy is told the name, and chooses among all addresses.
        if found and (not may_be_asked or (proxied and len(may_be_asked) < len(found))):
            raise FetchError(
                f"a redirect to {host}, which is on this machine or in a private network; name "
                "that address yourself if it is wanted"
            )
        return may_be_asked


def _client(proxy: str | None, network: Network, silence: float) -> httpx.AsyncClient:
    # Each request has a client of its own, as a client keeps cookies.
    try:
        return httpx.AsyncClient(
            proxy=proxy,
            transport=None if proxy else network.transport(),
            verify=certificates(),
            timeout=httpx.Timeout(silence, connect=min(silence, _CONNECT_S)),
            follow_redirects=False,
            trust_env=False,
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


async def _first_answer(
    client: httpx.AsyncClient, here: WebAddress, addresses: Iterable[IPAddress]
) -> httpx.Response:
    """Ask one address after another until there is one that takes the connection."""
    failed: httpx.HTTPError = httpx.ConnectError(f"{here.host} has no address")
    for address in list(addresses)[:_MAX_ADDRESSES]:
        try:
            return await _sent(client, here, str(address))
        except (httpx.ConnectError, httpx.ConnectTimeout) as exc:
            failed = exc
    raise failed


async def _sent(client: httpx.AsyncClient, here: WebAddress, to: str) -> httpx.Response:
    """Ask a host by its name or by an address of it, which is told and must prove the name."""
    url = httpx.URL(here.url)
    request = client.build_request(
        "GET",
        url.copy_with(host=to),
        headers={"Host": url.netloc.decode("ascii")},
        extensions={"sni_hostname": here.host},
    )
    return await client.send(request, auth=here.credentials, stream=True)
