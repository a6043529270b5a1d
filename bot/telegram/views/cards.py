"""Cards for inline mode: each is an excerpt that is ready to be posted in any chat."""

from __future__ import annotations

from hashlib import blake2b

from telegram import InlineQueryResultArticle, InputTextMessageContent, LinkPreviewOptions

from bot.answers import Answer
from bot.telegram.views.languages import Language
from bot.telegram.views.message import TEXT_UNITS, joined, part
from bot.telegram.views.quotes import best_sentence, quoted, titled
from bot.telegram.views.text import one_line, shortened, units
from retrieval.types import Excerpt

CARDS = 10

_DESCRIPTION_UNITS = 200
_QUESTION_UNITS = 200


def cards(answer: Answer, language: Language) -> list[InlineQueryResultArticle]:
    """Make a card of each excerpt, at most ten; one that does not answer says so."""
    return [_card(answer, excerpt, language) for excerpt in answer.excerpts[:CARDS]]


def _card(answer: Answer, excerpt: Excerpt, language: Language) -> InlineQueryResultArticle:
    title = titled(excerpt.source)
    opening = part("")
    if not answer.answered:
        title = language.say("Closest, not an answer: {title}", title=title)
        opening = part(
            language.say(
                "The articles do not answer “{question}”. This excerpt comes close:",
                question=one_line(answer.searched, _QUESTION_UNITS),
            )
        )
    room = TEXT_UNITS - units(opening.text) - len("\n\n")
    message = joined(opening, quoted(excerpt, language, room=room), by="\n\n")
    return InlineQueryResultArticle(
        id=_identity(answer, excerpt),
        title=title,
        description=shortened(best_sentence(excerpt), _DESCRIPTION_UNITS) or None,
        input_message_content=InputTextMessageContent(
            message.text,
            entities=message.entities,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        ),
    )


def _identity(answer: Answer, excerpt: Excerpt) -> str:
    """Name the excerpt by its place: the same for every question and after a restart."""
    place = f"{excerpt.source.path}\0{excerpt.start}\0{excerpt.end}"
    digest = blake2b(place.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"{answer.generation}-{digest}"
