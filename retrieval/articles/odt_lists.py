"""Lists of an OpenDocument text: how they are numbered, and how far each has come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lxml import etree  # type: ignore[import-untyped]

from retrieval.articles.archive import attribute
from retrieval.articles.numbering import numeral

_MAX_DEPTH = 10
_MAX_AFFIX = 20


class _Level(NamedTuple):
    """How a level of a list is numbered.

    Attributes:
        shown: How many levels its numbers show, 2 for "3.1".
    """

    kind: str = "1"
    prefix: str = ""
    suffix: str = "."
    start: int = 1
    shown: int = 1


class _List(NamedTuple):
    """A list that is open.

    Attributes:
        numbers: Numbers reached, by depth; a list in a list has those of the outer one.
    """

    style: str
    numbers: dict[int, int]


class Lists:
    """The lists of a document."""

    def __init__(self, styles: Iterable[etree._Element]) -> None:
        self._levels = {
            (attribute(level.getparent(), "name") or "", attribute(level, "level")): _level(level)
            for root in styles
            for level in root.iterfind("{*}list-style/{*}list-level-style-number")
        }
        self._open: list[_List] = []
        self._numbers: dict[str, dict[int, int]] = {}  # of lists, by name and by style
        self._item = False  # an item has begun, and no paragraph of it

    def start(self, element: etree._Element) -> None:
        """Begin a list."""
        depth = len(self._open)
        style = attribute(element, "style-name") or (self._open[-1].style if depth else "")
        goes_on = attribute(element, "continue-numbering") == "true"
        if depth:
            numbers = self._open[-1].numbers
            if not goes_on:
                numbers.pop(depth, None)
        else:
            before = attribute(element, "continue-list") or (style if goes_on else None)
            numbers = self._numbers.get(before, {}) if before else {}
            self._numbers[style] = self._numbers[attribute(element, "id") or ""] = numbers
        self._open.append(_List(style, numbers))

    def end(self) -> None:
        """End the list that was begun last."""
        self._open.pop()
        self._item = False

    def start_item(self, element: etree._Element) -> None:
        """Begin an item."""
        self._item = bool(self._open)
        start = _number(attribute(element, "start-value"))
        if self._open and start is not None:
            self._open[-1].numbers[len(self._open) - 1] = start - 1

    def mark(self) -> str:
        """Return what stands before a paragraph: a bullet, a number, or nothing."""
        if not self._item:
            return ""
        self._item = False
        depth = len(self._open) - 1
        style, numbers = self._open[-1]
        level = self._level(style, depth)
        if level is None or depth > _MAX_DEPTH:
            return "• "
        numbers[depth] = numbers.get(depth, level.start - 1) + 1
        levels = ((above, self._level(style, above)) for above in range(depth + 1))
        written = ".".join(
            numeral(one.kind, numbers.get(above, one.start))
            for above, one in levels
            if one is not None and one.kind and above > depth - level.shown
        )
        return f"{level.prefix}{written}{level.suffix} ".lstrip() if written else ""

    def _level(self, style: str, depth: int) -> _Level | None:
        return self._levels.get((style, str(depth + 1)))


def _level(element: etree._Element) -> _Level:
    prefix, suffix = attribute(element, "num-prefix"), attribute(element, "num-suffix")
    kind = attribute(element, "num-format")
    return _Level(
        "1" if kind is None else kind,
        (prefix or "")[:_MAX_AFFIX],
        ("." if prefix is suffix is None else suffix or "")[:_MAX_AFFIX],
        _number(attribute(element, "start-value")) or 1,
        min(_number(attribute(element, "display-levels")) or 1, _MAX_DEPTH),
    )


def _number(value: str | None) -> int | None:
    return int(value) if value and len(value) < 6 and value.isascii() and value.isdigit() else None
