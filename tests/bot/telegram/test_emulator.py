"""The emulator refuses what Telegram refuses, or would silently do otherwise."""

from __future__ import annotations

import pytest

from .emulation.asking import (
    Ask,
    article,
    data,
    done,
    keyboard,
    refused,
    result,
    says,
    span,
)
from .emulator import Emulator, Json, supergroup

pytestmark = pytest.mark.anyio

GROUP = supergroup(-100)


WRONG_TEXTS: list[tuple[Json, str]] = [
    ({}, "message text is empty"),
    ({"text": " \n"}, "message text is empty"),
    ({"text": "x" * 4_097}, "message is too long"),
    ({"text": "🐦" * 2_049}, "message is too long: 4098 units"),
    ({"text": "x", "parse_mode": "BBCode"}, "unsupported parse_mode"),
    ({"text": "x", "entities": {}}, "can't parse entities: a list"),
    ({"text": "x", "entities": ["bold"]}, "is no object"),
    ({"text": "x", "entities": [{"offset": 0, "length": 1}]}, "has no type"),
    ({"text": "x", "entities": [{"type": "bold"}]}, "whole offset and length"),
    ({"text": "x", "entities": span("blink", 0, 1)}, "unknown entity type"),
    ({"text": "x", "entities": span("bold", 0, 2)}, "entity outside of the text"),
    ({"text": "x", "entities": span("bold", 0, 0)}, "entity outside of the text"),
    ({"text": "🐦", "entities": span("bold", 0, 1)}, "splits a surrogate pair"),
    ({"text": "x y", "entities": span("bold", 0, 2)}, "ends with white space"),
    ({"text": "x", "entities": span("bold", 0, 1) * 2}, "entity in another of its type"),
    ({"text": "x", "entities": span("text_link", 0, 1, url="javascript:1")}, "wrong URL"),
    ({"text": "x", "entities": span("text_link", 0, 1, url="http://[")}, "wrong URL"),
    ({"text": "x", "entities": span("text_mention", 0, 1)}, "no user"),
    ({"text": "xyz", "entities": span("bold", 0, 2) + span("italic", 1, 2)}, "intersect"),
    (
        {"text": "xyz", "entities": span("blockquote", 0, 3) + span("expandable_blockquote", 1, 1)},
        "blockquotes nest",
    ),
    (
        {"text": "x" * 101, "entities": [span("bold", place, 1)[0] for place in range(101)]},
        "too many entities: 101",
    ),
    (
        {"text": "x", "entities": span("text_link", 0, 1, url="http://a.org/" + "x" * 9_500)},
        "entities are too large",
    ),
    ({"text": "x", "link_preview_options": {"url": "tg://a"}}, "link preview URL is invalid"),
    ({"text": "x", "link_preview_options": {"is_off": True}}, "unknown field is_off"),
    ({"text": "x", "link_preview_options": {"is_disabled": 1}}, "must be a boolean"),
    ({"text": "x", "reply_markup": []}, "can't parse reply keyboard markup"),
    ({"text": "x", "reply_markup": {"inline_keyboard": [data()]}}, "array of arrays"),
    ({"text": "x", "reply_markup": {"inline_keyboard": [[]]}}, "1 to 8 buttons, not 0"),
    ({"text": "x", "reply_markup": keyboard(*[data()] * 9)}, "1 to 8 buttons, not 9"),
    (
        {"text": "x", "reply_markup": {"inline_keyboard": [[data()] * 8] * 13}},
        "reply markup is too long",
    ),
    ({"text": "x", "reply_markup": keyboard(data(value=""))}, "BUTTON_DATA_INVALID"),
    ({"text": "x", "reply_markup": keyboard(data(value="é" * 33))}, "BUTTON_DATA_INVALID"),
    ({"text": "x", "reply_markup": keyboard(data(text=" "))}, "button text is empty"),
    ({"text": "x", "reply_markup": keyboard({"text": "x"})}, "text buttons are unallowed"),
    ({"text": "x", "reply_markup": keyboard({**data(), "url": "http://a.org"})}, "several kinds"),
    ({"text": "x", "reply_markup": keyboard({"text": "x", "url": "a.org"})}, "BUTTON_URL_INVALID"),
    ({"text": "x", "reply_markup": keyboard({**data(), "colour": "red"})}, "unknown field colour"),
]

WRONG_SENDS: list[tuple[Json, str]] = [
    *WRONG_TEXTS,
    ({"text": "x", "chat_id": 9}, "chat not found"),
    ({"text": "x", "chat_id": "seven"}, "chat_id must be an integer"),
    ({"text": "x", "message_thread_id": 1}, "message thread not found"),
    ({"text": "x", "reply_parameters": {"message_id": 99}}, "message to be replied not found"),
    ({"text": "x", "reply_parameters": {}}, "message_id is not specified"),
    ({"text": "x", "reply_to": 1}, "reply_to is no parameter of this method"),
]


@pytest.mark.parametrize(("params", "description"), WRONG_SENDS)
async def test_a_wrong_message_is_refused(
    emulator: Emulator, ask: Ask, params: Json, description: str
) -> None:
    emulator.say(7, "Why?")
    await refused(ask("sendMessage", **{"chat_id": 7, **params}), 400, description)
    assert emulator.messages == []


@pytest.mark.parametrize(("params", "description"), WRONG_TEXTS)
async def test_a_wrong_edit_is_refused(
    emulator: Emulator, ask: Ask, params: Json, description: str
) -> None:
    emulator.say(7, "Why?")
    sent = await done(ask("sendMessage", chat_id=7, text="Before."))
    place = {"chat_id": 7, "message_id": sent["message_id"]}
    wanted = "inline keyboard" if params.get("reply_markup") == {} else description
    await refused(ask("editMessageText", **place, **params), 400, wanted)
    assert emulator.messages[0].text == "Before."


