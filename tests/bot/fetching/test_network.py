"""Where a download may go: an internet of a few names, whose hosts are servers on loopback."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest

from bot.fetching.address import FetchError, WebAddress
from bot.fetching.download import download
from bot.fetching.network import IPAddress, Network, is_public
from tests.bot.fetching.web_server import Web, leads, sends, serving

PUBLIC, OTHER, HOME = "1.1.1.1", "8.8.8.8", "10.0.0.7"
REFUSED = "on this machine or in a private network"


@dataclass
class Internet(Network):
    """An internet of its own.

    Attributes:
        names: The addresses of each name; if there are several answers, each lookup takes the next.
        hosts: The server at each address.
        connected: The addresses that were asked.
        through: The proxy, if there is one.
    """

    names: dict[str, list[list[str]]] = field(default_factory=dict)
    hosts: dict[str, Web] = field(default_factory=dict)
    connected: list[str] = field(default_factory=list)
    through: Web | None = None

    async def addresses(self, host: str) -> list[IPAddress]:
        answers = self.names.get(host)
        if answers is None:
            return await super().addresses(host)
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [ip_address(one) for one in found]

    def proxy(self, address: WebAddress) -> str | None:
        return self.through.url("") if self.through else None

    def transport(self) -> httpx.AsyncBaseTransport:
        return Wires(self)


class Wires(httpx.AsyncHTTPTransport):
    """Connects to the server that has an address, and to no name."""

    def __init__(self, internet: Internet) -> None:
        super().__init__()
        self.internet = internet

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        address = str(ip_address(request.url.host))
        self.internet.connected.append(address)
        web = self.internet.hosts.get(address)
        if web is None:
            raise httpx.ConnectError("nobody there")
        request.url = request.url.copy_with(host="127.0.0.1", port=web.port)
        return await super().handle_async_request(request)


@pytest.fixture
def outside() -> Iterator[Web]:
    with serving({"/": sends("open")}) as web:
        yield web


@pytest.fixture
def inside() -> Iterator[Web]:
    with serving({"/": sends("secret"), "/secret": sends("secret")}) as web:
        yield web


def fetched(url: str, internet: Network) -> bytes:
    return asyncio.run(download(WebAddress.parse(url), 1_000_000, 20, internet)).data


def refused(url: str, internet: Network) -> str:
    with pytest.raises(FetchError, match=r".") as raised:
        fetched(url, internet)
    return str(raised.value)


PRIVATE_4 = """
    0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 127.0.0.1 169.254.169.254 172.16.0.1 192.0.0.8 192.0.0.9
    192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.1.2.3
    240.0.0.1 255.255.255.255
"""
PRIVATE_6 = """
    :: ::1 ::7f00:1 ::808:808 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:0:7f00:1 100::1
    64:ff9b::7f00:1 64:ff9b::a00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::808:808 2001::1 2001:2::1
    2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1::1 2002:808:808::1 3fff::1 4000::1 5f00::1
    fc00::1 fd12::1 fe80::1 fe80::1%lo fec0::1 ff02::1 ff0e::1
"""
PUBLIC_BOTH = """
    1.1.1.1 8.8.8.8 ::ffff:8.8.8.8 64:ff9b::808:808 2606:4700::1111 2a00:1450::1 2003::1
