"""PDF: the text of each page, put together from lines of print, and what the file declares."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from ctypes import byref, c_double
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from pathlib import PurePosixPath
from unicodedata import east_asian_width, normalize

import pypdfium2
from pypdfium2 import raw

from retrieval.articles.metadata import Metadata, RawArticle, ReadingLimits, date_of
from retrieval.articles.text import UnreadableArticle, one_line

# PDF is of 1993: a clock that was never set says 1970, 1980 or worse.
FIRST_YEAR = 1993

HYPHEN = "\ufffe"
"""Ends a line whose last word goes on in the next."""
# Letters of a line that are measured: some may be code, raised or a space.
_SAMPLES = 6

_LINE = re.compile(rf"[^\r\n{HYPHEN}]+{HYPHEN}?")
_DATE = re.compile(r"(?:D:)?(\d{4})(\d{2})?(\d{2})?")
# What programs write for a title or an author if nobody gives one.
_FILE_NAME = re.compile(
    r"\.(?:docx?|dvi|html?|indd|odt|pages|pdf|pptx?|ps|pub|qxd|rtf|tex|txt|wpd|xlsx?)$",
    re.IGNORECASE,
)
_PROGRAM = re.compile(
    r"(?:acrobat|adobe|libreoffice|microsoft|openoffice|pdf\s?creator|quarkxpress)\b", re.IGNORECASE
)
_NOBODY_NAMES = (
    "admin administrator author default document document1 none owner presentation "
    "presentation1 title unknown unnamed untitled user"
)
_NOBODY = frozenset({*_NOBODY_NAMES.split(), "powerpoint presentation", "word document"})

# A running head or foot has at most so many lines, and stands at one height (in points) on so many
# pages, or on both of two.
_EDGE = 3
_NEAR = 4
_REPEATS = 3
# Numbers in a line without a word: "7 of 12" has fewer, a table's row may have more.
_FIGURES = 3
# From one line to the next, in heights of a line: where a page leaves it open, and at most.
_LEADING, _MAX_LEADING = 1.0, 2.2
# By how much paragraphs stand further apart than lines, and headings are higher.
_PARTED = 1.25
_HIGHER = 1.15
# In heights of a line; what is further in is no paragraph's first line but another column.
_INDENT, _MAX_INDENT = 0.5, 8.0
# What part of a column a line without a full stop leaves free if it was not wrapped.
_FREE = 0.3
# How many lines above and below show how wide a column is: its headings may be wider.
_AROUND = 4

_DIGITS = re.compile(r"\d+")
_ENDED = re.compile(r"""[.!?:;…。！？]["'”’»)\]]?$""")
_BULLET = re.compile(r"(?:[•‣▪◦●■\uf0b7–—*-]|\(?\d{1,3}[.)]|\[\d{1,4}\]|\(?[a-z][.)]) ")
_LIGATURE = re.compile("[\ufb00-\ufb06\ufb13-\ufb17]")


def read(path: str, data: bytes, limits: ReadingLimits) -> list[RawArticle]:
    """Read a document; not for several threads at once.

    Raises:
        UnreadableArticle: It is broken, locked, a scan, or more than the limits allow.
    """
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise UnreadableArticle(_fault(error.err_code)) from error
    with closing(document):
        count = len(document)
        if count > limits.pages:
            raise UnreadableArticle(
                f"{count:,} pages, more than articles.max_pages = {limits.pages:,}"
            )
        pages = list(_pages(document, limits))
        metadata = _metadata(path, document)
    texts = tuple(map(text_of, without_running_heads(pages)))
    if not any(map(str.strip, texts)):
        raise UnreadableArticle("no text in it; it may be a scan: run OCR on it first")
    return [RawArticle(metadata, pages=texts)]


def _fault(code: int | None) -> str:
    if code == raw.FPDF_ERR_PASSWORD:
        return "protected by a password"
    if code == raw.FPDF_ERR_SECURITY:
        return "protected in a way that is not known"
    return "no PDF, or a broken one"


