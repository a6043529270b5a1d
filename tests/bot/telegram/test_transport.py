"""What becomes of requests to a server that is not there, not Telegram's, or not nice."""

from __future__ import annotations

import asyncio
import logging
import socket
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from telegram import Bot
from telegram.error import NetworkError, TelegramError, TimedOut

from bot.telegram.metrics import Metrics
from bot.telegram.transport import Transport

pytestmark = pytest.mark.anyio

TOKEN = "123456:" + "A" * 35
SECRET = TOKEN.partition(":")[2]
ME = b'{"ok": true, "result": {"id": 1, "is_bot": true, "first_name": "B", "username": "b"}}'


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Answer each request with these bytes, TOKEN in them as asked, and remember its head."""
    heads: list[bytes] = []

    async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answered, "127.0.0.1") as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heads


def good(body: bytes = ME) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


async def ask(url: str, proxy: str | None = None, metrics: Metrics | None = None) -> None:
    """Make a request, once."""
    connection = Transport(1, proxy, metrics or Metrics())
    await connection.initialize()
    try:
        await Bot(TOKEN, f"{url}/bot", request=connection).get_me()
    finally:
        await connection.shutdown()


async def failure(url: str, proxy: str | None = None) -> TelegramError:
    with pytest.raises(TelegramError) as caught:
        await ask(url, proxy)
    told = "".join(traceback.format_exception(caught.value))
    assert SECRET not in told
    assert "\n" not in str(caught.value)
    return caught.value


def nobody() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        f"GET /bot{TOKEN}/getMe is no request\r\n\r\n".encode(),
        f"HTTP/1.1 200 OK\r\n/bot{TOKEN}/getMe\r\n\r\n".encode(),
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nx",
    ],
)
async def test_a_request_that_went_out_and_got_no_answer_may_have_been_obeyed(
    answer: bytes,
) -> None:
    async with answering(answer) as (url, _):
        assert type(await failure(url)) is TimedOut


async def test_a_request_that_did_not_go_out_may_be_made_again() -> None:
    assert type(await failure(f"http://{nobody()}")) is NetworkError
    assert type(await failure("http://nobody.invalid")) is NetworkError


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_is_not_there_lets_no_request_out(scheme: str) -> None:
    proxy = f"{scheme}://user:{SECRET}@{nobody()}"
    assert type(await failure("http://127.0.0.1:1", proxy)) is NetworkError


async def test_no_redirect_gets_the_token() -> None:
    async with answering(good()) as (there, heads):
        location = f"Location: {there}/bot{TOKEN}/getMe".encode()
        answer = (
            b"HTTP/1.1 307 Temporary Redirect\r\n" + location + b"\r\nContent-Length: 0\r\n\r\n"
        )
        async with answering(answer) as (url, _):
            assert "307" in str(await failure(url))
        assert heads == []


@pytest.mark.parametrize(("status", "kind"), [(404, TelegramError), (502, NetworkError)])
async def test_a_page_that_is_not_telegrams_is_told_and_not_repeated(
    status: int, kind: type[TelegramError], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    body = f"<p>/bot{TOKEN}/getMe".encode()
    head = f"HTTP/1.1 {status} Sorry\r\nContent-Type: text/html\r\nContent-Length: {len(body)}"
    async with answering(f"{head}\r\n\r\n".encode() + body) as (url, _):
        error = await failure(url)
    assert type(error) is kind
    assert str(error) == f"{status} Sorry, and text/html in place of application/json"
    assert caplog.text == ""


async def test_requests_are_counted_by_method() -> None:
    metrics = Metrics()
    async with answering(good()) as (url, _):
        await ask(url, metrics=metrics)
    assert b'requests_total{method="getMe",result="ok"} 1.0' in metrics.text()
    with pytest.raises(NetworkError):
        await ask(f"http://{nobody()}", metrics=metrics)
    assert b'requests_total{method="getMe",result="lost"} 1.0' in metrics.text()


async def test_the_environments_proxy_serves_where_none_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_PROXY", "")
    async with answering(good()) as (theirs, seen), answering(good()) as (ours, ours_seen):
        monkeypatch.setenv("HTTP_PROXY", theirs)
        await ask("http://telegram.invalid")
        assert seen[0].startswith(f"POST http://telegram.invalid/bot{TOKEN}/getMe".encode())
        await ask("http://telegram.invalid", ours)
    assert (len(seen), len(ours_seen)) == (1, 1)
