"""How a name sounds, so that it is known in another romanisation or script: Sudzha, Sudscha, Суджа.

Letters that one table of transliteration gives for the letter that another gives otherwise are one:
kh and ch, zh and sch and z, w and v, ie and yi. That is coarse, and enough for names that a folder
of articles has.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

_CYRILLIC = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "є": "ye", "ё": "e",
        "ж": "zh", "з": "z", "и": "i", "і": "i", "ї": "yi", "й": "y", "к": "k", "л": "l", "м": "m",
        "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ў": "u", "ф": "f",
        "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "",
        "э": "e", "ю": "yu", "я": "ya", "ђ": "dj", "ј": "j", "љ": "lj", "њ": "nj", "ћ": "ch",
        "џ": "dzh", "'": "", "’": "", "ʼ": "",
    }
)  # fmt: skip
_LATIN = str.maketrans(
    {"ß": "ss", "ł": "l", "ø": "o", "đ": "dj", "æ": "a", "œ": "o", "ı": "i", "þ": "t", "ð": "d"}
    | {"č": "ch", "ć": "ch"}
)
# What is spelt in one way or another, longest first; capitals are sounds, and are not read again.
_SPELT = (
    ("dzh|dsch|dž|dj|dz|dg(?=[eiy])", "DS"),
    ("schtsch|shch|szcz|chtch", "S"),
    ("tsch|tch|cz|(?<=i)c$", "H"),
    ("sch|sh|zh|sz", "S"),
    ("ch|kh|gh", "H"),
    ("th(?=.)", "T"),
    ("ph", "V"),
    ("rh", "R"),
    ("ts|tz|[sz]|c(?=[eiy])", "S"),
    ("[gh]", "H"),
    ("x", "KS"),
    ("ck|[kqc]", "K"),
    ("[wvf]", "V"),
    ("ou|oo|ue", "U"),
    # ё is e, as it is often written, or yo: Artem, Artyom.
    ("(?<=[a-zHSTVRK])(?<![aeiouy])[yj]o", "E"),
    # я is ia, ya or ja; behind a vowel an i may be a second mark.
    ("[iyj]+(?=[aouU])", "Y"),
    ("e+(?![iyj])(?<![iyj]e)", "E"),
    ("[eiyj]+", "I"),
    ("(?<=[ao])[EI]", ""),
)
_SOUNDS = tuple((re.compile(pattern), sound) for pattern, sound in _SPELT)
# In Cyrillic an apostrophe is part of a word, and elsewhere begins an ending: Мар'яна, Anna's.
_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ][\u0400-\u04ff]+)*")
_TWICE = re.compile(r"(.)\1+")
_VOWELS = "AEIOUY"
_VOWEL = re.compile(f"[{_VOWELS}]")
# Of cases other than the first, which a name in another script has not.
_ENDING = re.compile(
    "(?<=.{4})(?:ого|ому|ими|ыми|ові|еві|ами|ями|ах|ях|ом|ем|єм|ою|ею|им|ым|ам|ям|их|ых)$"
)
# The last vowel of a name may be that of its case, where it is compared with one in Cyrillic.
_OPEN = "-"
_SCRIPT = "\u0400"
# Vowels that one language has for that of another: at the end (Lukashenko, Lukashenka), before a v
# (Kharkiv, Kharkov), behind a hushing sound (Gorbachev, Gorbatschow), or with a glide (Sergeev,
# Sergeyev). Any others make another name.
_LAST, _BEFORE_V, _BEHIND_HUSH, _GLIDE = ({*"AO"}, {*"IEO"}, {*"EO"}, {*"IE"})
# Fewer consonants are shared by too many names, unless their vowels are the same, too; as they are
# by words that nobody wrote with a capital.
_CONSONANTS_OF_NAME, _CONSONANTS_OF_WORD = 3, 4
_LEAST_LETTERS, _LEAST_SOUNDS = 4, 3


@lru_cache(maxsize=100_000)
def sounds(word: str) -> tuple[str, ...]:
    """Return how a name sounds, in capitals: with the vowel at its end, and without.

    Of a name in Cyrillic, without the ending of its case. Nothing of a short name, or in scripts
    other than Latin and Cyrillic.
    """
    lower = word.lower()
    if len(lower) < _LEAST_LETTERS:
        return ()
    whole = heard(lower)
    if lower[0] >= _SCRIPT:
        forms = [_open(whole), _open(heard(_ENDING.sub("", lower)))]
    else:
        forms = [whole, _open(whole)]
    enough = (form for form in forms if len(form.rstrip(_VOWELS + _OPEN)) >= _LEAST_SOUNDS)
    return tuple(dict.fromkeys(enough))


# Many questions find the same chunks.
@lru_cache(maxsize=1024)
def names_in(text: str) -> tuple[str, ...]:
    """Return the words of a text that may be names: those that begin with a capital."""
    return tuple(word for word in _WORD.findall(text) if word[0].isupper())


def likeness(word: str, name: str) -> float:
    """Return how alike a word and a name sound: 1 for the same, 0 for others.

    One vowel may differ (Kharkiv, Kharkov) if they have enough consonants.
    """
    ours, theirs = sounds(word), sounds(name)
    if word[:1] < _SCRIPT and name[:1] < _SCRIPT:
        ours, theirs = ours[:1], theirs[:1]
    if not set(ours).isdisjoint(theirs):
        return 1.0
    least = _CONSONANTS_OF_NAME if word[:1].isupper() else _CONSONANTS_OF_WORD
    for one in ours:
        for other in theirs:
            if len(one) == len(other) and _near(one, other, least):
                return 0.5
    return 0.0


def _near(one: str, other: str, consonants: int) -> bool:
    if len(_VOWEL.sub("", one.rstrip(_OPEN))) < consonants:
        return False
    differing = [at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    glides = all({one[at], other[at]} <= _GLIDE for at in differing)
    if glides and len(_VOWEL.sub("", one.rstrip(_OPEN))) >= _CONSONANTS_OF_WORD:
        return bool(differing) and differing[0] > 0
    if len(differing) != 1 or not differing[0]:
        return False
    at = differing[0]
    vowels, behind = {one[at], other[at]}, one[at + 1 :].rstrip(_OPEN)
    return (
        (vowels <= _LAST and not behind)
        or (vowels <= _BEFORE_V and behind == "V")
        or (vowels <= _BEHIND_HUSH and one[at - 1] in "HS")
    )


def by_sound(words: Iterable[str]) -> Mapping[str, list[str]]:
    """Return words in lower case by how they sound; those that sound alike keep their order."""
    found: dict[str, list[str]] = defaultdict(list)
    for word in words:
        found[heard(word)].append(word)
    return found


def _open(heard: str) -> str:
    return heard.rstrip(_VOWELS) + _OPEN if heard else ""


@lru_cache(maxsize=10_000)
def heard(word: str) -> str:
    """Return how a word in lower case sounds, in capitals; empty in other scripts."""
    text = unicodedata.normalize("NFC", word).translate(_CYRILLIC).translate(_LATIN)
    text = "".join(
        letter
        for letter in unicodedata.normalize("NFD", text)
        if not unicodedata.category(letter).startswith("M")
    )
    if not (text.isascii() and text.isalpha()):
        return ""
    for pattern, sound in _SOUNDS:
        text = pattern.sub(sound, text)
    return _TWICE.sub(r"\1", text.upper())