def _pages(document: pypdfium2.PdfDocument, limits: ReadingLimits) -> Iterator[list[Line]]:
    """Yield the lines of each page, none of a page that is broken."""
    characters = 0
    for number in range(len(document)):
        try:
            page = document[number]
        except pypdfium2.PdfiumError:
            yield []
            continue
        with closing(page), closing(page.get_textpage()) as text:
            characters += text.count_chars()
            if characters > limits.characters:
                raise UnreadableArticle(
                    f"more characters of text than articles.max_characters = {limits.characters:,}"
                )
            yield list(_lines(text))


def _lines(page: pypdfium2.PdfTextPage) -> Iterator[Line]:
    for match in _LINE.finditer(page.get_text_range()):
        text = match[0].strip()
        if not text.strip(HYPHEN):
            continue
        first = match.start() + match[0].index(text[0])
        last = first + len(text) - 1
        left, base = _origin(page, first)
        right, _ = _origin(page, last)
        yield Line(
            " ".join(text.split()),
            left,
            right + (right - left) / max(1, last - first),
            base,
            _height(page, first, last),
        )


def _origin(page: pypdfium2.PdfTextPage, place: int) -> tuple[float, float]:
    """Return where a character stands: left end and baseline; 0 if that is not known."""
    x, y = c_double(), c_double()
    index = raw.FPDFText_GetCharIndexFromTextIndex(page, place)
    raw.FPDFText_GetCharOrigin(page, index, byref(x), byref(y))
    return _finite(x.value), _finite(y.value)


