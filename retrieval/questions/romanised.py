"""Ukrainian and Russian in Latin letters: "gde nahoditsya Sudzha", as people without the keys type.

To an encoder that is hardly a language. A question is known for one by its question word, and
written in Cyrillic again, as well as that can be done: soft signs are lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from retrieval.languages import (
    LETTERS,
    STOP_WORDS,
    by_sound,
    heard,
    language_of_question,
    most_letters,
    words,
)
from retrieval.questions.forms import name_like
from retrieval.questions.phrases import PHRASES
from retrieval.questions.vocabulary import Vocabulary

# A longer text is no question that somebody typed so.
_MOST_WORDS = 30
# So many of its words may be names that are spelt otherwise.
_MOST_STRANGE = 2
# A single letter is a word in many languages, and a longer word hardly sounds like another's.
_LEAST_LETTERS, _TELLING_LETTERS = 2, 3
# No romanisation has the letter by itself, nor others that English words have.
_NOT_ROMANISED = re.compile(r"c(?![hkz])|[qx]|w(?=[hr])|ck|ee|oo|th|ght|ing$", re.IGNORECASE)
# A name may have no capital, and shorter words sound like many.
_NAME_LETTERS = 5
# "Kim" is a name before it is "by whom".
_NAME = "kim"
# How Latin letters are read, the first that fits; what differs between both languages comes first.
_DIGRAPHS = (
    ("shch|sch", "щ"), ("zh", "ж"), ("kh", "х"), ("ch", "ч"), ("sh", "ш"), ("ts", "ц"),
    ("[iyj]u", "ю"), ("[iyj]a", "я"),
)  # fmt: skip
_SINGLE = (
    ("a", "а"), ("b", "б"), ("[vw]", "в"), ("d", "д"), ("e", "е"), ("z", "з"), ("k", "к"),
    ("l", "л"), ("m", "м"), ("n", "н"), ("o", "о"), ("p", "п"), ("r", "р"), ("s", "с"), ("t", "т"),
    ("u", "у"), ("f", "ф"), ("c", "ц"), ("j", "й"), ("['’]", "ь"),
)  # fmt: skip
_TABLES = {
    "uk": (
        ("(?<=[iy])ts[iy]a$", "ться"), ("y[iyj]$", "ий"), *_DIGRAPHS,
        ("[yj]e|(?<=[aeiouy])ie", "є"), ("[yj]i|(?<=[aeou])i(?=[^aeiouy])", "ї"), ("[yj]o", "йо"),
        ("(?<=[aeiouy])[iyj]", "й"), ("y", "и"), ("i", "і"), ("[gh]", "г"), *_SINGLE,
    ),
    "ru": (
        ("(?<=[iyeua])ts[iy]a$", "тся"), ("y[iyj]$", "ый"), *_DIGRAPHS, ("[yj]e", "е"),
        ("[yj]o", "ё"), ("(?<=[aeiouy])(?:[yj]|i(?=[aeiouy]|$))", "й"), ("y", "ы"), ("i", "и"),
        ("g", "г"), ("h", "х"), *_SINGLE,
    ),
}  # fmt: skip
_CYRILLIC = {
    language: (re.compile("|".join(f"({latin})" for latin, _ in table)), [to for _, to in table])
    for language, table in _TABLES.items()
}


def in_cyrillic(question: str, vocabulary: Vocabulary) -> str | None:
    """Return a Ukrainian or Russian question in Latin letters, in Cyrillic.

    Words that the articles have in Latin letters stand as they are, and names as they write them.

    Args:
        question: Question in any language.
        vocabulary: Words of the articles.

    Returns:
        None if it is in Cyrillic already, or in another language.
    """
    found = LETTERS.findall(question)
    if not (1 < len(found) <= _MOST_WORDS and all(map(str.isascii, found))):
        return None
    lower = [word.lower() for word in found]
    if sum(_NOT_ROMANISED.search(word) is not None for word in lower) > _MOST_STRANGE:
        return None
    by_language = {language: _known(lower, language) for language in _TABLES}
    asks = {language: _asks(known, language) for language, known in by_language.items()}
    language = max(_TABLES, key=lambda one: asks[one] + len(by_language[one]))
    known = by_language[language]
    strange = [word for word in lower if word not in known and _NOT_ROMANISED.search(word)]
    if (
        not asks[language]
        or _is_another(question, known, vocabulary.languages)
        or not all(map(vocabulary.occurs, strange))
    ):
        return None

    def written(match: re.Match[str]) -> str:
        word = match[0].lower()
        if word in known:
            return known[word]
        if vocabulary.occurs(word):
            return match[0]
        cyrillic = _written(word, language)
        if len(word) >= _NAME_LETTERS and (name := name_like(cyrillic, vocabulary)):
            return name
        return cyrillic.capitalize() if match[0][0].isupper() else cyrillic

    return LETTERS.sub(written, question)


def _known(found: list[str], language: str) -> dict[str, str]:
    """Return the words that sound like frequent ones of a language, each in Cyrillic."""
    known = {}
    for word in dict.fromkeys(found):
        if len(word) >= _LEAST_LETTERS and not _NOT_ROMANISED.search(word):
            sound = heard(word)
            meant = _asking(language).get(sound) or _frequent(language).get(sound, [])
            if fitting := [one for one in meant if len(word) <= most_letters(one)]:
                written = _written(word, language)
                known[word] = min(fitting, key=lambda one: (one != written, len(one)))
    return known


def _asks(known: Iterable[str], language: str) -> int:
    """Count question words; a short one counts if it is not the only word that is known."""
    asking = [word for word in known if word != _NAME and heard(word) in _asking(language)]
    telling = any(len(word) >= _TELLING_LETTERS for word in known if word not in asking)
    return sum(telling or len(word) >= _TELLING_LETTERS for word in asking)


def _is_another(question: str, known: Mapping[str, str], likely: Iterable[str]) -> bool:
    """Whether the question has as many words of a language that is written in Latin letters."""
    other = language_of_question(question, frozenset(likely))
    if other is None:
        return False
    every, left = _long(question, ""), _long(question, other)
    theirs = len(every) - len(left)
    # What a question begins with tells more than a word like "den" or "ne".
    begins = bool(left) and left[0] == every[0] and left[0] in known
    return not begins and theirs >= sum(word in known for word in every)


def _long(question: str, language: str) -> list[str]:
    return [word for word in words(question, language) if len(word) >= _LEAST_LETTERS]


def _written(word: str, language: str) -> str:
    pattern, cyrillic = _CYRILLIC[language]
    return pattern.sub(lambda match: cyrillic[(match.lastindex or 1) - 1], word)


@cache
def _asking(language: str) -> Mapping[str, list[str]]:
    """Return the question words of a language by how they sound."""
    phrases = ",".join(of[language] for of in PHRASES["asks"].values()).split(",")
    return by_sound(phrase.strip() for phrase in phrases if " " not in phrase.strip())


@cache
def _frequent(language: str) -> Mapping[str, list[str]]:
    """Return its other frequent words by how they sound."""
    return by_sound(
        [*re.findall(r"\w+", PHRASES["light"][language]), *sorted(STOP_WORDS[language])]
    )
