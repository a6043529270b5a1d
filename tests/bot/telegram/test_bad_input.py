"""What is strange: updates of every kind, fields and types that nobody expects, and odd texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from telegram import Update

from .bots import CROWS, FROM_TIDES, TIDES, serving, still_waiting, warnings
from .emulator import Emulator, channel, group, person, private, supergroup

pytestmark = pytest.mark.anyio

_FILE = {"file_id": "f", "file_unique_id": "u"}
_SQUARE = {**_FILE, "width": 9, "height": 9}
_INVOICE = {"id": "1", "from": person(7), "invoice_payload": "p"}
_ADDRESS = dict.fromkeys(
    ("country_code", "state", "city", "street_line1", "street_line2", "post_code"), "X"
)
_POLL: dict[str, Any] = {
    "id": "1",
    "question": "Who?",
    "options": [{"text": "I", "voter_count": 0, "persistent_id": "1"}],
    "total_voter_count": 0,
    "is_closed": False,
    "is_anonymous": True,
    "type": "regular",
    "allows_multiple_answers": False,
    "allows_revoting": False,
    "members_only": False,
}
_MEMBER = {
    "chat": group(-5),
    "from": person(7),
    "date": 1,
    "old_chat_member": {"status": "left", "user": person(7)},
    "new_chat_member": {"status": "member", "user": person(7)},
}
_SOURCE = {"source": "premium", "user": person(7)}
_SAID = {"message_id": 90, "date": 1, "chat": private(7), "from": person(7), "text": CROWS}
_REACTION = {"type": "emoji", "emoji": "👍"}
_BUSINESS = {**_SAID, "business_connection_id": "b"}

KINDS: dict[str, dict[str, Any]] = {
    "message": {"message_id": 91, "date": 1, "chat": private(7), "from": person(7)},
    "edited_message": {**_SAID, "chat": group(-5), "edit_date": 2},
    "channel_post": {"message_id": 92, "date": 1, "chat": channel(-7), "text": CROWS},
    "edited_channel_post": {"message_id": 92, "date": 1, "chat": channel(-7), "text": TIDES},
    "inline_query": {"id": "1", "from": person(7), "query": "", "offset": ""},
    "chosen_inline_result": {"result_id": "1", "from": person(7), "query": "x"},
    "callback_query": {"id": "2", "from": person(7), "chat_instance": "1", "data": "?"},
    "shipping_query": {**_INVOICE, "shipping_address": _ADDRESS},
    "pre_checkout_query": {**_INVOICE, "currency": "EUR", "total_amount": 1},
    "poll": _POLL,
    "poll_answer": {"poll_id": "1", "option_ids": [0], "option_persistent_ids": ["1"]},
    "my_chat_member": _MEMBER,
    "chat_member": _MEMBER,
    "chat_join_request": {
        "chat": group(-5),
        "from": person(7),
        "user_chat_id": 7,
        "date": 1,
    },
    "chat_boost": {
        "chat": channel(-7),
        "boost": {"boost_id": "1", "add_date": 1, "expiration_date": 2, "source": _SOURCE},
    },
    "removed_chat_boost": {
        "chat": channel(-7),
        "boost_id": "1",
        "remove_date": 1,
        "source": _SOURCE,
    },
    "message_reaction": {
        "chat": group(-5),
        "message_id": 1,
        "user": person(7),
        "date": 1,
        "old_reaction": [],
        "new_reaction": [_REACTION, {"type": "of the future", "depth": 3}],
    },
    "message_reaction_count": {
        "chat": channel(-7),
        "message_id": 1,
        "date": 1,
        "reactions": [{"type": _REACTION, "total_count": 3}],
    },
    "business_connection": {
        "id": "b",
        "user": person(7),
        "user_chat_id": 7,
        "date": 1,
        "is_enabled": True,
    },
    "business_message": _BUSINESS,
    "edited_business_message": {**_BUSINESS, "edit_date": 2},
    "deleted_business_messages": {
        "business_connection_id": "b",
        "chat": private(7),
        "message_ids": [1],
    },
    "purchased_paid_media": {"from": person(7), "paid_media_payload": "p"},
    "managed_bot": {"user": person(7), "bot": {**person(8), "is_bot": True}},
    "guest_message": {**_SAID, "guest_query_id": "1"},
}

MEDIA: dict[str, Any] = {
    "photo": [_SQUARE],
    "sticker": {**_SQUARE, "type": "regular", "is_animated": False, "is_video": False},
    "voice": {**_FILE, "duration": 1},
    "audio": {**_FILE, "duration": 1},
    "video": {**_SQUARE, "duration": 1},
    "video_note": {**_FILE, "length": 9, "duration": 1},
    "animation": {**_SQUARE, "duration": 1},
    "document": _FILE,
    "location": {"latitude": 1.0, "longitude": 2.0},
    "contact": {"phone_number": "1", "first_name": "X"},
    "poll": _POLL,
}
SERVICE: dict[str, Any] = {
    "dice": {"emoji": "🎲", "value": 3},
    "new_chat_members": [person(8)],
    "left_chat_member": person(8),
    "new_chat_title": "T",
    "delete_chat_photo": True,
    "group_chat_created": True,
    "migrate_from_chat_id": -5,
    "pinned_message": _SAID,
    "forum_topic_closed": {},
    "video_chat_started": {},
    "users_shared": {"request_id": 1, "users": [{"user_id": 8}]},
    "hologram": {"depth": 3},
}

TEXTS = {
    "emoji": "🐦‍⬛" * 1365,
    "flags": "🇺🇦" * 1024,
    "right to left": "مرحبا بالعالم ؟ " * 256,
    "zero width": "\u200b\u200d\u2060\ufeff" * 1024,
    "combining": "a" + "\u0301" * 4095,
    "control": "".join(map(chr, range(32))) * 100 + "?",
    "overrides": "\u202e\u2066" * 1000 + "?",
    "private use": "\ue000\U0010fffd" * 1000,
    "unassigned": "\u0378\ufdd0" * 2000,
    "one word": "x" * 4096,
    "one letter": "x",
    "percent": "%s %d {0} {name} %(x)s",
    "markup": "<b>bold</b> *x* _y_ [z](http://evil.example) `c` @everyone /start #tag",
    "query": '"crows" OR * NEAR(a b) AND NOT (x:y) \'; DROP TABLE answers; --',
    "halves of pairs": "\ud83d crows \udc00",
}


def push(emulator: Emulator, kind: str, payload: object) -> None:
    """Send an update as it is, whatever it is."""
    emulator.updates.push(kind, payload)  # type: ignore[arg-type]


def test_every_kind_of_the_bot_api_is_tried() -> None:
    assert KINDS.keys() == set(map(str, Update.ALL_TYPES))


async def test_updates_of_every_kind_are_taken_calmly(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Before the first poll, so that kinds that the bot does not ask for come as well.
    for kind, payload in KINDS.items():
        push(emulator, kind, payload)
        push(emulator, kind, {**payload, "future": {"depth": [1, None]}})
    push(emulator, "telepathy", {"thought": "?"})
    push(emulator, "levitation", "?")
    emulator.say(7, TIDES)
    async with serving(emulator, tmp_path):
        (message,) = await emulator.sent(1)
        await emulator.until(lambda: not emulator.pending)
    assert message.text.startswith(FROM_TIDES)
    assert len(emulator.messages) == 1
    assert warnings(caplog) == []
    assert still_waiting(tmp_path / "state") == 0


@pytest.mark.parametrize("where", [private(7), group(-5), supergroup(-6)], ids=lambda c: c["type"])
async def test_messages_of_every_kind_are_ignored_or_answered_kindly(
    emulator: Emulator,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    where: dict[str, Any],
) -> None:
    for number, (name, value) in enumerate({**MEDIA, **SERVICE}.items(), start=100):
        # Each from another, as a user may ask so many a minute only.
        chat = private(number) if where["type"] == "private" else where
        emulator.push("message", chat=chat, **{"from": person(number), name: value})
    emulator.say(7, TIDES)
    async with serving(emulator, tmp_path):
        kind = len(MEDIA) if where["type"] == "private" else 0
        messages = await emulator.sent(kind + 1)
        await emulator.until(lambda: not emulator.pending)
    texts = [message.text for message in messages if message.chat_id != 7]
    assert texts == ["I read text only. Please ask me in words."] * kind
    assert len(emulator.messages) == kind + 1
    assert warnings(caplog) == []
    assert still_waiting(tmp_path / "state") == 0


@pytest.mark.parametrize(
    "payload",
    [
        None,
        5,
        "message",
        [],
        {},
        {"message_id": "x"},
        {**_SAID, "date": "yesterday"},
        {**_SAID, "chat": 7},
        {**_SAID, "from": "me"},
        {**_SAID, "text": 5},
        {**_SAID, "text": ["a"]},
        {**_SAID, "text": {"a": 1}, "entities": {}},
        {**_SAID, "entities": "all"},
        {**_SAID, "chat": group(-5), "entities": [{"type": "mention", "offset": "1", "length": 2}]},
        {**_SAID, "entities": [{"type": "bot_command", "offset": 0, "length": 9_999}]},
        {**_SAID, "reply_to_message": {"message_id": 1}},
        {**_SAID, "chat": {**private(7), "id": "seven"}},
    ],
)
async def test_what_is_no_message_stops_nothing(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture, payload: object
) -> None:
    push(emulator, "message", payload)
    push(emulator, "edited_message", payload)
    push(emulator, "callback_query", payload)
    push(emulator, "inline_query", payload)
    emulator.say(8, TIDES)
    async with serving(emulator, tmp_path):
        await emulator.until(lambda: any(one.chat_id == 8 for one in emulator.messages))
        await emulator.until(lambda: not emulator.pending)
    assert CROWS not in caplog.text
    assert still_waiting(tmp_path / "state") == 0


async def test_odd_texts_are_answered_in_every_place(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mention = [{"type": "mention", "offset": 0, "length": 13}]
    command = [{"type": "bot_command", "offset": 0, "length": 8}]

    def unanswered() -> list[int]:
        replied = [message.chat_id for message in emulator.messages]
        users = range(100, 100 + len(TEXTS))
        return [user for user in users if -user not in replied or replied.count(user) < 2]

    async with serving(emulator, tmp_path, max_question_chars=4096):
        for user, text in enumerate(TEXTS.values(), start=100):
            asker = {"from": person(user)}
            emulator.push("message", chat=private(user), text=text, **asker)
            edited = {"message_id": emulator.last_message_id, "text": f"{text[:4000]}!"}
            emulator.push("edited_message", chat=private(user), **edited, edit_date=2, **asker)
            mentioned = f"@emulated_bot {text}"[:4096]
            emulator.push("message", chat=group(-user), text=mentioned, entities=mention, **asker)
            named = f"/article {text}"[:4096]
            emulator.push("message", chat=private(user), text=named, entities=command, **asker)
            emulator.inline(user, text[:250])
        await emulator.answered_inline(len(TEXTS), within_s=30)
        # Those that are too long are refused once more when they are edited.
        await emulator.until(lambda: not unanswered(), within_s=30)
    assert not any("went wrong" in message.text for message in emulator.messages)
    assert warnings(caplog) == []


@pytest.mark.parametrize("limit", [1000, 4096])
async def test_a_question_may_be_as_long_as_both_the_bot_and_the_search_allow(
    emulator: Emulator, tmp_path: Path, limit: int
) -> None:
    async with serving(emulator, tmp_path, max_question_chars=limit):
        emulator.say(7, "x" * 4096)
        (message,) = await emulator.sent(1)
    # The search reads up to 2,000 characters.
    assert f"4,096 characters, and I read up to {min(limit, 2000):,}" in message.text


async def test_texts_of_any_characters_are_answered(emulator: Emulator, tmp_path: Path) -> None:
    """Ask the emulator's bot what Hypothesis thinks of, all at once."""
    texts: list[str] = []

    @settings(
        max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(st.text(st.characters(codec=None), min_size=1, max_size=60))
    def collect(text: str) -> None:
        texts.append(text)

    collect()
    async with serving(emulator, tmp_path):
        for number, text in enumerate(texts, start=100):
            emulator.push("message", chat=private(number), text=text, **{"from": person(number)})
        messages = await emulator.sent(len(texts))
    assert {message.chat_id for message in messages} == set(range(100, 100 + len(texts)))
    assert not any("went wrong" in message.text for message in messages)
    assert still_waiting(tmp_path / "state") == 0
