"""Menus of commands, one for each scope and language."""

from __future__ import annotations

import re

from .chats import Chats
from .wire import Json, bad, check_object

COMMANDS = 100

SCOPES = {"default", "all_group_chats", "chat"}

Key = tuple[str, int | None, str]
"""Type of the scope, its chat if it names one, and the language or ''."""


class Menus:
    """All menus; `by_key["default", None, ""]` is what most users see."""

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
        scope = check_object(params.get("scope", {"type": "default"}), "scope", {"type", "chat_id"})
        if (kind := scope.get("type")) not in SCOPES:
            raise bad("can't parse BotCommandScope: unsupported type specified")
        if not re.fullmatch(r"([a-z]{2})?", language := str(params.get("language_code", ""))):
            raise bad("LANG_CODE_INVALID")
        if kind == "chat":
            return kind, int(self._chats.find(scope)["id"]), language
        if "chat_id" in scope:
            raise bad("can't parse BotCommandScope: it names a chat")
        return kind, None, language
