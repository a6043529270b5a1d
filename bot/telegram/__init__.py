"""The Telegram bot.

An update's way through it:

    polling | webhook   receive it; `updates` keeps it in the `inbox` until it is handled, or in the
                        `shared_inbox` where replicas of the bot share a PostgreSQL
    application         gives it to the handler that takes it
    addressing          tells whether it asks the bot something
    access              admits its user: lists, quota, and a turn of the `workers`, fair to all
    handlers            answer questions, edits, presses and inline queries; `commands` the rest
    replies             make the reply from the library, its articles and the `bot.records`
    views               lay it out as a message: text with entities, and buttons
    outbox              sends it over the `transport`, as fast as the `limiter` allows
    written_answers     add the sentences of a language model, if one writes

`service` starts and stops all of it. Beside the updates run the `refresh_job`, the `alarms` and the
`switch_hint` for administrators, and the `monitor` that shows health and `metrics`.
"""

from __future__ import annotations

from bot.telegram.service import Service, check, run
from bot.telegram.transport import TelegramFault

__all__ = ["Service", "TelegramFault", "check", "run"]
