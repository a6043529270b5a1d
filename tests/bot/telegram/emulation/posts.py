"""The bot's messages: sending and editing them."""

from __future__ import annotations

import time
from collections.abc import Callable

from telegram.constants import ReactionEmoji

from .chats import Chats
from .markup import check_markup, check_preview, check_text
from .records import Memory, Record
from .sent import Content, Sent
from .wire import Json, bad, check_object, whole

UNCHANGED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


class Posts:
    """All messages of the bot.

    Attributes:
        sent: In the order of sending; a message changes in place.
        edits: The message that was edited, once for each edit.
        by_place: By (chat, message), except deleted ones.
        reactions: (chat, message, emoji) of each reaction that was set.
        on_sent: Called with each message sent, before the request is answered.
    """

    def __init__(self, chats: Chats, me: Callable[[], Json], recall: int | None) -> None:
        self.sent: Record[Sent] = Record(recall)
        self.edits: Record[Sent] = Record(recall)
        self.by_place: Memory[tuple[int, int], Sent] = Memory(recall)
        self.reactions: Record[tuple[int, int, str]] = Record(recall)
        self.on_sent: Callable[[Sent], None] | None = None
        self._chats = chats
        self._me = me

    def describe(self, sent: Sent) -> Json:
        """Return the message as the Bot API shows it, without what it replies to."""
        message: Json = {
            "message_id": sent.message_id,
            "date": sent.date,
            "from": self._me(),
            "chat": self._chats.known[sent.chat_id],
            "text": sent.text,
        }
        if sent.entities:
            message["entities"] = list(sent.entities)
        if sent.markup and "inline_keyboard" in sent.markup:
            message["reply_markup"] = sent.markup
        if sent.preview:
            message["link_preview_options"] = sent.preview
        if sent.thread is not None:
            message.update(message_thread_id=sent.thread, is_topic_message=True)
        if sent.edit_date is not None:
            message["edit_date"] = sent.edit_date
        return message

    def look_up(self, chat_id: int, message_id: int) -> Json | None:
        """Return a message of anybody, as something that others reply to."""
        if sent := self.by_place.get((chat_id, message_id)):
            return self.describe(sent)
        if written := self._chats.written.get((chat_id, message_id)):
            return {name: value for name, value in written.items() if name != "reply_to_message"}
        return None

    def forget(self, chat_id: int, message_id: int) -> None:
        """Delete a message of anybody."""
        self._chats.written.pop((chat_id, message_id), None)
        if sent := self.by_place.pop((chat_id, message_id), None):
            sent.deleted = True

    async def api_sendmessage(self, params: Json) -> Json:
        chat = self._chats.reach(params)
        content = _content(params, check_markup(params.get("reply_markup")))
        thread = self._chats.thread(chat, params)
        target = self._target(chat["id"], params)
        if target and thread is None and target.get("is_topic_message"):
            thread = target["message_thread_id"]
        sent = Sent(
            chat_id=chat["id"],
            message_id=next(self._chats.message_ids),
            params=params,
            history=[content],
            date=int(time.time()),
            reply_to=target["message_id"] if target else None,
            thread=thread,
        )
        self.by_place.keep((sent.chat_id, sent.message_id), sent)
        self.sent.add(sent)
        if self.on_sent:
            self.on_sent(sent)
        message = self.describe(sent)
        return {**message, "reply_to_message": target} if target else message

    def _target(self, chat_id: int, params: Json) -> Json | None:
        if (value := params.get("reply_parameters")) is None:
            return None
        fields = {"message_id", "chat_id", "allow_sending_without_reply", "quote"}
        reply = check_object(value, "reply parameters", fields)
        if "quote" in reply or int(reply.get("chat_id", chat_id)) != chat_id:
            raise bad("replies with quotes or to other chats are not emulated")
        target = self.look_up(chat_id, whole(reply, "message_id"))
        if target is None and not reply.get("allow_sending_without_reply"):
            raise bad("message to be replied not found")
        return target

    async def api_editmessagetext(self, params: Json) -> Json:
        sent = self._own(params)
        markup = check_markup(params.get("reply_markup"), inline_only=True)
        return self._edit(sent, _content(params, markup))

    async def api_setmessagereaction(self, params: Json) -> bool:
        chat = self._chats.reach(params)
        message_id = whole(params, "message_id")
        if self.look_up(chat["id"], message_id) is None:
            raise bad("message to react not found")
        reactions = params.get("reaction", [])
        if not isinstance(reactions, list) or len(reactions) > 1:
            raise bad("REACTIONS_TOO_MANY")  # a bot sets one
        for value in reactions:
            reaction = check_object(value, "reaction type", {"type", "emoji"})
            allowed = set(ReactionEmoji) if chat["id"] not in self._chats.no_reactions else set()
            if reaction.get("type") != "emoji" or reaction.get("emoji") not in allowed:
                raise bad("REACTION_INVALID")
            self.reactions.add((chat["id"], message_id, reaction["emoji"]))
        return True

    def _own(self, params: Json) -> Sent:
        chat = self._chats.reach(params)
        place = (chat["id"], whole(params, "message_id"))
        if sent := self.by_place.get(place):
            return sent
        if place in self._chats.written:
            raise bad("message can't be edited")
        raise bad("message to edit not found")

    def _edit(self, sent: Sent, content: Content) -> Json:
        if (sent.text, sent.entities, sent.markup) == (
            content.text,
            content.entities,
            content.markup,
        ):
            raise bad(UNCHANGED)
        sent.history.append(content)
        sent.edit_date = int(time.time())
        self.edits.add(sent)
        return self.describe(sent)


def _content(params: Json, markup: Json | None) -> Content:
    text, entities = params.get("text", ""), params.get("entities", [])
    check_text(text, entities, params.get("parse_mode"))
    preview = check_preview(params.get("link_preview_options"))
    return Content(text, tuple(entities), markup, preview)
