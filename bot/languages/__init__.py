"""The languages that the bot speaks: `language` has the messages, plural forms, dates and numbers.

Their catalogues lie in `locales/`, for the Telegram bot and the conversation alike.
"""

from bot.languages.language import LANGUAGES, PLACE, Language, language_of

__all__ = ["LANGUAGES", "PLACE", "Language", "language_of"]
