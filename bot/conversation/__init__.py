"""A conversation: replies to what is no question, without a language model.

    phrases.toml, phrases   what people say in small talk, in many languages, matched word by word
    wishes.toml, wishes     the words of questions about the collection, in whatever order
    origins.toml, origins   the words of questions about an article itself: author, date, link
    messages                what a message is: small talk, about the collection, or a question
    questions               the questions of a message that asks several
    collection, sentences   articles that stand for all, the newest, one by its name; its sentences
    conversation            replies to a message, and what of it later questions may lean on
    introduction, subjects  what newcomers are told of the collection, and questions that it answers
    replies                 a reply as a value: `texts` says it in the asker's language, `documents`
                            makes its JSON document

Only a message that is nothing else is replied to here; any other is a question, for `bot.answers`.
The chat, `excerpta ask`, the Telegram bot, the web page and assistants ask here first.
"""

from bot.conversation.conversation import Conversation
from bot.conversation.documents import answer_of, of_reply
from bot.conversation.introduction import Introduction, Introductions
from bot.conversation.messages import Message, Talk, read_message
from bot.conversation.questions import MOST_QUESTIONS, remembered_together, split_questions
from bot.conversation.replies import (
    ArticleList,
    Continuation,
    NothingFound,
    Origin,
    Reply,
    SmallTalk,
    Summary,
)
from bot.conversation.texts import closing, language_of_reply, opening
from bot.conversation.wishes import Fact, Wish

__all__ = [
    "MOST_QUESTIONS",
    "ArticleList",
    "Continuation",
    "Conversation",
    "Fact",
    "Introduction",
    "Introductions",
    "Message",
    "NothingFound",
    "Origin",
    "Reply",
    "SmallTalk",
    "Summary",
    "Talk",
    "Wish",
    "answer_of",
    "closing",
    "language_of_reply",
    "of_reply",
    "opening",
    "read_message",
    "remembered_together",
    "split_questions",
]
