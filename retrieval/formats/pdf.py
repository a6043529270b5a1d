"""PDF: the text of each page, put together from lines of print, and what the file declares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from ctypes import byref, c_double
from math import isfinite
from pathlib import PurePosixPath

import pypdfium2
from pypdfium2 import raw

from retrieval.formats.layout import HYPHEN, Line, text_of, without_running_heads
from retrieval.formats.metadata import Metadata, date_of
from retrieval.formats.parts import Limits, Part
from retrieval.formats.plain import UnreadableArticle, one_line

# PDF is of 1993: a clock that was never set says 1970, 1980 or worse.
FIRST_YEAR = 1993

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


def read(path: str, data: bytes, limits: Limits) -> list[Part]:
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
    return [Part(metadata, pages=texts)]


def _fault(code: int | None) -> str:
    if code == raw.FPDF_ERR_PASSWORD:
        return "protected by a password"
    if code == raw.FPDF_ERR_SECURITY:
        return "protected in a way that is not known"
    return "no PDF, or a broken one"


def _pages(document: pypdfium2.PdfDocument, limits: Limits) -> Iterator[list[Line]]:
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
