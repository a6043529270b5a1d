"""Bots for tests: a service in this process, over a few articles, talking to an emulator."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import SecretStr
from telegram.ext import ExtBot

from bot.answers import Answer, Answerer
from bot.library import Library
from bot.refresh_process import Refresher
from bot.telegram import Service
from bot.telegram.limiter import Rates
from bot.telegram.metrics import Metrics
from bot.telegram.transport import Transport
from bot.writing.writer import Writer
from config import Settings
from retrieval.index.store import Store
from retrieval.refresh.refresh import RefreshOptions, refresh_index
from retrieval.search.searcher import Searcher
from tests.fakes import HashEncoder, ReadsHere

from .emulator import Answered, Emulator, Json, Sent

ARTICLES = {
    "crows.md": (
        "---\ntitle: On crows\ndate: 2024-05-03\nurl: https://example.org/crows\n---\n\n"
        "Crows live in towns. They sleep in parks. They eat what they find.\n\n"
        "Crows recognise human faces. They hold grudges for years.\n\n"
        "Ravens are larger than crows."
    ),
    "tides.md": (
        "# Tides\n\nThe moon raises tides twice a day.\n\nSpring tides follow a new moon.\n\n"
        "Neap tides are the lowest of tides."
    ),
    "bread.md": "# Bread\n\nSourdough rises slowly because wild yeast is slow.",
    "links.md": "# @everyone <b>links</b>\n\nSee http://evil.example, @somebody and #tags /start.",
}
CROWS = "Who can recognise human faces?"
TIDES = "What raises tides twice a day?"
FROM_CROWS, FROM_TIDES = "Crows recognise human faces.", "The moon raises tides twice a day."
"""How the answers to these begin."""
UNLIMITED = Rates(overall_per_s=1000, chat_per_s=1000, chat_burst=1000, group_per_min=1000)
"""For tests that are not about limits: a chat's fourth message in three seconds would wait."""
NOTHING = "Zanzibar parliament?"
NEARLY = "Do ravens sleep in Zanzibar?"
"""The articles answer neither, and hold something near to the second."""


def library(
    folder: Path,
    emulator: Emulator,
    *,
    languages: frozenset[str] | None = None,
    **telegram: object,
) -> Library:
    """Open the articles with an encoder that costs nothing.

    Args:
        folder: Where all is kept.
        emulator: What the bot talks to.
        languages: Languages that the encoder knows; None for all.
        telegram: Settings of the bot.
    """
    settings = Settings.load(
        overrides={
            "articles": {"folder": folder / "articles"},
            "index": {"folder": folder / "index"},
            "search": {"threshold": 0.4},
            "telegram": {
                "base_url": emulator.url,
                "state": folder / "state",
                "watch": False,
                **telegram,
            },
        }
    )
    settings.articles.folder.mkdir(exist_ok=True)
    for name, text in ARTICLES.items():
        path = settings.articles.folder / name
        if not path.exists():
            path.write_text(text, encoding="utf-8")
    encoder = HashEncoder()
    encoder.languages = languages
    report = refresh_index(
        settings.articles, settings.index, encoder, options=RefreshOptions(parser=ReadsHere)
    )
    store = Store.open(settings.index.folder)
    assert store is not None
    searcher = Searcher.open(store, settings.index.folder, encoder, settings.search)
    answerer = Answerer(searcher, settings.search)
    return Library(settings, searcher, answerer, report)


class Held:
    """An answerer that holds some questions back until it is released.

    Attributes:
        broken: Questions at which it fails.
        fault: What it fails with.
    """

    def __init__(self, answerer: Answerer, *questions: str) -> None:
        self.questions = questions
        self.asked = threading.Event()
        self.go = threading.Event()
        self.heard: list[str] = []
        self.broken: tuple[str, ...] = ()
        self.fault: type[Exception] = RuntimeError
        self._answerer = answerer

    def answer(
        self, question: str, excerpts: int | None = None, earlier: Sequence[str] = ()
    ) -> Answer:
        self.heard.append(question)
        if question in self.broken:
            raise self.fault(f"broken at {question}")
        if question in self.questions:
            self.asked.set()
            assert self.go.wait(30)
        return self._answerer.answer(question, excerpts, earlier)

    def trace(self, question: str, *arguments: Any) -> Any:  # noqa: ANN401
        if question in self.broken:
            raise self.fault(f"broken at {question}")
        return self._answerer.trace(question, *arguments)


