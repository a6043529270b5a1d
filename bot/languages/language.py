"""A language of the interface: its messages, its plurals, its dates and numbers.

English is the source: a message is written in the code, as the literal first argument of `say`
or the literal first two of `count`, where the catalogues' tests find it. The other languages are
gettext catalogues in `locales/`. They are read as they are, so nothing has to be compiled; what a
catalogue lacks is said in English. A plural form is chosen by the expression in its header, which
the standard library parses by a grammar of numbers and operators before it evaluates it.

Babel is imported where it is used: `excerpta ask` seldom says anything in a language.
"""

from __future__ import annotations

import datetime as dt
import functools
import gettext
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.language_names import language_names

PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")
"""A named place in a message. No conversions, attributes or escapes: a message is no program."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language; where a message has a place for which no value is given, `KeyError` says which.

    Attributes:
        code: Of ISO 639.
        name: As its own speakers write it.
        catalogue: Its `.po` file, read at the first message; None for the language of the source.
    """

    code: str
    name: str
    catalogue: Path | None = field(default=None, repr=False)

    def say(self, message: str, /, **values: object) -> str:
        """Translate a message and fill its places; values are put in as they are."""
        return _fill(_translations(self.catalogue).gettext(message), values)

    def count(self, one: str, many: str, /, n: int, **values: object) -> str:
        """Translate a message about `n` things, which stands in the place `{n}` if there is one.

        Args:
            one: In English, for one thing.
            many: In English, for any other number of them.
            n: 0 or more.
            values: For the other places.
        """
        text = _translations(self.catalogue).ngettext(one, many, n)
        return _fill(text, {**values, "n": self.number(n)})

    def date(self, date: dt.date) -> str:
        """Write a date at medium length: "Nov 22, 2026" in English."""
        from babel.dates import format_date

        return format_date(date, "medium", locale=self.code)

    def place(self, page: int | None, first: int, last: int | None) -> str:
        """Write where an excerpt stands: its page, if it has one, and its paragraphs."""
        if page is None and last is None:
            return self.say("paragraph {number}", number=first)
        if page is None:
            return self.say("paragraphs {first}–{last}", first=first, last=last)
        on = self.number(page)
        if last is None:
            return self.say("page {page}, paragraph {number}", page=on, number=first)
        return self.say("page {page}, paragraphs {first}–{last}", page=on, first=first, last=last)

    def number(self, n: float) -> str:
        """Write a number with the language's separators and at most three decimals."""
        from babel.numbers import format_decimal

        return format_decimal(n, locale=self.code)

    def languages(self, codes: Iterable[str]) -> str:
        """List languages, given by their codes of ISO 639, by their names in this one."""
        return language_names(codes, self.code)

    def percent(self, share: float) -> str:
        """Write a share, 1 for all, in whole percents."""
        from babel.numbers import format_percent

        return format_percent(share, locale=self.code)


def language_of(code: str | None) -> Language:
    """Return the language of an IETF tag such as "de-AT"; English where the bot has no other."""
    return LANGUAGES.get((code or "").partition("-")[0].lower(), LANGUAGES["en"])


def language_of_environment(environment: Mapping[str, str]) -> Language:
    """Return the language that a process is to speak: that of its locale, as gettext finds it."""
    names = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return language_of(next(filter(None, names), "").partition("_")[0])


def language_of_header(header: str) -> Language:
    """Return the language that an Accept-Language header of HTTP wants most of those spoken here.

    English is spoken to who wants none of them.
    """
    wanted: list[tuple[float, int, str]] = []
    for place, tag in enumerate(header.split(",")[:_TAGS]):
        code, _, weight = tag.strip().partition(";q=")
        share = float(weight) if re.fullmatch(r"[01](\.\d{1,3})?", weight) else 1.0
        wanted.append((-share, place, code.partition("-")[0].lower()))
    return language_of(next((code for _, _, code in sorted(wanted) if code in LANGUAGES), None))


def _fill(text: str, values: Mapping[str, object]) -> str:
    # One pass: what a value holds, braces too, is never looked at again.
    return PLACE.sub(lambda place: str(values[place[1]]), text)


@functools.cache
def _translations(catalogue: Path | None) -> gettext.NullTranslations:
    if catalogue is None:
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with catalogue.open("rb") as file:
        messages = read_po(file, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


# Browsers send a handful of them.
_TAGS = 20
_LOCALES = Path(__file__).with_name("locales")

ENGLISH = Language("en", "English")
LANGUAGES: Mapping[str, Language] = {
    "en": ENGLISH,
    "uk": Language("uk", "Українська", _LOCALES / "uk.po"),
    "ru": Language("ru", "Русский", _LOCALES / "ru.po"),
    "de": Language("de", "Deutsch", _LOCALES / "de.po"),
    "pl": Language("pl", "Polski", _LOCALES / "pl.po"),
    "cs": Language("cs", "Čeština", _LOCALES / "cs.po"),
    "fr": Language("fr", "Français", _LOCALES / "fr.po"),
    "es": Language("es", "Español", _LOCALES / "es.po"),
    "it": Language("it", "Italiano", _LOCALES / "it.po"),
    "pt": Language("pt", "Português", _LOCALES / "pt.po"),
}
