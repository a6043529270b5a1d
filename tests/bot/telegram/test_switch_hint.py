"""Administrators are told once that readers ask in languages that the encoder does not know."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from bot.records import State, UnknownLanguages

from .bots import CROWS, said, serving, warnings
from .emulator import Emulator, private

pytestmark = pytest.mark.anyio

ADMINISTRATOR = 1
ENGLISH = frozenset({"en"})
GERMAN = "Warum sind Krähen in der Stadt und nicht im Wald?"
UKRAINIAN = "Чому ворони живуть у місті, а не в лісі?"


async def test_the_fifth_question_is_told_of_once_without_its_words(
    emulator: Emulator, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    emulator.chats.known[ADMINISTRATOR] = private(ADMINISTRATOR)
    made = {"languages": ENGLISH, "administrators": [ADMINISTRATOR]}
    async with serving(emulator, tmp_path, **made):
        for user in (7, 8):
            await said(emulator, user, GERMAN)
            await said(emulator, user, CROWS)
        await said(emulator, 7, UKRAINIAN)
        await said(emulator, 7, GERMAN)
    # What was counted outlives the process.
    async with serving(emulator, tmp_path, **made):
        before = emulator.messages.total
        emulator.say(7, UKRAINIAN)
        *_, told = await emulator.sent(before + 2)
        for user in (7, 9, 9, 9):
            await said(emulator, user, GERMAN)
        assert emulator.messages.total == before + 2 + 4
    assert told.chat_id == ADMINISTRATOR
    asked, how = told.text.split("\n\n")
    assert asked == (
        "5 questions came in languages that the encoder hash does not know, so that I find only "
        "names and numbers in them. (2 askers)"
    )
    assert how.endswith("run excerpta refresh --rebuild, and restart what answers from the index")
    (logged,) = [one for one in warnings(caplog) if "does not know" in one]
    assert logged == told.text.replace("\n\n", " ")


async def test_what_was_asked_in_the_encoders_language_is_not_counted(
    emulator: Emulator, tmp_path: Path
) -> None:
    emulator.chats.known[ADMINISTRATOR] = private(ADMINISTRATOR)
    async with serving(emulator, tmp_path, languages=ENGLISH, administrators=[ADMINISTRATOR]):
        for _ in range(6):
            await said(emulator, 7, CROWS)
        assert emulator.messages.total == 6


def test_the_counts_hold_no_user_and_are_forgotten(tmp_path: Path) -> None:
    now = 1000.0
    state = State.open(tmp_path, 1, keep_days=1, conversation_minutes=30, clock=lambda: now)
    with closing(state):
        for user in (7, 7, 8):
            assert state.add_unknown_language(user, "tiny", 5) is None
        state.forget_user(7)
        assert state.add_unknown_language(9, "tiny", 3) is None
        assert state.add_unknown_language(9, "tiny", 3) == UnknownLanguages(3, 2)
        assert state.add_unknown_language(9, "tiny", 3) is None
        # Of another encoder they are counted anew.
        assert state.add_unknown_language(9, "another", 2) is None
        now += 2 * 86_400
        state.purge()
        assert state.add_unknown_language(9, "another", 2) is None
        assert state.add_unknown_language(9, "another", 2) == UnknownLanguages(2, 1)
