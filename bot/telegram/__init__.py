"""The Telegram bot.

An update's way through it:

    intake      polling or webhook; handling keeps it in the inbox (memory) until it is done
    app         which handler sees it; service is the life of it all
    addressing  whether it asks the bot something
    admission   whose wish is heard now: lists, quota, turns (work)
    desk        questions, edits and presses; beside it inline and commands
    replies     what is replied, from the library (shelf) and from memory
    scribe      a written answer, if a model writes one, added to what is shown
    views       the reply as a message: text with entities, and buttons, in four languages
    sending     outbox, as fast as Telegram allows (limits, turns), over delivery
"""

from __future__ import annotations

from bot.telegram.process import check, run
from bot.telegram.sending.delivery import TelegramFault
from bot.telegram.service import Service

__all__ = ["Service", "TelegramFault", "check", "run"]
