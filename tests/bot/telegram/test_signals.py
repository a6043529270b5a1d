"""The bot as a process of its own that is stopped, killed, and follows its articles."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from .emulator import Emulator, Fault
from .programs import SEEDS, program

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SECRET = Emulator.token.partition(":")[2].encode()
HOME = "Where is Artem Kariakin's home?"
PROCESSES = Path("/proc")
FERRY = "When does the ferry to the island leave?"


@pytest.fixture
def folder(tmp_path: Path, seeds_index: Path) -> Path:
    shutil.copytree(seeds_index, tmp_path / "index")
    shutil.copytree(SEEDS, tmp_path / "articles")
    return tmp_path


async def test_neither_a_kill_nor_a_signal_loses_a_question_or_answers_one_twice(
    emulator: Emulator, folder: Path
) -> None:
    everybody = set(range(1, 61))
    for user in everybody:
        emulator.say(user, f"{HOME} {user}")
    async with program(emulator, folder, messages_per_second=5) as bot:
        await emulator.sent(5, within_s=60)
        # Five went at once; before the next may go, they are written off.
        await asyncio.sleep(0.4)
        assert await bot.ended(signal.SIGKILL) == -signal.SIGKILL
    assert len(emulator.messages) < 30
    async with program(emulator, folder, messages_per_second=15) as bot:
        await emulator.sent(len(emulator.messages) + 1, within_s=60)
        assert await bot.ended(signal.SIGTERM) == 0
        assert "Traceback" not in "\n".join(bot.lines)
    emulator.say(61, HOME)
    async with program(emulator, folder, messages_per_second=1000) as bot:
        await emulator.sent(61, within_s=60)
        await emulator.until(lambda: not emulator.pending)
        assert await bot.ended(signal.SIGINT) == 0
    assert sorted(message.chat_id for message in emulator.messages) == sorted({*everybody, 61})


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_waits_for_the_answer_and_a_second_one_does_not(
    emulator: Emulator, folder: Path, number: signal.Signals
) -> None:
    async with program(emulator, folder) as bot:
        emulator.fail("sendMessage", Fault(delay_s=0.5))
        emulator.say(7, HOME)
        await emulator.called("sendMessage", within_s=60)
        assert await bot.ended(number) == 0
    assert len(emulator.messages) == 1
    async with program(emulator, folder) as bot:
        emulator.fail("sendMessage", Fault(delay_s=30))
        emulator.say(7, HOME)
        await emulator.called("sendMessage", 2, within_s=60)
        bot.child.send_signal(number)
        await asyncio.sleep(0.3)
        assert bot.child.returncode is None
        assert await bot.ended(number) == -number


async def asked_until(ask: Callable[[], Awaitable[str]], new: str, old: str) -> None:
    """Ask on and on until the answer is the new one; before that it is the old one."""
    async with asyncio.timeout(60):
        while new not in (answer := await ask()):
            assert old in answer
            await asyncio.sleep(0.05)  # or the refresh, which gives way, would come to nothing


@pytest.mark.skipif(not PROCESSES.exists(), reason="looks at processes as Linux shows them")
async def test_the_bot_follows_its_articles_while_it_answers(
    emulator: Emulator, folder: Path
) -> None:
    articles = folder / "articles"
    ferry = articles / "ferry.md"
    ferry.write_text("# The ferry\n\nThe ferry to the island leaves at seven in the morning.\n")
    users = iter(range(1, 10_000))

    async def ask() -> str:
        emulator.say(next(users), FERRY)
        return (await emulator.sent(len(emulator.messages) + 1, within_s=60))[-1].text

    async with program(
        emulator, folder, articles=articles, watch="true", log="json", messages_per_second=1000
    ) as bot:
        # From the index as it is, that is without the ferry.
        assert "The ferry to the island" not in await ask()
        await bot.until(lambda: bool(bot.children()))
        (child,) = bot.children()
        for path in (f"{child}/cmdline", f"{child}/environ", f"{bot.child.pid}/cmdline"):
            assert SECRET not in (PROCESSES / path).read_bytes()
        await asked_until(ask, "leaves at seven", "do not answer")
        ferry.write_text(ferry.read_text().replace("seven", "nine"))
        await asked_until(ask, "leaves at nine", "leaves at seven")
        articles.rename(folder / "elsewhere")
        await bot.logged("WARNING")
        assert "leaves at nine" in await ask()
        assert await bot.ended(signal.SIGTERM) == 0
    refreshed = [one for one in bot.documents if one["message"] == "refreshed"]
    assert [(one["added"], one["modified"], one["generation"]) for one in refreshed] == [
        (1, 0, 2),
        (0, 1, 3),
    ]
    (warning,) = [one for one in bot.documents if one["level"] != "INFO"]
    assert "articles folder" in warning["message"]
    generations = [one["generation"] for one in bot.documents if one["message"] == "question"]
    assert generations == sorted(generations)
    assert set(generations) == {1, 2, 3}
    assert not any(FERRY in line for line in bot.lines)
