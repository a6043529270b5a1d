"""Rules of a PDF's page: the lines that are drawn between and around its text."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from ctypes import byref, c_float
from dataclasses import dataclass, field

import pypdfium2
from pypdfium2 import raw

from retrieval.articles.pdf.turns import UPRIGHT, upright

MAX_OBJECTS = 10_000
"""So many drawn objects of a page are looked at, letters among them."""
MAX_RULES = 600
"""A page with more rules has a drawing, not a table."""
MAX_SEGMENTS = 200
"""So many lines of one drawn path are looked at."""

# In points: how thick a rule is at most, and how long at least.
_THICK, _LONG = 2.5, 6.0
# The points of a rectangle, with the one that closes it.
_RECTANGLE = 5
# So many rules are looked at for one that stands between two words.
_LOOK = 50


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line at a place, from one end to the other, across the direction of the place."""

    place: float
    start: float
    end: float


@dataclass(slots=True)
class Rules:
    """The rules of a page as it is read: upright ones have a place from left to right."""

    turn: int = UPRIGHT
    upright: list[Rule] = field(default_factory=list)
    level: list[Rule] = field(default_factory=list)

    def part(self, left: float, right: float, base: float, turn: int) -> bool:
        """Whether an upright rule stands between two words; wants `upright` in order."""
        if turn != self.turn:
            return False
        start = bisect_left(self.upright, left - 1, key=lambda rule: rule.place)
        for rule in self.upright[start : start + _LOOK]:
            if rule.place > right + 1:
                return False
            if rule.start <= base <= rule.end:
                return True
        return False


def rules_of(page: pypdfium2.PdfPage) -> Rules:
    """Return the rules of a page, none of one that has too many."""
    rules = Rules(page.get_rotation() // 90)
    for number in range(min(raw.FPDFPage_CountObjects(page), MAX_OBJECTS)):
        drawn = raw.FPDFPage_GetObject(page, number)
        if raw.FPDFPageObj_GetType(drawn) == raw.FPDF_PAGEOBJ_PATH:
            for box in _boxes(drawn):
                _add(rules, box)
        if len(rules.upright) + len(rules.level) > MAX_RULES:
            return Rules(rules.turn)
    rules.upright.sort(key=lambda rule: rule.place)
    return rules


def _boxes(path: raw.FPDF_PAGEOBJECT) -> Iterator[raw.FS_RECTF]:
    """Yield the rectangles and the lines of a path."""
    count = raw.FPDFPath_CountSegments(path)
    if count <= _RECTANGLE:
        left, bottom, right, top = c_float(), c_float(), c_float(), c_float()
        if raw.FPDFPageObj_GetBounds(path, left, bottom, right, top):
            yield raw.FS_RECTF(left.value, top.value, right.value, bottom.value)
        return
    matrix = raw.FS_MATRIX()
    raw.FPDFPageObj_GetMatrix(path, byref(matrix))
    before: tuple[float, float] | None = None
    x, y = c_float(), c_float()
    for number in range(min(count, MAX_SEGMENTS)):
        segment = raw.FPDFPath_GetPathSegment(path, number)
        raw.FPDFPathSegment_GetPoint(segment, byref(x), byref(y))
        here = (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
        )
        if before and raw.FPDFPathSegment_GetType(segment) == raw.FPDF_SEGMENT_LINETO:
            (left, right), (bottom, top) = (sorted(pair) for pair in zip(before, here, strict=True))
            if right - left < _THICK or top - bottom < _THICK:
                yield raw.FS_RECTF(left, top, right, bottom)
        before = here


def _add(rules: Rules, box: raw.FS_RECTF) -> None:
    """Add the rule that a thin box is, or the edges of a larger one."""
    left, right, bottom, top = upright(box, rules.turn)
    wide, high = right - left, top - bottom
    if wide < _THICK and high >= _LONG:
        rules.upright.append(Rule((left + right) / 2, bottom, top))
    elif high < _THICK and wide >= _LONG:
        rules.level.append(Rule((bottom + top) / 2, left, right))
    elif wide >= _LONG and high >= _LONG:
        rules.upright += [Rule(left, bottom, top), Rule(right, bottom, top)]
        rules.level += [Rule(bottom, left, right), Rule(top, left, right)]
