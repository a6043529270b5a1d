"""Metadata: the front matter of an article, and the values that a reader of a format returns."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from retrieval.articles.text import one_line

logger = logging.getLogger(__name__)

MAX_FRONT_MATTER = 64 * 1024
MAX_DEPTH = 20
MAX_URL = 2000

_FENCED = re.compile(
    r"---[^\S\n]*\n(.*?)^(?:---|\.\.\.)[^\S\n]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
_KEY_VALUE = re.compile(r"(\w[\w-]*)[^\S\n]*:[^\S\n]+(.+)")
_URL_KEYS = ("url", "link", "canonical")
_KEYS = frozenset({"title", "date", "author", "authors", *_URL_KEYS})
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
# A day, then perhaps a time and a zone: ISO 8601 and RFC 5322 (the dates of feeds and mail).
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2}|\w{3}, \d{1,2} \w{3} \d{4})(?:[T ].*)?")
_DAY_FORMS = (
    "%Y-%m-%d",
    "%a, %d %b %Y",
    "%d %B %Y",
    "%d %b %Y",
    "%B %d, %Y",
    "%b %d, %Y",
    "%Y/%m/%d",
    "%d.%m.%Y",
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


def split_front_matter(text: str) -> tuple[dict[str, object], str]:
    """Part the YAML between `---` lines at the very start from the body.

    Keys are in lower case, scalars are strings as they stand in the file (`no` is no Boolean).
    What is no valid YAML, such as `title: Rome: a history`, is read as lines of `key: value`.
    Text between two rules that reads neither way stays in the body.
    """
    match = _FENCED.match(text, 0, MAX_FRONT_MATTER)
    if match is None:
        return {}, text
    fields = _read_yaml(match[1])
    if fields is None:
        fields = _read_lines(match[1])
        if not _KEYS & fields.keys():
            return {}, text
    return fields, text[match.end() :]


def metadata_of(path: str, fields: Mapping[str, object]) -> Metadata:
    """Read the fields of front matter; what cannot be used is left out, with a warning."""
    tags = fields.get("tags")
    return Metadata(
        title=_first(fields, "title"),
        date=date_of(path, _first(fields, "date")),
        url=url_of(path, _first(fields, *_URL_KEYS)),
        author=", ".join(_names(fields.get("author")) or _names(fields.get("authors"))) or None,
        language=language_of(_first(fields, "language", "lang")),
        tags=tags_of(tags.split(",") if isinstance(tags, str) else _names(tags)),
    )


def date_of(path: str, *values: str | None) -> dt.date | None:
    """Return the first date among the values, the day as its writer's calendar had it."""
    given = [day for value in values if (day := one_line(value or "", 100))]
    for value in given:
        if (date := _parse_day(value)) is not None:
            return date
    if given:
        logger.warning(
            "%s: date %r is not a date (YYYY-MM-DD); indexed without one", path, given[0]
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
    """Return the names cleaned, each once."""
    return tuple(dict.fromkeys(filter(None, map(one_line, names))))


def _read_yaml(text: str) -> dict[str, object] | None:
    import yaml

    # The base loader knows nothing but strings, lists and mappings: no object is built, nothing is
    # merged (so that aliases cannot multiply), and no impossible date raises.
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    depth = 0
    try:
        # Before it is loaded: on thousands of nested lists the C loader overflows the stack.
        for event in yaml.parse(text, Loader=loader):
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                return None
        fields = yaml.load(text, Loader=loader)
    except yaml.YAMLError:
        return None
    if not isinstance(fields, dict):
        return None
    return {key.lower(): value for key, value in fields.items() if isinstance(key, str)}


def _read_lines(text: str) -> dict[str, object]:
    fields: dict[str, object] = {}
    for line in text.split("\n"):
        if match := _KEY_VALUE.fullmatch(line.rstrip()):
            key, value = match[1].lower(), match[2].strip()
            if value.startswith("[") and value.endswith("]"):
                fields[key] = [_unquoted(part.strip()) for part in value[1:-1].split(",")]
            else:
                fields[key] = _unquoted(value)
    return fields


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


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


def _parse_day(value: str) -> dt.date | None:
    if match := _DAY.fullmatch(value):
        value = match[1]
    for form in _DAY_FORMS:
        try:
            return dt.datetime.strptime(value, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


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
        channels: Names of Telegram channels by their number, both without "@" or "-100".
    """

    language: str = "en"
    pages: int = 2_000
    characters: int = 5_000_000
    unpacked_bytes: int = 200_000_000
    channels: Mapping[str, str] = field(default_factory=dict)
