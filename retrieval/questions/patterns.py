"""Patterns of what questions say and of what answers them, made of the words in `phrases`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from retrieval.questions.dates import MONTH
from retrieval.questions.phrases import (
    Words,
    all_listed,
    listed,
    phrase_pattern,
    read_alone,
    words_of,
)
from retrieval.questions.quantities import unit_pattern

_UNIT = re.compile("[a-z_]+")
_W = r"\w[\w'’-]*"
# In Cyrillic a word with a genitive behind it, unless it ends as adjectives and imperatives do.
_BEFORE_GENITIVE = r"[а-яёіїєґ][а-яёіїєґ'’-]+(?<!и)(?<!й)(?<!іть)(?<!ите)(?<!йте)"


@dataclass(frozen=True, slots=True)
class Patterns:
    """Patterns by which a question is read.

    Attributes:
        asks: Words that ask, by what for.
        names: Nouns and verbs that name what is asked for, by its kind.
        asks_measure: Words that ask for a measure such as an age, by its name.
        measured: The same measures as texts tell them. What is found as `spanned` lasts so long,
            and is not so old.
        no_price: Amounts that are no price.
        attribute: A few words that ask for something of somebody or something; the last group is
            what.
        role: "Who is the mayor of Luhansk?"; the last group is what he is.
        naming: Words that ask who holds an office, or how somebody or something is called.
        office: What somebody is called who heads something.
        possessive: Words that say whose what follows is.
        denies: Words that deny.
        denies_softly: These, and words that a text has in place of them.
        consents: What only asks for consent.
        identifying: "Who is" and "what is" at the beginning of a question.
        identified: What stands behind somebody or something where a text says who or what it is.
        leads: Words that may stand before it there, such as "the".
    """

    asks: Mapping[str, re.Pattern[str]]
    names: Mapping[str, re.Pattern[str]]
    asks_measure: Mapping[str, re.Pattern[str]]
    measured: Mapping[str, re.Pattern[str]]
    no_price: re.Pattern[str]
    attribute: re.Pattern[str]
    role: re.Pattern[str]
    naming: re.Pattern[str]
    office: re.Pattern[str]
    possessive: re.Pattern[str]
    denies: re.Pattern[str]
    denies_softly: re.Pattern[str]
    consents: re.Pattern[str]
    identifying: re.Pattern[str]
    identified: re.Pattern[str]
    leads: frozenset[str]

    @classmethod
    @cache
    def of(cls, language: str = "") -> Patterns:
        """Return those of a language that is read alone, or of all that are read together."""
        alone = read_alone(language)
        if language and not alone:
            return cls.of()
        words = words_of(language)

        def pattern(*tables: str) -> re.Pattern[str]:
            found = ",".join(words.get(table, "") for table in tables)
            return _compiled(phrase_pattern(found, accents=not alone))

        def patterns(table: str) -> dict[str, re.Pattern[str]]:
            of = words.get(table, {})
            return {
                name: _compiled(phrase_pattern(one, accents=not alone)) for name, one in of.items()
            }

        asked_of, role = _of_somebody(words, alone=alone)
        measures, identity = words.get("measures", {}), words.get("identity", {})
        offices = words.get("heads", {}).get("office", "")
        asks = phrase_pattern(identity.get("asks", ""), accents=not alone)
        return cls(
            asks=patterns("asks"),
            names=patterns("names"),
            asks_measure={name: _asks_measure(of, alone=alone) for name, of in measures.items()},
            measured={name: _measured(name, words, language) for name in measures},
            no_price=_no_price(language),
            attribute=asked_of,
            role=role,
            naming=pattern("naming"),
            office=_compiled(phrase_pattern(offices, accents=not alone)),
            possessive=_compiled(
                rf"\W*(?:{phrase_pattern(words.get('attribute', {}).get('possessive', ''))}"
                r"|[\w-]+['’]s)"
            ),
            denies=pattern("denies"),
            denies_softly=pattern("denies", "denies_softly"),
            # "Isn't Sudzha a town?" denies no more than "didn't they?".
            consents=_compiled(
                rf"(?:^|[,.;?!]\s*)\w+n['’]t\b|{phrase_pattern(words.get('consents', ''))}"
            ),
            identifying=_compiled(rf"[\s¿¡]*{asks}\s*"),
            # "Sudzha was founded" says what was done, and not what it is.
            identified=_compiled(
                r"\s*(?:[,(–—]|-\s"
                rf"|(?!(?:was|were|has been) \w+ed\b){phrase_pattern(identity.get('says', ''))})"
            ),
            leads=frozenset(re.findall(r"\w+", identity.get("leads", ""))),
        )


@cache
def telling(kind: str, language: str) -> re.Pattern[str] | None:
    """Return what tells of a kind in texts, None if no words do.

    Args:
        kind: What is asked for, such as "time".
        language: Language of the article, ISO 639-1: "due" is a number in Italian only. In one of
            which nothing is listed, the words of any tell it.
    """
    words = listed(language, "tells", kind) or all_listed("tells", kind)
    if not words:
        return None
    pattern = phrase_pattern(words)
    return _compiled(f"{pattern}|\\b{MONTH}\\b" if kind == "time" else pattern)


@cache
def heading(language: str) -> re.Pattern[str]:
    """Return what tells in texts who heads something, by the article's language as in `telling`."""
    words = [listed(language, "heads", of) or all_listed("heads", of) for of in ("office", "tells")]
    return _compiled(phrase_pattern(",".join(words)))


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _asks_measure(of: Mapping[str, str], *, alone: bool) -> re.Pattern[str]:
    asks = phrase_pattern(of.get("asks", ""), accents=not alone)
    return _compiled(asks.replace(r"\w*\ ", r"(?:\S+ ){1,5}"))


