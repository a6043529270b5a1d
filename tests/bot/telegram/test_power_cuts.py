"""Power cuts: nothing is lost of which Telegram was told that it has come."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.telegram.inbox import Inbox
from tests.paths import ROOT
from tests.ports import free_port

from .emulator import Emulator
from .power import PowerCut
from .programs import program


@pytest.fixture
def power_cut(tmp_path: Path) -> PowerCut:
    return PowerCut(tmp_path)


RECEIVER = """
import asyncio, sys
from pathlib import Path
from typing import Any
from telegram import Bot
from bot.telegram.inbox import Inbox
from bot.telegram.metrics import Metrics
from bot.telegram.updates import Updates
from bot.telegram.workers import Workers

async def process(update):
    await asyncio.sleep(0.02)

async def receive(updates, first):
    await updates.receive([{"update_id": number} for number in range(first, first + 3)])
    print(first, flush=True)

async def main():
    inbox = Inbox.open(Path(sys.argv[1]), 1)
    updates = Updates(Bot("1:token"), process, inbox, Workers(1), Metrics())
    for start in range(0, 10**6, 60):
        # As a webhook brings them: several at once.
        await asyncio.gather(*(receive(updates, start + first) for first in range(0, 60, 3)))

asyncio.run(main())
"""


def test_a_power_cut_loses_nothing_that_was_received(tmp_path: Path, power_cut: PowerCut) -> None:
    root = tmp_path / "disk"
    root.mkdir()
    child = subprocess.Popen(
        [sys.executable, "-c", RECEIVER, str(root / "folder" / "state")],
        env={**os.environ, **power_cut.environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    with child, child.stdout:
        # Long enough for the log to be moved into the file.
        told = [int(child.stdout.readline()) for _ in range(1000)]
        child.kill()
        told += [int(line) for line in child.stdout if line.endswith("\n")]
    left = power_cut.left(root, tmp_path / "left") / "folder" / "state"
    received = [{"update_id": first + each} for first in told for each in range(3)]
    with closing(Inbox.open(left, 1)) as inbox:
        assert inbox.put(received) == []


@pytest.mark.slow
@pytest.mark.anyio
@pytest.mark.parametrize("mode", ["polling", "webhook"])
async def test_a_power_cut_leaves_every_question_to_be_answered(
    emulator: Emulator, tmp_path: Path, seeds_index: Path, power_cut: PowerCut, mode: str
) -> None:
    (tmp_path / "index").symlink_to(seeds_index)
    port = free_port()
    webhook = {"webhook_url": f"http://127.0.0.1:{port}/hook", "webhook_port": port}
    way: dict[str, Any] = {"mode": mode, **(webhook if mode == "webhook" else {})}
    users = set(range(1, 61))
    root = tmp_path / "disk"
    root.mkdir()
    async with program(
        *(emulator, tmp_path),
        environment=power_cut.environment,
        state=root / "state",
        messages_per_second=5,
        **way,
    ) as bot:
        await bot.logged("answering as")
        for user in users:
            emulator.say(user, "Where is Artem Kariakin's home?")
        await emulator.until(lambda: not emulator.pending)
        assert await bot.ended(signal.SIGKILL) == -signal.SIGKILL
    assert len(emulator.messages) < 30
    left = power_cut.left(root, tmp_path / "left") / "state"
    async with program(emulator, tmp_path, state=left, messages_per_second=1000, **way) as bot:
        await emulator.until(lambda: {one.chat_id for one in emulator.messages} >= users, 60)
        await bot.ended(signal.SIGTERM)
