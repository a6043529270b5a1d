"""The webhook, called as Telegram calls it and as strangers would."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from pydantic import SecretStr
from telegram.error import TelegramError

from bot.errors import BotError
from bot.records import StateUnreachable
from bot.telegram.transport import TelegramFault, TokenRefused
from bot.telegram.webhook import Webhook, WebhookAddress
from tests.ports import free_port

from .bots import Receiver, bare_bot, warnings
from .emulator import ApiError, Emulator, Fault, Json

pytestmark = pytest.mark.anyio

SECRET = "a-secret_of-this-test"
HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}
UPDATE: Json = {"update_id": 7, "message": {"text": "A question that nobody may log?"}}


class Caller:
    """Calls the webhook."""

    def __init__(self, port: int, session: aiohttp.ClientSession) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/hook"
        self.session = session

    async def post(
        self, data: object = None, headers: dict[str, str] | None = None, path: str = ""
    ) -> int:
        """Return the status of a call, as Telegram makes it unless told otherwise."""
        body = json.dumps(UPDATE) if data is None else data
        async with self.session.post(
            self.url + path, data=body, headers=HEADERS if headers is None else headers
        ) as response:
            return response.status

    async def open(self, *lines: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Send the head of a request, with the right secret, and nothing of its body."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        head = ["POST /hook HTTP/1.1", "Host: bot", *(f"{key}: {HEADERS[key]}" for key in HEADERS)]
        writer.write("\r\n".join([*head, *lines, "", ""]).encode("latin-1"))
        return reader, writer


def address(
    url: str = "http://127.0.0.1/hook", port: int = 0, secret: str = SECRET
) -> WebhookAddress:
    return WebhookAddress(url, "127.0.0.1", port, SecretStr(secret))


@asynccontextmanager
async def serving(
    emulator: Emulator,
    store: Receiver,
    *,
    has_room: Callable[[], bool] = lambda: True,
    where: WebhookAddress | None = None,
    body_s: float = 10.0,
) -> AsyncIterator[Caller]:
    async with bare_bot(emulator.url) as bot:
        webhook = Webhook(
            bot,
            store.receive,
            has_room,
            where or address(),
            ["message"],
            clock=lambda: 5.0,
            body_s=body_s,
        )
        async with webhook.serving() as port, aiohttp.ClientSession() as session:
            yield Caller(port, session)
        assert webhook.last_contact == (5.0 if store.tried.is_set() else None)


async def status_of(reader: asyncio.StreamReader) -> int:
    async with asyncio.timeout(10):
        return int((await reader.readline()).split()[1])


async def test_the_answer_is_empty_and_comes_after_the_receipt(emulator: Emulator) -> None:
    store = Receiver()
    store.go.clear()
    async with serving(emulator, store) as caller:
        task = asyncio.create_task(caller.post())
        await store.tried.wait()
        assert not task.done()
        store.go.set()
        assert await task == 200
        async with caller.session.post(caller.url, json=UPDATE, headers=HEADERS) as response:
            assert await response.read() == b""
    assert store.updates == [UPDATE, UPDATE]


async def test_an_update_of_any_shape_is_handed_through(emulator: Emulator) -> None:
    strange: list[Json] = [
        {"update_id": 0},
        {"update_id": 2**63 - 1, "telepathy": {"thought": "Why?"}},
        {"update_id": 3, "message": "no message at all"},
        {"update_id": 4, "message": {"text": "Half a pair: \ud83d"}},
        {"update_id": 5, "message": {"text": "🗣" * 4096}},
    ]
    store = Receiver()
    async with serving(emulator, store) as caller:
        for update in strange:
            assert await caller.post(json.dumps(update)) == 200
        assert await caller.post(json.dumps(UPDATE, ensure_ascii=False).encode()) == 200
    assert store.updates == [*strange, UPDATE]


async def test_a_body_may_come_in_chunks(emulator: Emulator) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for byte in json.dumps(UPDATE).encode():
            yield bytes([byte])

    store = Receiver()
    async with serving(emulator, store) as caller:
        assert await caller.post(chunks()) == 200
    assert store.updates == [UPDATE]


async def test_other_paths_and_methods_are_refused(emulator: Emulator) -> None:
    store = Receiver()
    async with serving(emulator, store) as caller:
        assert await caller.post(path="/more") == 404
        async with caller.session.get(f"http://127.0.0.1:{caller.port}/") as response:
            assert response.status == 404
        async with caller.session.get(caller.url, headers=HEADERS) as response:
            assert response.status == 405
            assert response.headers["Allow"] == "POST"
    assert not store.updates


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET[:-1], SECRET + "x", SECRET.upper()])
async def test_strangers_are_refused_before_their_body_is_read(
    emulator: Emulator, secret: str | None
) -> None:
    store = Receiver()
    headers = {} if secret is None else {"X-Telegram-Bot-Api-Secret-Token": secret}
    async with serving(emulator, store) as caller:
        assert await caller.post(headers={"Content-Type": "application/json", **headers}) == 403
        reader, writer = await asyncio.open_connection("127.0.0.1", caller.port)
        lines = ["POST /hook HTTP/1.1", "Host: bot", "Content-Length: 500000000"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        assert await status_of(reader) == 403
        writer.close()
    assert not store.updates


async def test_a_secret_that_is_no_text_is_refused(emulator: Emulator) -> None:
    async with serving(emulator, Receiver()) as caller:
        reader, writer = await asyncio.open_connection("127.0.0.1", caller.port)
        writer.write(
            b"POST /hook HTTP/1.1\r\nHost: bot\r\nContent-Length: 0\r\n"
            b"X-Telegram-Bot-Api-Secret-Token: \xff\xfe\xed\xa0\x80\r\n\r\n"
        )
        assert await status_of(reader) == 403
        writer.close()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_other_content_types_are_refused(emulator: Emulator, kind: str) -> None:
    async with serving(emulator, Receiver()) as caller:
        assert await caller.post(headers={**HEADERS, "Content-Type": kind}) == 415


async def test_a_content_type_may_name_its_charset(emulator: Emulator) -> None:
    async with serving(emulator, Receiver()) as caller:
        kind = "application/json; charset=utf-8"
        assert await caller.post(headers={**HEADERS, "Content-Type": kind}) == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'[{"update_id": 1}]',
        b'"update_id"',
        b"{}",
        b'{"update_id": "1"}',
        b'{"update_id": 1.0}',
        b'{"update_id": true}',
        b'{"update_id": null}',
        b'{"update_id": -1}',
        b'{"update_id": 9223372036854775808}',
        b'{"update_id": ' + b"9" * 100_000 + b"}",
        b'{"update_id": 1, "message": ' + b"9" * 100_000 + b"}",
        b'{"update_id": NaN}',
        b'{"update_id": 1, "message": NaN}',
        b'{"update_id": 1, "message": -Infinity}',
        b'{"update_id": 1, "message": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"[" * 100_000,
        b'{"update_id": 1, "message": "\xff"}',
        b'\xef\xbb\xbf{"update_id": 1}',
        '{"update_id": 1}'.encode("utf-16"),
        b'{"update_id": 1} {"update_id": 2}',
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
async def test_what_is_no_update_is_refused(
    emulator: Emulator, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    store = Receiver()
    async with serving(emulator, store) as caller:
        assert await caller.post(body) == 400
        assert await caller.post() == 200
    assert store.updates == [UPDATE]
    assert not warnings(caplog)


async def test_a_body_that_was_packed_is_not_unpacked(emulator: Emulator) -> None:
    async with serving(emulator, Receiver()) as caller:
        reader, writer = await caller.open("Content-Encoding: gzip", "Content-Length: 2")
        writer.write(b"\x1f\x8b")
        assert await status_of(reader) == 400
        writer.close()


async def test_a_large_body_is_refused_by_its_announced_size(emulator: Emulator) -> None:
    async with serving(emulator, Receiver()) as caller:
        reader, writer = await caller.open("Content-Length: 10000000")
        assert await status_of(reader) == 413
        writer.close()


async def test_a_large_body_in_chunks_is_refused_once_it_is_too_large(emulator: Emulator) -> None:
    store = Receiver()
    async with serving(emulator, store) as caller:
        reader, writer = await caller.open("Transfer-Encoding: chunked")
        # A tenth of it, and a little more; the rest is never sent.
        for _ in range(11):
            writer.write(b"%x\r\n%s\r\n" % (100_000, b" " * 100_000))
            await writer.drain()
        assert await status_of(reader) == 413
        writer.close()
        assert await caller.post() == 200
    assert store.updates == [UPDATE]


async def test_chunks_that_are_none_are_refused(emulator: Emulator) -> None:
    store = Receiver()
    async with serving(emulator, store) as caller:
        reader, writer = await caller.open("Transfer-Encoding: chunked")
        writer.write(b"a lot\r\n{}\r\n")
        assert await status_of(reader) == 400
        writer.close()
    assert not store.updates


async def test_a_sender_that_takes_too_long_is_sent_away(emulator: Emulator) -> None:
    async with serving(emulator, Receiver(), body_s=0.05) as caller:
        reader, writer = await caller.open("Content-Length: 10")
        writer.write(b"{")
        assert await status_of(reader) == 408
        writer.close()


async def test_a_sender_that_goes_away_disturbs_nobody(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    store = Receiver()
    async with serving(emulator, store) as caller:
        for cut in ("Content-Length: 10", "Transfer-Encoding: chunked"):
            _, writer = await caller.open(cut)
            writer.write(b"{")
            await writer.drain()
            writer.transport.abort()
        assert await caller.post() == 200
    assert store.updates == [UPDATE]
    assert not warnings(caplog)


async def test_a_bot_that_is_full_is_called_again(emulator: Emulator) -> None:
    room = False
    store = Receiver()
    async with serving(emulator, store, has_room=lambda: room) as caller:
        async with caller.session.post(caller.url, json=UPDATE, headers=HEADERS) as response:
            assert response.status == 503
            assert int(response.headers["Retry-After"]) > 0
        assert await caller.post(headers={}) == 403
        room = True
        assert await caller.post() == 200
    assert store.updates == [UPDATE]


async def test_what_could_not_be_stored_is_sent_again(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    store, port = Receiver(failures=2), free_port()
    where = address(f"http://127.0.0.1:{port}/hook", port)
    only = emulator.say(7, "A question that nobody may log?")
    async with serving(emulator, store, where=where):
        await emulator.until(lambda: not emulator.pending)
    assert store.ids == [only]
    assert "disk full" in caplog.text
    errors = [record.message for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == ["an update cannot be stored; Telegram sends it again"] * 2
    assert "nobody may log" not in caplog.text


async def test_a_database_that_is_away_is_a_503(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    class Away(Receiver):
        async def receive(self, updates: list[Json]) -> None:
            self.tried.set()
            raise StateUnreachable("the server is away")

    async with serving(emulator, Away()) as caller:
        assert await caller.post() == 503
    assert "Telegram sends it again: the server is away" in caplog.text
    assert "Traceback" not in caplog.text


async def test_stopping_finishes_what_is_in_hand(emulator: Emulator) -> None:
    store = Receiver()
    store.go.clear()
    async with aiohttp.ClientSession() as session:
        async with serving(emulator, store) as caller:
            task = asyncio.create_task(Caller(caller.port, session).post())
            await store.tried.wait()
            # While the server ends.
            asyncio.get_running_loop().call_later(0.05, store.go.set)
        assert store.updates == [UPDATE]
        assert await task == 200


async def test_stopping_sends_those_away_who_have_not_sent_all(emulator: Emulator) -> None:
    store = Receiver()
    async with serving(emulator, store) as caller:
        # The first one is in hand once the second is answered.
        reader, writer = await caller.open("Content-Length: 10")
        assert await caller.post() == 200
    assert await status_of(reader) == 503
    writer.close()
    assert store.updates == [UPDATE]


async def test_nothing_of_a_request_is_logged(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("aiohttp", "asyncio", "bot", "uvicorn"):
        caplog.set_level(logging.DEBUG, name)
    async with serving(emulator, Receiver()) as caller:
        await caller.post()
        await caller.post(b"A question that nobody may log?")
        for line in (f"{SECRET}", f"X-Bad Header: {SECRET}", f"Content-Length: {SECRET}"):
            reader, writer = await caller.open(line)
            assert await status_of(reader) == 400
            writer.close()
    assert SECRET not in caplog.text
    assert "nobody may log" not in caplog.text


async def test_a_host_that_is_not_here_is_said(emulator: Emulator) -> None:
    where = WebhookAddress("http://127.0.0.1/hook", "192.0.2.1", 0, SecretStr(SECRET))
    with pytest.raises(BotError, match=r"cannot listen at 192\.0\.2\.1"):
        async with serving(emulator, Receiver(), where=where):
            pass


async def test_a_url_that_telegram_does_not_take_is_said(emulator: Emulator) -> None:
    where = address("http://bot.example.org/hook")
    with pytest.raises(TelegramFault, match=r"telegram\.webhook_url .*https url must be"):
        async with serving(emulator, Receiver(), where=where):
            pass


@pytest.mark.parametrize(("status", "kind"), [(401, TokenRefused), (502, TelegramError)])
async def test_what_telegram_says_of_the_webhook_is_raised(
    emulator: Emulator, status: int, kind: type[TelegramError]
) -> None:
    emulator.fail("setWebhook", Fault(ApiError(status, "No")))
    with pytest.raises(kind, match=r"No|401"):
        async with serving(emulator, Receiver()):
            pass


@pytest.mark.parametrize(
    "path",
    [
        Emulator.token,
        f"bot{Emulator.token}/hook",
        Emulator.token.replace(":", "%3A"),
        Emulator.token.partition(":")[2],
        f"hook?token={Emulator.token}",
    ],
)
def test_a_url_that_holds_the_token_is_refused(path: str) -> None:
    with pytest.raises(TelegramFault, match=r"telegram\.webhook_url holds") as caught:
        address(f"https://bot.example.org/{path}").check(Emulator.token)
    assert Emulator.token.partition(":")[2] not in str(caught.value)


def test_a_path_that_would_stand_for_others_is_refused() -> None:
    for path in ("{any}", "%7Bany:path%7D"):
        with pytest.raises(TelegramFault, match=r"telegram\.webhook_url has braces"):
            address(f"https://bot.example.org/{path}").check(Emulator.token)


@pytest.mark.parametrize("secret", ["", "two words", "x" * 257, "ключ", "x\n"])
def test_a_secret_that_telegram_does_not_take_is_refused(secret: str) -> None:
    with pytest.raises(TelegramFault, match=r"telegram\.webhook_secret is"):
        address(secret=secret).check(Emulator.token)


def test_the_secret_is_not_in_the_repr() -> None:
    assert SECRET not in repr(address())
