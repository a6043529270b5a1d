"""Phrases: what questions and their answers say, and patterns of such words.

Ten languages stand together in asked.toml: all tables for English, Ukrainian, Russian and German,
the surest words of Spanish, French, Italian, Portuguese, Polish and Czech. A question is read by
all of them at once, whatever the articles are in. Other languages have a file in `languages/`, by
which nothing but questions about articles in that language are read: "wie" is "how" in German and
"who" in Dutch. The last six have such a file, too, which adds to what asked.toml has of them.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from retrieval.languages import LETTERS, MARKS, is_unspaced

# Languages that have the words of others: Serbian is written in two alphabets.
_AS = {"bs": ("hr",), "ms": ("id",), "nn": ("no",), "sr": ("sr", "hr")}
# Length of a language's code, which is that of no other key beside it.
_CODE = 2
# From so many letters on a word that only may stand in a question is known without its accents.
_LONG = 4
# Accents that many leave out when they type, and letters that they take others for.
_ACCENTS = re.compile(r"(?<=[a-zα-ω])[\u0300-\u036f]+")
_PLAIN = str.maketrans("łđøı", "ldoi")

Words = Mapping[str, Any]
"""Tables of phrases, some within others; the phrases stand between commas."""
PHRASES: Words = tomllib.loads(Path(__file__).with_name("asked.toml").read_text(encoding="utf-8"))
"""The tables of asked.toml: words by the table's name, of most by a kind, too, and by language."""
# Each is read when it is asked for: all of them take a tenth of a second.
_FILES = {path.stem: path for path in Path(__file__).with_name("languages").glob("*.toml")}


def read_alone(language: str) -> bool:
    """Whether questions about articles in a language are read by its own words alone."""
    return not _FILES.keys().isdisjoint(_AS.get(language, (language,)))


@cache
def words_of(language: str = "") -> Words:
    """Return the phrases by which a question is read.

    Args:
        language: One that is read alone, ISO 639-1; any other stands for all those that are read
            together.
    """
    if not read_alone(language):
        return _joined(PHRASES)
    found: Words = _of_one(PHRASES, language)
    for one in _AS.get(language, (language,)):
        if one in _FILES:
            found = _merged(found, tomllib.loads(_FILES[one].read_text(encoding="utf-8")))
    return found


def listed(language: str, *names: str) -> str:
    """Return the phrases of one language between commas, of a table by its names; may be empty."""
    if read_alone(language):
        return str(_at(words_of(language), *names))
    return str(_at(PHRASES, *names, language))


def all_listed(*names: str) -> str:
    """Return the phrases of all languages that are read together, of a table by its names."""
    return str(_at(words_of(), *names))


def phrase_pattern(listed: str, *, accents: bool = True) -> str:
    """Return a pattern of phrases, the longest first, whose words are whole.

    Args:
        listed: Phrases between commas, in lower case; one that ends or begins with "*" may go on
            there. In a script without blanks they may stand anywhere.
        accents: Whether they must stand with their accents.
    """
    written = {" ".join(one.split()) for one in listed.split(",")} - {""}
    if not accents:
        written |= {_without_accents(one) for one in written}
    if not written:
        return "(?!)"
    letter = rf"[\w{MARKS}]" if any(mark in listed for mark in MARKS) else r"\w"
    anywhere, whole = (
        "|".join(
            re.escape(one).replace(r"\*", f"{letter}*").replace("'", "['\u2019\u02bc]")
            for one in sorted(written, key=lambda one: (-len(one), one))
            if is_unspaced(one[-1]) is unspaced
        )
        for unspaced in (True, False)
    )
    if not anywhere:
        return f"(?<!{letter})(?:{whole})(?!{letter})"
    return f"(?:{anywhere}|(?<!{letter})(?:{whole or '(?!)'})(?!{letter}))"


@cache
def accented(language: str) -> Mapping[str, str]:
    """Return the words of questions in a language that have accents, by how they are typed without.

    A word that is another one without them is left out, and so are short ones that only may stand
    in a question: "má" is "has" in Slovak, and "ma" is "me".
    """
    asks = [listed(language, "asks", kind) for kind in words_of(language)["asks"]]
    light = listed(language, "light")
    words = {word for one in (*asks, light) for word in LETTERS.findall(one)}
    asking = {word for one in asks for word in LETTERS.findall(one)}
    found = ((_without_accents(word), word) for word in sorted(words))
    return {
        plain: word
        for plain, word in found
        if plain not in words and (word in asking or len(word) >= _LONG)
    }


def _at(table: object, *names: str) -> object:
    for name in names:
        table = table.get(name, "") if isinstance(table, Mapping) else ""
    return table


def _joined(tables: Words) -> Words:
    """Return tables in which the phrases of all languages are one list."""
    return {
        name: one
        if isinstance(one, str)
        else ",".join(one.values())
        if all(len(key) == _CODE for key in one)
        else _joined(one)
        for name, one in tables.items()
    }


def _of_one(tables: Words, language: str) -> Words:
    """Return tables with the phrases of one language, those that have any."""
    found = {
        name: one.get(language) if all(len(key) == _CODE for key in one) else _of_one(one, language)
        for name, one in tables.items()
        if not isinstance(one, str)
    }
    return {name: one for name, one in found.items() if one}


def _merged(own: Words, other: Words) -> Words:
    found = {**own, **{name: one for name, one in other.items() if name not in own}}
    for name in own.keys() & other.keys():
        one, another = own[name], other[name]
        found[name] = f"{one},{another}" if isinstance(one, str) else _merged(one, another)
    return found


def _without_accents(phrase: str) -> str:
    plain = _ACCENTS.sub("", unicodedata.normalize("NFD", phrase))
    return unicodedata.normalize("NFC", plain).translate(_PLAIN)
