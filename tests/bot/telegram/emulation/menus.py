"""Menus of commands, one for each scope and language."""

from __future__ import annotations

import re

from .chats import Chats
from .wire import Json, bad, check_object

COMMANDS = 100

# Scopes that name a chat, and what chats may be named.
SCOPES = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("private", "group", "supergroup"),
    "chat_administrators": ("group", "supergroup"),
    "chat_member": ("group", "supergroup"),
}

Key = tuple[str, int | None, int | None, str]
"""Type of the scope, its chat, its user, and the language or ''."""


class Menus:
    """All menus; `by_key[("default", None, None, "")]` is what most users see."""

    def __init__(self, chats: Chats) -> None:
        self.by_key: dict[Key, list[Json]] = {}
        self._chats = chats

    async def api_setmycommands(self, params: Json) -> bool:
        key, commands = self._key(params), params["commands"]
        if not isinstance(commands, list):
            raise bad("can't parse commands: a list is expected")
        if len(commands) > COMMANDS:
            raise bad("BOT_COMMANDS_TOO_MUCH")
        for entry in commands:
            command = check_object(entry, "command", {"command", "description"})
            if not re.fullmatch(r"[a-z0-9_]{1,32}", str(command.get("command", ""))):
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= len(str(command.get("description", "")).strip()) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        if len({entry["command"] for entry in commands}) < len(commands):
            raise bad("BOT_COMMAND_DUPLICATE")
        self.by_key[key] = commands
        return True

    def _key(self, params: Json) -> Key:
        fields = {"type", "chat_id", "user_id"}
        scope = check_object(params.get("scope", {"type": "default"}), "scope", fields)
        if (kind := scope.get("type")) not in SCOPES:
            raise bad("can't parse BotCommandScope: unsupported type specified")
        if not re.fullmatch(r"([a-z]{2})?", language := str(params.get("language_code", ""))):
            raise bad("LANG_CODE_INVALID")
        chat_id = user_id = None
        if SCOPES[kind]:
            chat = self._chats.find(scope)
            if chat["type"] not in SCOPES[kind]:
                raise bad(f"the scope is not for a {chat['type']} chat")
            chat_id = int(chat["id"])
        if kind == "chat_member":
            if not isinstance(user_id := scope.get("user_id"), int):
                raise bad("user_id is not specified")
        elif "user_id" in scope:
            raise bad("can't parse BotCommandScope: it names a user")
        if "chat_id" in scope and chat_id is None:
            raise bad("can't parse BotCommandScope: it names a chat")
        return kind, chat_id, user_id, language
