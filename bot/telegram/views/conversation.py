"""Views of what is said in a conversation: a few words, articles with their leads, sentences."""

from __future__ import annotations

from hashlib import blake2b
from itertools import islice

from telegram import InlineQueryResultArticle, MessageEntity

from bot.answers import Answer
from bot.conversation import (
    ArticleList,
    Continuation,
    Origin,
    Reply,
    Summary,
    closing,
    language_of_reply,
    opening,
)
from bot.languages import Language
from bot.telegram.views.message import TEXT_UNITS, Message, filled, fits, joined, part
from bot.telegram.views.quotes import Link, named, quoted
from bot.telegram.views.text import one_line, safe, shortened, units
from retrieval.types import Excerpt

_LEAD_UNITS = 300
_TITLE_UNITS = 120
_CARD_UNITS = 200


def reply(reply: Reply, link: Link) -> Message:
    """Show a reply.

    Args:
        reply: It is shown in its own language.
        link: Returns the address that opens an article in this bot.
    """
    language = language_of_reply(reply)
    said = part(opening(reply, one_line))
    last = part(closing(reply))
    room = TEXT_UNITS - units(last.text) - len("\n\n")
    blocks: list[Message] = []
    match reply:
        case ArticleList():
            blocks = [_article(lead, language, link) for lead in reply.articles]
        case Summary() | Origin():
            blocks = _quotes(reply.answer, 0, language, link, room - units(said.text))
        case Continuation():
            left = room - units(said.text)
            blocks = _quotes(reply.answer, reply.shown, language, link, left)
    message, _ = filled(said, blocks)
    whole = joined(message, last, by="\n\n")
    return whole if fits(whole) else message


def card(message: Message) -> InlineQueryResultArticle:
    """Make a card that posts a reply."""
    first, _, rest = message.text.partition("\n")
    return InlineQueryResultArticle(
        id=blake2b(message.text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest(),
        title=shortened(first, _CARD_UNITS),
        description=shortened(" ".join(rest.split()), _CARD_UNITS) or None,
        input_message_content=message.content(),
    )


def _article(lead: Excerpt, language: Language, link: Link) -> Message:
    head = named(lead.source, language, link, _TITLE_UNITS)
    text = shortened(safe(lead.text), _LEAD_UNITS)
    return joined(joined(part("• "), head), part(text, MessageEntity.BLOCKQUOTE), by="\n")


def _quotes(answer: Answer, shown: int, language: Language, link: Link, room: int) -> list[Message]:
    return [
        quoted(excerpt, language, citation=number, link=link, room=room - len("\n\n"))
        for number, excerpt in islice(answer.cited(), shown, None)
    ]
