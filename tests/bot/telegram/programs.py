"""`excerpta telegram` as a process of its own, with the real encoder and real articles."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from tests.paths import ROOT

from .emulator import Emulator

SEEDS = ROOT / "seeds"


class Program:
    """A process that runs.

    Attributes:
        lines: What it has written to standard error.
    """

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self.child = child
        self.lines: list[str] = []
        self._reading = asyncio.create_task(self._read())

    @property
    def documents(self) -> list[dict[str, Any]]:
        """The lines of a log in JSON."""
        return [json.loads(line) for line in self.lines]

    async def logged(self, text: str, within_s: float = 60.0) -> str:
        """Wait for a line that holds a text, and return it."""

        def found() -> str | None:
            return next((line for line in self.lines if text in line), None)

        await self.until(lambda: found() is not None, within_s)
        return found() or ""

    async def until(self, condition: Callable[[], bool], within_s: float = 60.0) -> None:
        """Wait for a condition; the process may end meanwhile."""
        end = asyncio.get_running_loop().time() + within_s
        while not condition():
            assert asyncio.get_running_loop().time() < end, self.lines
            await asyncio.sleep(0.02)

    async def ended(self, number: signal.Signals | None = None) -> int:
        """Send a signal, if there is one, and return the exit status."""
        if number is not None:
            self.child.send_signal(number)
        async with asyncio.timeout(60):
            await self._reading
            return await self.child.wait()

    def children(self) -> list[int]:
        """Return the ids of its child processes, as Linux tells them."""
        with suppress(OSError):
            tasks = Path(f"/proc/{self.child.pid}/task").glob("*/children")
            return [int(pid) for task in tasks for pid in task.read_text().split()]
        return []

    async def _read(self) -> None:
        assert self.child.stderr is not None, "a pipe"
        async for line in self.child.stderr:
            self.lines.append(line.decode().rstrip("\n"))


@asynccontextmanager
async def program(
    emulator: Emulator,
    folder: Path,
    *options: str,
    articles: Path = SEEDS,
    environment: Mapping[str, str] = {},
    **telegram: object,
) -> AsyncIterator[Program]:
    """Run the bot; `telegram` are settings, which join the `environment`."""
    settings = {
        "token": emulator.token,
        "base_url": emulator.url,
        "state": folder / "state",
        "watch": "false",
        **telegram,
    }
    places = ("--articles", str(articles), "--index", str(folder / "index"))
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "telegram", *places, *options),
        cwd=ROOT,
        env={
            **os.environ,
            **environment,
            **{f"EXCERPTA_TELEGRAM__{key.upper()}": str(value) for key, value in settings.items()},
        },
        stderr=asyncio.subprocess.PIPE,
    )
    running = Program(child)
    try:
        yield running
    finally:
        if child.returncode is None:
            child.kill()
        await running.ended()
