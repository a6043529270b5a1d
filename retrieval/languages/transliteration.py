"""Cyrillic words in Latin letters, to find names that an article writes in these."""

from __future__ import annotations

from collections.abc import Iterator

_BOTH = {
    "а": "a", "б": "b", "в": "v", "д": "d", "ж": "zh", "з": "z", "к": "k", "л": "l", "м": "m",
    "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh",
    "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ь": "", "ъ": "", "ы": "y", "э": "e", "'": "",
    "’": "",
}  # fmt: skip
# The Ukrainian government's table of 2010, and that of the BGN and PCGN for Russian, by which
# newspapers in English write names.
_UKRAINIAN = str.maketrans(
    _BOTH
    | {"г": "h", "ґ": "g", "е": "e", "є": "ie", "и": "y", "і": "i", "ї": "i", "й": "i"}
    | {"ю": "iu", "я": "ia", "ё": "io"}
)
_INITIAL = str.maketrans({"є": "ye", "ї": "yi", "й": "y", "ю": "yu", "я": "ya"})
_RUSSIAN = str.maketrans(
    _BOTH
    | {"г": "g", "ґ": "g", "е": "e", "є": "ye", "и": "i", "і": "i", "ї": "yi", "й": "y"}
    | {"ю": "yu", "я": "ya", "ё": "yo"}
)
# Case endings are up to three letters long; what is left must still tell one name from another.
_ENDING, _LEAST = 3, 4
# Latin letters for one, which most tables give at most; one letter has twice as many.
_LETTERS_FOR_ONE, _TWICE = 2, "щ"


def spellings(word: str) -> Iterator[str]:
    """Yield how a Cyrillic word may be written in Latin letters, the likeliest first.

    The whole word comes first, then it with shorter endings, for it may stand in another case than
    in an English text: "Суджі" is found as "sudzha". A word in another script has none.
    """
    lower = word.lower()
    initial = lower[:1].translate(_INITIAL) + lower[1:]
    latin = dict.fromkeys([initial.translate(_UKRAINIAN), lower.translate(_RUSSIAN)])
    if not lower.isalpha() or lower.isascii() or not all(form.isascii() for form in latin):
        return
    for cut in range(_ENDING + 1):
        for form in latin:
            stem = form[: len(form) - cut]
            if len(stem) >= _LEAST:
                yield stem
                if cut:
                    yield f"{stem}a"


def most_letters(word: str) -> int:
    """Return how many Latin letters a Cyrillic word takes at most: two for one, four for щ."""
    return _LETTERS_FOR_ONE * (len(word) + word.count(_TWICE))
