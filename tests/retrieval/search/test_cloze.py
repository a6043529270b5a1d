from __future__ import annotations

import random
import re

from hypothesis import given
from hypothesis import strategies as st

from retrieval.search.calibration import cloze

SENTENCE = "The old mill on the west bank of the river was built by Anna Berg for wool merchants."


def made(sentence: str, title: str = "", language: str = "en", seed: int = 0) -> str | None:
    return cloze(sentence, title, language, random.Random(seed))


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@given(st.integers(0, 10_000))
def test_a_question_asks_for_the_name_and_keeps_some_words_in_their_order(seed: int) -> None:
    question = made(SENTENCE, seed=seed)

    assert question is not None
    asking, *kept = words(question)
    assert asking == "Who"
    assert question.endswith("?")
    assert not {"Anna", "Berg"} & set(kept)
    places = [SENTENCE.index(word) for word in kept if len(word) > 3]
    assert places == sorted(places)
    assert 2 <= len(places) < len(words(SENTENCE)) / 2


def test_a_number_is_asked_for_before_a_name() -> None:
    question = made("Anna Berg sold 340 sacks of barley to merchants of the town.")

    assert question is not None
    assert question.startswith("How many ")
    assert "340" not in question


def test_without_a_name_or_number_any_word_is_asked_for() -> None:
    question = made("The miller sold barley to merchants of the town.")

    assert question is not None
    assert question.startswith("What ")


def test_words_of_the_title_are_sometimes_left_away() -> None:
    def kept(title: str) -> int:
        made_ones = [made(SENTENCE, title, seed=seed) or "" for seed in range(200)]
        return sum("river" in question for question in made_ones)

    assert 0 < kept("The river") < kept("Something else")


def test_a_sentence_that_says_too_little_makes_no_question() -> None:
    assert made("") is None
    assert made("It was so.") is None
    assert made("Anna Berg Clara Dahl.") is None


def test_in_another_language_it_asks_with_words_of_the_sentence_alone() -> None:
    question = made(
        "Die alte Mühle am Fluss wurde 1866 von Händlern der Stadt gekauft.", language="de"
    )

    assert question is not None
    assert set(words(question)) <= set(
        words("Die alte Mühle am Fluss wurde von Händlern der Stadt")
    )


@given(st.text(max_size=300), st.text(max_size=40), st.sampled_from(["en", "de", "uk", "xx"]))
def test_any_text_is_taken(sentence: str, title: str, language: str) -> None:
    question = made(sentence, title, language)

    assert question is None or question.endswith("?")
