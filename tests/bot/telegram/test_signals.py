"""The bot as a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from .emulator import Emulator

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]

SECRET = Emulator.token.partition(":")[2].encode()

PROGRAM = """
import os, sys, time
from pydantic import SecretStr
from bot.answers import Answer
from bot.telegram import TelegramFault, run

def answer(question):
    print(question, flush=True)
    time.sleep(0.5)
    return Answer(question, (), False, 0.1, 1, 1.0)

try:
    run(SecretStr(os.environ["BOT_TOKEN"]), os.environ["BOT_URL"], answer)
except TelegramFault as fault:
    sys.exit(str(fault))
"""


@asynccontextmanager
async def process(emulator: Emulator, token: str) -> AsyncIterator[asyncio.subprocess.Process]:
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM),
        cwd=ROOT,
        env={**os.environ, "BOT_TOKEN": token, "BOT_URL": emulator.url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_bot_when_the_answer_is_out(
    emulator: Emulator, number: signal.Signals
) -> None:
    async with process(emulator, emulator.token) as child, asyncio.timeout(60):
        emulator.say(7, "Running?")
        assert child.stdout
        assert await child.stdout.readline() == b"Running?\n"
        child.send_signal(number)
        emulator.say(7, "Meanwhile?")
        rest, errors = await child.communicate()
    assert child.returncode == 0
    assert b"Traceback" not in errors
    assert SECRET not in errors
    unanswered = [update["message"]["text"] for update in emulator.pending]
    assert len(emulator.messages) + len(unanswered) == 2
    assert len(emulator.messages) == 1 + len(rest.splitlines())


async def test_a_fault_ends_the_process_without_the_token(emulator: Emulator) -> None:
    token = "123456:" + "D" * 35
    async with process(emulator, token) as child, asyncio.timeout(60):
        output, errors = await child.communicate()
    assert child.returncode == 1
    assert b"Telegram refuses the bot token (401 Unauthorized)" in errors
    assert len(errors.splitlines()) == 1
    assert token.encode() not in output + errors
