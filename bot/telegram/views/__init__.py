"""What people see: messages with entities and buttons, in four languages.

answers, cards, reading, reports, notices, written   what is said, a module a subject
quotes      an excerpt's quotation and its citation line
message     text with entities and buttons, cut to what Telegram takes; text counts as it does
buttons     what a press means, in 64 bytes
languages   the catalogues of messages, plural forms, dates
"""

from bot.telegram.views import answers, cards, notices, reading, reports, written
from bot.telegram.views.answers import shown_in
from bot.telegram.views.buttons import Action, Press
from bot.telegram.views.languages import LANGUAGES, Language, language_of
from bot.telegram.views.message import Message

__all__ = [
    "LANGUAGES",
    "Action",
    "Language",
    "Message",
    "Press",
    "answers",
    "cards",
    "language_of",
    "notices",
    "reading",
    "reports",
    "shown_in",
    "written",
]
