"""The web server on loopback, within the test or as a process of its own, and who asks it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx

from bot.answers import Answerer
from bot.library import Library
from bot.records import State
from bot.serving import listening
from bot.web import Answering, Doctor, Metrics, Records, Refreshes, build
from config import Settings, TelegramSettings, WebSettings
from retrieval.index import Store
from retrieval.refresh import RefreshOptions, refresh_index
from retrieval.search import Searcher
from tests.bot.shell import Shell
from tests.fakes import HashEncoder, ReadsHere
from tests.ports import free_port

MARKUP = "<script>alert(1)</script> & <b>Tides</b>"
HOSTILE = f"""---
title: '{MARKUP}'
date: 2026-01-03
---
The moon raises <img src=x onerror=alert(1)> tides twice a day. The sun helps.

"Closed" </mark></p><script>alert(2)</script> is the second paragraph.
"""
ARTICLES = {
    "crows.md": "---\ntitle: Crows\ndate: 2026-01-02\n---\nCrows recognise human faces. They warn.",
    "a folder/tides #1.txt": HOSTILE,
    "old.txt": "Storms of the north\n\nStorms come from the north in autumn.",
}
CROWS = "Who can recognise human faces?"
TIDES = "What raises tides twice a day?"
NOTHING = "Zanzibar parliament?"


def open_articles(folder: Path) -> Library:
    """Open a few articles, one of them hostile, with an encoder that costs nothing."""
    settings = Settings.load(
        overrides={
            "articles": {"folder": folder / "articles"},
            "index": {"folder": folder / "index"},
            "search": {"threshold": 0.4},
        }
    )
    for name, text in ARTICLES.items():
        path = settings.articles.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    encoder, options = HashEncoder(), RefreshOptions(parser=ReadsHere)
    report = refresh_index(settings.articles, settings.index, encoder, options=options)
    store = Store.open(settings.index.folder)
    assert store is not None
    searcher = Searcher.open(store, settings.index.folder, encoder, settings.search)
    return Library(settings, searcher, Answerer(searcher, settings.search), report)


@asynccontextmanager
async def serving(
    library: Library,
    memory: State | None = None,
    *,
    state: Path | None = None,
    refreshes: Refreshes | None = None,
    doctor: Doctor | None = None,
    **web: object,
) -> AsyncIterator[httpx.AsyncClient]:
    """Serve a library, and yield who asks the server.

    Args:
        library: What is served.
        memory: Where questions and votes are kept.
        state: The folder where the editor's page finds them, and those of bots.
        refreshes: What refreshes came to.
        doctor: It examines the index.
        web: Settings.
    """
    metrics = Metrics()
    changed = {"web": WebSettings.model_validate(web), "telegram": TelegramSettings(state=state)}
    library = replace(library, settings=library.settings.model_copy(update=changed))
    with Answering(library, metrics, Records(memory)) as answering:
        app = build(library, answering, metrics, refreshes, doctor)
        async with (
            listening(app, "127.0.0.1", 0, "web.port") as port,
            httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}", timeout=30, limits=httpx.Limits()
            ) as client,
        ):
            yield client


class Served:
    """`excerpta serve` as a process of its own.

    Attributes:
        url: Where it answers.
        lines: What it has written to standard error.
    """

    def __init__(self, shell: Shell, **environment: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            shell.arguments("serve"),
            stderr=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "EXCERPTA_WEB__PORT": str(port),
                "EXCERPTA_TELEGRAM__STATE": str(shell.folder / "state"),
                **environment,
            },
        )
        self._answers = threading.Event()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        assert self._answers.wait(60), self.lines

    def _read(self) -> None:
        assert self.process.stderr is not None, "a pipe"
        for line in self.process.stderr:
            self.lines.append(line)
            if "answering at" in line:
                self._answers.set()

    def ended(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(30)

    def close(self) -> None:
        """Stop reading what it writes, once it has ended."""
        self._reading.join()
        assert self.process.stderr is not None, "a pipe"
        self.process.stderr.close()


@contextmanager
def served(shell: Shell, **environment: str) -> Iterator[Served]:
    """Run `excerpta serve` on the articles of a shell."""
    server = Served(shell, **environment)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.ended(signal.SIGKILL)
        server.close()
