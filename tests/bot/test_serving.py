"""The web server, asked by people of good and of bad manners."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.types import Receive, Scope, Send

from bot.serving import listening

pytestmark = pytest.mark.anyio

HEAD = b"POST / HTTP/1.1\r\nHost: bot\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def refuses(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer 403 without a look at the body."""
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": b"no"})


async def ponders(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer after a while."""
    await asyncio.sleep(0.5)
    await refuses(scope, receive, send)


async def fails(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise RuntimeError("no index")


@asynccontextmanager
async def asking(
    port: int, *sent: bytes
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("localhost", port)
    for piece in sent:
        writer.write(piece)
    async with asyncio.timeout(10):
        yield reader, writer
    writer.close()


async def status_of(reader: asyncio.StreamReader) -> bytes:
    return (await reader.readuntil(b"\r\n\r\n")).split()[1]


async def drip(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"1\r\nx\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


async def test_the_signals_are_left_to_the_bot() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    async with listening(refuses, "127.0.0.1", 0, "port") as port, asking(port, HEAD) as (_, _):
        assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


async def test_a_name_of_any_addresses_can_be_listened_at() -> None:
    async with (
        listening(refuses, "localhost", 0, "port") as port,
        asking(port, HEAD, b"\r\n") as (reader, _),
    ):
        assert await status_of(reader) == b"403"


@pytest.mark.parametrize("sent", [b"", HEAD, HEAD + b"\r\n"], ids=["nothing", "half", "one"])
async def test_a_connection_without_a_new_request_is_closed(sent: bytes) -> None:
    async with (
        listening(refuses, "127.0.0.1", 0, "port", idle_s=0.05) as port,
        asking(port, sent) as (reader, writer),
    ):
        if sent.endswith(b"\r\n\r\n"):
            assert await status_of(reader) == b"403"
            assert await reader.readexactly(2) == b"no"
            # The next head is begun, and never ended.
            writer.write(HEAD)
        assert await reader.read() == b""


async def test_a_request_in_hand_is_not_closed() -> None:
    async with (
        listening(ponders, "127.0.0.1", 0, "port", idle_s=0.05) as port,
        asking(port, HEAD, b"\r\n") as (reader, _),
    ):
        assert await status_of(reader) == b"403"


async def test_whoever_sends_much_that_nobody_wants_reads_the_answer() -> None:
    body = [b"Content-Length: 2000000\r\n\r\n", bytes(2_000_000)]
    async with (
        listening(refuses, "127.0.0.1", 0, "port") as port,
        asking(port, HEAD, *body) as (reader, _),
    ):
        assert await status_of(reader) == b"403"
        assert await reader.read() == b"no"


async def test_whoever_sends_without_an_end_is_sent_away() -> None:
    async with (
        listening(refuses, "127.0.0.1", 0, "port") as port,
        asking(port, CHUNKED) as (reader, writer),
    ):
        assert await status_of(reader) == b"403"
        with pytest.raises(ConnectionError):
            await drip(writer)


async def test_what_goes_wrong_after_the_answer_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with (
        listening(refuses, "127.0.0.1", 0, "port") as port,
        asking(port, CHUNKED) as (reader, writer),
    ):
        assert await status_of(reader) == b"403"
        writer.write(b"no number\r\n")
        await reader.read()
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


async def test_an_application_that_fails_is_logged_and_the_server_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with listening(fails, "127.0.0.1", 0, "port") as port:
        for _ in range(2):
            async with asking(port, HEAD, b"\r\n") as (reader, _):
                assert await status_of(reader) == b"500"
    assert caplog.text.count("RuntimeError: no index") == 2
