from __future__ import annotations

import pytest

from bot.smalltalk import is_small_talk


@pytest.mark.parametrize(
    "text",
    [
        "thanks",
        "Thank you very much!",
        "OK, thanks for the help",
        "no",
        "Good morning... hello?",
        "Who are you?",
        "What can you do?",
        "Дуже дякую",
        "Добрий день, хто ти?",
        "будь ласка",
        "Большое спасибо!",
        "кто ты?",
        "Vielen Dank, danke",
        "Guten Tag",
        "Was kannst du?",
    ],
)
def test_what_asks_nothing_of_the_articles_is_small_talk(text: str) -> None:
    assert is_small_talk(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "why?",
        "and in 2024?",
        "Are you sure?",
        "ok, and Sudzha?",
        "Where is it from?",
        "Who thanked you for the bridge?",
        "Що це?",
        "а чому?",
        "откуда он?",
        "und warum?",
    ],
)
def test_what_asks_something_is_none(text: str) -> None:
    assert not is_small_talk(text)
