"""The questions of a message that asks several."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation import split_questions


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        ("Who won? And when was that?", ("Who won?", "And when was that?")),
        ("who won? when did it end", ("who won?", "when did it end")),
        ("WHO WON?AND WHEN?", ("WHO WON?", "AND WHEN?")),
        ("I read of a ferry. Who runs it? Why?!", ("I read of a ferry. Who runs it?", "Why?!")),
        ("Хто переміг? Коли?\nДе?", ("Хто переміг?", "Коли?", "Де?")),
        ("Wer gewann? Und wann?", ("Wer gewann?", "Und wann?")),
    ],
)
def test_question_marks_part_questions(text: str, questions: tuple[str, ...]) -> None:
    assert split_questions(text) == questions


def test_what_is_asked_of_the_collection_is_no_question() -> None:
    assert split_questions("What's new? Who won?") == ("Who won?",)
    assert split_questions("What's new? Who won? When?") == ("Who won?", "When?")


@pytest.mark.parametrize(
    "text",
    [
        "Who won and when did it end?",
        "Who won?? I need it for school.",
        'What does "Who is who?" mean?',
        "What does «Кто там?» mean?",
        "Is it in the north? Or in the south?",
        "How are you? Who won? Thanks!",
        "Is https://example.org/?a=b&c=d right?",
        "?!? ??",
        "",
        "Who won? " * 100,
    ],
)
def test_what_asks_one_thing_stays_one(text: str) -> None:
    assert split_questions(text) == (text,)


@given(st.text(alphabet='ab ?!«»"“”\n', max_size=600))
def test_nothing_is_lost_but_blanks(text: str) -> None:
    found = split_questions(text)
    letters = "".join(character for character in "".join(found) if character.isalpha())
    assert letters == "".join(character for character in text if character.isalpha())
