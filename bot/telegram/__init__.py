"""The Telegram bot.

An update's way through it:

polling | webhook   it comes, and is kept in the inbox until it is handled
handling            hands it to the library's application (app), which knows the handlers
addressing          whether it asks the bot something
desk | commands     whose turn it is (quota, work), and what is to be done
replies             what is replied, from the library and from memory (state, shelf)
views | notices     the reply as a message: text with entities, and buttons
outbox              sends it, as fast as Telegram allows (limits), over delivery
"""

from __future__ import annotations

from bot.telegram.delivery import TelegramFault
from bot.telegram.process import check, run
from bot.telegram.service import Service

__all__ = ["Service", "TelegramFault", "check", "run"]