def _measured(name: str, words: Words, language: str) -> re.Pattern[str]:
    of, common = words["measures"][name], words_of()["measures"][name]
    spans = ""
    if "spans" in common:
        # How many of a unit: "for six years" and "1964 року" are no ages, and "Anna Berg,
        # 41," is one without it.
        number = phrase_pattern(words.get("tells", {}).get("number", ""))
        spans = (
            rf"(?P<spanned>{phrase_pattern(of.get('spans', ''))} )?(?!{common['dates']})"
            rf"(?:(?<![\d.,])\d[\d .,]*|{number})[\s-]*"
        )
    units = unit_pattern(_UNIT.findall(common["units"]), language)
    tells = phrase_pattern(of.get("tells", ""))
    return _compiled(f"{spans}{units}|{tells}|{common.get('written', '(?!)')}")


def _no_price(language: str) -> re.Pattern[str]:
    """Return a time of day or a scale, what is counted in another unit than money, or a year."""
    money, others = (
        unit_pattern(_UNIT.findall(all_listed("amounts", of)), language)
        for of in ("money", "others")
    )
    return _compiled(
        r"(?<![\d.,])(?:\d{1,2}:\d{1,2}"
        rf"|\d[\d .,]*[\s-]?{others}"
        rf"|(?<![$£€₴₽])(?:1[5-9]|20)\d\d(?!\d|[.,]\d|\s?[$£€₴₽]|\s?{money}|,-))"
    )


def _of_somebody(words: Words, *, alone: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what asks for something of somebody in a few words, and what asks who somebody is.

    "The old name of Luhansk", "Luhansk's old name"; "Who is the old mayor of Luhansk?", "Who is
    Luhansk's mayor?", "Хто мер Луганська?"
    """
    a = phrase_pattern(words.get("identity", {}).get("leads", ""))
    tables = words.get("attribute", {})
    owned_by, who_is = (phrase_pattern(tables.get(name, "")) for name in ("of", "roles"))
    attribute = rf"\W*(?:{a} )?(?:{_W} )?({_W}) {owned_by} (?:{_W} ){{0,4}}{_W}\W*"
    role = rf"\W*{who_is} (?:{a} )?(?:{_W} ){{0,2}}?({_W}) {owned_by}(?:\W+{_W}){{1,6}}\W*"
    if not alone:
        attribute += (
            rf"|\W*(?:{_W} ){{0,3}}\w+['’]s (?:{_W} )?({_W})\W*"
            rf"|\W*({_BEFORE_GENITIVE}) (?:{_W} ){{0,2}}{_W}\W*"
        )
        role += (
            rf"|\W*{who_is} (?:{_W} ){{0,3}}\w+['’]s (?:{_W} )?({_W})\W*"
            rf"|\W*[хк]то (?:є |зараз |сейчас |був |был |была |була )?"
            rf"({phrase_pattern(tables['named'])})(?:\W+{_W}){{1,6}}\W*"
        )
    return _compiled(attribute), _compiled(role)
