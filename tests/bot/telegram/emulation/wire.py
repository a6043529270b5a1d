"""A request and its answer: calls, errors, faults, and what parameters a method takes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

Json = dict[str, Any]

# Form fields that hold JSON; all others are plain text or numbers.
JSON_FIELDS = {"allowed_updates", "button", "commands", "entities", "link_preview_options"}
JSON_FIELDS |= {"reaction", "reply_markup", "reply_parameters", "results", "scope"}

_CONTENT = "parse_mode entities link_preview_options reply_markup"
_SEND = "message_thread_id disable_notification protect_content reply_parameters"

# (required, optional) of each method that the bot calls. The Bot API ignores any other parameters,
# which hides misspellings.
METHODS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    name.lower(): (frozenset(required.split()), frozenset(optional.split()))
    for name, required, optional in (
        ("getMe", "", ""),
        ("getUpdates", "", "offset limit timeout allowed_updates"),
        (
            "setWebhook",
            "url",
            "ip_address max_connections allowed_updates drop_pending_updates secret_token",
        ),
        ("deleteWebhook", "", "drop_pending_updates"),
        ("sendMessage", "chat_id", f"text {_CONTENT} {_SEND}"),
        ("editMessageText", "chat_id message_id", f"text {_CONTENT}"),
        ("setMessageReaction", "chat_id message_id", "reaction is_big"),
        ("sendChatAction", "chat_id action", "message_thread_id"),
        ("answerCallbackQuery", "callback_query_id", "text show_alert url cache_time"),
        (
            "answerInlineQuery",
            "inline_query_id results",
            "cache_time is_personal next_offset button",
        ),
        ("setMyCommands", "commands", "scope language_code"),
    )
}


class ApiError(Exception):
    """An answer with `ok` false."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


def bad(description: str) -> ApiError:
    """Return the error for a request that is wrong in itself."""
    return ApiError(400, f"Bad Request: {description}")


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one request.

    Attributes:
        error: Answered in place of the result.
        delay_s: Waited before anything else.
        drop: The connection is closed without an answer.
        performed: The request has its effect before the error or the drop.
        answer: The body of the answer, whatever it is, in place of a result.
    """

    error: ApiError | None = None
    delay_s: float = 0.0
    drop: bool = False
    performed: bool = False
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it came, the form decoded."""

    method: str
    params: Json


async def read(request: web.Request, token: str) -> Call:
    """Check the token and decode the parameters, which are a form, JSON or in the address."""
    given, method = request.match_info["token"], request.match_info["method"]
    if not re.fullmatch(r"\d+:[\w-]+", given):
        raise ApiError(404, "Not Found")
    if given != token:
        raise ApiError(401, "Unauthorized")
    if request.content_type != "application/json":
        return Call(method, _decoded({**request.query, **await request.post()}))
    try:
        params = await request.json()
    except ValueError:
        raise bad("can't parse JSON object") from None
    if not isinstance(params, dict):
        raise bad("can't parse JSON object: an object is expected")
    return Call(method, params)


def _decoded(form: Mapping[str, object]) -> Json:
    params: Json = {}
    for name, value in form.items():
        try:
            params[name] = json.loads(str(value)) if name in JSON_FIELDS else str(value)
        except ValueError:
            raise bad(f"can't parse {name} JSON object") from None
    return params


def check_parameters(method: str, params: Json) -> None:
    """Refuse a method that is not known here, and parameters that it lacks or does not have."""
    if method not in METHODS:
        raise ApiError(404, "Not Found: method not found")
    required, optional = METHODS[method]
    for name in required:
        if name not in params:
            raise bad(f"{name} is not specified")
    for name in params:
        if name not in required and name not in optional:
            raise bad(f"{name} is no parameter of this method")


def flag(params: Json, name: str) -> bool:
    """Read a boolean, which is false if absent."""
    value = params.get(name, False)
    if value in (True, "true", "True"):
        return True
    if value in (False, "false", "False"):
        return False
    raise bad(f"{name} must be a boolean")


def whole(params: Json, name: str, default: int | None = None) -> int:
    """Read a whole number; without a default it must be there."""
    value = params.get(name, default)
    if value is None:
        raise bad(f"{name} is not specified")
    try:
        return int(value)
    except (TypeError, ValueError):
        raise bad(f"{name} must be an integer") from None


def check_object(value: object, name: str, allowed: set[str]) -> Json:
    """Return a JSON object that has no other fields than the allowed ones."""
    if not isinstance(value, dict):
        raise bad(f"can't parse {name}: an object is expected")
    if unknown := value.keys() - allowed:
        raise bad(f"can't parse {name}: unknown field {min(unknown)}")
    return value
