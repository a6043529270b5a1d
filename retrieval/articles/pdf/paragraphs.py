"""Paragraphs of a PDF: lines put together to running text, as far as their places tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Sequence
from itertools import pairwise
from unicodedata import east_asian_width, normalize

from retrieval.articles.blocks import Blocks
from retrieval.articles.pdf.grids import with_tables
from retrieval.articles.pdf.layout import blocks_of
from retrieval.articles.pdf.lines import HYPHEN, OBJECT, Line
from retrieval.articles.pdf.rules import Rules
from retrieval.articles.pdf.tables import Table, cells_of
from retrieval.articles.tables import Cell, Row, lines_of

NO_RULES = Rules()

# From one line to the next, in heights of a line: where a page leaves it open, and at most.
_LEADING, _MAX_LEADING = 1.0, 2.2
# By how much paragraphs stand further apart than lines, and headings are higher.
_PARTED = 1.25
_HIGHER = 1.15
# In heights of a line; what is further in is no paragraph's first line but another column.
_INDENT, _MAX_INDENT = 0.5, 8.0
# What part of a column a line without a full stop leaves free if it was not wrapped.
_FREE = 0.3
# How much wider than its letters' mean a first word may be.
_ROOM = 1.1
# How many lines above and below show how wide a column is: its headings may be wider.
_AROUND = 4

_ENDED = re.compile(r"""[.!?:;…。！？؟۔।॥։።။។៕]["'”’»)\]」』】）]?$""")
_BULLET = re.compile(r"(?:[•‣▪◦●■\uf0b7–—*-]|\(?\d{1,3}[.)]|\[\d{1,4}\]|\(?[a-z][.)]) ")
_OBJECT = re.compile(rf"{OBJECT}(\d{{1,4}}){OBJECT}")
# Dots that lead to a number of a page, which ends a line of a table of contents.
_DOTS = re.compile(r"(?:[^\S\n]?[.·․…]){5,}")
_LEADERS = re.compile(r"(?:\s?[.·․…]){4,}\W{0,3}\w{0,6}$")
_END = 30
# What a hyphen divides, and the marks beside words.
_START, _REST = re.compile(r"[^\W\d_]+$"), re.compile(r"[^\W\d_]+")
_MAX_PART = 60
_MARKS = ".,;:!?()[]\"'“”‘’«»"
_LIGATURE = re.compile("[\ufb00-\ufb06\ufb13-\ufb17]")


def text_of(lines: Sequence[Line], rules: Rules = NO_RULES) -> str:
    """Return the text of a page, with empty lines between its paragraphs and a table's rows.

    It ends with `HYPHEN` if its last word goes on.
    """
    text: list[str] = []
    lines, tables = with_tables(lines, rules)
    last: Line | None = None
    for block in blocks_of(lines):
        if isinstance(block, Table):
            _add(text, _rows(block), parted=True)
            last = None
            continue
        leading = _leading(block)
        _add(text, block[0].text, parted=last is None or _begins(last, block[0], leading))
        last = block[-1]
        margin = Counter(round(line.left) for line in block).most_common(1)[0][0]
        for number, (above, line) in enumerate(pairwise(block)):
            around = block[max(0, number - _AROUND) : number + _AROUND + 2]
            parted = (
                _BULLET.match(line.text) is not None
                or OBJECT in above.text + line.text
                or _LEADERS.search(above.text[-_END:]) is not None
                or _is_apart(above, line, leading)
                or _is_indented(above, line, margin)
                or _is_behind_a_short_one(above, line, around)
            )
            _add(text, line.text, parted=parted)
    whole = _OBJECT.sub(lambda match: f"\n\n{_rows(tables[int(match[1])])}\n\n", "".join(text))
    whole = _DOTS.sub(" …", whole)
    return _LIGATURE.sub(lambda match: normalize("NFKC", match[0]), whole)


def with_whole_words(pages: Sequence[str]) -> list[str]:
    """Return the texts of pages with the words whole that `HYPHEN` divides.

    Where one goes on over a page's end, it stands on the first page. It keeps its hyphen if it has
    it elsewhere: "long-" and "term" are "long-term", "exam-" and "ination" are not.
    """
    texts: list[str] = []
    for page in pages:
        text = page
        if texts and texts[-1].endswith(HYPHEN) and text[:1].islower():
            end = next((n for n, letter in enumerate(text) if letter.isspace()), len(text))
            texts[-1] += text[:end]
            text = text[end:].lstrip()
        texts.append(text)
    words = {word.strip(_MARKS).casefold() for text in texts for word in text.split()}
    return [_with_whole_words(text, words) for text in texts]


def _with_whole_words(text: str, words: Container[str]) -> str:
    first, *others = text.split(HYPHEN)
    parts = [first]
    for part in others:
        start = _START.search(parts[-1][-_MAX_PART:])
        end = _REST.match(part[:_MAX_PART])
        if start and end:
            one, other = start[0].casefold(), end[0].casefold()
            keeps = f"{one}-{other}" in words and one + other not in words
            parts.append("-" if keeps else "")
        else:
            parts.append("-")
        parts.append(part)
    return "".join(parts)


def _rows(table: Table) -> str:
    lines = lines_of([Row([Cell(text) for text in row]) for row in table.rows])
    if any(line.heading for line in lines):
        return "\n\n".join(filter(None, (line.text for line in lines)))
    blocks = Blocks()
    for row in map(cells_of, table.rows):
        # Of a row that is nearly empty, a form's, nobody would see the places.
        cells = row if sum(map(bool, row)) > len(row) / 2 else tuple(filter(None, row))
        blocks.start_row()
        for cell in cells:
            blocks.start_cell()
            blocks.add(cell)
            blocks.end_cell()
        blocks.end_row()
    return blocks.text()


def _leading(lines: Sequence[Line]) -> float:
    """Return how far the lines of a paragraph are apart, in heights of a line."""
    gaps = sorted(
        (above.base - line.base) / line.height
        for above, line in pairwise(lines)
        if line.height > 0 and line.base < above.base
    )
    # Not the middle one: on a page of short paragraphs, half of the gaps part them.
    return min(gaps[len(gaps) // 3], _MAX_LEADING) if len(gaps) > 2 else _LEADING


def _begins(above: Line, line: Line, leading: float) -> bool:
    """Whether a block begins with a paragraph: what ends a column may go on in the next."""
    if line.base < above.base:
        return True
    return _ENDED.search(above.text) is not None or _is_apart(above, line, leading)


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
        return free > _ROOM * word * (line.right - line.left) / len(line.text)
    return not line.text[0].islower() and free > _FREE * (right - above.left)


def _add(text: list[str], line: str, *, parted: bool) -> None:
    if not text:
        pass
    elif parted:
        text.append("\n\n")
    elif text[-1].endswith(HYPHEN):
        # "Euro-" and "Pass" keep it.
        text[-1] = text[-1] if line[0].islower() else f"{text[-1][:-1]}-"
    elif not _is_split(text[-1], line):
        text.append(" ")
    text.append(line)


def _is_split(above: str, line: str) -> bool:
    """Whether no space belongs between two lines: of "12-" and "15", of Chinese, of Japanese."""
    if above.endswith("-"):
        return above[-2:-1].isalnum() and line[0].isalnum()
    return east_asian_width(above[-1]) in "WF" and east_asian_width(line[0]) in "WF"
