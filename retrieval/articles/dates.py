"""Dates: the day in what an article or its file's name declares, in whatever form it is written.

Own patterns, with CLDR's names of months. dateparser reads 05.03.2024 as the third of May and
"yesterday" as a date, and takes up to a second for one; dateutil makes a day of "10" and of
"1.2.3", and knows no language but English.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

# Before, other calendars and clocks that were never set; behind, those and slips of the keyboard.
FIRST_YEAR, LAST_YEAR = 1500, 2050

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?!\d)")
_COMPACT = re.compile(
    r"(?:D:)?(\d{4})(\d{2})(\d{2})(?:[T_ ]?\d{4}(?:\d{2})?(?:[.,]\d+)?)?"
    r"(?:Z|[+-]\d{2}[:']?\d{2}'?)?"
)
_SECONDS = re.compile(r"(\d{10})(?:\d{3}|\.\d{1,9})?")
_YEAR_FIRST = re.compile(
    r"(?<![\d.-])(\d{4})\s?[-/.年년]\s?0?(\d{1,2})\s?[-/.月월]\s?(\d{1,2})(?!\d)"
)
_YEAR_LAST = re.compile(r"(?<![\d.,/-])(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{4})(?!\d)")
_YEAR_AND_MONTH = re.compile(r"(\d{4})\s?[-/.年년]\s?(\d{1,2})\s?[月월]?")
_MONTH_AND_YEAR = re.compile(r"(\d{1,2})[/.](\d{4})")
_TIME = re.compile(
    r"\d{1,2}[:h]\d{2}(?::\d{2})?(?:[.,]\d+)?(?:\s?(?:GMT|UTC)?\s?[+-]\d{2}:?\d{2})?"
    r"|\b\d{1,2}\s?[ap]\.?m\b",
    re.IGNORECASE,
)
# Numbers and words; the vowels of Indic scripts and Thai are no letters to `\w`.
_TOKEN = re.compile(r"\d+|[^\W\d_][^\s\d!-/:-@[-`{-~’،、。]*")
_TAG = re.compile(r"([a-z]{2})(?:[-_]([a-z]{2})(?![a-z]))?", re.IGNORECASE)
# Words that may stand between day, month and year: "de", "of", a zone of time, a weekday.
_MAX_FILL = 3
_FILL_WORDS = (
    "and the est edt cst cdt mst mdt pst pdt gmt utc cet cest eet eest msk bst met mest ist jst "
    "mon tue tues wed thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday "
    "sunday"
)
_FILL = frozenset(_FILL_WORDS.split())

_ENGLISH_MONTHS = (
    "january/jan february/feb march/mar april/apr may june/jun july/jul august/aug "
    "september/sep/sept october/oct november/nov december/dec"
)
_ENGLISH = {
    word: number
    for number, words in enumerate(_ENGLISH_MONTHS.split(), start=1)
    for word in words.split("/")
}
# Whose months are recognised where an article names no language.
_LANGUAGES = (
    "ar ar_LB ar_MA az be bg bn ca cs da de el es et eu fa fi fr gl he hi hr hu hy id is it ka kk "
    "lt lv mk ms nb nl pl pt ro ru sk sl sq sr sv sw ta te th tr uk ur"
)

# In a file's name a date is whole, and stands first or has two digits for month and day. Digits
# without separators may be any number, so that no others may stand beside them.
_CLOCK = (
    r"(?:[t_ -]?(?:[01]\d|2[0-3])"
    r"(?:[.:h][0-5]\d(?:[.:][0-5]\d)?|-[0-5]\d-[0-5]\d|[0-5]\d[0-5]\d))?"
)
_WORDS = r"(?=[\W\d_]*[^\W\d_]|$)"
_IN_NAMES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^(?P<y>\d{{4}})([-_ ])(?P<m>\d{{1,2}})\2(?P<d>\d{{1,2}}){_CLOCK}(?=[-_ .,)]|$){_WORDS}",
        rf"^(?P<y>\d{{4}})\.(?P<m>\d\d)\.(?P<d>\d\d){_CLOCK}(?=[-_ ]|$){_WORDS}",
        rf"^(?P<y>\d{{4}})(?P<m>\d\d)(?P<d>\d\d){_CLOCK}(?=[-_ ]+[^\W\d_]|$)",
        r"(?<![\d.])(?P<d>\d\d)\.(?P<m>\d\d)\.(?P<y>\d{4})(?=[-_ ]|$)",
        r"(?:^|(?<=[\s_([])|(?<=[^\W\d_]-))(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)"
        rf"{_CLOCK}(?!-?\d)",
        rf"^(?P<kept>[^\d]*[-_ ])(?P<y>\d{{4}})(?P<m>\d\d)(?P<d>\d\d){_CLOCK}$",
    )
)


_IN_PATH = re.compile(r"(?:^|/)(\d{4})/(\d{1,2})/(\d{1,2})(?=/|$)")

_Day = tuple[int, int, int]  # year, month, day


def day_of(value: str, language: str | None = None) -> dt.date | None:
    """Return the day that a declared date names, as its writer's calendar had it, or None.

    A month without a day is its first. Of 05/03/2024 the language tells which is the month; where
    it does not, as for English without a country, there is none.

    Args:
        value: A line of at most a hundred characters or so.
        language: The tag of the article's language, such as `de` or `en-GB`.
    """
    value = value.strip()
    found = _year_first(value) or _with_month(value, language) or _year_last(value, language)
    return _date(*found) if found else None


def day_in_name(name: str) -> tuple[dt.date | None, str]:
    """Return the day in a file's name, and the name without it; None and the name if it has none.

    A version or a telephone number is no date.
    """
    folded = name.casefold()
    if len(folded) != len(name):
        folded = name
    for pattern in _IN_NAMES:
        match = pattern.search(folded)
        if match and (day := _date(int(match["y"]), int(match["m"]), int(match["d"]))):
            start = match.end("kept") if "kept" in match.groupdict() else match.start()
            return day, f"{name[:start]} {name[match.end() :]}".strip(" -_.,")
    return None, name


def day_in_path(path: str) -> dt.date | None:
    """Return the day in a path or an address such as `2024/03/05/ferry`, or None."""
    match = _IN_PATH.search(path)
    return _date(int(match[1]), int(match[2]), int(match[3])) if match else None


def _date(year: int, month: int, day: int) -> dt.date | None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _year_first(value: str) -> _Day | None:
    """Return the date that a value begins with, year before month, or an instant in seconds."""
    for match in (_ISO.match(value), _COMPACT.fullmatch(value), _YEAR_FIRST.match(value)):
        if match:
            return int(match[1]), int(match[2]), int(match[3])
    if match := _SECONDS.fullmatch(value):
        day = dt.datetime.fromtimestamp(int(match[1]), dt.UTC)
        return day.year, day.month, day.day
    if match := _YEAR_AND_MONTH.fullmatch(value):
        return int(match[1]), int(match[2]), 1
    return None


def _year_last(value: str, language: str | None) -> _Day | None:
    """Return the date in figures, day and month before the year, or behind other words."""
    if match := _YEAR_FIRST.search(value):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _MONTH_AND_YEAR.fullmatch(value):
        return int(match[2]), int(match[1]), 1
    if not (match := _YEAR_LAST.search(value)):
        return None
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    day_first: bool | None = first > 12
    if first <= 12 and second <= 12 and first != second:
        day_first = match[2] == "." or _day_first(language)
    if day_first is None:
        return None
    return (year, second, first) if day_first else (year, first, second)


def _with_month(value: str, language: str | None) -> _Day | None:
    """Return year, month and day of a date whose month is a word."""
    tokens = [_folded(token) for token in _TOKEN.findall(_TIME.sub(" ", value))]
    if not any(token.isdecimal() for token in tokens):
        return None
    match = _TAG.match(language or "")
    months = _ENGLISH | (_months_of(match[1].lower()) if match else {})
    # To know the months of all languages takes a while. An unknown word may be one of them, and
    # "mar" before it a Tuesday.
    unknown = {token for token in tokens if len(token) > 2 and not token.isdecimal()} - _FILL
    if not unknown <= months.keys():
        months = _months_of_all() | months
    return _among(tokens, months)


def _among(tokens: Sequence[str], months: Mapping[str, int]) -> _Day | None:
    """Return the only date in words and numbers; None if there are several or none."""
    dates = {
        date
        for place, token in enumerate(tokens)
        if token in months
        and (
            date := _around(
                months[token],
                _numbers(tokens[:place][::-1], months)[:1],
                _numbers(tokens[place + 1 :], months)[:2],
            )
        )
    }
    return dates.pop() if len(dates) == 1 else None


def _numbers(tokens: Sequence[str], months: Mapping[str, int]) -> list[str]:
    """Return the numbers up to the next month, with few words between them."""
    numbers, words = [], 0
    for token in tokens:
        if token in months or words > _MAX_FILL:
            break
        if token.isdecimal():
            numbers.append(token)
            words = 0
        else:
            words += 1
    return numbers


def _around(month: int, before: Sequence[str], after: Sequence[str]) -> _Day | None:
    match [len(number) for number in before], [len(number) for number in after]:
        case [1 | 2], [4, *_]:  # 5 March 2024
            return int(after[0]), month, int(before[0])
        case _, [1 | 2, 4]:  # March 5, 2024
            return int(after[1]), month, int(after[0])
        case [4], [1 | 2, *_]:  # 2024 March 5
            return int(before[0]), month, int(after[0])
        case [1 | 2], [2, *_]:  # 5 Mar 24, as RFC 822 had it
            year = int(after[0])
            return year + (2000 if year < 69 else 1900), month, int(before[0])
        case [], [4, *_]:  # March 2024
            return int(after[0]), month, 1
    return None


def _folded(word: str) -> str:
    """Return a word in small letters without accents."""
    letters = unicodedata.normalize("NFKD", word.casefold().replace("ı", "i"))
    return "".join(char for char in letters if not unicodedata.combining(char))


@lru_cache(maxsize=64)
def _months_of(language: str) -> dict[str, int]:
    """Return the months of a language by their names, in the forms that CLDR has."""
    from babel import Locale, UnknownLocaleError

    try:
        forms = Locale.parse(language).months
    except (UnknownLocaleError, ValueError):
        return {}
    months: dict[str, int] = {}
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in forms[context][width].items():
                # Catalan has "de març", and Lebanon two months of the same last word.
                words = _TOKEN.findall(_folded(name))
                if words and not words[-1].isdecimal() and (len(words) == 1 or len(words[0]) <= 2):
                    months[words[-1]] = number
    return months


@cache
def _months_of_all() -> dict[str, int]:
    """Return the months of many languages, without words that name two (listopad)."""
    months: dict[str, int] = {}
    doubtful = set()
    for language in _LANGUAGES.split():
        for word, number in _months_of(language).items():
            if months.setdefault(word, number) != number:
                doubtful.add(word)
    return {word: number for word, number in months.items() if word not in doubtful}


@lru_cache(maxsize=64)
def _day_first(language: str | None) -> bool | None:
    """Tell whether days stand before months in a language, None if nobody can."""
    from babel import Locale, UnknownLocaleError

    match = _TAG.match(language or "")
    if match is None:
        return None
    code, country = match[1].lower(), match[2]
    tags = [f"{code}_{country.upper()}"] if country else []
    for tag in tags if code == "en" else [*tags, code]:
        try:
            pattern = str(Locale.parse(tag).date_formats["short"].pattern)
        except (UnknownLocaleError, ValueError):
            continue
        order = [letter for letter in pattern if letter in "dMy"]
        return None if order[0] == "y" else order[0] == "d"
    return None