@dataclass
class Bot:
    """A bot that runs, and what it runs on."""

    emulator: Emulator
    library: Library
    held: Held
    stop: asyncio.Event
    service: Service


def a_bot(
    emulator: Emulator,
    folder: Path,
    *hold: str,
    token: str = Emulator.token,
    refresher: Refresher | None = None,
    rates: Rates = UNLIMITED,
    writer: Writer | None = None,
    languages: frozenset[str] | None = None,
    **telegram: object,
) -> Bot:
    """Make a bot that does not run yet; see `serving`."""
    opened = library(folder, emulator, languages=languages, **telegram)
    held = Held(opened.answerer, *hold)
    opened = replace(opened, answerer=cast(Answerer, held), writer=writer)
    refresher = refresher or Refresher(opened.settings, ())
    service = Service(opened, SecretStr(token), refresher, rates=rates)
    return Bot(emulator, opened, held, asyncio.Event(), service)


@asynccontextmanager
async def serving(
    emulator: Emulator,
    folder: Path,
    *hold: str,
    **made: Any,  # noqa: ANN401
) -> AsyncIterator[Bot]:
    """Run a bot, made as by `a_bot`; the questions in `hold` wait for `bot.held.go.set()`."""
    bot = a_bot(emulator, folder, *hold, token=emulator.token, **made)
    task = asyncio.create_task(bot.service.serve(bot.stop))
    try:
        yield bot
    finally:
        bot.stop.set()
        bot.held.go.set()
        async with asyncio.timeout(30):
            await task


async def until_fault(bot: Bot) -> None:
    """Run a bot that ends by itself, with an error."""
    async with asyncio.timeout(30):
        await bot.service.serve(bot.stop)


async def said(emulator: Emulator, chat: int, text: str = CROWS, **fields: object) -> Sent:
    """Write in private, and return the reply."""
    count = emulator.messages.total
    emulator.say(chat, text, **fields)  # type: ignore[arg-type]
    reply = (await emulator.sent(count + 1))[-1]
    assert (reply.chat_id, reply.reply_to) == (chat, emulator.last_message_id)
    return reply


async def answer_to(emulator: Emulator, query_id: str) -> Answered:
    """Wait for the answer to a press."""

    def found() -> list[Answered]:
        return [one for one in emulator.answers if one.query_id == query_id]

    await emulator.until(lambda: bool(found()))
    return found()[0]


async def pressed(emulator: Emulator, sent: Sent, which: str, user: int | None = None) -> str:
    """Press a button and return the toast."""
    query = emulator.press_button(sent, which, user)
    return (await answer_to(emulator, query)).text


async def turned(emulator: Emulator, sent: Sent, which: str, user: int | None = None) -> Sent:
    """Press a button, and return the message when it says something else."""
    known = len(sent.history)
    await pressed(emulator, sent, which, user)
    await emulator.until(lambda: len(sent.history) > known)
    return sent


@contextmanager
def inbox_of(folder: Path) -> Iterator[sqlite3.Connection]:
    """Open the inbox in a folder, and write what was changed."""
    (file,) = folder.glob("*.inbox.sqlite")
    with closing(sqlite3.connect(file)) as db, db:
        yield db


def still_waiting(folder: Path) -> int:
    """Count what is in the inbox of a folder and not handled."""
    with inbox_of(folder) as db:
        return int(db.execute("SELECT count(*) FROM waiting").fetchone()[0])


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged as a warning or as worse."""
    return [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]


def bare_bot(url: str) -> ExtBot[None]:
    """Make the library's bot with the transport, and nothing else."""
    return ExtBot(
        Emulator.token,
        f"{url}/bot",
        request=Transport(4, None, Metrics()),
        get_updates_request=Transport(1, None, Metrics()),
    )


class Receiver:
    """Receives updates once `go` is set; the first `failures` attempts raise."""

    def __init__(self, failures: int = 0) -> None:
        self.batches: list[list[Json]] = []
        self.attempts = 0
        self.failures = failures
        self.tried = asyncio.Event()
        self.go = asyncio.Event()
        self.go.set()

    @property
    def updates(self) -> list[Json]:
        return [update for batch in self.batches for update in batch]

    @property
    def ids(self) -> list[int]:
        return [update["update_id"] for update in self.updates]

    async def receive(self, updates: list[Json]) -> None:
        self.attempts += 1
        self.tried.set()
        await self.go.wait()
        if self.attempts <= self.failures:
            raise OSError("disk full")
        self.batches.append(updates)
