from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import InlineKeyboardMarkup, MessageEntity

from bot.telegram.views.message import (
    ENTITIES,
    TEXT_UNITS,
    Action,
    Button,
    Message,
    Press,
    filled,
    fits,
    joined,
    part,
)

from .emulator import units
from .samples import flaws, under

PRESS = Press(Action.WHY, 7, 2)


def test_offsets_count_utf_16_units() -> None:
    message = joined(part("🎼 "), part("🐦‍⬛ and e\u0301tude", "italic", bold=[(4, 7)]), part("!"))
    assert under(message, "italic") == ["🐦‍⬛ and e\u0301tude"]
    assert under(message, "bold") == ["and"]
    assert [entity.offset for entity in message.entities] == [3, 8]


def test_bold_spans_side_by_side_become_one() -> None:
    assert under(part("one two three", bold=[(4, 7), (0, 3), (1, 5)]), "bold") == ["one two"]


def test_empty_parts_leave_no_gap() -> None:
    assert joined(part(""), part("a"), part("", "bold"), part("b"), by="\n\n") == Message("a\n\nb")


def test_a_link_covers_its_part() -> None:
    (entity,) = part("Title", url="https://a.org").entities
    assert (entity.type, entity.length, entity.url) == ("text_link", 5, "https://a.org")


def test_blocks_are_added_while_they_find_room() -> None:
    message, count = filled(part("Opening"), [part("word " * 300 + ".")] * 4)
    assert count == message.text.count(".") == 2
    assert filled(part("Opening"), [part("x" * TEXT_UNITS)]) == (part("Opening"), 0)


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        (Message("🎼" * (TEXT_UNITS // 2)), True),
        (Message("🎼" * (TEXT_UNITS // 2) + "x"), False),
        (joined(*[part("a", "bold")] * ENTITIES), True),
        (joined(*[part("a", "bold")] * (ENTITIES + 1)), False),
        (joined(*[part("a", url="https://a.org/" + "x" * 1_000)] * 9), False),
    ],
)
def test_what_telegram_takes_fits(message: Message, wanted: bool) -> None:
    assert fits(message) is wanted


def test_a_keyboard_holds_the_buttons_in_their_rows() -> None:
    message = Message("x", buttons=((Button("Why", PRESS), Button("Open", url="https://a.org")),))
    keyboard = message.keyboard()
    assert isinstance(keyboard, InlineKeyboardMarkup)
    ((why, link),) = keyboard.inline_keyboard
    assert (why.text, why.callback_data, why.url) == ("Why", PRESS.encode(), None)
    assert (link.text, link.callback_data, link.url) == ("Open", None, "https://a.org")
    assert Message("x").keyboard() is None


@pytest.mark.parametrize("button", [{}, {"press": PRESS, "url": "https://a.org"}])
def test_a_button_does_one_thing(button: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="'Why': wanted either a press or a URL"):
        Button("Why", **button)  # type: ignore[arg-type]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1)))
def test_entities_move_with_their_parts(drawn: list[str]) -> None:
    texts = [text.strip() or "." for text in drawn]
    message = joined(*(part(text, MessageEntity.ITALIC) for text in texts), by="\n")
    assert under(message, "italic") == texts
    assert units(message.text) == sum(map(units, texts)) + max(0, len(texts) - 1)
    assert [flaw for flaw in flaws(message) if "intersect" in flaw or "outside" in flaw] == []
