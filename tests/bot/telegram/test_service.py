"""The service's start, its ways to Telegram, and what ends it, over HTTP on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.build import refresh
from bot.telegram import TelegramFault, check
from config import Settings

from .bots import CROWS, FROM_CROWS, TIDES, a_bot, serving, until_fault, warnings
from .emulator import ApiError, Emulator, Fault

pytestmark = pytest.mark.anyio

SECRET = Emulator.token.partition(":")[2]
BROKEN = Fault(ApiError(502, "Bad Gateway"))


# The start


async def test_what_was_asked_before_the_start_is_answered(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.say(7, CROWS)
    async with serving(emulator, tmp_path):
        (message,) = await emulator.sent(1)
        # It is answered as soon as it is kept, and confirmed once it is synced.
        await emulator.until(lambda: not emulator.pending)
    assert message.text.startswith(FROM_CROWS)
    assert not any("drop_pending_updates" in call.params for call in emulator.calls)
    assert warnings(caplog) == []


@pytest.mark.parametrize("end", ["", "/", "/bot", "/bot/"])
async def test_the_base_url_may_end_in_any_way(
    emulator: Emulator, tmp_path: Path, end: str
) -> None:
    bot = a_bot(emulator, tmp_path, base_url=emulator.url + end)
    bot.stop.set()
    await bot.service.serve(bot.stop)
    assert emulator.calls[0].method == "getMe"


async def test_requests_go_by_the_proxy(emulator: Emulator, tmp_path: Path) -> None:
    async with proxy(emulator) as (url, heads), serving(emulator, tmp_path, proxy=url):
        emulator.say(7, CROWS)
        await emulator.sent(1)
    asked = f"POST {emulator.url}/bot{emulator.token}/"
    assert all(head.startswith(asked.encode()) for head in heads)
    assert {head.split()[1].rpartition(b"/")[2] for head in heads} >= {b"getMe", b"getUpdates"}


async def test_requests_go_by_a_socks_proxy(emulator: Emulator, tmp_path: Path) -> None:
    async with socks(emulator) as (url, heads), serving(emulator, tmp_path, proxy=url):
        emulator.say(7, CROWS)
        await emulator.sent(1)
    assert heads
    assert all(int.from_bytes(head[-2:], "big") == emulator.port for head in heads)


@asynccontextmanager
async def proxy(emulator: Emulator) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Pass requests on to the emulator, and remember how each connection began."""
    heads = []

    async def passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", emulator.port)
        head = await reader.readline()
        heads.append(head)
        there[1].write(head)
        await both_ways(reader, writer, *there)

    async with await asyncio.start_server(passed, "127.0.0.1") as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heads


