"""A bot over Ukrainian and English articles, with nothing set: it is asked in Ukrainian."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.refresh_process import Refresher
from bot.telegram import Service
from config import Settings
from tests.libraries import library_of

from .bots import said
from .emulator import Emulator

pytestmark = pytest.mark.anyio

FERRY = "Пором на острів відходить щодня о сьомій ранку від північного причалу."
BEES = "Honey bees form a cluster around the queen in winter and shiver to keep it warm."


@pytest.mark.usefixtures("multilingual")
async def test_a_question_in_ukrainian_gets_a_cited_answer(
    emulator: Emulator, tmp_path: Path
) -> None:
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "ferry.md").write_text(f"# Пором на острів\n\n{FERRY}\n", encoding="utf-8")
    (articles / "bees.md").write_text(f"# Bees in winter\n\n{BEES}\n", encoding="utf-8")
    settings = Settings.load(
        overrides={
            "articles": {"folder": articles},
            "index": {"folder": tmp_path / "index"},
            "encoder": {"model": "auto"},
            "telegram": {
                "base_url": emulator.url, "state": tmp_path / "state", "watch": False,
            },
        }
    )  # fmt: skip
    library = library_of(settings)
    service = Service(library, SecretStr(emulator.token), Refresher(settings, ()))
    stop = asyncio.Event()
    task = asyncio.create_task(service.serve(stop))
    try:
        reply = await said(emulator, 7, "О котрій відходить пором на острів?", language="uk")
    finally:
        stop.set()
        await task
    assert reply.text.startswith("Пором на острів відходить щодня о сьомій ранку")
    assert "Пором на острів · " in reply.text.replace("\u2060", "")
