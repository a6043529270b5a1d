"""Presses of buttons and inline queries, and the bot's answers to them."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field

from .markup import check_markup, check_preview, check_text
from .records import Memory, Record
from .sent import Content
from .texts import is_link
from .wire import Json, bad, check_object, flag, whole

ANSWER_CHARACTERS = 200
RESULTS = 50
RESULT_ID_BYTES = 64
OFFSET_BYTES = 64

TOO_OLD = "query is too old and response timeout expired or query ID is invalid"

ARTICLE = {"type", "id", "title", "input_message_content", "reply_markup", "url", "description"}
ARTICLE |= {"thumbnail_url", "thumbnail_width", "thumbnail_height"}
MESSAGE = {"message_text", "entities", "parse_mode", "link_preview_options"}


@dataclass(frozen=True, slots=True)
class Answered:
    """The bot's answer to a press; an empty text only ends the waiting."""

    query_id: str
    text: str
    alert: bool
    params: Json = field(repr=False)


@dataclass(frozen=True, slots=True)
class InlineAnswered:
    """The bot's answer to an inline query.

    Attributes:
        query: As it was sent to the bot.
        results: As the bot gave them.
        contents: What each would send, in their order.
        button: Over the results.
    """

    query: Json
    results: tuple[Json, ...] = field(repr=False)
    contents: tuple[Content, ...]
    next_offset: str
    button: Json | None
    params: Json = field(repr=False)


class Queries:
    """Queries that are open, and the answers to those that were."""

    def __init__(self, recall: int | None) -> None:
        self.presses: Memory[str, Json] = Memory(recall)
        self.inline: Memory[str, Json] = Memory(recall)
        self.answers: Record[Answered] = Record(recall)
        self.inline_answers: Record[InlineAnswered] = Record(recall)
        self.ids = itertools.count(4_000_000_001)

    def expire(self, query_id: str) -> None:
        """Make a query too old to be answered."""
        self.presses.pop(query_id, None)
        self.inline.pop(query_id, None)

    async def api_answercallbackquery(self, params: Json) -> bool:
        query_id, text = str(params["callback_query_id"]), str(params.get("text", ""))
        if query_id not in self.presses:
            raise bad(TOO_OLD)
        if len(text) > ANSWER_CHARACTERS:
            raise bad("MESSAGE_TOO_LONG")
        if not re.match(r"(https://t\.me/|tg://|$)", str(params.get("url", ""))):
            raise bad("URL_INVALID")
        _check_cache_time(params)
        self.answers.add(Answered(query_id, text, flag(params, "show_alert"), params))
        del self.presses[query_id]
        return True

    async def api_answerinlinequery(self, params: Json) -> bool:
        query_id, results = str(params["inline_query_id"]), params["results"]
        if query_id not in self.inline:
            raise bad(TOO_OLD)
        if not isinstance(results, list):
            raise bad("can't parse inline query results: a list is expected")
        if len(results) > RESULTS:
            raise bad("RESULTS_TOO_MUCH")
        contents = tuple(map(_check_article, results))
        if len({result["id"] for result in results}) < len(results):
            raise bad("RESULT_ID_DUPLICATE")
        if len((next_offset := str(params.get("next_offset", ""))).encode()) > OFFSET_BYTES:
            raise bad("NEXT_OFFSET_INVALID")
        button = _check_button(params["button"]) if "button" in params else None
        _check_cache_time(params)
        flag(params, "is_personal")
        query = self.inline.pop(query_id)
        self.inline_answers.add(
            InlineAnswered(query, tuple(results), contents, next_offset, button, params)
        )
        return True


def _check_cache_time(params: Json) -> None:
    if whole(params, "cache_time", 0) < 0:
        raise bad("cache_time must not be negative")


def _check_button(value: object) -> Json:
    button = check_object(value, "inline query results button", {"text", "start_parameter"})
    if not str(button.get("text", "")).strip():
        raise bad("inline query results button text is empty")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", str(button.get("start_parameter", ""))):
        raise bad("START_PARAM_INVALID")
    return button


def _check_article(value: object) -> Content:
    """Return what an article sends; other results are not emulated."""
    result = check_object(value, "inline query result", ARTICLE)
    if result.get("type") != "article":
        raise bad("can't parse inline query result: only articles are emulated")
    result_id = result.get("id")
    if not isinstance(result_id, str) or not 1 <= len(result_id.encode()) <= RESULT_ID_BYTES:
        raise bad("RESULT_ID_INVALID")
    if not str(result.get("title", "")).strip():
        raise bad("ARTICLE_TITLE_EMPTY")
    for name in ("url", "thumbnail_url"):
        if name in result and not is_link(result[name], ("http", "https")):
            raise bad(f"inline query result {name} is invalid")
    if "input_message_content" not in result:
        raise bad("input_message_content is not specified")
    message = check_object(result["input_message_content"], "input message content", MESSAGE)
    text, entities = message.get("message_text", ""), message.get("entities", [])
    check_text(text, entities, message.get("parse_mode"))
    preview = check_preview(message.get("link_preview_options"))
    markup = check_markup(result.get("reply_markup"), inline_only=True)
    return Content(text, tuple(entities), markup, preview)
