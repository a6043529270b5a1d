from __future__ import annotations

import pytest

from retrieval.languages import terms
from retrieval.languages.numbers import one_form

SAME = [
    "12500 · 12,500 · 12.500 · 12 500 · 12\u00a0500 · 12\u2009500 · 12\u202f500 · 12'500 · 12’500",
    "1234567.89 · 1,234,567.89 · 1.234.567,89 · 1 234 567,89",
    "3.5 · 3,5",
    "5 · №5 · #5 · 5th · 5-th · 5-й · 5.",
    "+380 44 123-45-67 · +380441234567 · 0441234567 · (044) 123-45-67 · 044 123 45 67 · 123-45-67"
    " · 044.123.45.67 · +380.44.123.45.67",
    "+49 30 1234567 · 0049 30 1234567 · 030/1234567 · 0301234567",
    "+1 (555) 123-4567 · 555-123-4567 · (555) 123 4567 · 15551234567",
    "8 800 555-35-35 · 88005553535",
    "F-16 · f16 · F16 · F-16s · f16s · F–16",
    "MH17 · MH-17 · mh17",
    "COVID-19 · covid19 · Covid 19",
    "5G · 5 G · 5g",
    "10 km · 10km",
    "U.S. · US · U.S.A. · USA · U. S.",
    "J. R. R. Tolkien · J.R.R. Tolkien · JRR Tolkien",
    "NATO · Nato · N.A.T.O.",
    "e-mail · email · E-Mail",
]
OTHERS = [
    ("12,500", "12 and 500"),
    ("3.5", "3 or 5"),
    ("12,500", "12.5"),
    ("2024, 300 people", "2024300 people"),
    ("1914-1918", "19141918"),
    ("12, 500", "12,500"),
    ("room 5, 600 beds", "room 5600 beds"),
]


@pytest.mark.parametrize("forms", SAME)
@pytest.mark.parametrize("language", ["en", "uk", "de"])
def test_a_number_is_the_same_however_it_is_typed(forms: str, language: str) -> None:
    first, *others = (terms(f"for {form} then", language) for form in forms.split(" · "))
    assert others == [first] * len(others)


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_a_number_is_no_other(one: str, other: str) -> None:
    assert not set(terms(one, "en")) & set(terms(other, "en")) - {"2024", "peopl", "room", "bed"}


@pytest.mark.parametrize(
    "text", ["24.02.2022", "01.02.2024 10:30", "2022-02-24 14:30", "01/02/2024", "1914-1918"]
)
def test_the_year_of_a_date_is_a_word(text: str) -> None:
    assert any(len(term) == 4 for term in terms(text, "en"))


@pytest.mark.parametrize("forms", SAME)
def test_one_form_is_left_as_it_is(forms: str) -> None:
    for form in forms.split(" · "):
        assert one_form(one_form(form)) == one_form(form)


@pytest.mark.parametrize("digits", ["1 ", "1,", "1-", "+1", "(1", "a1", "A. ", "12 345 ", "1"])
def test_long_lines_of_digits_cost_no_square(digits: str) -> None:
    """A minute each, if they did."""
    assert one_form(digits * 100_000)
