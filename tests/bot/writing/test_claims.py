from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.writing.claims import addresses_in, is_known, is_negated, names_in, numbers_in, words_in


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("12,000 men, 12\u00a0000 men", ["12000", "12000"]),
        ("3.5 km, 1990s, 10-12", ["3.5", "1990", "10", "12"]),
        ("2025-03-05", ["2025", "3", "5"]),
        ("Twenty men and two dogs", ["20", "2"]),
        ("hundreds or a thousand", ["hundred", "thousand"]),
        ("one of them", []),
    ],
)
def test_numbers_are_found_however_they_are_written(text: str, found: list[str]) -> None:
    assert numbers_in(text) == found


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("The town lies near Kursk.", ["Kursk"]),
        ("Putin said so in March.", ["Putin", "March"]),
        ("However, Twenty men came.", []),
        ("NATO met in the town.", ["NATO"]),
        ("crows fly", []),
    ],
)
def test_names_are_words_with_a_capital(sentence: str, found: list[str]) -> None:
    assert names_in(sentence, "en") == found


@pytest.mark.parametrize(
    ("name", "word", "known"),
    [
        ("Russian", "russia", True),
        ("Ukraine", "ukrainian", True),
        ("Суджі", "суджа", True),
        ("Austria", "australia", False),
        ("Iran", "iraq", False),
        ("May", "mayor", False),
        ("March", "may", False),
    ],
)
def test_names_are_known_in_their_inflections(name: str, word: str, known: bool) -> None:
    assert is_known(name, {word, "of"}) is known
    assert is_known(word, {word})


@pytest.mark.parametrize(
    ("sentence", "language", "negated"),
    [
        ("It does not work.", "en", True),
        ("It doesn't work.", "en", True),
        ("It doesn’t work.", "en", True),
        ("It works.", "en", False),
        ("A notion, nothings", "en", False),
        ("Es geht nicht.", "de", True),
        ("Воно не працює.", "uk", True),
        ("Нет.", "ru", True),
        ("It does not work.", "fi", False),
    ],
)
def test_negations_are_words_of_the_language(sentence: str, language: str, negated: bool) -> None:
    assert is_negated(sentence, language) is negated


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See http://evil.example/a now.", ["http://evil.example/a"]),
        ("Write to a@b.org, or @somebody!", ["a@b.org", "@somebody"]),
        ("(www.evil.example).", ["www.evil.example"]),
        ("At 3.5 km. Then on.", []),
    ],
)
def test_addresses_are_found(text: str, found: list[str]) -> None:
    assert addresses_in(text) == found


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    numbers_in(text), names_in(text, "en"), addresses_in(text), is_negated(text, "en")
    assert all(is_known(word, words_in(text)) for word in words_in(text))
