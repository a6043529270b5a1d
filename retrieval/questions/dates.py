"""Dates that a question asks for: a period, or what is newest.

English, Ukrainian, Russian and German are read, whatever the language of the articles. Own
patterns, for dateparser reads "may" and "12 times 10" as dates, and takes seconds for a long line
of numbers.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

# "the last", "current" and "now" often do not ask for what is newest.
_STRONG, _WEAK = 1.0, 0.5
_FIRST_YEAR = 1800

_MONTHS = (
    r"jan(?:uary?)?|jänner|січ(?:ень|ня|ні)|январ[ьяе]",
    r"feb(?:ruary?)?|лют(?:ий|ого|ому)|феврал[ьяе]",
    r"mar(?:ch)?|märz|maerz|берез(?:ень|ня|ні)|март[ае]?",
    r"apr(?:il)?|квіт(?:ень|ня|ні)|апрел[ьяе]",
    r"may|mai|трав(?:ень|ня|ні)|ма[йяе]",
    r"june?|juni|черв(?:ень|ня|ні)|июн[ьяе]",
    r"july?|juli|лип(?:ень|ня|ні)|июл[ьяе]",
    r"aug(?:ust)?|серп(?:ень|ня|ні)|август[ае]?",
    r"sept?(?:ember)?|верес(?:ень|ня|ні)|сентябр[ьяе]",
    r"o[ck]t(?:ober)?|жовт(?:ень|ня|ні)|октябр[ьяе]",
    r"nov(?:ember)?|листопаді?а?|ноябр[ьяе]",
    r"de[cz](?:ember)?|груд(?:ень|ня|ні)|декабр[ьяе]",
)
MONTH = "(?:" + "|".join(f"(?P<m{n}>{names})" for n, names in enumerate(_MONTHS, 1)) + ")"
_MONTH = re.compile(MONTH)
_YEAR = r"(?P<year>\d{4})(?![\d%€$₴₽]|[.,:-]\d)"
_DAY = r"(?P<day>\d{1,2})"
# Words after which a number of four digits is a year.
_IN = (
    r"(?:in|of|since|during|until|before|after|by|from|for|the|year|last|this|early|mid|late"
    r"|im|seit|von|vom|bis|vor|nach|jahre?|anfang|mitte|ende|der|die|das|letzten|diesen"
    r"|[ву]|за|з|із|с|до|від|от|після|после|протягом|року?|год[ау]?|початку|кінці|начале|конце)"
)
# "the march" and "by may" are no months.
_IN_MONTH = (
    r"(?:in|of|since|during|until|last|this|early|mid|late|im|seit|vom|anfang|mitte|ende|letzten"
    r"|diesen|[ву]|від|от|початку|кінці|начале|конце)"
)
# What stands behind a year; behind a count stands what is counted.
_BEHIND = (
    r"(?=\s*(?:[?.!,;:)»“”\"]|$)|\s+(?:in|on|at|by|and|or|to|im|am|bei|auf|und|oder|bis"
    r"|[вуіийн]|на|та|и|або|или|рок[уи]?|рік|году?|года|года?х)\b)"
)


@dataclass(frozen=True, slots=True)
class Period:
    """Articles of these days are preferred, both included."""

    first: dt.date
    last: dt.date


@dataclass(frozen=True, slots=True)
class Recency:
    """The newer of the articles are preferred; `strength` is above 0, 1 at most."""

    strength: float


DatePreference = Period | Recency


@dataclass(frozen=True, slots=True)
class Day:
    """A day of some year, or of one that is not told."""

    year: int | None
    month: int
    day: int


def today() -> dt.date:
    """Return the date of this day, here."""
    return dt.datetime.now().astimezone().date()


def date_preference(question: str, today: dt.date) -> DatePreference | None:
    """Return the dates that a question asks for; None if it names none."""
    text = question.lower()
    for pattern, period in _PERIODS:
        for match in pattern.finditer(text):
            found = period(match, today)
            if found is not None:
                return found
    for pattern, strength in _RECENCY:
        if pattern.search(text):
            return Recency(strength)
    return None


def match_dates(preference: DatePreference, dates: Mapping[int, dt.date]) -> dict[int, float]:
    """Return by key how far a date is what is preferred, 0 to 1.

    The newest of the dates is 1 and the oldest 0, and the others stand between them by their order:
    one very old article does not make all others new.
    """
    if isinstance(preference, Period):
        return {
            key: float(preference.first <= date <= preference.last) for key, date in dates.items()
        }
    order = {date: place for place, date in enumerate(sorted(set(dates.values())))}
    newest = max(1, len(order) - 1)
    return {key: preference.strength * order[date] / newest for key, date in dates.items()}


def days_in(text: str) -> Iterator[tuple[tuple[int, int], Day]]:
    """Yield the span of each day that a text names, and the day; its year may be left out."""
    lower = text.lower()
    if len(lower) != len(text):
        # A capital that has two small letters.
        return
    for pattern in _DAYS:
        for match in pattern.finditer(lower):
            year, month, day = match["year"], _month(match), int(match["day"])
            if 1 <= month <= 12 and 1 <= day <= calendar.monthrange(int(year or 2000), month)[1]:
                yield match.span(), Day(int(year) if year else None, month, day)


def names_month(word: str) -> bool:
    """Whether a word in small letters is a month."""
    return _MONTH.fullmatch(word) is not None


def words_in_date(date: dt.date, words: Iterable[str]) -> list[str]:
    """Return the words that name the year or the month of a date, and beside that its day."""
    found, month = list(words), re.compile(_MONTHS[date.month - 1])
    shown = {word for word in found if month.fullmatch(word.lower())}
    day = {str(date.day)} if shown else set[str]()
    return [word for word in found if word in shown | day or word == str(date.year)]


def _of_day(match: re.Match[str], today: dt.date) -> Period | None:
    year, month = _year(match, today), _month(match)
    if year is None or not 1 <= month <= 12:
        return None
    if not 1 <= (day := int(match["day"])) <= calendar.monthrange(year, month)[1]:
        return None
    return Period(dt.date(year, month, day), dt.date(year, month, day))


def _of_some_day(match: re.Match[str], today: dt.date) -> Period | None:
    """Return the last such day that has come."""
    month, day = _month(match), int(match["day"])
    year = today.year - ((month, day) > (today.month, today.day))
    if year < dt.MINYEAR or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return Period(dt.date(year, month, day), dt.date(year, month, day))


def _of_month(match: re.Match[str], today: dt.date) -> Period | None:
    year = _year(match, today)
    return None if year is None else _whole_month(year, _month(match))


def _of_some_month(match: re.Match[str], today: dt.date) -> Period:
    """Return the last month of that name that has begun."""
    month = _month(match)
    return _whole_month(today.year - (month > today.month), month)


def _of_year(match: re.Match[str], today: dt.date) -> Period | None:
    year = _year(match, today)
    return None if year is None else Period(dt.date(year, 1, 1), dt.date(year, 12, 31))


def _since(match: re.Match[str], today: dt.date) -> Period | None:
    year = _year(match, today)
    return None if year is None else Period(dt.date(year, 1, 1), today)


def _around(match: re.Match[str], today: dt.date) -> Period:
    """Return the year, month or week of the calendar, this one or the one before."""
    before = 1 if match["before"] else 0
    unit = match["before"] or match["this"]
    if unit.startswith(_YEARS):
        return Period(dt.date(today.year - before, 1, 1), dt.date(today.year - before, 12, 31))
    if unit.startswith(_MONTHLY):
        months = today.year * 12 + today.month - 1 - before
        return _whole_month(months // 12, months % 12 + 1)
    monday = today - dt.timedelta(days=today.weekday() + 7 * before)
    return Period(monday, monday + dt.timedelta(days=6))


def _yesterday(_: re.Match[str], today: dt.date) -> Period:
    return Period(today - dt.timedelta(days=1), today)


def _year(match: re.Match[str], today: dt.date) -> int | None:
    year = int(match["year"])
    return year if _FIRST_YEAR <= year <= today.year + 1 else None


def _month(match: re.Match[str]) -> int:
    groups = match.groupdict()
    if groups.get("month"):
        return int(groups["month"])
    return next(n for n in range(1, 13) if groups[f"m{n}"])


def _whole_month(year: int, month: int) -> Period:
    return Period(
        dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1])
    )


_UNIT = (
    r"(?:years?|jahr(?:es?)?|рок(?:у|ом)|році|год[ау]?|году"
    r"|months?|monats?|місяц[яі]|місяць|месяц[ае]?|weeks?|woche|тиж(?:ень|ня|ні)|недел[яеию])"
)
_YEARS = ("year", "jahr", "рок", "роц", "год")
_MONTHLY = ("month", "monat", "міс", "мес")
_BEFORE = (
    r"(?:last|previous|letzte[rnms]?|vorige[rnms]?|vergangene[rnms]?|минул\w{2,3}|торішн\w{2,3}"
    r"|прошл\w{2,3})"
)
_THIS = r"(?:this|diese[rnms]?|ц(?:ей|ього|ьому|ій)|цього|эт(?:ом|от|ого|ой|а))"

# 2024-03-05, 05.03.2024, 5 March, March 5th, 2024.
_DAYS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?P<year>\d{{4}})-(?P<month>\d{{2}})-{_DAY}\b",
        rf"(?<![\d.]){_DAY}\.\s?(?P<month>\d{{1,2}})\.\s?{_YEAR}",
        rf"\b{_DAY}(?:st|nd|rd|th|\.)?\s(?:of\s)?{MONTH}\b(?:\.?,?\s{_YEAR})?",
        rf"\b{MONTH}\.?\s{_DAY}(?:st|nd|rd|th)?\b(?:,?\s{_YEAR})?",
    )
)

_PERIODS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], dt.date], Period | None]], ...] = (
    tuple(
        (re.compile(pattern), period)
        for pattern, period in [
            (rf"\b(?P<year>\d{{4}})-(?P<month>\d{{2}})-{_DAY}\b", _of_day),
            (rf"(?<![\d.]){_DAY}\.\s?(?P<month>\d{{1,2}})\.\s?{_YEAR}", _of_day),
            (rf"\b{_DAY}(?:st|nd|rd|th|\.)?\s(?:of\s)?{MONTH}\.?,?\s{_YEAR}", _of_day),
            (rf"\b{MONTH}\.?\s{_DAY}(?:st|nd|rd|th)?,?\s{_YEAR}", _of_day),
            (rf"\b{MONTH}\.?,?\s(?:of\s)?{_YEAR}", _of_month),
            (rf"\b(?:since|seit)\s(?:the\s)?{_YEAR}", _since),
            (rf"\b{_DAY}(?:st|nd|rd|th|\.)?\s(?:of\s)?{MONTH}\b(?!\.?,?\s\d{{4}})", _of_some_day),
            (rf"\b{MONTH}\.?\s{_DAY}(?:st|nd|rd|th)?\b(?!,?\s\d{{4}})", _of_some_day),
            (rf"\b{_IN_MONTH}\s{MONTH}\b(?!\s?\d)", _of_some_month),
            (rf"\b(?:{_BEFORE}\s(?P<before>{_UNIT})|{_THIS}\s(?P<this>{_UNIT}))\b", _around),
            (r"\b(?:yesterday|last night|gestern|вчора|вчера)\b", _yesterday),
            (rf"\b{_IN}\s{_YEAR}", _of_year),
            (rf"(?:(?<=\s)|^){_YEAR}{_BEHIND}", _of_year),
        ]
    )
)

_RECENCY: tuple[tuple[re.Pattern[str], float], ...] = tuple(
    (re.compile(pattern), strength)
    for pattern, strength in [
        (
            r"\b(?:latest|newest|most recent|recent(?:ly)?"
            r"|(?:last|past) (?:\w+ )?(?:days|weeks|months)"
            r"|neu(?:e)?ste[rnms]?|jüngste[rnms]?|kürzlich|neulich|letzte[rn]? nachricht(?:en)?"
            r"|найнов\w+|нещодавн\w+|останні новини|новейш\w+|недавн\w+|последние новости)\b",
            _STRONG,
        ),
        (
            r"(?:\b(?:the|his|her|its|their)|['’]s) last\b(?! (?:name|names|word|resort|straw))"
            r"|\b(?:now|nowadays|today|current|currently|aktuell\w{0,2}|jetzt|derzeit|heute"
            r"|letzte[rnms]?|зараз|нині|сьогодні|останн\w{1,3}|сейчас|сегодня|последн\w{2,3})\b",
            _WEAK,
        ),
    ]
)
