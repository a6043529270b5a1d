"""Segmentation: the words of a text in any script, whether blanks stand between them or not.

Chinese, Japanese, Thai, Lao, Khmer and Burmese are parted by ICU's dictionaries, and nothing else
is: what stands between blanks is one word elsewhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

Span = tuple[int, int]

# Characters that are written without blanks: of Thai, Lao, Burmese, Khmer and Japanese syllables,
# and Chinese ones.
_SYLLABLES = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\ua9e0-\ua9ff\uaa60-\uaa7f\u3040-\u30ff\u31f0-\u31ff"
)
_CHINESE = "\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_UNSPACED = re.compile(f"[{_SYLLABLES}{_CHINESE}]+")
_ONE_CHINESE = re.compile(f"[{_CHINESE}]")
# Vowels and other marks are no letters to `\w`, which would cut Hindi, Thai or Hebrew within words;
# nor are the joiners of Persian and Indic scripts. Later blocks have marks of scripts of the past.
MARKS = "".join(
    chr(code)
    for block in (range(0x300, 0x1E00), range(0x3099, 0x309B), range(0xA800, 0xAC00))
    for code in block
    if unicodedata.category(chr(code)).startswith("M")
)
"""The marks of letters, for a class of characters in a pattern."""
WORD = re.compile(f"\\w[\\w{MARKS}\u200c\u200d]*")
"""A word with its marks; where a script has no blanks, all words up to the next punctuation."""
_COMPOUND = re.compile(f"{WORD.pattern}(?:[-'\u2019.]{WORD.pattern})*")
_LETTER = f"[^\\W\\d_{_SYLLABLES}{_CHINESE}]"
LETTERS = re.compile(f"{_LETTER}(?:{_LETTER}|[{MARKS}\u200c\u200d])*")
"""Letters in a row with their marks, of a script that has blanks."""
# Chinese, Japanese and Korean characters, as wide as two others.
_WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f"
    "\uff01-\uff60\uffe0-\uffe6\U00020000-\U0003fffd]"
)


def is_unspaced(char: str) -> bool:
    """Whether a character is of a script that puts no blanks between words."""
    return bool(_UNSPACED.match(char))


def segments(text: str) -> Iterator[Span]:
    """Yield start and end of each word in the parts of a text whose script has no blanks."""
    for run in _UNSPACED.finditer(text):
        at = run.start()
        # ICU counts offsets in UTF-16 units, so its pieces are measured here.
        for piece in _pieces(run[0]):
            yield at, at + len(piece)
            at += len(piece)


def split_words(text: str) -> list[str]:
    """Return the words of a text with their marks, in order."""
    if not _UNSPACED.search(text):
        return WORD.findall(text)
    return [text[start:end] for start, end in word_offsets(text)]


def split_compounds(text: str) -> list[str]:
    """Return the words of a text as `split_words` does, "U.S", "it's" and "F-16" in one piece."""
    found = _COMPOUND.findall(text)
    if not _UNSPACED.search(text):
        return found
    return [
        word
        for compound in found
        for word in (split_words(compound) if _UNSPACED.search(compound) else [compound])
    ]


def joined(words: Iterable[str]) -> str:
    """Return words behind each other, with blanks but where their script has none."""
    parts: list[str] = []
    for word in words:
        if parts and not (is_unspaced(parts[-1][-1:]) and is_unspaced(word)):
            parts.append(" ")
        parts.append(word)
    return "".join(parts)


def word_offsets(text: str) -> Iterator[Span]:
    """Yield start and end of each word of a text, in order."""
    for match in WORD.finditer(text):
        if not _UNSPACED.search(match[0]):
            yield match.span()
            continue
        start, end = match.span()
        done = 0
        for first, last in segments(match[0]):
            if first > done:
                yield start + done, start + first
            yield start + first, start + last
            done = last
        if start + done < end:
            yield start + done, end


def spaced(text: str, left_out: Collection[str] = (), *, characters: bool = False) -> str:
    """Return a text with a blank behind each word whose script has none.

    Args:
        text: Any text.
        left_out: Words of such scripts that are left out.
        characters: Whether the characters of each Chinese word follow it. Two words for one thing
            share them, and the same word may be parted otherwise in another sentence.
    """
    return _UNSPACED.sub(lambda run: _spaced(run[0], left_out, characters=characters), text)


def wide_places(text: str) -> list[int]:
    """Return the offsets of the characters that take two columns, in order."""
    return [match.start() for match in _WIDE.finditer(text)]


def columns(text: str) -> int:
    """Return how many columns of a Latin letter's width a text takes.

    A Chinese character says about what two or three Latin letters say.
    """
    return len(text) + len(wide_places(text))


def _spaced(run: str, left_out: Collection[str], *, characters: bool) -> str:
    found = [""]
    for word in _pieces(run):
        if word in left_out:
            continue
        found.append(word)
        if characters and len(word) > 1:
            found += _ONE_CHINESE.findall(word)
    return " ".join([*found, ""])


# A question is cut for each language of the articles, and for each excerpt.
@lru_cache(maxsize=256)
def _pieces(run: str) -> tuple[str, ...]:
    # Here, for it takes 5 MB and most folders have no such script.
    from icu4py.breakers import WordBreaker

    return tuple(WordBreaker(run, "en"))
