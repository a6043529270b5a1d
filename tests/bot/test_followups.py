from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.followups import FollowUp, understand_follow_up

COMMON = {"begin", "happened", "people", "why"}
OFFENSIVE = "When did the Kursk offensive begin in August?"


def rarity(word: str) -> float:
    """Make names rarer than other words, and some words common."""
    return 0.1 if word.lower() in COMMON else 0.9 if word[0].isupper() else 0.5


def lean(question: str, *earlier: str, languages: tuple[str, ...] = ("en",)) -> FollowUp | None:
    return understand_follow_up(question, earlier, languages, rarity)


def text(question: str, *earlier: str, languages: tuple[str, ...] = ("en",)) -> str:
    found = lean(question, *earlier, languages=languages)
    assert found is not None
    return found.text


def gain(question: str) -> float | None:
    found = lean(question, "Kursk Москва Харків")
    assert found is not None
    return found.gain


def test_the_rarest_words_of_the_question_before_are_taken_over() -> None:
    wanted = "What happened there? (Kursk offensive, August)"
    assert text("What happened there?", "Who held Sudzha?", OFFENSIVE) == wanted


def test_a_name_is_taken_over_though_the_articles_are_full_of_it() -> None:
    def common(word: str) -> float:
        return 0.4 if word == "Kursk" else 0.6

    found = understand_follow_up(
        "Who ordered it?", ["How was the Kursk bridge held by guards?"], ["en"], common
    )
    assert found is not None
    assert found.text == "Who ordered it? (Kursk bridge held)"


def test_a_name_takes_the_place_of_those_before() -> None:
    before = "How far is Sudzha from the border of Ukraine?"
    assert text("What about Belgorod?", before) == "What about Belgorod? (far, border)"
    assert text("And Belgorod?", "Who held Sudzha?") == "And Belgorod? (held)"
    # There it is asked for something of the name before.
    assert text("And the mayor of Belgorod?", before).endswith("(far, Sudzha, Ukraine)")
    assert text("And Belgorod from there?", before).endswith("(far, Sudzha, Ukraine)")


def test_words_that_the_question_has_in_another_form_are_not_taken_over() -> None:
    assert text("And the offensives?", OFFENSIVE) == "And the offensives? (Kursk, begin, August)"


def test_a_word_that_stands_twice_is_taken_over_once() -> None:
    before = "Is the bridge of Sudzha the bridges' bridge?"
    assert text("And why?", before) == "And why? (bridge, Sudzha)"


def test_stop_words_are_not_taken_over() -> None:
    assert lean("And why?", "What is it about?") is None
    assert lean("Und wo?", "Warum ist das so?", languages=("en", "de")) is None


def test_stop_words_of_the_question_before_are_none_whatever_the_articles_are_in() -> None:
    assert text("А коли?", "Хто це був у Харкові?", languages=("en",)) == "А коли? (Харкові)"


def test_an_address_is_not_taken_over() -> None:
    assert text("And why?", f"Is {'a' * 70} {'b-' * 35}c in Sudzha?") == "And why? (Sudzha)"


def test_without_earlier_questions_there_is_nothing_to_lean_on() -> None:
    assert lean("And why?") is None


def test_an_index_without_articles_has_no_word_to_take_over() -> None:
    assert lean("And why?", OFFENSIVE, languages=()) is None


CONTINUES = """
    when was that|WHO?|And in Sudzha?|What about Belgorod?|I meant  the bridge|Are you sure?
    А Белгород?|Як щодо Бєлгорода?|Коли це було?|Как насчёт Белгорода?
    Und in Belgorod?|Was ist mit Belgorod?|Wann war das?
"""
POINTS_BACK = """
    How many soldiers did it cost?|How did that happen to soldiers?|Who commanded there in August?
    Isn't there another one of these bridges?|Скільки людей там загинуло?
    Сколько солдат они потеряли?|Wie viele Soldaten kostete er?
"""
SHORT = "How can I apply?|Butter prices|1991|Хто розміновує?|Wer räumt das?"
COMPLETE = """
    Which vehicles breach deep minefields?|Is there a bridge that soldiers crossed?
    Are you sureties of Sudzha bridge?|Які машини розміновують поля?
    Какие машины разминируют поля?|Welche Fahrzeuge gibt es für tiefe Minenfelder?
"""
TALK = """
    thanks|Thanks!|Thank you very much!|ok thanks|OK, thanks for the help|no|Hello
    Good morning... hello?|Who are you?|What can you do?|Дякую|Дуже дякую|Добрий день, хто ти?|Ок
    будь ласка|спасибо|Большое спасибо!|кто ты?|Danke schön|Vielen Dank, danke|Guten Tag
    Was kannst du?
"""
NO_TALK = """
    ?|why?|and in 2024?|Are you sure?|ok, and Sudzha?|Where is it from?
    Who thanked you for the bridge?|Що це?|а чому?|откуда он?|und warum?
"""


def each(questions: str) -> pytest.MarkDecorator:
    """Parametrize a test with questions, which lines and bars part."""
    return pytest.mark.parametrize("question", re.split(r"\s*[|\n]\s*", questions.strip()))


@each(CONTINUES)
def test_what_says_nothing_alone_or_continues_leans_whatever_the_articles_hold(
    question: str,
) -> None:
    assert gain(question) is None


@each(POINTS_BACK)
def test_a_word_that_points_back_leans_unless_the_articles_say_otherwise(question: str) -> None:
    found = gain(question)
    assert found is not None
    assert found < 0


@each(SHORT)
def test_a_short_question_leans_only_if_the_articles_say_so(question: str) -> None:
    found = gain(question)
    assert found is not None
    assert found > 0


@each(COMPLETE)
def test_a_complete_question_is_left_alone(question: str) -> None:
    assert lean(question, OFFENSIVE) is None


def test_a_long_question_is_complete() -> None:
    question = "And how many soldiers did it cost"
    assert lean(f"{question}?", OFFENSIVE) is not None
    assert lean(f"{question}{', all in all' * 20}?", OFFENSIVE) is None


@each(TALK)
def test_small_talk_neither_leans_nor_is_leant_on(question: str) -> None:
    assert lean(question, OFFENSIVE) is None
    assert text("And why?", OFFENSIVE, question, "ok") == "And why? (Kursk offensive, August)"
    assert lean("And why?", question) is None


@each(NO_TALK)
def test_what_asks_something_is_the_question_before(question: str) -> None:
    found = lean("And why?", OFFENSIVE, question)
    assert found is None or "offensive" not in found.text


@given(st.lists(st.text(max_size=300), min_size=1, max_size=12))
def test_a_conversation_never_grows(questions: list[str]) -> None:
    searched = questions[0]
    for question in questions[1:]:
        found = lean(question, searched, languages=("en", "uk"))
        searched = found.text if found else question
        assert searched.startswith(question)
        assert len(searched) <= len(question) + 200
