from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator

import pytest

from config import logs

from .emulator import Emulator


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator() as emulator:
        yield emulator


@pytest.fixture
def logging_all() -> Iterator[None]:
    """Log what `excerpta -v` logs, and set the loggers back."""
    root = logging.getLogger()
    handlers = root.handlers[:]
    known = [
        logger for logger in root.manager.loggerDict.values() if isinstance(logger, logging.Logger)
    ]
    levels = {logger: logger.level for logger in (root, *known)}
    logs.setup(verbose=True)
    yield
    root.handlers[:] = handlers
    for logger, level in levels.items():
        logger.setLevel(level)
