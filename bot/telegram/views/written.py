"""Views of a written answer: under the excerpts that it was written from, or alone."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import MessageEntity

from bot.telegram.views.languages import Language
from bot.telegram.views.message import TEXT_UNITS, Message, fits, joined, part
from bot.telegram.views.text import one_line, shortened, tamed, units

_MODEL_UNITS = 100
# Less room is not worth beginning in: it would soon be full.
_ROOM = 1_200


def under(answer: Message, model: str, sentences: Sequence[str], language: Language) -> Message:
    """Show sentences under an answer, whose buttons stay; cut if there is no room for all."""
    heading = _heading(model, language)
    room = TEXT_UNITS - units(answer.text) - units(heading.text) - len("\n\n\n")
    whole = joined(answer, joined(heading, _said(sentences, room), by="\n"), by="\n\n")
    return Message(whole.text, whole.entities, answer.buttons, answer.preview)


def has_room(answer: Message, model: str, language: Language) -> bool:
    """Whether a written answer is to stand under an answer, not in a message of its own."""
    largest = under(answer, model, ["x" * TEXT_UNITS], language)
    return fits(largest) and units(answer.text) <= TEXT_UNITS - _ROOM


def alone(model: str, sentences: Sequence[str], language: Language) -> Message:
    """Show sentences in a message that replies to the answer."""
    heading = _heading(model, language)
    return joined(heading, _said(sentences, TEXT_UNITS - units(heading.text) - 1), by="\n")


def _heading(model: str, language: Language) -> Message:
    words = language.say(
        "Written by {model} from the excerpts above; what they do not support is left out:",
        model=one_line(model, _MODEL_UNITS),
    )
    return part(words, MessageEntity.ITALIC)


def _said(sentences: Sequence[str], room: int) -> Message:
    return part(shortened(tamed(" ".join(sentences)), room))
