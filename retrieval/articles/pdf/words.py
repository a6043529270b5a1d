"""Words of a PDF's page: letters between blanks, with the accents that were drawn over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ctypes import byref, c_double
from math import isfinite
from unicodedata import east_asian_width, normalize

import pypdfium2
from pypdfium2 import raw

from retrieval.articles.pdf.lines import HYPHEN, OBJECT, Line
from retrieval.articles.pdf.turns import DOWNWARDS, SLANTED, UPRIGHT, turn_of, upright

# What pdfium returns for a hyphen that divides a word, and for a letter that it does not know.
_DIVIDES, _UNKNOWN = frozenset("\x02\ufffe"), frozenset(f"\0\uffff{OBJECT}")
# In heights of a letter: how far the baselines of a word's letters may be apart, and the next one
# from an accent's.
_LEVEL, _TOUCHING = 0.1, 0.12

# Accents that stand alone, as TeX sets them over a letter, and what they are in combination.
_ACCENTS = {
    "`": "\u0300", "´": "\u0301", "ˆ": "\u0302", "˜": "\u0303", "¯": "\u0304", "˘": "\u0306",
    "˙": "\u0307", "¨": "\u0308", "˚": "\u030a", "˝": "\u030b", "ˇ": "\u030c", "¸": "\u0327",
    "˛": "\u0328",
}  # fmt: skip
# So many accents of a page are looked at, and letters on each side of one.
_MAX_ACCENTS, _AROUND = 500, 120
_DOTLESS = {"ı": "i", "ȷ": "j"}

_Edges = tuple[float, float, float, float]
"""Left, right, lower and upper edge of a letter."""


def words_of(page: pypdfium2.PdfTextPage) -> Iterator[Line]:
    """Yield the words of a page in the order in which they were drawn."""
    letters = _letters(page)
    _compose(page, letters)
    start = None
    for number, letter in enumerate(letters):
        if not letter:
            continue
        blank = letter in _UNKNOWN or letter.isspace()
        if start is None and not blank:
            start = number
        elif start is not None and (blank or letters[number - 1] in _DIVIDES):
            yield from _parts(page, letters, start, number)
            start = None if blank else number
    if start is not None:
        yield from _parts(page, letters, start, len(letters))


def _letters(page: pypdfium2.PdfTextPage) -> list[str]:
    """Return each letter of a page under the number by which pdfium knows it."""
    count = page.count_chars()
    text = page.get_text_range() if count else ""
    # All at once is faster, but leaves out what stands for no letter.
    if len(text) == count:
        return list(text)
    return [chr(raw.FPDFText_GetUnicode(page, number)) for number in range(count)]


def _parts(
    page: pypdfium2.PdfTextPage, letters: Sequence[str], start: int, end: int
) -> Iterator[Line]:
    """Yield a word, or what it was put together from although it stands apart."""
    turn = turn_of(raw.FPDFText_GetCharAngle(page, start))
    first, last = _edges(page, start, turn), _edges(page, end - 1, turn)
    if _are_level(first, last):
        yield _word(page, letters, (start, end), turn)
        return
    if _runs_down(letters[start:end], first, last):
        # As a line that was turned to run down.
        yield _word(page, letters, (start, end), DOWNWARDS)
        return
    # Another font, a raised figure, or a column of single letters.
    part, base = start, _base(page, start, turn)
    for number in range(start + 1, end):
        here = _base(page, number, turn) if letters[number] else base
        if abs(here - base) > _LEVEL * max(first[3] - first[2], last[3] - last[2]):
            yield _word(page, letters, (part, number), turn)
            part = number
        base = here
    yield _word(page, letters, (part, end), turn)


def _runs_down(letters: Sequence[str], first: _Edges, last: _Edges) -> bool:
    """Whether letters are written below each other, as in Japanese and Chinese."""
    wide = sum(east_asian_width(letter) in "WF" for letter in letters if letter)
    return 2 * wide > len(letters) and first[2] >= last[3] and first[0] < last[1]


def _are_level(one: _Edges, other: _Edges) -> bool:
    near = _LEVEL * max(one[3] - one[2], other[3] - other[2])
    return abs(one[2] - other[2]) <= near and abs(one[3] - other[3]) <= near


def _word(
    page: pypdfium2.PdfTextPage, letters: Sequence[str], span: tuple[int, int], turn: int
) -> Line:
    start, end = span
    text = _whole("".join(letters[start:end]).replace("\x02", HYPHEN))
    first, last = _edges(page, start, turn), _edges(page, end - 1, turn)
    left, right = min(first[0], last[0]), max(first[1], last[1])
    height = first[3] - first[2] or last[3] - last[2]
    return Line(text, left, right, _base(page, start, turn), height, turn)


def _whole(text: str) -> str:
    """Return a text with its letters beyond the first plane, which come in two halves, whole."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _edges(page: pypdfium2.PdfTextPage, number: int, turn: int) -> _Edges:
    box = raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(page, number, box)
    return upright(box, turn)


def _base(page: pypdfium2.PdfTextPage, number: int, turn: int) -> float:
    x, y = c_double(), c_double()
    raw.FPDFText_GetCharOrigin(page, number, byref(x), byref(y))
    base = y.value if turn in {UPRIGHT, SLANTED} else (-x.value, -y.value, x.value)[turn - 1]
    return base if isfinite(base) else 0.0


def _compose(page: pypdfium2.PdfTextPage, letters: list[str]) -> None:
    """Make each accent that was drawn over a letter one with it, as TeX draws them."""
    accents = [number for number, letter in enumerate(letters) if letter in _ACCENTS]
    for number in accents[:_MAX_ACCENTS]:
        left, right, bottom, top = _edges(page, number, UPRIGHT)
        base = _base(page, number, UPRIGHT)
        for near in _nearest(letters, number):
            start, end, _, _ = _edges(page, near, UPRIGHT)
            over = start < (left + right) / 2 < end
            if over and abs(_base(page, near, UPRIGHT) - base) < top - bottom:
                bare = _DOTLESS.get(letters[near], letters[near])
                both = normalize("NFC", bare + _ACCENTS[letters[number]])
                if len(both) == 1:
                    letters[near] = both
                    _close(page, letters, number, near)
                break


def _nearest(letters: Sequence[str], number: int) -> Iterator[int]:
    """Yield the numbers of the letters around one, those next to it first."""
    for step in range(1, _AROUND):
        for near in (number + step, number - step):
            if 0 <= near < len(letters) and letters[near].isalpha():
                yield near


def _close(page: pypdfium2.PdfTextPage, letters: list[str], accent: int, letter: int) -> None:
    """Take out an accent, and the blanks beside it that part its letter from the next one."""
    letters[accent] = ""
    for step in (1, -1):
        near = accent + step
        while 0 <= near < len(letters) and letters[near].isspace():
            near += step
        if not 0 <= near < len(letters):
            continue
        one, other = sorted((_edges(page, letter, UPRIGHT), _edges(page, near, UPRIGHT)))
        if near == letter or other[0] - one[1] < _TOUCHING * (one[3] - one[2]):
            for blank in range(accent + step, near, step):
                letters[blank] = ""
