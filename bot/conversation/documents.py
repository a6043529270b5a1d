"""The JSON document of a reply; scripts rely on its keys."""

from __future__ import annotations

from typing import Any

from bot import documents
from bot.answers import Answer
from bot.conversation.messages import Message
from bot.conversation.replies import ArticleList, Continuation, Origin, Reply, Summary
from bot.conversation.texts import closing, opening


def of_reply(message: Message, reply: Reply) -> dict[str, Any]:
    """Return a reply as the document of an answer, whose excerpts are what it quotes.

    Its key `reply` has the kind, the language and the words; `answered` says whether it quotes.
    """
    answer = answer_of(message, reply)
    kind = message.talk or message.wish
    text = "\n\n".join(filter(None, [opening(reply), closing(reply)]))
    document = documents.of_answer(answer)
    document["reply"] = {"kind": str(kind), "language": reply.language, "text": text}
    return document


def answer_of(message: Message, reply: Reply) -> Answer:
    """Return a reply as an answer, whose excerpts are what it quotes."""
    match reply:
        case Summary() | Origin() | Continuation():
            return reply.answer
        case ArticleList():
            excerpts = reply.articles
        case _:
            excerpts = ()
    return Answer(message.question, excerpts, bool(excerpts), float(bool(excerpts)), 0, 0.0)