def _height(page: pypdfium2.PdfTextPage, first: int, last: int) -> float:
    """Return the height of most of a line's letters, whatever their shapes; 0 if not known."""
    heights = []
    for place in range(first, last + 1, (last - first) // _SAMPLES + 1):
        box = raw.FS_RECTF()
        index = raw.FPDFText_GetCharIndexFromTextIndex(page, place)
        raw.FPDFText_GetLooseCharBox(page, index, byref(box))
        heights.append(_finite(box.top - box.bottom))
    # Spaces may have none.
    heights = sorted(filter(None, heights))
    return heights[len(heights) // 2] if heights else 0.0


def _finite(points: float) -> float:
    return float(points) if isfinite(points) else 0.0


def _metadata(path: str, document: pypdfium2.PdfDocument) -> Metadata:
    declared = {key: one_line(value) for key, value in document.get_metadata_dict().items()}
    programs = {declared["Creator"].casefold(), declared["Producer"].casefold()}
    stem = PurePosixPath(path).stem.casefold()

    def own(key: str) -> str | None:
        value = declared[key]
        named = (
            any(map(str.isalpha, value))
            and value.casefold() not in {*programs, *_NOBODY, stem}
            and not _FILE_NAME.search(value)
            and not _PROGRAM.match(value)
        )
        return value if named else None

    dates = (_day(declared["CreationDate"]), _day(declared["ModDate"]))
    return Metadata(title=own("Title"), author=own("Author"), date=date_of(path, *dates))


def _day(value: str) -> str | None:
    match = _DATE.match(value)
    if match is None or int(match[1]) < FIRST_YEAR:
        return None
    return "-".join((match[1], match[2] or "01", match[3] or "01"))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of print.

    Attributes:
        text: Not empty, and with single spaces; ends with `HYPHEN` if its last word goes on.
        left, right, base: Its ends and its baseline, in points from the page's lower left corner.
        height: Height of its font, in points.
    """

    text: str
    left: float
    right: float
    base: float
    height: float


def without_running_heads(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Leave out what stands on several pages at one height of their edges, digits aside."""
    needed = min(_REPEATS, len(pages))
    edges = [_edges(page) if needed > 1 else {} for page in pages]
    seen = Counter(place for page in edges for place in set(page.values()))
    return [
        [
            line
            for number, line in enumerate(page)
            if number not in edge or _times(seen, *edge[number]) < needed
        ]
        for page, edge in zip(pages, edges, strict=True)
    ]


def _edges(page: Sequence[Line]) -> dict[int, tuple[str, int]]:
    """Return the text and the height of the highest and the lowest lines, by their numbers."""
    order = sorted(range(len(page)), key=lambda number: page[number].base)
    return {
        number: (_folded(page[number].text), round(page[number].base / _NEAR))
        for number in {*order[:_EDGE], *order[-_EDGE:]}
    }


def _folded(text: str) -> str:
    """Return a line with its digits made equal, but not a row of a table's figures."""
    folded, numbers = _DIGITS.subn("0", text)
    return folded if numbers < _FIGURES or any(map(str.isalpha, text)) else text


def _times(seen: Counter[tuple[str, int]], text: str, height: int) -> int:
    return sum(seen[text, near] for near in (height - 1, height, height + 1))


def text_of(lines: Sequence[Line]) -> str:
    """Return the text of a page, with empty lines between its paragraphs."""
    leading = _leading(lines)
    text: list[str] = []
    for column in _columns(lines):
        # What ends a column may go on in the next.
        _add(text, column[0].text, parted=bool(text and _ENDED.search(text[-1])))
        margin = Counter(round(line.left) for line in column).most_common(1)[0][0]
        for number, (above, line) in enumerate(pairwise(column)):
            around = column[max(0, number - _AROUND) : number + _AROUND + 2]
            parted = (
                _BULLET.match(line.text) is not None
                or _is_apart(above, line, leading)
                or _is_indented(above, line, margin)
                or _is_behind_a_short_one(above, line, around)
            )
            _add(text, line.text, parted=parted)
    whole = "".join(text).replace(HYPHEN, "-")
    return _LIGATURE.sub(lambda match: normalize("NFKC", match[0]), whole)


def _leading(lines: Sequence[Line]) -> float:
    """Return how far the lines of a paragraph are apart, in heights of a line."""
    gaps = sorted(
        (above.base - line.base) / line.height
        for above, line in pairwise(lines)
        if line.height > 0 and line.base < above.base
    )
    # Not the middle one: on a page of short paragraphs, half of the gaps part them.
    return min(gaps[len(gaps) // 3], _MAX_LEADING) if len(gaps) > 2 else _LEADING


def _columns(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    """Yield the runs of lines that go down the page."""
    start = 0
    for number, (above, line) in enumerate(pairwise(lines), start=1):
        if line.base > above.base + above.height:
            yield lines[start:number]
            start = number
    if lines:
        yield lines[start:]


def _is_apart(above: Line, line: Line, leading: float) -> bool:
    low, high = sorted((above.height, line.height))
    return high > _HIGHER * low or above.base - line.base > _PARTED * leading * line.height


def _is_indented(above: Line, line: Line, margin: float) -> bool:
    """Whether it is a paragraph's first line: indented, or hanging out where most are indented."""
    if abs(line.left - margin) <= _INDENT * line.height:
        return False
    further = line.left - above.left
    hanging = line.left < margin and abs(above.left - margin) <= _INDENT * line.height
    indented = _INDENT * line.height < further < _MAX_INDENT * line.height
    return hanging or (indented and not _BULLET.match(above.text))


def _is_behind_a_short_one(above: Line, line: Line, around: Sequence[Line]) -> bool:
    """Whether the line above had room for the first word of this one."""
    right = max(one.right for one in around)
    free = right - above.right
    if _ENDED.search(above.text):
        word = len(line.text.partition(" ")[0]) + 1
        return free > word * (line.right - line.left) / len(line.text)
    return not line.text[0].islower() and free > _FREE * (right - above.left)


def _add(text: list[str], line: str, *, parted: bool) -> None:
    if not text:
        pass
    elif parted:
        text.append("\n\n")
    elif text[-1].endswith(HYPHEN):
        # "Euro-" and "Pass" keep it.
        text[-1] = text[-1][:-1] if line[0].islower() else text[-1]
    elif not _is_split(text[-1], line):
        text.append(" ")
    text.append(line)


def _is_split(above: str, line: str) -> bool:
    """Whether no space belongs between two lines: of "12-" and "15", of Chinese, of Japanese."""
    if above.endswith("-"):
        return above[-2:-1].isalnum() and line[0].isalnum()
    return east_asian_width(above[-1]) in "WF" and east_asian_width(line[0]) in "WF"
