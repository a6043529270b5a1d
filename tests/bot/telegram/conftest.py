from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator

import pytest

from config import setup_logs

from .emulation.asking import Ask, asking
from .emulator import Emulator
from .postgres import Server, serving


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        yield emulator


@pytest.fixture
async def ask(emulator: Emulator) -> AsyncIterator[Ask]:
    """Ask the emulator as any bot could."""
    async with asking(emulator.url, emulator.token) as ask:
        yield ask


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL; each test makes a database of its own."""
    with serving() as server:
        yield server


@pytest.fixture(scope="session", autouse=True)
def _durations() -> Iterator[None]:
    """Let the library give durations as the bot asks for them; it warns of the other form."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PTB_TIMEDELTA", "1")
        yield


@pytest.fixture
def logging_all() -> Iterator[None]:
    """Log what `excerpta -v` logs, and set the loggers back."""
    root = logging.getLogger()
    handlers = root.handlers[:]
    levels = {logger: logger.level for logger in _loggers()}
    setup_logs(verbose=True)
    yield
    root.handlers[:] = handlers
    for logger in _loggers():
        # Some were made meanwhile.
        logger.setLevel(levels.get(logger, logging.NOTSET))


def _loggers() -> list[logging.Logger]:
    root = logging.getLogger()
    known = root.manager.loggerDict.values()
    return [root, *(one for one in known if isinstance(one, logging.Logger))]
