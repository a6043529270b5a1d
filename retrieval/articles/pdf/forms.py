"""Forms and notes of a PDF: what was filled in or typed onto its pages."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from ctypes import POINTER, byref, c_float, c_ushort, cast, create_string_buffer
from dataclasses import dataclass
from typing import TypeAlias

import pypdfium2
from pypdfium2 import raw

from retrieval.articles.pdf.lines import Line
from retrieval.articles.pdf.turns import upright

MAX_ANNOTATIONS = 2_000
"""So many fields and notes of a page are read; a printed form has a few hundred at most."""
MAX_FIELDS = 5_000
"""The form of a document with more fields and notes is not read."""
MAX_OPTIONS = 1_000
"""So many entries of a list to choose from are looked at."""

CHECKED, UNCHECKED = "☒", "☐"

_CHECK_BOXES = {raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON}
_LISTS = {raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX}
_PASSWORD = 1 << 13
# What is hidden from those who look at the page.
_HIDDEN = raw.FPDF_ANNOT_FLAG_HIDDEN | raw.FPDF_ANNOT_FLAG_NOVIEW
# Remarks; what a link or a picture says instead is for those who cannot see it.
_REMARKS = {
    raw.FPDF_ANNOT_TEXT, raw.FPDF_ANNOT_LINE, raw.FPDF_ANNOT_SQUARE, raw.FPDF_ANNOT_CIRCLE,
    raw.FPDF_ANNOT_POLYGON, raw.FPDF_ANNOT_POLYLINE, raw.FPDF_ANNOT_HIGHLIGHT,
    raw.FPDF_ANNOT_UNDERLINE, raw.FPDF_ANNOT_SQUIGGLY, raw.FPDF_ANNOT_STRIKEOUT,
    raw.FPDF_ANNOT_STAMP, raw.FPDF_ANNOT_CARET, raw.FPDF_ANNOT_INK,
}  # fmt: skip

# Size of letters in a field that names none, in points, and at most of the field's height. In their
# heights: how far their baseline is below the middle, and from the line of print beside it at most.
_SIZE, _SHARE = 12.0, 0.9
_BELOW_MIDDLE = 0.3
_BESIDE = 1.0
# How wide a letter is, in its heights.
_WIDTH = 0.5

Form: TypeAlias = raw.FPDF_FORMHANDLE | None
"""None for a document without fields, or with too many."""


@dataclass(frozen=True, slots=True)
class Additions:
    """What was added to a page.

    Attributes:
        lines: What was filled in or typed onto it, where it stands.
        remarks: What is shown beside it.
    """

    lines: list[Line]
    remarks: list[str]

    @property
    def characters(self) -> int:
        """How many characters they have."""
        return sum(len(line.text) for line in self.lines) + sum(map(len, self.remarks))


@contextmanager
def form_of(document: pypdfium2.PdfDocument) -> Iterator[Form]:
    """Open the form of a document; pages are to be closed before it."""
    # Forms are read in the square of the time.
    if document.get_formtype() == raw.FORMTYPE_NONE or _annotations(document) > MAX_FIELDS:
        yield None
        return
    # Not by the document's own method, which warns of forms of another kind (XFA).
    config = raw.FPDF_FORMFILLINFO(version=2)
    form = raw.FPDFDOC_InitFormFillEnvironment(document, config)
    try:
        yield form
    finally:
        if form:
            raw.FPDFDOC_ExitFormFillEnvironment(form)


def _annotations(document: pypdfium2.PdfDocument) -> int:
    count = 0
    for number in range(len(document)):
        with suppress(pypdfium2.PdfiumError), closing(document[number]) as page:
            count += raw.FPDFPage_GetAnnotCount(page)
    return count


def additions_to(page: pypdfium2.PdfPage, form: Form, print: Sequence[Line]) -> Additions:
    """Return what was added to a page with these lines of print."""
    found = Additions([], [])
    turn = page.get_rotation() // 90
    bases = sorted(
        (line.base, line.height) for line in print if line.turn == turn and line.height > 0
    )
    for number in range(min(raw.FPDFPage_GetAnnotCount(page), MAX_ANNOTATIONS)):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        if not annotation:
            continue
        try:
            _read(annotation, form, turn, bases, found)
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
    return found


def _read(
    annotation: raw.FPDF_ANNOTATION,
    form: Form,
    turn: int,
    bases: Sequence[tuple[float, float]],
    found: Additions,
) -> None:
    if raw.FPDFAnnot_GetFlags(annotation) & _HIDDEN:
        return
    kind = raw.FPDFAnnot_GetSubtype(annotation)
    if kind == raw.FPDF_ANNOT_WIDGET and form:
        text, size = _value(annotation, form), c_float()
        raw.FPDFAnnot_GetFontSize(form, annotation, byref(size))
        found.lines.extend(_placed(annotation, text, size.value, turn, bases))
    elif kind == raw.FPDF_ANNOT_FREETEXT:
        found.lines.extend(_placed(annotation, _contents(annotation), 0, turn, bases))
    elif kind in _REMARKS and (text := " ".join(_contents(annotation).split())):
        found.remarks.append(text)


def _value(annotation: raw.FPDF_ANNOTATION, form: Form) -> str:
    kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind in _CHECK_BOXES:
        state = _string(raw.FPDFAnnot_GetStringValue, annotation, b"AS")
        checked = raw.FPDFAnnot_IsChecked(form, annotation) or state not in {"", "Off"}
        return CHECKED if checked else UNCHECKED
    if kind in _LISTS and (chosen := ", ".join(_chosen(annotation, form))):
        return chosen
    secret = raw.FPDFAnnot_GetFormFieldFlags(form, annotation) & _PASSWORD
    if kind in _LISTS or (kind == raw.FPDF_FORMFIELD_TEXTFIELD and not secret):
        return _string(raw.FPDFAnnot_GetFormFieldValue, form, annotation)
    return ""


def _chosen(annotation: raw.FPDF_ANNOTATION, form: Form) -> Iterator[str]:
    count = raw.FPDFAnnot_GetOptionCount(form, annotation)
    for number in range(min(count, MAX_OPTIONS)):
        if raw.FPDFAnnot_IsOptionSelected(form, annotation, number):
            yield _string(raw.FPDFAnnot_GetOptionLabel, form, annotation, number)


def _contents(annotation: raw.FPDF_ANNOTATION) -> str:
    return _string(raw.FPDFAnnot_GetStringValue, annotation, b"Contents")


def _string(function: Callable[..., int], *of: object) -> str:
    size = function(*of, None, 0)
    buffer = create_string_buffer(size)
    function(*of, cast(buffer, POINTER(c_ushort)), size)
    return buffer.raw[:size].decode("utf-16-le", errors="replace").rstrip("\0")


def _placed(
    annotation: raw.FPDF_ANNOTATION,
    text: str,
    size: float,
    turn: int,
    bases: Sequence[tuple[float, float]],
) -> Iterator[Line]:
    """Yield the lines of a text in its rectangle, its first on the line of print beside it."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    lines = [line for line in lines if line]
    box = raw.FS_RECTF()
    if not lines or not raw.FPDFAnnot_GetRect(annotation, byref(box)):
        return
    left, right, bottom, top = upright(box, turn)
    room = (top - bottom) / len(lines)
    height = size if 0 < size <= _SIZE else max(1.0, min(_SIZE, _SHARE * room))
    base = top - room / 2 - _BELOW_MIDDLE * height
    # Only the first: those below it stand as far apart as their rectangle has room.
    shift = 0.0
    if near := _near(base, bases):
        base_beside, height_beside = near
        if abs(base_beside - base) < _BESIDE * height and len(lines) == 1:
            shift, height = base_beside - base, height_beside
    for number, line in enumerate(lines):
        end = min(right, left + _WIDTH * height * len(line))
        yield Line(line, left, end, base + shift - number * room, height, turn)


def _near(base: float, bases: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    place = bisect_left(bases, (base, 0.0))
    return min(
        bases[max(0, place - 1) : place + 1], key=lambda one: abs(one[0] - base), default=None
    )