@asynccontextmanager
async def socks(emulator: Emulator) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Be a SOCKS 5 proxy (RFC 1928) that takes anybody, and remember what was asked for."""
    heads = []

    async def passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, methods = await reader.readexactly(2)
        await reader.readexactly(methods)
        writer.write(b"\x05\x00")
        heads.append(await reader.readexactly(10))  # connect, to an IPv4 address and a port
        there = await asyncio.open_connection("127.0.0.1", emulator.port)
        writer.write(b"\x05\x00\x00\x01" + bytes(6))
        await both_ways(reader, writer, *there)

    async with await asyncio.start_server(passed, "127.0.0.1") as server:
        yield f"socks5://127.0.0.1:{server.sockets[0].getsockname()[1]}", heads


async def both_ways(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    there_reader: asyncio.StreamReader,
    there_writer: asyncio.StreamWriter,
) -> None:
    """Pass on what comes, until both sides have ended."""

    async def piped(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while piece := await source.read(65_536):
                target.write(piece)
                await target.drain()
        target.close()

    await asyncio.gather(piped(reader, there_writer), piped(there_reader, writer))


@pytest.mark.parametrize(
    ("where", "url"),
    [
        ("telegram.proxy", "http://somebody:hush-hush@proxy:port"),
        ("telegram.proxy", "socks5://somebody:hush-hush@proxy.example"),
        ("the environment", "http://somebody:hush-hush@proxy:port"),
        ("the environment", "gopher://somebody:hush-hush@proxy"),
    ],
)
async def test_a_proxy_that_cannot_be_used_is_a_fault_without_its_password(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, url: str
) -> None:
    own: dict[str, Any] = {"proxy": url} if where == "telegram.proxy" else {}
    if not own:
        monkeypatch.setenv("HTTPS_PROXY", url)
    with pytest.raises(TelegramFault, match=f"the proxy of {where} .*cannot be used") as caught:
        a_bot(emulator, tmp_path, **own)
    assert "hush" not in "".join(traceback.format_exception(caught.value))


async def test_an_index_that_another_takes_part_in_is_followed(
    emulator: Emulator, tmp_path: Path
) -> None:
    """Questions go on while generations change, and each is answered from one of them."""
    old, new = FROM_CROWS, "Crows recognise human faces and voices."
    async with serving(emulator, tmp_path, messages_per_second=1000) as bot:
        emulator.say(1, CROWS)
        await emulator.sent(1)
        article = bot.library.settings.articles.folder / "crows.md"
        article.write_text(article.read_text().replace(old, new))
        refreshing = asyncio.create_task(asyncio.to_thread(refresh, bot.library))
        for user in range(2, 300):
            emulator.say(user, CROWS)
            last = (await emulator.sent(user))[-1]
            assert last.text.startswith((old, new))
            if last.text.startswith(new):
                break
        assert last.text.startswith(new)
        assert (await refreshing).generation == 2
        emulator.say(1000, TIDES)
        tides = (await emulator.sent(user + 1))[-1]
    assert tides.text.startswith("The moon raises tides")


# Faults


@pytest.mark.parametrize(
    ("token", "status"),
    [("123456:" + "A" * 35, "401 Unauthorized"), ("123456789-" + "B" * 35, "404 Not Found")],
)
@pytest.mark.usefixtures("logging_all")
async def test_a_wrong_token_is_a_fault_that_does_not_show_it(
    emulator: Emulator,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    token: str,
    status: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    bot = a_bot(emulator, tmp_path, token=token)
    with pytest.raises(TelegramFault, match=f"refuses the bot token .{status}") as caught:
        await until_fault(bot)
    told = "".join(traceback.format_exception(caught.value)) + caplog.text
    assert token[-30:] not in told
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("token", ["", "123:a b", "123:a\n", "123:/getMe"])
def test_a_malformed_token_is_a_fault_that_does_not_show_it(token: str) -> None:
    with pytest.raises(TelegramFault, match="token is empty or has characters") as caught:
        check(SecretStr(token), Settings.load().telegram)
    assert not token or token not in str(caught.value)


async def test_a_token_revoked_while_polling_is_a_fault(emulator: Emulator, tmp_path: Path) -> None:
    bot = a_bot(emulator, tmp_path)
    task = asyncio.create_task(until_fault(bot))
    emulator.say(7, CROWS)
    await emulator.sent(1)
    emulator.token = "123456:" + "C" * 35
    emulator.say(7, "Still there?")
    with pytest.raises(TelegramFault, match=r"refuses the bot token \(401 Unauthorized\)"):
        await task


@pytest.mark.usefixtures("logging_all")
async def test_the_token_is_in_no_log(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    emulator.fail("sendMessage", Fault(drop=True))
    emulator.fail("getUpdates", BROKEN)
    async with serving(emulator, tmp_path):
        emulator.say(7, CROWS)
        await emulator.sent(1)
    assert "cannot fetch updates from Telegram" in caplog.text
    assert "sendMessage" in caplog.text
    assert SECRET not in caplog.text
    assert CROWS not in caplog.text


async def test_no_server_is_a_fault(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with Emulator() as gone:
        pass
    with pytest.raises(TelegramFault, match=r"does not answer as it should \(\w*Connect\w*"):
        await until_fault(a_bot(gone, tmp_path))
    assert SECRET not in caplog.text


@pytest.mark.parametrize("answer", ["null", "{}", '{"ok": true, "result": 5}', "[" * 5000])
async def test_a_server_that_answers_nonsense_is_a_fault(
    emulator: Emulator, tmp_path: Path, answer: str
) -> None:
    emulator.fail("getMe", Fault(answer=answer))
    with pytest.raises(TelegramFault, match=r"as it should .an answer that cannot"):
        await until_fault(a_bot(emulator, tmp_path))


@pytest.mark.usefixtures("logging_all")
async def test_another_server_is_a_fault_that_does_not_show_the_token(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    emulator.url += "/elsewhere"  # where its server answers with a page
    with pytest.raises(TelegramFault, match="404 Not Found, and text/plain in place of") as caught:
        await until_fault(a_bot(emulator, tmp_path))
    assert SECRET not in "".join(traceback.format_exception(caught.value)) + caplog.text
