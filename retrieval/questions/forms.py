"""Forms: how the articles write what a question has in another form.

Numbers and codes (12500 for 12,500), names without their marks (Muller), names in another
romanisation or script (Sudscha for Sudzha). Terms and stems alone would find most of it, but the
encoder takes each form for another word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from retrieval.languages import LETTERS, OTHER, POINT, likeness, names_in, sounds, terms
from retrieval.questions.dates import Day, days_in
from retrieval.questions.names import is_name
from retrieval.questions.quantities import quantities_as_written
from retrieval.questions.vocabulary import Vocabulary

MOST_LETTERS = 30
"""Longer words are none."""
# The first letter of the script.
_CYRILLIC = "\u0400"
# So many names of a question are looked for in other forms, of which so many count, so much.
_MOST_NAMES, _MOST_OTHERS, _OTHER_WEIGHT = 8, 3, 0.5
# So many chunks are read to see how a form is written.
_CHUNKS = 8
_SPELT_OUT = re.compile("[aou]e", re.IGNORECASE)
_UMLAUTS = {"ae": "ä", "oe": "ö", "ue": "ü"}
# Somebody's, without the apostrophe.
_OWNERS = re.compile("[a-z]{4,}(?<!s)s", re.IGNORECASE)
# Places at which a word may be cut in two.
_MOST_CUTS = 3
# Digits with what may stand between them, behind letters or a plus.
_DIGITS = (
    r"(?:[^\W\d_]{1,9}[-‐‑–]?|[+(]{1,2})?\d"
    r"(?:(?: / |[ \u00a0\u2007\u2009\u202f.,'’()/-]{0,2})\d){0,20}(?!\w)"
)
NUMBER = re.compile(rf"(?<!\w){_DIGITS}")
"""A number or a code."""
_NUMBER = re.compile(rf"(?<!\w)(?:[^\W\d_]{{1,3}} (?=\d))?{_DIGITS}")
_BETWEEN = r"[ \u00a0\u2007\u2009\u202f.,'’()/‐‑–-]{0,3}"
_APART = re.compile(r"([^\W\d_]+) (\d.*)", re.DOTALL)
_CODE = re.compile(r"([^\W\d_]+)[-‐‑–]?(?=\d)")
_PARTED = r"\1 "
# A telephone number is known by its last seven digits.
_BEFORE_PHONE = r"[+(]?[\d ()/-]{0,12}"
_PHONE = re.compile(r"\d{7}")
# A year is written in one way only.
_YEAR_DIGITS = 4
_MOST_NUMBERS = 5
# "'79", "79 года", "79-му році": a year without its century.
_SHORT_YEAR = re.compile(
    r"(?<!\w)(?:(?<=['’])(\d\d)(?!\w)|(\d\d)(?=(?:-?\w{1,3})? ?(?:року|році|рік|год[ау]?)(?!\w)))"
)
_CENTURIES = ("19", "20")


def plain(word: str) -> str:
    """Return a word without marks and in lower case, as no field but that of no language has it."""
    return "".join(terms(word, OTHER))


def with_marks(word: str, vocabulary: Vocabulary) -> str | None:
    """Return a word as the articles write it, in lower case, if they give it other marks."""
    wanted = plain(word)
    found = vocabulary.lexical.search(word, vocabulary.languages, _CHUNKS)
    words = Counter(
        word
        for text in vocabulary.texts(list(found))
        # Few have it, and the terms of a text are sooner made than those of each of its words.
        if wanted in terms(text, OTHER)
        for word in LETTERS.findall(text)
        if len(word) <= MOST_LETTERS
    )
    written: Counter[str] = Counter()
    for word, count in words.items():
        if plain(word) == wanted:
            written[word.lower()] += count
    return written.most_common(1)[0][0] if written else None


def other_form(word: str, vocabulary: Vocabulary) -> str | None:
    """Return how the articles write a word that they do not have; None if that is not clear."""
    return (
        _with_umlauts(word, vocabulary)
        or name_like(word, vocabulary)
        or _owner(word, vocabulary)
        or _in_two_words(word, vocabulary)
    )


def _with_umlauts(word: str, vocabulary: Vocabulary) -> str | None:
    """Return "Schlüssel" for "Schluessel"."""
    umlauts = _SPELT_OUT.sub(lambda match: _UMLAUTS[match[0].lower()], word)
    found = umlauts != word and vocabulary.occurs(umlauts)
    return (with_marks(umlauts, vocabulary) or umlauts) if found else None


def _owner(word: str, vocabulary: Vocabulary) -> str | None:
    """Return "Kariakin's" for "karyakins"."""
    owner = name_like(word[:-1], vocabulary) if _OWNERS.fullmatch(word) else None
    return f"{owner}'s" if owner else None


def _in_two_words(word: str, vocabulary: Vocabulary) -> str | None:
    """Return "anti-tank" for "antitank", "in front" for "infront"."""
    lower = word.lower()
    cuts = [
        (lower[:at], lower[at:])
        for at in range(1, len(lower) - 1)
        if vocabulary.lexical.chunks_with(lower[:at]) and vocabulary.lexical.chunks_with(lower[at:])
    ]
    for parts in cuts[:_MOST_CUTS]:
        together = re.compile(rf"(?<!\w){parts[0]}[ '’-]{parts[1]}(?!\w)", re.IGNORECASE)
        for text in vocabulary.texts(vocabulary.lexical.with_words(parts, _CHUNKS)):
            if written := together.search(text):
                return written[0]
    return None


def in_one_script(one: str, other: str) -> bool:
    """Whether two words are both in Cyrillic, or neither is."""
    return (one[0] < _CYRILLIC) == (other[0] < _CYRILLIC)


def name_like(word: str, vocabulary: Vocabulary) -> str | None:
    """Return the name of the articles that sounds like a word; None if there is none."""
    return next(names_like(word, vocabulary), None)


def names_like(word: str, vocabulary: Vocabulary) -> Iterator[str]:
    """Yield the names of the articles that sound like a word, the likeliest first."""
    heard = sounds(word)
    if not heard:
        return
    chunks = vocabulary.lexical.with_names_like(heard, word.lower(), _CHUNKS)
    names = Counter(name for text in vocabulary.texts(chunks) for name in names_in(text))
    found = [
        (in_one_script(word, name), alike, count, name)
        for name, count in names.items()
        if (alike := likeness(word, name))
    ]
    # A name in the question's own script before one that sounds the same in another.
    for *_, name in sorted(found, key=lambda one: one[:3], reverse=True):
        # "Chain" at the beginning of a sentence is not Khan.
        if is_name(name.lower(), vocabulary) is not False:
            yield name


def other_names(question: str, vocabulary: Vocabulary) -> dict[str, float]:
    """Return names of the articles that sound like those of a question, each with its weight.

    A name may stand there in several forms: Kyiv, Kiev, Київ. Or it is another's, as Ivanova is
    beside Ivanov: so it weighs less than the one that is asked for, however rare it is.
    """
    names = dict.fromkeys(name for name in names_in(question) if vocabulary.counts(name))
    found = {}
    for name in islice(names, _MOST_NAMES):
        rarity, own = vocabulary.rarity(name), vocabulary.terms(name)
        for other in islice(names_like(name, vocabulary), _MOST_OTHERS):
            if vocabulary.terms(other) != own:
                found[other] = _OTHER_WEIGHT * min(1.0, rarity / vocabulary.rarity(other))
    return found


def numbers_as_written(
    question: str, vocabulary: Vocabulary
) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield the span of each number or code that the articles write otherwise, and their form."""
    days = dict(islice(days_in(question), _MOST_NUMBERS))
    for span, day in days.items():
        if form := _day_as_written(question[slice(*span)], day, vocabulary):
            yield span, form
    yield from _short_years(question, vocabulary)
    quantities = dict(quantities_as_written(question, vocabulary))
    yield from quantities.items()
    for match in islice(_NUMBER.finditer(question), _MOST_NUMBERS):
        start, end = match.span()
        if any(first < end and start < last for first, last in (*days, *quantities)):
            continue
        apart = _APART.match(match[0])
        if apart and not (apart[2].isdecimal() and vocabulary.occurs(apart[1] + apart[2])):
            # "in 2014" is no code.
            start += apart.start(2)
        if not _PHONE.fullmatch(plain(question[start:end])):
            start = end - len(question[start:end].lstrip("+("))
        number = question[start:end]
        if number.isdecimal() and (
            len(number) < _YEAR_DIGITS or vocabulary.lexical.chunks_with(number)
        ):
            continue
        if form := _written(number, vocabulary):
            yield (start, end), form


