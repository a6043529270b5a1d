"""Quantities: a number with its unit, which articles may write in another way: 550 km, £12.

What units are called is in quantities.toml, in English, Ukrainian, Russian and German; of some in
other languages, too.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from retrieval.languages import OTHER, is_unspaced, terms
from retrieval.questions.phrases import listed
from retrieval.questions.vocabulary import Vocabulary

# So many quantities of a question are looked for, each in so many chunks.
_MOST, _CHUNKS = 3, 8
# A longer question is no number.
_MOST_CHARS = 60
_MARK = r"[ \u00a0\u2007\u2009\u202f.,'’]?"
_BLANK = r"[ \u00a0\u2007\u2009\u202f-]?"
_DIGITS = r"\d{1,12}(?:[ \u00a0\u2007\u2009\u202f.,'’]\d{1,3}){0,4}"
_NUMBER, _NOT_DIGITS = re.compile(_DIGITS), re.compile(r"\D")
# A code, or a telephone number.
_CODE = re.compile(r"\W*[^\W\d_]{0,3}-?\d[\d ()/-]*\W*")
# What else may stand beside a quantity that is all that is asked.
_BESIDE = re.compile(r"[\s+()/.,;:?!~≈–—-]*")


def is_quantity(question: str) -> bool:
    """Whether a question is nothing but a number or a code, with its unit or without."""
    if len(question) > _MOST_CHARS:
        return False
    rest, count = _ANY.subn(" ", question)
    return (count == 1 and _BESIDE.fullmatch(rest) is not None) or bool(_CODE.fullmatch(question))


def quantities_as_written(
    question: str, vocabulary: Vocabulary
) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield the span of each quantity that the articles give with another unit's word, and theirs.

    Args:
        question: Question in any language.
        vocabulary: Words of the articles.
    """
    found = (match for match in _ANY.finditer(question) if _units(match))
    for match in islice(found, _MOST):
        pattern = _written(match["number"], _units(match))
        chunks = vocabulary.lexical.search(match[0], vocabulary.languages, _CHUNKS)
        forms = Counter(
            one[0]
            for text in vocabulary.texts(list(chunks))
            for one in pattern.finditer(text)
            if _value(one[0]) == _value(match["number"])
        )
        if forms and not any(form.casefold() == match[0].casefold() for form in forms):
            yield match.span(), forms.most_common(1)[0][0]


def unit_pattern(names: Sequence[str], language: str = "") -> str:
    """Return a pattern of what units are called, one letter or two only behind a digit.

    Args:
        names: Names of units in quantities.toml, or of the language's own.
        language: A language whose own words count, too, ISO 639-1.
    """
    own = [listed(language, "units", name) for name in names] if language else []
    listed_here = [word.strip() for one in own for word in one.split(",") if word.strip()]
    anywhere = [word for word in listed_here if is_unspaced(word[-1])]
    common = [_UNITS[name] for name in names if name in _UNITS]
    whole = "|".join([*common, *(_alternatives(w) for w in listed_here if w not in anywhere)])
    found = rf"(?:{whole})(?!\w)"
    if anywhere:
        found = rf"(?:{found}|(?<=\d)(?:{_alternatives(','.join(anywhere))}))"
    return rf"(?:(?<=\d)|(?<=\d[\W_])|(?<!\w)(?=\w{{3}})){found}"


def _units(match: re.Match[str]) -> list[str]:
    """Return the unit of a quantity, which may be told twice."""
    return [name for name in _UNITS if match[name] or (name in _SIGNS and match[f"{name}_sign"])]


def _value(text: str) -> list[str]:
    """Return the number in a text in the form that is the same however it is written."""
    found = _NUMBER.search(text)
    return terms(found[0], OTHER) if found else []


def _written(number: str, units: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern of a quantity, whatever its unit is called and its digits are parted by."""
    number = _MARK.join(_NOT_DIGITS.sub("", number))
    patterns = [
        rf"(?<![\w.,]){number}{_BLANK}(?:{'|'.join(_UNITS[name] for name in units)})(?!\w)",
        *(rf"(?<!\w)(?:{_SIGNS[name]}) ?{number}(?!\w|[.,]\d)" for name in units if name in _SIGNS),
    ]
    return re.compile("|".join(patterns), re.IGNORECASE)


def _alternatives(listed: str) -> str:
    words = sorted((" ".join(word.split()) for word in listed.split(",")), key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\*", r"\w*") for word in words)


_WORDS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
_SIGNS = {name: _alternatives(listed) for name, listed in _WORDS["signs"].items()}
_UNITS = {
    name: _alternatives(f"{listed},{_WORDS['signs'][name]}" if name in _SIGNS else listed)
    for name, listed in _WORDS["units"].items()
}
_ANY = re.compile(
    rf"(?:(?:{'|'.join(f'(?P<{name}_sign>{signs})' for name, signs in _SIGNS.items())}) ?)?"
    rf"(?<![\w.,])(?P<number>{_DIGITS})"
    rf"(?:{_BLANK}(?:{'|'.join(f'(?P<{name}>{words})' for name, words in _UNITS.items())})(?!\w))?"
    rf"(?!\w)",
    re.IGNORECASE,
)
