"""The languages that the bot speaks: `language` has the messages, plural forms, dates and numbers.

Their catalogues lie in `locales/`, for the Telegram bot, the terminal and the conversation alike.
"""

from bot.languages.language import (
    ENGLISH,
    LANGUAGES,
    PLACE,
    Language,
    language_of,
    language_of_environment,
    language_of_header,
)
from bot.languages.sayings import said_before_closest, said_before_several

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "PLACE",
    "Language",
    "language_of",
    "language_of_environment",
    "language_of_header",
    "said_before_closest",
    "said_before_several",
]