def _short_years(question: str, vocabulary: Vocabulary) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield years without a century where the articles have one such year, and not that number."""
    has = vocabulary.lexical.chunks_with
    for match in islice(_SHORT_YEAR.finditer(question), _MOST_NUMBERS):
        years = [century + match[0] for century in _CENTURIES if has(century + match[0])]
        if len(years) == 1 and not has(match[0]):
            yield match.span(), years[0]


def _day_as_written(asked: str, day: Day, vocabulary: Vocabulary) -> str | None:
    numbers = f"{day.day} {day.day:02} {day.month:02} {day.month} {day.year or ''}"
    found = vocabulary.lexical.search(f"{asked} {numbers}", vocabulary.languages, _CHUNKS)
    forms = Counter(
        text[slice(*span)]
        for text in vocabulary.texts(list(found))
        for span, other in days_in(text)
        if (other.month, other.day) == (day.month, day.day) and day.year in {None, other.year}
    )
    if any(form.casefold().startswith(asked.casefold()) for form in forms):
        return None
    return forms.most_common(1)[0][0] if forms else None


def _written(number: str, vocabulary: Vocabulary) -> str | None:
    key = plain(number)
    digits = _CODE.sub("", key)
    asked = f"{number} {key} {_CODE.sub(_PARTED, key)}"
    letters = _BETWEEN.join(key).replace(POINT, "[.,]")
    before = _BEFORE_PHONE if _PHONE.fullmatch(digits) else ""
    pattern = re.compile(rf"(?<!\w){before}{letters}(?=s?(?!\w))", re.IGNORECASE)
    found = vocabulary.lexical.search(asked, vocabulary.languages, _CHUNKS)
    forms = Counter(
        match[0].strip()
        for text in vocabulary.texts(list(found))
        for match in pattern.finditer(text)
        if plain(match[0]) == key
    )
    if not forms or any(form.casefold() == number.casefold() for form in forms):
        return None
    return forms.most_common(1)[0][0]