WRONG_REQUESTS: list[tuple[str, Json, int, str]] = [
    ("sendHologram", {}, 404, "method not found"),
    ("sendMessage", {"text": "x"}, 400, "chat_id is not specified"),
    ("sendChatAction", {"chat_id": 7, "action": "thinking"}, 400, "wrong parameter action"),
    ("sendChatAction", {"chat_id": 9, "action": "typing"}, 400, "chat not found"),
    (
        "sendChatAction",
        {"chat_id": 7, "action": "typing", "message_thread_id": 1},
        400,
        "message thread not found",
    ),
    ("editMessageText", {"chat_id": 7, "text": "x"}, 400, "message_id is not specified"),
    ("editMessageText", {"chat_id": 7, "message_id": 1, "text": "x"}, 400, "can't be edited"),
    ("editMessageText", {"chat_id": 7, "message_id": 9, "text": "x"}, 400, "to edit not found"),
    ("answerCallbackQuery", {"callback_query_id": "1"}, 400, "query is too old"),
    ("answerInlineQuery", {"inline_query_id": "1", "results": []}, 400, "query is too old"),
    ("getUpdates", {"limit": 0}, 400, "limit must be from 1 to 100"),
    ("getUpdates", {"timeout": -1}, 400, "timeout must not be negative"),
    ("getUpdates", {"allowed_updates": "message"}, 400, "a list of names"),
    ("setWebhook", {"url": "http://example.org/"}, 400, "An HTTPS URL must be provided"),
    ("setWebhook", {"url": "https://a.org", "secret_token": "a b"}, 400, "unallowed characters"),
    ("setWebhook", {"url": "https://a.org", "secret_token": ""}, 400, "secret token is empty"),
    ("setWebhook", {"url": "https://a.org", "secret_token": "x" * 257}, 400, "too long"),
    ("setWebhook", {"url": "https://a.org", "max_connections": 101}, 400, "from 1 to 100"),
    ("setMyCommands", {"commands": [{"command": "Help", "description": "x"}]}, 400, "COMMAND_INV"),
    ("setMyCommands", {"commands": [{"command": "help", "description": ""}]}, 400, "DESCRIPTION"),
    (
        "setMyCommands",
        {"commands": [{"command": f"c{n}", "description": "x"} for n in range(101)]},
        400,
        "BOT_COMMANDS_TOO_MUCH",
    ),
    ("setMyCommands", {"commands": [], "language_code": "eng"}, 400, "LANG_CODE_INVALID"),
    ("setMyCommands", {"commands": [], "scope": {"type": "world"}}, 400, "unsupported type"),
    ("setMyCommands", {"commands": [], "scope": {"type": "chat", "chat_id": 9}}, 400, "not found"),
    (
        "setMyCommands",
        {"commands": [], "scope": {"type": "default", "chat_id": 7}},
        400,
        "it names a chat",
    ),
]


@pytest.mark.parametrize(("method", "params", "code", "description"), WRONG_REQUESTS)
async def test_a_wrong_request_is_refused(
    emulator: Emulator, ask: Ask, method: str, params: Json, code: int, description: str
) -> None:
    emulator.say(7, "Why?")
    emulator.say_in(GROUP, 7, "Why?")
    await refused(ask(method, **params), code, description)


@pytest.mark.parametrize(
    ("params", "description"),
    [
        ({"results": {}}, "a list is expected"),
        ({"results": [article()] * 51}, "RESULTS_TOO_MUCH"),
        ({"results": [article()] * 2}, "RESULT_ID_DUPLICATE"),
        ({"results": ["article"]}, "an object is expected"),
        (result(id=""), "RESULT_ID_INVALID"),
        (result(id="é" * 33), "RESULT_ID_INVALID"),
        (result(type="photo"), "only articles are emulated"),
        (result(title=" "), "ARTICLE_TITLE_EMPTY"),
        (result(url="javascript:1"), "url is invalid"),
        (result(hue="red"), "unknown field hue"),
        (result(**says(message_text="")), "message text is empty"),
        (result(**says(message_text="x" * 4_097)), "message is too long"),
        (result(**says(entities=span("bold", 0, 9))), "entity outside of the text"),
        (result(**says(link_preview_options={"url": "x"})), "link preview URL is invalid"),
        (result(reply_markup=keyboard(data(value="x" * 65))), "BUTTON_DATA_INVALID"),
        (result(reply_markup={"remove_keyboard": True}), "inline keyboard expected"),
        ({"results": [{"type": "article", "id": "1", "title": "x"}]}, "input_message_content"),
        ({**result(), "next_offset": "é" * 33}, "NEXT_OFFSET_INVALID"),
        ({**result(), "button": {"text": "x", "start_parameter": "a b"}}, "START_PARAM_INVALID"),
        ({**result(), "button": {"text": "x", "start_parameter": "x" * 65}}, "START_PARAM"),
        ({**result(), "button": {"text": "", "start_parameter": "x"}}, "button text is empty"),
        ({**result(), "cache_time": -1}, "cache_time must not be negative"),
        ({**result(), "is_personal": "perhaps"}, "is_personal must be a boolean"),
    ],
)
async def test_a_wrong_inline_answer_is_refused(
    emulator: Emulator, ask: Ask, params: Json, description: str
) -> None:
    query_id = emulator.inline(7, "Why?")
    await refused(ask("answerInlineQuery", inline_query_id=query_id, **params), 400, description)
    assert emulator.inline_answers == []
