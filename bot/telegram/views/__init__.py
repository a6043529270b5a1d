"""Views: messages with entities and buttons, in the reader's language.

answers     an answer, what its buttons show instead, written sentences, inline cards
conversation  what is said to small talk and to questions about the collection
reading     an excerpt in its surroundings, an article in pages, the list of articles
notices     what the bot says of itself; reports, what it says of its index and its use
quotes      an excerpt's quotation and its citation line
message     text with entities and buttons, and what a press of one means
text        text counted and cut as Telegram counts it

`bot.languages` has the messages in these languages, their plural forms, dates and numbers.
"""

from bot.languages import LANGUAGES, Language, language_of
from bot.telegram.views import answers, conversation, notices, reading, reports
from bot.telegram.views.answers import shown_in
from bot.telegram.views.message import Action, Message, Press

__all__ = [
    "LANGUAGES",
    "Action",
    "Language",
    "Message",
    "Press",
    "answers",
    "conversation",
    "language_of",
    "notices",
    "reading",
    "reports",
    "shown_in",
]
