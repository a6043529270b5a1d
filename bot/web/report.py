"""The report on questions: how many a day and in which language, what stays open, and votes."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.gaps import OpenQuestion, QuestionGroup, group_questions
from bot.records import KeptQuestion
from retrieval.types import FloatArray, Source

_OPEN = 500
"""So many open questions are grouped, the newest, as in Telegram."""
_GROUPS = 30
_VOTED = 20
_SPOKEN = 5_000
"""So many questions are told apart by language, the newest: each takes half a millisecond."""

CHART_WIDTH, CHART_HEIGHT = 600, 120


@dataclass(frozen=True, slots=True)
class Day:
    """A day's questions."""

    date: dt.date
    questions: int
    open: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A day's bar in the chart: its part for all questions, and the part of those left open.

    Attributes:
        x: The left edge.
        width: The width of both parts.
        top: The upper edge.
        open_top: The upper edge of the part of questions left open, which stands at the bottom.
    """

    day: Day
    x: float
    width: float
    top: float
    open_top: float


@dataclass(frozen=True, slots=True)
class OpenGroup:
    """Questions that ask for the same and are not answered well, and the closest articles."""

    group: QuestionGroup
    closest: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Voted:
    """A question, and all votes on its answers."""

    question: str
    ups: int
    downs: int


@dataclass(frozen=True, slots=True)
class Report:
    """What was asked in a period.

    Attributes:
        days: All days of the period, the oldest first.
        languages: How many of the newest questions came in each language, None being unknown, most
            first.
        places: How many questions came from the web page and from each bot, by name.
        groups: What is not answered well, the most asked first.
        voted: The questions whose answers were voted on most.
    """

    days: tuple[Day, ...]
    languages: tuple[tuple[str | None, int], ...]
    places: Mapping[str, int]
    groups: tuple[OpenGroup, ...]
    voted: tuple[Voted, ...]
    questions: int
    answered: int
    ups: int
    downs: int

    def bars(self) -> list[Bar]:
        """Return the bars of the chart, which is `CHART_WIDTH` wide and `CHART_HEIGHT` high."""
        slot, most = CHART_WIDTH / len(self.days), self.most_a_day or 1

        def top(count: int) -> float:
            return round(CHART_HEIGHT * (1 - count / most), 2)

        return [
            Bar(day, round(n * slot, 2), round(0.8 * slot, 2), top(day.questions), top(day.open))
            for n, day in enumerate(self.days)
        ]

    @property
    def most_a_day(self) -> int:
        """The greatest number of questions in a day."""
        return max(day.questions for day in self.days)


def make_report(
    asked: Mapping[str, Sequence[KeptQuestion]],
    days: int,
    encode: Callable[[str], FloatArray],
    closest: Callable[[str], tuple[Source, ...]],
    language_of: Callable[[str], str | None],
) -> Report:
    """Report what was asked in the last days, today included.

    Args:
        asked: Questions by where they were asked, older ones left out.
        days: The number of days.
        encode: Returns a question's vector, (dim,) of unit length.
        closest: Returns the articles that come closest to a question.
        language_of: Returns the language of a question, ISO 639-1.
    """
    every = sorted((one for some in asked.values() for one in some), key=lambda one: -one.at)
    opened = [OpenQuestion(one.question, one.downs) for one in every if one.is_gap][:_OPEN]
    groups = group_questions(opened, encode)[:_GROUPS]
    spoken = Counter(language_of(one.question) for one in every[:_SPOKEN])
    today = dt.datetime.now().astimezone().date()
    asked_on = Counter(map(_date_of, every))
    open_on = Counter(_date_of(one) for one in every if one.is_gap)
    dates = [today - dt.timedelta(days=n) for n in reversed(range(days))]
    return Report(
        days=tuple(Day(date, asked_on[date], open_on[date]) for date in dates),
        languages=tuple(spoken.most_common()),
        places={name: len(some) for name, some in asked.items()},
        groups=tuple(OpenGroup(group, closest(group.questions[0])) for group in groups),
        voted=tuple(_voted(every)[:_VOTED]),
        questions=len(every),
        answered=sum(one.answered for one in every),
        ups=sum(one.ups for one in every),
        downs=sum(one.downs for one in every),
    )


def _voted(asked: Sequence[KeptQuestion]) -> list[Voted]:
    """Return the questions that were voted on, those with most votes first."""
    votes = dict[str, list[KeptQuestion]]()
    for one in asked:
        if one.ups or one.downs:
            votes.setdefault(one.question, []).append(one)
    found = [
        Voted(question, sum(one.ups for one in some), sum(one.downs for one in some))
        for question, some in votes.items()
    ]
    return sorted(found, key=lambda one: -(one.ups + one.downs))


def _date_of(asked: KeptQuestion) -> dt.date:
    """Return the day on which something was asked, where this machine is."""
    return dt.datetime.fromtimestamp(asked.at, dt.UTC).astimezone().date()
