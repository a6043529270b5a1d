from __future__ import annotations

import pytest

from bot.conversation import understood

EARLIER = ("Who breaches minefields?", "Why did communications fail?")


@pytest.mark.parametrize("question", ["And why?", "when was that", "WHO?", "And what about it?"])
def test_a_question_without_a_term_leans_on_the_one_before(question: str) -> None:
    found = understood(question, EARLIER, ["en"])
    assert found == f"Why did communications fail? {question}"


@pytest.mark.parametrize("question", ["And in Sudzha?", "Who breaches minefields?", "1991"])
def test_a_question_with_a_term_stands_on_its_own(question: str) -> None:
    assert understood(question, EARLIER, ["en"]) is None


def test_without_earlier_questions_there_is_nothing_to_lean_on() -> None:
    assert understood("And why?", (), ["en"]) is None


def test_a_term_in_any_language_of_the_articles_is_one() -> None:
    assert understood("Und was ist das?", EARLIER, ["de"]) is not None
    assert understood("Und was ist das?", EARLIER, ["de", "en"]) is None
