from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.articles.dates import FIRST_YEAR, LAST_YEAR, day_in_name, day_of

MARCH_5 = dt.date(2024, 3, 5)


@pytest.mark.parametrize(
    "value",
    [
        "2024-3-5T14:32:06+02:00",
        "2024/03/05 10:00",
        "2024.3.5",
        "20240305",
        "20240305T1432Z",
        "D:20240305143206+01'00'",
        "1709600000",
        "1709600000123",
        "05.03.2024, 07:00:03",
        "Di, 05.03.2024",
        "Tue Mar 05 15:28:56 CET 2024",
        "Tue Mar 5 01:16:00 +0000 2024",
        "Tue Mar 05 2024 15:28:56 GMT+0100 (CET)",
        "March 5, 2024 | 4:39 pm",
        "Tuesday, March 5th, 2024 at 3pm",
        "Tue, 5 Mar, 2024 06:28:00 UTC",
        "Tue, 05 Mar 24 06:28:00 GMT",
        "05-Mar-2024",
        "2024-Mar-05",
        "Posted on March 5, 2024 by John May",
    ],
)
def test_a_day_in_figures_or_english(value: str) -> None:
    assert day_of(value) == MARCH_5


@pytest.mark.parametrize("language", [None, "en"])
@pytest.mark.parametrize(
    "value",
    [
        "5 березня 2024 р.",
        "Вт, 5 мар 2024 06:28:00 +0300",
        "5. März 2024",
        "5 mars 2024 à 14:32",
        "mar. 5 de marzo de 2024",
        "5 de março de 2024",
        "5 marca 2024",
        "5 Maart 2024",
        "5 MART 2024 Salı",
        "2024. március 5.",
        "2024年3月5日",
        "2024년 03월 05일 01:31:15",
        "٥ مارس ٢٠٢٤",
        "१५ मार्च २०२४",
    ],
)
def test_a_day_in_other_languages(value: str, language: str | None) -> None:
    assert day_of(value, language) == MARCH_5.replace(day=15 if "१" in value else 5)


@pytest.mark.parametrize(
    ("value", "language", "day"),
    [
        ("05/03/2024", None, None),
        ("05/03/2024", "en", None),
        ("05/03/2024", "en-US", dt.date(2024, 5, 3)),
        ("05/03/2024", "en-GB", MARCH_5),
        ("05-03-2024", "nl", MARCH_5),
        ("05/03/2024", "hu", None),
        ("25/03/2024", "en", dt.date(2024, 3, 25)),
        ("03/25/2024", "de", dt.date(2024, 3, 25)),
        ("03/03/2024", None, dt.date(2024, 3, 3)),
        ("5 listopada 2024", "pl", dt.date(2024, 11, 5)),
        ("5 listopada 2024", "hr", dt.date(2024, 10, 5)),
        ("5 listopada 2024", None, None),
        ("mar 5 apr 2024", "it", dt.date(2024, 4, 5)),
    ],
)
def test_the_language_decides_or_nobody_does(
    value: str, language: str | None, day: dt.date | None
) -> None:
    assert day_of(value, language) == day


@pytest.mark.parametrize("value", ["2024-03", "2024/3", "03/2024", "March 2024", "mars 2024"])
def test_a_month_is_its_first_day(value: str) -> None:
    assert day_of(value) == dt.date(2024, 3, 1)


@pytest.mark.parametrize(
    "value",
    [
        *("2024-02-30", "2024-13-05", "99.99.2024", "Sun, 99 Jun 2009 12:00:00 GMT"),
        *("0001-01-01", "1402-12-15", "2567-03-05", "9999-12-31", "99999999999999"),
        *("2024", "1.2.3", "10", "yesterday", "soon", "true", "5 March 20245", ""),
        "January 3, 2023 - March 5, 2024",
    ],
)
def test_what_is_no_day_or_no_likely_one(value: str) -> None:
    assert day_of(value) is None


@given(st.text(max_size=100) | st.from_regex(r"([0-9]{1,4}[-/. ]|mar |T|:){1,12}", fullmatch=True))
def test_any_text_is_a_likely_day_or_none(value: str) -> None:
    day = day_of(value)
    assert day is None or FIRST_YEAR <= day.year <= LAST_YEAR


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("2024-03-05-ferry-stops", "ferry-stops"),
        ("2024-3-5-Ferry", "Ferry"),
        ("2024-03-05-10-things", "10-things"),
        ("2024-03-05-1984-again", "1984-again"),
        ("2024_03_05 паром", "паром"),
        ("2024-03-05T14-30-00 ferry", "ferry"),
        ("2024.03.05 Ferry", "Ferry"),
        ("20240305_143000", ""),
        ("ferry 05.03.2024", "ferry"),
        ("ferry-20240305", "ferry"),
        ("ferry (2024-03-05)", "ferry"),
    ],
)
def test_a_day_in_a_name(name: str, rest: str) -> None:
    day, words = day_in_name(name)
    assert (day, words.strip("()- ")) == (MARCH_5, rest)


@pytest.mark.parametrize(
    "name",
    [
        *("v2024.03.05", "app-2.10.2012", "Rust-1.12.1", "build 10.12.2012.4", "2024-03_report"),
        *("555-20120415", "20120415-555", "2012-10-11-1234", "+1-202-2012-10-11", "0201-20-12-13"),
        *("2024-13-45-x", "3024-03-05-x", "000_494b95f2403b221a", "x" + "2024-" * 1000),
    ],
)
def test_a_version_or_a_number_in_a_name_is_no_day(name: str) -> None:
    assert day_in_name(name) == (None, name)
