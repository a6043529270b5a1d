"""The bot as a process of its own, as `excerpta telegram` starts it, and what it takes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.bot.telegram.emulator import Emulator
from tests.paths import ROOT

_EXCERPTA = (sys.executable, "-P", "-m", "bot")
_STARTING_S, _ENDING_S = 600.0, 60.0
_PAUSE_S = 0.1
_REFRESHED = "\nexcerpta_last_refresh_timestamp_seconds "
_OPEN = "\nprocess_open_fds "
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has taken, its children that live left out."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


class BotProcess:
    """A bot that runs.

    Attributes:
        index: What `excerpta refresh --json` said of the index that it began with.
        log: What it writes to standard error.
    """

    def __init__(self, folder: Path, port: int, pid: int, index: dict[str, Any]) -> None:
        self.pid = pid
        self.index = index
        self.log = folder / "log"
        self._state = folder / "state"
        self._monitor = f"http://127.0.0.1:{port}"

    async def settled(self, within_s: float) -> bool:
        """Wait until it has found the index in line, as it does at its start; False if late."""
        ends = time.monotonic() + within_s
        while not float((await self._get("/metrics")).partition(_REFRESHED)[2].split()[0]):
            if time.monotonic() > ends:
                return False
            await asyncio.sleep(_PAUSE_S)
        return True

    async def health(self) -> dict[str, Any]:
        """Return what the bot tells of itself; see `bot.telegram.monitor.Health`."""
        found: dict[str, Any] = json.loads(await self._get("/health"))
        return found

    async def at_rest(self, within_s: float) -> bool:
        """Wait until it has handled all that it received; False if it takes longer."""
        ends = time.monotonic() + within_s
        while (await self.health())["waiting"]:
            if time.monotonic() > ends:
                return False
            await asyncio.sleep(_PAUSE_S)
        return True

    async def _get(self, path: str) -> str:
        async with aiohttp.ClientSession() as session, session.get(self._monitor + path) as answer:
            return await answer.text()

    def cpu_s(self) -> float:
        """Return the processor time taken so far."""
        return cpu_seconds(self.pid)

    def resident_mb(self) -> float:
        """Return the memory that it holds, in megabytes."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * _PAGE / 1e6

    async def descriptors(self) -> int:
        """Return how many files and connections it has open, which it alone can see."""
        return int(float((await self._get("/metrics")).partition(_OPEN)[2].split()[0]))

    def threads(self) -> int:
        """Return how many threads it has."""
        return len(list(Path(f"/proc/{self.pid}/task").iterdir()))

    def state_mb(self) -> float:
        """Return the size of what it remembers, in megabytes."""
        return sum(path.stat().st_size for path in self._state.iterdir()) / 1e6

    def complaints(self) -> list[str]:
        """Return the errors that stand in its log."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if " ERROR " in line or line.startswith("Traceback")]


@asynccontextmanager
async def running(
    emulator: Emulator, folder: Path, code: Path = ROOT, /, **telegram: object
) -> AsyncIterator[BotProcess]:
    """Index `articles` in a folder, and run the bot over them.

    Args:
        emulator: Where it polls.
        folder: Takes its index, state, log and configuration as well.
        code: The checkout whose bot it is, an absolute path.
        telegram: Its settings of that section, in place of the defaults.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    defaults = {
        "base_url": emulator.url,
        "state": str(folder / "state"),
        "monitor_port": port,
        "watch": False,
    }
    settings = folder / "excerpta.toml"
    sections = {
        "articles": {"folder": str(folder / "articles")},
        "index": {"folder": str(folder / "index")},
        "telegram": defaults | telegram,
    }
    settings.write_text(_toml(sections), encoding="utf-8")
    own = {"EXCERPTA_TELEGRAM__TOKEN": emulator.token, "PYTHONPATH": str(code)}
    environment = os.environ | own

    async def start(*arguments: str, output: int, errors: Any) -> asyncio.subprocess.Process:  # noqa: ANN401
        return await asyncio.create_subprocess_exec(
            *(*_EXCERPTA, *arguments, "--config", str(settings)),
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=errors,
        )

    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    with (folder / "log").open("wb") as log:
        refresh = await start("refresh", "--json", output=pipe, errors=log)
        said, _ = await refresh.communicate()
        if refresh.returncode:
            raise RuntimeError(f"refresh ended with status {refresh.returncode}: {said.decode()}")
        process = await start("telegram", output=nothing, errors=log)
        try:
            await _first(emulator.called("getUpdates", within_s=_STARTING_S), process.wait())
            if process.returncode is not None:
                raise RuntimeError((folder / "log").read_text(encoding="utf-8"))
            yield BotProcess(folder, port, process.pid, json.loads(said))
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), _ENDING_S)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def _first(*awaited: Coroutine[Any, Any, object]) -> None:
    """Wait for one of these, and raise what it raises."""
    tasks = [asyncio.ensure_future(one) for one in awaited]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()


def _toml(sections: Mapping[str, Mapping[str, object]]) -> str:
    """Write sections of strings, numbers and booleans, which are the same in JSON."""
    lines = (
        (f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items()))
        for name, values in sections.items()
    )
    return "\n".join(line for section in lines for line in section)
