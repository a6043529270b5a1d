"""Styles and lists of a Word document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from lxml import etree  # type: ignore[import-untyped]

from retrieval.articles.archive import attribute
from retrieval.articles.symbols import numeral

_BULLET = "bullet"
_MAX_LEVEL = 8
_MAX_BASES = 20
_MAX_MARK = 40
_PLACE = re.compile("%([1-9])")


class Style(NamedTuple):
    """What a style says.

    Attributes:
        name: Name in lower case, as all languages of Word have it: "title", "heading 1", "toc 1".
        level: Level of a heading, from 0; None of a paragraph.
        number: Number of the list that its paragraphs are items of.
        hidden: Its text is hidden.
        first_row: The first row of its tables is drawn in another way than the rest.
    """

    name: str = ""
    level: int | None = None
    number: str | None = None
    depth: int = 0
    hidden: bool = False
    first_row: bool = False


class Styles:
    """The styles of a document."""

    def __init__(self, root: etree._Element | None) -> None:
        self._elements = {attribute(one, "styleId"): one for one in children(root, "style")}
        self._styles: dict[str | None, Style] = {}

    def of(self, properties: etree._Element | None, kind: str = "pStyle") -> Style:
        """Return the style of what has these properties, as it says itself and inherits."""
        key = value(properties, kind)
        bases: list[str | None] = []
        while key in self._elements and key not in self._styles and len(bases) < _MAX_BASES:
            bases.append(key)
            key = value(self._elements[key], "basedOn")
        style = self._styles.get(key, Style())
        for base in reversed(bases):
            self._styles[base] = style = _derived(style, self._elements[base])
        return style


def _derived(style: Style, element: etree._Element) -> Style:
    """Return what an element makes of the style that it is based on."""
    name = (value(element, "name") or "").lower()
    properties = element.find("{*}pPr")
    level = style.level
    if name.startswith("heading "):
        level = integer(name.removeprefix("heading "), level, less=1)
    level = integer(value(properties, "outlineLvl"), level)
    listed = None if properties is None else properties.find("{*}numPr")
    hidden = vanishes(element.find("{*}rPr"))
    return Style(
        name,
        None if level is None or level > _MAX_LEVEL else level,
        value(listed, "numId") or style.number,
        integer(value(listed, "ilvl"), style.depth) or 0,
        style.hidden if hidden is None else hidden,
        style.first_row
        or any(attribute(one, "type") == "firstRow" for one in children(element, "tblStylePr")),
    )


class _Level(NamedTuple):
    """How a level of a list is numbered."""

    kind: str = _BULLET
    start: int = 1
    mark: str = ""


class Lists:
    """The lists of a document: how they are numbered, and how far each has come."""

    def __init__(self, root: etree._Element | None) -> None:
        self._numbers = {attribute(one, "numId"): one for one in children(root, "num")}
        self._abstract: dict[str | None, etree._Element] = {}
        linked: dict[str | None, etree._Element] = {}
        for one in children(root, "abstractNum"):
            self._abstract[attribute(one, "abstractNumId")] = one
            linked.setdefault(value(one, "styleLink"), one)
        for key, one in self._abstract.items():
            style = value(one, "numStyleLink")
            self._abstract[key] = linked.get(style, one) if style else one
        self._levels: dict[tuple[str, int], _Level] = {}
        self._counts: dict[str, dict[int, int]] = {}

    def item(self, properties: etree._Element | None, style: Style) -> str:
        """Return what stands before a paragraph: a bullet, a number, or nothing.

        Before a heading it is nothing, unless there is a word in it: "Article 5".
        """
        own = None if properties is None else properties.find("{*}numPr")
        key = value(own, "numId") or style.number
        if key is None or key == "0":  # 0 takes a paragraph out of its style's list
            return ""
        depth = min(integer(value(own, "ilvl"), style.depth) or 0, _MAX_LEVEL)
        counts = self._counts_of(key)
        level = self._level(key, depth)
        counts[depth] = counts.get(depth, level.start - 1) + 1
        for deeper in range(depth + 1, _MAX_LEVEL + 1):
            counts.pop(deeper, None)
        if level.kind == _BULLET:
            return "" if style.level is not None else "• "
        if style.level is not None and not any(map(str.isalpha, level.mark)):
            return ""
        mark = _PLACE.sub(lambda place: self._numeral(key, int(place[1]) - 1), level.mark)
        return f"{mark} ".lstrip()

    def _counts_of(self, key: str) -> dict[int, int]:
        """Return how far a list has come; it goes on where another of its numbering ended."""
        if key not in self._counts:
            number = self._numbers.get(key)
            shared = f"abstract {value(number, 'abstractNumId')}" if number is not None else key
            self._counts[key] = counts = self._counts.setdefault(shared, {})
            for depth, _ in self._restarts(number):
                counts.pop(depth, None)
        return self._counts[key]

    def _numeral(self, key: str, depth: int) -> str:
        level = self._level(key, depth)
        return numeral(level.kind, self._counts_of(key).get(depth, level.start))

    def _level(self, key: str, depth: int) -> _Level:
        if (key, depth) not in self._levels:
            number = self._numbers.get(key)
            found = _Level()
            for place in (self._abstract.get(value(number, "abstractNumId")), *_overrides(number)):
                for level in islice(children(place, "lvl"), _MAX_LEVEL + 1):
                    if attribute(level, "ilvl") == str(depth):
                        mark = value(level, "lvlText")
                        found = _Level(
                            value(level, "numFmt") or "decimal",
                            integer(value(level, "start"), 1) or 0,
                            f"%{depth + 1}." if mark is None else mark[:_MAX_MARK],
                        )
            start = dict(self._restarts(number)).get(depth, found.start)
            self._levels[key, depth] = found._replace(start=start)
        return self._levels[key, depth]

    @staticmethod
    def _restarts(number: etree._Element | None) -> Iterator[tuple[int, int]]:
        for override in _overrides(number):
            depth = integer(attribute(override, "ilvl"), None)
            start = integer(value(override, "startOverride"), None)
            if depth is not None and start is not None:
                yield depth, start


def _overrides(number: etree._Element | None) -> Iterator[etree._Element]:
    return islice(children(number, "lvlOverride"), _MAX_LEVEL + 1)


def children(root: etree._Element | None, name: str = "*") -> Iterator[etree._Element]:
    """Yield the children of an element that have a name."""
    if root is not None:
        yield from root.iterchildren(f"{{*}}{name}")


def value(element: etree._Element | None, name: str) -> str | None:
    """Return the `val` of a child, None if there is no such child."""
    return None if element is None else attribute(element.find(f"{{*}}{name}"), "val")


def vanishes(properties: etree._Element | None) -> bool | None:
    """Return whether text with these properties is hidden, None if they do not say."""
    vanish = None if properties is None else properties.find("{*}vanish")
    return None if vanish is None else is_on(vanish)


def is_on(element: etree._Element | None) -> bool:
    """Return whether an element is there and does not say that it is off."""
    return element is not None and attribute(element, "val") not in {"0", "false", "off"}


def integer(text: str | None, default: int | None, *, less: int = 0) -> int | None:
    """Return the number that a value is, or the default."""
    digits = text is not None and len(text) < 6 and text.isascii() and text.isdigit()
    return int(text) - less if digits and text is not None else default
