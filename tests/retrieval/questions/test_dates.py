from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.questions.dates import DatePreference, Period, Recency, date_preference, match_dates

# A Thursday.
TODAY = dt.date(2024, 3, 14)


def days(first: str, last: str | None = None) -> Period:
    return Period(dt.date.fromisoformat(first), dt.date.fromisoformat(last or first))


MAY = days("2023-05-01", "2023-05-31")
DAY = days("2023-05-17")
YEAR = days("2022-01-01", "2022-12-31")
LAST_YEAR = days("2023-01-01", "2023-12-31")
LAST_MONTH = days("2024-02-01", "2024-02-29")
LAST_WEEK = days("2024-03-04", "2024-03-10")


@pytest.mark.parametrize(
    ("period", "questions"),
    [
        (DAY, ["What was opened on 17 May 2023?", "the 17th of May 2023", "May 17th, 2023",
               "on 2023-05-17", "Was war am 17. Mai 2023?", "am 17.05.2023", "am 17. 5. 2023",
               "Що було 17 травня 2023 року?", "Что было 17 мая 2023 года?"]),
        (days("2024-03-05"), ["What happened on 5 March?", "on March 5th", "am 5. März",
                              "що сталося 5 березня", "что было 5 марта"]),
        (days("2023-09-23"), ["What was on 23 September?", "am 23. September", "23 вересня"]),
        (MAY, ["What happened in May 2023?", "the flood of May, 2023", "Was geschah im Mai 2023?",
               "Що сталося у травні 2023?", "Что было в мае 2023 года?", "Who went in May?",
               "last May", "im Mai", "у травні", "в мае", "Who may march in May?"]),
        (days("2024-03-01", "2024-03-31"), ["in March", "im März", "в березні", "this March"]),
        (days("2023-12-01", "2023-12-31"), ["in December", "у грудні", "в декабре", "im Dezember"]),
        (YEAR, ["Who won in 2022?", "the 2022 elections", "What happened 2022?", "2022: who won?",
                "Was geschah 2022 in Kiew?", "у 2022 році", "2022 року", "в 2022 году"]),
        (LAST_YEAR, ["Who won last year?", "letztes Jahr", "минулого року", "в прошлом году"]),
        (days("2024-01-01", "2024-12-31"), ["this year", "dieses Jahr", "цього року",
                                            "в этом году"]),
        (days("2022-01-01", "2024-03-14"), ["Who won since 2022?", "Wer gewann seit 2022?"]),
        (LAST_MONTH, ["last month", "letzten Monat", "минулого місяця", "в прошлом месяце"]),
        (days("2024-03-01", "2024-03-31"), ["this month", "diesen Monat", "цього місяця"]),
        (LAST_WEEK, ["last week", "vergangene Woche", "минулого тижня", "на прошлой неделе"]),
        (days("2024-03-11", "2024-03-17"), ["this week", "diese Woche", "на этой неделе"]),
        (days("2024-03-13", "2024-03-14"), ["yesterday", "gestern", "вчора", "вчера"]),
    ],
)  # fmt: skip
def test_a_period_is_read(period: Period, questions: list[str]) -> None:
    for question in questions:
        assert date_preference(question, TODAY) == period, question
        assert date_preference(question.upper(), TODAY) == period, question


@pytest.mark.parametrize(
    ("strength", "questions"),
    [
        (1.0, ["What is the latest on the dam?", "the most recent flood", "Who resigned recently?",
               "in the last few days", "neueste Nachrichten", "останні новини", "недавние события",
               "последние новости", "нещодавній обстріл"]),
        (0.5, ["Who was the last king?", "the mayor's last speech", "What is the current price?",
               "Who is mayor now?", "der letzte Zug", "Хто зараз мер?", "Кто сейчас мэр?"]),
    ],
)  # fmt: skip
def test_a_preference_for_what_is_newest_is_read(strength: float, questions: list[str]) -> None:
    for question in questions:
        assert date_preference(question, TODAY) == Recency(strength), question


@pytest.mark.parametrize(
    "question",
    ["", "How long did the siege last?", "What is her last name?", "May we march?", "Who may go?",
     "Who led the march?", "1,984 houses", "How many are 2000 km?", "It costs $2000",
     "2.022 litres", "Did 2000 soldiers come?", "call 2022-555", "in 3000", "in 0000",
     "on 31.02.2023 or so", "What is 12 times 10?", "on 45 May", "room 12.13.1415",
     "Was ist eine Woche?"],
)  # fmt: skip
def test_what_names_no_date_is_no_preference(question: str) -> None:
    assert date_preference(question, TODAY) is None


@given(st.text() | st.lists(st.sampled_from(
    ["in", "may", "2022", "31", ".", "-", "last", "week", "0", " ", "травня", "12", "the", "since"]
), max_size=30).map(" ".join), st.dates(dt.date(1, 2, 1), dt.date(9998, 1, 1)))  # fmt: skip
def test_any_question_is_read_on_any_day(question: str, today: dt.date) -> None:
    found = date_preference(question, today)

    if isinstance(found, Period):
        assert found.last >= dt.date(1, 1, 1)


def test_dates_in_the_period_are_wanted() -> None:
    dates = {1: dt.date(2023, 5, 1), 2: dt.date(2023, 5, 31), 3: dt.date(2023, 6, 1)}

    assert match_dates(MAY, dates) == {1: 1, 2: 1, 3: 0}


def test_the_newer_a_date_is_among_the_others_the_more_it_is_wanted() -> None:
    dates = {1: dt.date(2024, 1, 2), 2: dt.date(1950, 1, 1), 3: dt.date(2024, 1, 1)}

    assert match_dates(Recency(1.0), dates) == {1: 1, 2: 0, 3: 0.5}
    assert match_dates(Recency(0.5), dates) == {1: 0.5, 2: 0, 3: 0.25}


@pytest.mark.parametrize("preference", [Recency(1.0), MAY])
def test_where_all_dates_are_the_same_none_is_newer(preference: DatePreference) -> None:
    assert match_dates(preference, {}) == {}
    if isinstance(preference, Recency):
        assert set(match_dates(preference, dict.fromkeys([1, 2], TODAY)).values()) == {0}
