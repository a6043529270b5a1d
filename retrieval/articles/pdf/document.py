"""PDF: the text of each page, put together from lines of print, and what the file declares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import PurePosixPath

import pypdfium2
from pypdfium2 import raw

from retrieval.articles.metadata import Metadata, RawArticle, ReadingLimits, date_of
from retrieval.articles.pdf.forms import additions_to, form_of
from retrieval.articles.pdf.lines import Line, pieces_of
from retrieval.articles.pdf.paragraphs import text_of, with_whole_words
from retrieval.articles.pdf.rules import Rules, rules_of
from retrieval.articles.pdf.running_heads import without_running_heads
from retrieval.articles.pdf.turns import upright
from retrieval.articles.pdf.words import words_of
from retrieval.articles.text import UnreadableArticle, one_line

# PDF is of 1993: a clock that was never set says 1970, 1980 or worse.
FIRST_YEAR = 1993

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
_NOBODY = frozenset(
    {*_NOBODY_NAMES.split(), "(anonymous)", "powerpoint presentation", "word document"}
)


@dataclass(frozen=True, slots=True)
class _Page:
    lines: list[Line]
    remarks: list[str]
    rules: Rules


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
    texts = _texts(pages)
    if not any(map(str.strip, texts)):
        raise UnreadableArticle("no text in it; it may be a scan: run OCR on it first")
    return [RawArticle(metadata, pages=texts)]


def _fault(code: int | None) -> str:
    if code == raw.FPDF_ERR_PASSWORD:
        return "protected by a password"
    if code == raw.FPDF_ERR_SECURITY:
        return "protected in a way that is not known"
    return "no PDF, or a broken one"


def _pages(document: pypdfium2.PdfDocument, limits: ReadingLimits) -> Iterator[_Page]:
    """Yield each page, an empty one in place of one that is broken."""
    characters = 0
    with form_of(document) as form:
        for number in range(len(document)):
            try:
                page = document[number]
            except pypdfium2.PdfiumError:
                yield _Page([], [], Rules())
                continue
            with closing(page), closing(page.get_textpage()) as print:
                characters += print.count_chars()
                if characters <= limits.characters:
                    rules = rules_of(page)
                    lines = _within(page, pieces_of(words_of(print), rules))
                    added = additions_to(page, form, lines)
                    characters += added.characters
            if characters > limits.characters:
                raise UnreadableArticle(
                    f"more characters of text than articles.max_characters = {limits.characters:,}"
                )
            yield _Page([*lines, *added.lines], added.remarks, rules)


def _within(page: pypdfium2.PdfPage, lines: list[Line]) -> list[Line]:
    """Return the lines that can be seen: a page may be a part of a larger one."""
    left, bottom, right, top = page.get_bbox()
    box = raw.FS_RECTF(left, top, right, bottom)
    edges = {turn: upright(box, turn) for turn in {line.turn for line in lines}}
    seen = []
    for line in lines:
        left, right, bottom, top = edges[line.turn]
        if left <= (line.left + line.right) / 2 <= right and bottom <= line.base <= top:
            seen.append(line)
    # The box of a page without any is wrong.
    return seen or lines


def _texts(pages: Sequence[_Page]) -> tuple[str, ...]:
    """Return the text of each page, and after it what was remarked beside it.

    Some programs remark what they mark.
    """
    kept = without_running_heads([page.lines for page in pages])
    texts = [text_of(lines, page.rules) for lines, page in zip(kept, pages, strict=True)]
    return tuple(
        "\n\n".join([text, *(remark for remark in page.remarks if remark not in text)])
        for text, page in zip(with_whole_words(texts), pages, strict=True)
    )


def _declared(document: pypdfium2.PdfDocument, key: str) -> str:
    try:
        return one_line(document.get_metadata_value(key))
    except UnicodeDecodeError:  # half a surrogate pair
        return ""


def _metadata(path: str, document: pypdfium2.PdfDocument) -> Metadata:
    declared = {key: _declared(document, key) for key in document.METADATA_KEYS}
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
