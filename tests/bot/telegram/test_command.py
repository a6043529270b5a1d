"""`excerpta telegram` itself: the command line, the real encoder and the articles that ship."""

from __future__ import annotations

import shutil
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port

from .emulator import Emulator
from .programs import program

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SECRET = Emulator.token.partition(":")[2]
HOME = "Where is Artem Kariakin's home?"
MONGOLIA = "What is the capital of Mongolia?"


@pytest.fixture
def folder(tmp_path: Path, seeds_index: Path) -> Path:
    shutil.copytree(seeds_index, tmp_path / "index")
    return tmp_path


async def test_question_in_a_private_chat_is_answered_with_citations(
    emulator: Emulator, tmp_path: Path, encoder: object
) -> None:
    """From nothing: the first start makes the index."""
    async with program(emulator, tmp_path, "-v") as bot:
        emulator.say(7, HOME)
        emulator.say(7, MONGOLIA)
        answered, refused = await emulator.sent(2, within_s=60)
        assert await bot.ended(signal.SIGTERM) == 0
    quote = answered.parts("blockquote", "expandable_blockquote")[0]
    assert "Luhansk" in quote
    assert answered.parts("bold")[0] in quote
    assert "[1] Leaving Sudzha: a soldier's account · " in answered.text
    assert refused.text.startswith("The articles do not answer this")
    # Even with -v, which logs the most.
    logged = "\n".join(bot.lines)
    assert "Traceback" not in logged
    assert SECRET not in logged
    assert "Mongolia" not in logged


async def test_by_webhook_with_a_log_in_json_that_may_hold_questions(
    emulator: Emulator, folder: Path
) -> None:
    port = free_port()
    webhook: dict[str, Any] = {
        "mode": "webhook",
        "webhook_url": f"http://127.0.0.1:{port}/excerpta",
        "webhook_port": port,
    }
    async with program(emulator, folder, **webhook, log="json", log_questions="true") as bot:
        emulator.say(7, HOME)
        (answered,) = await emulator.sent(1, within_s=60)
        assert await bot.ended(signal.SIGTERM) == 0
    assert "Luhansk" in answered.text
    assert "getUpdates" not in {call.method for call in emulator.calls}
    documents = bot.documents
    (question,) = [document for document in documents if document["message"] == "question"]
    assert question["question"] == HOME
    assert (question["chat"], question["answered"], question["generation"]) == ("private", True, 1)
    assert all({"time", "level", "logger", "message"} <= document.keys() for document in documents)
    assert SECRET not in "\n".join(bot.lines)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"token": "123456:" + "D" * 35}, "Telegram refuses the bot token (401 Unauthorized)"),
        ({"token": "123456:D D"}, "the bot token is empty or has characters that no token has"),
        ({"mode": "webhook"}, "telegram.webhook_url is not set: set it to the https address"),
        (
            {"state": "{folder}/index/1/index.sqlite"},
            "index.sqlite is a file); give the bot a folder",
        ),
        ({"monitor_port": "{taken}"}, "Address already in use"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
async def test_what_ends_it_is_one_line_without_the_token(
    emulator: Emulator, folder: Path, settings: dict[str, str], message: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        given: dict[str, Any] = {
            key: value.format(folder=folder, taken=other.getsockname()[1])
            for key, value in settings.items()
        }
        async with program(emulator, folder, log="json", **given) as bot:
            assert await bot.ended() == 3
    (line,) = bot.lines
    assert line.startswith("excerpta: ")
    assert message in line
    assert given.get("token", SECRET) not in line


async def test_a_damaged_memory_ends_it_with_one_line_and_verbose_shows_no_token(
    emulator: Emulator, folder: Path
) -> None:
    memory = folder / "state" / f"{emulator.token.partition(':')[0]}.sqlite"
    memory.parent.mkdir()
    memory.write_bytes(b"Not a database, but longer than the header of one. " * 10)
    async with program(emulator, folder, "-v") as bot:
        assert await bot.ended() == 3
    assert f"the bot's memory {memory} is damaged (it is no SQLite database); " in bot.lines[-1]
    assert SECRET not in "\n".join(bot.lines)