"""


@pytest.mark.parametrize("address", (PRIVATE_4 + PRIVATE_6).split())
def test_addresses_that_are_not_of_the_public_internet(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC_BOTH.split())
def test_addresses_of_the_public_internet(address: str) -> None:
    assert is_public(ip_address(address))


def test_the_host_is_asked_at_its_address_and_told_its_name(outside: Web) -> None:
    internet = Internet({"a.example": [[PUBLIC]]}, {PUBLIC: outside})
    assert fetched("http://a.example:8080/", internet) == b"open"
    assert outside.asked[0][1]["host"] == "a.example:8080"


def test_of_several_addresses_one_has_to_answer(outside: Web) -> None:
    internet = Internet({"a.example": [["2606:4700::1111", OTHER, PUBLIC]]}, {PUBLIC: outside})
    assert fetched("http://a.example/", internet) == b"open"
    assert internet.connected == ["2606:4700::1111", OTHER, PUBLIC]
    assert "no connection" in refused("http://8.8.4.4/", internet)
    internet.names["none.example"] = [[]]
    assert "none.example has no address" in refused("http://none.example/", internet)


@pytest.mark.parametrize(
    "path", ["//a.example/secret", "/secret", "http://home.example/", "//[::1]/"]
)
def test_a_host_with_public_and_private_addresses_opens_no_private_network(
    outside: Web, inside: Web, path: str
) -> None:
    """Neither when it is named nor afterwards, whatever order its addresses come in."""
    names = {"a.example": [[HOME, PUBLIC], [HOME], [PUBLIC, HOME]], "home.example": [[HOME]]}
    internet = Internet(names, {PUBLIC: outside, HOME: inside, "::1": inside})
    outside.pages["/"] = leads(path)
    assert REFUSED in refused("http://a.example/", internet)
    assert (internet.connected, inside.asked) == ([PUBLIC], [])


def test_a_redirect_to_a_host_with_both_asks_its_public_addresses(
    outside: Web, inside: Web
) -> None:
    names = {"a.example": [[PUBLIC]], "both.example": [[HOME, PUBLIC]]}
    internet = Internet(names, {PUBLIC: outside, HOME: inside})
    outside.pages |= {"/": leads("http://both.example/2"), "/2": sends("open")}
    assert fetched("http://a.example/", internet) == b"open"
    assert inside.asked == []


def test_a_name_that_is_looked_up_again_leads_nowhere_else(outside: Web, inside: Web) -> None:
    """Rebinding: between the check and the connection there is no second lookup."""
    rebound = [[PUBLIC], [PUBLIC], [HOME]]
    internet = Internet({"a.example": [[PUBLIC]], "b.example": rebound})
    internet.hosts = {PUBLIC: outside, HOME: inside}
    outside.pages |= {"/": leads("http://b.example/2"), "/2": leads("/3"), "/3": leads("/secret")}
    assert REFUSED in refused("http://a.example/", internet)
    assert (len(outside.asked), inside.asked) == (3, [])


def test_a_private_host_that_somebody_named_leads_to_itself_and_outward_only(
    outside: Web, inside: Web
) -> None:
    names = {
        "home.example": [[HOME]],
        "alias.example": [[f"::ffff:{HOME}"]],
        "b.example": [[PUBLIC]],
    }
    internet = Internet(names, {HOME: inside, "::ffff:a00:7": inside, "10.0.0.8": outside})
    internet.hosts[PUBLIC] = outside
    inside.pages |= {"/": leads("http://alias.example/secret")}
    assert fetched("http://home.example/", internet) == b"secret"
    inside.pages["/"] = leads("http://b.example/")
    assert fetched("http://home.example/", internet) == b"open"
    inside.pages["/"] = leads("http://10.0.0.8/")
    assert REFUSED in refused("http://home.example/", internet)
    internet.names["home.example"] = [[HOME], ["10.0.0.8"]]
    inside.pages["/"] = leads("/again")
    assert REFUSED in refused("http://home.example/", internet)


def test_a_proxy_is_told_names_whose_addresses_are_public_or_its_own_secret(
    outside: Web, inside: Web
) -> None:
    names = {"a.example": [[PUBLIC]], "home.example": [[HOME]], "both.example": [[PUBLIC, HOME]]}
    internet = Internet(names, through=outside)
    outside.pages = {
        "http://a.example/": leads("http://unknown.invalid/"),
        "http://unknown.invalid/": sends("open"),
    }
    assert fetched("http://a.example/", internet) == b"open"
    for there in ("home.example", "both.example", HOME, "[64:ff9b::a00:7]"):
        outside.pages["http://a.example/"] = leads(f"http://{there}/")
        assert REFUSED in refused("http://a.example/", internet)
    assert internet.connected == []


@pytest.mark.parametrize(("subject", "rc"), [("localhost", 0), ("elsewhere.example", 3)])
def test_a_server_has_to_prove_the_name_and_not_the_address(
    tmp_path: Path, subject: str, rc: int
) -> None:
    key, proof = tmp_path / "key.pem", tmp_path / "proof.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    make += [
        "-nodes",
        "-keyout",
        str(key),
        "-out",
        str(proof),
        "-days",
        "2",
        "-subj",
        f"/CN={subject}",
    ]
    make += ["-addext", f"subjectAltName=DNS:{subject}"]
    subprocess.run(make, check=True, capture_output=True)
    articles = tmp_path / "articles"
    articles.mkdir()
    with serving({"/": sends("<p>The ferry sails at noon.</p>")}, proof, key) as web:
        url = f"https://localhost:{web.port}/"
        done = subprocess.run(
            [sys.executable, "-m", "bot", "fetch", "--articles", str(articles), url],
            env={**os.environ, "SSL_CERT_FILE": str(proof), "NO_PROXY": "*"},
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
    assert done.returncode == rc, done.stderr
    if rc:
        assert "certificate" in done.stderr
    else:
        assert web.asked[0][1]["host"] == f"localhost:{web.port}"
