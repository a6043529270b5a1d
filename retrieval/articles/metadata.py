"""Metadata: what an article declares, and the values that a reader of a format returns."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import urlsplit

from retrieval.articles.dates import FIRST_YEAR, LAST_YEAR, day_in_path, day_of
from retrieval.articles.text import one_line

logger = logging.getLogger(__name__)

MAX_URL = 2000
# Every question reads the tags of what it finds.
MAX_TAGS, MAX_TAG = 50, 100

_URL_KEYS = ("url", "link", "canonical")
# Where an article stands on its site, by Zola and Jekyll.
_PATH_KEYS = ("path", "permalink", *_URL_KEYS)
# Without spaces and dashes; when it was first published comes first.
_DATE_KEYS = (
    *("published", "publishedat", "publishedon", "publisheddate", "datepublished"),
    *("pubdate", "publishdate", "publicationdate", "posted", "postdate", "date"),
    *("created", "createdat", "createdon", "createddate", "datecreated", "creationdate"),
    *("updated", "updatedat", "updateddate", "dateupdated", "lastupdated", "lastmod"),
    *("lastmodified", "lastmodifiedat", "modified", "modifiedat", "datemodified"),
)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
# `published: true` says that it is, not when.
_BOOLEANS = frozenset({"true", "false", "yes", "no", "on", "off"})
# What programs write where a title or a name is due.
_NO_TITLE = re.compile(
    r"(?:Microsoft (?:Office )?Word\s*-.*|(?:Document|Dokument|Documento|Документ)\s*\d*|"
    r"Untitled.*|Unbenannt.*|Title|Titel|Word Document|.*\.(?:docx?|dotx?|rtf|odt))",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(r"([a-z]{2})(?:[-_]|$)")


@dataclass(frozen=True, slots=True)
class Metadata:
    """The fields of a `Source` that an article declares; None or empty where it does not."""

    title: str | None = None
    date: dt.date | None = None
    url: str | None = None
    author: str | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()


def metadata_of(path: str, fields: Mapping[str, object]) -> Metadata:
    """Read the fields of front matter; what cannot be used is left out, with a warning."""
    tags = fields.get("tags")
    language = _first(fields, "language", "lang")
    return Metadata(
        title=_first(fields, "title"),
        date=date_of(path, *_days(fields), language=language) or _day_in_address(fields),
        url=url_of(path, _first(fields, *_URL_KEYS)),
        author=", ".join(_names(fields.get("author")) or _names(fields.get("authors"))) or None,
        language=language_of(language),
        tags=tags_of(tags.split(",") if isinstance(tags, str) else _names(tags)),
    )


def date_of(path: str, *values: str | None, language: str | None = None) -> dt.date | None:
    """Return the first date among the values, the day as its writer's calendar had it.

    The tag of the article's language tells which of 05/03/2024 is the month.
    """
    given = [day for value in values if (day := one_line(value or "", 100))]
    for value in given:
        if (date := day_of(value, language)) is not None:
            return date
    if given:
        logger.warning(
            "%s: date %r is not a date (YYYY-MM-DD) of the years %d to %d; indexed without one",
            path,
            given[0],
            FIRST_YEAR,
            LAST_YEAR,
        )
    return None


def url_of(path: str, value: str | None) -> str | None:
    """Return a web address that can be cited, or None."""
    if not value or _is_web_address(value):
        return value or None
    logger.warning(
        "%s: url %r is not a web address (http or https, at most %d characters); indexed without",
        path,
        value[:100],
        MAX_URL,
    )
    return None


def language_of(value: str | None) -> str | None:
    """Return the two-letter code of a language tag such as `en-GB`, or None."""
    match = _LANGUAGE.match((value or "").strip().lower())
    return match[1] if match else None


def tags_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return the first names cleaned, each once and cut to a length."""
    cleaned = (one_line(name, MAX_TAG) for name in islice(names, MAX_TAGS))
    return tuple(dict.fromkeys(filter(None, cleaned)))


def declared_title(value: str | None) -> str | None:
    """Return a title that somebody gave, and none that a program made up."""
    title = one_line(value or "")
    given = any(map(str.isalnum, title)) and not _NO_TITLE.fullmatch(title)
    return title if given else None


def _days(fields: Mapping[str, object]) -> list[str | None]:
    """Return what may be the date, the best first."""
    named = {"".join(filter(str.isalnum, key)): key for key in fields}
    values = [_first(fields, named[key]) for key in _DATE_KEYS if key in named]
    return [value for value in values if value and value.lower() not in _BOOLEANS]


def _day_in_address(fields: Mapping[str, object]) -> dt.date | None:
    days = (day_in_path(_first(fields, key) or "") for key in _PATH_KEYS)
    return next(filter(None, days), None)


def _first(fields: Mapping[str, object], *keys: str) -> str | None:
    for key in keys:
        value = fields.get(key)
        if isinstance(value, str) and value.strip() not in _NULLS:
            return value.strip()
    return None


def _names(value: object) -> list[str]:
    """Return the names in a field: a string, a list of them, or mappings with a `name`."""
    parts = value if isinstance(value, list) else [value]
    texts = [part.get("name") if isinstance(part, dict) else part for part in parts]
    names = [one_line(text) for text in texts if isinstance(text, str)]
    return [name for name in names if name not in _NULLS]


def _is_web_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return (
        len(value) <= MAX_URL
        and value.isprintable()
        and " " not in value
        and parts.scheme in {"http", "https"}
        and bool(parts.hostname)
    )


@dataclass(frozen=True, slots=True)
class RawArticle:
    """One article of a file as its reader returns it, not cleaned.

    Attributes:
        text: Text of an article without pages.
        pages: Text of each page, in place of `text`; a page without text is listed too.
        key: Tells the articles of one file apart and stays the same when others come or go (a
            post's number); empty for a file that is one article.
    """

    metadata: Metadata
    text: str = ""
    pages: tuple[str, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """The limits within which a file is read, and what it is taken to be where it does not say.

    Attributes:
        language: ISO 639-1 code for an article that declares none and whose text leaves doubt.
        pages: Most pages of a file.
        characters: Most characters of an article's text.
        unpacked_bytes: Most bytes of all files in an archive together.
        channels: Names of Telegram channels by their number or title, without "@" or "-100".
    """

    language: str = "en"
    pages: int = 2_000
    characters: int = 5_000_000
    unpacked_bytes: int = 200_000_000
    channels: Mapping[str, str] = field(default_factory=dict)
