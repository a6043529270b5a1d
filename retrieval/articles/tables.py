"""Tables: their rows, each with the headings of its columns, so that a row can be read alone.

"Lorry | 31 crowns | 58 crowns" does not say which of the two is the return fare. "Lorry | Single:
31 crowns | Return: 58 crowns" does, to people and to a search. The readers of files say what they
know of a table, as `Row`s of `Cell`s.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from typing import NamedTuple

from retrieval.articles.text import one_line

BETWEEN = " | "
"""What stands between two cells of a row."""

# Columns that a cell spans, lines of headings, and characters that a heading is cut to.
_MAX_SPAN = 100
_MAX_ROWS = 3
_LABELS = (60, 20)
# So much longer may a table become, in its own length and in characters; and in cells.
_LONGER, _MORE, _MOST = 3, 2_000, 2_000_000
_WIDER, _MORE_CELLS = 4, 1_000
# A longer cell is not said again in the other rows that it spans.
_MAX_REPEATED = 80
# Of a first row that nobody declares: characters of a heading, what part of the cells below has a
# digit, and how many rows and columns there are: two columns often are names and values.
_HEADING = 40
_DIGITS = 0.6
_ROWS, _COLUMNS = 2, 3
_LOOKED_AT = 50

_DIGIT_RUN = re.compile(r"\d+")
_LETTER_RUN = re.compile(r"[^\W\d_]+")
_GAP = re.compile(r"\n[^\S\n]*\n\s*")
_SPACES = re.compile(r"\s+")
_ITEM = re.compile(r"(?:[•◦▪–*-] ?)?[^\W\d_][^:|.!?;\n]{0,39}: (?=\S)")
_SENTENCE_ENDS = tuple(".!?;,…")
_LABEL_ENDS = tuple(":?!：？！")


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """A cell of a table; one of two is not the other, whatever they say.

    Attributes:
        text: Its text, in one line.
        head: Whether it is declared to be a heading.
        columns: How many it spans.
        rows: How many it spans, where it stands in the first of them alone; 0 of a cell that only
            says that the one above goes on.
    """

    text: str
    head: bool = False
    columns: int = 1
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table.

    Attributes:
        head: Whether it is declared to be a row of headings.
    """

    cells: Sequence[Cell]
    head: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it is read, without cells if nothing is to be read of it.

    Attributes:
        cells: The cells in their order, each with what is said before it: its heading, or nothing.
        heading: Whether it is of headings.
    """

    cells: Sequence[tuple[str, Cell]]
    heading: bool = False

    @property
    def text(self) -> str:
        """The row's text."""
        return BETWEEN.join(f"{label}{cell.text}" for label, cell in self.cells).strip()


def is_row(text: str) -> bool:
    """Tell whether a paragraph is a row of a table."""
    return BETWEEN in text


def is_item(text: str) -> bool:
    """Tell whether a text is an item with a label before it, as in "Friday: 8 am to 11 pm"."""
    return _ITEM.match(text) is not None


def row_ends(text: str) -> list[tuple[int, int]]:
    """Return the white space between paragraphs of a text of which one is a row of a table."""
    ends = []
    row, start = False, 0
    before: tuple[int, int] | None = None
    for gap in chain(_GAP.finditer(text), [None]):
        was_row, row = row, is_row(text[start : gap.start() if gap else len(text)])
        if before and (row or was_row):
            ends.append(before)
        if gap:
            before, start = gap.span(), gap.end()
    return ends


class _Place(NamedTuple):
    """A cell in a row of the grid, and the columns that it stands in."""

    cell: Cell
    first: int
    last: int


_Places = list[_Place]
_EMPTY = Cell("")


def lines_of(rows: Sequence[Row]) -> list[Line]:
    """Return a line for each row of a table.

    Where the headings of the columns are known, each row says them before its cells, other than
    before the first one, which names the row, and leaves out cells that are empty. They are what is
    declared to be headings, or else the first row if it looks like it.
    """
    grid = _grid(rows)
    plain = [Line([("", place.cell) for place in places]) for places in grid]
    length = sum(len(line.text) for line in plain)
    longest = min(_LONGER * length + _MORE, length + _MOST)
    for most in _LABELS:
        lines = _labelled(rows, grid, most)
        if sum(len(line.text) for line in lines) <= longest:
            return lines
    return plain


