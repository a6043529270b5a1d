"""Turns of a PDF's page: quarters, so that each of its lines runs from left to right."""

from __future__ import annotations

from math import isfinite, pi

from pypdfium2 import raw

UPRIGHT = 0
"""The turn of lines that run from left to right."""
DOWNWARDS = 3
"""The turn of lines that run from top to bottom, and follow each other from right to left."""
SLANTED = 4
"""The turn of lines that run at no right angle to the page's edges: watermarks."""

# By how much of a quarter turn a line may be off.
_SKEW = 0.1


def turn_of(angle: float) -> int:
    """Return the turn that makes text upright which runs at an angle, in radians, clockwise."""
    quarters = -angle / (pi / 2)
    if not isfinite(quarters):
        return UPRIGHT
    return round(quarters) % 4 if abs(quarters - round(quarters)) < _SKEW else SLANTED


def upright(box: raw.FS_RECTF, turn: int) -> tuple[float, float, float, float]:
    """Return the left, right, lower and upper edge of a box on the turned page; 0 if not known."""
    left, right, bottom, top = box.left, box.right, box.bottom, box.top
    if not isfinite(left + right + bottom + top):
        return 0.0, 0.0, 0.0, 0.0
    match turn:
        case 1:
            return bottom, top, -right, -left
        case 2:
            return -right, -left, -top, -bottom
        case 3:
            return -top, -bottom, left, right
    return left, right, bottom, top
