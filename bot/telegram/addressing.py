"""Addressing: whether a message asks the bot something, and what.

In a group people talk to each other; the bot answers only where it is meant. Telegram's clients
make some of that hard to see: in a forum every message "replies" to the first of its topic, an
administrator who hides behind the group writes as a bot, and a channel's post comes into its
discussion group as if somebody had written it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from telegram import Message, MessageEntity, User
from telegram.constants import ChatType

from bot.records import ChatPlace


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question to the bot.

    Attributes:
        language: Language of the asker's Telegram, an IETF tag; None if it does not say.
    """

    place: ChatPlace
    message_id: int
    question: str
    language: str | None


def question_in(message: Message, me: User, *, channel_posts: bool = False) -> AskedQuestion | None:
    """Return the question of a message; None where it is not for the bot.

    Args:
        message: New or edited. Of the commands, only /ask asks.
        me: The bot.
        channel_posts: Whether posts of channels may ask; they must mention the bot.
    """
    if not is_human(message, channel_posts=channel_posts):
        return None
    text = message.text or message.caption
    if not text:
        return None
    entities = _entities(message, text)
    command = next((said for one, said in entities if _is_command(one)), None)
    if command is not None:
        if not _asks(command, me):
            return None
        return asked(message, text[len(command) :].strip() or quoted_question(message, me))
    mentions = [one for one, said in entities if _names(one, said, me)]
    private = message.chat.type == ChatType.PRIVATE
    if not private and not mentions and not _replies_to(message, me):
        return None
    if not mentions:
        return asked(message, text)
    return asked(message, _without(text, mentions) or quoted_question(message, me))


def asked(message: Message, question: str) -> AskedQuestion:
    """Make a question of a message, whose author asks it."""
    return AskedQuestion(
        place_of(message),
        message.message_id,
        question,
        message.from_user.language_code if message.from_user else None,
    )


def place_of(message: Message) -> ChatPlace:
    """Return where a conversation with this message's author goes on."""
    author = message.sender_chat or message.from_user or message.chat
    return ChatPlace(message.chat_id, topic_of(message), author.id)


def topic_of(message: Message) -> int | None:
    """Return the forum topic that a reply has to name; a thread of replies is no topic."""
    return message.message_thread_id if message.is_topic_message else None


def is_human(message: Message, *, channel_posts: bool = False) -> bool:
    """Whether a person wrote this just now, for this chat.

    Bots could keep each other talking for ever; what is forwarded was said to somebody else.
    """
    if message.is_automatic_forward:  # which has an origin as well: the post
        return channel_posts
    if message.forward_origin or message.via_bot:
        return False
    if message.chat.type == ChatType.CHANNEL:
        return channel_posts
    # Who writes as a chat (an anonymous administrator, a channel) is shown as a bot of Telegram's.
    return bool(message.sender_chat) or bool(message.from_user and not message.from_user.is_bot)


def quoted_question(message: Message, me: User) -> str:
    """Return the text of the message that this one replies to, unless the bot wrote that one.

    So "@bot", or /ask, in reply to somebody's question asks that question, or the part of it that
    is quoted.
    """
    target = message.reply_to_message
    if target is not None and (_is_root(message, target) or _wrote(target, me)):
        return ""
    if message.quote:
        return message.quote.text
    return (target.text or target.caption or "") if target else ""


def _replies_to(message: Message, me: User) -> bool:
    target = message.reply_to_message
    return target is not None and not _is_root(message, target) and _wrote(target, me)


def _is_root(message: Message, target: Message) -> bool:
    """Whether the target is the topic's first message, which clients name in every message."""
    return bool(message.is_topic_message) and target.message_id == message.message_thread_id


def _wrote(message: Message, me: User) -> bool:
    return message.from_user is not None and message.from_user.id == me.id


def _entities(message: Message, text: str) -> list[tuple[MessageEntity, str]]:
    """Return the entities of a text or caption, each with what it covers.

    The library's own way fails where the text has half a surrogate pair.
    """
    entities = message.entities if message.text else message.caption_entities
    units = _encoded(text)
    return [
        (one, units[2 * one.offset : 2 * (one.offset + one.length)].decode("utf-16-le", "replace"))
        for one in entities
    ]


def _is_command(entity: MessageEntity) -> bool:
    return entity.type == MessageEntity.BOT_COMMAND and entity.offset == 0


def _asks(command: str, me: User) -> bool:
    name, _, addressee = command.lower().partition("@")
    return name == "/ask" and addressee in ("", (me.username or "").lower())


def _names(entity: MessageEntity, said: str, me: User) -> bool:
    if entity.type == MessageEntity.MENTION:
        return said.lower() == f"@{me.username}".lower()
    named = entity.user if entity.type == MessageEntity.TEXT_MENTION else None
    return named is not None and named.id == me.id


def _without(text: str, mentions: Sequence[MessageEntity]) -> str:
    """Take the mentions out, whose places are counted in UTF-16 code units."""
    units = _encoded(text)
    for entity in sorted(mentions, key=lambda entity: -entity.offset):
        start, end = 2 * entity.offset, 2 * (entity.offset + entity.length)
        units = units[:start] + _encoded(" ") + units[end:]
    return units.decode("utf-16-le", "replace").strip(" ,:;\n\t—-")


def _encoded(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")
