"""Sayings: what terminal, messenger and page say alike about what does not answer for sure."""

from __future__ import annotations

from bot.languages.language import Language


def said_before_closest(language: Language, *, perhaps: bool) -> str:
    """Say before the closest excerpt whether it may answer."""
    if perhaps:
        return language.say("Perhaps this answers it:")
    return language.say("Closest, but not an answer:")


def said_before_several(language: Language, *, perhaps: bool) -> str:
    """Say before the closest excerpts whether one of them may answer."""
    if perhaps:
        return language.say("Perhaps one of these answers it:")
    return language.say("The articles do not answer this. These excerpts come closest:")