def _grid(rows: Sequence[Row]) -> list[_Places]:
    """Return the cells of each row with their columns, those that go on from above among them."""
    most = _WIDER * sum(len(row.cells) for row in rows) + _MORE_CELLS
    grid: list[_Places] = []
    above: dict[int, tuple[_Place, int]] = {}  # by its first column, and how many rows it has left
    before: dict[int, _Place] = {}
    size = 0
    for row in rows:
        places, above = _placed(row, above, before)
        before = {place.first: place for place in places}
        grid.append(places)
        size += len(places)
        if size > most:  # the rest is not worth it
            return [[_Place(cell, n, n) for n, cell in enumerate(row.cells)] for row in rows]
    return grid


def _placed(
    row: Row, above: Mapping[int, tuple[_Place, int]], before: Mapping[int, _Place]
) -> tuple[_Places, dict[int, tuple[_Place, int]]]:
    """Place the cells of a row, and return what goes on in the next one."""
    places: _Places = []
    below: dict[int, tuple[_Place, int]] = {}

    def go_on(column: int) -> int:
        while column in above:
            place, left = above[column]
            places.append(_Place(_again(place.cell), place.first, place.last))
            if left > 1:
                below[column] = place, left - 1
            column = place.last + 1
        return column

    column = 0
    for cell in row.cells:
        column = go_on(column)
        columns = max(1, min(cell.columns, _MAX_SPAN))
        place = _Place(cell, column, column + columns - 1)
        if cell.rows == 0:
            same = before.get(column, place)
            place = _Place(_again(same.cell), column, column + columns - 1)
        elif cell.rows > 1:
            below[column] = place, cell.rows - 1
        places.append(place)
        column += columns
    for behind in sorted(above):
        if behind >= column:
            column = go_on(behind)
    return places, below


def _again(cell: Cell) -> Cell:
    """Return a cell as it is read in a further row that it spans."""
    return cell if len(cell.text) <= _MAX_REPEATED else _EMPTY


def _labelled(rows: Sequence[Row], grid: Sequence[_Places], most: int) -> list[Line]:
    """Return the lines of a table, with headings of so many characters at most."""
    heads = _heads(rows, grid)
    width = _width(grid)
    headings: _Headings | None = None
    said: set[tuple[str, ...]] = set()
    lines = []
    for number, places in enumerate(grid):
        if number in heads:
            above = headings.parts if headings and number - 1 in heads else {}
            headings = _Headings(_parts(places, above), most, width)
            places = headings.whole(places) if above else places
        texts = _texts(places)
        if number in heads or texts in said:
            # They may stand again at the top of each page; of several lines one is made.
            unsaid = number + 1 not in heads and texts not in said
            lines.append(Line([("", place.cell) for place in places if unsaid], heading=True))
            said.add(texts)
        elif headings:
            lines.append(Line(list(headings.before_cells(places))))
        else:
            lines.append(Line([("", place.cell) for place in places]))
    return lines


def _texts(places: _Places) -> tuple[str, ...]:
    return tuple(place.cell.text for place in places)


def _width(grid: Sequence[_Places]) -> int:
    return max((places[-1].last + 1 for places in grid if places), default=0)


def _parts(places: _Places, above: Mapping[int, tuple[str, ...]]) -> dict[int, tuple[str, ...]]:
    """Return the headings of each column, behind those that stand in lines above."""
    parts: dict[int, tuple[str, ...]] = {}
    for cell, first, last in places:
        for column in range(first, last + 1):
            before = above.get(column, ())
            added = cell.text and cell.text not in before
            parts[column] = (*before, cell.text) if added else before
    return parts


@dataclass(slots=True)
class _Headings:
    """The headings that stand over the columns of a table's rows.

    Attributes:
        parts: The headings of each column, from the top.
        most: How many characters may be said of them.
    """

    parts: Mapping[int, tuple[str, ...]]
    most: int
    width: int
    said: dict[tuple[int, int], str] = field(default_factory=dict)

    def whole(self, places: _Places) -> _Places:
        """Return the cells of the last line of the headings with what stands above them."""
        return [
            _Place(Cell(_joined(self.parts, first, last), head=True), first, last)
            for _, first, last in places
        ]

    def before_cells(self, places: _Places) -> Iterator[tuple[str, Cell]]:
        """Yield the cells of a row that have text, with what is said before each."""
        for cell, first, last in places:
            if not cell.text:
                continue
            # The first column names the row.
            named = first == 0 and (last + 1 >= self.width or any(map(str.isalpha, cell.text)))
            label = "" if cell.head or named else self._label(first, last)
            if label and cell.text[: len(label)].casefold() == label.casefold():
                label = ""
            if label:
                label += " " if label.endswith(_LABEL_ENDS) else ": "
            yield label, cell

    def _label(self, first: int, last: int) -> str:
        if (first, last) not in self.said:
            label = one_line(_joined(self.parts, first, last), self.most)
            self.said[first, last] = label.rstrip(": ")
        return self.said[first, last]


