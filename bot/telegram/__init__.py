"""The Telegram bot.

An update's way through it:

    polling | webhook   how it comes; `updates` keeps it in the `inbox` until it is handled
    app                 which handler sees it; `service` is the life of it all
    addressing          whether it asks the bot something
    access              who is heard now: lists, quota, turns of the `workers`
    handlers            questions, edits and presses; beside it `inline` and `commands`
    replies             what is replied, from the library (`catalogue`) and from `memory`
    written_answers     the sentences of a model, if one writes, added to what is shown
    views               the reply as a message: text with entities, and buttons, in four languages
    outbox              sends it, as fast as the limiter lets it, over the transport
"""

from __future__ import annotations

from bot.telegram.service import Service, check, run
from bot.telegram.transport import TelegramFault

__all__ = ["Service", "TelegramFault", "check", "run"]
