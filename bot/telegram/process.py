"""The bot's process: it serves until a signal comes."""

from __future__ import annotations

import asyncio
import contextlib
import signal

from pydantic import SecretStr

from bot.build import Library
from bot.refresh_process import Refresher
from bot.telegram.app import check_token
from bot.telegram.intake.webhook import address_of
from bot.telegram.service import Service
from config import TelegramSettings

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def check(token: SecretStr, settings: TelegramSettings) -> None:
    """Look for what would end the bot as soon as it starts, before the library is opened.

    Raises:
        TelegramFault: The token is none, or the webhook's address is missing or wrong.
    """
    check_token(token)
    address_of(token, settings)


def run(library: Library, token: SecretStr, refresher: Refresher) -> None:
    """Answer until SIGINT or SIGTERM; a second signal ends the process at once.

    Args:
        library: What is asked.
        token: The bot's token. It is part of the addresses that the library's loggers print below
            WARNING; `config.logs` keeps them quiet.
        refresher: Keeps the index in line.

    Raises:
        BotError: See `Service`.
    """
    asyncio.run(_until_signal(Service(library, token, refresher)))


async def _until_signal(service: Service) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end() -> None:
        stop.set()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
            # Python's own for SIGINT would wait for the threads.
            signal.signal(number, signal.SIG_DFL)

    with contextlib.suppress(NotImplementedError):  # Windows: Ctrl+C cancels this task instead
        for number in _SIGNALS:
            loop.add_signal_handler(number, end)
    await service.serve(stop)