def _joined(parts: Mapping[int, tuple[str, ...]], first: int, last: int) -> str:
    """Return the heading over some columns: what they share, or else the first and the last."""
    one, other = parts.get(first, ()), parts.get(last, ())
    common = [part for part, same in zip(one, other, strict=False) if part == same]
    if common or one == other:
        return ", ".join(one if one == other else common)
    return " – ".join(filter(None, map(", ".join, (one, other))))


def _heads(rows: Sequence[Row], grid: Sequence[_Places]) -> frozenset[int]:
    """Return the numbers of the rows that are headings."""
    declared = [n for n, row in enumerate(rows) if _is_declared(row, grid[n])]
    if not declared:
        return _guessed(grid)
    # Headings of two lines, of which the first one is declared alone.
    declared += [
        n + 1
        for n in declared
        if any(cell.rows > 1 for cell in rows[n].cells) and n + 1 < len(rows)
    ]
    heads = frozenset(declared)
    body = [n for n in range(len(rows)) if n not in heads and len(grid[n]) > 1]
    first = min(heads)
    lines = next(n for n in count(first) if n not in heads) - first
    if not body or lines > _MAX_ROWS or len(heads) > max(_MAX_ROWS, len(rows) // 2):
        return frozenset()  # whoever marks all cells says nothing
    head = grid[first + lines - 1]
    below = [grid[n] for n in body[:_LOOKED_AT] if _texts(grid[n]) != _texts(head)]
    return heads if not _are_values(head, below) else frozenset()


def _is_declared(row: Row, places: _Places) -> bool:
    said = [place for place in places if place.cell.text]
    # One alone at the left is what the rows below are about.
    over_columns = any(place.first > 0 for place in said)
    return over_columns and (row.head or all(place.cell.head for place in said))


def _are_values(head: _Places, below: Sequence[_Places]) -> bool:
    """Whether a row declared as headings is like those below: not all tables have headings."""
    columns = _columns(below)
    for place in head:
        text, cells = place.cell.text, columns[place.first]
        if not text or text in cells:
            return bool(text)
        pattern = _pattern(text)
        if "9" in pattern and pattern != "9":
            same = sum(_pattern(cell) == pattern for cell in cells)
            if 2 * same >= max(1, len(cells)):
                return True
    return False


def _guessed(grid: Sequence[_Places]) -> frozenset[int]:
    """Return the number of the first row if its cells look like headings of those below."""
    none: frozenset[int] = frozenset()
    first = next((n for n, places in enumerate(grid[:_MAX_ROWS]) if len(places) > 1), None)
    if first is None:
        return none
    head, width = grid[first], _width(grid)
    texts = [place.cell.text for place in head]
    whole = _COLUMNS <= width == len(head) and all(texts[1:])
    short = all(len(text) <= _HEADING and not text.endswith(_SENTENCE_ENDS) for text in texts)
    if not whole or not short or _DIGIT_RUN.search("".join(texts)):
        return none
    below = [places for places in grid[first + 1 :][:_LOOKED_AT] if len(places) > 1]
    columns = _columns(below)
    if any(text in columns[n] for n, text in enumerate(texts)):
        return none
    return frozenset({first}) if any(_is_of_values(columns[n]) for n in range(1, width)) else none


def _is_of_values(cells: Sequence[str]) -> bool:
    digits = sum(_DIGIT_RUN.search(cell) is not None for cell in cells)
    return len(cells) >= _ROWS and digits >= _DIGITS * len(cells)


def _columns(rows: Sequence[_Places]) -> defaultdict[int, list[str]]:
    """Return the texts of the cells that begin in each column."""
    columns: defaultdict[int, list[str]] = defaultdict(list)
    for places in rows:
        for place in places:
            if place.cell.text:
                columns[place.first].append(place.cell.text)
    return columns


def _pattern(text: str) -> str:
    """Return a text with each run of digits as 9 and each word as a: "9–17" is as "8–12" is."""
    return _SPACES.sub("", _LETTER_RUN.sub("a", _DIGIT_RUN.sub("9", text[: _LABELS[0]])))
