"""The application of python-telegram-bot: its connections, and which handler takes which update."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from pydantic import SecretStr
from telegram.constants import UpdateType
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    ContextTypes,
    InlineQueryHandler,
    MessageHandler,
    filters,
)

from bot.telegram.commands import Commands
from bot.telegram.handlers import Handlers, Inline
from bot.telegram.limiter import Limiter
from bot.telegram.metrics import Metrics
from bot.telegram.transport import TelegramFault, Transport
from config import TelegramSettings

BotApplication: TypeAlias = Application[Any, Any, Any, Any, Any, Any]
_Context: TypeAlias = ContextTypes.DEFAULT_TYPE

_CONNECTIONS = 256
"""Requests on their way to Telegram at once; a request that waits for its turn is none of them."""

UPDATES = (
    UpdateType.MESSAGE,
    UpdateType.EDITED_MESSAGE,
    UpdateType.CHANNEL_POST,
    UpdateType.EDITED_CHANNEL_POST,
    UpdateType.CALLBACK_QUERY,
    UpdateType.INLINE_QUERY,
)
"""The kinds of updates that Telegram shall send."""

_WORDLESS = (
    filters.PHOTO
    | filters.VOICE
    | filters.AUDIO
    | filters.VIDEO
    | filters.VIDEO_NOTE
    | filters.Sticker.ALL
    | filters.Document.ALL
    | filters.ANIMATION
    | filters.LOCATION
    | filters.CONTACT
    | filters.POLL
)


def check_token(token: SecretStr) -> None:
    """Refuse a malformed token without asking Telegram.

    Raises:
        TelegramFault: The token is malformed.
    """
    if not re.fullmatch(r"[0-9]+[:-][\w-]+", token.get_secret_value(), re.ASCII):
        raise TelegramFault(
            "the bot token is empty or has characters that no token has; it reads like 123456:AbC "
            "and is shown by @BotFather: correct EXCERPTA_TELEGRAM__TOKEN, or telegram.token_file"
        )


def build(
    token: SecretStr, settings: TelegramSettings, limiter: Limiter, metrics: Metrics
) -> BotApplication:
    """Build the application; nothing is sent yet.

    Raises:
        TelegramFault: The token is malformed, or the proxy cannot be used.
    """
    check_token(token)
    # The library announces with a warning that durations become timedelta, and gives them already
    # to whoever asks for them; without it, the warning comes with every flood control.
    os.environ.setdefault("PTB_TIMEDELTA", "1")
    return (
        ApplicationBuilder()
        .token(token.get_secret_value())
        .base_url(f"{settings.base_url.rstrip('/').removesuffix('/bot')}/bot")
        .request(_connection(_CONNECTIONS, settings, metrics))
        .get_updates_request(_connection(1, settings, metrics))
        .rate_limiter(limiter)
        .updater(None)
        .job_queue(None)
        .build()
    )


def _connection(size: int, settings: TelegramSettings, metrics: Metrics) -> Transport:
    proxy, where = None, "the environment (HTTPS_PROXY, ALL_PROXY)"
    if settings.proxy is not None:
        proxy, where = settings.proxy.get_secret_value(), "telegram.proxy"
    try:
        return Transport(size, proxy, metrics)
    except ValueError as exc:
        # Not chained: the proxy's address may hold a password.
        raise TelegramFault(
            f"the proxy of {where} cannot be used ({type(exc).__name__}); wanted http://host:port, "
            f"https://host:port or socks5://host:port: correct {where}"
        ) from None


def register(
    application: BotApplication,
    handlers: Handlers,
    inline: Inline,
    commands: Commands,
    failed: Callable[[object, _Context], Coroutine[Any, Any, None]],
) -> None:
    """Register the handlers: the first that fits takes an update; most updates fit none."""
    new = filters.UpdateType.MESSAGE
    posts = filters.UpdateType.MESSAGE | filters.UpdateType.CHANNEL_POST
    edits = filters.UpdateType.EDITED_MESSAGE | filters.UpdateType.EDITED_CHANNEL_POST
    text = filters.TEXT | filters.CAPTION
    wordless = _WORDLESS & filters.ChatType.PRIVATE
    application.add_handlers(
        [
            MessageHandler(new & filters.COMMAND, commands.command),
            MessageHandler(posts & text, handlers.message),
            MessageHandler(new & wordless, handlers.unreadable),
            MessageHandler(edits & text, handlers.edited),
            CallbackQueryHandler(handlers.press),
            InlineQueryHandler(inline.query),
        ]
    )
    application.add_error_handler(failed)
