"""What can go wrong in the bot, beside what goes wrong in its parts."""

from __future__ import annotations


class BotError(Exception):
    """The world does not let the bot do its work; the text tells the operator what to do."""
