"""Chats and who is in them: what they are, what was written there, and whether the bot may too."""

from __future__ import annotations

import itertools

from .records import Memory, Record
from .wire import ApiError, Json, bad, whole

ACTIONS = {"typing", "upload_photo", "upload_document", "find_location", "choose_sticker"}

TELEGRAM: Json = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
"""Who automatic forwards of channel posts are from."""
ANONYMOUS: Json = {
    "id": 1087968824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}
"""Who messages of anonymous administrators are from."""


def person(user_id: int, **fields: object) -> Json:
    """Return a user who is no bot."""
    name = {"first_name": f"Person {user_id}", "language_code": "en"}
    return {"id": user_id, "is_bot": False, **name, **fields}


def private(user_id: int) -> Json:
    """Return the private chat with a user, which has the user's id."""
    return {"id": user_id, "type": "private", "first_name": f"Person {user_id}"}


def group(chat_id: int) -> Json:
    """Return a basic group."""
    return {"id": chat_id, "type": "group", "title": f"Group {chat_id}"}


def supergroup(chat_id: int, *, forum: bool = False) -> Json:
    """Return a supergroup; a forum has topics."""
    chat: Json = {"id": chat_id, "type": "supergroup", "title": f"Supergroup {chat_id}"}
    return {**chat, "is_forum": True} if forum else chat


def channel(chat_id: int) -> Json:
    """Return a channel."""
    return {"id": chat_id, "type": "channel", "title": f"Channel {chat_id}"}


class Chats:
    """The chats that the bot has heard of, and what people wrote in them.

    Attributes:
        written: By (chat, message), as last edited.
        blocked: Private chats where the bot is blocked, and groups where it was removed.
        no_reactions: Chats that allow none.
        migrated: Supergroups that groups became.
        topics: First messages of the topics of forums, by (chat, thread).
        linked: Discussion groups of channels.
        actions: (chat, action, thread), one for each sendChatAction.
    """

    def __init__(self, recall: int | None) -> None:
        self.known: dict[int, Json] = {}
        self.written: Memory[tuple[int, int], Json] = Memory(recall)
        self.blocked: set[int] = set()
        self.no_reactions: set[int] = set()
        self.migrated: dict[int, int] = {}
        self.topics: dict[tuple[int, int], Json] = {}
        self.linked: dict[int, Json] = {}
        self.actions: Record[tuple[int, str, int | None]] = Record(recall)
        self.message_ids = itertools.count(1)

    def find(self, params: Json) -> Json:
        """Return the chat that a request names."""
        chat_id = whole(params, "chat_id")
        if chat_id not in self.known:
            raise bad("chat not found")
        return self.known[chat_id]

    def reach(self, params: Json) -> Json:
        """Return the chat that a request names, if the bot may write there."""
        chat = self.find(params)
        if supergroup_id := self.migrated.get(chat["id"]):
            description = "Bad Request: group chat was upgraded to a supergroup chat"
            raise ApiError(400, description, migrate_to_chat_id=supergroup_id)
        if chat["id"] in self.blocked:
            if chat["type"] == "private":
                raise ApiError(403, "Forbidden: bot was blocked by the user")
            raise ApiError(403, f"Forbidden: bot was kicked from the {chat['type']} chat")
        return chat

    def thread(self, chat: Json, params: Json) -> int | None:
        """Return the topic that a request names; the thread of a reply is none."""
        if "message_thread_id" not in params:
            return None
        thread = whole(params, "message_thread_id")
        if (chat["id"], thread) not in self.topics:
            raise bad("message thread not found")
        return thread

    async def api_sendchataction(self, params: Json) -> bool:
        chat = self.reach(params)
        if params["action"] not in ACTIONS:
            raise bad("wrong parameter action in request")
        self.actions.add((chat["id"], params["action"], self.thread(chat, params)))
        return True
