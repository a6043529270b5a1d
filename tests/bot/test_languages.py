"""Questions in languages that the encoder does not know, about the articles that ship."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot import documents
from bot.answers import Answer, Answerer
from bot.display import plain
from bot.encoder_choice import SWITCH
from bot.language_names import language_names
from bot.languages import LANGUAGES
from bot.telegram.views import answers as views
from bot.terminal import AnswerDrawing
from retrieval.questions import UnknownLanguage

FOREIGN = UnknownLanguage("de", "tiny", ("en", "uk"), "Dieppe", 0.5)


@pytest.mark.parametrize(
    ("question", "language", "wanted"),
    [
        ("Wann war der Überfall auf Dieppe?", "de", "Dieppe"),
        ("Wie teuer ist eine FPV-Drohne?", "de", "FPV"),
        ("Що було у 1942 році в Dieppe?", "uk", "1942"),
        ("Що сталося в Суджі у березні 2025 року?", "uk", "Sudzha"),
        ("Что было в 2014 году?", "ru", "2014"),
        ("¿Dónde vive Artem Kariakin?", "es", "Artem Kariakin"),
    ],
)
def test_names_and_numbers_are_found_in_any_language(
    answerer: Answerer, question: str, language: str, wanted: str
) -> None:
    answer = answerer.answer(question)
    assert wanted in answer.excerpts[0].text
    assert answer.unknown_language is not None
    assert answer.unknown_language.language == language
    assert answer.unknown_language.languages == ("en",)
    assert answer.question == question
    # What the rest of the question asks is not known.
    assert not answer.answered


@pytest.mark.parametrize(
    "question", ["Wie koche ich Spaghetti?", "Як зварити борщ?", "Qui a peint la Joconde ?"]
)
def test_a_question_without_a_known_word_is_not_answered(answerer: Answerer, question: str) -> None:
    answer = answerer.answer(question)
    assert answer.unknown_language is not None
    assert not answer.answered
    said = " ".join(plain(AnswerDrawing(answer)).split())
    assert "in English only, and the articles have no word of yours." in said


def test_a_question_of_known_words_may_be_answered(answerer: Answerer) -> None:
    answer = answerer.answer("Хто такий Артем Карякін?")
    assert answer.answered
    assert answer.unknown_language is not None
    assert answer.unknown_language.searched == "Artem Kariakin"


def test_the_answer_says_what_is_understood_and_what_was_searched(answerer: Answerer) -> None:
    answer = answerer.answer("Wann war der Überfall auf Dieppe?")
    line, switch, *_ = plain(AnswerDrawing(answer)).splitlines()
    assert line == "I understand questions in English only, so I searched for: Dieppe"
    assert switch == f"For questions in all languages: {SWITCH}"
    assert documents.of_answer(answer)["foreign"] == {
        "language": "de",
        "encoder": "all-MiniLM-L6-v2",
        "languages": ("en",),
        "searched": "Dieppe",
        "share": 0.5,
    }


def test_to_a_question_in_english_nothing_is_said_of_languages(answerer: Answerer) -> None:
    answer = answerer.answer("When was the raid on Dieppe?")
    assert answer.unknown_language is None
    assert "knows English" not in plain(AnswerDrawing(answer))
    assert documents.of_answer(answer)["foreign"] is None


@pytest.mark.parametrize(
    ("code", "searched", "nothing"),
    [
        (
            "en",
            "I understand questions in English and Ukrainian only, so I searched for: Dieppe",
            "no word",
        ),
        ("de", "Ich verstehe Fragen nur auf: Englisch und Ukrainisch; gesucht habe", "keines"),
        ("uk", "Мова запитань, яку я розумію: англійська і українська; тому я шукав", "жодного"),
        (
            "ru",
            "Язык вопросов, который я понимаю: английский и украинский; поэтому я искал",
            "ни одного",
        ),
    ],
)
def test_the_telegram_bot_says_it_in_the_interfaces_language(
    code: str, searched: str, nothing: str
) -> None:
    answer = Answer("Wann?", (), False, 0.2, 1, 3.0, unknown_language=FOREIGN)
    first, *_ = views.unanswered(answer, LANGUAGES[code], number=7).text.splitlines()
    assert first.startswith(searched)
    assert "Dieppe" in first
    unknown = replace(answer, unknown_language=replace(FOREIGN, share=0.0))
    first, *_ = views.unanswered(unknown, LANGUAGES[code], number=7).text.splitlines()
    assert nothing in first
    assert "Dieppe" not in first


def test_languages_are_listed_by_name() -> None:
    assert language_names(["en"]) == "English"
    assert language_names(["de", "en", "uk"]) == "German, English, and Ukrainian"
    assert language_names(["en", "qq"], "de") == "Englisch und qq"
