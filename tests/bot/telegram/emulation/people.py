"""What people do: they write, edit, press buttons and ask inline; and what the bot did with it."""

from __future__ import annotations

import time

from .chats import ANONYMOUS, TELEGRAM, Chats, person, private
from .posts import Posts
from .queries import Queries
from .sent import Sent
from .texts import typed
from .updates import Updates
from .wire import Json

QUERY_CHARACTERS = 256

# Updates that are messages; those that others edited keep their ids.
MESSAGES = {"message", "edited_message", "channel_post", "edited_channel_post"}
MESSAGES |= {"business_message", "edited_business_message", "guest_message"}


class People:
    """Everybody but the bot.

    Attributes:
        last_message_id: Of the last message that anybody wrote.
        inline_mode: As set with BotFather; without it nobody can ask inline.
        reads_all: Whether privacy mode is off. It is only told; every message is passed on.
    """

    token = "987654321:AAEmulatedTokenOfNoRealBot-0123456789"
    username = "emulated_bot"

    def __init__(self, recall: int | None = None) -> None:
        self.inline_mode = True
        self.reads_all = False
        self.last_message_id = 0
        self.chats = Chats(recall)
        self.posts = Posts(self.chats, self.me, recall)
        self.queries = Queries(recall)
        self.updates = Updates(self.changed)

    def me(self) -> Json:
        """Return the bot as a user."""
        bot_id = int(self.token.partition(":")[0])
        return {"id": bot_id, "is_bot": True, "first_name": "Emulated", "username": self.username}

    def changed(self) -> None:
        """Tell whoever waits for something; a server does."""

    def push(self, kind: str, **payload: object) -> int:
        """Make an update of any kind; message-like ones get an id and a date.

        Returns:
            The update's id.
        """
        if isinstance(chat := payload.get("chat"), dict):
            self.chats.known[chat["id"]] = chat
            payload = {"date": int(time.time()), **payload}
            if kind in MESSAGES:
                if "message_id" not in payload:
                    payload = {"message_id": next(self.chats.message_ids), **payload}
                self.last_message_id = int(str(payload["message_id"]))
                self.chats.written.keep((chat["id"], self.last_message_id), payload)
        return self.updates.push(kind, payload)

    def say(self, chat_id: int, text: str, *, reply_to: int | None = None, **fields: object) -> int:
        """Write to the bot in a private chat; see `say_in`."""
        return self._write(private(chat_id), person(chat_id), text, None, reply_to, fields)

    def say_in(
        self,
        chat: Json,
        user_id: int,
        text: str,
        *,
        thread: int | None = None,
        reply_to: int | None = None,
        mention: bool = False,
        **fields: object,
    ) -> int:
        """Write in any chat.

        Args:
            chat: See `chats.group` and its like.
            user_id: Who writes.
            text: Its commands and mentions become entities.
            thread: The topic, in forums. As with Telegram, the message then replies to the first
                message of the topic if it replies to nothing.
            reply_to: Id of a message in the chat.
            mention: Put the bot's name before the text.
            fields: Override those of the message.

        Returns:
            The update's id; the message's id is `last_message_id`.
        """
        text = f"@{self.username} {text}" if mention else text
        return self._write(chat, person(user_id), text, thread, reply_to, fields)

    def say_anonymously(
        self,
        chat: Json,
        text: str,
        *,
        thread: int | None = None,
        reply_to: int | None = None,
        **fields: object,
    ) -> int:
        """Write in a group as an administrator who hides; see `say_in`."""
        fields = {"sender_chat": chat, **fields}
        return self._write(chat, ANONYMOUS, text, thread, reply_to, fields)

    def _write(
        self,
        chat: Json,
        author: Json,
        text: str,
        thread: int | None,
        reply_to: int | None,
        fields: Json,
    ) -> int:
        message: Json = {"text": text, "from": author, "chat": chat}
        if entities := typed(text):
            message["entities"] = entities
        target = None
        if reply_to is not None:
            target = self.posts.look_up(chat["id"], reply_to)
            if target is None:
                raise ValueError(f"there is no message {reply_to} in chat {chat['id']}")
            message["reply_to_message"] = target
        message.update(self._threaded(chat, target, thread))
        return self.push("message", **{**message, **fields})

    def _threaded(self, chat: Json, target: Json | None, thread: int | None) -> Json:
        """Return the fields that say where in a supergroup a message belongs."""
        if thread is None and target and chat["type"] == "supergroup":
            # Threads of replies have ids as well, though nothing can be sent to them.
            alone = None if chat.get("is_forum") else target["message_id"]
            thread = target.get("message_thread_id", alone)
        if thread is None:
            return {}
        topic = self.chats.topics.get((chat["id"], thread))
        if topic is None:
            return {"message_thread_id": thread}
        within = {"message_thread_id": thread, "is_topic_message": True}
        return within if target else {**within, "reply_to_message": topic}

    def open_topic(self, chat: Json, user_id: int, name: str) -> int:
        """Begin a topic in a forum and return its thread id, which is that of a message."""
        thread = next(self.chats.message_ids)
        created = {"name": name, "icon_color": 7322096}
        self.push(
            "message",
            message_id=thread,
            chat=chat,
            message_thread_id=thread,
            is_topic_message=True,
            forum_topic_created=created,
            **{"from": person(user_id)},
        )
        self.chats.topics[chat["id"], thread] = self.chats.written[chat["id"], thread]
        return thread

    def post(self, channel: Json, text: str, **fields: object) -> int:
        """Post in a channel, and forward it to its discussion group if `chats.linked` has one.

        Returns:
            The id of the last update: of the forward if there is one, otherwise of the post.
        """
        message: Json = {"text": text, "chat": channel, "sender_chat": channel, **fields}
        if entities := typed(text):
            message["entities"] = entities
        update_id = self.push("channel_post", **message)
        if group := self.chats.linked.get(channel["id"]):
            origin = {"type": "channel", "chat": channel, "message_id": self.last_message_id}
            forward = {**message, "chat": group, "from": TELEGRAM, "is_automatic_forward": True}
            forward["forward_origin"] = {**origin, "date": int(time.time())}
            update_id = self.push("message", **forward)
        return update_id

    def edit(self, chat_id: int, message_id: int, text: str, **fields: object) -> int:
        """Edit what somebody wrote, and return the update's id."""
        message = {**self.chats.written[chat_id, message_id], "text": text}
        message.pop("entities", None)
        if entities := typed(text):
            message["entities"] = entities
        kind = "edited_channel_post" if message["chat"]["type"] == "channel" else "edited_message"
        return self.push(kind, **{**message, "edit_date": int(time.time()), **fields})

    def migrate(self, group: Json, supergroup: Json) -> None:
        """Make a supergroup of a group; both chats are told."""
        self.push("message", chat=group, migrate_to_chat_id=supergroup["id"])
        self.push("message", chat=supergroup, migrate_from_chat_id=group["id"])
        self.chats.migrated[group["id"]] = supergroup["id"]

    def press(
        self,
        chat_id: int,
        message_id: int,
        data: str,
        user_id: int | None = None,
        **fields: object,
    ) -> str:
        """Press a button, or send what a button of any message might; return the query's id.

        A message that is gone comes as inaccessible. In a private chat the user is known.
        """
        gone = {"message_id": message_id, "date": 0, "chat": self.chats.known[chat_id]}
        message = self.posts.look_up(chat_id, message_id) or gone
        if user_id is None and chat_id < 0:
            raise ValueError("in a group, say who presses")
        return self._press(data, chat_id if user_id is None else user_id, message=message, **fields)

    def press_inline(
        self, inline_message_id: str, data: str, user_id: int, **fields: object
    ) -> str:
        """Press a button of a message that was sent by way of the bot."""
        return self._press(data, user_id, inline_message_id=inline_message_id, **fields)

    def press_button(self, sent: Sent, which: str, user_id: int | None = None) -> str:
        """Press the button of this text; return the query's id."""
        button = sent.button(which)
        if "callback_data" not in button:
            raise ValueError(f"a press of {button} does not reach the bot")
        return self.press(sent.chat_id, sent.message_id, button["callback_data"], user_id)

    def _press(self, data: str, user_id: int, **fields: object) -> str:
        query_id = str(next(self.queries.ids))
        query = {
            "id": query_id,
            "from": person(user_id),
            "chat_instance": "1",
            "data": data,
            **fields,
        }
        self.queries.presses.keep(query_id, query)
        self.push("callback_query", **query)
        return query_id

    def inline(
        self,
        user_id: int,
        query: str,
        offset: str = "",
        chat_type: str = "sender",
        **fields: object,
    ) -> str:
        """Ask by `@bot question` in any chat; return the query's id."""
        if not self.inline_mode or len(query) > QUERY_CHARACTERS:
            raise ValueError(f"inline mode is off, or {len(query)} characters are too many")
        query_id = str(next(self.queries.ids))
        asked: Json = {"id": query_id, "from": person(user_id), "query": query, "offset": offset}
        asked.update(chat_type=chat_type, **fields)
        self.queries.inline.keep(query_id, asked)
        self.push("inline_query", **asked)
        return query_id
