"""The Telegram bot: questions in private chats, answered with cited excerpts."""

from __future__ import annotations

from bot.telegram.app import build, run, serve
from bot.telegram.delivery import TelegramFault
from bot.telegram.message import Message, render

__all__ = ["Message", "TelegramFault", "build", "render", "run", "serve"]
